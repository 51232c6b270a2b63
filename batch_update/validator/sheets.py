"""Across rows: repetitions and contradictions within one sheet."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from batch_update import wording
from batch_update.orders import CheckedRow, Field, Layout, OrderUpdate, Problem, Row, Sheet, Status
from batch_update.texts import validator as texts
from batch_update.validator import cells
from batch_update.validator.doubts import note_doubts
from batch_update.validator.rows import Rules, check_row

_LISTED_ROWS = 20
_NOT_VOID = frozenset({"", "no", "n", "false", "0", 0, "нет", "-"})


def check_sheet(sheet: Sheet, rules: Rules) -> list[CheckedRow]:
    """Check every row by itself, then the rows of each order against each other.

    Rows that say exactly the same are sent once. Rows that give one order the same status with
    different dates or tracking numbers contradict each other, and none of them is sent. So does
    a row that repeats an earlier one after the order was given another status in between.

    Args:
        sheet: the sheet.
        rules: zone, present moment and defaults.

    Returns:
        One checked row per data row, in the order of the sheet.
    """
    checked = []
    for source in sheet.rows:
        alone = _check_width(check_row(source, sheet.layout, rules), source, sheet)
        checked.append(_check_void(alone, source, sheet.layout))
    places: defaultdict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(checked):
        if row.update is not None:
            places[row.update.bill_id].append(index)
    for indexes in places.values():
        if len(indexes) > 1:
            rows = [checked[index] for index in indexes]
            for index, row in zip(indexes, _compare(rows, sheet), strict=True):
                checked[index] = row
    return note_doubts(checked, sheet, rules)


def _check_width(checked: CheckedRow, row: Row, sheet: Sheet) -> CheckedRow:
    """Refuse a csv row with more cells than the header: its cells may have moved sideways.

    A file that such a csv has come back as keeps them, under no header, and is refused like it.
    """
    names = sheet.layout.names
    width = max(index + 1 for index, name in enumerate(names) if name)
    beyond = [value for value in row.cells[width:] if value is not None and value != ""]
    if not (sheet.delimiter or sheet.is_returned) or not beyond:
        return checked
    column = sheet.layout.column_name(Field.BILL_ID)
    problem = Problem(
        row=row.number,
        column=column,
        code="row_too_long",
        text=texts.ROW_TOO_LONG.format(cells=len(row.cells), header=width),
    )
    return replace(checked, update=None, problems=(*checked.problems, problem))


def _check_void(checked: CheckedRow, row: Row, layout: Layout) -> CheckedRow:
    """Refuse a row that the carrier's file marks as withdrawn: it is no shipment."""
    value = row.cell(layout.void_column)
    word = wording.normalise(value) if isinstance(value, str) else value
    if value is None or word in _NOT_VOID or layout.void_column is None:
        return checked
    name = layout.names[layout.void_column]
    problem = Problem(
        row=row.number,
        column=name,
        code="voided",
        text=texts.VOIDED.format(name=name, found=cells.show(value)),
    )
    return replace(checked, update=None, problems=(*checked.problems, problem))


def _compare(rows: Sequence[CheckedRow], sheet: Sheet) -> list[CheckedRow]:
    """Compare the valid rows of one order, given in the order of the sheet."""
    updates = [(row, row.update) for row in rows if row.update is not None]
    places: dict[Status, dict[OrderUpdate, list[int]]] = {}
    for row, update in updates:
        places.setdefault(update.status, {}).setdefault(update, []).append(row.row)
    following = _other_update_below(updates)
    compared: list[CheckedRow] = []
    for row, update in updates:
        alike = places[update.status]
        twin = alike[update][0]
        if len(alike) > 1:
            compared.append(_contradiction(row, update, alike, sheet))
        elif twin == row.row:
            compared.append(row)
        elif following[twin] > row.row:
            compared.append(replace(row, same_as=twin))
        else:
            text = texts.TWIN_UNCLEAR.format(
                twin=twin, between=following[twin], bill_id=update.bill_id
            )
            compared.append(_refused(row, sheet, "order_unclear", text))
    return compared


def _other_update_below(updates: Sequence[tuple[CheckedRow, OrderUpdate]]) -> dict[int, float]:
    """For each row, give the number of the next row of the order that says something else."""
    below: dict[int, float] = {}
    last: tuple[CheckedRow, OrderUpdate] | None = None
    for row, update in reversed(updates):
        if last is None:
            below[row.row] = math.inf
        else:
            below[row.row] = below[last[0].row] if last[1] == update else last[0].row
        last = (row, update)
    return below


def _contradiction(
    row: CheckedRow, update: OrderUpdate, alike: Mapping[OrderUpdate, list[int]], sheet: Sheet
) -> CheckedRow:
    rivals = (number for other, rows in alike.items() if other != update for number in rows)
    shown = ", ".join(str(number) for number in itertools.islice(rivals, _LISTED_ROWS))
    rest = "" if next(rivals, None) is None else texts.AND_OTHERS
    return _refused(
        row,
        sheet,
        "contradiction",
        texts.CONTRADICTION.format(
            bill_id=update.bill_id, status=update.status, shown=shown, rest=rest
        ),
    )


def _refused(row: CheckedRow, sheet: Sheet, code: str, text: str) -> CheckedRow:
    column = sheet.layout.column_name(Field.BILL_ID)
    problem = Problem(row=row.row, column=column, code=code, text=f"{column}: {text}")
    return replace(row, update=None, problems=(problem,))
