"""Messages about a finished run: counts, the place of the results, and next steps."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from batch_update import batch, wording
from batch_update.cli import commands, counted, icon_words, output
from batch_update.cli.report import FileReport, total_counts
from batch_update.cli.vocabulary import as_table
from batch_update.errors import ExitStatus, OutputFileError
from batch_update.i18n import N_, _, ngettext
from batch_update.model import (
    SETTLED,
    Holder,
    OrdersAsked,
    Outcome,
    RunKind,
    Sheet,
    Summary,
    WarningKind,
    listed,
)
from batch_update.settings.arguments import ShownSetting
from batch_update.settings.model import Account, Settings

_LISTED_ROWS = 6
_NOTICED_LINES = 100_000
_WRITTEN = {
    RunKind.REAL: N_("Results: {written}"),
    RunKind.PRACTICE: N_("Practice file: {written}"),
    RunKind.DRY_RUN: N_("Dry run file: {written}"),
}
_KEPT_BLANK = "\0"
"""Stands for a blank at which `wrapped` must not break, since a command is copied whole."""
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


def describe_run(
    sheet: Sheet, summary: Summary, written: Path, settings: Settings, *, config: Path
) -> str:
    """Describe a run: the sheet, a count per outcome, the results file, and the next steps."""
    kind = settings.kind
    lines = [f"{describe_sheet(sheet)}: {counted.rows(len(summary.results))}"]
    width = width_of_words(kind)
    lines += [
        f"  {kind.word_of(outcome):<{width}}{count:>6}"
        for outcome, count in summary.counts.items()
        if count
    ]
    if kind is RunKind.DRY_RUN:
        lines.append(
            _("Dry run: nothing was sent; {rows} would be.").format(
                rows=counted.rows(summary.ready)
            )
        )
    if not summary.results:
        lines.append(_("There are no rows under the header."))
    lines += sheet.notes
    lines.append(_(_WRITTEN[kind]).format(written=wording.show_path(written)))
    lines += [*what_to_do(summary, kind), *what_to_set(summary, config)]
    lines += _end(summary, kind, commands.command(settings.given, sheet.path))
    lines += _said_before(summary)
    lines += _describe_asked(summary.asked)
    lines += _kinds(_("Warnings (--strict refuses such rows):"), summary.warnings)
    lines += _kinds(_("Skipped (nothing was sent, and nothing is to do):"), summary.skips)
    if summary.unknown_words:
        lines += [
            "",
            *wrapped(
                _(
                    "Status words that are not known. Correct in the sheet those that are "
                    "mistyped. For the others, put these lines into the config file {config} "
                    "(make it if it is not there; leave out the first line if it has that one "
                    "already), and write for each word what it means: {listed}, or skip for rows "
                    "to leave out."
                ).format(config=wording.show_path(config), listed=listed()),
                "",
            ),
            *as_table(summary.unknown_words),
        ]
    return "\n".join(lines)


def width_of_words(kind: RunKind) -> int:
    """Return the width of a column with the words for outcomes, with room behind the longest."""
    return 1 + max(len(kind.word_of(outcome)) for outcome in Outcome)


def describe_all(reports: Sequence[FileReport], kind: RunKind) -> str:
    """Sum up several files in a line or two."""
    counts = total_counts(reports)
    counted_each = counted.outcomes(
        (kind.word_of(outcome), count) for outcome, count in counts.items()
    )
    missed = [report for report in reports if report.summary is None]
    failed = [wording.printable(report.path.name) for report in missed if not report.gone]
    gone = [wording.printable(report.path.name) for report in missed if report.gone]
    text = ngettext("The {count} file: {rows}", "All {count} files: {rows}", len(reports)).format(
        count=len(reports), rows=counted.rows(counts.total())
    )
    text += f": {counted_each}." if counted_each else "."
    if failed:
        text += _(" Not worked through: {files}.").format(files=", ".join(failed))
    if gone:
        text += _(" Gone before their turn: {files}.").format(files=", ".join(gone))
    return text


def describe_mode(settings: Settings) -> str:
    """Describe the kind of run."""
    if settings.is_dry_run and settings.checks_orders:
        return _("dry run: checked, the shop asked, nothing sent")
    if settings.is_dry_run:
        return _("dry run: checked, nothing sent")
    if settings.is_practice:
        return _("PRACTICE: a stand-in answered, nothing was sent to the shop")
    return _("sent to the shop")


def describe_trial(bill_id: int, *, is_there: bool) -> str:
    """Report that the shop knows the account, and whether it has the order."""
    text = (
        _("The shop accepts them (it has order {bill_id}).")
        if is_there
        else _("The shop accepts them (it has no order {bill_id}).")
    )
    return text.format(bill_id=bill_id)


def describe_kept_account(account: Account, file: Path, command: str, *, is_in_store: bool) -> str:
    """Report the place where an account is kept, and the way to use it."""
    key = (
        _("the system's key store") if is_in_store else _("the same file, which only you can read")
    )
    text = _("Kept: {username} at {base_url} in {file}, the secret key in {key}.")
    if commands.are_typed():
        text = _(
            "Kept: {username} at {base_url} in {file}, the secret key in {key}. Now run: {command}"
        )
    return text.format(
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


def describe_template(path: Path, command: str) -> str:
    """Explain how to use the blank sheet."""
    return _("Written: {path}. Fill it in, then try it: {command}").format(
        path=wording.show_path(path), command=command
    )


def note_migration(count: int) -> None:
    """Report that an older ledger is brought up to date, if that takes a noticeable time."""
    if count > _NOTICED_LINES:
        output.note(
            ngettext(
                "Bringing the ledger up to date ({count} update); this is done once and "
                "may take some minutes.",
                "Bringing the ledger up to date ({count} updates); this is done once and "
                "may take some minutes.",
                count,
            ).format(count=wording.number(count))
        )


def describe_held(count: int, holder: Holder, zone: dt.tzinfo) -> str:
    """Report that only orders are left that another run works on."""
    return ngettext(
        "{count} row waits: another run works on its order ({who}, since {since}). What that run "
        "sends is not sent again. Ctrl-C ends the wait.",
        "{count} rows wait: another run works on their orders ({who}, since {since}). What that "
        "run sends is not sent again. Ctrl-C ends the wait.",
        count,
    ).format(
        count=count,
        who=batch.describe_holder(holder),
        since=wording.stamp(holder.since.astimezone(zone)),
    )


def describe_wait(count: int, patience_s: float) -> str:
    """Report that the run goes on only to learn the outcome of some rows."""
    return ngettext(
        "\nWaiting for {rows} of which an answer was lost; this may take {seconds:.0f} "
        "second. Ctrl-C ends the wait.",
        "\nWaiting for {rows} of which an answer was lost; this may take {seconds:.0f} "
        "seconds. Ctrl-C ends the wait.",
        round(patience_s),
    ).format(rows=counted.rows(count), seconds=patience_s)


def describe_clock(last: dt.datetime, zone: dt.tzinfo) -> str:
    """Report that the clock must be wrong, or was at the time of the last note."""
    now = dt.datetime.now(zone)
    return _(
        "The clock of this machine says {now:%Y-%m-%d %H:%M %Z}, but the ledger holds "
        "something of {last:%Y-%m-%d %H:%M %Z}: the clock is behind, or was ahead then; times in "
        "results may be wrong. If it is right now, nothing need be done, and this is said until "
        "that time; if not, ask the administrator to set it."
    ).format(now=now, last=last.astimezone(zone))


def describe_whole_ledger(place: str) -> str:
    """Report that the ledger is in order."""
    return _("The ledger {path} is whole.").format(path=wording.printable(place))


def describe_damage(place: str, found: Sequence[str]) -> str:
    """Say what is wrong with the ledger."""
    return _(
        "The ledger {path} is damaged: {found}. Put a copy from a backup in its place, or "
        "ask the administrator."
    ).format(
        path=wording.printable(place), found=wording.printable("; ".join(found[:_LISTED_ROWS]))
    )


def list_results(summary: Summary) -> str:
    """List every row's result in a line, for use when no file can be written."""
    return "\n".join(
        _("row {row}: {outcome} {code} {text}")
        .format(
            row=result.row,
            outcome=_(result.outcome.value),
            code=result.error_code or "",
            text=wording.printable(result.error_text),
        )
        .rstrip()
        for result in summary.results
    )


