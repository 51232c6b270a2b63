"""Messages about missing columns, and about several columns for one field."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import wording
from batch_update.errors import HeaderError
from batch_update.headers import words
from batch_update.headers.counters import (
    counting_columns,
    is_order_named_elsewhere,
    without_counters,
)
from batch_update.headers.guessing import options_without_header
from batch_update.headers.header import Named, Reading, blank_name
from batch_update.i18n import _, ngettext
from batch_update.model import DATES, Field, Layout, Row, column_letter

_MOST_NAMES = 30
_LONGEST_NAME = 30


class HeaderNotFoundError(HeaderError):
    """No row names the needed columns.

    Args:
        text: the columns that were looked for and those that were found.
        matches: number of columns that the best row named.
    """

    def __init__(self, text: str, *, matches: int) -> None:
        super().__init__(text)
        self.matches = matches


def nothing_found(
    best: tuple[int, Reading],
    needed: Sequence[Field],
    named: Named,
    where: str,
    rows: Sequence[Row],
) -> HeaderNotFoundError:
    """Describe the missing columns, the likeliest row, and the way to name a column.

    Args:
        best: the row that comes nearest to a header, and how many columns it names.
        needed: the fields without which the sheet is of no use.
        named: the user's names of columns.
        where: the file and sheet.
        rows: the first rows of the sheet.
    """
    matches, reading = best
    layout = reading.layout
    missing = [
        wanted for wanted in needed if wanted not in layout.columns or wanted in reading.lettered
    ]
    looked_for = _(" and ").join(
        _example(wanted)
        if wanted not in named
        else _("{label} ({shown}, as {said_in} says)").format(
            label=wanted.label, shown=named[wanted].shown, said_in=named[wanted].place(wanted)
        )
        for wanted in missing
    )
    found = (
        _("row {row} has: {names}").format(row=layout.header_row, names=listed(layout.names))
        if matches
        else _("the first row reads: {names}").format(names=listed(shown_cells(reading)))
    )
    sentences = _all_advice(missing, layout, named, counting_columns(_below(rows, reading)))
    from_here = [row for row in rows if row.number >= reading.row.number]
    if hint := options_without_header(from_here, missing=needed):
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


def _below(rows: Sequence[Row], reading: Reading) -> list[Row]:
    return [row for row in rows if row.number > reading.layout.header_row]


def _all_advice(
    missing: Sequence[Field], layout: Layout, named: Named, counters: frozenset[int]
) -> list[str]:
    """Advise on each missing column; those about which nothing is known together."""
    sentences = []
    unknown = []
    for wanted in missing:
        if known := _known_advice(wanted, layout, named, counters):
            sentences.append(known)
        else:
            unknown.append(wanted)
    if unknown:
        options = " ".join(
            _("--column {field}={header}").format(field=wanted, header=_("HEADER"))
            for wanted in unknown
        )
        sentences.append(
            ngettext(
                "Name it in the header row, or say which column it is: {options}.",
                "Name them in the header row, or say which columns they are: {options}.",
                len(unknown),
            ).format(options=options)
        )
    if Field.STATUS in missing and not _taken(Field.STATUS, layout, named):
        sentences.append(_("If all rows are of one status, say it once for them: --status sent."))
    return sentences


def _known_advice(missing: Field, layout: Layout, named: Named, counters: frozenset[int]) -> str:
    """Advise on a column, with the exact words, if one may be it or was named for another field."""
    if taken := _taken(missing, layout, named):
        return taken
    suspects = _suspects(missing, layout, counters)
    if not suspects:
        return ""
    shown = ", ".join(quoted_column(layout, index) for index in suspects)
    header = layout.names[suspects[0]]
    if suspects[0] in counters and missing is Field.BILL_ID:
        return _(
            "{shown} counts the lines, like 1, 2, 3. Only if these are the shop's order numbers, "
            'say so: --column {field}="{header}".'
        ).format(shown=shown, field=missing, header=header)
    which = _("It may be") if len(suspects) == 1 else _("It may be one of")
    return _(
        "{which} {shown}, which can also mean something else. If it is, say so: --column "
        '{field}="{header}".'
    ).format(which=which, shown=shown, field=missing, header=header)


def _taken(missing: Field, layout: Layout, named: Named) -> str:
    """Explain that a column that would be a field is named for another one, if one is."""
    others = {other: column for other, column in named.items() if other.topic is not missing.topic}
    for other, column in others.items():
        for index in column.places(layout.names):
            meant = words.meaning(layout.names[index]) if index < len(layout.names) else None
            if meant is not None and meant.topic is missing.topic:
                return _(
                    "{column} would be the {label}, but {setting} names it as the {other}. Name "
                    "another column there, or leave that out."
                ).format(
                    column=quoted_column(layout, index),
                    label=missing.label,
                    setting=column.setting(other),
                    other=other.label,
                )
    return ""


def shown_cells(reading: Reading) -> list[str]:
    """List the cells of a row that is no header, for a message."""
    values = zip(reading.row.cells, reading.layout.names, strict=False)
    return [name if isinstance(value, str) else _shown(value) for value, name in values]


def _shown(value: object) -> str:
    return "" if value is None else str(getattr(value, "text", value))


def two_columns(
    reading: Reading, wanted: Field, named: Named, where: str, rows: Sequence[Row]
) -> str:
    """Ask which of several columns is meant."""
    found = reading.rivals[wanted]
    names = [reading.layout.names[index] for index in found]
    is_same = len({words.compact(name) for name in names}) < len(names)
    likely = without_counters(found, counting_columns(_below(rows, reading)))[0]
    columns = ", ".join(map(reading.at, found))
    header = column_letter(likely) if is_same else f'"{reading.layout.names[likely]}"'
    if wanted in named:
        return _(
            "{where}: the header (row {row}) has more than one column that {setting} names as "
            "the {label}: {columns}. Say which one, such as --column {field}={header}, or leave "
            "the others out there."
        ).format(
            where=where,
            row=reading.layout.header_row,
            setting=named[wanted].setting(wanted),
            label=wanted.label,
            columns=columns,
            field=wanted,
            header=header,
        )
    text = _(
        "{where}: in the header (row {row}) more than one column could be the {label}: "
        "{columns}. Say which one, such as --column {field}={header}, or rename the others."
    ).format(
        where=where,
        row=reading.layout.header_row,
        label=wanted.label,
        columns=columns,
        field=wanted,
        header=header,
    )
    if wanted is not Field.DATE:
        return text
    of_each = _(
        "If rows that are sent and rows that are paid have their dates in different columns: "
        "--column date_sent=HEADER --column date_paid=HEADER."
    )
    return f"{text} {of_each}"


def describe_lacking(layout: Layout, wanted: Field, named: Named) -> str:
    """Report once per sheet a column that rows need and the sheet lacks."""
    advice = " ".join(_all_advice([wanted], layout, named, frozenset()))
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


def quoted_column(layout: Layout, index: int) -> str:
    """Return a column's name for a message: its header, if it has one, and its letter."""
    if not layout.header_row:
        return blank_name(index)
    return _("{name} (column {column})").format(
        name=wording.quote(layout.names[index]), column=column_letter(index)
    )


def _suspects(missing: Field, layout: Layout, counters: frozenset[int]) -> Sequence[int]:
    """List the columns that may be a field; a counter of lines only if no other may."""
    taken = set(layout.columns.values())
    suspects: Sequence[int] = [
        index
        for index, name in enumerate(layout.names)
        if index not in taken and words.may_mean(name, missing)
    ]
    if missing is Field.BILL_ID:
        suspects = without_counters(suspects, counters)
        if set(suspects) <= counters and is_order_named_elsewhere(layout.names, counters):
            return []
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
