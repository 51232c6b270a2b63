"""Workbooks locked with the one password that Excel and LibreOffice try without asking.

Excel uses it when a workbook is only to be protected from changes, so its users do not know that
there is one. The undocumented parts of msoffcrypto-tool are used here alone: the methods that
decrypt, since its own reading of an xls takes a second per megabyte, and its details of a package
(`info`), which may ask for a minute of work.
Source: Microsoft, [MS-OFFCRYPTO]; [MS-XLS], 2.2.10 and 2.4.117.
"""

from __future__ import annotations

import functools
import hashlib
import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import olefile
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI
from msoffcrypto.method.xor_obfuscation import DocumentXOR

_PASSWORD = "VelvetSweatshop"  # noqa: S105 it is in the published format, [MS-OFFCRYPTO] too
_LONGEST_INFO = 1 << 16
_MOST_SPINS = 1_000_000
"""Excel writes 100,000; the format allows so many that it takes a minute."""
_BLOCK = 1024
_SHORT = 100
"""Shortest record that is unlocked as a block; shorter ones are quicker one by one."""
_USUAL_BITS = 40
"""Length of the key where the file does not name it."""
_HEADER = struct.Struct("<HH")
_SHEET = 0x85
"""In a record that names a sheet, the place of the sheet is never locked."""
_NEVER_LOCKED = frozenset({0x0809, 0x2F, 0xE1, 0x0138, 0x0194, 0x0195, 0x0196})
_XOR, _RC4 = 0, 1


def is_locked_package(path: Path) -> bool:
    """Return whether a compound file holds a locked xlsx or xlsb; true also in doubt."""
    try:
        with olefile.OleFileIO(str(path)) as container:
            return bool(container.exists("EncryptedPackage"))
    except Exception:  # noqa: BLE001 it has several for damage, some without a common base
        return True


def unlock_package(data: bytes) -> IO[bytes] | None:
    """Return the workbook in a compound file; None if it has another password or is damaged."""
    package = io.BytesIO()
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            about = container.openstream("EncryptionInfo").read()
        # The parser of this description obeys whatever XML can declare.
        if len(about) > _LONGEST_INFO or b"<!" in about:
            return None
        locked = OOXMLFile(io.BytesIO(data))
        if locked.info.get("spinValue", 0) > _MOST_SPINS:
            return None
        locked.load_key(password=_PASSWORD, verify_password=True)
        locked.decrypt(package)
    except Exception:  # noqa: BLE001 whatever damage makes three parsers and a cipher raise
        return None
    package.seek(0)
    return package


def unlock_records(stream: bytes, locked_by: bytes) -> bytes | None:
    """Return the records of an xls as they were before it was locked.

    Args:
        stream: all of them; their kinds and lengths, and some records, are never locked.
        locked_by: the record that describes the lock.

    Returns:
        As many bytes in the same places; None if another password locks them.
    """
    # Excel 5 and 95 know one way only, and do not say that it is the one.
    kind = _XOR if len(locked_by) == 4 else int.from_bytes(locked_by[:2], "little")
    if kind == _XOR:
        (verifier,) = struct.unpack("<H", locked_by[-2:])
        is_ours = DocumentXOR.verifypw(_PASSWORD, verifier)
        return _unlock_by_xor(stream) if is_ours else None
    decrypt = _rc4_of(locked_by) if kind == _RC4 else None
    if decrypt is None:
        return None
    opened = bytearray(stream)
    decrypted = decrypt(stream)
    for place, end, _ in _locked_parts(stream):
        opened[place:end] = decrypted[place:end]
    return bytes(opened)


def _rc4_of(locked_by: bytes) -> Callable[[bytes], bytes] | None:
    """Return the decryptor of a stream; None if the password is another, or the way unknown."""
    major, minor = _HEADER.unpack_from(locked_by, 2)
    if (major, minor) == (1, 1):
        salt, verifier = locked_by[6:22], locked_by[22:54]
        hash_of, decrypt = hashlib.md5, functools.partial(DocumentRC4.decrypt, _PASSWORD, salt)
    elif minor == 2:
        (length,) = struct.unpack_from("<I", locked_by, 10)
        (bits,) = struct.unpack_from("<I", locked_by, 14 + 16)
        about = locked_by[14 + length :]
        salt, verifier = about[4:20], about[20:36] + about[40:60]
        hash_of = hashlib.sha1
        decrypt = functools.partial(
            DocumentRC4CryptoAPI.decrypt, _PASSWORD, salt, bits or _USUAL_BITS
        )
    else:
        return None

    def opened(data: bytes) -> bytes:
        # Not by the library's own reading of a file: that takes a second per megabyte.
        return cast("bytes", decrypt(io.BytesIO(data), blocksize=_BLOCK).read())

    told = opened(verifier)
    is_ours = hash_of(told[:16], usedforsecurity=False).digest() == told[16:]
    return opened if is_ours else None


def _unlock_by_xor(stream: bytes) -> bytes:
    """Turn and mask each byte by its place. Source: [MS-OFFCRYPTO], 2.3.7.3."""
    keys = DocumentXOR.create_xor_array_method1(_PASSWORD)
    tables = [bytes(DocumentXOR.ror(byte ^ key, 5, 8) for byte in range(256)) for key in keys]
    opened = bytearray(stream)
    for place, end, start in _locked_parts(stream):
        if end - place < _SHORT:
            part = enumerate(stream[place:end], start)
            opened[place:end] = bytes([tables[turn % 16][byte] for turn, byte in part])
            continue
        for offset in range(16):
            table = tables[(start + offset) % 16]
            opened[place + offset : end : 16] = stream[place + offset : end : 16].translate(table)
    return bytes(opened)


def _locked_parts(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Iterate over locked parts: begin, end, and the place in the key for the first byte."""
    place = 0
    while place + _HEADER.size <= len(stream):
        kind, length = _HEADER.unpack_from(stream, place)
        place += _HEADER.size
        end = place + length
        open_part = length if kind in _NEVER_LOCKED else 4 if kind == _SHEET else 0
        yield place + open_part, min(end, len(stream)), end + open_part
        place = end
