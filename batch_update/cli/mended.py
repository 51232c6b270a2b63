"""Results that a person has mended: the input in place of the sheet they came from.

They have every row of that sheet, so nothing is lost; and the sheet itself, which still says what
was mended, is not run beside them. Whether results were mended is known by what they say: each of
their rows is compared with those of the sheet.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from batch_update import wording, writer
from batch_update.cli import counted, output
from batch_update.cli.sources import Mended, Source
from batch_update.errors import BatchUpdateError
from batch_update.i18n import _, ngettext
from batch_update.model import Field, Row, Sheet
from batch_update.settings.model import Settings
from batch_update.writer import State
from batch_update.writer.table import number_text, plain_text

Read = Callable[[Path], Sheet]


def take_mended(
    sources: Sequence[Source],
    left_out: Sequence[Source],
    settings: Settings,
    read: Read,
    has_run: Callable[[Source], bool],
) -> list[Source]:
    """Put mended results in the place of the sheets that they came from.

    That is for sheets of a folder, and for those whose results are named beside them. A sheet that
    was named alone is run as it is; its mended results are told and kept.

    Args:
        sources: the sheets of a run.
        left_out: results that the user named beside their sheets.
        settings: the settings of the run.
        read: reads a file.
        has_run: whether a sheet was run before, to its end, and has not changed since.
    """
    named = {os.path.realpath(source.path): source for source in left_out}
    taken: list[Source] = []
    for source in sources:
        results = _results_of(source, settings)
        mended = _find(results, source, read, has_run)
        if mended is None:
            taken.append(source)
        elif _stands_alone(source, settings) and os.path.realpath(results) not in named:
            taken.append(replace(source, held=mended))
            if settings.is_dry_run or settings.is_practice:
                output.note(_describe_held(source, results, mended))
        else:
            named.pop(os.path.realpath(results), None)
            is_settled = has_run(source)
            output.note(_describe_taken(source, results, mended, is_settled=is_settled))
            taken.append(replace(source, path=results, content=results, origin=source.path))
            if not is_settled:
                refusal = _describe_both(source, results, mended) if mended.is_contested else ""
                taken.append(replace(source, refusal=refusal))
    for source in named.values():
        output.note(
            _("{path} holds results of another file named here; left out.").format(
                path=wording.show_path(source.path)
            )
        )
    return taken


def _stands_alone(source: Source, settings: Settings) -> bool:
    """Return whether a sheet was named itself, or its results were."""
    is_of_folder = settings.output is None or settings.output.is_dir()
    return not (source.is_of_folder and is_of_folder)


def _results_of(source: Source, settings: Settings) -> Path:
    wanted = settings.output
    if wanted is None or wanted.is_dir():
        return writer.choose_target(source.path, wanted)
    return wanted


def _find(
    results: Path, source: Source, read: Read, has_run: Callable[[Source], bool]
) -> Mended | None:
    """Return what results say that their sheet does not; None if that is nothing."""
    if not results.is_file() or results.absolute() == source.path.absolute():
        return None
    if not _may_be_mended(results, source, has_run):
        return None
    try:
        back, sheet = read(results), read(source.content)
    except BatchUpdateError:
        # If it is the sheet, that is told when it is run; results of somebody's own are kept.
        return None
    if not back.is_returned and not writer.replaces_itself(results):
        return None
    return _compare(back, sheet)


def _may_be_mended(results: Path, source: Source, has_run: Callable[[Source], bool]) -> bool:
    """Return whether results may hold mended rows that are to be run.

    Those that were mended and run before are so for the sheet that they came from. Once that has
    changed, it is new: the ledger knows what was sent for its orders.
    """
    state = writer.state_of(results)
    if state is State.CHANGED:
        return True
    # A csv may bear the mark though it was changed; it was, if it differs and its sheet did not.
    is_sure = state is State.WRITTEN and results.suffix.lower() == ".xlsx"
    is_named = state is State.CAME_BACK and not source.is_of_folder
    return not is_sure and not is_named and has_run(source)


def _compare(back: Sheet, sheet: Sheet) -> Mended | None:
    left = Counter(said for said, __ in _said(sheet))
    rows = []
    orders = set()
    for said, row in _said(back):
        if left[said]:
            left[said] -= 1
        else:
            rows.append(row.number)
            orders.add(_order(back, row))
    if not rows:
        return None
    return Mended(
        rows=tuple(rows),
        lost=max(0, left.total() - len(rows)),
        is_contested=any(_order(sheet, row) in orders for row in sheet.rows),
    )


def _order(sheet: Sheet, row: Row) -> str:
    """Return the digits of a row's order."""
    text = _text(row, sheet.layout.columns.get(Field.BILL_ID))
    return "".join(filter(str.isdigit, text)).lstrip("0")


def _said(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    """Iterate over the rows, each with a fingerprint of what it says in the columns that matter."""
    layout = sheet.layout
    places = [*map(layout.columns.get, Field), layout.void_column]
    for row in sheet.rows:
        yield hash(tuple(_text(row, place) for place in places)), row


def _text(row: Row, place: int | None) -> str:
    """Return a cell as it comes back, in whatever kind of file."""
    value = row.cell(place)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value, row.number_format(place))
    return wording.tidy(plain_text(value))


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
    text = _(
        "{results} was mended ({rows} that {sheet} does not have, the first is row {first}), so "
        "it is run in place of {sheet}."
    ).format(**shown)
    if not mended.lost:
        return text
    lost = ngettext(
        "{count} row of {sheet} is not in it any more, and is not run.",
        "{count} rows of {sheet} are not in it any more, and are not run.",
        mended.lost,
    ).format(**shown, count=mended.lost)
    return f"{text} {lost}"


def _describe_both(source: Source, results: Path, mended: Mended) -> str:
    return _(
        "{sheet} was not run: it is not as it was when it was run last, and its results {results} "
        "were mended as well (the first is row {first}), and both speak of the same orders. "
        "The mended results were taken. Bring what is new into one of the two; if that is "
        "{sheet}, run it alone: batch-update {sheet}"
    ).format(
        sheet=wording.show_path(source.path),
        results=wording.show_path(results),
        first=mended.rows[0],
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
