"""Results that a person has mended: the input in place of the sheet they came from.

They have every row of that sheet, so nothing is lost; and the sheet itself, which still says what
was mended, is not run beside them. Whether results were mended is known by what they say: each of
their rows is compared with those of the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from batch_update import wording, writer
from batch_update.cli import commands, counted, differences, output
from batch_update.cli.sources import Mended, Source
from batch_update.errors import BatchUpdateError
from batch_update.i18n import _, ngettext
from batch_update.model import RunKind, Sheet
from batch_update.paths import comparable_path
from batch_update.settings.model import Settings
from batch_update.writer import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the choice of sources needs of the rest of the program.

    Args:
        read: reads a file.
        check: makes updates of rows.
        entries: returns the ledger's entries of an order.
        has_run: returns whether a sheet was run before, to its end, and has not changed since.
        is_practice: whether nothing is sent to the shop, and there is no ledger.
    """

    read: Callable[[Path], Sheet]
    check: differences.Check
    entries: differences.Entries
    has_run: Callable[[Source], bool]
    is_practice: bool


def take_mended(
    sources: Sequence[Source], left_out: Sequence[Source], settings: Settings, means: Means
) -> list[Source]:
    """Put mended results in the place of the sheets that they came from.

    That is for sheets of a folder, and for those whose results are named beside them. A sheet that
    was named alone is run as it is; its mended results are told and kept.

    Args:
        sources: the sheets of a run.
        left_out: results that the user named beside their sheets.
        settings: the settings of the run.
        means: ways to look at the files.
    """
    named = {comparable_path(source.path): source for source in left_out}
    is_real = settings.kind is RunKind.REAL
    taken: list[Source] = []
    for source in sources:
        if source.refusal:
            taken.append(source)
            continue
        results = _results_of(source, settings)
        is_alone = _stands_alone(source, settings) and comparable_path(results) not in named
        mended = _find(results, source, means, is_alone=is_alone)
        if mended is None:
            left_open = _count_left_open(results, source, means) if is_real else 0
            taken.append(replace(source, left_open=left_open))
        elif is_alone:
            note = "" if is_real else _describe_held(source, results, mended)
            taken.append(replace(source, held=mended, note=note))
        else:
            named.pop(comparable_path(results), None)
            if means.is_practice:
                # Practice has no ledger that would tell.
                mended = replace(mended, unconfirmed=())
            command = commands.command(settings.given, source.path)
            is_settled = means.has_run(source)
            taken += _instead(source, results, mended, command, is_settled=is_settled)
    for source in named.values():
        say = output.write_down if settings.is_quiet else output.note
        say(
            _("{path} holds results of another file named here; left out.").format(
                path=wording.show_path(source.path)
            )
        )
    return taken


def _instead(
    source: Source, results: Path, mended: Mended, command: str, *, is_settled: bool
) -> Iterator[Source]:
    """Return mended results, and their sheet behind them if it has changed since."""
    sha256 = source.fingerprint()
    note = _describe_taken(source, results, mended, is_settled=is_settled)
    if is_settled:
        note = " ".join((note, *_describe_lost(source, mended, command)))
    yield replace(
        source,
        path=results,
        content=results,
        origin=source.path,
        origin_sha256=sha256,
        note=note,
        missing=len(mended.unconfirmed) if is_settled else 0,
    )
    if not is_settled:
        refusal = _describe_both(source, results, mended, command) if mended.is_contested else ""
        yield replace(source, refusal=refusal)


def _stands_alone(source: Source, settings: Settings) -> bool:
    """Return whether a sheet was named itself, or its results were."""
    is_of_folder = settings.output is None or settings.output.is_dir()
    return not (source.is_of_folder and is_of_folder)


def _results_of(source: Source, settings: Settings) -> Path:
    wanted = settings.output
    if wanted is None or wanted.is_dir():
        return writer.choose_target(source.path, wanted)
    return wanted


