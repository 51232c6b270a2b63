"""Where the results of a sheet go, and what is said when they are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from batch_update import wording, writer
from batch_update.cli import (
    commands,
    events,
    findings,
    messages,
    notices,
    output,
)
from batch_update.cli.report import FileReport
from batch_update.cli.sources import (
    Source,
)
from batch_update.errors import (
    OutputFileError,
    SettingsError,
)
from batch_update.i18n import _
from batch_update.model import RunFacts, RunKind, Sheet, Summary
from batch_update.settings.defaults import default_path
from batch_update.settings.model import Settings
from batch_update.settings.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Targets of the results, and of the file of failures, if any."""

    results: Path
    failures: Path | None


def choose_targets(source: Source, settings: Settings) -> Targets:
    """Return where the results of a sheet go.

    Raises:
        SettingsError: results and failures would be one file.
        OutputFileError: a place cannot be looked at.
    """
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
    return Targets(results=results, failures=failures)


def write(
    done: FileReport,
    sheet: Sheet,
    summary: Summary,
    targets: Targets,
    settings: Settings,
    facts: RunFacts,
) -> FileReport:
    """Write the results and report on them."""
    zone = settings.calendar.zone
    held, kept = None, list[Path]()

    def command_for(path: Path) -> str:
        kept.append(path)
        return commands.command(settings.given, path)

    if settings.kind is RunKind.REAL and (done.held or done.left_open):
        held = writer.Held(mended=done.held, left_open=done.left_open, command=command_for)
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
    notices.say_aloud(text, settings)
    done = replace(done, results=written)
    if written != targets.results:
        done = done.with_misplaced(remark)
    elif kept:
        done = _with_kept(done, remark, settings)
    elif remark:
        output.note(remark)
    if summary.stop_reason:
        output.complain(findings.describe_stop(summary.stop_reason), code="stopped")
    return _write_failures(done, sheet, summary, targets.failures, settings)


def _with_kept(done: FileReport, remark: str, settings: Settings) -> FileReport:
    """Tell of former results that were put aside, since a person has to work on them."""
    events.tell_note(remark, "put_aside")
    if not done.left_open:
        output.note(remark)
        return done
    # With --quiet, it stands among what else needs a person, at the end.
    (output.write_down if settings.is_quiet else output.note)(remark)
    return replace(done, put_aside=remark)


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
