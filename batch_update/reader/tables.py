"""Common part of all kinds of files: sheets of rows, one of which holds the shipments."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from batch_update import headers, wording
from batch_update.errors import InputFileError
from batch_update.headers import HeaderNotFoundError, NamedColumn
from batch_update.i18n import _
from batch_update.model import Field, Layout, Row, Sheet, limits
from batch_update.model.spools import spool_of_rows
from batch_update.reader import footers, garbled, results

_MOST_NAMES = 12
_MOST_CELLS = 30_000_000
"""Most cells, against files made to fill the memory; the largest honest sheets hold a third."""
_LEAST_OF_ROW = 10
"""A row without cells takes time and memory too."""


def formats_of(shown: Sequence[str]) -> tuple[str, ...]:
    """Return a row's number formats; none if all are `General`, as in most rows."""
    return tuple(shown) if any(one != "General" for one in shown) else ()


class CellBudget:
    """Room left for a file: its cells, and rows without any."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._left = _MOST_CELLS

    def take(self, row: Row, times: int = 1) -> None:
        """Make room for a row.

        Raises:
            InputFileError: there is none left.
        """
        width = len(row.cells)
        self._left -= times * (max(_LEAST_OF_ROW, width))
        if self._left < 0:
            cells = _MOST_CELLS // 10**6
            rows = cells // _LEAST_OF_ROW
            raise InputFileError(
                _(
                    "{shown} holds more than {cells} million cells or {rows} million rows, "
                    "which is no list of shipments. Delete the rows and columns that are "
                    "not needed."
                ).format(shown=self._shown, cells=cells, rows=rows)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetQuery:
    """Description of the sheet and columns to look for.

    Args:
        sheet_name: the worksheet that the user named; None to find it.
        named: headers that the user gave for fields.
        needed: fields without which the sheet is of no use.
        has_header: whether the sheet has a header row.
    """

    sheet_name: str | None = None
    named: Mapping[Field, NamedColumn] = field(default_factory=dict)
    needed: Sequence[Field] = (Field.BILL_ID, Field.STATUS)
    has_header: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One worksheet, to be read as often as needed.

    Args:
        name: the worksheet's name.
        read_rows: iterates from the first row on.
        is_hidden: whether the spreadsheet program hides it.
        hidden_rows: returns the numbers of rows that are hidden, by hand or by a filter.
        notes: notes on its reading, for the user.
        widths: returns the width of columns by index, once the rows were read.
    """

    name: str
    read_rows: Callable[[], Iterator[Row]]
    is_hidden: bool = False
    hidden_rows: Callable[[], frozenset[int]] = frozenset
    notes: Sequence[str] = ()
    widths: Callable[[], Mapping[int, float]] = dict


def choose_table(
    path: Path, tables: Sequence[Table], query: SheetQuery, *, explains: bool = True
) -> tuple[Table, Layout]:
    """Find the one worksheet that holds the shipments.

    Args:
        path: the file.
        tables: its worksheets.
        query: the sheet and columns to look for.
        explains: whether a header that is not found is explained by `explain`, which takes long.

    Raises:
        InputFileError: none does, several could be meant, or the named one is not there.
    """
    shown = wording.printable(path.name)
    if not query.has_header and any(map(_is_ours, tables)):
        query = replace(query, has_header=True)
    if query.sheet_name is None:
        visible = [table for table in tables if not table.is_hidden]
    else:
        visible = [_named_table(shown, tables, query.sheet_name)]
    if not visible:
        raise InputFileError(
            _("{shown} has no visible sheet with rows. Name one with --sheet.").format(shown=shown)
        )
    found: list[tuple[Table, Layout]] = []
    failures: list[tuple[HeaderNotFoundError, Table]] = []
    for table in visible:
        try:
            found.append((table, _find_layout(shown, table, query)))
        except HeaderNotFoundError as error:
            failures.append((error, table))
    # A letter is a column of every sheet, so it may seem to be one of the summary too.
    found = [one for one in found if results.is_results(one[1])] or found
    if len(found) > 1:
        names = _listed([table for table, __ in found])
        raise InputFileError(
            _(
                "{shown}: more than one sheet could be meant: {names}. Say which one: --sheet NAME."
            ).format(shown=shown, names=names)
        )
    if not found:
        failure, table = max(failures, key=lambda failure: failure[0].matches)
        raise explain(failure, table, query) if explains else failure
    return found[0]


