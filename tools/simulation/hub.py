"""Virtual time: greenlets instead of threads, and a clock that jumps to what is due next."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from unittest import mock

import greenlet

from batch_update.batch import worker_pool
from batch_update.delivery import limiter
from batch_update.ledger.entries import HEARTBEAT_S

T = TypeVar("T")

MOST_STEPS = 20_000
"""A run of a few rows that takes more steps than this does not end."""

_HEARTBEAT_S = HEARTBEAT_S + 0.1
"""The loop looks around ten times a second; here only when it would note that the run lives."""


class StuckError(Exception):
    """Nothing is due any more, and the program has not ended."""


class _Waiter:
    __slots__ = ("is_over", "is_woken", "who")

    def __init__(self, who: greenlet.greenlet) -> None:
        self.who = who
        self.is_over = False
        self.is_woken = False


class Place:
    """Where greenlets wait until they are woken."""

    def __init__(self) -> None:
        self.waiters: list[_Waiter] = []


class Hub:
    """The clock, and who goes on when.

    Attributes:
        now: seconds since the story began.
        alive_at: when the run under way noted last that it lives.
        has_pulse: whether it is to do so in time, which matters only to one that will be killed.
        stop: set when the user wants to stop the run under way.
        is_killed: whether the run under way has come to its end from outside.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.alive_at = 0.0
        self.has_pulse = True
        self.stop = threading.Event()
        self.is_killed = False
        self._is_dead = False
        self._steps = 0
        self._root = greenlet.getcurrent()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0
        self._stopping = Place()
        self._started: list[greenlet.greenlet] = []

    def at(self, moment: float, action: Callable[[], object]) -> None:
        """Let something happen at a moment."""
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, action))

    def start(self, action: Callable[..., object], *args: object) -> greenlet.greenlet:
        """Let a greenlet of the run under way begin now."""
        one = greenlet.greenlet(action, parent=self._root)
        self._started.append(one)
        self.at(self.now, lambda: None if one.dead or self._is_dead else one.switch(*args))
        return one

    def run(self, program: Callable[[], object]) -> None:
        """Let a program run to its end, or until it is killed; then nothing of it goes on.

        Raises:
            StuckError: it does not end.
        """
        self.is_killed = self._is_dead = False
        self._steps = 0
        self.stop.clear()
        self._stopping = Place()
        self._started = []
        main = self.start(program)
        while not main.dead and not self.is_killed:
            self._step()

    def end(self) -> None:
        """Let all that is left of a program end where it is, as a kill does."""
        self._is_dead = True
        for one in self._started:
            while not one.dead:
                one.throw()

    def pass_time(self, until: float) -> None:
        """Let happen what is due while no program runs."""
        self._steps = 0
        while self._due and self._due[0][0] <= until:
            self._step()
        self.now = max(self.now, until)

    def settle(self) -> None:
        """Let everything happen that is still due."""
        self._steps = 0
        while self._due:
            self._step()

    def kill(self) -> None:
        """End the run under way as SIGKILL does."""
        self.is_killed = True

    def request_stop(self) -> None:
        """Tell the run under way that the user wants to stop."""
        self.stop.set()
        self.wake(self._stopping)

    def pause(self, seconds: float) -> None:
        """Wait, at most until the user wants to stop."""
        if not self.stop.is_set():
            self.wait(seconds, self._stopping)

    def look_up(self, seconds: float, place: Place) -> bool:
        """Wait as the loop does, which also notes now and then that the run lives."""
        if not self.has_pulse:
            return self.wait(seconds, place, self._stopping)
        due = self.alive_at + _HEARTBEAT_S - self.now
        return self.wait(min(seconds, due if due > 0 else _HEARTBEAT_S), place, self._stopping)

    def wait(self, seconds: float | None, *places: Place) -> bool:
        """Let others go on until something wakes the caller, or so much time has passed.

        Returns:
            Whether it was woken.
        """
        if self._is_dead:
            raise greenlet.GreenletExit
        waiter = _Waiter(greenlet.getcurrent())
        for place in places:
            place.waiters.append(waiter)
        if seconds is not None:
            self.at(self.now + max(0.0, seconds), lambda: self._resume(waiter))
        self._root.switch()
        return waiter.is_woken

    def until_stop(self, place: Place, seconds: float | None = None) -> bool:
        """Wait to be woken, at most until the user wants to stop."""
        return self.wait(seconds, place, self._stopping)

    def wake(self, place: Place) -> None:
        """Let all who wait at a place go on."""
        waiters, place.waiters = place.waiters, []
        for waiter in waiters:
            if not waiter.is_over and not waiter.is_woken:
                waiter.is_woken = True
                self.at(self.now, partial(self._resume, waiter))

    def _resume(self, waiter: _Waiter) -> None:
        if not waiter.is_over and not waiter.who.dead and not self._is_dead:
            waiter.is_over = True
            waiter.who.switch()

    def _step(self) -> None:
        if not self._due or self._steps > MOST_STEPS:
            raise StuckError
        self._steps += 1
        moment, _, action = heapq.heappop(self._due)
        self.now = max(self.now, moment)
        action()


