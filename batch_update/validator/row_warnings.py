"""Warnings about odd but valid rows, which are sent all the same unless the user is strict."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from batch_update.i18n import _, ngettext
from batch_update.model import CheckedRow, Field, OrderUpdate, Row, Sheet, Status, Subject
from batch_update.validator.cells import CellRefusedError
from batch_update.validator.check_digits import has_wrong_check_digit
from batch_update.validator.dates import read_date
from batch_update.validator.rows import Rules, problem_of

OLD_AFTER = dt.timedelta(days=60)

_REMEMBERED = 4096
_Doubt = tuple[Field, str, str]


class RowWarnings:
    """Adds warnings to valid rows.

    Args:
        sheet: the sheet of the rows.
        rules: present moment, whether tracking numbers are proved.
    """

    def __init__(self, sheet: Sheet, rules: Rules) -> None:
        self._sheet = sheet
        self._rules = rules
        self._old_before = rules.calendar.now - OLD_AFTER
        self._of_date = lru_cache(_REMEMBERED)(self._find_of_date)
        columns = sheet.layout.columns
        paid = columns.get(Field.DATE_PAID)
        self._is_of_sending = paid is not None and paid == columns.get(Field.DATE_SENT)

    def of_row(self, row: CheckedRow, update: OrderUpdate) -> CheckedRow:
        """Add the warnings about a row by itself."""
        of_date = self._of_date(update.status, update.date, update.is_date_assumed)
        of_number = _of_number(update)
        if not (of_date or of_number or self._rules.checks_tracking):
            return row
        return self._with(row, [*of_date, *of_number, *self._of_digit(update)])

    def of_rows(self, rows: Mapping[int, CheckedRow]) -> list[CheckedRow]:
        """Add the warnings about each row beside the others.

        Args:
            rows: all that share an order or a tracking number, by their place in the sheet, in the
                order of the sheet.

        Returns:
            The same rows, with their warnings.
        """
        orders_of_parcel: defaultdict[str, dict[int, int]] = defaultdict(dict)
        sent_in: dict[int, int] = {}
        ended: dict[int, tuple[CheckedRow, Row]] = {}
        for row in rows.values():
            if row.update is not None and row.update.parcel is not None:
                orders_of_parcel[row.update.parcel].setdefault(row.update.bill_id, row.row)
        noted = []
        for place, row in rows.items():
            update = row.update
            if update is None:
                noted.append(row)
                continue
            warnings = [
                *_of_sharing(update, orders_of_parcel),
                *_of_order(update, sent_in),
            ]
            if update.status.rule.is_end:
                # Rows lie on the disk, and are quick to read one after another only.
                ended[update.bill_id] = (row, self._sheet.rows[place])
            elif update.bill_id in ended:
                warnings += self._of_end_above(update, *ended[update.bill_id])
            if update.status.rule.needs_tracking:
                sent_in.setdefault(update.bill_id, row.row)
            noted.append(self._with(row, warnings))
        return noted

    def _of_end_above(self, update: OrderUpdate, above: CheckedRow, source: Row) -> list[_Doubt]:
        """Doubt a row below one that ends its order, unless its day is a later one."""
        if above.update is None or self._is_later(update, source):
            return []
        text = _(
            "row {row}, above, says {earlier} of order {bill_id}, and this row says "
            "{status}. Rows of one order are sent from top to bottom, so {status} goes out "
            "after {earlier}. If the sheet is sorted newest first, sort it oldest first "
            "and run it again."
        ).format(
            bill_id=update.bill_id,
            status=update.status.label,
            earlier=above.update.status.label,
            row=above.row,
        )
        return [(Field.STATUS, "newest_first", text)]

    def _is_later(self, update: OrderUpdate, above: Row) -> bool:
        """Return whether a row's own date is later than the one in its column further up."""
        if update.date is None or update.is_date_assumed:
            return False
        layout = self._sheet.layout
        cell = above.cell(layout.columns.get(layout.date_field(update.status)))
        try:
            return read_date(cell, self._rules.calendar) < update.date
        except CellRefusedError:
            return False

    def _find_of_date(
        self, status: Status, date: dt.datetime | None, is_assumed: bool, /
    ) -> list[_Doubt]:
        warnings = []
        if date is not None and date < self._old_before:
            days = (self._rules.calendar.now - date).days
            warnings.append(
                (
                    Field.DATE,
                    "old",
                    ngettext(
                        "the date lies {days} day back. Check that the year is right.",
                        "the date lies {days} days back. Check that the year is right.",
                        days,
                    ).format(days=days),
                )
            )
        is_of_payment = status.rule.date_field is Field.DATE_PAID
        if self._is_of_sending and is_of_payment and not is_assumed:
            warnings.append(
                (
                    Field.DATE,
                    "of_sending",
                    _(
                        "the day under this header is taken for that of the payment, as the sheet "
                        "has no other. Check that it is; if so, say it once: --column date=HEADER, "
                        "or call the column Date."
                    ),
                )
            )
        return warnings

    def _of_digit(self, update: OrderUpdate) -> list[_Doubt]:
        if not self._rules.checks_tracking or not update.rpo:
            return []
        if not has_wrong_check_digit(update.rpo):
            return []
        return [
            (
                Field.RPO,
                "check_digit",
                _(
                    "the check digit of {rpo} is wrong, so a digit or letter of it is. Compare it "
                    "with the parcel's label."
                ).format(rpo=update.rpo),
            )
        ]

    def _with(self, row: CheckedRow, warnings: Sequence[_Doubt]) -> CheckedRow:
        if not warnings:
            return row
        layout = self._sheet.layout
        noted = tuple(
            problem_of(self._place(wanted, row), code, text, row=row.row, layout=layout)
            for wanted, code, text in warnings
        )
        return replace(row, warnings=(*row.warnings, *noted))

    def _place(self, wanted: Field, row: CheckedRow) -> Field:
        """Return the field of the column where a row's oddity is."""
        if wanted is Field.DATE and row.update is not None:
            return self._sheet.layout.date_field(row.update.status)
        return wanted


def _of_number(update: OrderUpdate) -> list[_Doubt]:
    """Doubt a tracking number that is the order's number."""
    if not update.rpo or update.rpo.lstrip("0") != str(update.bill_id):
        return []
    return [
        (
            Field.RPO,
            "order_like",
            _(
                "{rpo} is the order's own number. Check that it stands in the right column, and is "
                "that of the parcel."
            ).format(rpo=update.rpo),
        )
    ]


def _of_sharing(update: OrderUpdate, orders_of_parcel: dict[str, dict[int, int]]) -> list[_Doubt]:
    if update.parcel is None:
        return []
    for bill_id, row in orders_of_parcel[update.parcel].items():
        if bill_id != update.bill_id:
            text = _(
                "the tracking number {rpo} is also that of order {bill_id} in row {row}. "
                "Check that both orders travel in one parcel."
            ).format(rpo=update.rpo, bill_id=bill_id, row=row)
            return [(Field.RPO, "shared", text)]
    return []


def _of_order(update: OrderUpdate, sent_in: dict[int, int]) -> list[_Doubt]:
    if update.status.rule.subject is not Subject.ORDER or update.bill_id not in sent_in:
        return []
    row = sent_in[update.bill_id]
    text = _(
        "order {bill_id} is sent in row {row} and cancelled here. Check that it was not "
        "meant to be a return."
    ).format(bill_id=update.bill_id, row=row)
    return [(Field.STATUS, "after_sent", text)]
