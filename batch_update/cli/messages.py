"""What a finished run says: counts that add up, where the results are, and what to do next."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from batch_update import wording
from batch_update.cli.report import FileReport, total_counts
from batch_update.errors import ExitStatus, OutputFileError
from batch_update.orders import DRY_RUN, CheckedRow, Entry, Problem, Sheet, Status, Summary
from batch_update.settings import Account, Settings, ShownSetting

_LISTED_ROWS = 6
_WIDEST = 100
_NARROWEST = 40

_AFTERWARDS = (
    "The results file shows every row. Mend the rows above, in it or in the sheet, and run that "
    "again: what the shop has confirmed is not sent twice."
)

CONFIGURE_WELCOME = (
    "This asks for the shop's login and secret key, looks up one order to try them, and keeps them "
    "on this machine. Nothing is changed in the shop."
)


def exit_status(summary: Summary) -> ExitStatus:
    """Say with one number how a run ended."""
    if summary.is_interrupted:
        return ExitStatus.INTERRUPTED
    if summary.stop_reason:
        return ExitStatus.STOPPED_EARLY
    if any(result.needs_person for result in summary.results):
        return ExitStatus.ROWS_NEED_A_PERSON
    return ExitStatus.DONE


def describe_run(sheet: Sheet, summary: Summary, written: Path, *, is_dry_run: bool) -> str:
    """Describe a run: the sheet, a count per outcome, the results file, and the next steps."""
    lines = [f"{_name(sheet)}: {_count(len(summary.results), 'row')}"]
    lines += [
        f"  {outcome.value:<16}{count:>6}" for outcome, count in summary.counts.items() if count
    ]
    if is_dry_run:
        ready = sum(result.error_code == DRY_RUN for result in summary.results)
        lines.append(f"Dry run: nothing was sent; {_count(ready, 'row')} would be.")
    if not summary.results:
        lines.append("There are no rows under the header.")
    lines += sheet.notes
    lines.append(f"Results: {written}")
    lines += _next_steps(summary, is_dry_run=is_dry_run)
    lines += _warnings(summary)
    return "\n".join(lines)


def describe_plan(sheet: Sheet, rows: Sequence[CheckedRow], plan: str) -> str:
    """Tell what a sheet would do: how many updates of each status, from which day to which."""
    if not any(row.update for row in rows):
        return f"Plan of {sheet.path.name}: there is nothing to send."
    lines = [f"Plan of {sheet.path.name}: {plan}"]
    for status in Status:
        updates = [row.update for row in rows if row.update and row.update.status is status]
        if not updates:
            continue
        days = sorted(update.date for update in updates if update.date)
        span = f", dated {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" if days else ""
        lines.append(f"  {status:<16}{len(updates):>6}{span}")
    lines.append(f"Send exactly this: add --plan {plan} in place of --dry-run.")
    return "\n".join(lines)


def describe_changed_plan(sheet: Sheet, planned: str, found: str) -> str:
    """Say that a sheet is not what it was when it was planned."""
    return (
        f"{sheet.path} does not say what was planned (--plan {planned}; it is {found} now), so "
        "nothing was sent. Look at it again with --dry-run."
    )


def describe_all(reports: Sequence[FileReport]) -> str:
    """Sum up several files in a line or two."""
    counts = total_counts(reports)
    listed = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    failed = [report.path.name for report in reports if report.summary is None]
    text = f"All {len(reports)} files: {_count(counts.total(), 'row')}"
    text += f": {listed}." if listed else "."
    return text + (f" Not worked through: {', '.join(failed)}." if failed else "")


def describe_mode(settings: Settings) -> str:
    """Say what kind of run it is."""
    if settings.is_dry_run:
        return "dry run: checked, nothing sent"
    return "practice in the sandbox" if settings.is_practice else "sent to the shop"


def describe_trial(code: int, bill_id: int) -> str:
    """Say that the shop knows the account, and whether it has the order."""
    known = "has" if code == 0 else "has no"
    return f"The shop accepts them (it {known} order {bill_id})."


def describe_kept_account(
    account: Account, file: Path, *, is_in_store: bool, profile: str | None
) -> str:
    """Say where an account is kept, and how to use it."""
    command = "batch-update FILE" + (f" --profile {profile}" if profile else "")
    key = "the system's key store" if is_in_store else "the same file, which only you can read"
    return (
        f"Kept: {account.credentials.username} at {account.base_url} in {file}, the secret key in "
        f"{key}. Now run: {command}"
    )


def describe_settings(shown: Sequence[ShownSetting]) -> str:
    """List every option with its value and who says so."""
    width = max(len(setting.name) for setting in shown)
    return "\n".join(
        f"{setting.name:<{width}}  {setting.value or '-'}  "
        f"({setting.origin if setting.value or setting.origin != 'default' else 'not set'})"
        for setting in shown
    )


def describe_template(path: Path) -> str:
    """Say what to do with the blank sheet."""
    return f"Written: {path}. Fill it in, then try it: batch-update --dry-run {path}"


def describe_history(bill_id: int, entries: Sequence[Entry], zone: dt.tzinfo) -> str:
    """Tell in a line or two what is known of each update of an order."""
    if not entries:
        return f"Order {bill_id}: nothing was sent from this machine, as far as its ledger knows."
    lines = [f"Order {bill_id}: {_count(len(entries), 'update')}"]
    for entry in entries:
        update, past = entry.update, entry.past
        date = f"{update.date.astimezone(zone):%Y-%m-%d %H:%M %Z}" if update.date else ""
        what = " · ".join(filter(None, [update.status, date, update.rpo]))
        outcome = past.outcome or "sending, and cut off before the answer came"
        lines.append(f"  {past.at.astimezone(zone):%Y-%m-%d %H:%M}  {what}: {outcome}")
        lines += _wrapped(f"{entry.account}, from row {past.row} of {past.file}")
        lines += _wrapped(" ".join(filter(None, [past.code and f"{past.code}:", past.text])))
    return "\n".join(lines)


def list_results(summary: Summary) -> str:
    """Give every row's result in a line, for when no file can be written."""
    return "\n".join(
        f"row {result.row}: {result.outcome} {result.error_code or ''} {result.error_text}".rstrip()
        for result in summary.results
    )


