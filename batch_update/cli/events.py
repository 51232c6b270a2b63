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
_DATE = re.compile(
    r"((?<![0-9])(?<![0-9][ -])20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9-]))"
)
"""A date as we write it, which with the time behind it is as long as such a number."""
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
    full = str(path.absolute())

    def tell_too(result: Result) -> None:
        on_result(result)
        tell("row", file=path.name, path=full, **_row(result))

    return tell_too


def tell_sheet_end(report: FileReport) -> None:
    """Tell of the end of a sheet."""
    summary = report.summary
    tell(
        "sheet_finished",
        file=report.path.name,
        path=str(report.path.absolute()),
        exit_status=int(report.status),
        rows=len(summary.results) if summary else 0,
        counts={one.value: count for one, count in summary.counts.items()} if summary else {},
        interrupted=summary.is_interrupted if summary else False,
        stopped=bool(summary.stop_reason) if summary else False,
        known=report.is_known,
        code=_code_of(report),
        text=_text_of(report),
        **_places(report),
    )


def tell_move(report: FileReport) -> None:
    """Tell of a sheet that was moved with its results."""
    tell(
        "sheet_moved",
        file=report.path.name,
        path=str(report.path.absolute()),
        moved_to=str(report.moved_to),
        **_places(report),
    )


def tell_next_try(text: str, rows: int | None) -> None:
    """Tell that rows wait for another try of the run."""
    tell("waiting", reason="next_try", updates=rows, text=_cleaned(text))


def tell_note(text: str, code: str) -> None:
    """Tell of what a person must know, though it is no error of the run."""
    tell("error", code=code, text=_cleaned(text))


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


def _code_of(report: FileReport) -> str | None:
    """Return one word for why a sheet was not worked through, or not to its end."""
    is_stopped = report.summary is not None and report.summary.stop_reason
    return "stopped" if is_stopped else report.code or ("other" if report.error else None)


def _text_of(report: FileReport) -> str | None:
    reason = report.summary.stop_reason if report.summary is not None else ""
    return _private(reason or report.error or report.gone, report.code) or None


def _tell_error(said: output.Said) -> None:
    if said.is_error:
        tell("error", code=said.code or "other", text=_private(said.text, said.code))


def _private(text: str, code: str) -> str:
    """Return the words of an error without what they may say of a sheet's cells."""
    if code == HeaderError.kind:
        # Where there is no header row, its words are a customer's.
        return _(
            "The sheet's header row lacks a needed column, or is not clear. Standard error and the "
            "log say more."
        )
    return _cleaned(_without_quotes(text) if code in _OF_SHEETS else text)


def _cleaned(text: str, order: object = None) -> str:
    """Hide long numbers, which may be a parcel's or a customer's."""

    def hide(found: re.Match[str]) -> str:
        return found[0] if found[0] == str(order) else _HIDDEN

    return "".join(
        part if _DATE.fullmatch(part) else _LONG_NUMBER.sub(hide, part)
        for part in _DATE.split(text)
    )


def _without_quotes(text: str) -> str:
    """Hide what is quoted from a sheet, in the quotes of the language in force or of a command.

    What is quoted may have quotes in it, so all is hidden from the first one to the last.
    """
    for opening, _between, closing in (_('"{text}"').partition("{text}"), ('"', "", '"')):
        quoted = f"{re.escape(opening)}.*{re.escape(closing)}"
        text = re.sub(quoted, f"{opening}{_HIDDEN}{closing}", text)
    return text