def describe_lost_results(error: OutputFileError, *, is_noted: bool) -> str:
    """Report that no results could be written, and that the ledger has them, if it does."""
    if not is_noted:
        return str(error)
    return _(
        "{error} What was sent is noted: run the same command again then; it writes the "
        "results and sends nothing twice."
    ).format(error=error)


def wrapped(text: str, indent: str = "    ") -> list[str]:
    """Break a text into lines that the terminal shows whole; options are not broken."""
    columns = shutil.get_terminal_size((_WIDEST, 24)).columns
    lines = textwrap.wrap(
        text,
        max(_NARROWEST, min(_WIDEST, columns)),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(_KEPT_BLANK, " ") for line in lines]


def _end(summary: Summary, kind_of_run: RunKind, command: str) -> list[str]:
    """Say what to do when the rows are mended."""
    end = {
        RunKind.REAL: _(
            "The results file shows every row. Mend the rows above, in it or in the "
            "sheet, and run that again: what the shop has confirmed is not sent twice."
        )
        if summary.failures
        else "",
        RunKind.PRACTICE: _(
            "This was practice. To send the sheet, when its rows are right: {command}"
        ).format(command=command.replace(" ", _KEPT_BLANK) if commands.are_typed() else command),
        RunKind.DRY_RUN: "",
    }[kind_of_run]
    return wrapped(end, "")


