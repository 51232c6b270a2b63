"""Report of a run, per file: for the last line on the screen, and for other programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import batch_update
from batch_update import wording
from batch_update.cli import identity, output, preflight
from batch_update.cli.sources import Source
from batch_update.errors import ExitStatus, InputFileError
from batch_update.i18n import _
from batch_update.model import OrdersAsked, Outcome, Sheet, Summary
from batch_update.moving import File
from batch_update.settings.model import Settings

_WORST_FIRST = (
    ExitStatus.INTERRUPTED,
    ExitStatus.STOPPED_EARLY,
    ExitStatus.COULD_NOT_START,
    ExitStatus.LEDGER_AWAY,
    ExitStatus.LEDGER_IN_USE,
    ExitStatus.ROWS_NEED_A_PERSON,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """Result of one file.

    Args:
        path: the file.
        status: the exit status that it alone would give.
        sheet: as it was read; None if it was not.
        summary: the result of each row; None if the file was not begun.
        plan: the fingerprint of its plan.
        results: the path of the results; None if they could be written nowhere.
        failures: the path of the file of failures; None if that was not asked for.
        error: the reason why the file could not be processed; empty if it was.
        misplaced: sentences on results, failures or a sheet that are elsewhere than wanted.
        held: number of rows that were mended in its results and are not part of the run.
        left_open: number of rows of another sheet in its results that still need a person.
        put_aside: what is said of these if the results that hold them were put aside; else empty.
        missing: number of rows that the shop has not confirmed, and that are not in it any more.
        code: one word for that reason; empty if it has none.
        is_of_sheet: whether the error is the sheet's own, and not the run's.
        sha256: of its bytes, if it could not be processed; empty if that is not known.
        origin: the sheet in whose place it was run, if it is that one's mended results.
        original: the warehouse's file as it was read, if it may be moved; None if not.
        moved_to: where that is now; None if it was not moved.
        is_unread: whether it lies in a folder and cannot be read, so that it is news only once.
        is_known: whether it is that, and an earlier run told of it as it is now.
        gone: what is said if it lay in a folder and was gone when its turn came; else empty.
    """

    path: Path
    status: ExitStatus
    sheet: Sheet | None = None
    summary: Summary | None = None
    plan: str = ""
    results: Path | None = None
    failures: Path | None = None
    error: str = ""
    misplaced: tuple[str, ...] = ()
    held: int = 0
    left_open: int = 0
    put_aside: str = ""
    missing: int = 0
    code: str = ""
    is_of_sheet: bool = False
    sha256: str = ""
    origin: Path | None = None
    original: File | None = None
    moved_to: Path | None = None
    is_unread: bool = False
    is_known: bool = False
    gone: str = ""

    @property
    def named(self) -> Path:
        """The sheet that the user named."""
        return self.origin or self.path

    def with_misplaced(self, text: str) -> FileReport:
        """Add a file that is elsewhere than wanted: a person must know, so it is no success."""
        status = self.status or ExitStatus.ROWS_NEED_A_PERSON
        return replace(self, misplaced=(*self.misplaced, text), status=status)


def refuse_missing(sources: Sequence[Source]) -> list[FileReport]:
    """Begin none of the files if one of them is missing: its name may be a slip in the command."""
    # What a folder lists was not named, so nothing is wrong with the command if it cannot be found.
    away = preflight.list_missing([str(one.content) for one in sources if one.is_of_folder])
    named = [str(one.content) for one in sources if str(one.content) not in away]
    missing = preflight.list_missing(named)
    text = preflight.describe_missing(named)
    if not text:
        return []
    output.complain(text, code=InputFileError.kind)
    status = ExitStatus.COULD_NOT_START
    others = _("{path} was not begun, because another file is missing.")
    return [
        FileReport(
            path=source.path,
            status=status,
            code=InputFileError.kind,
            error=text
            if str(source.content) in missing
            else others.format(path=wording.show_path(source.path)),
        )
        for source in sources
    ]


def worst_status(reports: Sequence[FileReport]) -> ExitStatus:
    """Return the exit status of the whole run."""
    statuses = {report.status for report in reports}
    if any(report.held or report.missing or report.put_aside for report in reports):
        statuses.add(ExitStatus.ROWS_NEED_A_PERSON)
    return next((status for status in _WORST_FIRST if status in statuses), ExitStatus.DONE)


def list_misplaced(reports: Sequence[FileReport]) -> list[str]:
    """List what is said of files that are elsewhere than wanted."""
    return [text for report in reports for text in report.misplaced]


def total_counts(reports: Sequence[FileReport]) -> Counter[Outcome]:
    """Add up the outcomes of all files; every outcome is there, if only as 0."""
    total = Counter(dict.fromkeys(Outcome, 0))
    for report in reports:
        if report.summary is not None:
            total.update(report.summary.counts)
    return total


def as_json(reports: Sequence[FileReport], settings: Settings) -> str:
    """Describe the run for another program; docs/reference.md lists the fields."""
    counts = total_counts(reports)
    return json.dumps(
        {
            "version": batch_update.__version__,
            "exit_status": int(worst_status(reports)),
            "dry_run": settings.is_dry_run,
            "practice": settings.is_practice,
            "shop": identity.identify(settings).as_dict(),
            "rows": counts.total(),
            "counts": {outcome.value: count for outcome, count in counts.items()},
            "files": [_file(report) for report in reports],
        },
        # Signs that a terminal obeys are escaped when it is printed.
        ensure_ascii=False,
        indent=2,
    )


def _file(report: FileReport) -> dict[str, object]:
    sheet, summary = report.sheet, report.summary
    return {
        "file": str(report.path),
        "exit_status": int(report.status),
        "error": report.error or None,
        "sheet": sheet.name if sheet and sheet.name else None,
        "sha256": sheet.sha256 if sheet else None,
        "plan": report.plan or None,
        "notes": list(sheet.notes) if sheet else [],
        "rows": len(summary.results) if summary else 0,
        "counts": {outcome.value: count for outcome, count in summary.counts.items()}
        if summary
        else {},
        "results": _text(report.results),
        "failures": _text(report.failures),
        "misplaced": list(report.misplaced),
        "put_aside": report.put_aside or None,
        "moved_to": _text(report.moved_to),
        "gone": bool(report.gone),
        "interrupted": summary.is_interrupted if summary else False,
        "stop_reason": (summary.stop_reason or None) if summary else None,
        "orders_asked": _asked(summary.asked) if summary else None,
        "before": [
            {
                "outcome": kind.outcome.value if kind.outcome else None,
                "code": kind.code or None,
                "text": kind.text,
                "rows": list(kind.rows),
            }
            for kind in (summary.before if summary else ())
        ],
        "skipped": [
            {"code": kind.code, "text": kind.text, "rows": list(kind.rows)}
            for kind in (summary.skips if summary else ())
        ],
        "unknown_statuses": [
            {"word": unknown.word, "count": unknown.count}
            for unknown in (summary.unknown_words if summary else ())
        ],
        "problems": [
            {
                "outcome": kind.outcome.value,
                "code": kind.error_code,
                "text": kind.advice,
                "rows": list(kind.rows),
            }
            for kind in (summary.failures if summary else ())
        ],
    }


def _asked(asked: OrdersAsked | None) -> dict[str, object] | None:
    if asked is None:
        return None
    return {
        "orders": asked.count,
        "answered": asked.answered,
        "findings": [
            {"code": kind.code, "text": kind.text, "rows": list(kind.rows)} for kind in asked.kinds
        ],
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
