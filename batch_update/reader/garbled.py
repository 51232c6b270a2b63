"""Headers that were read in a wrong encoding before they came to us."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from batch_update import headers
from batch_update.errors import InputFileError
from batch_update.model import CellValue, Field, Row

_WAYS = (
    ("cp1252", "cp1251"),
    ("cp1251", "utf-8"),
    ("cp1252", "utf-8"),
    ("cp1251", "koi8-r"),
    ("cp1251", "cp866"),
    ("koi8-r", "cp1251"),
    ("cp866", "cp1251"),
)
"""Pairs of encodings, of the wrong reading and of the writing; programs' usual mistakes."""


def explain(rows: Sequence[Row], needed: Sequence[Field]) -> tuple[str, str] | None:
    """Find the original text of a garbled header.

    Args:
        rows: the first rows of the sheet.
        needed: the fields that the header must name.

    Returns:
        A cell of it as it is and as it was meant; None if no usual mistake makes a header of it.
    """
    if all(isinstance(cell, str) and cell.isascii() for row in rows for cell in row.cells if cell):
        return None
    for read_as, written_as in _WAYS:
        mended = [
            replace(row, cells=tuple(_mend(cell, read_as, written_as) for cell in row.cells))
            for row in rows
        ]
        try:
            layout = headers.find_layout(mended, named={}, needed=needed, where="")
        except InputFileError:
            continue
        for before, after in zip(rows, mended, strict=True):
            if before.number == layout.header_row:
                pairs = zip(before.cells, after.cells, strict=True)
                return next(((str(was), str(now)) for was, now in pairs if was != now), None)
    return None


def _mend(cell: CellValue, read_as: str, written_as: str) -> CellValue:
    if not isinstance(cell, str) or cell.isascii():
        return cell
    try:
        # Bytes that the first encoding lacks are let through by programs as they are.
        data = b"".join(
            char.encode("latin-1" if "\x80" <= char <= "\x9f" else read_as) for char in cell
        )
        return data.decode(written_as)
    except UnicodeError:
        return cell
