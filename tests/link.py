"""A link to a server that can be cut, for partitions without any rights on the machine.

While it is cut, nothing passes and nothing is closed, as when packets are dropped: what was sent
waits, and arrives when the link is healed. Unlike a cut cable, this machine's kernel still confirms
what the client sends, so `tcp_user_timeout` and keepalives notice nothing: only the client's own
patience ends the wait, as before a server that hangs.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, cast

from tests import listening

_CHUNK = 65536
_PATIENCE_S = 20.0


class Link:
    """Takes connections at a port of this machine and carries them to a server.

    Args:
        target: the server's socket, or its host and port.
        listener: takes the connections; None for a new one of this machine's loopback.
    """

    def __init__(
        self, target: Path | tuple[str, int], listener: socket.socket | None = None
    ) -> None:
        self._target = target
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = cast("int", self._listener.getsockname()[1])
        self._requests = threading.Event()
        self._answers = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closing = False
        self.heal()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing = True
        listening.stop(self._listener)
        self.drop()
        self.heal()

    def cut(self, *, requests: bool = True, answers: bool = True) -> None:
        """Let nothing pass from now on, or only one way."""
        if requests:
            self._requests.clear()
        if answers:
            self._answers.clear()

    def heal(self) -> None:
        """Let everything pass again, what has waited first."""
        self._requests.set()
        self._answers.set()

    @property
    def is_cut(self) -> bool:
        """Whether something does not pass."""
        return not (self._requests.is_set() and self._answers.is_set())

    def drop(self) -> None:
        """End every connection; new ones are taken."""
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._noted(client):
            self._requests.wait()
            with self._connect() as server, self._noted(server):
                back = threading.Thread(
                    target=self._carry,
                    args=(server, client, self._answers, socket.socket.recv),
                    daemon=True,
                )
                back.start()
                self._carry(client, server, self._requests, self.receive)
                back.join()

    def _connect(self) -> socket.socket:
        if isinstance(self._target, tuple):
            server = socket.create_connection(self._target, _PATIENCE_S)
            server.settimeout(None)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return server
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self._target))
        except OSError:
            server.close()
            raise
        return server

    @contextlib.contextmanager
    def _noted(self, one: socket.socket) -> Iterator[None]:
        with self._lock:
            if self._is_closing:
                raise ConnectionAbortedError
            self._sockets.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._sockets.discard(one)

    def receive(self, client: socket.socket, size: int) -> bytes:
        """Read what a client sends."""
        return client.recv(size)

    def _carry(
        self,
        source: socket.socket,
        sink: socket.socket,
        passes: threading.Event,
        receive: Callable[[socket.socket, int], bytes],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := receive(source, _CHUNK):
                passes.wait()
                sink.sendall(data)
        passes.wait()
        # A client that has gone ends the server's connection too, and the other way round.
        for one in (sink, source):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
