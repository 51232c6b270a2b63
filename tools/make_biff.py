"""Workbooks of Excel 97 to 2003 (.xls), written record by record.

Source: Microsoft, [MS-XLS] and [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_SECTOR = 512
_LEAST = 4096
"""Shorter streams would be kept among others."""
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF


def record(kind: int, data: bytes = b"") -> bytes:
    """Write a record: kind, length, data."""
    return struct.pack("<HH", kind, len(data)) + data


def text(value: str, length: str = "<H") -> bytes:
    """Write a text in UTF-16 with its length."""
    return struct.pack(length, len(value)) + b"\1" + value.encode("utf-16-le")


def workbook(rows: Sequence[Sequence[tuple[object, str] | str | int | None]]) -> bytes:
    """Write a workbook of one sheet.

    Args:
        rows: cells: a text, a number, or a number with its format.
    """
    codes = ["General"]
    cells = b""
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            value, code = cell if isinstance(cell, tuple) else (cell, "General")
            if code not in codes:
                codes.append(code)
            place = struct.pack("<HHH", number, column, 1 + codes.index(code))
            if isinstance(value, str):
                cells += record(0x0204, place + text(value))
            elif isinstance(value, int | float):
                cells += record(0x0203, place + struct.pack("<d", value))
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    page = _begin(0x10) + record(0x0200, size) + cells + record(0x0A)
    formats = b"".join(
        record(0x041E, struct.pack("<H", 164 + n) + text(code)) for n, code in enumerate(codes)
    )
    look = struct.pack("<HHH", 0, 0, 0xFFF5) + bytes(14)
    looks = b"".join(
        record(0xE0, struct.pack("<HHH", 0, 164 + n, 1) + bytes(14)) for n in range(len(codes))
    )
    font = record(
        0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + text("A", "<B")
    )
    head = _begin(5) + record(0x42, struct.pack("<H", 1200)) + font * 4 + formats
    head += record(0xE0, look) + looks
    name = text("Parcels", "<B")
    sheet = record(0x85, struct.pack("<IBB", 0, 0, 0) + name)
    begins = len(head) + len(sheet) + len(record(0x0A))
    sheet = record(0x85, struct.pack("<IBB", begins, 0, 0) + name)
    return compound(head + sheet + record(0x0A) + page)


def _begin(kind: int) -> bytes:
    return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0x41, 6))


def compound(stream: bytes) -> bytes:
    """Put a stream into a compound file, as the only one: table, directory, stream."""
    data = stream.ljust(_LEAST, b"\0")
    data += bytes(-len(data) % _SECTOR)
    count = len(data) // _SECTOR
    links = [_TABLE, _END, *range(3, count + 2), _END]
    assert len(links) <= _SECTOR // 4, "more than one sector of links"
    links += [_FREE] * (_SECTOR // 4 - len(links))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, _LEAST, _END, 0, _END, 0)
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    folder = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _NONE, 2, len(data))
    folder += _entry("", 0, _NONE, 0, 0) * 2
    return head + struct.pack(f"<{len(links)}I", *links) + folder + data


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    shown = name.encode("utf-16-le")
    length = len(shown) + 2 if name else 0
    about = struct.pack("<HBBIII", length, kind, 1, _NONE, _NONE, child)
    return shown.ljust(64, b"\0") + about + bytes(36) + struct.pack("<IQ", first, size)
