"""Answers that are bounded: in their length, and in the time that they take as a whole.

Every use of the inside of http.client is here: the stream of an answer and its first line (`fp`,
`_read_status`).
"""

from __future__ import annotations

import io
import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import Any

from batch_update import wording
from batch_update.i18n import _
from batch_update.justclick.trust import plain_timeouts

LONGEST_ANSWER = 1 << 20
"""Most bytes in answer to a request, status line and headers included."""


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
        self._sock.settimeout(left_s)
        with plain_timeouts():
            count = self._raw.readinto(buffer)
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
    """An answer whose length and time are bounded, its headers included."""

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
        super().begin()
        lengths = ",".join(self.headers.get_all("Content-Length", [])).split(",")
        if len({length.strip() for length in lengths}) > 1:
            # urllib3 refuses it as well, but forgets to close the connection.
            raise HTTPException(_("it announces two lengths"))
