"""One row, read as a header: clear columns, and doubtful ones to ask about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from batch_update.headers import dates, ours, words
from batch_update.headers.naming import NamedColumn
from batch_update.i18n import _
from batch_update.model import DATES, CellValue, Field, Layout, Row, column_letter

Named = Mapping[Field, NamedColumn]
"""The user's names of columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Result of reading a row as the header.

    Args:
        row: the row.
        layout: the columns whose meaning is clear.
        rivals: the columns, by index from 0, that could be the same field.
        lettered: the fields whose columns are known by their letter alone.
    """

    row: Row
    layout: Layout
    rivals: Mapping[Field, Sequence[int]] = field(default_factory=dict)
    lettered: frozenset[Field] = frozenset()

    @property
    def known(self) -> set[Field]:
        """The fields that the row itself names, clearly or not."""
        return (set(self.layout.columns) | set(self.rivals)) - self.lettered

    def has(self, wanted: Field) -> bool:
        """Return whether a field has a column, or several."""
        return wanted in self.layout.columns or wanted in self.rivals

    def at(self, index: int) -> str:
        """Return the name of a column for a message: its header and its letter."""
        names = self.layout.names
        return _("{name} (column {column})").format(name=names[index], column=column_letter(index))


def header_text(value: CellValue) -> str:
    """Return a cell's text as a header."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def read_header(row: Row, named: Named, width: int) -> Reading:
    """Match a row against the words.

    Args:
        row: the row.
        named: the user's names of columns; they go before the known words.
        width: number of columns of the sheet; a letter beyond them is none.
    """
    names = [header_text(value) for value in row.cells]
    said: dict[Field, list[int]] = {}
    lettered = set()
    for wanted, column in named.items():
        said[wanted] = column.find(names)
        if not said[wanted]:
            said[wanted] = [index for index in column.letters() if index < width]
            lettered |= {wanted} if said[wanted] else set()
    _name_blank_columns(names, [index for wanted in lettered for index in said[wanted]])
    places = _places(names, said)
    found = {
        **{wanted: places[wanted] for wanted in places if wanted not in DATES},
        **dates.candidates(places, named, _dated(names, said)),
    }
    if Field.RPO not in named:
        found[Field.RPO] = _with_other_tracks(found.get(Field.RPO, ()), names)
    layout = Layout(
        header_row=row.number,
        names=tuple(names),
        columns={wanted: indexes[0] for wanted, indexes in found.items() if len(indexes) == 1},
        void_column=words.void_column(names),
    )
    rivals = {wanted: indexes for wanted, indexes in found.items() if len(indexes) > 1}
    return Reading(row=row, layout=layout, rivals=rivals, lettered=frozenset(lettered))


def _name_blank_columns(names: list[str], indexes: Iterable[int]) -> None:
    """Give columns without a header a name for messages."""
    for index in indexes:
        names += [""] * (index + 1 - len(names))
        names[index] = names[index] or blank_name(index)


def blank_name(index: int) -> str:
    """Return a name for a column without a header, by its letter."""
    return _("column {column}").format(column=column_letter(index))


def _places(names: Sequence[str], said: Mapping[Field, Sequence[int]]) -> dates.Places:
    """List the columns of each field: by the user's names, else by words, the weak ones last."""
    taken = {index for indexes in said.values() for index in indexes}
    strong: dict[Field, Sequence[int]] = {}
    weak: dict[Field, Sequence[int]] = {}
    for index, name in enumerate(names):
        if index in taken:
            continue
        if (wanted := words.strong_meaning(name)) is not None:
            strong[wanted] = [*strong.get(wanted, ()), index]
        elif (wanted := words.weak_meaning(name)) is not None:
            weak[wanted] = [*weak.get(wanted, ()), index]
    return {**weak, **strong, **said}


def _dated(names: Sequence[str], said: Mapping[Field, Sequence[int]]) -> list[int]:
    """List the columns of dates of any kind."""
    others = {index for wanted in said if wanted not in DATES for index in said[wanted]}
    return [
        index
        for index, name in enumerate(names)
        if index not in others and not ours.is_ours(name) and words.speaks_of_date(name)
    ]


def _with_other_tracks(found: Sequence[int], names: Sequence[str]) -> Sequence[int]:
    """Doubt a number that may be an invoice's, if another column speaks of tracking numbers."""
    if len(found) != 1 or not words.is_invoice(names[found[0]]):
        return found
    return [*found, *(i for i, name in enumerate(names) if words.speaks_of_tracking(name))]