def what_to_do(summary: Summary, kind_of_run: RunKind) -> list[str]:
    """List the rows that need a person, and the advice, by kind."""
    if not summary.failures:
        return []
    lines = ["", _("What to do about {rows}:").format(rows=counted.rows(summary.failed))]
    for kind in summary.failures:
        rows = _rows(kind.rows)
        lines.append(f"  {kind_of_run.word_of(kind.outcome)}, {kind.error_code}: {rows}")
        lines += wrapped(kind.advice)
    return lines


def what_to_set(summary: Summary, config: Path) -> list[str]:
    """List the settings that advice on rows names as options, for people who can type none.

    Args:
        summary: the run.
        config: the config file.
    """
    if commands.are_typed():
        return []
    text, *lines = icon_words.settings_for((one.advice for one in summary.failures), config) or [""]
    return ["", *wrapped(text, ""), *lines] if lines else []


def _said_before(summary: Summary) -> list[str]:
    """List what earlier runs said of rows, if they did not confirm them."""
    kinds = [kind for kind in summary.before if kind.outcome not in {None, *SETTLED}]
    lines = ["", _("What earlier runs said of rows:")] if kinds else []
    for kind in kinds:
        lines.append(
            f"  {', '.join(filter(None, [_(kind.outcome or ''), kind.code]))}: {_rows(kind.rows)}"
        )
        lines += wrapped(kind.text)
    return lines


def _describe_asked(asked: OrdersAsked | None) -> list[str]:
    """Report how many orders the shop was asked about, and what it said that one should know."""
    if asked is None:
        return []
    title = ngettext(
        "The shop answered for {answered} of {count} order; nothing was changed.",
        "The shop answered for {answered} of {count} orders; nothing was changed.",
        asked.count,
    ).format(count=asked.count, answered=asked.answered)
    return _kinds(title, asked.kinds) or ["", title]


def _kinds(title: str, kinds: Sequence[WarningKind]) -> list[str]:
    """List each kind of warning, or reason to skip: its rows, and the words of the first."""
    lines = ["", title] if kinds else []
    for kind in kinds:
        lines.append(f"  {kind.code}: {_rows(kind.rows)}")
        lines += wrapped(kind.text)
    return lines


def _rows(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return _("row {row}").format(row=rows[0])
    more = (
        _(" and {count} more").format(count=len(rows) - _LISTED_ROWS)
        if len(rows) > _LISTED_ROWS
        else ""
    )
    return _("rows {rows}{more}; the first:").format(
        rows=", ".join(map(str, rows[:_LISTED_ROWS])), more=more
    )


def describe_sheet(sheet: Sheet) -> str:
    """Name a sheet, and what it was read as."""
    path = wording.show_path(sheet.path)
    if sheet.delimiter:
        delimiter = _("tab") if sheet.delimiter == "\t" else sheet.delimiter
        return _("{path} (csv in {encoding}, delimiter {delimiter})").format(
            path=path, encoding=sheet.encoding, delimiter=delimiter
        )
    return _("{path}, sheet {sheet}").format(path=path, sheet=wording.quote(sheet.name))
