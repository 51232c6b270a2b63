"""The workers: threads that deliver one update each at a time."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from batch_update.batch.interfaces import Deliver, Job
from batch_update.batch.run_policy import most_ready
from batch_update.errors import FailureScope
from batch_update.i18n import _
from batch_update.model import (
    OrderUpdate,
    Outcome,
    SendResult,
)

_logger = logging.getLogger(__name__)

_GATHERING_S = 0.03
"""Longest wait for a further delivery, while others lie ready for the workers."""


class WorkerPool:
    """Threads that deliver, one per deliverer, as far as the machine can start them.

    They are started when they are needed. They do not keep the process alive: a delivery that is
    not waited for ends with it.

    Args:
        deliverers: one per worker.
        stop_requested: returns whether nothing new is to be started.
        at_once: returns the number of updates that may be under way just now.

    Raises:
        RuntimeError: the machine cannot start a single thread.
    """

    def __init__(
        self,
        deliverers: Sequence[Deliver],
        stop_requested: Callable[[], bool],
        at_once: Callable[[], int],
    ) -> None:
        self._idle = list(deliverers)
        self._started = 0
        self._stop_requested = stop_requested
        self._at_once = at_once
        self._failures = 0
        self._counting = threading.Lock()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Job, SendResult | None]] = queue.SimpleQueue()
        self._start_one()

    @property
    def size(self) -> int:
        """Number of updates that are delivered at once just now."""
        return min(self._started + len(self._idle), max(1, self._at_once()))

    def assign(self, job: Job) -> None:
        """Assign an update to the next idle worker."""
        if self._idle and self._started < self.size:
            self._start_one()
        self._jobs.put(job)

    def take_back(self) -> list[Job]:
        """Return the jobs that no worker has begun."""
        jobs = []
        with contextlib.suppress(queue.Empty):
            while job := self._jobs.get_nowait():
                jobs.append(job)
        return jobs

    def finished(self, timeout_s: float) -> list[tuple[Job, SendResult | None]]:
        """Wait until a delivery has ended, but not for ever, and return all that have.

        As long as enough updates lie ready, others that end soon are waited for: to write down
        what became of each alone takes the time that the workers need.

        A job without a delivery was prefetched and not begun, because of results in between.
        """
        ended = []
        try:
            ended.append(self._done.get(timeout=timeout_s))
            until = time.monotonic() + _GATHERING_S
            while True:
                left_s = until - time.monotonic()
                if left_s > 0 and self._has_plenty_ready():
                    ended.append(self._done.get(timeout=left_s))
                else:
                    ended.append(self._done.get_nowait())
        except queue.Empty:
            return ended

    def shutdown(self) -> None:
        """Let each worker go when its delivery has ended."""
        for __ in range(self._started):
            self._jobs.put(None)

    def _has_plenty_ready(self) -> bool:
        return self._jobs.qsize() > max(1, most_ready(self.size) // 3)

    def _start_one(self) -> None:
        """Start another worker; the last one that the machine can start is the last.

        Raises:
            RuntimeError: not even the first can be started.
        """
        deliver = self._idle.pop(0)
        try:
            threading.Thread(target=self._work, args=(deliver,), daemon=True).start()
        except RuntimeError:
            if not self._started:
                raise
            self._idle.clear()
            return
        self._started += 1

    def _work(self, deliver: Deliver) -> None:
        while job := self._jobs.get():
            if job.is_prefetched and (
                self._failures > job.known_failures or self._stop_requested()
            ):
                self._done.put((job, None))
                continue
            try:
                delivery = deliver(job.update, job.approach, job.unknown_since)
            except BaseException:
                _logger.exception("order %s: a fault of the program", job.update.bill_id)
                delivery = _faulty(job.update)
            if delivery.scope is not FailureScope.ROW:
                with self._counting:
                    self._failures += 1
            self._done.put((job, delivery))


def _faulty(update: OrderUpdate) -> SendResult:
    return SendResult(
        outcome=Outcome.UNCONFIRMED,
        error_code="program_fault",
        error_text=_(
            "batch-update itself failed at this row; it may have been sent. Look at order "
            "{bill_id} in the shop, and report this to the makers of batch-update with "
            "what --log-file writes down."
        ).format(bill_id=update.bill_id),
        attempts=1,
        scope=FailureScope.PROGRAM,
    )
