"""What other programs are told of a run that nobody watches: events, and figures for Prometheus.

Quick to load, since also a run that cannot start is told of.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batch_update.cli import streams
from batch_update.errors import BatchUpdateError, ExitStatus
from batch_update.settings.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from batch_update.cli.report import FileReport
    from batch_update.settings.model import Settings
    from batch_update.settings.resolution import ResolvedOption


class Watch:
    """Watches one run, from its begin, or from when it could not start, to its end."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._start = time.monotonic()
        self._is_begun = False
        self._shop: dict[str, str | None] = {}
        self._metrics: Path | None = None
        _reports.clear()
        _notes.clear()

    def begin(self, settings: Settings) -> None:
        """Begin to tell of a run, as its settings say.

        Raises:
            OutputFileError: the place for the figures is something else's, or the log's.
        """
        self._is_begun = True
        if not settings.files or not (settings.is_json_lines or settings.metrics):
            return
        from batch_update.cli import events, identity
        from batch_update.model import RunKind

        shop = identity.identify(settings)
        self._shop = {"shop": shop.name or shop.login, "profile": shop.profile}
        if settings.is_json_lines:
            self._tell(settings.operator)
            kind = {RunKind.REAL: "send", RunKind.PRACTICE: "practice", RunKind.DRY_RUN: "dry_run"}
            events.tell(
                "started",
                kind="force" if settings.is_forced else kind[settings.kind],
                login=shop.login,
                address=shop.address,
                files=[path.name for path in settings.files],
                pid=os.getpid(),
            )
        if settings.metrics is not None:
            self._begin_figures(settings, settings.metrics)

    def _begin_figures(self, settings: Settings, path: Path) -> None:
        from batch_update.cli import figures
        from batch_update.model import RunKind

        where = settings.place_of(Options.metrics)
        if settings.log_file is not None:
            said_in = settings.place_of(Options.log_file)
            figures.refuse_log(path, where, settings.log_file, said_in)
        if settings.kind is RunKind.REAL:
            figures.refuse_other(path, where, self._shop)
            self._metrics = path

    def begin_late(self, argv: Sequence[str], arguments: argparse.Namespace | None) -> None:
        """Begin to tell of a run that could not start, as far as its settings are understood.

        Args:
            argv: the words of the command line.
            arguments: the same, read; None if they are not understood.
        """
        if self._is_begun or not _may_be_wanted(argv):
            return
        self._is_begun = True
        from batch_update.cli import nonstarts

        is_typed = arguments is None and (sys.stderr is None or streams.is_terminal(sys.stderr))
        found = nonstarts.guess(argv) if arguments is None else arguments
        if arguments is not None and not nonstarts.is_for_sheets(arguments):
            return
        said = nonstarts.resolve_known(found)
        self._shop = _shop_of(said)
        with contextlib.suppress(BatchUpdateError):
            if Options.is_json_lines.kind.read(said[Options.is_json_lines.name]):
                self._tell(said[Options.operator.name].text)
        with contextlib.suppress(BatchUpdateError):
            # Who types a wrong word sees what is wrong.
            if not (is_typed or found.dry_run or found.sandbox):
                self._metrics = Options.metrics.kind.read(said[Options.metrics.name])

    def end(self, status: int) -> None:
        """Tell of the end of the run."""
        if not self._is_begun:
            return
        took_s = time.monotonic() - self._start
        try:
            self._end(status, took_s)
        finally:
            self._stack.close()

    def _end(self, status: int, took_s: float) -> None:
        from batch_update.cli import events

        # First, since that it cannot be written is an event as well, and "finished" is the last.
        if self._metrics is not None:
            from batch_update.cli import figures

            figures.write(
                self._metrics, self._shop, figures.Figures(ExitStatus(status), took_s, _reports)
            )
        if events.is_told():
            from batch_update.cli.report import total_counts

            counts = total_counts(_reports)
            events.tell(
                "finished",
                exit_status=int(status),
                rows=counts.total(),
                counts={outcome.value: count for outcome, count in counts.items()},
                took_s=round(took_s, 3),
            )

    def _tell(self, operator: str | None) -> None:
        import batch_update
        from batch_update.cli import events
        from batch_update.ledger import machine
        from batch_update.settings.users import os_user

        about = {"version": batch_update.__version__, "host": machine.host_name()}
        shared = {**about, "operator": operator or os_user() or None, **self._shop}
        self._stack.enter_context(events.telling(shared))


_reports: list[FileReport] = []
_notes: list[str] = []


def keep(report: FileReport) -> None:
    """Keep the report of a sheet that has ended, and tell of it."""
    from batch_update.cli import events

    _reports.append(report)
    if events.is_told():
        events.tell_sheet_end(report)


def keep_last(reports: Sequence[FileReport]) -> None:
    """Keep the last reports in place of all: of a sheet that was run again there are several."""
    _reports[:] = reports


def keep_note(text: str) -> None:
    """Keep what people must know of the run, beside its sheets and what befell it."""
    _notes.append(text)


def list_notes() -> list[str]:
    """List what people must know of the run, beside its sheets and what befell it."""
    return list(_notes)


def list_reports() -> list[FileReport]:
    """List the reports of the sheets that have ended."""
    return list(_reports)


def _may_be_wanted(argv: Sequence[str]) -> bool:
    """Return whether anything may say so; the config file is read later."""
    from batch_update.settings.defaults import default_path

    options = (Options.is_json_lines, Options.metrics, Options.config)
    words = [word.partition("=")[0] for word in argv]
    is_named = any(one.flag in words or os.environ.get(one.variable) for one in options)
    # The function of a path raises where this one is False.
    return is_named or os.path.exists(default_path())  # noqa: PTH110


def _shop_of(said: Mapping[str, ResolvedOption]) -> dict[str, str | None]:
    from batch_update.settings.account import read_account

    name = said[Options.username.name].text or None
    with contextlib.suppress(BatchUpdateError):
        account = read_account(said, is_needed=False)
        name = account.name if account else None
    return {"shop": name, "profile": said[Options.profile.name].text or None}


def list_results() -> list[Path]:
    """List the results that the last run has written, in the order of its sheets."""
    return [report.results for report in _reports if report.results is not None]
