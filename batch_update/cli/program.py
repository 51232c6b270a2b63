"""The whole run: each file is read, checked, sent and written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from batch_update import batch, wording
from batch_update.cli import (
    answers,
    confirmation,
    gone,
    links,
    log,
    mended,
    messages,
    messenger,
    moved,
    notices,
    output,
    report,
    retrying,
    sheet_run,
    unread,
    upkeep,
    watch,
)
from batch_update.cli.interruption import watch_signals
from batch_update.cli.ledgers import open_ledger, refuse_empty, refuse_misplaced
from batch_update.cli.report import FileReport
from batch_update.cli.shop import Shop, open_shop
from batch_update.cli.sources import (
    LaterSheets,
    Source,
    open_sources,
    settle_meetings,
)
from batch_update.errors import (
    BatchUpdateError,
    ExitStatus,
    InputFileError,
    LedgerError,
    SettingsError,
)
from batch_update.i18n import _
from batch_update.settings.model import Settings
from batch_update.settings.options import Options


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
            kept = links.leave_out(moved.leave_out(named, settings), settings)
            sources, left_out = settle_meetings(
                kept, settings.output, settings.failures, settings.kind
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
            notices.complain(text, settings, "misplaced")
        notices.tell(reports, settings)
        status = output.settle(status, is_run=True)
        output.write_down(f"Ended with exit status {status}.")
        return status


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
        prepare=lambda source, shop, later: sheet_run.prepare(source, settings, shop, later),
    )
    agreed = confirmation.confirm(settings, means)
    try:
        return retrying.run_until_settled(
            sources, agreed, lambda left: _run_sources(left, left_out, agreed)
        )
    except KeyboardInterrupt:
        # Whoever ended the wait for another run may not be who waits for the sheets.
        notices.tell(_interrupted(sources), agreed)
        raise


def _interrupted(sources: Sequence[Source]) -> list[FileReport]:
    """Report on the sheets of a run that was ended while it waited: as a rule, none was begun."""
    status = ExitStatus.INTERRUPTED
    ended = [replace(one, status=status) for one in watch.list_reports()]
    known = {one.named for one in ended}
    left = [one.path for one in sources if one.path not in known]
    return [*ended, *(FileReport(path=path, status=status) for path in left)]


def _choose(
    named: Sequence[Source], left_out: Sequence[Source], settings: Settings, shop: Shop
) -> list[Source]:
    """Return the sheets to work through: those that were named, or their mended results."""
    means = mended.Means(
        read=lambda path: sheet_run.read(Source(path=path, content=path), settings),
        check=lambda sheet: sheet_run.check(sheet, settings),
        entries=shop.entries,
        has_run=lambda source: (
            settings.is_practice or shop.has_run(source.path.name, source.fingerprint())
        ),
        is_practice=settings.is_practice,
    )
    return mended.take_mended(named, left_out, settings, means)


def _run_sources(
    named: Sequence[Source], left_out: Sequence[Source], settings: Settings
) -> list[FileReport]:
    reports: list[FileReport] = []
    if not named:
        notices.say_aloud(_("There is no sheet, so there is nothing to do."), settings)
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
            others = sheet_run.Others(
                later=LaterSheets(sources[sources.index(source) + 1 :]),
                foreseen=foreseen,
                are_begun=any(one.summary is not None for one in reports),
            )
            try:
                _keep(reports, sheet_run.run_source(source, settings, shop, interruption, others))
            except BatchUpdateError as refusal:
                _keep(reports, _failed(source, refusal, settings))
        shop.note_exit(report.worst_status(reports))
    return reports


def _failed(source: Source, error: BatchUpdateError, settings: Settings) -> FileReport:
    is_of_sheet = isinstance(error, InputFileError)
    if is_of_sheet and (report_of_gone := gone.find(source, settings)) is not None:
        return report_of_gone
    is_known = is_of_sheet and unread.is_known(source, settings)
    if is_known:
        text = _("Not changed since an earlier run told of it: {error}").format(error=error)
        notices.say_aloud(text, settings)
    elif is_of_sheet:
        notices.complain(str(error), settings, error.kind)
    else:
        output.complain(str(error), code=error.kind)
    return FileReport(
        path=source.path,
        origin=source.origin,
        status=ExitStatus.DONE if is_known else error.exit_status,
        error=str(error),
        code=error.kind,
        is_of_sheet=is_of_sheet,
        sha256=unread.fingerprint(source) if is_of_sheet else "",
        is_unread=is_of_sheet and unread.is_of_folder(source),
        is_known=is_known,
    )
