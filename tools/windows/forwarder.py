"""A library of Windows that hands each call on to another library; for what wine 8 has not.

Source: Microsoft, "PE Format": a file of headers and one section, which holds the export table. An
address that lies within that table is not a function but the name of one elsewhere.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

_PAGE = 0x1000
_SECTOR = 0x200
_PE = 0x40
_AMD64 = 0x8664
_EXECUTABLE_DLL_LARGE = 0x0002 | 0x0020 | 0x2000
_PE32_PLUS = 0x020B
_BASE = 0x180000000
_CONSOLE = 3
_READ_DATA = 0x40000040
_DIRECTORIES = 16


def make(name: str, functions: Mapping[str, str]) -> bytes:
    """Make a library.

    Args:
        name: of the library, such as `one.dll`.
        functions: names with where they lead, such as `other.Name`.
    """
    table = _export_table(name, dict(sorted(functions.items())))
    filled = table.ljust(-(-len(table) // _SECTOR) * _SECTOR, b"\0")
    coff = struct.pack("<HHIIIHH", _AMD64, 1, 0, 0, 0, 240, _EXECUTABLE_DLL_LARGE)
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII",
        *(_PE32_PLUS, 14, 0, 0, len(filled), 0, 0, _PAGE, _BASE, _PAGE, _SECTOR),
        *(6, 0, 0, 0, 6, 0, 0, 2 * _PAGE, _SECTOR, 0, _CONSOLE, 0),
        *(0x100000, 0x1000, 0x100000, 0x1000, 0, _DIRECTORIES),
    )
    directories = struct.pack("<II", _PAGE, len(table)).ljust(_DIRECTORIES * 8, b"\0")
    section = struct.pack(
        "<8sIIIIIIHHI", b".edata", len(table), _PAGE, len(filled), _SECTOR, 0, 0, 0, 0, _READ_DATA
    )
    dos = (b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _PE)).ljust(_PE, b"\0")
    headers = dos + b"PE\0\0" + coff + optional + directories + section
    return headers.ljust(_SECTOR, b"\0") + filled


def _export_table(name: str, functions: Mapping[str, str]) -> bytes:
    """Lay out the table as it will lie in memory, at the second page."""
    count = len(functions)
    addresses = 40
    names = addresses + 4 * count
    ordinals = names + 4 * count
    texts = bytearray()

    def place(text: str) -> int:
        at = _PAGE + ordinals + 2 * count + len(texts)
        texts.extend(text.encode("ascii") + b"\0")
        return at

    own_name = place(name)
    targets = [place(target) for target in functions.values()]
    called = [place(function) for function in functions]
    head = struct.pack(
        "<IIHHIIIIIII",
        *(0, 0, 0, 0, own_name, 1, count, count),
        *(_PAGE + addresses, _PAGE + names, _PAGE + ordinals),
    )
    tables = struct.pack(f"<{count}I{count}I{count}H", *targets, *called, *range(count))
    return head + tables + bytes(texts)
