"""The whole run: each file is read, checked, sent and written back."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import batch_update
from batch_update import batch, headers, reader, validator, wording, writer
from batch_update.cli import (
    answers,
    commands,
    confirmation,
    events,
    identity,
    log,
    mended,
    messages,
    messenger,
    moved,
    notices,
    origins,
    output,
    plans,
    report,
    retrying,
    unread,
    upkeep,
    watch,
)
from batch_update.cli.asking import ask_first
from batch_update.cli.interruption import Interruption, watch_signals
from batch_update.cli.ledgers import open_ledger, refuse_empty, refuse_misplaced
from batch_update.cli.progress import show_progress
from batch_update.cli.report import FileReport
from batch_update.cli.shop import Shop, open_shop, run_options_of
from batch_update.cli.sources import (
    LaterSheets,
    Source,
    find_origin,
    list_origins,
    open_sources,
    settle_meetings,
)
from batch_update.errors import (
    BatchUpdateError,
    ExitStatus,
    InputFileError,
    LedgerError,
    OutputFileError,
    PracticeFileError,
    SettingsError,
)
from batch_update.i18n import _
from batch_update.model import CheckedRow, Field, RunFacts, RunKind, Sheet, Summary
from batch_update.settings.defaults import default_path
from batch_update.settings.model import Settings
from batch_update.settings.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """Targets of the results, and of the file of failures, if any."""

    results: Path
    failures: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Others:
    """What a sheet's run has to do with the other sheets.

    Args:
        later: the sheets that come later.
        foreseen: what the sheets before would have sent, in a dry run of several.
        are_begun: whether one of them was begun, so that the first line is on the screen.
    """

    later: LaterSheets
    foreseen: batch.Foreseen | None
    are_begun: bool


def run(settings: Settings) -> ExitStatus:
    """Carry out the whole run.

    Returns:
        The worst exit status of all files.
    """
    refuse_misplaced(settings)
    if (status := answers.answer(settings)) is not None:
        return status
    if (status := upkeep.carry_out(settings)) is not None:
        return status
    if settings.checks_ledger:
        return _check_ledger(settings)
    # Opened before signals are watched, so that Ctrl-C ends the wait for input at once.
    place = settings.place_of(Options.log_file)
    with log.keep_log(settings.log_file, is_verbose=settings.is_verbose, said_in=place):
        confirmation.refuse_nobody(settings)
        messenger.refuse_unusable(settings)
        moved.begin(settings)
        with open_sources(settings.files, may_be_empty=settings.move_done is not None) as named:
            sources, left_out = settle_meetings(
                moved.leave_out(named, settings), settings.output, settings.failures, settings.kind
            )
            if len(sources) > 1:
                _refuse_what_fits_one(settings)
            reports = _refuse_missing(sources) or _run_agreed(sources, left_out, settings)
            watch.keep_last(reports)
            reports = moved.move(reports, settings)
            watch.keep_last(reports)
        status = report.worst_status(reports)
        if settings.is_json:
            output.say_data(report.as_json(reports, settings))
        elif len(reports) > 1 and not (settings.is_quiet or settings.is_json_lines):
            output.say(f"\n{messages.describe_all(reports, settings.kind)}")
        # Last, where it is seen: who looks in the usual place finds an older file, or none.
        for text in report.list_misplaced(reports):
            _complain(text, settings, "misplaced")
        notices.tell(reports, settings)
        status = output.settle(status, is_run=True)
        output.write_down(f"Ended with exit status {status}.")
        return status


def _say_aloud(text: str, settings: Settings) -> None:
    """Print a text to the screen, unless that is for something else; the log has it always.

    An empty text parts what is said of one sheet from the next.
    """
    (output.write_down if settings.is_quiet or settings.is_for_program else output.say)(text)


def _complain(text: str, settings: Settings, code: str = "") -> None:
    """Print an error of a sheet, at the end only if the screen is for what is new."""
    if notices.is_held_back(settings):
        output.write_down(text, is_error=True, code=code)
    else:
        output.complain(text, code=code)


def _keep(reports: list[FileReport], ended: FileReport) -> None:
    """Keep a sheet's report, and tell other programs of it."""
    reports.append(ended)
    watch.keep(ended)


def _refuse_what_fits_one(settings: Settings) -> None:
    """Refuse options that are valid for one sheet only."""
    if settings.plan is not None:
        raise SettingsError(_("--plan is the plan of one sheet. Name only that sheet."))
    paths = ((Options.output, settings.output), (Options.failures, settings.failures))
    for option, path in paths:
        if path is not None and not path.is_dir():
            raise SettingsError(
                _(
                    "{option} names one file, but there are several sheets. Run one each, or "
                    "name a folder."
                ).format(option=settings.place_of(option))
            )


