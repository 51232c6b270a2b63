"""Whole sheets: headers, defaults, rows beside one another."""

from __future__ import annotations

import datetime as dt

from tests.cases.case import DAY, HEADER, MIDNIGHT, SENT, TODAY, Case, Cell

LATER = dt.datetime(2026, 11, 23)


def twice(
    name: str,
    *rows: tuple[Cell, ...],
    expected: tuple[str, ...],
    warned: tuple[str, ...] = ("status_newest_first",),
    options: tuple[str, ...] = (),
) -> Case:
    """Make a case of rows of one order, of which a later one may be the older."""
    return Case(
        name=f"newest first: {name}", rows=rows, expected=expected, warned=warned, options=options
    )


CASES = (
    Case(
        name="status and date from the command line",
        header=("Order number", "Tracking number"),
        rows=((1, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--status", "отправлен", "--date", "20.11.2026"),
    ),
    Case(
        name="a header of the user's own",
        header=("Order number", "Status", "Date", "Tracking number", "Barcode"),
        rows=((1, "sent", DAY, "X9", "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=barcode"),
    ),
    Case(
        name="the courier's code beside the tracking number",
        header=("order_id", "tracking_code", "tracking_number", "status", "date"),
        rows=((1, "dpd7", "RA1", "sent", DAY),),
        expected=(f"1 {SENT}",),
    ),
    Case(
        name="the order's date and a deadline beside the ship date",
        header=("Дата заказа", "Ship By Date", "№ п/п", "Номер заказа", "Статус", "Дата", "Трек"),
        rows=((dt.datetime(2026, 11, 1), "21.11.2026", 7, 1, "отправлен", DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "date=Дата"),
    ),
    Case(
        name="a voided shipment",
        header=(*HEADER, "Voided"),
        rows=((1, "sent", DAY, "RA1", "Yes"), (2, "sent", DAY, "RA1", "No")),
        expected=("voided", f"2 {SENT}"),
    ),
    Case(
        name="a cancelled order in a column of its own",
        header=(*HEADER, "Аннулировано"),
        rows=(
            (1, "sent", DAY, "RA1", "Да"),
            (2, "sent", DAY, "RA1", "нет"),
            (3, "sent", DAY, "RA2", None),
            (4, "cancel", None, None, "Да"),
        ),
        expected=("voided", f"2 {SENT}", f"3 {SENT.replace('RA1', 'RA2')}", "4 cancel"),
    ),
    Case(
        name="no tracking number column",
        header=("Order number", "Status", "Date"),
        rows=((1, "sent", DAY), (2, "paid", DAY)),
        expected=("rpo_no_column", f"2 paid {MIDNIGHT}"),
    ),
    Case(
        name="everything wrong at once",
        rows=(("x", "sent", "soon", "none"),),
        expected=("bill_id_not_a_number",),
    ),
    Case(
        name="a payment needs no tracking number and sends none",
        rows=((1, "paid", DAY, "RA1"), (2, "return", DAY, "RA1")),
        expected=(f"1 paid {MIDNIGHT}", "2 return"),
    ),
    Case(
        name="identical rows",
        rows=((1, "sent", DAY, "RA1"), ("1", "shipped", "20.11.2026", "RA1")),
        expected=(f"1 {SENT}", "already updated"),
    ),
    Case(
        name="rows that contradict each other",
        rows=((1, "sent", DAY, "RA1"), (1, "sent", DAY, "RA2"), (2, "cancel")),
        expected=("contradiction", "contradiction", "2 cancel"),
    ),
    Case(
        name="different statuses of one order go out in file order",
        rows=((1, "paid", DAY), (1, "sent", DAY, "RA1"), (1, "return")),
        expected=(f"1 paid {MIDNIGHT}", f"1 {SENT}", "1 return"),
    ),
    Case(
        name="a status that comes back",
        rows=((1, "cancel"), (1, "return"), (1, "cancel")),
        expected=("1 cancel", "1 return", "order_unclear"),
    ),
    Case(
        name="a later row of an order whose earlier row is refused",
        rows=((1, "sent", DAY, None), (1, "return"), (2, "return")),
        expected=("rpo_missing", "earlier_row", "2 return"),
    ),
    Case(
        name="one tracking number on two orders",
        rows=((1, "sent", DAY, "RA1"), (2, "sent", DAY, "RA1")),
        expected=(f"1 {SENT}", f"2 {SENT}"),
        warned=("rpo_shared",),
    ),
    Case(
        name="one tracking number on two orders, strict",
        rows=((1, "sent", TODAY, "CA100001"), (2, "sent", TODAY, "CA100001"), (3, "cancel")),
        expected=("rpo_shared", "rpo_shared", "3 cancel"),
        options=("--strict",),
    ),
    Case(
        name="rows that differ in the case of the tracking number",
        rows=(
            (1, "sent", DAY, "ra123456785ru"),
            (1, "sent", DAY, "RA123456785RU"),
            (2, "sent", DAY, "Ra123456785Ru"),
            (3, "sent", DAY, "AB1234567"),
            (3, "sent", DAY, "ab1234567"),
            (4, "sent", DAY, "екмоэпв-6/1403"),
            (4, "sent", DAY, "ЕКМОЭПВ-6/1403"),
        ),
        expected=(
            f"1 sent {MIDNIGHT} ra123456785ru",
            "already updated",
            f"2 sent {MIDNIGHT} Ra123456785Ru",
            f"3 sent {MIDNIGHT} AB1234567",
            "already updated",
            f"4 sent {MIDNIGHT} екмоэпв-6/1403",
            "already updated",
        ),
        warned=("rpo_shared", "rpo_cyrillic"),
    ),
    Case(
        name="the order's own number as tracking number",
        rows=(
            (100004, "sent", DAY, "100004"),
            ("#100005", "sent", DAY, 100005),
            (100006, "sent", DAY, "00100006"),
            (100007, "sent", DAY, "№ 100007"),
            (100008, "sent", DAY, "100 008"),
            (100009, "sent", DAY, "1000090"),
            (100010, "sent", DAY, "A100010"),
        ),
        expected=(
            f"100004 sent {MIDNIGHT} 100004",
            f"100005 sent {MIDNIGHT} 100005",
            f"100006 sent {MIDNIGHT} 00100006",
            f"100007 sent {MIDNIGHT} 100007",
            f"100008 sent {MIDNIGHT} 100008",
            f"100009 sent {MIDNIGHT} 1000090",
            f"100010 sent {MIDNIGHT} A100010",
        ),
        warned=("rpo_order_like", "rpo_carrier_named"),
    ),
    Case(
        name="the order's own number as tracking number, strict",
        rows=((100004, "sent", TODAY, "100004"), (100005, "cancel", None, "100005")),
        expected=("rpo_order_like", "100005 cancel"),
        options=("--strict",),
    ),
    Case(
        name="cancelled after it was sent",
        rows=((1, "sent", DAY, "RA1"), (1, "cancel")),
        expected=(f"1 {SENT}", "1 cancel"),
        warned=("status_after_sent",),
    ),
    Case(
        name="a date of long ago",
        rows=((1, "paid", "2013-03-03"),),
        expected=("1 paid 1362254400",),
        warned=("date_old",),
    ),
    Case(
        name="a wrong check digit, asked for",
        rows=((1, "sent", DAY, "RA123456795RU"), (2, "sent", DAY, "10100110020185")),
        expected=(f"1 sent {MIDNIGHT} RA123456795RU", f"2 sent {MIDNIGHT} 10100110020185"),
        options=("--check-tracking",),
        warned=("rpo_check_digit",),
    ),
    twice("sent", (1, "return"), (1, "sent", DAY, "RA1"), expected=("1 return", f"1 {SENT}")),
    twice(
        "sent below a cancellation, other orders between",
        (1, "cancel"),
        (2, "cancel"),
        (1, "sent", DAY, "RA1"),
        expected=("1 cancel", "2 cancel", f"1 {SENT}"),
    ),
    twice("paid", (1, "return"), (1, "paid", DAY), expected=("1 return", f"1 paid {MIDNIGHT}")),
    twice(
        "all that happened to an order",
        (1, "return"),
        (1, "sent", DAY, "RA1"),
        (1, "paid", DAY),
        expected=("1 return", f"1 {SENT}", f"1 paid {MIDNIGHT}"),
    ),
    twice(
        "strict",
        (1, "return"),
        (1, "sent", TODAY, "RA123456785RU"),
        (2, "cancel"),
        expected=("1 return", "status_newest_first", "2 cancel"),
        warned=(),
        options=("--strict",),
    ),
    twice(
        "the dates say so",
        (1, "return", LATER),
        (1, "sent", DAY, "RA1"),
        expected=("1 return", f"1 {SENT}"),
    ),
    twice(
        "one day",
        (1, "return", DAY),
        (1, "sent", DAY, "RA1"),
        expected=("1 return", f"1 {SENT}"),
    ),
    twice(
        "a date that is none",
        (1, "return", "soon"),
        (1, "sent", DAY, "RA1"),
        expected=("1 return", f"1 {SENT}"),
    ),
    twice(
        "a day that is said for all rows",
        (1, "return", DAY),
        (1, "sent", None, "RA1"),
        expected=("1 return", "1 sent 1795381200 RA1"),
        options=("--date", "23.11.2026"),
    ),
    twice(
        "the dates say that it was sent once more",
        (1, "return", DAY),
        (1, "sent", LATER, "RA1"),
        expected=("1 return", "1 sent 1795381200 RA1"),
        warned=(),
    ),
    twice(
        "oldest first",
        (1, "paid", DAY),
        (1, "sent", DAY, "RA1"),
        (1, "return", DAY),
        expected=(f"1 paid {MIDNIGHT}", f"1 {SENT}", "1 return"),
        warned=(),
    ),
    twice(
        "another order",
        (1, "return"),
        (2, "sent", DAY, "RA1"),
        expected=("1 return", f"2 {SENT}"),
        warned=(),
    ),
    twice(
        "two ends of an order",
        (1, "return"),
        (1, "cancel"),
        expected=("1 return", "1 cancel"),
        warned=(),
    ),
)
