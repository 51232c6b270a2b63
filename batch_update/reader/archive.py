"""The zip that a workbook is packed in: what it holds, and whether it may be unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from batch_update import wording
from batch_update.errors import InputFileError

_HARMLESS = 64 << 20
_MOST_TIMES = 200
"""No sheet is packed as tightly; what is was made to fill the memory."""

_OTHER_KINDS = {
    "word/": "a text document of Word",
    "ppt/": "a presentation of PowerPoint",
    "visio/": "a drawing of Visio",
}


def list_parts(path: Path) -> frozenset[str]:
    """List the names of what an archive holds.

    Raises:
        InputFileError: it is damaged, or unpacks to more than any workbook would.
    """
    shown = wording.printable(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except Exception as error:
        # zipfile has several exceptions for damage, some of them without a common base.
        raise InputFileError(
            f"{shown} is damaged or cut off: it is not a whole workbook. Ask for the file again."
        ) from error
    for part in parts:
        if part.file_size > max(_HARMLESS, _MOST_TIMES * part.compress_size):
            raise InputFileError(
                f"{shown} unpacks to {part.file_size >> 20} MB from {part.compress_size >> 10} KB, "
                "as no workbook does. Do not open it; ask the sender what it is."
            )
    names = frozenset(part.filename for part in parts)
    for folder, kind in _OTHER_KINDS.items():
        if any(name.startswith(folder) for name in names):
            raise InputFileError(f"{shown} is {kind}, not a spreadsheet. Ask for the sheet itself.")
    return names