def _find(results: Path, source: Source, means: Means, *, is_alone: bool) -> Mended | None:
    """Return what results say that their sheet does not; None if that is nothing to run or keep."""
    state = _state_of(results)
    if state is None or results.absolute() == source.path.absolute():
        return None
    # A csv may bear the mark though it was changed; if its sheet did not change, the rows tell.
    is_sure = results.suffix.lower() == ".xlsx" or not means.has_run(source)
    # Practice has no ledger that would tell whether results that came back are of this sheet.
    is_unknown = state is State.CAME_BACK and is_alone and means.is_practice
    if (state is State.WRITTEN and is_sure) or is_unknown:
        return None
    try:
        back, sheet = means.read(results), means.read(source.content)
    except BatchUpdateError:
        # If it is the sheet, that is told when it is run; results of somebody's own are kept.
        return None
    if not back.is_returned and not writer.replaces_itself(results):
        return None
    mended = differences.compare(back, sheet, means.check, means.entries)
    is_told = is_alone and state is State.CHANGED
    if mended is None or is_told or means.has_run(source):
        return mended
    is_contested = differences.is_contested(back, sheet, means.check, means.entries)
    # What was mended and run before is nothing to run or keep beside a sheet that is new.
    is_done = state is State.CAME_BACK and not is_contested
    return None if is_done else replace(mended, is_contested=is_contested)


def _state_of(results: Path) -> State | None:
    """Return what has become of results; None if there are none, or none any more."""
    try:
        return writer.state_of(results) if results.is_file() else None
    except OSError:
        # Another run may have moved them just now.
        return None


def _count_left_open(results: Path, source: Source, means: Means) -> int:
    """Count the rows of another sheet that still need a person, in results as we wrote them."""
    if comparable_path(results) == comparable_path(source.path):
        return 0
    if _state_of(results) is not State.WRITTEN or not writer.may_hold_open(results):
        return 0
    try:
        back = means.read(results)
        if not back.is_returned:
            return 0
        sheet = means.read(source.content)
    except BatchUpdateError:
        # If it is the sheet, that is told when it is run.
        return 0
    return differences.count_left_open(back, sheet, means.check, means.entries)


def _describe_taken(source: Source, results: Path, mended: Mended, *, is_settled: bool) -> str:
    shown = {
        "results": wording.show_path(results),
        "sheet": wording.show_path(source.path),
        "rows": counted.rows(len(mended.rows)),
        "first": mended.rows[0],
    }
    if not is_settled:
        return _(
            "{results} was mended ({rows} that {sheet} does not have, the first is row {first}), "
            "so it is run too."
        ).format(**shown)
    return _(
        "{results} was mended ({rows} that {sheet} does not have, the first is row {first}), so "
        "it is run in place of {sheet}."
    ).format(**shown)


def _describe_lost(source: Source, mended: Mended, command: str) -> Iterator[str]:
    """Say which rows of their sheet mended results lack: those that are done, and the others."""
    sheet = wording.show_path(source.path)
    count = len(mended.unconfirmed)
    if mended.lost > count:
        yield ngettext(
            "{count} row of {sheet} is not in it any more, and is not run.",
            "{count} rows of {sheet} are not in it any more, and are not run.",
            mended.lost - count,
        ).format(sheet=sheet, count=mended.lost - count)
    if count:
        yield ngettext(
            "{count} row of {sheet} that was never confirmed is not in it any more, and is not "
            "run: row {numbers}. Put it back, or run the sheet by name: {command}",
            "{count} rows of {sheet} that were never confirmed are not in it any more, and are "
            "not run: rows {numbers}. Put them back, or run the sheet by name: "
            "{command}",
            count,
        ).format(
            sheet=sheet, count=count, numbers=counted.numbers(mended.unconfirmed), command=command
        )


def _describe_both(source: Source, results: Path, mended: Mended, command: str) -> str:
    return _(
        "{sheet} was not run: it is not as it was when it was run last, and its results {results} "
        "were mended as well (the first is row {first}), and the two contradict each other. "
        "The mended results were taken. Bring what is new into one of the two; if that is "
        "{sheet}, run it alone: {command}"
    ).format(
        sheet=wording.show_path(source.path),
        results=wording.show_path(results),
        first=mended.rows[0],
        command=command,
    )


def _describe_held(source: Source, results: Path, mended: Mended) -> str:
    return _(
        "{results} was mended: it holds {rows} that {sheet} does not have (the first is row "
        "{first}). They are not part of this run; name {results} for that."
    ).format(
        results=wording.show_path(results),
        sheet=wording.show_path(source.path),
        rows=counted.rows(len(mended.rows)),
        first=mended.rows[0],
    )
