"""Limit for all workers together: the shop's pauses, requests at once, and the rate."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from batch_update.delivery.concurrency import Answered, Concurrency
from batch_update.errors import HeldBackError

_LOOK_UP_S = 0.1
_LONGEST_PAUSE_S = 0.5
"""Longest pause after which a run of a team sees whether it must stop."""
_LONGEST_AT_DOOR_S = 10.0
"""Longest wait of a request whose connection is open; the server may close it."""
_LAST_AT_DOOR_S = 1.0
"""The same when the user wants to stop."""


class SharedPace(Protocol):
    """Pace of all runs of a shop, on whatever machine; safe to use from the workers' threads.

    No call waits for others longer than a moment.
    """

    @property
    def stop_reason(self) -> str:
        """The reason why this run may send nothing more, in words; empty while it may."""

    @property
    def overloads(self) -> int:
        """The number of overloads of the shop that other runs have met so far."""

    @property
    def runs(self) -> int:
        """The number of runs that send to the shop just now, this one included."""

    def wait_s(self, wanted: int, /) -> float:
        """Return the seconds after which this thread is to ask again; 0 if its request may leave.

        Args:
            wanted: number of requests that could leave by all else, this one included.
        """

    def leave(self) -> None:
        """Note that this thread's request has ended, or will not leave."""

    def hold(self, seconds: float, /) -> None:
        """Let no run's request leave for some seconds."""

    def note_overload(self) -> None:
        """Tell the others that this thread's request met an overload of the shop."""

    def note_refusal(self, text: str, /) -> None:
        """Tell the others that the shop refuses the account.

        Args:
            text: what the shop said.
        """


class Stop(Protocol):
    """The user's wish to stop, such as a `StopRequest` or a `threading.Event`."""

    def is_set(self) -> bool:
        """Return whether the user wants to stop."""

    def wait(self, seconds: float, /) -> bool:
        """Wait, at most until the user wants to stop; return whether that is so."""


