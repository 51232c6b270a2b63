"""Checks across rows: repetitions and contradictions within one sheet."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from batch_update import wording
from batch_update.i18n import _, ngettext
from batch_update.model import CheckedRow, Field, OrderUpdate, Problem, Row, Sheet, Status, Subject
from batch_update.model.spools import spool_of_checked_rows
from batch_update.spool import Spool
from batch_update.validator import cells
from batch_update.validator.duplicate_index import DuplicateIndex
from batch_update.validator.products import ProductLines, is_one_day, merge_times
from batch_update.validator.repeated import RepeatedRows
from batch_update.validator.row_warnings import RowWarnings
from batch_update.validator.rows import Checker, Rules

_AT_ONCE = 1000
_LISTED_ROWS = 20
_NOT_VOID = frozenset({"", "no", "n", "false", "0", 0, "нет", "-"})


def check_sheet(sheet: Sheet, rules: Rules) -> Sequence[CheckedRow]:
    """Check every row by itself, then the rows of each order against each other.

    Exactly equal rows are sent once. Rows that give one order the same status with different dates
    or tracking numbers contradict each other, and none of them is sent. So does a row that repeats
    an earlier one after the order was given another status in between.

    Args:
        sheet: the sheet.
        rules: zone, present moment and defaults.

    Returns:
        One checked row per data row, in the order of the sheet.

    Raises:
        SpoolError: there is no room for so many rows.
    """
    check = _RowChecker(sheet, rules).check
    checked = spool_of_checked_rows()
    warnings = RowWarnings(sheet, rules)
    shared = DuplicateIndex()
    lines = ProductLines(sheet, rules)
    sources = iter(sheet.rows)
    while block := list(itertools.islice(sources, _AT_ONCE)):
        rows = list(map(check, block))
        lines.note(block, rows)
        _share(rows, shared)
        checked.extend(
            [row if row.update is None else warnings.of_row(row, row.update) for row in rows]
        )
    if lines:
        found = lines.without(checked)
        checked, shared = spool_of_checked_rows(), DuplicateIndex()
        for row in found:
            _share([row], shared)
            checked.append(row)
    _compare_all(checked, shared.indexes(), _Comparison(sheet, rules.calendar.zone), warnings)
    return _refuse_doubtful(checked) if rules.is_strict else checked


def _share(rows: Iterable[CheckedRow], shared: DuplicateIndex) -> None:
    """Note the orders and parcels that rows may share with others."""
    for row in rows:
        update = row.update
        if update is None:
            shared.add(0, 0)
        else:
            shared.add(update.bill_id, hash(update.parcel) or 1 if update.rpo else 0)


def _refuse_doubtful(checked: Spool[CheckedRow]) -> Spool[CheckedRow]:
    """Turn all warnings into problems."""
    strict = spool_of_checked_rows()
    for row in checked:
        if row.warnings:
            strict.append(
                replace(row, update=None, same_as=None, problems=row.warnings, warnings=())
            )
        else:
            strict.append(row)
    return strict


def _compare_all(
    checked: Spool[CheckedRow],
    indexes: Sequence[int],
    comparison: _Comparison,
    warnings: RowWarnings,
) -> None:
    """Compare rows that share an order or a tracking number with others."""
    rows = {index: checked[index] for index in indexes}
    places: defaultdict[int, list[int]] = defaultdict(list)
    for index, row in rows.items():
        places[row.update.bill_id if row.update else 0].append(index)
    for together in places.values():
        if len(together) > 1:
            compared = comparison.compare([rows[index] for index in together])
            rows.update(zip(together, compared, strict=True))
    for index, row in zip(rows, warnings.of_rows(rows), strict=True):
        checked.replace(index, row)


class _RowChecker:
    """Checks rows, each by itself, and as rows of their sheet."""

    def __init__(self, sheet: Sheet, rules: Rules) -> None:
        names = sheet.layout.names
        self._sheet = sheet
        checker = Checker(sheet.layout, rules)
        self._check = checker.check
        self._repeated = RepeatedRows(sheet.layout, checker.read_bill_id)
        self._width = max(index + 1 for index, name in enumerate(names) if name)
        # Without a header nothing says how many cells a row should have.
        has_header = sheet.layout.header_row > 0
        self._is_cut = has_header and (bool(sheet.delimiter) or sheet.is_returned)
        self._void = sheet.layout.void_column

    def check(self, row: Row) -> CheckedRow:
        """Check a row."""
        if self._is_cut and len(row.cells) > self._width:
            return self._check_closely(row)
        checked = self._repeated.check(row)
        if checked is None:
            checked = self._check_closely(row)
            self._repeated.note(row, checked)
        return checked

    def _check_closely(self, row: Row) -> CheckedRow:
        checked = self._check(row)
        if self._is_cut and len(row.cells) > self._width:
            checked = self._check_width(checked, row)
        if self._void is None or checked.skipped is not None:
            return checked
        return self._check_void(checked, row, self._void)

    def _check_width(self, checked: CheckedRow, row: Row) -> CheckedRow:
        """Refuse a csv row with more cells than the header: its cells may have moved sideways.

        A file of ours made from such a csv keeps them, under no header, and is refused like it.
        """
        beyond = (
            index
            for index, one in enumerate(row.cells[self._width :], start=self._width)
            if (wording.tidy(one) if isinstance(one, str) else one is not None)
        )
        first = next(beyond, None)
        if first is None:
            return checked
        problem = Problem(
            row=row.number,
            column=first,
            code="row_too_long",
            text=ngettext(
                "the row has {cells} cell and the header {header}, so its cells may stand "
                "under wrong headers. A cell that holds the delimiter must be in quotation "
                "marks: correct the row, or export the sheet as .xlsx.",
                "the row has {cells} cells and the header {header}, so its cells may stand "
                "under wrong headers. A cell that holds the delimiter must be in quotation "
                "marks: correct the row, or export the sheet as .xlsx.",
                len(row.cells),
            ).format(cells=len(row.cells), header=self._width),
        )
        # A word to skip may have moved there too.
        problems = (*checked.problems, problem)
        return replace(checked, update=None, problems=problems, warnings=(), skipped=None)

    def _check_void(self, checked: CheckedRow, row: Row, column: int) -> CheckedRow:
        """Refuse a row that the carrier's file marks as withdrawn: it is no shipment."""
        value = row.cell(column)
        word = wording.normalise(value) if isinstance(value, str) else value
        if value is None or word in _NOT_VOID:
            return checked
        if checked.update is not None and checked.update.status.rule.subject is Subject.ORDER:
            # Its status has the same meaning for the order as the mark for the shipment.
            return checked
        name = self._sheet.layout.names[column]
        problem = Problem(
            row=row.number,
            column=column,
            code="voided",
            text=_(
                "{name}: {found} says that this shipment was withdrawn. Delete the row; "
                "or, if the parcel was sent, empty this cell."
            ).format(name=name, found=cells.show(value)),
        )
        return replace(checked, update=None, problems=(*checked.problems, problem), warnings=())


