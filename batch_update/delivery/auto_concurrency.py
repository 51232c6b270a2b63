"""How many requests at once bring the most, found while a run goes on."""

from __future__ import annotations

import logging
from typing import NamedTuple

from batch_update.delivery.concurrency import Answered, Concurrency, FixedConcurrency
from batch_update.delivery.latencies import Sample

MOST_AT_ONCE = 16
"""Most requests under way at once, unless a number is named."""

_FEWEST = 4
"""Fewest answers by which a number above one is judged."""
_SURE = 8
"""The same, once more were tried than the shop takes."""
_MOST_LOOKS = 4
"""So many times as many answers decide, even if they leave a doubt."""
_CERTAIN = 2.0
"""So many standard errors leave no doubt."""
_WORTH = 0.5
"""Share of the further requests that must show in the pace; the rest would only wait there."""
_SLOWER = 1.5
"""Answers that take so many times as long as before are a reason to try with fewer requests."""
_FEWER = 0.75
_PATIENCE = 8
"""After so many answers for each request at once, more are tried again, if they gained nothing."""
_PATIENCE_WHEN_BUSY = 30
"""The same, if the shop was too busy for them."""
_LONGEST_PATIENCE = 2000

_logger = logging.getLogger(__name__)


class _Trial(NamedTuple):
    """A trial of another number.

    Args:
        is_of_more: whether more are tried, or fewer.
        kept: a sample of the number that was kept so far.
    """

    is_of_more: bool
    kept: Sample