class AdaptiveLimiter:
    """Limiter of requests; one for all workers, safe to use from their threads.

    A pause that the shop asks for is kept by all.

    Args:
        concurrency: how many requests may be under way at once.
        per_second: most requests that may leave in a second; None for no limit.
        stop: set when the user wants to stop; ends every wait.
        pause: waits for some seconds, at most until the user wants to stop.
        clock: the time in seconds.
        shared: the pace of all runs of the shop; None if this is the only one.

    Attributes:
        stop: as given.
        good: number of good answers so far.
    """

    def __init__(
        self,
        *,
        concurrency: Concurrency,
        stop: Stop,
        per_second: float | None = None,
        pause: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedPace | None = None,
    ) -> None:
        self.stop = stop
        self._pause = pause or stop.wait
        self._concurrency = concurrency
        self._gap_s = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._shared = shared
        self._overloads_of_others = 0
        self._under_way = 0
        self._begun = 0
        self._busy_at = 0
        self.good = 0
        self._held_until = self._next_at = clock()
        self._waiting: list[tuple[int, int]] = []
        self._tickets = itertools.count()
        self._changed = threading.Condition()
        self._left = threading.local()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may leave any more: the user wants to stop, or the run has to."""
        return self.stop.is_set() or bool(self.stop_reason)

    @property
    def stop_reason(self) -> str:
        """The reason that another run of the team gave to stop, in words; empty for none."""
        return "" if self._shared is None else self._shared.stop_reason

    @property
    def allowed(self) -> int:
        """Number of requests that may be under way at once just now."""
        return self._concurrency.allowed

    @property
    def most(self) -> int:
        """Most requests that may ever be under way at once."""
        return self._concurrency.most

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._waiting)

    @contextlib.contextmanager
    def slot(self, tries: int = 0) -> Iterator[int]:
        """Wait until a request may leave, or the user wants to stop.

        Args:
            tries: number of earlier tries; the request tried most often goes first, so that no
                update uses up its tries while others get through.

        Yields:
            The request's number, by which the limiter knows the overloads seen before it left.
        """
        number = self._take_slot((-tries, next(self._tickets)))
        self._left.at = self._clock()
        try:
            yield number
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
            if self._shared is not None:
                self._shared.leave()

    def before_sending(self) -> bool:
        """See at the last moment, in the thread that holds a slot, that a request may still leave.

        The making of its connection may have taken so long that others are at turn now, or that
        the run may not send any more.

        Returns:
            Whether it had to wait.

        Raises:
            HeldBackError: it must not leave now.
        """
        start = self._left.at = self._clock()
        if self._shared is None:
            return False
        has_waited = False
        while (wait_s := self._shared.wait_s(1)) > 0:
            longest_s = _LAST_AT_DOOR_S if self.is_stopped else _LONGEST_AT_DOOR_S
            if self.stop_reason or self._clock() - start > longest_s:
                raise HeldBackError
            has_waited = True
            with self._changed:
                self._changed.wait(wait_s)
        if self.stop_reason:
            raise HeldBackError
        self._left.at = self._clock()
        return has_waited

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the user wants to stop, or the run has to."""
        if self._shared is None:
            self._pause(seconds)
            return
        until = self._clock() + seconds
        while not self.is_stopped and (left_s := until - self._clock()) > 0:
            self._pause(min(left_s, _LONGEST_PAUSE_S))

    def pause_all(self, seconds: float) -> None:
        """Let no request leave for some seconds, nor any of the team's other runs."""
        with self._changed:
            self._held_until = max(self._held_until, self._clock() + seconds)
        if self._shared is not None:
            self._shared.hold(seconds)

    def on_refusal(self, text: str) -> None:
        """Tell the team that the shop refuses the account.

        A run that had no good answer may itself have the wrong login or key, which says nothing
        about the others.

        Args:
            text: what the shop said.
        """
        if self._shared is not None and self.good:
            self._shared.note_refusal(text)

    def on_overload(self, number: int) -> None:
        """Give way to the shop, which is too busy.

        Requests that were under way together count once.

        Args:
            number: the request for which the shop was too busy.
        """
        with self._changed:
            if number <= self._busy_at:
                return
            if self._shared is not None:
                self._shared.note_overload()
            self._slow_down()

    def on_success(self, number: int, call: str = "") -> None:
        """Note a good answer to the request of this thread.

        Args:
            number: the request.
            call: the kind of call.
        """
        with self._changed:
            self.good += 1
            self._note_time(number, call)

    def on_lost(self, number: int, call: str = "") -> None:
        """Note that the request of this thread got no answer; the wait for it counts all the same.

        Args:
            number: the request.
            call: the kind of call.
        """
        with self._changed:
            self._note_time(number, call)

    def _note_time(self, number: int, call: str) -> None:
        allowed = self._concurrency.allowed
        took_s = self._clock() - self._left.at
        self._concurrency.note_answer(Answered(request=number, call=call, latency_s=took_s))
        if self._concurrency.allowed > allowed:
            self._changed.notify_all()

    def _slow_down(self) -> None:
        self._concurrency.note_overload()
        self._busy_at = self._begun

    def _heed_others(self, shared: SharedPace) -> None:
        """Leave room for other runs, and slow down for an overload that they met, once for each."""
        self._concurrency.note_runs(shared.runs)
        if shared.overloads != self._overloads_of_others:
            self._overloads_of_others = shared.overloads
            self._slow_down()

    def _take_slot(self, ticket: tuple[int, int]) -> int:
        with self._changed:
            heapq.heappush(self._waiting, ticket)
        is_due_to_all = self._shared is None
        while True:
            with self._changed:
                while not self._may_go(ticket) and not self.is_stopped:
                    self._changed.wait(_LOOK_UP_S)
                now = self._clock()
                wait_s = max(self._held_until, self._next_at) - now
                if (wait_s <= 0 and is_due_to_all) or self.is_stopped:
                    return self._go(ticket, now)
                wanted = min(len(self._waiting), self._concurrency.allowed - self._under_way)
            if self._shared is not None:
                # Of all runs' slots none is taken before this run's own pauses are over.
                wait_s = (
                    min(wait_s, _LONGEST_PAUSE_S) if wait_s > 0 else self._shared.wait_s(wanted)
                )
                is_due_to_all = wait_s <= 0
            if wait_s > 0:
                self._pause(wait_s)

    def _may_go(self, ticket: tuple[int, int]) -> bool:
        if self._shared is not None:
            self._heed_others(self._shared)
        return self._under_way < self._concurrency.allowed and self._waiting[0] == ticket

    def _go(self, ticket: tuple[int, int], now: float) -> int:
        self._waiting.remove(ticket)
        heapq.heapify(self._waiting)
        self._next_at = max(self._next_at, now) + self._gap_s
        self._under_way += 1
        self._begun += 1
        self._concurrency.note_begun(self._begun, self._under_way)
        self._changed.notify_all()
        return self._begun
