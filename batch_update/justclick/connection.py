"""The connection under a call: the size of answers is bounded, and no state is kept.

Every use of the inside of libraries that speak HTTP is here. Of urllib3: the classes of a pool's
connections and of their answers (`ConnectionCls`, `response_class`), without which no answer could
be bounded, what is done when a connection is there and nothing has left (`conn_kw`, `request`), the
next request over it (`is_connected`, `request`, `getresponse`), and the certificates that it trusts
(`conn_kw`, `ca_certs`), which would be loaded for each connection.
Of requests: the places where it takes the pool from and puts the certificates in
(`get_connection_with_tls_context`, `cert_verify`). Of http.client: the stream of an answer and its
first line (`fp`, `_read_status`).
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from batch_update import wording
from batch_update.errors import HeldBackError
from batch_update.i18n import _
from batch_update.justclick.trust import CheckedContext, TlsContexts

LONGEST_ANSWER = 1 << 20
"""Most bytes in answer to a request, status line and headers included."""


class AnswerTooLongError(Exception):
    """An answer that is longer than allowed."""


class Connection:
    """A connection to one host that is kept alive, without any other state.

    requests works out address, proxies and certificates again for each call; here that is done at
    the first one, and when the connection has to be made again. Over one that is there, a request
    leaves without it: a fifth of the work. One call at a time is made. No cookie is kept, no
    password looked for, and no redirect's page read.

    Args:
        headers: the headers of every request.
        proxies: as requests takes them; those of the environment are added.
        tls_contexts: the certificates that are trusted.
        before_sending: as `Client` takes it.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        proxies: Mapping[str, str],
        tls_contexts: TlsContexts,
        before_sending: Callable[[], None] | None = None,
    ) -> None:
        self._headers = headers
        self._proxies = proxies
        self._adapter = _Adapter(tls_contexts, before_sending)
        self._prepared: dict[str, requests.PreparedRequest] = {}
        self._ways: Mapping[str, Any] | None = None

    def close(self) -> None:
        """End the connection."""
        self._adapter.close()

    def post(
        self,
        url: str,
        body: io.BytesIO,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> BaseHTTPResponse:
        """Send one request, and return its answer before more than its headers have come.

        `end` must be called after it.

        Args:
            url: the address.
            body: the body.
            headers: the headers of this request; the same ones with each.
            timeout: seconds until there is a connection, and until the end of the answer.

        Raises:
            requests.RequestException: an error of requests.
            urllib3.exceptions.HTTPError: an error of urllib3 under it.
            http.client.HTTPException: an error of what is under urllib3.
            OSError: an error of the system.
            BundleError: the certificates cannot be loaded.
            HeldBackError: it must not leave now.
        """
        connection = self._adapter.connection
        if url in self._prepared and connection is not None and connection.is_connected:
            return self._post_over(connection, url, body, headers, timeout)
        return self._post_anew(url, body, headers, timeout)

    def end(self, answer: BaseHTTPResponse) -> None:
        """Let go of an answer; a connection is closed if not all of its answer was read."""
        if self._adapter.connection is not None:
            self._adapter.connection.end()
        answer.close()

    def _post_over(
        self,
        connection: _HttpConnection,
        url: str,
        body: io.BytesIO,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> BaseHTTPResponse:
        request = self._prepared[url]
        request.headers.update(headers)
        request.headers["Content-Length"] = str(body.getbuffer().nbytes)
        connection.timeout = timeout[1]
        try:
            connection.request(
                *("POST", self._adapter.request_url(request, {})),
                body=body,
                headers=request.headers,
                preload_content=False,
                decode_content=False,
            )
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _post_anew(
        self,
        url: str,
        body: io.BytesIO,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> BaseHTTPResponse:
        request = self._prepared.get(url)
        if request is None:
            request = self._prepared[url] = requests.PreparedRequest()
            request.prepare(method="POST", url=url, headers=self._headers)
        request.headers.update(headers)
        request.prepare_body(body, None)
        if self._ways is None:
            with requests.Session() as session:
                self._ways = session.merge_environment_settings(
                    url, dict(self._proxies), True, None, None
                )
        response: BaseHTTPResponse = self._adapter.send(request, timeout=timeout, **self._ways).raw
        return response


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


class _BoundedResponse(HTTPResponse):
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
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)

    def begin(self) -> None:
        super().begin()
        lengths = ",".join(self.headers.get_all("Content-Length", [])).split(",")
        if len({length.strip() for length in lengths}) > 1:
            # urllib3 refuses it as well, but forgets to close the connection.
            raise HTTPException(_("it announces two lengths"))


class _HttpConnection(HTTPConnection):
    """A connection; its answers are bounded.

    Args:
        args: of urllib3's.
        on_connected: called with it when it has been made.
        before_sending: as `Client` takes it.
        named: of urllib3's.
    """

    def __init__(
        self,
        *args: Any,
        on_connected: Callable[[_HttpConnection], None] | None = None,
        before_sending: Callable[[], None] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self._on_connected = on_connected
        self._before_sending = before_sending
        self._is_used = False
        self._held: bytes | None = None
        self._answer: HTTPResponse | None = None

    def connect(self) -> None:
        self._is_used = False
        super().connect()
        if self._on_connected is not None:
            self._on_connected(self)

    def response_class(self, *args: Any, **named: Any) -> _BoundedResponse:  # type: ignore[override]
        """Make the answer to the last request."""
        self._answer = answer = _BoundedResponse(*args, **named)
        return answer

    def end(self) -> None:
        """Let go of the last answer; what was not read of it must not pass for the next one."""
        if self._answer is not None and not self._answer.isclosed():
            self._answer.close()
            self.close()
        self._answer = None

    def request(self, *args: Any, **named: Any) -> None:
        """Send a request, after a last check when the connection is there already.

        Raises:
            HeldBackError: it must not leave now.
        """
        if self.sock is None:
            self.connect()
        if self._before_sending is not None:
            self._before_sending()
            # Of a new one that cannot be told: TLS says something after its greetings.
            if self._is_used and not self.is_connected:
                raise HeldBackError
            self._is_used = True
        self._held = b""
        try:
            super().request(*args, **named)
            self._let_go()
        finally:
            self._held = None

    def send(self, data: Any) -> None:
        """Send the headers of a request together with its body: as one packet, not as two.

        Two cost the shop and this machine a wake-up and a record of TLS more for each request.
        """
        if self._held is None or not isinstance(data, bytes):
            self._let_go()
            super().send(data)
        elif self._held:
            self._held += data
            self._let_go()
        else:
            self._held = data

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held:
            super().send(held)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    """An encrypted one; its pool has connected it before it is asked to send."""


class _Adapter(HTTPAdapter):
    """Adapter that makes bounded connections, through a proxy or not, with one trust for both."""

    def __init__(
        self, tls_contexts: TlsContexts, before_sending: Callable[[], None] | None
    ) -> None:
        super().__init__()
        self._before_sending = before_sending
        self._tls_contexts = tls_contexts
        self._context: CheckedContext | None = None
        self._pool: Any = None
        self.connection: _HttpConnection | None = None
        self._targets: dict[str, str] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, *args: Any, **named: Any
    ) -> Any:
        if self._pool is None:
            if (request.url or "").lower().startswith("https:"):
                self._context = self._tls_contexts.context(None if verify is True else verify)
            pool = super().get_connection_with_tls_context(request, verify, *args, **named)
            pool.ConnectionCls = _HttpsConnection if pool.scheme == "https" else _HttpConnection
            if pool.proxy is None:
                # Requests through a proxy have headers that requests adds.
                pool.conn_kw["on_connected"] = self._keep
            if self._before_sending is not None:
                pool.conn_kw["before_sending"] = self._before_sending
            self._pool = pool
        return self._pool

    def close(self) -> None:
        """End the connection now; that of requests is left to the collector of garbage."""
        if self._pool is not None:
            self._pool.close()
        super().close()

    def _keep(self, connection: _HttpConnection) -> None:
        self.connection = connection

    def request_url(self, request: requests.PreparedRequest, proxies: dict[str, str] | None) -> str:
        """Work out what stands in a request's first line, once for each address."""
        url = request.url or ""
        if url not in self._targets:
            self._targets[url] = super().request_url(request, proxies)
        return self._targets[url]

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Give what is looked at; no cookie is looked for."""
        response = requests.Response()
        response.request = req
        response.raw = resp
        return response

    def proxy_manager_for(self, proxy: Any, **named: Any) -> Any:
        if proxy.lower().startswith("https:"):
            named["proxy_ssl_context"] = self._context
        return super().proxy_manager_for(proxy, **named)

    def cert_verify(self, conn: Any, *_args: Any) -> None:
        """Put the certificates in, in place of those that requests would have loaded."""
        if conn.scheme == "https":
            conn.cert_reqs = "CERT_REQUIRED"
            conn.conn_kw["ssl_context"] = self._context
            conn.ca_certs = conn.ca_cert_dir = None
