"""Where the parts meet: each file is read, checked, sent and written back."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import batch_update
from batch_update import batch, reader, validator, writer
from batch_update.cli import messages, output
from batch_update.cli.interruption import Interruption, watch_signals
from batch_update.cli.progress import show_progress
from batch_update.cli.sources import Source, open_sources
from batch_update.errors import BatchUpdateError, ExitStatus, OutputFileError, SettingsError
from batch_update.ledger import Book, Ledger
from batch_update.orders import CheckedRow, Field, RunFacts, Sheet, Summary
from batch_update.sandbox import PRACTICE_KEY, PRACTICE_LOGIN, open_practice_shop
from batch_update.sender import Client, Pace, Sender
from batch_update.settings import Account, Settings
from batch_update.signing import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shop:
    """What delivers updates to the shop, and what is known of those delivered before."""

    deliverers: Sequence[batch.Deliver]
    book: Book


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """Where the results go, and only the failures, if anywhere."""

    results: Path
    failures: Path | None


_WORST_FIRST = (
    ExitStatus.INTERRUPTED,
    ExitStatus.STOPPED_EARLY,
    ExitStatus.COULD_NOT_START,
    ExitStatus.ROWS_NEED_A_PERSON,
)


def run(settings: Settings) -> ExitStatus:
    """Carry out the whole run.

    Returns:
        The worst exit status of all files.
    """
    if settings.history_of is not None:
        return _show_history(settings.history_of, settings)
    # Opened before signals are watched, so that Ctrl-C ends the wait for input at once.
    with open_sources(settings.files) as sources:
        _refuse_meetings(sources, settings)
        statuses = _run_sources(sources, settings)
    return next((status for status in _WORST_FIRST if status in statuses), ExitStatus.DONE)


def _show_history(bill_id: int, settings: Settings) -> ExitStatus:
    with Ledger(settings.ledger) as ledger:
        entries = ledger.history(bill_id)
    output.say(messages.describe_history(bill_id, entries, settings.calendar.zone))
    return ExitStatus.DONE


def _run_sources(sources: Sequence[Source], settings: Settings) -> set[ExitStatus]:
    statuses: set[ExitStatus] = set()
    with (
        output.show_log(is_verbose=settings.is_verbose),
        watch_signals() as interruption,
        _open_shop(settings, interruption) as shop,
    ):
        for source in sources:
            if statuses & {ExitStatus.INTERRUPTED, ExitStatus.STOPPED_EARLY}:
                output.complain(f"{source.path} was not begun, because the run stopped before it.")
                continue
            statuses.add(_run_source(source, settings, shop, interruption))
    return statuses


def _refuse_meetings(sources: Sequence[Source], settings: Settings) -> None:
    """Refuse a file that is named twice, and files whose results would replace each other."""
    contents: set[Path] = set()
    targets: dict[Path, Path] = {}
    for source in sources:
        path = source.path
        if source.content.resolve() in contents:
            raise SettingsError(f"{path} is named twice. Name each sheet once.")
        contents.add(source.content.resolve())
        if settings.output is None:
            target = writer.choose_target(path, None).resolve()
            if target in targets:
                raise SettingsError(
                    f"{targets[target]} and {path} would both write {target.name}. Run one each, "
                    "with --output."
                )
            targets[target] = path


@contextlib.contextmanager
def _open_shop(settings: Settings, interruption: Interruption) -> Iterator[_Shop | None]:
    """Give what delivers updates to the shop; None for a dry run."""
    with contextlib.ExitStack() as stack:
        account = settings.account
        if settings.is_practice and not settings.is_dry_run:
            sandbox = stack.enter_context(open_practice_shop())
            credentials = Credentials(username=PRACTICE_LOGIN, secret_key=PRACTICE_KEY)
            account = Account(base_url=sandbox.base_url, credentials=credentials)
        if account is None:
            yield None
            return
        ledger = stack.enter_context(Ledger(settings.ledger))
        book = stack.enter_context(ledger.hold(account.name))
        yield _Shop(deliverers=_hire(account, settings, interruption, stack), book=book)


def _hire(
    account: Account,
    settings: Settings,
    interruption: Interruption,
    stack: contextlib.ExitStack,
) -> list[batch.Deliver]:
    """Give each worker a connection of its own, and all of them one pace."""
    pace = Pace(most=settings.workers, per_second=settings.rate, stop=interruption.stop)
    clients = [
        stack.enter_context(
            Client(
                base_url=account.base_url,
                credentials=account.credentials,
                timeout_s=settings.timeout_s,
            )
        )
        for _ in range(settings.workers)
    ]
    return [Sender(client, retries=settings.retries, pace=pace).deliver for client in clients]


def _run_source(
    source: Source, settings: Settings, shop: _Shop | None, interruption: Interruption
) -> ExitStatus:
    started_at = dt.datetime.now(dt.UTC)
    start = time.monotonic()
    try:
        targets = _choose_targets(source, settings)
        sheet = replace(_read(source.content, settings), path=source.path)
    except BatchUpdateError as error:
        output.complain(str(error))
        return error.exit_status
    if sheet.is_results and settings.output is None:
        # It was made to be mended and run again, and is replaced.
        targets = replace(targets, results=writer.own_target(source.path))
    rows = _check(sheet, settings)
    with show_progress(len(rows), is_wanted=settings.shows_progress) as on_result:
        if shop is None:
            summary = batch.rehearse(rows, on_result=on_result)
        else:
            summary = batch.send_updates(
                rows,
                shop.deliverers,
                memory=_memory(shop.book.for_file(source.path.name), settings),
                wishes=interruption,
                on_result=on_result,
                keeps_going=settings.keeps_going,
            )
    facts = RunFacts(
        account=settings.account.name if settings.account else "",
        mode=messages.describe_mode(settings),
        version=batch_update.__version__,
        started_at=started_at,
        took_s=time.monotonic() - start,
    )
    return _report(sheet, summary, targets, settings, facts)


def _choose_targets(source: Source, settings: Settings) -> _Targets:
    return _Targets(
        results=writer.choose_target(source.path, settings.output),
        failures=None
        if settings.failures is None
        else writer.choose_failures_target(source.path, settings.failures),
    )


def _memory(book: Book, settings: Settings) -> batch.Memory:
    return batch.Insistence(book) if settings.is_forced else book


def _read(path: Path, settings: Settings) -> Sheet:
    needed = [Field.BILL_ID]
    if settings.default_status is None:
        needed.append(Field.STATUS)
    lookup = reader.Lookup(sheet_name=settings.sheet_name, named=settings.named, needed=needed)
    return reader.read_sheet(path, lookup)


def _check(sheet: Sheet, settings: Settings) -> list[CheckedRow]:
    rules = validator.Rules(
        calendar=replace(settings.calendar, epoch=sheet.epoch),
        default_status=settings.default_status,
        default_date=settings.default_date,
        checks_tracking=settings.checks_tracking,
        is_strict=settings.is_strict,
    )
    return validator.check_sheet(sheet, rules)


def _report(
    sheet: Sheet, summary: Summary, targets: _Targets, settings: Settings, facts: RunFacts
) -> ExitStatus:
    """Write the results, say what there is to say, and give the exit status."""
    zone = settings.calendar.zone
    try:
        written, remark = writer.write_results(sheet, summary, targets.results, zone, facts)
    except OutputFileError as error:
        # The rows' results exist nowhere else, so they go to the screen whatever was asked.
        output.say(messages.list_results(summary))
        is_noted = settings.ledger is not None and not settings.is_dry_run
        output.complain(messages.describe_lost_results(error, is_noted=is_noted))
        return error.exit_status
    if not settings.is_quiet:
        output.say(messages.describe_run(sheet, summary, written, is_dry_run=settings.is_dry_run))
    if remark:
        output.note(remark)
    if summary.stop_reason:
        output.complain(f"stopped early. {summary.stop_reason}")
    status = messages.exit_status(summary)
    if targets.failures is not None:
        try:
            _, remark = writer.write_failures(sheet, summary, targets.failures, zone)
        except OutputFileError as error:
            output.complain(str(error))
            return error.exit_status
        if remark:
            output.note(remark)
    return status
