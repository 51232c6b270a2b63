"""The records in the parts of a binary workbook, in bounded memory.

Source: Microsoft, [MS-XLSB], 2.1.4 (records), 2.3.1 (their numbers), 2.5.122, 123, 169 (values).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import IO

from batch_update.i18n import _
from batch_update.reader.damage import DamagedError

ROW_HEADER, BLANK = 0, 1

_CHUNK = 1 << 20
_LONGEST_HEAD = 6
_LONGEST = 16 << 20
"""The longest text takes 64 KB, and twice as much for its formats."""
_NO_TEXT = 0xFFFF_FFFF


def _empty_rows() -> re.Pattern[bytes]:
    """Match rows that hold nothing but formats, as one piece, if another row follows.

    Sheets have a million of them, and one by one they would take half a minute.
    """
    heads = b"|".join(re.escape(bytes([n])) + b".{%d}" % n for n in range(17, 128, 8))
    height = rb"\x25\x06.{6}\x80\x08\x02..\x26\x00"
    return re.compile(
        rb"(?:\x00(?:" + heads + rb")(?:\x01\x08.{8}|\x0c\x04.{4}|" + height + rb")*+(?=\x00))++",
        re.DOTALL,
    )


_PASSED = {
    ROW_HEADER: _empty_rows(),
    BLANK: re.compile(rb"(?:\x01\x08.{8})+(?=\x01\x08.{8})", re.DOTALL),
}


def records(
    file: IO[bytes], *, most: int, passes_blanks: bool = False
) -> Iterator[tuple[int, bytes]]:
    """Iterate over kind and content of each record.

    Args:
        file: the part.
        most: most bytes it may have.
        passes_blanks: whether empty rows are left out, and empty cells but the last of several.

    Raises:
        DamagedError: it is larger.
        EOFError: the last record is cut off.
    """
    passed = _PASSED if passes_blanks else {}
    data = b""
    read = 0
    is_whole = False
    while not is_whole:
        chunk = file.read(_CHUNK)
        is_whole = not chunk
        read += len(chunk)
        if read > most:
            raise DamagedError(
                _("one of its parts is larger than {limit} MB").format(limit=most >> 20)
            )
        data += chunk
        place = 0
        enough = len(data) if is_whole else len(data) - _LONGEST_HEAD
        while place < enough:
            pattern = passed.get(data[place])
            if pattern is not None and (blanks := pattern.match(data, place)):
                place = blanks.end()
                continue
            kind, start, end = _head(data, place)
            if end > len(data):
                break
            yield kind, data[start:end]
            place = end
        data = data[place:]
    if data:
        raise EOFError


def _head(data: bytes, place: int) -> tuple[int, int, int]:
    """Return a record's kind, and the start and end of its content."""
    kind = data[place]
    place += 1
    if kind & 0x80:
        kind = kind & 0x7F | (data[place] & 0x7F) << 7
        place += 1
    length = data[place]
    place += 1
    if length & 0x80:
        length &= 0x7F
        for shift in (7, 14, 21):
            byte = data[place]
            place += 1
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        if length > _LONGEST:
            raise DamagedError(_("one of its records claims {length} bytes").format(length=length))
    return kind, place, place + length


def text_at(data: bytes, place: int) -> str:
    """Read a text: its length and its characters.

    Raises:
        EOFError: it is longer than the record.
    """
    return nullable_text_at(data, place)[0]


def nullable_text_at(data: bytes, place: int) -> tuple[str, int]:
    """Read a text that may be missing, then empty, and its end.

    Raises:
        EOFError: it is longer than the record.
    """
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    if length == _NO_TEXT:
        return "", place
    end = place + 2 * length
    if end > len(data):
        raise EOFError
    return data[place:end].decode("utf-16-le", "replace"), end


def rich_text_at(data: bytes, place: int) -> str:
    """Read a text with formats inside, or one of the texts that cells share."""
    return text_at(data, place + 1)


def compact_number_at(data: bytes, place: int) -> float:
    """Read a number that is packed in four bytes: a whole one or half of a float, or hundredths."""
    (packed,) = struct.unpack_from("<i", data, place)
    if packed & 2:
        number = float(packed >> 2)
    else:
        (number,) = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFF_FFFC))
    return number / 100 if packed & 1 else number