def _check_ledger(settings: Settings) -> ExitStatus:
    refuse_empty(settings)
    with open_ledger(settings) as ledger:
        found = ledger.check()
    if found:
        raise LedgerError(messages.describe_damage(str(settings.ledger), found))
    output.say(messages.describe_whole_ledger(str(settings.ledger)))
    return ExitStatus.DONE


def _refuse_missing(sources: Sequence[Source]) -> list[FileReport]:
    reports: list[FileReport] = []
    for ended in report.refuse_missing(sources):
        _keep(reports, ended)
    return reports


def _run_agreed(
    sources: Sequence[Source], left_out: Sequence[Source], settings: Settings
) -> list[FileReport]:
    """Ask whether to send, if that is wanted, and run the sheets."""
    means = confirmation.Means(
        choose=lambda shop: _choose(sources, left_out, settings, shop),
        prepare=lambda source, shop, later: _prepare(source, settings, shop, later),
    )
    agreed = confirmation.confirm(settings, means)
    return retrying.run_until_settled(
        sources, agreed, lambda left: _run_sources(left, left_out, agreed)
    )


def _choose(
    named: Sequence[Source], left_out: Sequence[Source], settings: Settings, shop: Shop
) -> list[Source]:
    """Return the sheets to work through: those that were named, or their mended results."""
    means = mended.Means(
        read=lambda path: _read(Source(path=path, content=path), settings),
        check=lambda sheet: _check(sheet, settings),
        entries=shop.entries,
        has_run=lambda source: (
            settings.is_practice or shop.has_run(source.path.name, source.fingerprint())
        ),
        is_practice=settings.is_practice,
    )
    return mended.take_mended(named, left_out, settings, means)


def _prepare(
    source: Source, settings: Settings, shop: Shop, later: LaterSheets
) -> tuple[Sheet, Sequence[CheckedRow], batch.RunOptions]:
    """Read and check a sheet; give it, its rows, and the options for them.

    Raises:
        BatchUpdateError: it cannot be read, or does not say what was planned.
    """
    sheet = replace(_read(source, settings), path=source.path)
    if source.origin is not None:
        sheet = replace(sheet, is_results=True, is_returned=True)
    rows = _check(sheet, settings)
    plans.check(sheet, rows, settings)
    options = replace(
        run_options_of(settings, shop),
        origins=list_origins(source.path) if sheet.is_returned else (),
        file=source.path.name,
        sha256=sheet.sha256,
        later_sheets=later.fingerprints,
        numbers_of_origin=origins.find_numbers(source, partial(_read, settings=settings)),
        on_finish=batch.reword if settings.is_practice else None,
    )
    return sheet, rows, options


def _run_sources(
    named: Sequence[Source], left_out: Sequence[Source], settings: Settings
) -> list[FileReport]:
    reports: list[FileReport] = []
    if not named:
        _say_aloud(_("There is no sheet, so there is nothing to do."), settings)
        return reports
    foreseen = batch.Foreseen() if len(named) > 1 else None
    with (
        watch_signals(is_quiet=settings.is_quiet) as interruption,
        open_shop(settings, interruption) as shop,
    ):
        sources = _choose(named, left_out, settings, shop)
        for source in sources:
            if any(confirmation.ends_run(one, settings) for one in reports):
                last = reports[-1]
                error = _("{path} was not begun, because the run stopped before it.").format(
                    path=wording.show_path(source.path)
                )
                output.complain(error)
                ended = FileReport(
                    path=source.path, origin=source.origin, status=last.status, error=error
                )
                _keep(reports, ended)
                continue
            if source.refusal:
                _keep(reports, _failed(source, InputFileError(source.refusal), settings))
                continue
            others = _Others(
                later=LaterSheets(sources[sources.index(source) + 1 :]),
                foreseen=foreseen,
                are_begun=any(one.summary is not None for one in reports),
            )
            try:
                _keep(reports, _run_source(source, settings, shop, interruption, others))
            except BatchUpdateError as refusal:
                _keep(reports, _failed(source, refusal, settings))
        shop.note_exit(report.worst_status(reports))
    return reports