class AutoConcurrency:
    """As many requests at once as bring more answers, found while a run goes on.

    It begins with one. More are tried: twice as many, and so on. They are kept if the pace grows by
    at least half of what it would if the shop took all of them as easily; so the latency may grow a
    little, but not as much. Else, and when the shop is too busy, it goes back to the number before,
    and tries more again in smaller steps, later and later. When answers take much longer than they
    did, or a number was kept in doubt, fewer are tried by the same measure, so that no shop is
    pressed for nothing.

    By Little's law the pace is the number under way by the latency. So latencies are all that is
    needed, and the time that the program itself takes between requests does not count.

    Args:
        most: most that may ever be under way at once, over all runs of the shop.

    Source:
        The ideas are those of TCP Vegas (Brakmo and Peterson, 1995) and of Netflix'
        concurrency-limits: a queue that grows shows in the latency before anything is refused.
    """

    def __init__(self, most: int) -> None:
        self.allowed = 1
        self.most = self._share = self._ceiling = most
        self._trial: _Trial | None = None
        self._last = 0
        self._sample = Sample(1, 1)
        self._known: Sample | None = None
        self._kept = 1
        self._step = 1
        self._was_too_many = self._is_doubtful = False
        self._patience = self._to_wait = 0

    def note_begun(self, request: int, under_way: int) -> None:
        """Note whether as many are under way as may be: only then can they be judged."""
        self._last = request
        if under_way >= self.allowed and request >= self._sample.first:
            self._sample.is_full = True

    def note_answer(self, answered: Answered, /) -> None:
        """Learn from an answer, and judge the number when there are enough."""
        self._to_wait -= 1
        if answered.request < self._sample.first:
            return
        self._sample.add(answered)
        if self._sample.count < self._enough():
            return
        if not self._sample.is_full:
            # There was not enough to do.
            self._begin_sample()
        elif self._trial is None:
            self._settle()
        elif self._trial.is_of_more:
            self._judge_more(self._trial.kept)
        else:
            self._judge_fewer(self._trial.kept)

    def note_overload(self) -> None:
        """Go back to what the shop took; if it was that, to a quarter less."""
        self._ceiling = max(1, self.allowed - 1)
        if self._trial is not None and self._trial.is_of_more:
            number = self._kept
        else:
            number = max(1, min(self.allowed - 1, int(self.allowed * _FEWER)))
            self._known = None
        self._is_doubtful = False
        self._go_back(number, _PATIENCE_WHEN_BUSY)
        self._allow(number, "the shop is too busy for more")

    def note_runs(self, count: int) -> None:
        """Take no more than a share of the most that may be."""
        self._share = max(1, self.most // count)
        if self.allowed > self._share:
            self._kept = self._share
            self._trial = self._known = None
            self._allow(self._share, "other runs send too")

    def _enough(self) -> int:
        if self.allowed == 1 and not self._was_too_many:
            return 1
        return max(_SURE if self._was_too_many else _FEWEST, self.allowed)

    def _settle(self) -> None:
        """Keep a sample of the number that is allowed, and try another if it is time."""
        sample, before = self._sample, self._known
        if before is None or sample.count >= before.count:
            self._known = sample
        if before is not None and self.allowed > 1 and _is_slower(sample, before):
            self._try_fewer(sample, "answers take longer")
        elif self._may_try_more():
            self._try_more(sample)
        elif self._is_doubtful and self.allowed > 1:
            self._try_fewer(sample, "so many are in doubt")
        elif self._known is not sample or sample.count >= _MOST_LOOKS * self._enough():
            self._begin_sample()

    def _judge_more(self, fewer: Sample) -> None:
        is_worth = self._verdict(self._sample, fewer)
        if is_worth:
            self._is_doubtful = not _is_clear(self._sample, fewer)
            self._step *= 2
            self._keep(self._sample)
        elif is_worth is False:
            self._ceiling = self.allowed - 1
            self._go_back(fewer.allowed, _PATIENCE)
            self._allow(fewer.allowed, "more bring nothing")

    def _judge_fewer(self, more: Sample) -> None:
        is_worth = self._verdict(more, self._sample)
        if is_worth:
            # It was not because of us that answers took longer, if they did.
            self._is_doubtful = False
            self._trial = self._known = None
            self._allow(more.allowed, "fewer bring less")
        elif is_worth is False:
            # Fewer still may do as well.
            self._is_doubtful = True
            self._ceiling = self.allowed
            self._go_back(self.allowed, _PATIENCE)
            self._keep(self._sample)

    def _verdict(self, more: Sample, fewer: Sample) -> bool | None:
        """Return whether the larger number is worth it; None if more answers are to tell."""
        slowness, limit = more.slowness(fewer), _slowest(more, fewer)
        if slowness <= limit:
            return True
        if slowness * (1 - _CERTAIN * more.doubt(fewer)) > limit:
            return False
        if self._sample.count < _MOST_LOOKS * self._enough():
            return None
        return min(more.count, fewer.count) < _SURE

    def _may_try_more(self) -> bool:
        if self._kept >= self._share:
            return False
        return self._kept < self._ceiling or self._to_wait <= 0

    def _try_more(self, sample: Sample) -> None:
        if self._kept >= self._ceiling:
            self._ceiling = self._kept + 1
            self._step = 1
        self._trial = _Trial(is_of_more=True, kept=sample)
        self._allow(min(self._kept + self._step, self._ceiling, self._share), "more are tried")

    def _try_fewer(self, sample: Sample, why: str) -> None:
        self._was_too_many = True
        self._trial = _Trial(is_of_more=False, kept=sample)
        self._allow(max(1, int(self.allowed * _FEWER)), why)

    def _keep(self, sample: Sample) -> None:
        """Keep the number that was tried; try the next at once if it may be."""
        self._trial = None
        self._kept = self.allowed
        self._known = sample
        self._ceiling = max(self._ceiling, self._kept)
        if self._may_try_more():
            self._try_more(sample)
        else:
            self._begin_sample()

    def _go_back(self, number: int, patience: int) -> None:
        """Wait longer each time until more are tried, and then in small steps."""
        self._trial = None
        self._kept = number
        self._was_too_many = True
        self._step = 1
        self._patience = min(max(2 * self._patience, patience * number), _LONGEST_PATIENCE)
        self._to_wait = self._patience

    def _allow(self, number: int, why: str) -> None:
        self.allowed = number
        self._begin_sample()
        _logger.info("requests at once from now on: %s (%s)", number, why)

    def _begin_sample(self) -> None:
        self._sample = Sample(self.allowed, self._last + 1)


def concurrency_of(number: int | None) -> Concurrency:
    """Return what decides how many requests may be under way at once.

    Args:
        number: as many as were named; None to find out.
    """
    return AutoConcurrency(MOST_AT_ONCE) if number is None else FixedConcurrency(number)


def _slowest(more: Sample, fewer: Sample) -> float:
    """Return how slow answers may be at most if the larger number is to be worth it."""
    growth = more.allowed / fewer.allowed
    return growth / (1 + _WORTH * (growth - 1))


def _is_clear(more: Sample, fewer: Sample) -> bool:
    """Return whether there is no doubt that the larger number is worth it."""
    slowest = more.slowness(fewer) * (1 + _CERTAIN * more.doubt(fewer))
    return slowest <= _slowest(more, fewer)


def _is_slower(sample: Sample, before: Sample) -> bool:
    """Return whether answers surely take much longer than they did."""
    return sample.slowness(before) * (1 - _CERTAIN * sample.doubt(before)) > _SLOWER
