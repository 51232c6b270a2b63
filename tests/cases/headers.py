"""Headers: which column holds the date of which rows, words of vendors, letters of columns."""

from __future__ import annotations

import datetime as dt

from tests.cases.case import DAY, MIDNIGHT, SENT, TODAY, Case, Cell

PAID_ON = dt.datetime(2026, 11, 18)
PAID = "paid 1794949200"
"""The 18th of November 2026, 00:00 in Moscow, is the day of payment."""

OTHER = dt.datetime(2026, 11, 11)
"""A day of something else, which must never be sent."""


NO_DATE = "date_no_column"


def two_dates(name: str, header: tuple[str, str, str, str, str]) -> Case:
    """Make a case of a sheet with dates of both kinds: order, status, paid on, sent on, number."""
    return Case(
        name=f"dates by status: {name}",
        header=header,
        rows=((1, "paid", PAID_ON, OTHER, None), (1, "sent", OTHER, DAY, "RA1"), (2, "cancel")),
        expected=(f"1 {PAID}", f"1 {SENT}", "2 cancel"),
    )


def dates(
    name: str, header: tuple[str, ...], cells: tuple[Cell, ...], *expected: str, options: str = ""
) -> Case:
    """Make a case of a sent and a paid row with the same dates: order, status, number, dates."""
    return Case(
        name=f"dates by status: {name}",
        header=("Order number", "Status", "Tracking number", *header),
        rows=((1, "sent", "RA1", *cells), (2, "paid", None, *cells)),
        expected=expected,
        options=tuple(options.split("|")) if options else (),
    )


HEADER_OF_SENDING = ("Order number", "Status", "Ship date", "Tracking number")


def word(header: str, field: str) -> Case:
    """Make a case of a header word."""
    names = {"bill_id": "bill_id", "status": "status", "date": "date", "rpo": "rpo", field: header}
    cells: tuple[Cell, ...] = (1, "paid" if field == "date_paid" else "sent", DAY, "RA1")
    if field.startswith("date_"):
        del names["date"]
        cells = (*cells[:2], "RA1", DAY)
    wire = f"1 paid {MIDNIGHT}" if field == "date_paid" else f"1 {SENT}"
    return Case(
        name=f"header: {header} for {field}",
        header=tuple(names.values()),
        rows=(cells,),
        expected=(wire,),
    )


