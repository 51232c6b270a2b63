"""Header words, English and Russian, to fields; and where the header row stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batch_update import wording
from batch_update.columns import words
from batch_update.errors import InputFileError
from batch_update.orders import CellValue, Field, Layout, Row
from batch_update.texts import columns as texts

SEARCHED_ROWS = 50
"""How many rows from the top may come before the header."""

RESULT_COLUMNS = (
    "result",
    "error_code",
    "error_text",
    "as_shop_sees_it",
    "attempts",
    "updated_at",
)
"""What the results file adds after the sheet's own columns."""

REASON = "why_not_updated"
"""What the file of failures adds."""

EXAMPLE = "example"
"""Stands for the order number in the template's example row, which is no data."""

OUR_COLUMNS = (*RESULT_COLUMNS, REASON)


class HeaderNotFoundError(InputFileError):
    """No row names the needed columns.

    Args:
        text: what was looked for and what was found.
        matches: how many columns the best row named.
    """

    def __init__(self, text: str, *, matches: int) -> None:
        super().__init__(text)
        self.matches = matches


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColumn:
    """What the user says of a field's column, which goes before the known words.

    Args:
        headers: the header, or several of which one is there.
        said_in: where the user says so: `--column`, or the config file's name.
    """

    headers: tuple[str, ...]
    said_in: str

    @property
    def shown(self) -> str:
        """The headers, quoted, for a message."""
        return texts.OR.join(wording.quote(header) for header in self.headers)


def accepted_words(wanted: Field) -> tuple[str, ...]:
    """List the header words that name a field."""
    return words.WORDS[wanted]


def find_layout(
    rows: Iterable[Row], *, named: Mapping[Field, NamedColumn], needed: Sequence[Field], where: str
) -> Layout:
    """Find the header row and what its columns mean.

    Args:
        rows: the first rows of the sheet, in order.
        named: headers that the user gave for fields; they go before the known words.
        needed: the fields without which the sheet is of no use.
        where: the file and sheet, for the message.

    Returns:
        The layout of the first row that names all that is needed.

    Raises:
        HeaderNotFoundError: no row does.
        InputFileError: two columns could be the same field.
    """
    wanted_words = {
        wording.normalise(header): field
        for field, column in named.items()
        for header in column.headers
    }
    best: tuple[int, Layout] | None = None
    first_rows = list(rows)
    for row, below in itertools.zip_longest(first_rows, first_rows[1:]):
        layout, rivals = _read_header(row, wanted_words)
        if below is not None and below.number == row.number + 1:
            layout, rivals = _with_second_line(row, below, (layout, rivals), wanted_words)
        if all(field in layout.columns or field in rivals for field in needed):
            _refuse_rivals(rivals, where, layout.header_row)
            _refuse_unknown_names(layout, named, where)
            return layout
        matches = len(layout.columns) + len(rivals)
        matches += sum(_may_mean(name, field) for name in layout.names for field in needed)
        if best is None or matches > best[0]:
            best = (matches, layout)
    matches = 0 if best is None else best[0]
    raise HeaderNotFoundError(_nothing_found(best, needed, named, where), matches=matches)


def _with_second_line(
    upper: Row,
    lower: Row,
    single: tuple[Layout, dict[Field, list[str]]],
    wanted_words: Mapping[str, Field],
) -> tuple[Layout, dict[Field, list[str]]]:
    """Read a header of two lines, whose cells are merged: `Parcel` above `Date` and `Number`.

    A cell that is merged downwards leaves the second line empty below it. The pair is taken only if
    it names more fields than the upper line, and the lower line repeats none of them.
    """
    layout, _ = single
    taken = {index for index in layout.columns.values() if lower.cell(index) is not None}
    width = max(len(upper.cells), len(lower.cells))
    merged = Row(
        number=lower.number,
        cells=tuple(
            upper.cell(index) if lower.cell(index) is None else lower.cell(index)
            for index in range(width)
        ),
    )
    pair = _read_header(merged, wanted_words)
    is_more = len(pair[0].columns) + len(pair[1]) > len(layout.columns) + len(single[1])
    return pair if is_more and layout.columns and not taken else single


def _read_header(
    row: Row, wanted_words: Mapping[str, Field]
) -> tuple[Layout, dict[Field, list[str]]]:
    """Match one row against the words; rivals are columns that mean the same field."""
    names = tuple(_header_text(value) for value in row.cells)
    candidates: dict[Field, list[int]] = {}
    weak: dict[Field, list[int]] = {}
    for index, name in enumerate(names):
        word = wording.normalise(name)
        field = _field_of(word, wanted_words)
        if field is not None:
            is_weak = word in words.WEAK_WORDS and word not in wanted_words
            found = weak if is_weak else candidates
            found.setdefault(field, []).append(index)
    for field, indexes in weak.items():
        candidates.setdefault(field, indexes)
    columns = {field: found[0] for field, found in candidates.items() if len(found) == 1}
    rivals = {
        field: [
            texts.NAME_AT.format(name=names[index], column=column_letter(index)) for index in found
        ]
        for field, found in candidates.items()
        if len(found) > 1
    }
    headers = [wording.normalise(name) for name in names]
    void_column = next((headers.index(word) for word in words.VOID_WORDS if word in headers), None)
    layout = Layout(header_row=row.number, names=names, columns=columns, void_column=void_column)
    return layout, rivals


