"""The zip that a workbook is packed in: its parts, and checks before unpacking."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.i18n import N_, _, ngettext
from batch_update.reader.damage import DamagedError

_HARMLESS = 64 << 20
_MOST_TIMES = 200
"""Tightest packing of a sheet; a tighter one was made to fill the memory."""
_MOST_PARTS = 10_000
_MOST_TAGS = 500_000
"""Most elements in styles, names and properties; the largest workbooks have fewer."""

_LEAST_HEADER = 30
"""Source: PKWARE, "APPNOTE.TXT", 4.3.7: a part's own header, without its name."""

_OTHER_KINDS = {
    "word/": N_("a text document of Word"),
    "ppt/": N_("a presentation of PowerPoint"),
    "visio/": N_("a drawing of Visio"),
}


class BoundedArchive(zipfile.ZipFile):
    """An archive whose parts are read whole only if they become no more than memory can hold."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """Read a part whole.

        Raises:
            DamagedError: it is made of more elements than any that has to be read whole.
        """
        data = super().read(name, pwd)
        if data.count(b"<") > _MOST_TAGS:
            shown = name if isinstance(name, str) else name.filename
            raise DamagedError(
                _("its part {part} is full of things that are no rows").format(
                    part=wording.quote(shown)
                )
            )
        return data


def list_parts(path: Path, package: IO[bytes] | None = None) -> frozenset[str]:
    """List the names of an archive's parts.

    Args:
        path: the file.
        package: the archive, if it is not the file itself but was locked in it.

    Raises:
        InputFileError: it is damaged, or made as no workbook is: it unpacks to more than any would,
            or its parts share their place.
    """
    shown = wording.printable(path.name)
    try:
        with zipfile.ZipFile(package or path) as archive:
            parts = archive.infolist()
    except Exception as error:
        # zipfile has several exceptions for damage, some of them without a common base.
        raise InputFileError(
            _(
                "{shown} is damaged or cut off: it is not a whole workbook. Ask for the file again."
            ).format(shown=shown)
        ) from error
    if len(parts) > _MOST_PARTS:
        raise InputFileError(
            ngettext(
                "{shown} is made of {count} part, as no list of shipments is. Do not open "
                "it; ask the sender what it is.",
                "{shown} is made of {count} parts, as no list of shipments is. Do not open "
                "it; ask the sender what it is.",
                len(parts),
            ).format(shown=shown, count=len(parts))
        )
    # Parts may share their packed bytes, and claim to be packed in more than there is.
    whole = path.stat().st_size
    sizes = [(part.file_size, min(part.compress_size, whole)) for part in parts]
    for unpacked, packed in (*sizes, (sum(size for size, __ in sizes), whole)):
        if unpacked > max(_HARMLESS, _MOST_TIMES * packed):
            raise InputFileError(
                _(
                    "{shown} unpacks to {unpacked} MB from {packed} KB, as no workbook "
                    "does. Do not open it; ask the sender what it is."
                ).format(shown=shown, unpacked=unpacked >> 20, packed=packed >> 10)
            )
    if _overlap(parts):
        raise InputFileError(
            _(
                "{shown} is damaged: its parts lie over one another, as those of no workbook "
                "do. Ask for the file again."
            ).format(shown=shown)
        )
    names = frozenset(part.filename for part in parts)
    for folder, kind in _OTHER_KINDS.items():
        if any(name.startswith(folder) for name in names):
            raise InputFileError(
                _("{shown} is {kind}, not a spreadsheet. Ask for the sheet itself.").format(
                    shown=shown, kind=_(kind)
                )
            )
    return names


def _overlap(parts: Iterable[zipfile.ZipInfo]) -> bool:
    """Return whether parts share their bytes, which only newer versions of Python refuse."""
    places = sorted((part.header_offset, part.compress_size) for part in parts)
    return any(
        start + _LEAST_HEADER + size > following
        for (start, size), (following, __) in itertools.pairwise(places)
    )
