"""Receivers of messages on the loopback: a mail server, a web hook, and those that misbehave."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openpyxl
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mailbox:
    """A mail server that keeps what it is sent, and may refuse letters that are too long.

    Args:
        most_bytes: of a letter.
        login: user and password that it asks for; None if it takes letters of anybody.
    """

    def __init__(self, most_bytes: int = 1 << 24, login: tuple[str, str] | None = None) -> None:
        self.letters: list[EmailMessage] = []
        self._most_bytes = most_bytes
        self._login = login
        options: dict[str, Any] = {"data_size_limit": None}
        if login is not None:
            options |= {"authenticator": self._check, "auth_require_tls": False}
        # Not bound to port 0 by itself: the controller wants to know the port beforehand.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def address(self) -> str:
        """The address of the channel, without a password."""
        return f"mailto://127.0.0.1:{self.port}?from=batch@example.com&to=ops@example.com"

    async def handle_DATA(  # noqa: N802 so named there
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if len(content) > self._most_bytes:
            return "552 too large"
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        pair = (given.login.decode(), given.password.decode())
        return AuthResult(success=pair == self._login, handled=False)


def text_of(letter: EmailMessage) -> str:
    """Give the words of a letter."""
    body = letter.get_body(("plain", "html"))
    assert body is not None
    return str(body.get_content())


def books_of(letter: EmailMessage) -> dict[str, openpyxl.Workbook]:
    """Give the workbooks that a letter carries, opened."""
    return {
        str(part.get_filename()): openpyxl.load_workbook(io.BytesIO(part.get_content()))
        for part in letter.iter_attachments()
    }


@dataclass
class Hook:
    """A web hook that keeps what it is sent, and answers with a status."""

    port: int
    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"


def content_of(post: dict[str, Any]) -> dict[str, bytes]:
    """Give the files that a post carries."""
    return {one["filename"]: base64.b64decode(one["base64"]) for one in post["attachments"]}


@contextlib.contextmanager
def open_hook(status: int = 200, *, tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    hook = Hook(port=0, status=status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            hook.posts.append(json.loads(self.rfile.read(length)))
            hook.logins.append(self.headers["Authorization"])
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_port
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def open_silence(*, closes: bool = False) -> Iterator[int]:
    """Give the port of somebody who takes calls and says nothing, or hangs up at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        is_over = threading.Event()
        calls: list[socket.socket] = []

        def take() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    call, _ = server.accept()
                    if closes:
                        call.close()
                    else:
                        calls.append(call)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            is_over.set()
            thread.join()
            for call in calls:
                call.close()


def closed_port() -> int:
    """Give a port of which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
