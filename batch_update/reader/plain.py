"""The records of an XML file, of which those in the usual form need no parser.

Rows and texts of a workbook are written in the same few forms by the million. Such a record is
found by a pattern that it fits from its first byte to its last, so that it is well-formed by
itself; all else goes to the parser, also a file in which a record may seem to be what it is not.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from batch_update.reader.markup import Feeder, Readable

TEXT = rb"[^<>&\x00-\x08\x0b-\x1f\xef]++"
"""Text that means itself; among what begins with EF are signs that XML cannot hold."""

_AT_ONCE = 1 << 16
_LONGEST_RECORD = 1 << 18
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8|us-ascii)", re.IGNORECASE)

Record: TypeAlias = "re.Match[bytes] | Any"
"""A match of a plain record, or the element of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Form of a file that is a long list of records.

    Args:
        begin: matches the tag in which the records stand.
        name: the name of a record's element, without a namespace.
        plain: matches a plain record.
    """

    begin: re.Pattern[bytes]
    name: bytes
    plain: re.Pattern[bytes]


def read_records(
    file: Readable, form: Form, tags: tuple[str, ...], *, is_plain: bool
) -> Iterator[Record]:
    """Iterate over the records of a file, and some other elements, in its order.

    Args:
        file: the file.
        form: the form of its plain records.
        tags: the full names of the record's element, and of others that are given too.
        is_plain: whether elements have no prefix.

    Raises:
        DamagedError: a record holds another one, or too much stands around them.
        ValueError: it declares a document type, as no spreadsheet program does.
        lxml.etree.XMLSyntaxError: it is not XML.
    """
    feeder = Feeder(tags)
    for piece in _Pieces(file, form).cut() if is_plain else _chunks(file):
        if isinstance(piece, re.Match):
            feeder.rest()
            yield piece
        else:
            yield from feeder.feed(piece)
    feeder.close()


def _chunks(file: Readable) -> Iterator[bytes]:
    while data := file.read(_AT_ONCE):
        yield data


class _Pieces:
    """Cuts a file into plain records and all else.

    Args:
        file: the file.
        form: the form of its plain records.
    """

    def __init__(self, file: Readable, form: Form) -> None:
        self._file = file
        self._form = form
        self._end = b"</%s>" % form.name
        self._start = re.compile(rb"\s*<%s[ />]" % form.name)
        self._empty = re.compile(rb"\s*<%s(?: [^<>]*)?/>" % form.name)
        self._is_odd = False

    def cut(self) -> Iterator[re.Match[bytes] | bytes]:
        """Iterate over matches of plain records, and over the bytes between them."""
        data = self._file.read(_AT_ONCE)
        if place := self._end_of_head(data):
            yield data[:place]
            data = data[place:]
            while not self._is_odd:
                place = yield from self._records(data)
                data = data[place:]
                more = self._file.read(_AT_ONCE)
                self._is_odd |= not more or _may_hide(data[-1:] + more)
                self._is_odd |= len(data) > _LONGEST_RECORD
                data += more
        yield data
        yield from _chunks(self._file)

    def _end_of_head(self, data: bytes) -> int:
        """Return where the records begin; 0 if a plain one may not be what it seems."""
        begin = self._form.begin.search(data)
        # The namespace must be the one that the file begins with.
        if begin is None or data.count(b"xmlns=", 0, begin.end()) != 1:
            return 0
        return 0 if _may_hide(data[2:]) or _DECLARED.match(data) else begin.end()

    def _records(self, data: bytes) -> Generator[re.Match[bytes] | bytes, None, int]:
        """Iterate over the whole records; return where the first that is not whole begins."""
        place = 0
        while True:
            if found := self._form.plain.match(data, place):
                yield found
                place = found.end()
                continue
            if found := self._empty.match(data, place):
                end = found.end()
            elif (end := data.find(self._end, place)) < 0:
                return place
            else:
                end += len(self._end)
            piece = data[place:end]
            if not self._start.match(piece) or len(self._start.findall(piece)) != 1:
                self._is_odd = True
                return place
            yield piece
            place = end


def _may_hide(data: bytes) -> bool:
    """Return whether text may be no markup though it looks so: in comments, CDATA and the like."""
    return b"<!" in data or b"<?" in data
