"""The stand-in's HTTP server: HTTP/1.1 with keep-alive, on a port of the loopback."""

from __future__ import annotations

import contextlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from batch_update.sandbox import php
from batch_update.sandbox.faults import Fault, Script
from batch_update.sandbox.shop import Shop

_LOOPBACK = "127.0.0.1"
_LONGEST_BODY = 1 << 20
_LONGEST_HOLD_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request as it came, byte for byte.

    Args:
        call: the last part of the path, such as `UpdateOrderStatus`.
        path: the whole path.
        headers: names in lower case.
        body: the exact bytes.
        at: when it came, in seconds of the monotonic clock.
        under_way: how many requests were being answered then, this one included.
    """

    call: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    under_way: int

    @property
    def fields(self) -> dict[str, str]:
        """The body's fields, decoded, `hash` included."""
        return php.parse_post(self.body)


class Sandbox:
    """A shop on this machine that answers as the API does, until it is closed.

    Args:
        username: the login with which requests must be signed.
        secret_key: the key with which requests must be signed, and answers are.
        shop: the orders.
        script: which calls go wrong.
        tls: serve https with this certificate; None for plain http.
    """

    def __init__(
        self,
        *,
        username: str,
        secret_key: str,
        shop: Shop | None = None,
        script: Script | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.shop = shop or Shop()
        self.script = script or Script()
        self.tls = tls
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.under_way = 0
        self.closing = threading.Event()
        self._credentials = (username, secret_key)
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._has_received = threading.Condition(self._lock)
        self._server = _Server((_LOOPBACK, 0), _Handler)
        self._server.sandbox = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        """Where it listens, without a slash at the end."""
        scheme, host = ("https", "localhost") if self.tls else ("http", _LOOPBACK)
        return f"{scheme}://{host}:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening and end every open connection."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_connection(self, connection: socket.socket) -> None:
        """Note a connection, to count it and to end it at the close."""
        with self._lock:
            self.connections += 1
            self._sockets.add(connection)

    def drop_connection(self, connection: socket.socket) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._sockets.discard(connection)

    @contextlib.contextmanager
    def attend(self) -> Iterator[int]:
        """Count a request as under way while the block runs; give how many are."""
        with self._lock:
            self.under_way += 1
            count = self.under_way
        try:
            yield count
        finally:
            with self._lock:
                self.under_way -= 1

    def record(self, request: ReceivedRequest) -> None:
        """Keep a request as it came."""
        with self._has_received:
            self.requests.append(request)
            self._has_received.notify_all()

    def wait_for_requests(self, count: int, timeout_s: float) -> bool:
        """Wait until so many requests have come; tell whether they have."""
        with self._has_received:
            return self._has_received.wait_for(lambda: len(self.requests) >= count, timeout_s)

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> bytes:
        """Do what the request asks, as far as the fault lets it, and give the answer's body."""
        refusal = self._check_signature(request.fields)
        if refusal:
            return self._sign(*refusal)
        applied = self._act(request) if fault is None or fault.applies else (0, "OK", None)
        if fault is None:
            return self._sign(*applied)
        if fault.code is not None:
            return self._sign(fault.code, fault.text)
        if fault.body is not None:
            return fault.body
        key = f"not {self._credentials[1]}" if fault.forged else self._credentials[1]
        return php.signed_answer(*applied[:2], key, applied[2])

    def _act(self, request: ReceivedRequest) -> tuple[int, str, object]:
        if request.call == "getOrderDetails":
            return self.shop.details(request.fields)
        return *self.shop.update(request.fields), None

    def _check_signature(self, fields: dict[str, str]) -> tuple[int, str] | None:
        if not fields:
            return 2, "no transmitted data"
        given = fields.pop("hash", None)
        if given is None:
            return 1, "not transferred hash"
        expected = php.request_hash(fields, *self._credentials)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
            return 4, "incorrect hash"
        return None

    def _sign(self, code: int, text: str, result: object = None) -> bytes:
        return php.signed_answer(code, text, self._credentials[1], result)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    sandbox: Sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is one of the things to practise."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        if self.server.sandbox.tls:
            self.request = self.server.sandbox.tls.wrap_socket(self.request, server_side=True)
        self.server.sandbox.add_connection(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.sandbox.drop_connection(self.request)
        with contextlib.suppress(OSError):
            super().finish()
        if self.server.sandbox.tls:
            self.request.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing: requests are recorded, not printed."""

    def do_POST(self) -> None:
        """Take one call."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.send_error(411)
            return
        # Counted until just before the answer leaves, since the next request may follow at once.
        with self.server.sandbox.attend() as under_way:
            body, fault = self._attend_to(int(length), under_way)
        if fault.drop:
            self.close_connection = True
            return
        self._send(body, fault)

    def _attend_to(self, length: int, under_way: int) -> tuple[bytes, Fault]:
        """Do what a request asks, and wait as long as its fault wants."""
        request = ReceivedRequest(
            call=self.path.rpartition("/")[2],
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            at=time.monotonic(),
            under_way=under_way,
        )
        sandbox = self.server.sandbox
        sandbox.record(request)
        fault = sandbox.script.next_fault(request.call, request.fields.get("bill_id", ""))
        body = sandbox.answer(request, fault)
        if fault and fault.late_s:
            timer = threading.Timer(fault.late_s, sandbox.answer, (request, None))
            timer.daemon = True
            timer.start()
        if fault and fault.delay_s:
            sandbox.closing.wait(fault.delay_s)
        if fault and fault.gate:
            fault.gate.wait(_LONGEST_HOLD_S)
        return body, fault or Fault()

    def _send(self, body: bytes, fault: Fault) -> None:
        self.send_response(fault.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.half:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)
