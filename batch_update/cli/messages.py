"""Messages about a finished run: counts, the place of the results, and next steps."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from batch_update import wording
from batch_update.cli import output
from batch_update.cli.report import FileReport, total_counts
from batch_update.cli.vocabulary import as_table
from batch_update.errors import ExitStatus, OutputFileError
from batch_update.model import LISTED, Entry, Sheet, Summary, WarningKind
from batch_update.settings.arguments import ShownSetting
from batch_update.settings.model import Account, Settings
from batch_update.texts import cli as texts

_LISTED_ROWS = 6
_NOTICED_LINES = 100_000
_WIDEST = 100
_NARROWEST = 40


def exit_status(summary: Summary) -> ExitStatus:
    """Return the exit status of a run."""
    if summary.is_interrupted:
        return ExitStatus.INTERRUPTED
    if summary.stop_reason:
        return ExitStatus.STOPPED_EARLY
    if summary.failures:
        return ExitStatus.ROWS_NEED_A_PERSON
    return ExitStatus.DONE


def describe_run(sheet: Sheet, summary: Summary, written: Path, *, is_dry_run: bool) -> str:
    """Describe a run: the sheet, a count per outcome, the results file, and the next steps."""
    lines = [f"{_name(sheet)}: {texts.rows(len(summary.results))}"]
    lines += [
        f"  {outcome.value:<16}{count:>6}" for outcome, count in summary.counts.items() if count
    ]
    if is_dry_run:
        lines.append(texts.DRY_RUN_READY.format(rows=texts.rows(summary.ready)))
    if not summary.results:
        lines.append(texts.NO_ROWS)
    lines += sheet.notes
    lines.append(texts.RESULTS.format(written=wording.show_path(written)))
    lines += _next_steps(summary, is_dry_run=is_dry_run)
    lines += _kinds(texts.WARNINGS, summary.warnings)
    lines += _kinds(texts.SKIPPED, summary.skips)
    if summary.unknown_words:
        lines += [
            "",
            *_wrapped(texts.UNKNOWN_WORDS.format(listed=LISTED), ""),
            *as_table(summary.unknown_words),
        ]
    return "\n".join(lines)


def describe_plan(sheet: Sheet, summary: Summary) -> str:
    """Describe a sheet's plan: number of updates of each status, and their first and last days."""
    name, plan = wording.printable(sheet.path.name), summary.fingerprint
    if not summary.planned:
        return texts.NOTHING_PLANNED.format(file=name)
    lines = [texts.PLAN.format(file=name, plan=plan)]
    for totals in summary.planned:
        span = ""
        if totals.first is not None:
            span = texts.PLAN_DAYS.format(first=totals.first, last=totals.last)
        lines.append(f"  {totals.status:<16}{totals.count:>6}{span}")
    lines.append(texts.SEND_PLAN.format(plan=plan))
    return "\n".join(lines)


def describe_changed_plan(sheet: Sheet, planned: str, found: str) -> str:
    """Report that a sheet has changed since it was planned."""
    return texts.PLAN_CHANGED.format(
        sheet=wording.show_path(sheet.path), planned=planned, found=found
    )


def describe_all(reports: Sequence[FileReport]) -> str:
    """Sum up several files in a line or two."""
    counts = total_counts(reports)
    listed = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    failed = [wording.printable(report.path.name) for report in reports if report.summary is None]
    text = texts.ALL_FILES.format(count=len(reports), rows=texts.rows(counts.total()))
    text += f": {listed}." if listed else "."
    return text + (texts.NOT_WORKED_THROUGH.format(files=", ".join(failed)) if failed else "")


def describe_mode(settings: Settings) -> str:
    """Describe the kind of run."""
    if settings.is_dry_run:
        return texts.MODE_DRY_RUN
    return texts.MODE_PRACTICE if settings.is_practice else texts.MODE_SENT


def describe_trial(bill_id: int, *, is_there: bool) -> str:
    """Report that the shop knows the account, and whether it has the order."""
    text = texts.ORDER_FOUND if is_there else texts.NO_ORDER_FOUND
    return text.format(bill_id=bill_id)


def describe_kept_account(
    account: Account, file: Path, *, is_in_store: bool, profile: str | None
) -> str:
    """Report the place where an account is kept, and the way to use it."""
    command = "batch-update FILE" + (f" --profile {wording.printable(profile)}" if profile else "")
    key = texts.IN_KEY_STORE if is_in_store else texts.IN_CONFIG_FILE
    return texts.ACCOUNT_KEPT.format(
        username=account.credentials.username,
        base_url=account.base_url,
        file=wording.show_path(file),
        key=key,
        command=command,
    )


def describe_settings(shown: Sequence[ShownSetting]) -> str:
    """List every option with its value and source."""
    width = max(len(one.name) for one in shown)
    return "\n".join(
        f"{setting.name:<{width}}  {wording.printable(setting.value or '-')}  ({setting.origin})"
        for setting in shown
    )


