"""Messages about missing columns, and about several columns for one field."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.headers import words
from batch_update.headers.guessing import options_without_header
from batch_update.headers.header import Named, Reading
from batch_update.headers.naming import column_letter
from batch_update.i18n import _
from batch_update.model import DATES, Field, Layout

_MOST_NAMES = 12
_LONGEST_NAME = 30


class HeaderNotFoundError(InputFileError):
    """No row names the needed columns.

    Args:
        text: the columns that were looked for and those that were found.
        matches: number of columns that the best row named.
    """

    def __init__(self, text: str, *, matches: int) -> None:
        super().__init__(text)
        self.matches = matches


def nothing_found(
    matches: int, best: Reading, needed: Sequence[Field], named: Named, where: str
) -> HeaderNotFoundError:
    """Describe the missing columns, the likeliest row, and the way to name a column."""
    layout = best.layout
    missing = [
        wanted for wanted in needed if wanted not in layout.columns or wanted in best.lettered
    ]
    looked_for = _(" and ").join(
        _example(wanted)
        if wanted not in named
        else _("{label} ({shown}, as {said_in} says)").format(
            label=wanted.label, shown=named[wanted].shown, said_in=named[wanted].said_in
        )
        for wanted in missing
    )
    found = (
        _("row {row} has: {names}").format(row=layout.header_row, names=listed(layout.names))
        if matches
        else _("the first row reads: {names}").format(names=listed(shown_cells(best)))
    )
    sentences = [_advice(missing[0], layout)]
    if Field.STATUS in missing:
        sentences.append(_("If all rows are of one status, say it once for them: --status sent."))
    if hint := options_without_header(best.row, missing=needed):
        sentences.append(
            _(
                "If the sheet has no header row, say so, and which columns are which by their "
                "letters, such as: {options}"
            ).format(options=hint)
        )
    text = _("{where}: no column for {fields}; {found}. {advice}").format(
        where=where, fields=looked_for, found=found, advice=" ".join(sentences)
    )
    return HeaderNotFoundError(text, matches=matches)


def shown_cells(reading: Reading) -> list[str]:
    """List the cells of a row that is no header, for a message."""
    values = zip(reading.row.cells, reading.layout.names, strict=False)
    return [name if isinstance(value, str) else _shown(value) for value, name in values]


def _shown(value: object) -> str:
    return "" if value is None else str(getattr(value, "text", value))


def two_columns(reading: Reading, wanted: Field, found: Sequence[int], where: str) -> str:
    """Ask which of several columns is meant."""
    names = [reading.layout.names[index] for index in found]
    first = names[0]
    is_same = [words.compact(name) for name in names].count(words.compact(first)) > 1
    text = _(
        "{where}: in the header (row {row}) more than one column could be the {label}: "
        "{columns}. Say which one, such as --column {field}={header}, or rename the others."
    ).format(
        where=where,
        row=reading.layout.header_row,
        label=wanted.label,
        columns=", ".join(map(reading.at, found)),
        field=wanted,
        header=column_letter(found[0]) if is_same else f'"{first}"',
    )
    if wanted is not Field.DATE:
        return text
    of_each = _(
        "If rows that are sent and rows that are paid have their dates in different columns: "
        "--column date_sent=HEADER --column date_paid=HEADER."
    )
    return f"{text} {of_each}"


def describe_lacking(layout: Layout, wanted: Field) -> str:
    """Report once per sheet a column that rows need and the sheet lacks."""
    advice = _advice(wanted, layout)
    if not layout.header_row:
        advice = _("Say which column it is, by its letter: --column {field}=B.").format(
            field=wanted
        )
    if wanted in DATES:
        of_all = _("Or say the day once for all rows that name none: --date 2026-11-20.")
        advice = f"{advice} {of_all}"
    found = _("there is no header row")
    if layout.header_row:
        found = _("row {row} has: {names}").format(
            row=layout.header_row, names=listed(layout.names)
        )
    return _("No column for {field}, which some rows need; {found}. {advice}").format(
        field=_example(wanted), found=found, advice=advice
    )


def _example(wanted: Field) -> str:
    examples = ", ".join(words.EXAMPLES[wanted])
    return _("{label} (such as {examples})").format(label=wanted.label, examples=examples)


def _advice(missing: Field, layout: Layout) -> str:
    """Advise on naming the column, with the exact words if a column may be it."""
    suspects = _suspects(missing, layout)
    if not suspects:
        return _(
            "Name it in the header row, or say which column it is: --column {field}=HEADER."
        ).format(field=missing)
    shown = ", ".join(
        _("{name} (column {column})").format(
            name=wording.quote(layout.names[index]), column=column_letter(index)
        )
        for index in suspects
    )
    which = _("It may be") if len(suspects) == 1 else _("It may be one of")
    return _(
        "{which} {shown}, which can also mean something else. If it is, say so: --column "
        '{field}="{header}".'
    ).format(which=which, shown=shown, field=missing, header=layout.names[suspects[0]])


def _suspects(missing: Field, layout: Layout) -> list[int]:
    """List the columns that may be a field; a counter of lines only if no other may."""
    taken = set(layout.columns.values())
    suspects = [
        index
        for index, name in enumerate(layout.names)
        if index not in taken and words.may_mean(name, missing)
    ]
    likely = [index for index in suspects if not words.is_asked_last(layout.names[index])]
    return likely or suspects


def count_suspects(layout: Layout, needed: Sequence[Field]) -> int:
    """Count the columns that may be one of some fields, though not surely."""
    return sum(words.may_mean(name, wanted) for name in layout.names for wanted in needed)


def listed(names: Sequence[str]) -> str:
    """List headers for a message: not too many, none too long."""
    shown = [
        name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        for name in names
        if name
    ]
    rest = len(shown) - _MOST_NAMES
    more = _(" and {count} more").format(count=rest) if rest > 0 else ""
    return (", ".join(shown[:_MOST_NAMES]) or _("nothing")) + more
