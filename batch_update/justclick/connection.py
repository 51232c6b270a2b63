"""The connection under a call: the size of answers is bounded, and no state is kept.

Every use of the inside of requests and urllib3 is here. Of urllib3: the classes of a pool's
connections and of their answers (`ConnectionCls`, `response_class`), without which no answer could
be bounded, what is done when a connection is there and nothing has left (`conn_kw`, `request`), the
next request over it (`is_connected`, `request`, `getresponse`), and the certificates that it trusts
(`conn_kw`, `ca_certs`), which would be loaded for each connection.
Of requests: the places where it takes the pool from and puts the certificates in
(`get_connection_with_tls_context`, `cert_verify`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from http.client import HTTPResponse
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

    # urllib3 declares a class and calls it; a method remembers what it has made.
    def response_class(self, *args: Any, **named: Any) -> BoundedResponse:  # type: ignore[override]
        """Make the answer to the last request."""
        self._answer = answer = BoundedResponse(*args, **named)
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
            with plain_timeouts():
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
