"""The stand-in's HTTP server: HTTP/1.1 with keep-alive, on a port of the loopback."""

from __future__ import annotations

import contextlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from batch_update.sandbox import php
from batch_update.sandbox.faults import Fault, Script
from batch_update.sandbox.shop import Shop

_LONGEST_BODY = 1 << 20


class Sandbox:
    """A shop on this machine that answers as the API does, until it is closed.

    Args:
        username: the login with which requests must be signed.
        secret_key: the key with which requests must be signed, and answers are.
        shop: the orders.
        script: the faults of calls.
    """

    host: ClassVar[str] = "127.0.0.1"

    def __init__(
        self,
        *,
        username: str,
        secret_key: str,
        shop: Shop | None = None,
        script: Script | None = None,
    ) -> None:
        self.shop = shop or Shop()
        self.script = script or Script()
        self._credentials = (username, secret_key)
        self._server = _Server((self.host, 0), self.handler())
        self._server.sandbox = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @classmethod
    def handler(cls) -> type[Handler]:
        """Return the handler class of connections."""
        return Handler

    @property
    def base_url(self) -> str:
        """The address on which it listens, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, call: str, fields: dict[str, str], fault: Fault | None) -> bytes:
        """Do as a request asks, as far as the fault lets it, and return the answer's body."""
        refusal = self._check_signature(dict(fields))
        if refusal:
            return self._sign(*refusal)
        applied = self._act(call, fields) if fault is None or fault.applies else (0, "OK", None)
        if fault is not None and fault.code is not None:
            return self._sign(fault.code, fault.text)
        if fault is not None and fault.body is not None:
            return fault.body
        return self._sign(*applied)

    def _act(self, call: str, fields: dict[str, str]) -> tuple[int, str, object]:
        if call == "getOrderDetails":
            return self.shop.details(fields)
        return *self.shop.update(fields), None

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
        """Print nothing: clients that go away are part of the practice."""


class Handler(BaseHTTPRequestHandler):
    """One connection with its requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def finish(self) -> None:
        """End the connection, also if the client is long gone."""
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *_: Any) -> None:
        """Print nothing: the program that practises has the screen."""

    def do_POST(self) -> None:
        """Take one call."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.send_error(411)
            return
        body, fault = self.attend_to(self.rfile.read(int(length)))
        if fault.drop:
            self.close_connection = True
            return
        self.send_response(fault.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.send_body(body)

    def attend_to(self, request: bytes) -> tuple[bytes, Fault]:
        """Do as a request asks; return the answer's body and the fault."""
        fields = php.parse_post(request)
        sandbox = self.server.sandbox
        fault = sandbox.script.next_fault(self.call, fields.get("bill_id", ""))
        return sandbox.answer(self.call, fields, fault), fault or Fault()

    @property
    def call(self) -> str:
        """The last part of the path, such as `UpdateOrderStatus`."""
        return self.path.rpartition("/")[2]

    def send_body(self, body: bytes) -> None:
        """Send the body of an answer."""
        self.wfile.write(body)
