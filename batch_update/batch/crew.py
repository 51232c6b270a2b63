"""The workers: threads that deliver, one update each at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from batch_update.batch.parts import Deliver
from batch_update.orders import CheckedRow, Delivery, OrderUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An update to be delivered.

    Args:
        row: the row that says it.
        update: what it says.
        may_have_happened: whether an earlier run may have sent it.
        begun_after: how many deliveries had ended when it was handed out.
    """

    row: CheckedRow
    update: OrderUpdate
    may_have_happened: bool
    begun_after: int


class Crew:
    """As many threads as there are deliverers, each started when there is something for it to do.

    The threads do not keep the process alive: a delivery that is not waited for ends with it.

    Args:
        deliverers: one per worker.
    """

    def __init__(self, deliverers: Sequence[Deliver]) -> None:
        self.size = len(deliverers)
        self._idle = list(reversed(deliverers))
        self._started = 0
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Job, Delivery | BaseException]] = queue.SimpleQueue()

    def assign(self, job: Job) -> None:
        """Let a worker deliver an update; there must be one who has nothing to do."""
        if self._idle:
            deliver = self._idle.pop()
            threading.Thread(target=self._work, args=(deliver,), daemon=True).start()
            self._started += 1
        self._jobs.put(job)

    def finished(self, timeout_s: float) -> list[tuple[Job, Delivery]]:
        """Wait until a delivery has ended, but not for ever, and give all that have."""
        ended = []
        try:
            ended.append(self._done.get(timeout=timeout_s))
            while True:
                ended.append(self._done.get_nowait())
        except queue.Empty:
            pass
        return [(job, _checked(end)) for job, end in ended]

    def dismiss(self) -> None:
        """Let each worker go when it has ended what it does."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self, deliver: Deliver) -> None:
        while job := self._jobs.get():
            try:
                end: Delivery | BaseException = deliver(
                    job.update, may_have_happened=job.may_have_happened
                )
            except BaseException as error:  # noqa: BLE001 raised again where it is seen
                end = error
            self._done.put((job, end))


def _checked(end: Delivery | BaseException) -> Delivery:
    if isinstance(end, BaseException):
        raise end
    return end