def _field_of(word: str, wanted_words: Mapping[str, Field]) -> Field | None:
    if word in wanted_words:
        return wanted_words[word]
    field = words.FIELD_OF_WORD.get(word)
    return None if field in wanted_words.values() else field


def _refuse_rivals(rivals: Mapping[Field, Sequence[str]], where: str, row_number: int) -> None:
    for field, found in rivals.items():
        raise InputFileError(
            texts.TWO_COLUMNS.format(
                where=where,
                row=row_number,
                label=field.label,
                columns=", ".join(found),
                field=field,
            )
        )


def _refuse_unknown_names(layout: Layout, named: Mapping[Field, NamedColumn], where: str) -> None:
    for field, column in named.items():
        if field not in layout.columns:
            raise InputFileError(
                texts.WRONG_COLUMN.format(
                    where=where,
                    said_in=column.said_in,
                    label=field.label,
                    shown=column.shown,
                    row=layout.header_row,
                    names=_listed(layout.names),
                )
            )


def _nothing_found(
    best: tuple[int, Layout] | None,
    needed: Sequence[Field],
    named: Mapping[Field, NamedColumn],
    where: str,
) -> str:
    if best is None:
        return texts.EMPTY.format(where=where)
    matches, layout = best
    missing = [field for field in needed if field not in layout.columns]
    looked_for = texts.AND.join(
        texts.LABEL_EXAMPLES.format(label=field.label, examples=", ".join(_EXAMPLES[field]))
        if field not in named
        else texts.LABEL_SAID.format(
            label=field.label, shown=named[field].shown, said_in=named[field].said_in
        )
        for field in missing
    )
    found = (
        texts.HEADER_HAS.format(row=layout.header_row, names=_listed(layout.names))
        if matches
        else texts.FIRST_ROW_READS.format(names=_listed(layout.names))
    )
    return texts.NO_COLUMN.format(
        where=where, fields=looked_for, found=found, advice=_advice(missing[0], layout)
    )


def _advice(missing: Field, layout: Layout) -> str:
    """Say how to name the column, with the exact words if there is one that may be it."""
    suspects = [index for index, name in enumerate(layout.names) if _may_mean(name, missing)]
    if not suspects:
        return texts.NAME_COLUMN.format(field=missing)
    shown = ", ".join(
        texts.NAME_AT.format(name=wording.quote(layout.names[index]), column=column_letter(index))
        for index in suspects
    )
    which = texts.IT_MAY_BE if len(suspects) == 1 else texts.IT_MAY_BE_ONE_OF
    return texts.SUSPECTS.format(
        which=which, shown=shown, field=missing, header=layout.names[suspects[0]]
    )


def _may_mean(name: str, wanted: Field) -> bool:
    """Tell whether a header may name a field: a word of many meanings, or a known one with more."""
    word = wording.normalise(name)
    if words.AMBIGUOUS_FIELD_OF_WORD.get(word) is wanted:
        return True
    return any(
        word.startswith(f"{known} ")
        for known, field in words.FIELD_OF_WORD.items()
        if field is wanted and " " in known
    )


_EXAMPLES = {
    Field.BILL_ID: ("bill_id", "Order number", "Номер заказа"),
    Field.STATUS: ("status", "Status", "Статус"),
    Field.DATE: ("date", "Date", "Дата"),
    Field.RPO: ("rpo", "Tracking number", "Трек-номер"),
}


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 30 else f"{name[:29]}…" for name in names if name]
    more = texts.AND_MORE.format(count=len(shown) - 12) if len(shown) > 12 else ""
    return (", ".join(shown[:12]) or texts.NOTHING) + more


def _header_text(value: CellValue) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def is_header(row: Row, layout: Layout) -> bool:
    """Tell whether a row repeats the header, as each page of a printed report does."""
    for index in layout.columns.values():
        if _header_text(row.cell(index)) != layout.names[index]:
            return False
    return len(layout.columns) > 1


def is_total(row: Row, layout: Layout) -> bool:
    """Tell whether a row sums the others up: a word such as `Total`, no order and no shipment."""
    bill_id = row.cell(layout.columns.get(Field.BILL_ID))
    if bill_id is not None and (not isinstance(bill_id, str) or bill_id.isdecimal()):
        return False
    first = next((one for one in row.cells if isinstance(one, str) and one.strip()), None)
    if first is None or bill_id not in {None, first}:
        return False
    shipment = [row.cell(layout.columns.get(field)) for field in (Field.STATUS, Field.RPO)]
    if all(value not in {None, "", first} for value in shipment):
        return False
    return wording.normalise(first).partition(" ")[0].rstrip(":") in words.TOTAL_WORDS


def is_example(row: Row, layout: Layout) -> bool:
    """Tell whether a row is the example of a template."""
    bill_id = row.cell(layout.columns.get(Field.BILL_ID))
    return isinstance(bill_id, str) and wording.normalise(bill_id) == EXAMPLE


def column_letter(index: int) -> str:
    """Name a column by its index from 0 as spreadsheets do: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
