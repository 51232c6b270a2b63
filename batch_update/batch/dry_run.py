"""The dry run: the same run, with workers who only report the updates they would send."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from msgspec import structs

from batch_update.batch.decisions import is_unhindered
from batch_update.batch.interfaces import Job, LedgerPort, OrderFindings, RunOptions, StopSignal
from batch_update.batch.recall import recall
from batch_update.batch.results import delivered
from batch_update.batch.runner import MOST_AT_A_TIME, run_rows
from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.model import (
    DRY_RUN,
    SETTLED,
    Approach,
    CheckedRow,
    Entry,
    Holder,
    Moment,
    OrderUpdate,
    Outcome,
    PastUpdate,
    Result,
    SendResult,
    Summary,
)

_ROUNDING_S = 1.0
"""Extra wait, so that the time left is not below a clock's last digit."""

_AFTER_ALL = 1 << 62
"""Sequence number for updates of now: after all that were noted."""


def run_dry(
    rows: Sequence[CheckedRow],
    *,
    ledger: LedgerPort | None,
    stop_signal: StopSignal,
    on_result: Callable[[Result], None],
    options: RunOptions,
    foreseen: Foreseen | None = None,
) -> Summary:
    """Return a dry run's result for every row: invalid, or ready to be sent.

    It is the run of `send_updates`, with a shop that accepts everything, and waits that pass at
    once. Nothing is noted.

    Args:
        rows: the checked rows, in the order of the sheet.
        ledger: record of earlier runs; None if there is none.
        stop_signal: whether the user wants to stop.
        on_result: called with each row's result.
        options: the user's options.
        foreseen: what the sheets before this one would have sent; None if it is the only one.
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
    ledger = _DryRunLedger(ledger, options, foreseen)
    options = replace(options, on_finish=ledger.recall)
    workers = _DryRunPool(clock, options.findings)
    parts = (ledger, stop_signal, on_result)
    if options.findings is not None or foreseen is not None:
        return run_rows(rows, workers, parts, options)

    def foretell(plain: Iterable[CheckedRow]) -> list[Result]:
        told = []
        # Where it matters, the decision about the row meets the error too.
        with contextlib.suppress(LedgerError):
            for row in plain:
                is_known = not is_unhindered(ledger.order(row.bill_id or 0), options)
                if is_known or stop_signal.stop_requested():
                    break
                told.append(delivered(row, workers.sent))
        return told

    return run_rows(rows, workers, parts, options, foretell)


class Foreseen:
    """Updates that a dry run would have sent, over all of its sheets.

    Attributes:
        taken: of each order, by the update.
        seq: the last sequence number.
    """

    def __init__(self) -> None:
        self.taken: dict[int, dict[OrderUpdate, Entry]] = {}
        self.seq = _AFTER_ALL


class _Clock:
    """A run's clocks, ahead of real time by the waits that a dry run skips.

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
        """Return the time."""
        return self._options.wall() + dt.timedelta(seconds=self._ahead_s)

    def steady(self) -> float:
        """Return seconds that only grow."""
        return self._options.steady() + self._ahead_s

    def passed_s(self, moment: Moment) -> float:
        """Return the least number of seconds passed since a moment."""
        return self._options.passed_s(moment) + self._ahead_s