def _failed(source: Source, error: BatchUpdateError, settings: Settings) -> FileReport:
    is_of_sheet = isinstance(error, InputFileError)
    is_known = is_of_sheet and unread.is_known(source, settings)
    if is_known:
        text = _("Not changed since an earlier run told of it: {error}").format(error=error)
        _say_aloud(text, settings)
    elif is_of_sheet:
        _complain(str(error), settings, error.kind)
    else:
        output.complain(str(error), code=error.kind)
    return FileReport(
        path=source.path,
        origin=source.origin,
        status=ExitStatus.DONE if is_known else error.exit_status,
        error=str(error),
        code=error.kind,
        is_of_sheet=is_of_sheet,
        sha256=source.fingerprint() if is_of_sheet else "",
        is_unread=is_of_sheet and unread.is_of_folder(source),
        is_known=is_known,
    )


def _run_source(
    source: Source,
    settings: Settings,
    shop: Shop,
    interruption: Interruption,
    others: _Others,
) -> FileReport:
    started_at = dt.datetime.now(dt.UTC)
    start = time.monotonic()
    targets = _choose_targets(source, settings)
    sheet, rows, options = _prepare(source, settings, shop, others.later)
    is_usual = sheet.is_results and (settings.output is None or source.origin is not None)
    if is_usual and writer.replaces_itself(source.path, settings.kind):
        # It was made to be mended and run again, and is replaced.
        targets = replace(targets, results=source.path)
    _say_aloud("" if others.are_begun else identity.first_line(settings), settings)
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
    done = _write(done, sheet, summary, targets, settings, facts)
    if ledger is not None and shop.deliverers:
        # The results are there; without this note the sheet only counts as cut off.
        with contextlib.suppress(LedgerError):
            ledger.end_sheet(summary.counts, int(done.status), summary.fingerprint)
    return done


def _choose_targets(source: Source, settings: Settings) -> _Targets:
    place = settings.place_of(Options.output)
    results = writer.choose_target(source.path, settings.output, place, settings.kind)
    failures = None
    if settings.failures is not None:
        place = settings.place_of(Options.failures)
        failures = writer.choose_failures_target(
            source.origin or source.path, settings.failures, place, settings.kind
        )
        if failures.absolute() == results.absolute():
            raise SettingsError(
                _("{option} {failures} is where the results go. Name another file.").format(
                    option=place, failures=wording.show_path(failures)
                )
            )
    return _Targets(results=results, failures=failures)


def _read(source: Source, settings: Settings) -> Sheet:
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
        text = _("{error} Run this instead: {command}")
        raise PracticeFileError(
            text.format(error=error, command=commands.command(settings.given, origin))
        ) from error


def _check(sheet: Sheet, settings: Settings) -> Sequence[CheckedRow]:
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


def _write(
    done: FileReport,
    sheet: Sheet,
    summary: Summary,
    targets: _Targets,
    settings: Settings,
    facts: RunFacts,
) -> FileReport:
    """Write the results and report on them."""
    zone = settings.calendar.zone
    held = None
    if settings.kind is RunKind.REAL and (done.held or done.left_open):
        held = writer.Held(
            mended=done.held,
            left_open=done.left_open,
            command=partial(commands.command, settings.given),
        )
    try:
        written, remark = writer.write_results(
            sheet, summary, targets.results, zone, facts, held=held
        )
    except OutputFileError as error:
        # The rows' results exist nowhere else, so they go to the screen whatever was asked.
        (output.note if settings.is_for_program else output.say)(messages.list_results(summary))
        is_noted = settings.ledger is not None and not settings.is_dry_run
        text = messages.describe_lost_results(error, is_noted=is_noted)
        output.complain(text)
        return replace(done, status=error.exit_status, error=text, code=error.kind)
    config = settings.config or default_path()
    text = messages.describe_run(sheet, summary, written, settings, config=config)
    _say_aloud(text, settings)
    done = replace(done, results=written)
    if written != targets.results:
        done = done.with_misplaced(remark)
    elif remark:
        output.note(remark)
    if summary.stop_reason:
        text = _("stopped early. {reason}").format(reason=summary.stop_reason)
        output.complain(text, code="stopped")
    return _write_failures(done, sheet, summary, targets.failures, settings)


def _write_failures(
    done: FileReport, sheet: Sheet, summary: Summary, target: Path | None, settings: Settings
) -> FileReport:
    if target is None:
        return done
    try:
        zone = settings.calendar.zone
        written, remark = writer.write_failures(sheet, summary, target, zone, settings.kind)
    except OutputFileError as error:
        output.complain(str(error))
        return replace(done, status=error.exit_status, error=str(error), code=error.kind)
    done = replace(done, failures=written)
    if written != target:
        return done.with_misplaced(remark)
    if remark:
        output.note(remark)
    return done
