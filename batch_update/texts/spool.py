"""What is said of the disk on which long sheets lie while they are worked on."""

from __future__ import annotations

NO_ROOM = (
    "The sheet is long, and there is no room for it in the folder of temporary files, {folder}: "
    "{reason}. Make room there, or name another folder by TMPDIR."
)