class _Queue(Generic[T]):
    """A `queue.SimpleQueue` in virtual time."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._items: deque[T] = deque()
        self._filled = Place()

    def put(self, item: T) -> None:
        self._items.append(item)
        self._hub.wake(self._filled)

    def get(self, timeout: float | None = None) -> T:
        while not self._items:
            if timeout is None:
                self._hub.wait(None, self._filled)
            else:
                self._hub.look_up(timeout, self._filled)
                break
        return self.get_nowait()

    def qsize(self) -> int:
        return len(self._items)

    def get_nowait(self) -> T:
        if not self._items:
            raise queue.Empty
        return self._items.popleft()


class _Thread:
    """A `threading.Thread` in virtual time."""

    def __init__(
        self, hub: Hub, *, target: Callable[..., object], args: tuple[object, ...], **_: object
    ) -> None:
        self._hub = hub
        self._target = target
        self._args = args

    def start(self) -> None:
        self._hub.start(self._target, *self._args)


class _Condition:
    """A `threading.Condition` in virtual time; nobody else is ever inside."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._place = Place()

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None

    def wait(self, timeout: float | None = None) -> bool:
        # It looks up again and again only because the wish to stop does not wake it; here it does.
        del timeout
        return self._hub.until_stop(self._place)

    def notify_all(self) -> None:
        self._hub.wake(self._place)


class _Local:
    """Values of the greenlet that runs."""

    def __init__(self) -> None:
        vars(self)["_of"] = weakref.WeakKeyDictionary()

    def __getattr__(self, name: str) -> Any:
        return vars(self)["_of"][greenlet.getcurrent()][name]

    def __setattr__(self, name: str, value: object) -> None:
        vars(self)["_of"].setdefault(greenlet.getcurrent(), {})[name] = value


@contextlib.contextmanager
def virtual_threads(hub: Hub) -> Iterator[None]:
    """Give the worker pool and the limiter greenlets in place of threads while the block runs."""

    def bound(kind: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **named: kind(hub, *args, **named)

    for_pool = SimpleNamespace(Thread=bound(_Thread), Lock=threading.Lock)
    for_limiter = SimpleNamespace(Condition=bound(_Condition), Event=threading.Event, local=_Local)
    queues = SimpleNamespace(SimpleQueue=bound(_Queue), Empty=queue.Empty)
    with (
        mock.patch.object(worker_pool, "threading", for_pool),
        mock.patch.object(worker_pool, "queue", queues),
        mock.patch.object(worker_pool, "time", SimpleNamespace(monotonic=lambda: hub.now)),
        mock.patch.object(limiter, "threading", for_limiter),
    ):
        yield
