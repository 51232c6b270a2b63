"""Answers that are bounded: in their length, and in the time that they take as a whole.

Every use of the inside of http.client is here: the stream of an answer, its first line, and what
tells where it ends (`fp`, `_read_status`, `begin`, `code`, `length`, `chunked`, `chunk_left`,
`will_close`).
"""

from __future__ import annotations

import io
import re
import time
from http import HTTPStatus
from http.client import (
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    IncompleteRead,
    parse_headers,
)
from typing import Any

from batch_update import wording
from batch_update.i18n import _
from batch_update.justclick.trust import plain_timeouts

LONGEST_ANSWER = 1 << 20
"""Most bytes in answer to a request, status line and headers included."""
_CHUNK = 1 << 16
_SOON_S = 0.02
_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 (2(?!04)[0-9]{2}|[4-9][0-9]{2}) ([!-~ ]*)\r\n"
    rb"((?:[A-Za-z][A-Za-z0-9-]*: [!-~][!-~ ]*\r\n){1,50})\r\n"
)
_LENGTH = re.compile(r"[0-9]{1,9}")


class AnswerTooLongError(Exception):
    """An answer that is longer than allowed."""


class BoundedStream(io.RawIOBase):
    """One answer as it comes from a socket, cut off when it is too much or too late.

    A socket's own time limit starts again with each byte.

    Args:
        raw: the socket as a stream.
        sock: the socket; its time limit is that of the whole answer.
    """

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw = raw
        self._sock = sock
        self._limit_s = sock.gettimeout()
        self._deadline = time.monotonic() + self._limit_s
        self._left = LONGEST_ANSWER

    def readable(self) -> bool:
        """Return true: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Fill a buffer with the next bytes.

        Raises:
            AnswerTooLongError: more came than an answer may have.
            TimeoutError: the time for the whole answer is over.
        """
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        # To set it lets other threads go first, so it is left as it is as long as it makes no odds.
        is_other = self._limit_s - left_s > _SOON_S
        if is_other:
            self._sock.settimeout(left_s)
        with plain_timeouts():
            count = self._raw.readinto(buffer)
        if is_other:
            self._sock.settimeout(self._limit_s)
        self._left -= count or 0
        if self._left < 0:
            raise AnswerTooLongError(
                _("The answer is longer than {limit} bytes, so it is not the API's.").format(
                    limit=wording.number(LONGEST_ANSWER)
                )
            )
        return count

    def close(self) -> None:
        """Close the socket's stream as well."""
        self._raw.close()
        super().close()


class BoundedResponse(HTTPResponse):
    """An answer whose length and time are bounded, its headers included.

    Attributes:
        is_whole: whether all of it was read, to its end.
    """

    is_whole = False

    def __init__(self, sock: Any, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(BoundedStream(self.fp.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim answers; http.client does so with 100 alone.

        All of them together may be no longer, nor take longer, than an answer may.

        Source:
            RFC 9110, 15.2: a client must be able to parse one or more 1xx responses. After 101 no
            HTTP follows.
        """
        while True:
            # It is not in the types of the standard library, as it is not for others.
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)

    def begin(self) -> None:
        """Read its headers.

        Raises:
            HTTPException: they announce two lengths, or are no headers.
        """
        if self._begin_plainly():
            return
        super().begin()
        said = ",".join(self.headers.get_all("Content-Length", [])).split(",")
        lengths = {length.strip() for length in said}
        if len(lengths) > 1:
            raise HTTPException(_("it announces two lengths"))
        # One that is said twice is one. The standard library knows that of two headers alone.
        if len(said) > 1 and self.length is None and not self.chunked:
            self.length = int(length) if _LENGTH.fullmatch(length := lengths.pop()) else None

    def read_whole(self) -> bytes:
        """Read all of its body, and close it.

        Raises:
            http.client.IncompleteRead: it ends before its announced length.
            AnswerTooLongError: more came than an answer may have.
            OSError: an error of the system, or the time for it is over.
        """
        # Bit by bit: asked for all, the stream would make room for as much as is announced.
        content = b""
        while chunk := self.read1(_CHUNK):
            content += chunk
        if self.length:
            raise IncompleteRead(content, self.length)
        self.close()
        self.is_whole = True
        return content

    def _begin_plainly(self) -> bool:
        """Read the headers of a usual answer that came as one; leave all others as they are.

        They are cut at their colons. The standard library reads them with a parser for mail, which
        takes longer than all else that is done with an answer.
        """
        head = _PLAIN_HEAD.match(self.fp.peek())
        if head is None:
            return False
        headers = HTTPMessage()
        for line in head[3].decode("ascii").splitlines():
            name, _colon, value = line.partition(": ")
            headers[name] = value
        length = ",".join(headers.get_all("Content-Length", ()))
        coding = ",".join(headers.get_all("Transfer-Encoding", ()))
        has_end = _LENGTH.fullmatch(length) if not coding else coding == "chunked" and not length
        if not has_end:
            return False
        self.fp.read(head.end())
        self.version, self.code, self.reason = 11, int(head[1]), head[2].decode("ascii").strip()
        self.status = self.code
        self.headers = self.msg = headers
        self.length = int(length) if length else None
        self.chunked, self.chunk_left = bool(coding), None
        self.will_close = "close" in headers.get("Connection", "").lower()
        return True
