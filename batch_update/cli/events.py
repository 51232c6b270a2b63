"""`--json-lines`: each event of a run as one line of JSON, for log collectors.

Names and codes are the same in every language and version; the text is for people. Nothing of what
the cells say is told but orders and statuses, and nothing secret.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from batch_update import signals
from batch_update.cli import output
from batch_update.cli.report import FileReport
from batch_update.errors import HeaderError
from batch_update.i18n import _
from batch_update.model import Result

_logger = logging.getLogger("batch_update")
_LONG_NUMBER = re.compile(r"\b[A-Za-z]{0,2}[0-9](?:[ -]?[0-9]){8,}[A-Za-z]{0,2}\b")
"""A tracking number, or a telephone's."""
_HIDDEN = "…"
_OF_SHEETS = frozenset({"input_file", "practice_file"})
"""Codes of errors whose words may quote a sheet."""

_tellers: list[_Teller] = []


class _Teller:
    """Prints events, each with what is the same in all of them.

    Args:
        shared: that part.
    """

    def __init__(self, shared: Mapping[str, object]) -> None:
        self._shared = {"run": uuid.uuid4().hex, **shared}
        self._lock = threading.RLock()

    def tell(self, event: str, facts: Mapping[str, object]) -> None:
        """Print an event; workers may do so at once."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"event": event, "at": at, **self._shared, **facts}, ensure_ascii=False)
        with signals.Held(), self._lock:
            output.print_data(text)
        # Without the lock, since that may be told as an event, and logged, too.
        output.tell_loss()


class _Retries(logging.Handler):
    """Hears of failed tries where delivery writes them into the log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a record, if it is about a failed try."""
        failed = getattr(record, "failed_try", None)
        if failed is not None:
            tell("retry", **{**failed, "text": _cleaned(failed["text"], failed["order"])})


def is_told() -> bool:
    """Return whether events are printed."""
    return bool(_tellers)


def tell(event: str, **facts: object) -> None:
    """Print an event, if that is wanted.

    Args:
        event: its name.
        facts: what else is told of it, beside what all events have.
    """
    for teller in _tellers:
        teller.tell(event, facts)


@contextlib.contextmanager
def telling(shared: Mapping[str, object]) -> Iterator[None]:
    """Print events during the block, and nothing else to stdout.

    Args:
        shared: what all of them have.
    """
    handler = _Retries()
    level = _logger.level
    _tellers.append(_Teller(shared))
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    try:
        with output.for_data_only(), output.heard_by(_tell_error):
            yield
    finally:
        _logger.setLevel(level)
        _logger.removeHandler(handler)
        _tellers.clear()


def tell_rows(on_result: Callable[[Result], None], path: Path) -> Callable[[Result], None]:
    """Return what tells of each row's result too, if that is wanted.

    Args:
        on_result: what is called with each result.
        path: the sheet.
    """
    if not _tellers:
        return on_result

    def tell_too(result: Result) -> None:
        on_result(result)
        tell("row", file=path.name, **_row(result))

    return tell_too


def tell_sheet_end(report: FileReport) -> None:
    """Tell of the end of a sheet."""
    summary = report.summary
    tell(
        "sheet_finished",
        file=report.path.name,
        exit_status=int(report.status),
        rows=len(summary.results) if summary else 0,
        counts={one.value: count for one, count in summary.counts.items()} if summary else {},
        interrupted=summary.is_interrupted if summary else False,
        stopped=bool(summary.stop_reason) if summary else False,
        **_places(report),
    )


def tell_move(report: FileReport) -> None:
    """Tell of a sheet that was moved with its results."""
    tell("sheet_moved", file=report.path.name, moved_to=str(report.moved_to), **_places(report))


def tell_next_try(text: str, rows: int | None) -> None:
    """Tell that rows wait for another try of the run."""
    tell("waiting", reason="next_try", updates=rows, text=_cleaned(text))


def _places(report: FileReport) -> dict[str, str | None]:
    return {
        "results": str(report.results) if report.results else None,
        "failures": str(report.failures) if report.failures else None,
    }


def _row(result: Result) -> dict[str, object]:
    update, code = result.update, result.error_code
    order = update.bill_id if update else None
    return {
        "row": result.row,
        "order": order,
        "status": update.status.value if update else None,
        "outcome": result.outcome.value,
        "code": None if code is None else str(code),
        "problems": [problem.code for problem in result.problems],
        "warnings": [warning.code for warning in result.warnings],
        "needs_person": result.needs_person,
        "attempts": result.attempts,
        "text": _cleaned(_without_quotes(result.error_text), order) or None,
    }


def _tell_error(said: output.Said) -> None:
    if not said.is_error:
        return
    text = _without_quotes(said.text) if said.code in _OF_SHEETS else said.text
    if said.code == HeaderError.kind:
        # Where there is no header row, its words are a customer's.
        text = _(
            "The sheet's header row lacks a needed column, or is not clear. Standard error and the "
            "log say more."
        )
    tell("error", code=said.code or "other", text=_cleaned(text))


def _cleaned(text: str, order: object = None) -> str:
    """Hide long numbers, which may be a parcel's or a customer's."""

    def hide(found: re.Match[str]) -> str:
        return found[0] if found[0] == str(order) else _HIDDEN

    return _LONG_NUMBER.sub(hide, text)


def _without_quotes(text: str) -> str:
    """Hide what is quoted from a sheet, in the quotes of the language in force or of a command.

    What is quoted may have quotes in it, so all is hidden from the first one to the last.
    """
    for opening, _between, closing in (_('"{text}"').partition("{text}"), ('"', "", '"')):
        quoted = f"{re.escape(opening)}.*{re.escape(closing)}"
        text = re.sub(quoted, f"{opening}{_HIDDEN}{closing}", text)
    return text
