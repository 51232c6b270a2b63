"""The run of one sheet: it is read, checked, sent and written back."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import batch_update
from batch_update import batch, headers, reader, validator, writer
from batch_update.cli import (
    commands,
    events,
    identity,
    messages,
    moved,
    notices,
    origins,
    output,
    plans,
    results,
)
from batch_update.cli.asking import ask_first
from batch_update.cli.interruption import Interruption
from batch_update.cli.progress import show_progress
from batch_update.cli.report import FileReport
from batch_update.cli.shop import Shop, run_options_of
from batch_update.cli.sources import (
    LaterSheets,
    Source,
    find_origin,
    list_origins,
)
from batch_update.errors import (
    LedgerError,
    PracticeFileError,
)
from batch_update.i18n import _
from batch_update.model import CheckedRow, Field, RunFacts, Sheet
from batch_update.settings.model import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What a sheet's run has to do with the other sheets.

    Args:
        later: the sheets that come later.
        foreseen: what the sheets before would have sent, in a dry run of several.
        are_begun: whether one of them was begun, so that the first line is on the screen.
    """

    later: LaterSheets
    foreseen: batch.Foreseen | None
    are_begun: bool


def prepare(
    source: Source, settings: Settings, shop: Shop, later: LaterSheets
) -> tuple[Sheet, Sequence[CheckedRow], batch.RunOptions]:
    """Read and check a sheet; give it, its rows, and the options for them.

    Raises:
        BatchUpdateError: it cannot be read, or does not say what was planned.
    """
    sheet = replace(read(source, settings), path=source.path)
    if source.origin is not None:
        sheet = replace(sheet, is_results=True, is_returned=True)
    rows = check(sheet, settings)
    plans.check(sheet, rows, settings)
    options = replace(
        run_options_of(settings, shop),
        origins=list_origins(source.path) if sheet.is_returned else (),
        file=source.path.name,
        sha256=sheet.sha256,
        later_sheets=later.fingerprints,
        numbers_of_origin=origins.find_numbers(source, partial(read, settings=settings)),
        on_finish=batch.reword if settings.is_practice else None,
    )
    return sheet, rows, options


def run_source(
    source: Source,
    settings: Settings,
    shop: Shop,
    interruption: Interruption,
    others: Others,
) -> FileReport:
    """Carry out the run of a sheet.

    Raises:
        BatchUpdateError: it cannot be read, is not what was planned, or is in the way of another.
    """
    started_at = dt.datetime.now(dt.UTC)
    start = time.monotonic()
    targets = results.choose_targets(source, settings)
    sheet, rows, options = prepare(source, settings, shop, others.later)
    is_usual = sheet.is_results and (settings.output is None or source.origin is not None)
    if is_usual and writer.replaces_itself(source.path, settings.kind):
        # It was made to be mended and run again, and is replaced.
        targets = replace(targets, results=source.path)
    notices.say_aloud("" if others.are_begun else identity.first_line(settings), settings)
    if source.note:
        # The same each morning, and nothing that a person must do: cron need not mail it.
        (output.write_down if settings.is_quiet else output.note)(source.note)
    options = ask_first(rows, shop, interruption, options, settings)
    ledger = shop.ledger_for(source.path.name, sheet.sha256, [*options.origins])
    events.tell(
        "sheet_started",
        file=source.path.name,
        path=str(source.path.absolute()),
        sheet=sheet.name,
        sha256=sheet.sha256,
        rows=len(rows),
    )
    with show_progress(len(rows), is_wanted=settings.shows_progress) as on_row:
        on_result = events.tell_rows(on_row, source.path)
        if ledger is None or not shop.deliverers:
            summary = batch.run_dry(
                rows,
                ledger=ledger,
                stop_signal=interruption,
                on_result=on_result,
                options=options,
                foreseen=others.foreseen,
            )
        else:
            summary = batch.send_updates(
                rows,
                shop.deliverers,
                ledger=ledger,
                stop_signal=interruption,
                on_result=on_result,
                options=options,
            )
    lacking = validator.lacking_columns(sheet.layout, summary.problems)
    said = [headers.describe_lacking(sheet.layout, wanted, settings.named) for wanted in lacking]
    sheet = replace(sheet, notes=[*sheet.notes, *said])
    facts = RunFacts(
        account=settings.account.name if settings.account else "",
        mode=messages.describe_mode(settings),
        version=batch_update.__version__,
        started_at=started_at,
        took_s=time.monotonic() - start,
        kind=settings.kind,
        shop=identity.describe(settings),
    )
    done = FileReport(
        path=source.path,
        status=messages.exit_status(summary),
        sheet=sheet,
        summary=summary,
        plan=summary.fingerprint,
        held=len(source.held.rows) if source.held else 0,
        left_open=source.left_open,
        missing=source.missing,
        origin=source.origin,
        original=moved.original_of(source, sheet),
    )
    # What was interrupted is not the plan that the same sheet has when it is sent.
    is_whole = settings.is_dry_run and not (summary.is_interrupted or summary.stop_reason)
    if is_whole and not settings.is_quiet and not settings.is_for_program:
        output.say(plans.describe(sheet, summary, is_alone=others.foreseen is None))
    done = results.write(done, sheet, summary, targets, settings, facts)
    if ledger is not None and shop.deliverers:
        # The results are there; without this note the sheet only counts as cut off.
        with contextlib.suppress(LedgerError):
            ledger.end_sheet(summary.counts, int(done.status), summary.fingerprint)
    return done


def read(source: Source, settings: Settings) -> Sheet:
    """Read a sheet as the settings say.

    Raises:
        InputFileError: it cannot be read, or lacks a column.
    """
    needed = [Field.BILL_ID]
    if settings.default_status is None:
        needed.append(Field.STATUS)
    query = reader.SheetQuery(
        sheet_name=settings.sheet_name,
        named=settings.named,
        needed=needed,
        has_header=settings.has_header,
    )
    try:
        return reader.read_sheet(source.content, query)
    except PracticeFileError as error:
        origin = find_origin(source.path)
        if origin is None:
            raise
        text = _("{error} Do this instead: {command}")
        raise PracticeFileError(
            text.format(error=error, command=commands.command(settings.given, origin))
        ) from error


def check(sheet: Sheet, settings: Settings) -> Sequence[CheckedRow]:
    """Check the rows of a sheet by the rules that the settings say."""
    rules = validator.Rules(
        calendar=replace(settings.calendar, epoch=sheet.epoch),
        default_status=settings.default_status,
        default_date=settings.default_date,
        checks_tracking=settings.checks_tracking,
        is_strict=settings.is_strict,
        own_words=settings.own_words,
        affixes=settings.affixes,
    )
    return validator.check_sheet(sheet, rules)