DATES = (
    two_dates(
        "both in Russian", ("Номер заказа", "Статус", "Дата оплаты", "Дата отгрузки", "Трек")
    ),
    two_dates(
        "a carrier's name behind",
        ("Номер заказа", "Статус", "Дата оплаты", "Дата передачи в СДЭК", "Номер трека СДЭК"),
    ),
    two_dates(
        "a marketplace's report",
        ("order-id", "status", "payments-date", "shipment-date", "tracking-number"),
    ),
    two_dates("the export of a shop", ("Order", "Status", "Paid at", "Fulfilled at", "Tracking #")),
    two_dates(
        "the export of a shipping program",
        (
            "Order - Number",
            "Order - Status",
            "Date - Paid Date",
            "Date - Shipped Date",
            "Shipment - Tracking Number",
        ),
    ),
    two_dates("one word each", ("Номер заказа", "Статус", "Оплачено", "Отправлено", "Трек-номер")),
    dates("only a date of payment", ("Paid at",), (DAY,), "date_no_column", f"2 paid {MIDNIGHT}"),
    Case(
        name="dates by status: only a date of sending",
        header=HEADER_OF_SENDING,
        rows=((1, "sent", DAY, "RA1"), (2, "paid", DAY, None)),
        expected=(f"1 {SENT}", f"2 paid {MIDNIGHT}"),
        warned=("date_of_sending",),
    ),
    Case(
        name="dates by status: only a date of sending, strict",
        header=HEADER_OF_SENDING,
        rows=((1, "return"), (2, "paid", TODAY, None)),
        expected=("1 return", "date_of_sending"),
        options=("--strict",),
    ),
    Case(
        name="dates by status: only a date of sending, the day said for all",
        header=HEADER_OF_SENDING,
        rows=((1, "sent", DAY, "RA1"), (2, "paid", None, None)),
        expected=(f"1 {SENT}", f"2 paid {MIDNIGHT}"),
        options=("--date", "20.11.2026"),
    ),
    Case(
        name="dates by status: a date of sending beside the order's",
        header=(*HEADER_OF_SENDING, "Дата заказа"),
        rows=((1, "sent", DAY, "RA1", DAY), (2, "paid", DAY, None, DAY)),
        expected=(f"1 {SENT}", "date_no_column"),
    ),
    dates(
        "only a date of payment, the day said for all",
        ("Дата оплаты",),
        (PAID_ON,),
        f"1 {SENT}",
        f"2 {PAID}",
        options="--date|20.11.2026",
    ),
    dates(
        "a date of sending that the user names for both",
        ("Ship date",),
        (DAY,),
        f"1 {SENT}",
        f"2 paid {MIDNIGHT}",
        options="--column|date=Ship date",
    ),
    dates(
        "one column named for each status",
        ("Первая", "Вторая"),
        (PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
        options="--column|date_paid=Первая|--column|date_sent=Вторая",
    ),
    dates(
        "one named for a status, the other known",
        ("Дата оплаты", "Вторая"),
        (PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
        options="--column|date_sent=Вторая",
    ),
    dates(
        "one named for a status before one named for both",
        ("Первая", "Вторая"),
        (PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
        options="--column|date=Вторая|--column|date_paid=Первая",
    ),
    dates("a plain date alone serves both", ("Дата",), (DAY,), f"1 {SENT}", f"2 paid {MIDNIGHT}"),
    dates(
        "a plain date beside a date of sending",
        ("Date", "Shipping Date"),
        (OTHER, DAY),
        f"1 {SENT}",
        "date_no_column",
    ),
    dates(
        "a plain date beside a date of payment",
        ("Дата", "Дата оплаты"),
        (OTHER, PAID_ON),
        "date_no_column",
        f"2 {PAID}",
    ),
    dates(
        "a plain date beside both others",
        ("Дата", "Дата оплаты", "Дата отправки"),
        (OTHER, PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
    ),
    dates(
        "a plain date beside a date of sending, named for the other",
        ("Date", "Shipping Date"),
        (PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
        options="--column|date_paid=Date",
    ),
    dates(
        "a date of sending beside all that is not it",
        ("Order Date", "Дата заказа", "Ship By Date", "Delivery Date", "Created at", "Ship date"),
        (OTHER, OTHER, OTHER, OTHER, OTHER, DAY),
        f"1 {SENT}",
        "date_no_column",
    ),
    dates(
        "dates of a plan are none",
        ("Плановая дата отгрузки", "Дата доставки"),
        (OTHER, OTHER),
        "date_no_column",
        "date_no_column",
    ),
    dates(
        "how much was paid and whether it was sent, beside the days",
        ("Оплачено", "Отправлено", "Дата оплаты", "Дата отгрузки"),
        (46000, "да", PAID_ON, DAY),
        f"1 {SENT}",
        f"2 {PAID}",
    ),
    *(
        dates(f"handed over within the shop: {header}", (header,), (OTHER,), *(NO_DATE, NO_DATE))
        for header in (
            "Дата передачи в сборку",
            "Дата передачи в комплектацию",
            "Дата передачи в производство",
            "Дата передачи в работу",
            "Дата передачи в архив",
            "Дата передачи в бухгалтерию",
        )
    ),
    dates(
        "handed over within the shop, and to the carrier",
        ("Дата передачи в сборку", "Дата передачи в СДЭК"),
        (OTHER, DAY),
        f"1 {SENT}",
        NO_DATE,
    ),
    Case(
        name="dates by status: neither is looked at where no date is needed",
        header=("Order number", "Status", "Дата заказа"),
        rows=((1, "cancel", OTHER), (2, "return", OTHER)),
        expected=("1 cancel", "2 return"),
    ),
)

WORDS = (
    word("Номер заказа покупателя", "bill_id"),
    word("№ заказа клиента", "bill_id"),
    word("Номер заказа в магазине", "bill_id"),
    word("Номер заказа ИМ", "bill_id"),
    word("№ Отправления Заказчика", "bill_id"),
    word("Order_Number*", "bill_id"),
    word("ORDER#", "bill_id"),
    word("Order - Number", "bill_id"),
    word("Состояние заказа", "status"),
    word("Статуса заказа", "status"),
    word("* Order_Status", "status"),
    word("Shipping Date", "date_sent"),
    word("Dispatch date", "date_sent"),
    word("shipped on date", "date_sent"),
    word("shipment - ship date", "date_sent"),
    word("Дата передачи в курьерскую службу", "date_sent"),
    word("Фактическая дата передачи в доставку", "date_sent"),
    word("Дата_отправления", "date_sent"),
    word("Дата передачи в ТК", "date_sent"),
    word("Дата передачи в сортировочный центр", "date_sent"),
    word("Payment Date", "date_paid"),
    word("Дата платежа", "date_paid"),
    word("date_paid", "date_paid"),
    word("fulfillment: tracking number", "rpo"),
    word("Tracking_Number *", "rpo"),
    word("Трек – номер", "rpo"),
    word("номер_отслеживания", "rpo"),
    word("Код для слежения", "rpo"),
    word("Номер накладной СДЭК", "rpo"),
    word("Номер накладной", "rpo"),
    word("ШПИ или ШИ", "rpo"),
    word("Номер ТТН", "rpo"),
    word("AWB Code", "rpo"),
)

TRAPS = (
    Case(
        name="header: the goods' barcode beside the tracking number",
        header=("Номер заказа", "Статус", "Дата отгрузки", "Штрихкод", "Номер трека СДЭК"),
        rows=((1, "sent", DAY, "4600000000008", "RA1"),),
        expected=(f"1 {SENT}",),
    ),
    *(
        Case(
            name=f"header: {barcode} beside {track}",
            header=("Номер заказа", "Статус", "Дата отгрузки", barcode, track),
            rows=((1, "sent", DAY, "4600000000008", "RA1"),),
            expected=(f"1 {SENT}",),
        )
        for barcode, track in (
            ("Штрих-код", "Трек-номер"),
            ("Barcode", "Tracking number"),
            ("Штриховой код", "ШПИ"),
            ("Штрихкод товара", "Трек"),
            ("Баркод", "Номер накладной"),
            ("EAN", "Номер отслеживания"),
        )
    ),
    Case(
        name="header: a barcode alone is asked about",
        header=("Номер заказа", "Статус", "Дата отгрузки", "Штрихкод"),
        rows=((1, "sent", DAY, "RA1"), (2, "cancel", None, "4600000000008")),
        expected=("rpo_no_column", "2 cancel"),
    ),
    Case(
        name="header: a barcode that the user names",
        header=("Номер заказа", "Статус", "Дата отгрузки", "Штрих-код"),
        rows=((1, "sent", DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=Штрих-код"),
    ),
    Case(
        name="header: a barcode beside a header that speaks of tracking",
        header=("Номер заказа", "Статус", "Дата отгрузки", "Barcode", "Трек клиента"),
        rows=((1, "sent", DAY, "4600000000008", "RA1"),),
        expected=("rpo_no_column",),
    ),
    Case(
        name="header: an invoice's number beside what tells of tracking but holds no number",
        header=("Номер заказа", "Статус", "Дата отгрузки", "Номер накладной", "Tracking URL"),
        rows=((1, "sent", DAY, "RA1", "https://example.com/?n=RA1"),),
        expected=(f"1 {SENT}",),
    ),
    Case(
        name="header: a marketplace's own number of the posting",
        header=("Номер заказа", "Номер отправления", "Статус", "Дата отгрузки"),
        rows=((1, "12345678-0001-1", "sent", DAY),),
        expected=("rpo_no_column",),
    ),
    Case(
        name="header: numbers of lines, of jobs and of parcels beside the order",
        header=("№", "№ п/п", "Номер сборочного задания", "Номер заказа", "Статус", "Номер места"),
        rows=((7, 8, 9, 1, "cancel", 2),),
        expected=("1 cancel",),
    ),
    Case(
        name="header: states of the payment and of the goods beside the status",
        header=("Order", "Financial Status", "Статус оплаты", "Fulfillment: Status", "Статус"),
        rows=((1, "paid", "оплачен", "success", "cancel"),),
        expected=("1 cancel",),
    ),
    Case(
        name="header: a known word goes before a new one",
        header=("Номер заказа", "Номер заказа покупателя", "Статус", "Статус отгрузки"),
        rows=((1, 2, "cancel", "отправлен"),),
        expected=("1 cancel",),
    ),
    Case(
        name="header: one of two that differ in their writing, named as it is written",
        header=("Order number", "Status", "Ship date", "Tracking number", "tracking_number"),
        rows=((1, "sent", DAY, "X1", "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=tracking_number"),
    ),
)

LETTERS = (
    Case(
        name="letters: of a column without a header",
        header=("Order number", "Status", "Ship date", None),
        rows=((1, "sent", DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=D"),
    ),
    Case(
        name="letters: in lower case, of all columns",
        header=("Код", "Состояние дел", "Когда", "Посылка"),
        rows=((1, "sent", DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=(
            *("--column", "bill_id=a", "--column", "status=b"),
            *("--column", "date=c", "--column", "rpo=d"),
        ),
    ),
    Case(
        name="letters: of the other alphabet that look the same",
        header=("Order number", "Status", "Посылка", "Ship date"),
        rows=((1, "sent", "RA1", DAY),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=С"),
    ),
    Case(
        name="letters: a header of that name goes first",
        header=("Order number", "Status", "D", "Ship date"),
        rows=((1, "sent", "RA1", DAY),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=D"),
    ),
    Case(
        name="letters: one of two columns with the same header",
        header=("Order number", "Status", "Ship date", "Tracking number", "Tracking number"),
        rows=((1, "sent", DAY, "X1", "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "rpo=E"),
    ),
    Case(
        name="letters: of the order, without a header, in a sheet that has one",
        header=(None, "Status", "Ship date", "Tracking number"),
        rows=((1, "sent", DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--column", "bill_id=A"),
    ),
)

CASES = (*DATES, *WORDS, *TRAPS, *LETTERS)