def describe_lost_results(error: OutputFileError, *, is_noted: bool) -> str:
    """Say that no results could be written, and what keeps them if the ledger does."""
    if not is_noted:
        return str(error)
    return (
        f"{error} What was sent is noted: run the same command again then; it writes the results "
        "and sends nothing twice."
    )


def _next_steps(summary: Summary, *, is_dry_run: bool) -> list[str]:
    """For each kind of failure: which rows, and what to do, by the example of the first."""
    kinds = summary.failures()
    if not kinds:
        return []
    count = sum(len(kind.results) for kind in kinds)
    lines = ["", f"What to do about {_count(count, 'row')}:"]
    for kind in kinds:
        rows = _rows([result.row for result in kind.results])
        lines.append(f"  {kind.outcome}, {kind.error_code}: {rows}")
        lines += _wrapped(kind.advice)
    return lines if is_dry_run else [*lines, *_wrapped(_AFTERWARDS, "")]


def _warnings(summary: Summary) -> list[str]:
    """For each kind of warning: which rows, and the words of the first."""
    kinds: defaultdict[str, list[Problem]] = defaultdict(list)
    for result in summary.results:
        for warning in result.warnings:
            kinds[warning.code].append(warning)
    lines = ["", "Warnings (--strict refuses such rows):"] if kinds else []
    for code, warnings in kinds.items():
        lines.append(f"  {code}: {_rows([warning.row for warning in warnings])}")
        lines += _wrapped(warnings[0].text)
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
    numbers = [str(row) for row in rows]
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    more = f" and {len(numbers) - _LISTED_ROWS} more" if len(numbers) > _LISTED_ROWS else ""
    return f"rows {', '.join(numbers[:_LISTED_ROWS])}{more}; the first:"


def _name(sheet: Sheet) -> str:
    if sheet.delimiter:
        delimiter = "tab" if sheet.delimiter == "\t" else sheet.delimiter
        return f"{sheet.path} (csv in {sheet.encoding}, delimiter {delimiter})"
    return f"{sheet.path}, sheet {wording.quote(sheet.name)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