def explain(failure: HeaderNotFoundError, table: Table, query: SheetQuery) -> HeaderNotFoundError:
    """Add to an error that the header came in a wrong encoding, if it did."""
    meant = garbled.explain(list(_first_rows(table)), query.needed)
    if meant is None:
        return failure
    found, right = map(wording.quote, meant)
    text = _(
        "{failure} The encoding was lost on the way: {found} was {meant} once. Export the "
        "sheet again, as .xlsx or as csv in UTF-8."
    ).format(failure=failure, found=found, meant=right)
    return HeaderNotFoundError(text, matches=failure.matches)


def build_sheet(
    path: Path,
    table: Table,
    layout: Layout,
    *,
    epoch: dt.date = limits.EPOCH,
    delimiter: str = "",
    encoding: str = "",
) -> Sheet:
    """Read a worksheet's rows, and separate data from titles, header, totals and blank rows."""
    budget = CellBudget(wording.printable(path.name))
    is_results = results.is_results(layout)
    kept_columns = results.input_columns(layout)
    width = len(layout.names)
    lines = table.read_rows()
    if len(kept_columns) < width:
        layout = results.without_ours(layout, kept_columns)
        lines = results.rows_without_ours(lines, width, kept_columns)
    classifier = _RowClassifier(layout)
    for row in lines:
        if row.cells and row.cells[-1] is None:
            row = _without_blank_end(row)
        budget.take(row)
        if row.cells:
            classifier.take(row)
    classifier.end()
    notes = [*table.notes, *classifier.notes()]
    if hidden := table.hidden_rows():
        found = [row.number for row in classifier.rows if row.number in hidden]
        if found:
            notes.append(
                _(
                    "Hidden or filtered-out rows: {count}, the first is row {first}; read like "
                    "all others."
                ).format(count=len(found), first=min(found))
            )
    return Sheet(
        path=path,
        name=table.name,
        layout=layout,
        rows=classifier.rows,
        kept=classifier.others(),
        notes=notes,
        delimiter=delimiter,
        encoding=encoding,
        epoch=epoch,
        widths=table.widths(),
        is_results=is_results,
        is_returned=len(kept_columns) < width,
        width=classifier.width,
    )


