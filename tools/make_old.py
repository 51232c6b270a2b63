"""Old Excel files, record by record, as programs other than Excel write them, and locked ones."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.ecma376_standard import ECMA376Standard
from msoffcrypto.method.xor_obfuscation import DocumentXOR

Cell: TypeAlias = str | float | None
Key: TypeAlias = Callable[[int, int, int], int]
"""Locks a byte by its place and the length of its record."""

DATE, ZEROS = 1, 2
"""Cell styles that each of these files defines; 0 is that of all other cells."""

EOF = 0x0A
USUAL = "VelvetSweatshop"
"""What Excel and LibreOffice try without asking."""
SALT = bytes(range(16))
VERIFIER = bytes(range(100, 116))


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def wide(text: str, length: str = "<H") -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


@dataclass(frozen=True, kw_only=True)
class Book:
    """What a file holds, besides its rows.

    Args:
        version: 5 or 8, as Excel counts them.
        encoding: of its texts, up to version 5.
        codepage: what the record says of it; None to leave the record out.
        charsets: of its fonts.
        before: more records of the workbook.
        after: more records of the sheet, behind its rows.
        strings: the record of shared texts in place of the right one.
        name: of the sheet.
    """

    version: int = 5
    encoding: str = "cp1251"
    codepage: int | None = None
    charsets: tuple[int, ...] = (0,)
    before: bytes = b""
    after: bytes = b""
    strings: bytes | None = None
    name: str = "Sheet1"

    def stream(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Give all records."""
        texts = [cell for row in rows for cell in row if isinstance(cell, str)]
        head = self._bof(5)
        if self.codepage is not None:
            head += record(0x42, struct.pack("<H", self.codepage))
        for charset in self.charsets:
            head += record(
                0x31,
                struct.pack("<HHHHHBBBx", 200, 0, 8, 400, 0, 0, 0, charset)
                + self._text("Arial", "<B"),
            )
        head += record(
            0x41E,
            struct.pack("<H", 164) + self._text("0" * 14, "<H" if self.version == 8 else "<B"),
        )
        for number_format in (0, 14, 164):
            rest = bytes(16 if self.version == 8 else 12)
            head += record(0xE0, struct.pack("<HH", 0, number_format) + rest)
        head += self.before
        if self.version == 8:
            counts = struct.pack("<II", len(texts), len(texts))
            strings = record(0xFC, counts + b"".join(map(wide, texts)))
            head += strings if self.strings is None else self.strings
        name = self._text(self.name, "<B")
        start = len(head) + 4 + 6 + len(name) + 4
        head += record(0x85, struct.pack("<IH", start, 0) + name) + record(EOF)
        return head + self._bof(0x10) + self._cells(rows) + self.after + record(EOF)

    def file(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Give the file: the records in their container."""
        return container({"Workbook" if self.version == 8 else "Book": self.stream(rows)})

    def _bof(self, kind: int) -> bytes:
        version = 0x600 if self.version == 8 else 0x500
        return record(
            0x809,
            struct.pack("<HHHHII", version, kind, 0x0DBB, 1996, 0, 6)[
                : 16 if self.version == 8 else 8
            ],
        )

    def _text(self, text: str, length: str) -> bytes:
        if self.version == 8:
            return wide(text, length)
        data = text.encode(self.encoding)
        return struct.pack(length, len(data)) + data

    def _cells(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        found = b""
        number = 0
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                head = struct.pack("<HHH", place, column, style_of(cell))
                if isinstance(cell, str) and self.version == 8:
                    found += record(0xFD, head + struct.pack("<I", number))
                elif isinstance(cell, str):
                    found += record(0x204, head + self._text(cell, "<H"))
                elif cell is not None:
                    found += record(0x203, head + struct.pack("<d", cell))
                number += isinstance(cell, str)
        return found


def style_of(cell: Cell) -> int:
    """Serial numbers of days are shown as dates; numbers of parcels with their zeros."""
    if not isinstance(cell, float):
        return 0
    return DATE if 40_000 < cell < 50_000 else ZEROS if cell > 10**9 else 0


def oldest(
    version: int, rows: Sequence[Sequence[Cell]], encoding: str = "cp1251", **of: int
) -> bytes:
    """Write a file of Excel 2, 3 or 4: no container, and no workbook around the sheet."""
    bof, xf, label = {2: (0x09, 0x43, 0x04), 3: (0x209, 0x243, 0x204), 4: (0x409, 0x443, 0x204)}[
        version
    ]
    data = record(
        bof, struct.pack("<HHH", version, of.get("kind", 0x10), 0)[: 4 if version == 2 else 6]
    )
    if "codepage" in of:
        data += record(0x42, struct.pack("<H", of["codepage"]))
    for shown in ("General", "d/m/yyyy", "0" * 14):
        text = bytes([len(shown)]) + shown.encode()
        data += record(0x41E if version == 4 else 0x1E, (bytes(2) if version == 4 else b"") + text)
    for number in range(3):
        parts = (
            struct.pack("<BBBB", 0, 0, number, 0)
            if version == 2
            else bytes([0, number]) + bytes(10)
        )
        data += record(xf, parts)
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            style = style_of(cell)
            head = struct.pack("<HH", place, column)
            head += bytes([style, 0, 0]) if version == 2 else struct.pack("<H", style)
            if isinstance(cell, str):
                text = cell.encode(encoding)
                data += record(
                    label,
                    head
                    + (bytes([len(text)]) if version == 2 else struct.pack("<H", len(text)))
                    + text,
                )
            elif cell is not None:
                data += record(0x03 if version == 2 else 0x203, head + struct.pack("<d", cell))
    return data + record(EOF)


def snippet(rows: Sequence[Sequence[Cell]], encoding: str = "cp1251") -> bytes:
    """Write what the few lines of PHP write that many shops export with."""
    data = struct.pack("<6H", 0x809, 8, 0, 0x10, 0, 0)
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                text = cell.encode(encoding)
                data += struct.pack("<6H", 0x204, 8 + len(text), place, column, 0, len(text)) + text
            elif cell is not None:
                data += struct.pack("<5Hd", 0x203, 14, place, column, 0, cell)
    return data + struct.pack("<HH", EOF, 0)


def container(streams: dict[str, bytes]) -> bytes:
    """Pack streams into a compound file of one table of sectors. Source: Microsoft, [MS-CFB]."""
    table: list[int] = [0xFFFFFFFD, 0xFFFFFFFE]
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    body = b""
    for number, (name, data) in enumerate(streams.items(), start=1):
        # What is shorter would stand elsewhere.
        data = data.ljust(4096, b"\0")
        size = len(data)
        data += bytes(-size % 512)
        first = len(table)
        table += [*range(first + 1, first + len(data) // 512), 0xFFFFFFFE]
        right = number + 1 if number < len(streams) else -1
        entries.append(_entry(name, 2, first, size, right=right))
        body += data
    assert len(table) <= 128
    assert len(entries) <= 4
    head = struct.pack(
        "<8s16sHHHHH10x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 62, 3, 0xFFFE, 9, 6
    )
    head += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * 432
    sectors = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    return head + sectors + b"".join(entries).ljust(512, b"\0") + body


def _entry(name: str, kind: int, first: int, size: int, child: int = -1, right: int = -1) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBBiii", len(text), kind, 1, -1, right, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", first, size)


def locked_package(data: bytes, password: str = USUAL) -> bytes:
    """Lock an xlsx or xlsb as Excel does since 2010."""
    target = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, target)
    return target.getvalue()


def lock_records(stream: bytes, way: str, password: str = USUAL) -> bytes:
    """Lock the records of an xls, behind the first, in one of the ways that Excel knows.

    Source: Microsoft, [MS-OFFCRYPTO], 2.3.5 to 2.3.7.
    """
    first = 4 + struct.unpack_from("<H", stream, 2)[0]
    key, about = _WAYS[way](password)
    told = record(0x2F, about)
    data = stream[:first] + told + _moved(stream, first, len(told))
    out = bytearray(data)
    place = 0
    while place + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, place)
        place += 4
        free = length if kind in {0x809, 0x2F} else 4 if kind == 0x85 else 0
        for at in range(place + free, place + length):
            out[at] = key(data[at], at, length)
        place += length
    return bytes(out)


def _moved(stream: bytes, first: int, by: int) -> bytes:
    """Give all behind the first record, the place of the sheet moved along."""
    at = stream.index(b"\x85\x00", first) + 4
    (start,) = struct.unpack_from("<I", stream, at)
    return stream[first:at] + struct.pack("<I", start + by) + stream[at + 4 :]


def _rc4(password: str) -> tuple[Key, bytes]:
    salted = (md5(password.encode("utf-16-le"))[:5] + SALT) * 16
    begin = md5(salted)[:5]
    key = _keystream(lambda block: md5(begin + struct.pack("<I", block)))
    told = bytes(key(byte, at, 0) for at, byte in enumerate(VERIFIER + md5(VERIFIER)))
    return key, struct.pack("<HHH", 1, 1, 1) + SALT + told


def _cryptoapi(password: str, bits: int = 128) -> tuple[Key, bytes]:
    begin = sha1(SALT + password.encode("utf-16-le"))
    key = _keystream(lambda block: sha1(begin + struct.pack("<I", block))[: bits // 8])
    told = bytes(key(byte, at, 0) for at, byte in enumerate(VERIFIER + sha1(VERIFIER)))
    about = struct.pack("<8I", 4, 0, 0x6801, 0x8004, bits, 1, 0, 0) + "CSP\0".encode("utf-16-le")
    head = struct.pack("<HHHII", 1, 2, 2, 4, len(about)) + about
    return key, head + struct.pack("<I", 16) + SALT + told[:16] + struct.pack("<I", 20) + told[16:]


def _xor(password: str) -> tuple[Key, bytes]:
    keys: list[int] = DocumentXOR.create_xor_array_method1(password)
    verifier = 0
    for char in [*reversed(password.encode()), len(password)]:
        verifier = ((verifier >> 14 & 1) | (verifier << 1 & 0x7FFF)) ^ char
    about = (DocumentXOR.create_xor_key_method1(password), verifier ^ 0xCE4B)

    def key(byte: int, at: int, length: int) -> int:
        turned = (byte << 5 | byte >> 3) & 0xFF
        return turned ^ keys[(at + length) % 16]

    return key, struct.pack("<HHH", 0, *about)


def _xor_95(password: str) -> tuple[Key, bytes]:
    key, about = _xor(password)
    return key, about[2:]


_WAYS = {"rc4": _rc4, "cryptoapi": _cryptoapi, "xor": _xor, "xor-95": _xor_95}


def locked_as_2007(data: bytes) -> bytes:
    """Lock an xlsx as Excel 2007 did. Source: Microsoft, [MS-OFFCRYPTO], 2.3.4.5 to 2.3.4.9."""
    key = ECMA376Standard.makekey_from_password(USUAL, 0x660E, 0x8004, 0x18, 128, 16, SALT)

    def lock(plain: bytes) -> bytes:
        padded = plain + bytes(-len(plain) % 16)
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 as Excel did
        return cipher.encryptor().update(padded)

    head = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "CSP\0".encode(
        "utf-16-le"
    )
    told = struct.pack("<I", 16) + SALT + lock(VERIFIER) + struct.pack("<I", 20)
    about = struct.pack("<HHII", 3, 2, 0x24, len(head)) + head + told + lock(sha1(VERIFIER))
    packed = struct.pack("<Q", len(data)) + lock(data)
    return container({"EncryptionInfo": about, "EncryptedPackage": packed})


def _keystream(key_of: Callable[[int], bytes]) -> Key:
    """Give the cipher, which begins anew every 1024 bytes."""

    @lru_cache(None)
    def stream(block: int) -> bytes:
        return Cipher(ARC4(key_of(block)), mode=None).encryptor().update(bytes(1024))

    return lambda byte, at, _: byte ^ stream(at // 1024)[at % 1024]


def md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
