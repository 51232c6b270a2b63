"""What real sheets hold, by hand: each row, and what goes on the wire for it or why nothing does.

A case is one small sheet, so that every row of it can be told by its result. The table is data, to
be run through every way in which a sheet can be read.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

HEADER = ("Order number", "Status", "Ship date", "Tracking number")
DAY = dt.datetime(2026, 11, 20)
MIDNIGHT = "1795122000"
"""The 20th of November 2026, 00:00 in Moscow, in unix seconds."""
TODAY = dt.datetime.now(dt.UTC).date()

NBSP = "\u00a0"
ZERO_WIDTH = "\u200b"

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One sheet and what must come of it.

    Args:
        name: what it shows.
        rows: the data rows, below the header.
        expected: per row `order status [date] [rpo]` as they stand in the request's body, or the
            code that says why nothing is sent, or the outcome of a row that repeats another.
        header: the header row.
        formats: number formats of cells, by their place such as `D2`.
        options: further arguments of the command line.
        warned: the codes of warnings that the summary must name.
        is_1904: whether the workbook counts its dates from 1904.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    expected: tuple[str, ...]
    header: tuple[Cell, ...] = HEADER
    formats: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    is_1904: bool = False


def order(name: str, cell: Cell, expected: str) -> Case:
    """Make a case of one order number."""
    wire = expected if expected.startswith("bill_id_") else f"{expected} cancel"
    return Case(name=f"order number: {name}", rows=((cell, "cancel"),), expected=(wire,))


def status(name: str, cell: Cell, expected: str) -> Case:
    """Make a case of one status, with everything that any status needs."""
    wire = {
        "sent": f"1 sent {MIDNIGHT} RA123456785RU",
        "paid": f"1 paid {MIDNIGHT}",
        "return": "1 return",
        "cancel": "1 cancel",
    }.get(expected, expected)
    return Case(name=f"status: {name}", rows=((1, cell, DAY, "RA123456785RU"),), expected=(wire,))


def tracking(name: str, cell: Cell, expected: str, number_format: str | None = None) -> Case:
    """Make a case of one tracking number."""
    wire = expected if expected.startswith("rpo_") else f"1 sent {MIDNIGHT} {expected}"
    return Case(
        name=f"tracking number: {name}",
        rows=((1, "sent", DAY, cell),),
        expected=(wire,),
        formats={"D2": number_format} if number_format else {},
    )


def date(name: str, cell: Cell, expected: str, *options: str, is_1904: bool = False) -> Case:
    """Make a case of one date."""
    wire = expected if expected.startswith("date_") else f"1 paid {expected}"
    return Case(
        name=f"date: {name}",
        rows=((1, "paid", cell),),
        expected=(wire,),
        options=options,
        is_1904=is_1904,
    )


SENT = f"sent {MIDNIGHT} RA1"

CASES = (
    order("integer", 100000, "100000"),
    order("float", 100000.0, "100000"),
    order("text", "100000", "100000"),
    order("text with spaces around", f" 100000{NBSP}", "100000"),
    order("thousands set apart by a no-break space", f"100{NBSP}000", "100000"),
    order("apostrophe in front", "'100000", "100000"),
    order("zero-width sign inside", f"100{ZERO_WIDTH}000", "100000"),
    order("text of a float", "100000.0", "100000"),
    order("number sign in front", "#1001", "1001"),
    order("leading zeros", "0001001", "1001"),
    order("underscore", "1_000", "bill_id_not_a_number"),
    order("exponent", "1e5", "bill_id_digits_lost"),
    order("digits of another script", "٣٤٥", "bill_id_not_a_number"),
    order("yes/no value", True, "bill_id_not_a_number"),
    order("fraction", 1000.5, "bill_id_not_a_number"),
    order("negative", -1000, "bill_id_not_a_number"),
    order("date", DAY, "bill_id_not_a_number"),
    order("marketplace's number", "058-3563777-5518068", "bill_id_not_a_number"),
    order("16 digits in a number cell", 1234567890123456, "bill_id_digits_lost"),
    order("error cell", "#REF!", "bill_id_error_cell"),
    order("formula that was never calculated", "=A1+1", "bill_id_not_calculated"),
    order("dash that stands for nothing", "-", "bill_id_missing"),
    status("English", "Shipped", "sent"),
    status("Russian, another gender, capitals", "ОТПРАВЛЕНА", "sent"),
    status("Russian with ё", "Возвращён", "return"),
    status("Russian without ё", "возвращен", "return"),
    status("payment", "Оплата получена", "paid"),
    status("American spelling", "canceled", "cancel"),
    status("neither of the four", "delivered", "status_unknown"),
    status("payment awaited", "не оплачен", "status_unknown"),
    status("empty", None, "status_missing"),
    tracking("international", "RA123456785RU", "RA123456785RU"),
    tracking("14 digits as a number", 10100110020184, "10100110020184"),
    tracking("14 digits as text", "10100110020184", "10100110020184"),
    tracking("text of a float", "10100110020184.0", "10100110020184"),
    tracking("zeros in front, as text", "00012345678901", "00012345678901"),
    tracking("zeros that the format shows", 12345678901, "00012345678901", "0" * 14),
    tracking("groups with spaces", "1234 5678 9012", "123456789012"),
    tracking("22 digits as text", "9400111899223197428490", "9400111899223197428490"),
    tracking("22 digits as a number", 9400111899223197428490, "rpo_digits_lost"),
    tracking("shortened by a spreadsheet", "1.00000E+13", "rpo_digits_lost"),
    tracking("shortened by a Russian one", "1,01E+13", "rpo_digits_lost"),
    tracking("rounded by a spreadsheet", "9400111899223190000000", "rpo_digits_lost"),
    tracking("begins like a formula", "+RA123456785RU", "rpo_formula_like"),
    tracking("error word of a Russian Excel", "#Н/Д", "rpo_error_cell"),
    tracking("date", DAY, "rpo_not_valid"),
    tracking("yes/no value", False, "rpo_not_valid"),
    tracking("Cyrillic letter that looks Latin", "RА123456785RU", "rpo_not_valid"),
    tracking("two numbers in one cell", "RA123456785RU RA123456799RU", "rpo_not_valid"),
    tracking("word for nothing", "нет", "rpo_missing"),
    date("date cell", DAY, MIDNIGHT),
    date("date cell with a time", dt.datetime(2026, 11, 20, 10, 30), "1795159800"),
    date("date cell of the 1904 system", DAY, MIDNIGHT, is_1904=True),
    date("serial number without its format", 46346, MIDNIGHT),
    date("serial number of the 1904 system", 44884, MIDNIGHT, is_1904=True),
    date("unix seconds", 1795122000, MIDNIGHT),
    date("unix seconds as text", "1795122000", MIDNIGHT),
    date("ISO", "2026-11-20", MIDNIGHT),
    date("ISO with a zone", "2026-11-20T10:30:00+05:00", "1795152600"),
    date("Shopify's way", "2026-11-20 10:30:00 +0000", "1795170600"),
    date("dotted", "20.11.2026", MIDNIGHT),
    date("dotted with a time", "20.11.2026 10:30", "1795159800"),
    date("English month", "20 Nov 2026", MIDNIGHT),
    date("Russian month", "20 ноября 2026 г.", MIDNIGHT),
    date("in another zone", "20.11.2026", "1795114800", "--timezone", "Asia/Yekaterinburg"),
    date("two readings", "03/04/2026", "date_ambiguous"),
    date("two readings, day first", "03/04/2026", "1775163600", "--day-first"),
    date("two readings, month first", "03/04/2026", "1772571600", "--month-first"),
    date("in the user's way", "20-11-26", MIDNIGHT, "--date-format", "%d-%m-%y"),
    date("year of two digits", "20.11.26", "date_not_a_date"),
    date("impossible", "31.02.2026", "date_impossible"),
    date("before 2000", dt.datetime(1999, 12, 31), "date_too_early"),
    date("far ahead", dt.datetime(2096, 11, 20), "date_in_future"),
    date("hour that a clock change skipped", "2011-03-27 02:30", "date_clock_change"),
    date("hour that a clock change repeated", "2014-10-26 01:30", "date_clock_change"),
    date("only a time", dt.time(10, 30), "date_not_a_date"),
    date("digits of another script", "٢٠٢٦-11-20", "date_not_a_date"),
    date("error cell", "#N/A", "date_error_cell"),
    date("empty", None, "date_missing"),
    Case(
        name="status and date from the command line",
        header=("Order number", "Tracking number"),
        rows=((1, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--status", "отправлен", "--date", "20.11.2026"),
    ),
    Case(
        name="a header of the user's own",
        header=("Order number", "Status", "Ship date", "Tracking number", "Barcode"),
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
    ),
    Case(
        name="a voided shipment",
        header=(*HEADER, "Voided"),
        rows=((1, "sent", DAY, "RA1", "Yes"), (2, "sent", DAY, "RA1", "No")),
        expected=("voided", f"2 {SENT}"),
    ),
    Case(
        name="no tracking number column",
        header=("Order number", "Status", "Ship date"),
        rows=((1, "sent", DAY), (2, "paid", DAY)),
        expected=("rpo_missing", f"2 paid {MIDNIGHT}"),
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
        rows=((1, "sent", TODAY, "RA1"), (2, "sent", TODAY, "RA1"), (3, "cancel")),
        expected=("rpo_shared", "rpo_shared", "3 cancel"),
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
)