class _RowClassifier:
    """Sorter of a table's rows into data and others.

    Args:
        layout: the place of the header, and the columns.

    Attributes:
        rows: the data.
        kept: titles, the header and its repetitions.
        totals: rows at the end that sum the others up or are signed.
        sums: rows among the data that sum others up, as after a sort.
        examples: the template's example row, if it is the first.
        width: number of columns up to the last that holds anything.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # A header of a number would be repeated by a number.
        self._has_numbers_above = any(map(str.isdecimal, layout.names))
        self.rows = spool_of_rows()
        self.kept: list[Row] = []
        self.totals: list[Row] = []
        self.sums: list[Row] = []
        self.examples: list[Row] = []
        self.width = 0
        self._first = self._last = 0
        self._repeated: list[int] = []

    def take(self, row: Row) -> None:
        """Add the next row to its group, unless it is blank."""
        layout = self._layout
        is_above = row.number <= layout.header_row
        if not is_above and footers.is_order(row, layout) and not self._has_numbers_above:
            self._take_data(row)
        elif not row.is_blank:
            self._take_other(row, is_above=is_above)

    def _take_data(self, row: Row) -> None:
        if len(row.cells) > self.width:
            self.width = len(row.cells)
        if self.totals:
            self._release()
        self._keep(row)

    def _take_other(self, row: Row, *, is_above: bool) -> None:
        self.width = max(self.width, len(row.cells))
        layout = self._layout
        if is_above:
            self.kept.append(row)
        elif headers.is_header(row, layout):
            self.kept.append(row)
            self._repeated.append(row.number)
        elif footers.is_footer(row, layout, is_begun=bool(self.totals)):
            self.totals.append(row)
        else:
            self._take_data(row)

    def end(self) -> None:
        """Make a header for a sheet without one, above its first row, for its results."""
        if not self._layout.header_row:
            names = headers.invented_names(self._layout.columns, self.width)
            self.kept.insert(0, Row(number=0, cells=names))

    def others(self) -> list[Row]:
        """Return the rows that are no data, to be shown again as they were."""
        return [*self.kept, *self.sums, *reversed(self.totals), *self.examples]

    def _release(self) -> None:
        """Count possible totals as data, but for plain sums: there are rows below them."""
        for row in self.totals:
            if footers.is_sum(row, self._layout):
                self.sums.append(row)
            else:
                self._keep(row)
        self.totals.clear()

    def _keep(self, row: Row) -> None:
        if not self._last and not self.examples and headers.is_example(row, self._layout):
            self.examples.append(row)
            return
        self._first = self._first or row.number
        self._last = row.number
        self.rows.append(row)

    def notes(self) -> Iterator[str]:
        """List notes on the rows that were not taken as data."""
        if not self._layout.header_row:
            yield _(
                "The sheet was read without a header row. The files written for it have "
                "one, so rows stand one lower there."
            )
        if self._layout.header_row > 1:
            yield _("The header was found in row {row}.").format(row=self._layout.header_row)
        yield from _each(
            _("Row {number} repeats the header and was skipped."),
            _("Rows that repeat the header: {count}, the first is row {first}; they were skipped."),
            self._repeated,
        )
        if self.rows:
            span = range(self._first, self._last + 1)
            others = (*self._repeated, *(row.number for row in self.sums))
            blank = len(span) - len(self.rows) - sum(number in span for number in others)
            if blank:
                yield _("Blank rows between the others: {count}, skipped.").format(count=blank)
        for row in self.examples:
            yield _("Row {number} is the template's example and was skipped.").format(
                number=row.number
            )
        sums = [row.number for row in self.sums]
        signed: list[int] = []
        for row in reversed(self.totals):
            (sums if headers.is_total(row, self._layout) else signed).append(row.number)
        yield from _each(
            _("Row {number} is a totals row and was skipped."),
            _("Totals rows: {count}, the first is row {first}; they were skipped."),
            sums,
        )
        yield from _each(
            _("Row {number} belongs to the sheet's footer and was skipped."),
            _("Rows of the sheet's footer: {count}, the first is row {first}; they were skipped."),
            signed[::-1],
        )


def _without_blank_end(row: Row) -> Row:
    """Cut off the empty cells behind the last one: some sheets have thousands of them."""
    width = len(row.cells)
    while width and row.cells[width - 1] is None:
        width -= 1
    if width == len(row.cells):
        return row
    return Row(number=row.number, cells=row.cells[:width], formats=row.formats)


def _each(one: str, many: str, numbers: Sequence[int]) -> Iterator[str]:
    """Make messages about rows: one for each, or one for all if they are many."""
    if len(numbers) > _MOST_NAMES:
        yield many.format(count=len(numbers), first=min(numbers))
        return
    for number in numbers:
        yield one.format(number=number)


def _named_table(shown: str, tables: Sequence[Table], name: str) -> Table:
    if all(not table.name for table in tables):
        raise InputFileError(
            _("{shown} is a csv, which has no named sheets. Leave --sheet out.").format(shown=shown)
        )
    wanted = wording.normalise(name)
    for table in tables:
        if wording.normalise(table.name) == wanted:
            return table
    raise InputFileError(
        _("{shown}: there is no sheet {name}. Its sheets: {names}.").format(
            shown=shown, name=wording.quote(name), names=_listed(tables)
        )
    )


def _listed(tables: Sequence[Table]) -> str:
    """List the names of tables, of very many only the first."""
    names = [wording.quote(table.name) for table in tables[:_MOST_NAMES]]
    more = len(tables) - len(names)
    return ", ".join(names) + (_(" and {count} more").format(count=more) if more else "")


def _first_rows(table: Table) -> Iterator[Row]:
    rows = itertools.islice(table.read_rows(), headers.SEARCHED_ROWS)
    return (row for row in rows if not row.is_blank)


def _is_ours(table: Table) -> bool:
    return headers.has_our_header(_first_rows(table))


def _find_layout(shown: str, table: Table, query: SheetQuery) -> Layout:
    where = (
        _("{shown}, sheet {name}").format(shown=shown, name=wording.quote(table.name))
        if table.name
        else shown
    )
    return headers.find_layout(
        _first_rows(table),
        named=query.named,
        needed=query.needed,
        where=where,
        has_header=query.has_header,
    )
