"""The connection under a call: the size of answers is bounded, and no state is kept.

Every use of the inside of requests and urllib3 is here. Of urllib3: the classes of a pool's
connections and of their answers (`ConnectionCls`, `response_class`), without which no answer could
be bounded, what is done when a connection is there and nothing has left (`conn_kw`, `request`),
whether it still is (`is_connected`), and the certificates that it trusts (`conn_kw`, `ca_certs`),
which would be loaded for each connection.
Of requests: the places where it takes the pool from and puts the certificates in
(`get_connection_with_tls_context`, `cert_verify`).
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from batch_update.errors import HeldBackError
from batch_update.justclick.bounded import BoundedResponse
from batch_update.justclick.trust import CheckedContext, TlsContexts, plain_timeouts


class Connection:
    """A connection to one host that is kept alive, without any other state.

    requests works out address, proxies and certificates again for each call; here that is done at
    the first one, and when the connection has to be made again. Over one that is there, a request
    leaves by http.client alone, which requests and urllib3 use as well: a third of the work. One
    call at a time is made. No cookie is kept, no password looked for, and no redirect's page read.

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
        before_sending: Callable[[], bool] | None = None,
    ) -> None:
        self._headers = headers
        self._proxies = proxies
        self._line = _Line(before_sending)
        self._adapter = _Adapter(tls_contexts, self._line)
        self._prepared: dict[str, requests.PreparedRequest] = {}
        self._ways: Mapping[str, Any] | None = None
        self._from_pool: BaseHTTPResponse | None = None

    def close(self) -> None:
        """End the connection."""
        self._adapter.close()

    def post(
        self,
        url: str,
        body: io.BytesIO,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> BoundedResponse:
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
        request = self._prepared.get(url)
        if request is None:
            request = self._prepared[url] = requests.PreparedRequest()
            request.prepare(method="POST", url=url, headers=self._headers)
        request.headers.update(headers)
        connection = self._line.connection
        if connection is not None and connection.is_connected:
            request.headers["Content-Length"] = str(body.getbuffer().nbytes)
            target = self._adapter.request_url(request, {})
            return connection.post(target, request.headers, body, timeout[1])
        request.prepare_body(body, None)
        return self._post_anew(request, timeout)

    def end(self, answer: BoundedResponse) -> None:
        """Let go of an answer; the connection is closed if not all of it was read.

        What was not read must not pass for the next answer.
        """
        from_pool, self._from_pool = self._from_pool, None
        answer.close()
        if not answer.is_whole and self._line.connection is not None:
            self._line.connection.close()
        if from_pool is not None and answer.is_whole:
            from_pool.release_conn()
        elif from_pool is not None:
            from_pool.close()

    def _post_anew(
        self, request: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> BoundedResponse:
        """Let requests find a way to the host, and send over the connection that it makes."""
        if self._ways is None:
            with requests.Session() as session:
                self._ways = session.merge_environment_settings(
                    request.url or "", dict(self._proxies), True, None, None
                )
        self._from_pool = self._adapter.send(request, timeout=timeout, **self._ways).raw
        return self._line.answer


@dataclass(slots=True)
class _Line:
    """What a connection and those that use it tell each other.

    Args:
        before_sending: as `Client` takes it.
        connection: the connection, when it was made, and is no proxy's: requests through a proxy
            have headers that requests adds.
        answer: the answer to the last request.
    """

    before_sending: Callable[[], bool] | None
    connection: _HttpConnection | None = None
    answer: BoundedResponse = field(init=False)


class _HttpConnection(HTTPConnection):
    """A connection; its answers are bounded.

    Args:
        args: of urllib3's.
        line: where it tells of itself and of its answers.
        named: of urllib3's.
    """

    def __init__(self, *args: Any, line: _Line, **named: Any) -> None:
        super().__init__(*args, **named)
        self._line = line
        self._is_used = False
        self._held: bytes | None = None

    @property
    def is_connected(self) -> bool:
        """Whether it is open, and nothing has come that nobody has asked for.

        What TLS has taken in with an answer, and was not read, is in no socket any more.
        """
        pending = getattr(self.sock, "pending", None)
        return super().is_connected and not (pending and pending())

    def connect(self) -> None:
        self._is_used = False
        super().connect()
        if self.proxy is None:
            self._line.connection = self

    # urllib3 declares a class and calls it; a method remembers what it has made.
    def response_class(self, *args: Any, **named: Any) -> BoundedResponse:  # type: ignore[override]
        """Make the answer to the last request."""
        self._line.answer = answer = BoundedResponse(*args, **named)
        return answer

    def post(
        self, target: str, headers: Mapping[str, str | bytes], body: io.BytesIO, timeout_s: float
    ) -> BoundedResponse:
        """Send a request over the connection that was just seen to be there; return its answer.

        What urllib3 does besides is done once for all requests, when the first one is prepared.

        Args:
            target: what stands in the request's first line.
            headers: all headers but that of the host.
            body: the body.
            timeout_s: seconds until the end of the answer.

        Raises:
            http.client.HTTPException: the answer is none of HTTP.
            OSError: an error of the system.
            HeldBackError: it must not leave now.
        """
        plain = http.client.HTTPConnection
        try:
            self._ask_to_leave(was_seen=True)
            if self.sock.gettimeout() != timeout_s:
                self.sock.settimeout(timeout_s)
            plain.putrequest(self, "POST", target, skip_accept_encoding=True)
            for name, value in headers.items():
                plain.putheader(self, name, value)
            with self._as_one_packet():
                plain.endheaders(self, body)
            plain.getresponse(self)
        except BaseException:
            self.close()
            raise
        return self._line.answer

    def request(self, *args: Any, **named: Any) -> None:
        """Send a request, after a last check when the connection is there already.

        Raises:
            HeldBackError: it must not leave now.
        """
        if self.sock is None:
            self.connect()
        self._ask_to_leave(was_seen=False)
        with self._as_one_packet():
            super().request(*args, **named)

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

    def _ask_to_leave(self, *, was_seen: bool) -> None:
        if self._line.before_sending is None:
            return
        has_waited = self._line.before_sending()
        # Of a new one that cannot be told: TLS says something after its greetings.
        is_to_be_seen = self._is_used and (has_waited or not was_seen)
        if is_to_be_seen and not self.is_connected:
            raise HeldBackError
        self._is_used = True

    @contextmanager
    def _as_one_packet(self) -> Iterator[None]:
        self._held = b""
        try:
            yield
            self._let_go()
        finally:
            self._held = None

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held:
            with plain_timeouts():
                super().send(held)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    """An encrypted one; its pool has connected it before it is asked to send."""


class _Adapter(HTTPAdapter):
    """Adapter that makes bounded connections, through a proxy or not, with one trust for both."""

    def __init__(self, tls_contexts: TlsContexts, line: _Line) -> None:
        super().__init__()
        self._line = line
        self._tls_contexts = tls_contexts
        self._context: CheckedContext | None = None
        self._pool: Any = None
        self._targets: dict[str, str] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, *args: Any, **named: Any
    ) -> Any:
        if self._pool is None:
            if (request.url or "").lower().startswith("https:"):
                self._context = self._tls_contexts.context(None if verify is True else verify)
            pool = super().get_connection_with_tls_context(request, verify, *args, **named)
            pool.ConnectionCls = _HttpsConnection if pool.scheme == "https" else _HttpConnection
            pool.conn_kw["line"] = self._line
            self._pool = pool
        return self._pool

    def close(self) -> None:
        """End the connection now; that of requests is left to the collector of garbage."""
        if self._pool is not None:
            self._pool.close()
        super().close()

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
