"""`--retry-for`: a run that starts itself again while the shop or the ledger is away.

Each try is a run like one that a person starts anew: what is confirmed is not sent again, and what
is doubtful is treated by the same rules. What needs a person is no reason for another try.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from batch_update.cli import events, findings, output
from batch_update.cli.interruption import Interruption, watch_signals
from batch_update.cli.report import FileReport
from batch_update.cli.sources import Source
from batch_update.errors import (
    BatchUpdateError,
    ExitStatus,
    LedgerAwayError,
    LedgerInUseError,
)
from batch_update.i18n import _, ngettext
from batch_update.model import RunKind
from batch_update.settings.model import Settings

RunOnce: TypeAlias = Callable[[Sequence[Source]], list[FileReport]]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 900.0
_SHARE_OF_FIRST = 16
"""Of a short time, the first pause takes so small a part."""
_JITTER = (0.75, 1.25)
"""So that the runs of several machines do not come back at once."""
_OF_LEDGER = frozenset({ExitStatus.LEDGER_IN_USE, ExitStatus.LEDGER_AWAY})


def run_until_settled(
    sources: Sequence[Source], settings: Settings, run_once: RunOnce
) -> list[FileReport]:
    """Run sheets, and run those again that may be settled later, as long as the user wants.

    Args:
        sources: the sheets.
        settings: of the user.
        run_once: runs sheets once.

    Raises:
        BatchUpdateError: no try could begin; the last one's error.
        KeyboardInterrupt: the user has ended the wait before any could.
    """
    is_for_one_run = settings.is_forced or settings.plan is not None
    if settings.kind is not RunKind.REAL or is_for_one_run or not settings.retry_for_s:
        return run_once(sources)
    with watch_signals(is_quiet=settings.is_quiet) as interruption:
        return _Tries(sources, settings, run_once, interruption).run()


class _Tries:
    """The tries of a run.

    Args:
        sources: the sheets.
        settings: of the user.
        run_once: runs sheets once.
        interruption: ends the wait for the next try.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        settings: Settings,
        run_once: RunOnce,
        interruption: Interruption,
    ) -> None:
        self._order = [source.path for source in sources]
        self._left = list(sources)
        self._settings = settings
        self._run_once = run_once
        self._interruption = interruption
        self._reports: dict[Path, list[FileReport]] = {}
        self._error: BatchUpdateError | None = None

    def run(self) -> list[FileReport]:
        """Try until all is settled, or the time is over."""
        longest_s = self._settings.retry_for_s or 0.0
        until_s = time.monotonic() + longest_s
        is_last = False
        for wanted_s in pauses(longest_s):
            with output.held_back() as held:
                self._try()
            left_s = 0.0 if is_last else until_s - time.monotonic()
            is_over = left_s <= 0 or not self._is_worth_it()
            self._show(held, is_over=is_over)
            if is_over:
                break
            is_last = wanted_s >= left_s
            pause_s = min(wanted_s, left_s)
            if not self._wait(pause_s, left_s):
                self._end_interrupted()
                break
        if self._error is not None and not self._reports:
            raise self._error
        return [report for path in self._order for report in self._reports[path]]

    def _try(self) -> None:
        """Run what is left, and keep what came of it."""
        self._error = None
        try:
            reports = self._run_once(self._left)
        except BatchUpdateError as error:
            self._error = error
            self._mark(error.exit_status, str(error))
        except KeyboardInterrupt:
            if not self._reports:
                raise
            self._mark(ExitStatus.INTERRUPTED)
        else:
            self._keep(reports)
            self._left = [source for source in self._left if self._is_left(source)]

    def _keep(self, reports: Sequence[FileReport]) -> None:
        """Keep what came of a try; of a sheet that is gone since, what an earlier one knew."""
        gone = {one.named for one in reports if one.gone and self._reports.get(one.named)}
        self._left = [source for source in self._left if source.path not in gone]
        earlier = {one.path: one for one in self._all()}
        self._reports |= {source.path: [] for source in self._left}
        for report in reports:
            if report.named not in gone:
                kept = _with_put_aside(report, earlier.get(report.path))
                self._reports[report.named].append(kept)

    def _mark(self, status: ExitStatus, error: str = "") -> None:
        """Keep what is known of the sheets that are left, with the end of a later try."""
        for source in self._left:
            self._reports |= {
                path: [replace(one, status=status, error=error or one.error) for one in reports]
                for path, reports in self._reports.items()
                if path == source.path
            }

    def _is_left(self, source: Source) -> bool:
        reports = self._reports[source.path]
        return any(_is_deferred(report) or _is_not_begun(report) for report in reports)

    def _is_worth_it(self) -> bool:
        """Return whether another try may settle something."""
        if self._interruption.stop_requested():
            return False
        if self._error is not None:
            return isinstance(self._error, LedgerInUseError | LedgerAwayError)
        reports = self._reports_left()
        is_ended = any(one.status is ExitStatus.INTERRUPTED for one in self._all())
        return not is_ended and any(map(_is_deferred, reports))

    def _reports_left(self) -> list[FileReport]:
        return [one for source in self._left for one in self._reports.get(source.path, ())]

    def _all(self) -> Iterator[FileReport]:
        for reports in self._reports.values():
            yield from reports

    def _show(self, held: Sequence[output.Said], *, is_over: bool) -> None:
        """Tell of the errors of a try, but not of those that the next try may mend."""
        passing = (
            set() if is_over else {text for one in self._reports_left() for text in _said(one)}
        )
        for one in held:
            if one.text in passing:
                output.write_down(one.text)
            else:
                output.complain(one.text, code=one.code)
        if is_over and self._error is not None and self._reports:
            output.complain(str(self._error), code=self._error.kind)

    def _say_wait(self, pause_s: float, left_s: float) -> None:
        now = dt.datetime.now(self._settings.calendar.zone)
        text = _(
            "Not all is settled: {reason} The next try is at {at:%H:%M:%S}, the last one at "
            "{until:%H:%M:%S %Z}. Ctrl-C ends the wait."
        ).format(
            reason=self._reason(),
            at=now + dt.timedelta(seconds=pause_s),
            until=now + dt.timedelta(seconds=left_s),
        )
        events.tell_next_try(text, self._rows() or None)
        (output.write_down if self._settings.is_quiet else output.note)(text)

    def _reason(self) -> str:
        if self._error is not None:
            return str(self._error)
        waiting = [one for one in self._reports_left() if _is_deferred(one)]
        reasons = [text for one in waiting for text in (_stop_of(one), one.error) if text]
        rows = self._rows()
        waits = ngettext("{count} row waits for the shop.", "{count} rows wait for the shop.", rows)
        return reasons[0] if reasons else waits.format(count=rows)

    def _rows(self) -> int:
        """Return the number of rows that wait for another try."""
        return sum(one.summary.deferred for one in self._reports_left() if one.summary is not None)

    def _wait(self, pause_s: float, left_s: float) -> bool:
        """Wait for the next try, and say so; return whether there is to be one."""
        with contextlib.suppress(KeyboardInterrupt), self._interruption.idle():
            self._say_wait(pause_s, left_s)
            self._interruption.stop.wait(pause_s)
        return not self._interruption.stop_requested()

    def _end_interrupted(self) -> None:
        """End with what is known.

        Raises:
            KeyboardInterrupt: nothing is.
        """
        if not self._reports:
            raise KeyboardInterrupt
        self._mark(ExitStatus.INTERRUPTED)
        text = _("Interrupted: what is not settled was not tried again.")
        output.complain(text, code="interrupted")