def describe_template(path: Path) -> str:
    """Explain how to use the blank sheet."""
    return texts.TEMPLATE_WRITTEN.format(path=wording.show_path(path))


def describe_history(bill_id: int, entries: Sequence[Entry], zone: dt.tzinfo) -> str:
    """Describe the known history of each update of an order in a line or two."""
    if not entries:
        return texts.ORDER_UNKNOWN.format(bill_id=bill_id)
    lines = [texts.ORDER_KNOWN.format(bill_id=bill_id, updates=texts.updates(len(entries)))]
    for entry in entries:
        update, past = entry.update, entry.past
        date = f"{update.date.astimezone(zone):%Y-%m-%d %H:%M %Z}" if update.date else ""
        what = " · ".join(filter(None, [update.status, date, update.rpo]))
        outcome = past.outcome or texts.CUT_OFF
        moment = f"{past.at.astimezone(zone):%Y-%m-%d %H:%M}"
        lines.append(f"  {moment}  {wording.printable(what)}: {outcome}")
        lines += _wrapped(
            texts.ENTRY_SOURCE.format(
                account=entry.account, row=past.row, file=wording.printable(past.file)
            )
        )
        lines += _wrapped(" ".join(filter(None, [past.code and f"{past.code}:", past.text])))
    return "\n".join(lines)


def note_migration(count: int) -> None:
    """Report that an older ledger is brought up to date, if that takes a noticeable time."""
    if count > _NOTICED_LINES:
        output.note(texts.MIGRATING.format(count=count))


def describe_wait(count: int, patience_s: float) -> str:
    """Report that the run goes on only to learn the outcome of some rows."""
    return texts.WAITING.format(rows=texts.rows(count), seconds=patience_s)


def describe_clock(last: dt.datetime, zone: dt.tzinfo) -> str:
    """Report that the clock must be wrong, or was at the time of the last note."""
    now = dt.datetime.now(zone)
    return texts.CLOCK_BEHIND.format(now=now, last=last.astimezone(zone))


def describe_whole_ledger(path: Path | None) -> str:
    """Report that the ledger is in order."""
    return texts.LEDGER_IS_WHOLE.format(path=wording.printable(str(path)))


def describe_damage(path: Path | None, found: Sequence[str]) -> str:
    """Describe the damage of the ledger."""
    return texts.LEDGER_IS_DAMAGED.format(
        path=wording.printable(str(path)), found=wording.printable("; ".join(found[:_LISTED_ROWS]))
    )


def list_results(summary: Summary) -> str:
    """List every row's result in a line, for use when no file can be written."""
    return "\n".join(
        texts.ROW_RESULT.format(
            row=result.row,
            outcome=result.outcome,
            code=result.error_code or "",
            text=wording.printable(result.error_text),
        ).rstrip()
        for result in summary.results
    )


def describe_lost_results(error: OutputFileError, *, is_noted: bool) -> str:
    """Report that no results could be written, and that the ledger has them, if it does."""
    if not is_noted:
        return str(error)
    return texts.RESULTS_LOST.format(error=error)


def _next_steps(summary: Summary, *, is_dry_run: bool) -> list[str]:
    """List each kind of failure: its rows and the advice, by the example of the first."""
    if not summary.failures:
        return []
    count = sum(len(kind.rows) for kind in summary.failures)
    lines = ["", texts.WHAT_TO_DO.format(rows=texts.rows(count))]
    for kind in summary.failures:
        rows = _rows(kind.rows)
        lines.append(f"  {kind.outcome}, {kind.error_code}: {rows}")
        lines += _wrapped(kind.advice)
    return lines if is_dry_run else [*lines, *_wrapped(texts.AFTERWARDS, "")]


def _kinds(title: str, kinds: Sequence[WarningKind]) -> list[str]:
    """List each kind of warning, or reason to skip: its rows, and the words of the first."""
    lines = ["", title] if kinds else []
    for kind in kinds:
        lines.append(f"  {kind.code}: {_rows(kind.rows)}")
        lines += _wrapped(kind.text)
    return lines


def _wrapped(text: str, indent: str = "    ") -> list[str]:
    """Break a text into lines that the terminal shows whole; options are not broken."""
    columns = shutil.get_terminal_size((_WIDEST, 24)).columns
    return textwrap.wrap(
        text,
        max(_NARROWEST, min(_WIDEST, columns)),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _rows(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return texts.LISTED_ROW.format(row=rows[0])
    more = texts.AND_MORE.format(count=len(rows) - _LISTED_ROWS) if len(rows) > _LISTED_ROWS else ""
    return texts.LISTED_ROWS.format(rows=", ".join(map(str, rows[:_LISTED_ROWS])), more=more)


def _name(sheet: Sheet) -> str:
    path = wording.show_path(sheet.path)
    if sheet.delimiter:
        delimiter = texts.TAB if sheet.delimiter == "\t" else sheet.delimiter
        return texts.CSV_NAME.format(path=path, encoding=sheet.encoding, delimiter=delimiter)
    return texts.SHEET_NAME.format(path=path, sheet=wording.quote(sheet.name))
