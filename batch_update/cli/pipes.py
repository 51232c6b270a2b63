"""Printing into a pipe or socket whose reader may stand still: no run waits for it for long.

A thread carries what is printed to the reader, which a collector that starts anew finds waiting.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import selectors
import stat
import threading
import time
from collections import deque

from batch_update import wording
from batch_update.i18n import _

PATIENCE_S = 30.0
"""How long a run waits for its reader: in all while it works, then for each sign of life."""
_HURRIED_S = 1.0
"""The same at the end of a run whose user does not want to wait."""
_LOOK_UP_S = 0.25
"""Most that one waits at once: a signal that comes between a look and its wait wakes nobody."""
_MOST_BYTES = 16 << 20
"""Kept for a reader; some 40,000 events."""
_MOST_AT_ONCE = 4096
"""Written in one piece, which programs that share a pipe do not mix."""


class Pipe:
    """A reader of what is printed, behind a pipe or socket.

    Attributes:
        loss: why the reader gets nothing more, in words; empty if it has gone of its own will, None
            if it gets all.

    Args:
        stream: what is printed to.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        # One of its own: libraries are kept silent by another file in the place of the stream.
        self._descriptor = os.dup(stream.fileno())
        self._encoder = codecs.getincrementalencoder(stream.encoding)(stream.errors or "strict")
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._is_carrying = False
        self._is_over = False
        self._is_hurried = False
        self.loss: str | None = None
        self._moved_at = time.monotonic()
        self._left_s = PATIENCE_S
        # A signal may come while its lock is held, and what is done then prints too.
        self._changed = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._carry_all, daemon=True)
        self._thread.start()

    def put(self, text: str) -> None:
        """Print a text; it waits for room, but not for long."""
        with self._changed:
            if self._is_over:
                return
            if not (self._waiting or self._is_carrying):
                self._moved_at = time.monotonic()
            data = self._encoder.encode(text.replace("\n", os.linesep))
            self._waiting.append(data)
            self._bytes += len(data)
            self._changed.notify_all()
            if self._bytes <= _MOST_BYTES:
                return
            while not self._waits_no_more() and self._left_s > 0:
                begun = time.monotonic()
                self._changed.wait(min(self._left_s, _LOOK_UP_S))
                self._left_s -= time.monotonic() - begun
            if self._bytes > _MOST_BYTES:
                self._give_up()

    def drain(self, *, is_patient: bool) -> None:
        """Wait until all was taken.

        Args:
            is_patient: whether the reader may stand still for as long as it likes.
        """
        patience_s = None if is_patient else PATIENCE_S
        with self._changed:
            while not self._is_drained():
                if self._is_hurried:
                    patience_s = _HURRIED_S
                if patience_s is not None and self._moved_at + patience_s - time.monotonic() <= 0:
                    self._give_up()
                    return
                self._changed.wait(_LOOK_UP_S)

    def hurry(self) -> None:
        """Wait no longer for room, and at the end next to nothing: the user is in a hurry."""
        with self._changed:
            self._is_hurried = True
            self._left_s = 0.0
            self._moved_at = time.monotonic()
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of the reader, if it took all; else the end of the process does."""
        with self._changed:
            is_free = not self._is_carrying
            self._is_over = True
            self._changed.notify_all()
        if is_free:
            self._thread.join()
            os.close(self._descriptor)

    def _waits_no_more(self) -> bool:
        return self._is_over or self._is_hurried or self._bytes <= _MOST_BYTES

    def _is_drained(self) -> bool:
        return self._is_over or not (self._waiting or self._is_carrying)

    def _give_up(self) -> None:
        self._end(
            _("whoever reads it has stood still for {seconds} seconds").format(
                seconds=round(PATIENCE_S)
            )
        )

    def _end(self, loss: str) -> None:
        """Give the reader nothing more."""
        with self._changed:
            if not self._is_over:
                self._is_over, self.loss = True, loss
                self._waiting.clear()
            self._changed.notify_all()

    def _carry_all(self) -> None:
        while data := self._next():
            try:
                self._carry(data)
            except OSError as error:
                # As `head` does; the results are on the disk, so the run goes on without it.
                has_gone = wording.has_no_reader(error)
                self._end("" if has_gone else wording.reason_of(error))
            with self._changed:
                self._is_carrying = False
                self._bytes -= len(data)
                self._moved_at = time.monotonic()
                self._changed.notify_all()

    def _next(self) -> bytes:
        """Wait for what is to be carried; give the next lines, nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
            if self._is_over:
                return b""
            self._is_carrying = True
            lines = [self._waiting.popleft()]
            size = len(lines[0])
            while self._waiting and size + len(self._waiting[0]) <= _MOST_AT_ONCE:
                lines.append(self._waiting.popleft())
                size += len(lines[-1])
            return b"".join(lines)

    def _carry(self, data: bytes) -> None:
        """Write as much at once as the reader takes in one piece, and note each as a move."""
        left = memoryview(data)
        while left and not self._is_over:
            try:
                left = left[os.write(self._descriptor, left[:_MOST_AT_ONCE]) :]
                self._moved_at = time.monotonic()
            except BlockingIOError:
                # Another program that shares the pipe has said that writing must not wait.
                with selectors.DefaultSelector() as selector:
                    selector.register(self._descriptor, selectors.EVENT_WRITE)
                    selector.select()


def open_pipe(stream: object) -> Pipe | None:
    """Return the pipe behind a stream; None if it is a file, a terminal, or nothing of the kind."""
    if not isinstance(stream, io.TextIOWrapper):
        return None
    with contextlib.suppress(OSError, ValueError):
        mode = os.fstat(stream.fileno()).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            return Pipe(stream)
    return None
