"""The connection under a call: what a server may send is bounded, and nothing of it is kept."""

from __future__ import annotations

import io
import os
import time
from http.client import HTTPException, HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from batch_update.texts import sender as texts

LONGEST_ANSWER = 1 << 20
"""So many bytes may come in answer to a request, status line and headers included."""


class AnswerTooLongError(Exception):
    """More came than an answer may have."""


class Session(requests.Session):
    """Keeps a connection alive, and nothing else: no cookie, no password, no redirect's page."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # Without this, requests would look for a password in ~/.netrc and send it along.
        self.auth = _leave_as_is
        # Else the keys of each connection would be written into a file, for others to read along.
        os.environ.pop("SSLKEYLOGFILE", None)
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Look for nothing: even of what it need not follow, requests would unpack the page."""


def _leave_as_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Tap(io.RawIOBase):
    """What a server sends in answer to one request, until it is too much or too late.

    A socket's own time limit begins anew with each byte.

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
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)
        count = self._raw.readinto(buffer)
        self._sock.settimeout(self._limit_s)
        self._left -= count or 0
        if self._left < 0:
            raise AnswerTooLongError(texts.ANSWER_TOO_LONG.format(limit=LONGEST_ANSWER))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_Tap(self.fp.detach(), sock))

    def begin(self) -> None:
        super().begin()
        lengths = ",".join(self.headers.get_all("Content-Length", [])).split(",")
        if len({length.strip() for length in lengths}) > 1:
            # urllib3 refuses it as well, but forgets to close the connection.
            raise HTTPException(texts.TWO_LENGTHS)


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Adapter(HTTPAdapter):
    """Makes connections of our own, through a proxy or not."""

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        pool = super().get_connection_with_tls_context(*args, **named)
        pool.ConnectionCls = _SecureConnection if pool.scheme == "https" else _Connection
        return pool
