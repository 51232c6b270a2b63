"""The dry run: the same run, with workers who only say what they would send."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from batch_update.batch.interfaces import Job, LedgerPort, RunOptions, StopSignal
from batch_update.batch.runner import MOST_AT_A_TIME, run_rows
from batch_update.i18n import _
from batch_update.model import (
    DRY_RUN,
    Approach,
    CheckedRow,
    Entry,
    Moment,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
    SendResult,
    Summary,
)

_ROUNDING_S = 1.0
"""So much longer is waited, lest what is left is less than a clock's last digit."""

_AFTER_ALL = 1 << 62
"""What would be done now comes after all that was noted."""


def run_dry(
    rows: Sequence[CheckedRow],
    *,
    ledger: LedgerPort | None,
    stop_signal: StopSignal,
    on_result: Callable[[Result], None],
    options: RunOptions,
) -> Summary:
    """Give every row the result of a dry run: what is invalid, and what would be sent.

    It is the run of `send_updates`, where the shop takes all that is sent and time that is waited
    for passes at once. Nothing is noted.

    Args:
        rows: the checked rows, in the order of the sheet.
        ledger: what earlier runs did; None if that is not known.
        stop_signal: whether the user wants to stop.
        on_result: told of each row's result.
        options: what the user wants.
    """
    clock = _Clock(options)
    options = replace(
        options,
        wall=clock.wall,
        steady=clock.steady,
        passed_s=clock.passed_s,
        poll_s=math.inf,
        on_wait=lambda __: None,
    )
    ledger = _DryRunLedger(ledger, options)
    return run_rows(rows, _DryRunPool(clock), (ledger, stop_signal, on_result), options)


class _Clock:
    """A run's clocks, ahead of the time by what a dry run does not wait for.

    Args:
        options: of the run.
    """

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._ahead_s = 0.0

    def pass_by(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead_s += seconds + _ROUNDING_S

    def wall(self) -> dt.datetime:
        """Tell the time."""
        return self._options.wall() + dt.timedelta(seconds=self._ahead_s)

    def steady(self) -> float:
        """Give seconds that only grow."""
        return self._options.steady() + self._ahead_s

    def passed_s(self, moment: Moment) -> float:
        """Tell how many seconds have passed since a moment at the least."""
        return self._options.passed_s(moment) + self._ahead_s


class _DryRunPool:
    """Workers who send nothing, and are done at once.

    Args:
        clock: of the run.
    """

    size = MOST_AT_A_TIME

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._done: list[tuple[Job, SendResult | None]] = []
        self._sent = SendResult(
            outcome=Outcome.NOT_SENT,
            error_code=DRY_RUN,
            error_text=_("Dry run: in order, would be sent."),
        )
        self._looked_up = SendResult(
            outcome=Outcome.UNCONFIRMED,
            error_code="earlier_run",
            error_text=_(
                "Dry run: an earlier try of this payment got no answer, so the shop would "
                "be asked for it; nothing would be sent before it has had its time."
            ),
        )

    def assign(self, job: Job) -> None:
        """Say what would become of an update."""
        is_asked_for = job.approach is Approach.LOOK
        self._done.append((job, self._looked_up if is_asked_for else self._sent))

    def take_back(self) -> Sequence[Job]:
        """Give back nothing: all that was assigned is done."""
        return ()

    def finished(self, timeout_s: float) -> Sequence[tuple[Job, SendResult | None]]:
        """Give what was assigned; if that is nothing, let the time pass."""
        if not self._done:
            self._clock.pass_by(timeout_s)
        done, self._done = self._done, []
        return done

    def shutdown(self) -> None:
        """Do nothing: they are no threads."""


class _DryRunLedger:
    """What earlier runs did, and this one would have done; nothing of it is noted.

    Args:
        ledger: what earlier runs did; None if that is not known.
        options: of the run.
    """

    def __init__(self, ledger: LedgerPort | None, options: RunOptions) -> None:
        self._ledger = ledger
        self._options = options
        self._taken: dict[int, dict[OrderUpdate, Entry]] = {}
        self._seq = _AFTER_ALL

    def first_seen(self) -> int | None:
        """Tell what number was due when an earlier run began this very sheet."""
        return self._ledger.first_seen() if self._ledger else None

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Look up the next orders together."""
        if self._ledger:
            self._ledger.prefetch(bill_ids)

    def order(self, bill_id: int) -> Sequence[Entry]:
        """Tell what is known of each update of an order, and what would be."""
        known = self._ledger.order(bill_id) if self._ledger else ()
        taken = self._taken.get(bill_id)
        if not taken:
            return known
        return [*(entry for entry in known if entry.update not in taken), *taken.values()]

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Do nothing: it is not sent."""

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Let the shop have taken a row, for what is decided of the order's other rows.

        Of an order of which nothing is known, its rows alone decide.
        """
        known = self.order(update.bill_id)
        if delivery.error_code != DRY_RUN or not known:
            return
        self._seq += 1
        past = PastUpdate(
            outcome=Outcome.UPDATED,
            code="",
            text="",
            file="",
            row=row,
            at=self._options.wall(),
            seq=self._seq,
            sha256=self._options.sha256,
        )
        entry = next((entry for entry in known if entry.update == update), None)
        if entry is None:
            entry = Entry(account="", update=update, past=past)
        # What was tried before may still take effect.
        entry = replace(entry, past=past, confirmed=past, confirmed_from=self._seq, is_open=False)
        self._taken.setdefault(update.bill_id, {})[update] = entry

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Do nothing: nothing is noted."""

    def commit(self) -> None:
        """Do nothing: nothing is noted."""
