"""Find the header row, or explain why there is none."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from batch_update.errors import HeaderError, PracticeFileError
from batch_update.headers import advice, ours
from batch_update.headers.advice import HeaderNotFoundError
from batch_update.headers.header import Named, Reading, header_text, read_header
from batch_update.headers.headless import read_without_header
from batch_update.i18n import _
from batch_update.model import DATES, CellValue, Field, Layout, Row

SEARCHED_ROWS = 50
"""Most rows from the top that may come before the header."""


def find_layout(
    rows: Iterable[Row],
    *,
    named: Named,
    needed: Sequence[Field],
    where: str,
    has_header: bool = True,
) -> Layout:
    """Find the header row and the meanings of its columns.

    Args:
        rows: the first rows of the sheet, in order.
        named: headers or letters that the user gave for fields; they go before the known words.
        needed: the fields without which the sheet is of no use.
        where: the file and sheet, for the message.
        has_header: whether there is a header row.

    Returns:
        The layout of the first row that names all needed columns.

    Raises:
        HeaderNotFoundError: no row does.
        InputFileError: two columns could be the same field.
        PracticeFileError: it is of a practice run.
    """
    first_rows = list(rows)
    if ours.is_practice(first_rows):
        raise PracticeFileError(
            _(
                "{where} is a file of a practice run, which is never sent. Correct the rows in "
                "the sheet itself, and name that."
            ).format(where=where)
        )
    if has_header:
        reading = _find(first_rows, named, needed, where)
        _refuse_rivals(reading, named, where, first_rows)
        layout = reading.layout
    else:
        layout = read_without_header(first_rows, named, needed, where)
    _refuse_unknown_names(layout, named, where)
    _refuse_same_column(layout, named, where)
    return layout


def has_our_header(rows: Iterable[Row]) -> bool:
    """Return whether one of the first rows is the header of a file of ours; each has one."""
    return any(ours.is_returned([header_text(value) for value in row.cells]) for row in rows)


def _find(rows: Sequence[Row], named: Named, needed: Sequence[Field], where: str) -> Reading:
    best: tuple[int, Reading] | None = None
    by_letters: Reading | None = None
    for reading in _readings(rows, named):
        if all(reading.has(wanted) for wanted in needed):
            if not reading.lettered & set(needed):
                return reading
            if _looks_like_header(reading, needed) and (
                by_letters is None or _weight(reading) > _weight(by_letters)
            ):
                by_letters = reading
        matches = len(reading.known) + advice.count_suspects(reading.layout, needed)
        if best is None or matches > best[0]:
            best = (matches, reading)
    if by_letters is not None:
        return by_letters
    if best is None:
        raise HeaderNotFoundError(
            _("{where}: it is empty. Export the sheet again and check that it holds rows.").format(
                where=where
            ),
            matches=0,
        )
    raise advice.nothing_found(best, needed, named, where, rows)


def _readings(rows: Sequence[Row], named: Named) -> Iterator[Reading]:
    width = max((len(row.cells) for row in rows), default=0)
    for row, below in itertools.zip_longest(rows, rows[1:]):
        reading = read_header(row, named, width)
        if below is not None and below.number == row.number + 1:
            reading = _with_second_line(row, below, reading, named)
        yield reading


def _with_second_line(upper: Row, lower: Row, single: Reading, named: Named) -> Reading:
    """Read a header of two lines, whose cells are merged: `Parcel` above `Date` and `Number`.

    A cell that is merged downwards leaves the second line empty below it. The pair is taken only if
    it names more fields than the upper line, and the lower line repeats none of them.
    """
    columns = single.layout.columns
    taken = any(lower.cell(columns[wanted]) is not None for wanted in set(columns) & single.known)
    width = max(len(upper.cells), len(lower.cells))
    merged = Row(
        number=lower.number,
        cells=tuple(
            upper.cell(index) if lower.cell(index) is None else lower.cell(index)
            for index in range(width)
        ),
    )
    pair = read_header(merged, named, width)
    is_more = len(pair.known) > len(single.known)
    return pair if is_more and columns and not taken else single


def _weight(reading: Reading) -> int:
    """Return the weight of a row as header: the fields that it names itself count most."""
    cells = [reading.row.cell(reading.layout.columns.get(one)) for one in reading.lettered]
    return 100 * len(reading.known) + sum(value is not None for value in cells)


def _looks_like_header(reading: Reading, needed: Sequence[Field]) -> bool:
    """Return whether a row can be the header, by the user's letters and not by its words.

    A row of data must not be taken for it, since it would be lost.
    """
    for wanted in reading.lettered & set(needed):
        value = reading.row.cell(reading.layout.columns.get(wanted))
        if value is None:
            if not reading.known or any(map(_is_data, reading.row.cells)):
                return False
        elif _is_data(value):
            return False
    return True


def _is_data(value: CellValue) -> bool:
    if value is None:
        return False
    return not isinstance(value, str) or any(char.isdigit() for char in value)


def _refuse_rivals(reading: Reading, named: Named, where: str, rows: Sequence[Row]) -> None:
    for wanted in reading.rivals:
        raise HeaderError(advice.two_columns(reading, wanted, named, where, rows))


def _refuse_unknown_names(layout: Layout, named: Named, where: str) -> None:
    for wanted, column in named.items():
        if wanted not in layout.columns:
            raise HeaderError(
                _(
                    "{where}: {said_in} says that the {label} stands under {shown}, but "
                    "the header (row {row}) has: {names}."
                ).format(
                    where=where,
                    said_in=column.place(wanted),
                    label=wanted.label,
                    shown=column.shown,
                    row=layout.header_row,
                    names=advice.listed(layout.names),
                )
            )


def _refuse_same_column(layout: Layout, named: Named, where: str) -> None:
    """Refuse one column for two fields, such as the order and its tracking number."""
    for one, other in itertools.combinations(named, 2):
        index = layout.columns[one]
        if index == layout.columns[other] and not {one, other} <= DATES:
            raise HeaderError(
                _(
                    "{where}: {column} is named for two fields: by {one} as the {label}, by "
                    "{other} as the {second}. Each has a column of its own: name another one in "
                    "one of the two places."
                ).format(
                    where=where,
                    column=advice.quoted_column(layout, index),
                    one=named[one].setting(one),
                    other=named[other].setting(other),
                    label=one.label,
                    second=other.label,
                )
            )
