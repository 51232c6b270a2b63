"""A sheet without a header row: its columns are known by their letters alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from batch_update.errors import InputFileError
from batch_update.headers.advice import HeaderNotFoundError
from batch_update.headers.guessing import options_without_header
from batch_update.headers.header import Named, blank_name
from batch_update.i18n import _
from batch_update.model import CellValue, Field, Layout, Row, column_letter

_DELIMITERS = re.compile("[;,|\t]")


def read_without_header(
    rows: Sequence[Row], named: Named, needed: Sequence[Field], where: str
) -> Layout:
    """Return the layout of the columns that the user named by their letters.

    Raises:
        HeaderNotFoundError: a needed column is not named, or not there.
        InputFileError: a column is named by something else than its letter.
    """
    if not rows:
        raise HeaderNotFoundError(
            _("{where}: it is empty. Export the sheet again and check that it holds rows.").format(
                where=where
            ),
            matches=0,
        )
    missing = [wanted for wanted in needed if wanted not in named]
    if missing:
        options = options_without_header(rows, missing=needed) or _(
            "--no-header --column bill_id=A --column status=B --column date=C --column rpo=D"
        )
        label = _(" and ").join(wanted.label for wanted in missing)
        text = _(
            "{where}: without a header row, columns are known by their letters only, and "
            "none is named for the {label}. Say which columns are which, such as: {options}"
        ).format(where=where, label=label, options=options)
        raise HeaderNotFoundError(text, matches=0)
    columns = {wanted: _column(wanted, named, where) for wanted in named}
    _refuse_wrong_letter(rows, columns, where)
    width = max(*(len(row.cells) for row in rows), *(index + 1 for index in columns.values()))
    return Layout(header_row=0, names=invented_names(columns, width), columns=columns)


def _column(wanted: Field, named: Named, where: str) -> int:
    letters = named[wanted].letters()
    if len(letters) == 1:
        return letters[0]
    raise InputFileError(
        _(
            "{where}: {said_in} says that the {label} stands under {shown}, but without a "
            "header row columns are known by their letters only. Write it like --column "
            "{field}=B."
        ).format(
            where=where,
            said_in=named[wanted].place(wanted),
            label=wanted.label,
            shown=named[wanted].shown,
            field=wanted,
        )
    )


def _refuse_wrong_letter(rows: Sequence[Row], columns: Mapping[Field, int], where: str) -> None:
    """Refuse a column without any order number, as that of a csv cut at a wrong delimiter."""
    index = columns[Field.BILL_ID]
    if not any(_may_be_order(row.cell(index)) for row in rows):
        text = _(
            "{where}: column {column} holds no order number, from row {row} on. Say which "
            "column does: --column bill_id=A, with its letter in place of A."
        ).format(where=where, column=column_letter(index), row=rows[0].number)
        raise HeaderNotFoundError(text, matches=0)


def _may_be_order(value: CellValue) -> bool:
    if isinstance(value, str):
        return any(char.isdigit() for char in value) and not _DELIMITERS.search(value)
    return isinstance(value, int | float)


def invented_names(columns: Mapping[Field, int], width: int) -> tuple[str, ...]:
    """Make the header that the sheet lacks, so that its results can be read by their words."""
    names = [blank_name(index) for index in range(width)]
    for wanted, index in columns.items():
        names[index] = wanted.value
    plain = columns.get(Field.DATE)
    rest = {Field.DATE_SENT, Field.DATE_PAID} - set(columns)
    if plain is not None and len(rest) == 1 and names[plain] == Field.DATE:
        names[plain] = rest.pop().value
    return tuple(names)
