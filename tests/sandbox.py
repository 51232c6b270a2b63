"""The stand-in of the shop with what only tests need: more faults, and a record of requests."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from batch_update import sandbox
from batch_update.sandbox import Shop, php

_LONGEST_HOLD_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(sandbox.Fault):
    """One call that does not go as it should.

    Args:
        late_s: seconds after which the shop acts, when the connection is long closed.
        delay_s: seconds before the answer.
        gate: the answer waits until this is set.
        half: the connection is closed in the middle of the answer.
        forged: the answer's signature is wrong.
    """

    late_s: float = 0.0
    delay_s: float = 0.0
    gate: threading.Event | None = None
    half: bool = False
    forged: bool = False

    @classmethod
    def late(cls, late_s: float) -> Self:
        """The connection closes without an answer, and the shop acts some time later."""
        return cls(late_s=late_s, drop=True)

    @classmethod
    def slow(cls, delay_s: float) -> Self:
        """The shop acts and answers, but late."""
        return cls(applies=True, delay_s=delay_s)

    @classmethod
    def held(cls, gate: threading.Event) -> Self:
        """The shop acts at once and answers when the gate is opened."""
        return cls(applies=True, gate=gate)

    @classmethod
    def half_answer(cls) -> Self:
        """The shop acts, and the connection closes in the middle of its answer."""
        return cls(applies=True, half=True)

    @classmethod
    def page(cls, status: int = 200) -> Self:
        """A web page, such as a proxy's or a hoster's."""
        return cls(status=status, body=b"<html><body><h1>Welcome</h1></body></html>")

    @classmethod
    def gateway(cls, status: int, late_s: float = 0.0, retry_after: str | None = None) -> Self:
        """A gateway answers in the shop's place, and the shop acts all the same, at once or late.

        Args:
            status: of the gateway's page.
            late_s: seconds after which the shop acts; 0 for at once.
            retry_after: the header of that name; None for none.
        """
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(
            applies=not late_s, late_s=late_s, status=status, headers=headers, body=b"gateway"
        )

    @classmethod
    def silent(cls, silent_s: float, late_s: float) -> Self:
        """No answer comes for so long, and the shop acts some time after the request."""
        return cls(late_s=late_s, delay_s=silent_s, drop=True)

    @classmethod
    def wrong_hash(cls) -> Self:
        """An answer whose signature is not the shop's."""
        return cls(applies=True, forged=True)

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Self:
        """A redirect to another address."""
        return cls(status=status, headers={"Location": location}, body=b"")


class Script(sandbox.Script):
    """Which calls go wrong.

    Args:
        updates: faults of UpdateOrderStatus by order number.
        details: faults of getOrderDetails by order number.
        always: a fault of every call that has none of its own.
    """

    def __init__(
        self,
        updates: Mapping[int, Sequence[sandbox.Fault | None]] | None = None,
        *,
        details: Mapping[int, Sequence[sandbox.Fault | None]] | None = None,
        always: Fault | None = None,
    ) -> None:
        super().__init__(updates, details=details)
        self._always = always

    def next_fault(self, call: str, bill_id: str) -> sandbox.Fault | None:
        return super().next_fault(call, bill_id) or self._always


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


class Sandbox(sandbox.Sandbox):
    """A shop on this machine that keeps what it receives.

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
        script: sandbox.Script | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.under_way = 0
        self.closing = threading.Event()
        self._key = secret_key
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._has_received = threading.Condition(self._lock)
        super().__init__(username=username, secret_key=secret_key, shop=shop, script=script)

    @classmethod
    def handler(cls) -> type[sandbox.Handler]:
        return _Handler

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.port}" if self.tls else super().base_url

    def close(self) -> None:
        """Stop listening and end every open connection."""
        self.closing.set()
        super().close()
        self.end_connections()

    def end_connections(self) -> None:
        """End every open connection."""
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

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

    def answer(self, call: str, fields: dict[str, str], fault: sandbox.Fault | None) -> bytes:
        body = super().answer(call, fields, fault)
        if not isinstance(fault, Fault) or not fault.forged:
            return body
        said = json.loads(body)
        code, text = said["error_code"], said["error_text"]
        return php.signed_answer(code, text, f"not {self._key}", said.get("result"))

    def delay(self, call: str, fields: dict[str, str], fault: Fault) -> None:
        """Wait as long as a fault wants; have the shop act later if it wants that."""
        if fault.late_s:
            timer = threading.Timer(fault.late_s, self.answer, (call, fields, None))
            timer.daemon = True
            timer.start()
        if fault.delay_s:
            self.closing.wait(fault.delay_s)
        if fault.gate:
            fault.gate.wait(_LONGEST_HOLD_S)


class _Handler(sandbox.Handler):
    _is_cut = False

    @property
    def _shop(self) -> Sandbox:
        assert isinstance(self.server.sandbox, Sandbox)
        return self.server.sandbox

    def setup(self) -> None:
        shop = self._shop
        if shop.tls:
            self.request = shop.tls.wrap_socket(self.request, server_side=True)
        shop.add_connection(self.request)
        super().setup()

    def finish(self) -> None:
        shop = self._shop
        shop.drop_connection(self.request)
        super().finish()
        if shop.tls:
            self.request.close()

    def attend_to(self, request: bytes) -> tuple[bytes, sandbox.Fault]:
        shop = self._shop
        # Counted until just before the answer leaves, since the next request may follow at once.
        with shop.attend() as under_way:
            received = ReceivedRequest(
                call=self.call,
                path=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=request,
                at=time.monotonic(),
                under_way=under_way,
            )
            shop.record(received)
            body, fault = super().attend_to(request)
            if isinstance(fault, Fault):
                self._is_cut = fault.half
                shop.delay(self.call, received.fields, fault)
        return body, fault

    def send_body(self, body: bytes) -> None:
        if self._is_cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        super().send_body(body)
