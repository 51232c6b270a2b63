"""What is odd about a valid row: it is sent all the same, with a warning, unless told otherwise."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from batch_update.orders import CheckedRow, Field, OrderUpdate, Problem, Sheet, Status
from batch_update.texts import validator as texts
from batch_update.validator.rows import Rules
from batch_update.validator.tracking import has_wrong_check_digit

OLD_AFTER = dt.timedelta(days=60)


def note_doubts(checked: Sequence[CheckedRow], sheet: Sheet, rules: Rules) -> list[CheckedRow]:
    """Add to each valid row the warnings that it deserves.

    Args:
        checked: the checked rows, in the order of the sheet.
        sheet: the sheet they came from.
        rules: present moment, whether tracking numbers are proved, whether doubts refuse a row.

    Returns:
        The same rows; with `is_strict` a row in doubt has problems in place of warnings.
    """
    orders_of_rpo: defaultdict[str, dict[int, int]] = defaultdict(dict)
    sent_in: dict[int, int] = {}
    for row in checked:
        if row.update is not None and row.update.rpo is not None:
            orders_of_rpo[row.update.rpo].setdefault(row.update.bill_id, row.row)
    noted = []
    for row in checked:
        update = row.update
        if update is None:
            noted.append(row)
            continue
        warnings = [
            *_of_date(update, rules),
            *_of_rpo(update, orders_of_rpo, rules),
            *_of_order(update, sent_in),
        ]
        if update.status is Status.SENT:
            sent_in.setdefault(update.bill_id, row.row)
        noted.append(_with(row, warnings, sheet, rules) if warnings else row)
    return noted


_Doubt = tuple[Field, str, str]


def _of_date(update: OrderUpdate, rules: Rules) -> list[_Doubt]:
    if update.date is None or rules.calendar.now - update.date <= OLD_AFTER:
        return []
    days = (rules.calendar.now - update.date).days
    return [(Field.DATE, "old", texts.OLD.format(days=days))]


def _of_rpo(
    update: OrderUpdate, orders_of_rpo: dict[str, dict[int, int]], rules: Rules
) -> list[_Doubt]:
    if update.rpo is None:
        return []
    doubts: list[_Doubt] = []
    others = {
        bill_id: row
        for bill_id, row in orders_of_rpo[update.rpo].items()
        if bill_id != update.bill_id
    }
    if others:
        bill_id, row = next(iter(others.items()))
        text = texts.SHARED_TRACKING.format(rpo=update.rpo, bill_id=bill_id, row=row)
        doubts.append((Field.RPO, "shared", text))
    if rules.checks_tracking and has_wrong_check_digit(update.rpo):
        text = texts.CHECK_DIGIT.format(rpo=update.rpo)
        doubts.append((Field.RPO, "check_digit", text))
    return doubts


def _of_order(update: OrderUpdate, sent_in: dict[int, int]) -> list[_Doubt]:
    if update.status is not Status.CANCEL or update.bill_id not in sent_in:
        return []
    row = sent_in[update.bill_id]
    text = texts.CANCELLED_AFTER_SENT.format(bill_id=update.bill_id, row=row)
    return [(Field.STATUS, "after_sent", text)]


def _with(row: CheckedRow, doubts: Sequence[_Doubt], sheet: Sheet, rules: Rules) -> CheckedRow:
    noted = tuple(
        Problem(
            row=row.row,
            column=sheet.layout.column_name(wanted),
            code=f"{wanted}_{code}",
            text=f"{sheet.layout.column_name(wanted)}: {text}",
        )
        for wanted, code, text in doubts
    )
    if rules.is_strict:
        return replace(row, update=None, same_as=None, problems=noted)
    return replace(row, warnings=noted)