def pauses(longest_s: float) -> Iterator[float]:
    """Yield the pauses between tries, in seconds, each about twice as long as the one before."""
    pause_s = min(_FIRST_PAUSE_S, longest_s / _SHARE_OF_FIRST)
    while True:
        yield pause_s * random.uniform(*_JITTER)  # noqa: S311 nobody is to be surprised
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _is_deferred(report: FileReport) -> bool:
    """Return whether a later run may settle some of a sheet."""
    if report.summary is None or report.status in _OF_LEDGER:
        return report.status in _OF_LEDGER
    return report.summary.deferred > 0


def _with_put_aside(report: FileReport, earlier: FileReport | None) -> FileReport:
    """Add to a sheet's report what an earlier try has put aside, which later ones do not meet."""
    if earlier is None:
        return report
    held, put_aside = report.held or earlier.held, report.put_aside or earlier.put_aside
    return replace(report, held=held, put_aside=put_aside)


def _is_not_begun(report: FileReport) -> bool:
    return report.summary is None and report.status is ExitStatus.STOPPED_EARLY


def _said(report: FileReport) -> list[str]:
    """List the errors that were said of a sheet."""
    return [findings.describe_stop(_stop_of(report)), report.error]


def _stop_of(report: FileReport) -> str:
    return report.summary.stop_reason if report.summary is not None else ""
