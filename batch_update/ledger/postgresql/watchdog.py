"""End of statements that hang: a connection into a black hole is shut."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator

import psycopg

_logger = logging.getLogger(__name__)


class Watchdog:
    """Shuts a connection whose statement takes too long; one statement at a time.

    TCP's own limits do not see a peer that takes everything and says nothing.

    It looks by itself now and then, as to wake it for each statement would cost more than that.

    Args:
        limit_s: seconds that a statement may take; a tenth more if it begins after a pause.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._changed = threading.Condition()
        self._watched: psycopg.Connection | None = None
        self._since = 0.0
        self._is_closed = False
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    @contextlib.contextmanager
    def watching(self, connection: psycopg.Connection) -> Iterator[None]:
        """Shut the connection if the block takes too long; its statement fails then."""
        with self._changed:
            self._watched, self._since = connection, time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                self._watched = None

    def close(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_closed:
                if self._watched is None:
                    self._changed.wait(self._limit_s / 10)
                    continue
                left_s = self._since + self._limit_s - time.monotonic()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                _logger.warning("the ledger's database does not answer: the connection is shut")
                _shut(self._watched)
                self._watched = None


def _shut(connection: psycopg.Connection) -> None:
    """Shut a connection's socket from another thread, and leave it to its owner to close it."""
    with contextlib.suppress(OSError, psycopg.Error):
        borrowed = socket.socket(fileno=connection.fileno())
        try:
            borrowed.shutdown(socket.SHUT_RDWR)
        finally:
            borrowed.detach()
