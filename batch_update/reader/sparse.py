"""Skip empty rows quickly: a sheet may hold a million that have nothing but a format."""

from __future__ import annotations

import re
from typing import IO

from batch_update.i18n import _
from batch_update.model import limits
from batch_update.reader.damage import DamagedError

_LONGEST_EMPTY = 1 << 18
_AT_ONCE = 1 << 16
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8|us-ascii)", re.IGNORECASE)


class WithoutEmptyRows:
    """A worksheet's XML, read without the numbered rows that hold nothing.

    They are cut out before the parser sees them. Where the text may have another meaning (in
    comments, CDATA, another encoding) nothing is cut out any more.

    Args:
        file: the file.
        prefix: the prefix of the namespace in front of the names of elements; empty for none.
    """

    def __init__(self, file: IO[bytes], prefix: str) -> None:
        self._file = file
        name = rb"%s:" % re.escape(prefix.encode()) if prefix else b""
        # A match for an empty cell must be one: it closes itself. The row and the next one must
        # name their places, since others are counted.
        self._empty = re.compile(
            rb"<%(p)srow\s(?=%(r)s)[^<>]*+"
            rb"(?:(?<=/)>|(?<!/)>\s*+(?:<%(p)sc\s[^<>]*+(?<=/)>\s*+)*+</%(p)srow\s*>)\s*+"
            rb"(?=<%(p)srow\s%(r)s|</)" % {b"p": name, b"r": rb"(?:[^<>]*?\s)??r=[\"'][0-9]+[\"']"}
        )
        self._row = b"<%srow" % name
        self._kept = b""
        self._is_plain = True
        self._cut_out = 0

    def read(self, size: int) -> bytes:
        """Read on; empty at the end only.

        Raises:
            DamagedError: more rows were empty than a sheet can have.
        """
        while data := self._file.read(max(size, _AT_ONCE)):
            if useful := self._useful(data):
                return useful
        rest, self._kept = self._kept, b""
        return rest

    def _useful(self, data: bytes) -> bytes:
        data = self._kept + data
        self._kept = b""
        self._is_plain = self._is_plain and b"<!" not in data and not _DECLARED.search(data, 0, 200)
        if not self._is_plain:
            return data
        data, count = self._empty.subn(b"", data)
        self._cut_out += count
        if self._cut_out > limits.MOST_ROWS:
            raise DamagedError(
                _("it holds more than {limit} empty rows").format(limit=limits.MOST_ROWS)
            )
        # The last row may go on in what comes next, and whether the one before it may be cut out
        # is seen by the last; else a tag may go on.
        last = data.rfind(self._row)
        before = data.rfind(self._row, 0, last) if last > 0 else -1
        start = before if before >= 0 else last
        if start < 0 or len(data) - start > _LONGEST_EMPTY:
            start = data.rfind(b"<")
        if start >= 0 and len(data) - start <= _LONGEST_EMPTY:
            data, self._kept = data[:start], data[start:]
        return data
