"""The time in which a database is away: how long it is waited for, and who is told."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg

from batch_update.ledger.postgresql.faults import reason_of

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class WhileAway:
    """What is done while the database is away.

    Args:
        pause: waits for so many seconds; returns whether to go on waiting.
        on_away: called once, with the reason, when it is away.
        on_back: called when it is back.
        longest_s: time after which the run gives up, in seconds.
    """

    pause: Callable[[float], bool] = _wait
    on_away: Callable[[str], None] = lambda __: None
    on_back: Callable[[], None] = lambda: None
    longest_s: float = 120.0


class ToldOnce:
    """Tells once of an absence that several connections meet; they may be of several threads.

    Args:
        while_away: who is told.
    """

    def __init__(self, while_away: WhileAway) -> None:
        self._while_away = while_away
        self._away = 0
        self._lock = threading.Lock()

    def of_one(self) -> WhileAway:
        """Return what one of the connections is to do while it is away."""
        return replace(self._while_away, on_away=self._on_away, on_back=self._on_back)

    def _on_away(self, reason: str) -> None:
        with self._lock:
            self._away += 1
            if self._away == 1:
                self._while_away.on_away(reason)

    def _on_back(self) -> None:
        with self._lock:
            self._away -= 1
            if not self._away:
                self._while_away.on_back()


class Absence:
    """The time in which one piece of work is tried in vain."""

    def __init__(self, while_away: WhileAway, *, is_waited_for: bool) -> None:
        self._while_away = while_away
        self._longest_s = while_away.longest_s if is_waited_for else 0.0
        self._since: float | None = None
        self._pause_s = 0.0
        self._is_told = False

    def wait(self, error: psycopg.Error, *, is_away: bool) -> bool:
        """Wait before another try, the first time not at all; return whether there is to be one."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= self._longest_s:
            return False
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        if not pause_s:
            self._pause_s = _FIRST_PAUSE_S
            return True
        if is_away and not self._is_told:
            self._is_told = True
            self._while_away.on_away(reason_of(error))
        # Each run for another while, so that they do not all come back at once.
        return self._while_away.pause(pause_s * random.uniform(0.5, 1.0))  # noqa: S311

    def end(self) -> None:
        """Say that it is over, if it was said that it began."""
        if self._is_told:
            self._while_away.on_back()