class _Comparison:
    """Compares the rows of one order.

    Args:
        sheet: the sheet of the rows.
        zone: the zone in which days begin and end.
    """

    def __init__(self, sheet: Sheet, zone: dt.tzinfo) -> None:
        self._sheet = sheet
        self._zone = zone

    def compare(self, rows: Sequence[CheckedRow]) -> list[CheckedRow]:
        """Compare the valid rows of one order, given in the order of the sheet."""
        updates = merge_times(
            [(row, row.update) for row in rows if row.update is not None], self._sheet, self._zone
        )
        places: dict[Status, dict[OrderUpdate, list[int]]] = {}
        for row, update in updates:
            places.setdefault(update.status, {}).setdefault(update, []).append(row.row)
        following = _other_update_below(updates)
        compared: list[CheckedRow] = []
        for row, update in updates:
            alike = places[update.status]
            twin = alike[update][0]
            if len(alike) > 1:
                compared.append(self._contradiction(row, update, alike))
            elif twin == row.row:
                compared.append(row)
            elif following[twin] > row.row:
                compared.append(replace(row, same_as=twin))
            else:
                text = _(
                    "this row says the same as row {twin}, but row {between} gives order "
                    "{bill_id} another status in between. Keep the row that is true in the "
                    "end and delete the others."
                ).format(twin=twin, between=following[twin], bill_id=update.bill_id)
                compared.append(self._refused(row, "order_unclear", text, [Field.STATUS]))
        return compared

    def _contradiction(
        self, row: CheckedRow, update: OrderUpdate, alike: Mapping[OrderUpdate, list[int]]
    ) -> CheckedRow:
        rivals = (number for other, rows in alike.items() if other != update for number in rows)
        listed = list(itertools.islice(rivals, _LISTED_ROWS))
        shown = ", ".join(map(str, listed))
        rest = "" if next(rivals, None) is None else _(" and others")
        date = self._sheet.layout.date_field(update.status)
        is_other_number = any(other.parcel != update.parcel for other in alike)
        if is_other_number and is_one_day(alike, self._zone):
            fields = [Field.RPO]
            text = ngettext(
                "order {bill_id} is {status} here and, with another tracking number, in row "
                "{shown}{rest}: two parcels? The shop takes one number; keep one row and "
                "delete the others.",
                "order {bill_id} is {status} here and, with another tracking number, in rows "
                "{shown}{rest}: several parcels? The shop takes one number; keep one row and "
                "delete the others.",
                len(listed),
            )
        elif is_other_number:
            fields = [date, Field.RPO]
            text = ngettext(
                "order {bill_id} is {status} here and, with another date or tracking number, "
                "in row {shown}{rest}. Keep the right row and delete the others.",
                "order {bill_id} is {status} here and, with another date or tracking number, "
                "in rows {shown}{rest}. Keep the right row and delete the others.",
                len(listed),
            )
        else:
            fields = [date]
            text = ngettext(
                "order {bill_id} is {status} here and, with another date, in row "
                "{shown}{rest}. Keep the right row and delete the others.",
                "order {bill_id} is {status} here and, with another date, in rows "
                "{shown}{rest}. Keep the right row and delete the others.",
                len(listed),
            )
        return self._refused(
            row,
            "contradiction",
            text.format(bill_id=update.bill_id, status=update.status.label, shown=shown, rest=rest),
            fields,
        )

    def _refused(
        self, row: CheckedRow, code: str, text: str, fields: Sequence[Field]
    ) -> CheckedRow:
        """Refuse a row for what its cells of some fields say, as far as the sheet has these."""
        layout = self._sheet.layout
        first, *others = [one for one in fields if one in layout.columns] or [Field.BILL_ID]
        problem = Problem(
            row=row.row,
            column=layout.columns[first],
            code=code,
            text=f"{layout.column_name(first)}: {text}",
            beside=tuple(layout.columns[one] for one in others),
        )
        return replace(row, update=None, problems=(problem,), warnings=())


def _other_update_below(updates: Sequence[tuple[CheckedRow, OrderUpdate]]) -> dict[int, float]:
    """For each row, return the number of the order's next row with another update."""
    below: dict[int, float] = {}
    last: tuple[CheckedRow, OrderUpdate] | None = None
    for row, update in reversed(updates):
        if last is None:
            below[row.row] = math.inf
        else:
            below[row.row] = below[last[0].row] if last[1] == update else last[0].row
        last = (row, update)
    return below