class _DryRunPool:
    """Workers who send nothing, and finish at once.

    Args:
        clock: of the run.
        findings: the shop's answers about the orders; None if it was not asked.

    Attributes:
        sent: the result of an update that nothing is known against.
    """

    size = MOST_AT_A_TIME

    def __init__(self, clock: _Clock, findings: OrderFindings | None) -> None:
        self._clock = clock
        self._findings = findings
        self._done: list[tuple[Job, SendResult | None]] = []
        self.sent = SendResult(
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
        """Record the result that an update would have."""
        usual = self._looked_up if job.approach is Approach.LOOK else self.sent
        foretold = self._findings.foretell(job) if self._findings else None
        self._done.append((job, foretold or usual))

    def take_back(self) -> Sequence[Job]:
        """Return nothing: all assigned jobs are done."""
        return ()

    def finished(self, timeout_s: float) -> Sequence[tuple[Job, SendResult | None]]:
        """Return the jobs assigned; if there are none, let the time pass."""
        if not self._done:
            self._clock.pass_by(timeout_s)
        done, self._done = self._done, []
        return done

    def shutdown(self) -> None:
        """Do nothing: there are no threads."""


class _DryRunLedger:
    """Ledger view for a dry run: earlier runs and this one's would-be updates; nothing is noted.

    Args:
        ledger: record of earlier runs; None if there is none.
        options: of the run.
        foreseen: what the sheets before would have sent; None if there is only one sheet.
    """

    def __init__(
        self, ledger: LedgerPort | None, options: RunOptions, foreseen: Foreseen | None
    ) -> None:
        self._ledger = ledger
        self._options = options
        self._has_other_sheets = foreseen is not None
        self._foreseen = foreseen or Foreseen()

    def first_seen(self) -> int | None:
        """Return the sequence number at which an earlier run began this very sheet."""
        return self._ledger.first_seen() if self._ledger else None

    @property
    def most_ahead(self) -> int | None:
        """Return that any number of orders may be looked up at once."""
        return None

    def holder(self, bill_id: int) -> Holder | None:  # noqa: ARG002
        """Return that no run stands in the way: nothing is sent."""
        return None

    def release(self, bill_id: int) -> None:
        """Do nothing: nothing was claimed."""

    def prefetch(self, bill_ids: Sequence[int]) -> None:
        """Look up the next orders together."""
        if self._ledger:
            self._ledger.prefetch(bill_ids)

    def order(self, bill_id: int) -> Sequence[Entry]:
        """Return the known entries of an order, and those this run would add."""
        known = self._ledger.order(bill_id) if self._ledger else ()
        taken = self._foreseen.taken.get(bill_id)
        if not taken:
            return known
        return [*(entry for entry in known if entry.update not in taken), *taken.values()]

    def recall(self, row: CheckedRow, result: Result) -> Result:
        """Add to a row's result what an earlier run said of the row."""
        if self._ledger is None or row.update is None:
            return result
        try:
            entries = self._ledger.order(row.update.bill_id)
        except LedgerError:
            # Where it matters, the row's decision has said so.
            return result
        before = recall(row.update, entries, self._options.wall().tzinfo)
        return structs.replace(result, before=before) if before else result

    def begin(self, update: OrderUpdate, row: int) -> None:
        """Do nothing: nothing is sent."""

    def settle(self, update: OrderUpdate, row: int, delivery: SendResult) -> None:
        """Count a row as accepted by the shop, for decisions on the order's other rows.

        In a run of one sheet, the rows alone decide for an order without known entries.
        """
        if delivery.error_code != DRY_RUN and delivery.outcome not in SETTLED:
            return
        known = self.order(update.bill_id)
        if not known and not self._has_other_sheets:
            return
        past = self._foresee(row, Outcome.UPDATED)
        entry = next((entry for entry in known if entry.update == update), None)
        if entry is None:
            entry = Entry(account="", update=update, past=past)
        # Earlier tries may still take effect.
        entry = replace(
            entry,
            past=past,
            confirmed=past,
            confirmed_from=entry.unknown_from or past.seq,
            unknown_from=0,
            is_open=False,
        )
        self._foreseen.taken.setdefault(update.bill_id, {})[update] = entry

    def pass_over(self, update: OrderUpdate, result: Result) -> None:
        """Count a row as passed over, unless its update is known already."""
        known = self.order(update.bill_id)
        is_alone = not known and not self._has_other_sheets
        if is_alone or any(entry.update == update for entry in known):
            return
        past = self._foresee(result.row, Outcome.NOT_SENT, str(result.error_code))
        entry = Entry(account="", update=update, past=past)
        self._foreseen.taken.setdefault(update.bill_id, {})[update] = entry

    def _foresee(self, row: int, outcome: Outcome, code: str = "") -> PastUpdate:
        """Return the note that a run would make of a row."""
        self._foreseen.seq += 1
        return PastUpdate(
            outcome=outcome,
            code=code,
            text="",
            file=self._options.file,
            row=row,
            at=self._options.wall(),
            seq=self._foreseen.seq,
            sha256=self._options.sha256,
            is_foreseen=True,
        )

    def commit(self) -> None:
        """Do nothing: nothing is noted."""
