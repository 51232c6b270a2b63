"""Answers to questions about the ledger: runs, attempts of an order, what is open, the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from batch_update.cli import ledger_json, ledger_words, output
from batch_update.cli.ledgers import open_to_read, place_of, shops_of
from batch_update.errors import ExitStatus
from batch_update.ledger import LedgerReader
from batch_update.reporting.totals import Period
from batch_update.settings.model import Settings


def answer(settings: Settings) -> ExitStatus | None:
    """Answer the question that the settings ask, if any, without a change to the ledger.

    Returns:
        The exit status; None if nothing is asked.

    Raises:
        LedgerError: the ledger is not there, or cannot be read.
        OutputFileError: the report cannot be written.
    """
    if settings.history_of is not None:
        return _show_history(settings, settings.history_of)
    if settings.lists_runs:
        return _list_runs(settings)
    if settings.lists_unconfirmed:
        return _list_unconfirmed(settings)
    if settings.report is not None:
        return _write_report(settings, settings.report)
    return None


def _show_history(settings: Settings, bill_id: int) -> ExitStatus:
    with open_to_read(settings) as reader:
        attempts = reader.attempts(bill_id)
        head = _head(settings, reader)
    zone = settings.calendar.zone
    if settings.is_json:
        listed = [ledger_json.of_attempt(attempt, zone) for attempt in attempts]
        _say_json(settings, {"order": bill_id, "attempts": listed})
    else:
        output.say(ledger_words.describe_attempts(bill_id, attempts, head, zone))
    return ExitStatus.DONE


def _list_runs(settings: Settings) -> ExitStatus:
    zone = settings.calendar.zone
    with open_to_read(settings) as reader:
        runs = reader.runs(settings.begins_at, settings.ends_before)
        if settings.is_json:
            listed = [ledger_json.of_run(run, zone) for run in runs]
            _say_json(settings, {"runs": listed})
            return ExitStatus.DONE
        output.say(_head(settings, reader))
        count = 0
        for run in runs:
            output.say(ledger_words.describe_run(run, zone))
            count += 1
        output.say(ledger_words.count_runs(count))
    return ExitStatus.DONE


def _list_unconfirmed(settings: Settings) -> ExitStatus:
    zone = settings.calendar.zone
    with open_to_read(settings) as reader:
        head, found = _head(settings, reader), list(reader.open_updates())
    if settings.is_json:
        listed = [ledger_json.of_open_update(one, zone) for one in found]
        _say_json(settings, {"unconfirmed": listed})
    else:
        output.say(ledger_words.describe_open(found, head, zone))
    needs_person = any(not one.last.is_under_way for one in found)
    return ExitStatus.ROWS_NEED_A_PERSON if needs_person else ExitStatus.DONE


def _write_report(settings: Settings, path: Path) -> ExitStatus:
    # Loaded only here: pandas takes longer to load than a run.
    from batch_update.reporting.report import write_report

    period = Period(
        since=settings.begins_at, until=settings.ends_before, zone=settings.calendar.zone
    )
    with open_to_read(settings) as reader:
        totals = write_report(reader, path, period, shops_of(settings)[:1], place_of(settings))
    if settings.is_json:
        shown = {"report": str(path), "updates": totals.updates, "attempts": totals.attempts}
        days = {"since": totals.first.isoformat(), "until": totals.last.isoformat()}
        _say_json(settings, days | shown)
    elif not settings.is_quiet:
        output.say(ledger_words.describe_report(path, totals))
    return ExitStatus.DONE


def _head(settings: Settings, reader: LedgerReader) -> str:
    known, shops = reader.shops(), shops_of(settings)
    others = [shop for shop in known if shop not in shops] if shops else []
    return ledger_words.describe_scope(
        place_of(settings), shops[0] if shops else "", others, settings.calendar.zone
    )


def _say_json(settings: Settings, facts: Mapping[str, object]) -> None:
    shops: Sequence[str] = shops_of(settings)
    output.say_data(ledger_json.dump(place_of(settings), shops, settings.calendar.zone, facts))
