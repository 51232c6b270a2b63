"""The zip that a workbook is packed in: what it holds, and whether it may be unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.texts import reader as texts

_HARMLESS = 64 << 20
_MOST_TIMES = 200
"""No sheet is packed as tightly; what is was made to fill the memory."""

_OTHER_KINDS = {
    "word/": texts.A_WORD_DOCUMENT,
    "ppt/": texts.A_PRESENTATION,
    "visio/": texts.A_DRAWING,
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
        raise InputFileError(texts.CUT_OFF.format(shown=shown)) from error
    for part in parts:
        if part.file_size > max(_HARMLESS, _MOST_TIMES * part.compress_size):
            raise InputFileError(
                texts.ZIP_BOMB.format(
                    shown=shown, unpacked=part.file_size >> 20, packed=part.compress_size >> 10
                )
            )
    names = frozenset(part.filename for part in parts)
    for folder, kind in _OTHER_KINDS.items():
        if any(name.startswith(folder) for name in names):
            raise InputFileError(texts.IS_DOCUMENT.format(shown=shown, kind=kind))
    return names
