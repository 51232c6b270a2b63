"""Silence libraries, so that only our output reaches the terminal or a reader of `--json`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO

_OUT, _ERR = 1, 2
"""Descriptors that libraries not written in Python print to."""


class _Nowhere(io.TextIOBase):
    """A stream that drops its text. It stays open: some libraries keep theirs."""

    def writable(self) -> bool:
        """Return true: it may be written to."""
        return True

    def write(self, text: str) -> int:
        """Drop a text."""
        return len(text)


class _Hush:
    """Silence that can be broken and kept again."""

    def __init__(self) -> None:
        self._streams: tuple[TextIO, TextIO] = (sys.stdout, sys.stderr)
        self._kept: dict[int, int] = {}

    def begin(self) -> None:
        """Redirect everything printed from now on to nowhere."""
        self._streams = (sys.stdout, sys.stderr)
        self._flush()
        sys.stdout = sys.stderr = _NOWHERE
        for number in (_OUT, _ERR):
            # A program without a terminal may have none of them.
            with contextlib.suppress(OSError):
                self._kept[number] = os.dup(number)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, number)
                os.close(nowhere)

    def end(self) -> None:
        """Let everything be printed again; text still in buffers is dropped."""
        self._flush()
        sys.stdout, sys.stderr = self._streams
        while self._kept:
            number, kept = self._kept.popitem()
            os.dup2(kept, number)
            os.close(kept)

    def _flush(self) -> None:
        for stream in self._streams:
            # It may be closed, or missing, as in programs without a window.
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()


_NOWHERE = _Nowhere()
_hushes: list[_Hush] = []


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Silence all prints and warnings while the block runs, also of code not in Python."""
    if _hushes:
        yield
        return
    hush = _Hush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hush.begin()
        _hushes.append(hush)
        try:
            yield
        finally:
            _hushes.remove(hush)
            hush.end()


@contextlib.contextmanager
def aloud() -> Iterator[None]:
    """Let our own output be printed, even while others are hushed."""
    if not _hushes:
        yield
        return
    hush = _hushes.pop()
    hush.end()
    try:
        yield
    finally:
        hush.begin()
        _hushes.append(hush)
