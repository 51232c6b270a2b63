"""Words of the user's own, and rows that are no shipments: to skip, product lines, the end."""

from __future__ import annotations

import datetime as dt

from tests.cases.case import DAY, HEADER, MIDNIGHT, NBSP, SENT, Case, Cell

FULL: tuple[Cell, ...] = (1, "sent", DAY, "RA1")
TEN = dt.datetime(2026, 11, 20, 10, 15)
NOON = dt.datetime(2026, 11, 20, 12, 0)
NO_NUMBER = "bill_id_not_a_number"
AT_TEN = "1795158900"
"""The 20th of November 2026, 10:15 in Moscow, in unix seconds."""

WITH_PRODUCT = (*HEADER, "Product")
PRODUCT_FIRST = ("Product", *HEADER)


def own_word(name: str, cell: Cell, expected: str, *words: str) -> Case:
    """Make a case of one status, with words of the user's own."""
    wire = {"sent": f"1 {SENT}", "paid": f"1 paid {MIDNIGHT}"}.get(expected, f"1 {expected}")
    is_code = expected.startswith("status_")
    options = tuple(f"--status-word={word}" for word in words)
    return Case(
        name=f"own status word: {name}",
        rows=((1, cell, DAY, "RA1"),),
        expected=(expected if is_code else wire,),
        options=options,
    )


def products(name: str, *rows: tuple[Cell, ...], expected: str, options: str = "") -> Case:
    """Make a case of rows of which some may be product lines."""
    return Case(
        name=f"product lines: {name}",
        header=WITH_PRODUCT,
        rows=rows,
        expected=tuple(expected.split(", ")),
        options=tuple(options.split()),
    )


def lines_by_default(
    name: str, *rows: tuple[Cell, ...], expected: str, options: str = "--status sent"
) -> Case:
    """Make a case of rows without a status, of which some may be product lines."""
    return Case(
        name=f"product lines without a status: {name}",
        header=("Order number", "Date", "Tracking number", "Product"),
        rows=rows,
        expected=tuple(expected.split(", ")),
        options=tuple(options.split()),
    )


def times(
    name: str,
    *rows: tuple[Cell, ...],
    expected: str,
    options: tuple[str, ...] = (),
    warned: tuple[str, ...] = ("date_times",),
) -> Case:
    """Make a case of one order on several rows, with a time each."""
    return Case(
        name=f"item lines: {name}",
        rows=rows,
        expected=tuple(expected.split(", ")),
        options=options,
        warned=warned,
    )


def end(name: str, *rows: tuple[Cell, ...], expected: str = "", header: object = HEADER) -> Case:
    """Make a case of a sheet's end, below one shipment."""
    first = (None, *FULL) if header is PRODUCT_FIRST else FULL
    codes = tuple(expected.split(", ")) if expected else ("footer",) * len(rows)
    return Case(
        name=f"the sheet's end: {name}",
        header=PRODUCT_FIRST if header is PRODUCT_FIRST else HEADER,
        rows=(first, *rows),
        expected=(f"1 {SENT}", *codes),
    )


CASES = (
    own_word("a carrier's", "Вручен", "sent", "Вручен=sent"),
    own_word("in a Russian word for the status", "Вручен", "sent", "Вручен=отправлен"),
    own_word("capitals, blanks, another ё", f" ВРУЧЁН{NBSP}", "sent", "вручен=sent"),
    own_word("of two words", "В  пути", "status_skipped", "В пути=skip"),
    own_word("skip in Russian", "Создан", "status_skipped", "Создан=пропустить"),
    own_word("refunded", "Refunded", "return", "Refunded=return"),
    own_word("completed", "Completed", "paid", "Completed=paid"),
    own_word("with a sign of equality in it", "state=5", "cancel", "state=5=cancel"),
    own_word("a number", 5, "cancel", "5=cancel"),
    own_word("a number as text", "5", "cancel", "5=cancel"),
    own_word("a number cell with a point", 5.0, "cancel", "5=cancel"),
    own_word("a number with a zero behind the point", "5.0", "cancel", "5=cancel"),
    own_word("a number with a zero behind the comma", "5,00", "cancel", "5=cancel"),
    own_word("said with a zero behind the point", 5, "cancel", "5.0=cancel"),
    own_word("another number", "5.5", "status_unknown", "5=cancel"),
    own_word("a fraction", 5.5, "status_unknown", "5=cancel"),
    own_word("a number with zeros in front", "05", "status_unknown", "5=cancel"),
    own_word("thousands, maybe", "5.000", "status_unknown", "5=cancel"),
    own_word("a dash", "-", "status_skipped", "-=skip"),
    own_word("a known word with its own meaning", "paid", "paid", "paid=paid"),
    own_word("a known word that is skipped", "возврат", "status_skipped", "возврат=skip"),
    own_word("the last of several", "Доставлен", "sent", "Вручен=skip", "Доставлен=sent"),
    own_word("a known word beside it", "отправлен", "sent", "Вручен=skip"),
    own_word("not the whole word", "Вручен адресату", "status_unknown", "Вручен=sent"),
    own_word("nobody has said", "Возвращён отправителю", "status_unknown", "Вручен=sent"),
    own_word("nothing is guessed: Вручен", "Вручен", "status_unknown"),
    own_word("nothing is guessed: Создан", "Создан", "status_unknown"),
    own_word("nothing is guessed: В пути", "В пути", "status_unknown"),
    own_word("nothing is guessed: Доставлен", "Доставлен", "status_unknown"),
    own_word("nothing is guessed: Completed", "Completed", "status_unknown"),
    own_word("nothing is guessed: Refunded", "Refunded", "status_unknown"),
    own_word("an error cell", "#N/A", "status_error_cell", "Вручен=sent"),
    Case(
        name="own status word: as the status of all rows",
        header=("Order number", "Ship date", "Tracking number"),
        rows=((1, DAY, "RA1"),),
        expected=(f"1 {SENT}",),
        options=("--status-word", "Вручен=sent", "--status", "вручён"),
    ),
    Case(
        name="a row to skip, whatever else it holds",
        rows=(("x", "В пути", "soon", "none"), (None, "в пути"), (2, "cancel")),
        expected=("status_skipped", "status_skipped", "2 cancel"),
        options=("--status-word", "В пути=skip"),
    ),
    Case(
        name="a row to skip holds no later row of its order back",
        rows=((1, "В пути"), FULL, (1, "в пути"), (1, "return")),
        expected=("status_skipped", f"1 {SENT}", "status_skipped", "1 return"),
        options=("--status-word", "В пути=skip"),
    ),
    Case(
        name="rows to skip, of one order and with one tracking number, contradict nothing",
        rows=((1, "Создан", DAY, "RA2"), FULL, (2, "Создан", DAY, "RA1")),
        expected=("status_skipped", f"1 {SENT}", "status_skipped"),
        options=("--status-word", "Создан=skip"),
    ),
    Case(
        name="a row to skip is below one that failed",
        rows=((1, "sent", DAY, None), (1, "Создан"), (1, "return")),
        expected=("rpo_missing", "status_skipped", "earlier_row"),
        options=("--status-word", "Создан=skip"),
    ),
    products(
        "one below the row of its order",
        (*FULL, "Cup"),
        (1, None, None, None, "Plate"),
        (2, "cancel", None, None, "Cup"),
        expected=f"1 {SENT}, continuation, 2 cancel",
    ),
    products(
        "of several orders",
        (*FULL, "Cup"),
        (1, None, None, None, "Plate"),
        (1, "", " ", "-", "Pot"),
        (2, "return", None, None, "Cup"),
        (2, None, None, None, "Pot"),
        expected=f"1 {SENT}, continuation, continuation, 2 return, continuation",
    ),
    products("nothing but the order", FULL, (1,), expected=f"1 {SENT}, continuation"),
    products(
        "not right below",
        FULL,
        (2, "cancel"),
        (1, None, None, None, "Cup"),
        expected=f"1 {SENT}, 2 cancel, continuation",
    ),
    products(
        "the order written otherwise",
        FULL,
        ("#0001", None, None, None, "Cup"),
        expected=f"1 {SENT}, continuation",
    ),
    products(
        "above the row of its order",
        (1, None, None, None, "Cup"),
        (1, "return"),
        expected="status_missing, earlier_row",
    ),
    products("without one", (1, None, None, None, "Cup"), expected="status_missing"),
    products(
        "of another order",
        (1, "return"),
        (2, None, None, None, "Cup"),
        expected="1 return, status_missing",
    ),
    products(
        "without an order number",
        (1, "return"),
        (None, None, None, None, "Cup"),
        expected="1 return, bill_id_missing",
    ),
    products(
        "with a date",
        (1, "return"),
        (1, None, DAY, None, "Cup"),
        expected="1 return, status_missing",
    ),
    products(
        "with a tracking number",
        (1, "return"),
        (1, None, None, "RA2", "Cup"),
        expected="1 return, status_missing",
    ),
    products(
        "with an error cell",
        (1, "return"),
        (1, None, "#N/A", None, "Cup"),
        expected="1 return, status_missing",
    ),
    products(
        "below a row that is wrong",
        (1, "sent", DAY, None, "Cup"),
        (1, None, None, None, "Plate"),
        (1, "return"),
        expected="rpo_missing, continuation, earlier_row",
    ),
    products(
        "below an unknown status",
        (1, "Вручен", DAY, "RA1", "Cup"),
        (1, None, None, None, "Plate"),
        expected="status_unknown, continuation",
    ),
    products(
        "below a row to skip",
        (1, "Создан", None, None, "Cup"),
        (1, None, None, None, "Plate"),
        expected="status_skipped, continuation",
        options="--status-word Создан=skip",
    ),
    products(
        "the default says what the order's row says",
        (*FULL, "Cup"),
        (1, None, None, None, "Plate"),
        expected=f"1 {SENT}, continuation",
        options="--status sent --date today",
    ),
    products(
        "paid by default, another day",
        (1, "paid", DAY, None, "Cup"),
        (1, None, None, None, "Plate"),
        expected=f"1 paid {MIDNIGHT}, continuation",
        options="--status paid --date 19.11.2026",
    ),
    products(
        "the default says something else, which is not lost",
        (1, "return", None, None, "Cup"),
        (1, None, None, None, "Plate"),
        expected="1 return, 1 cancel",
        options="--status cancel",
    ),
    Case(
        name="product lines: a list of orders to cancel has none",
        header=("Order number", "Status"),
        rows=((1, None), (2, None), (1, None)),
        expected=("1 cancel", "2 cancel", "already updated"),
        options=("--status", "cancel"),
    ),
    Case(
        name="product lines: a list without a status column has none",
        header=("Order number",),
        rows=((1,), (1,)),
        expected=("1 cancel", "already updated"),
        options=("--status", "cancel"),
    ),
    Case(
        name="product lines: the words that Shopify writes",
        header=("Name", "Fulfillment Status", "Shipped at", "Tracking", "Lineitem name"),
        rows=(("#1", "shipped", "2026-11-20", "RA1", "Cup"), ("#1", "", "", "", "Pot")),
        expected=(f"1 {SENT}", "continuation"),
        options=("--column", "bill_id=Name", "--column", "date=Shipped at"),
    ),
    Case(
        name="product lines: one with a day of its own is none",
        header=("Order number", "Status", "Ship date", "Tracking number"),
        rows=((1, "sent", DAY, "RA1"), (1, None, DAY, None)),
        expected=(f"1 {SENT}", "status_missing"),
    ),
    lines_by_default(
        "one below the row of its order",
        (1, DAY, "RA1", "Cup"),
        (1, None, None, "Plate"),
        (2, DAY, "RA2", "Cup"),
        expected=f"1 {SENT}, continuation, 2 sent {MIDNIGHT} RA2",
    ),
    lines_by_default(
        "not right below",
        (1, DAY, "RA1", "Cup"),
        (2, DAY, "RA2", "Cup"),
        ("#1", "", "-", "Plate"),
        expected=f"1 {SENT}, 2 sent {MIDNIGHT} RA2, continuation",
    ),
    lines_by_default(
        "above the row of its order",
        (1, None, None, "Plate"),
        (1, DAY, "RA1", "Cup"),
        expected="date_missing, earlier_row",
    ),
    lines_by_default(
        "one with a day of its own",
        (1, DAY, "RA1", "Cup"),
        (1, DAY, None, "Plate"),
        expected=f"1 {SENT}, rpo_missing",
    ),
    lines_by_default(
        "one with a number of its own",
        (1, DAY, "RA1", "Cup"),
        (1, None, "RA1", "Plate"),
        expected=f"1 {SENT}, date_missing",
    ),
    lines_by_default(
        "of another order",
        (1, DAY, "RA1", "Cup"),
        (2, None, None, "Plate"),
        expected=f"1 {SENT}, date_missing",
    ),
    lines_by_default(
        "below a row that is wrong",
        (1, DAY, None, "Cup"),
        (1, None, None, "Plate"),
        expected="rpo_missing, continuation",
    ),
    lines_by_default(
        "the day is said for all",
        (1, None, "RA1", "Cup"),
        (1, None, None, "Plate"),
        (2, None, None, "Plate"),
        expected=f"1 {SENT}, continuation, rpo_missing",
        options="--status sent --date 20.11.2026",
    ),
    lines_by_default(
        "the day is said for all, and another in the row",
        (1, DAY, None, "Cup"),
        (1, None, None, "Plate"),
        expected=f"1 paid {MIDNIGHT}, continuation",
        options="--status paid --date 19.11.2026",
    ),
    lines_by_default(
        "nothing but the order in both",
        (1, None, None, "Cup"),
        (1, None, None, "Plate"),
        expected="1 cancel, already updated",
        options="--status cancel",
    ),
    products(
        "an empty status column, the status is said for all",
        (1, None, DAY, "RA1", "Cup"),
        (1, None, None, None, "Plate"),
        expected=f"1 {SENT}, continuation",
        options="--status sent",
    ),
    products(
        "an empty status column, and nobody says the status",
        (1, None, DAY, "RA1", "Cup"),
        (1, None, None, None, "Plate"),
        expected="status_missing, status_missing",
    ),
    times(
        "two times of one day",
        (1, "sent", TEN, "RA1"),
        (1, "sent", NOON, "RA1"),
        expected=f"1 sent {AT_TEN} RA1, already updated",
    ),
    times(
        "the earliest below",
        (1, "sent", NOON, "RA1"),
        (1, "shipped", TEN, "RA1"),
        expected=f"1 sent {AT_TEN} RA1, already updated",
    ),
    times(
        "a day without a time",
        (1, "sent", TEN, "RA1"),
        (1, "sent", "20.11.2026", "RA1"),
        expected=f"1 {SENT}, already updated",
    ),
    times(
        "three, and another order",
        (1, "sent", NOON, "RA1"),
        (2, "sent", NOON, "RA2"),
        (1, "sent", TEN, "RA1"),
        (1, "sent", TEN, "RA1"),
        expected=f"1 sent {AT_TEN} RA1, 2 sent 1795165200 RA2, already updated, already updated",
    ),
    times(
        "strict",
        (1, "sent", TEN, "RA123456785RU"),
        (1, "sent", NOON, "RA123456785RU"),
        (2, "cancel"),
        expected="date_times, date_times, 2 cancel",
        options=("--strict",),
        warned=(),
    ),
    times(
        "one day here, two days elsewhere",
        (1, "sent", "2026-11-20T23:30:00+03:00", "RA1"),
        (1, "sent", "2026-11-21T00:30:00+03:00", "RA1"),
        expected="1 sent 1795206600 RA1, already updated",
        options=("--timezone", "UTC"),
    ),
    times(
        "two days",
        (1, "sent", "2026-11-20T23:30:00+03:00", "RA1"),
        (1, "sent", "2026-11-21T00:30:00+03:00", "RA1"),
        expected="contradiction, contradiction",
        warned=(),
    ),
    times(
        "two parcels",
        (1, "sent", TEN, "RA1"),
        (1, "sent", TEN, "RA2"),
        expected="contradiction, contradiction",
        warned=(),
    ),
    times(
        "two parcels, one of them twice",
        (1, "sent", TEN, "RA1"),
        (1, "sent", NOON, "RA1"),
        (1, "sent", NOON, "RA2"),
        expected="contradiction, contradiction, contradiction",
        warned=(),
    ),
    times(
        "two payments",
        (1, "paid", TEN),
        (1, "paid", NOON),
        expected="contradiction, contradiction",
        warned=(),
    ),
    times(
        "another status in between",
        (1, "sent", TEN, "RA1"),
        (1, "return"),
        (1, "sent", NOON, "RA1"),
        expected=f"1 sent {AT_TEN} RA1, 1 return, order_unclear",
    ),
    times(
        "with product lines",
        (1, "sent", TEN, "RA1"),
        (1, "sent", NOON, "RA1"),
        (1,),
        expected=f"1 sent {AT_TEN} RA1, already updated, continuation",
    ),
    end("a register", ("Итого отправлений: 1",), ("Сдал: ____",), ("Принял: ____",)),
    end("sum", ("Итого:", None, None, 1)),
    end("places", ("Всего мест", 3)),
    end("a seal", ("М.П.",)),
    end("people", ("Исполнитель", "Иванов"), ("Руководитель", None, None, "Петров")),
    end("signature in the last column", (None, None, None, "Подпись: ________")),
    end("two on one line", ("Сдал", "Иванов И.И.", "Принял", "Петров П.П.")),
    end("a line to write on", ("Сдал(а)", "______", "______"), ("", "(подпись)", "(ф.и.о.)")),
    end("a name below", ("Руководитель:",), (None, "Сидоров"), ("Дата: 20.11.2026",)),
    end("English", ("Grand total: 1",), ("Received by: ______",), ("Signature",)),
    end("blanks between", ("Итого",), (None, None, "Сдал ____ / Иванов /"), ("Принял",)),
    end("a date alone", ("Сдал",), (None, None, DAY)),
    end("in another column", ("Подпись кладовщика",), header=PRODUCT_FIRST),
    end("the count among the orders", ("Итого", 12), ("Сдал",), header=PRODUCT_FIRST),
    end(
        "shipments below it",
        ("Итого: 1",),
        ("Сдал: ____",),
        (2, "cancel"),
        expected=f"footer, {NO_NUMBER}, 2 cancel",
    ),
    end(
        "an order with a status", ("Итого", 2, "cancel"), expected="2 cancel", header=PRODUCT_FIRST
    ),
    end(
        "an order that cannot be read, with a status",
        ("Принял", "cancel"),
        expected="bill_id_not_a_number",
    ),
    end(
        "a shipment without an order number",
        ("Подпись", None, None, DAY, "RA2"),
        expected="bill_id_missing",
        header=PRODUCT_FIRST,
    ),
    end("an order and nothing else", (2,), expected="status_missing"),
    end("words that say nothing of an end", ("Склад",), expected="bill_id_not_a_number"),
    end("a telephone below", ("Сдал ____",), ("тел. +7 999 123-45-67",), ("Принял",)),
    end("a telephone alone", ("Телефон: 8 (495) 123-45-67 доб. 12",)),
    end("the number of the page", ("Итого: 1",), ("Сдал ____",), ("Страница 1 из 2",)),
    end("a telephone without a word", ("Сдал",), ("+7 (999) 123-45-67",), ("8 (495) 123-45-67",)),
    end("the number of the page alone", ("Стр. 1",)),
    end("the number of the sheet", ("Сдал",), ("Лист 1",), ("Лист 1, листов 2",)),
    end("the page in English", ("Total: 1",), ("Page 1 of 2",), ("Sheet 1/2",)),
    end("the page of pages", ("Стр. 1 / 2",), ("Страница №1",), ("- Лист 1 -",)),
    end("the page in the last column", ("Итого",), (None, None, None, "Страница 1 из 2")),
    end("a date below, as text", ("Сдал",), ("20.11.2026",)),
    end("a date below, in words", ("Сдал",), ("«20» ноября 2026 г.",), ("Принял",)),
    end("a date below, as a date cell", ("Сдал",), (DAY,)),
    end("a date in the last column", ("Сдал",), (None, None, None, "20.11.2026 10:15")),
    end("a date beside a name", ("Сдал",), ("20.11.2026", "Иванов И.И.")),
    end("a date beside the page", (DAY, "Страница 1 из 2")),
    end("when it was printed", ("Сдал",), ("Дата печати: 20.11.2026 10:15",)),
    end("when it was printed, alone", ("Распечатано 20.11.2026 10:15",)),
    end("what made it", ("Отчёт сформирован 20.11.2026",), ("На сумму: 1200 руб.",)),
    end("the firm", ("Принял",), ("ИНН 7701234567, КПП 770101001",), ("shop24@mail.example",)),
    end("a date with nothing of an end above", ("20.11.2026",), expected="bill_id_not_a_number"),
    end("a date with a status", ("Сдал",), (DAY, "cancel"), expected=f"{NO_NUMBER}, {NO_NUMBER}"),
    end(
        "a date with a tracking number",
        ("Сдал",),
        (DAY, None, None, "RA2"),
        expected=f"{NO_NUMBER}, {NO_NUMBER}",
    ),
    end(
        "shipments below the number of the page",
        ("Сдал",),
        ("Лист 1",),
        (2, "cancel"),
        expected=f"{NO_NUMBER}, {NO_NUMBER}, 2 cancel",
    ),
    end("a page of orders", ("Лист A1002",), expected=NO_NUMBER),
    end("an order in words below", ("Сдал",), ("Заказ №2",), expected=f"{NO_NUMBER}, {NO_NUMBER}"),
    end("a name beside it", ("Принял", "Иванов"), header=PRODUCT_FIRST),
    end("a name beside it, and a line", ("Сдал", "Петров", None, "____"), header=PRODUCT_FIRST),
    end("the count of parcels", ("Кол-во отправлений", 1), header=PRODUCT_FIRST),
    end("the count of a register", ("Итого по реестру:", 1), header=PRODUCT_FIRST),
    end("the count with its unit", ("Итого", 1, "шт."), header=PRODUCT_FIRST),
    end(
        "a name beside it, with a status",
        ("Принял", "Иванов", "cancel"),
        expected=NO_NUMBER,
        header=PRODUCT_FIRST,
    ),
    end(
        "a name beside it, with a tracking number",
        ("Принял", "Иванов", None, DAY, "RA2"),
        expected="bill_id_not_a_number",
        header=PRODUCT_FIRST,
    ),
    end(
        "an order beside it, with a status",
        ("Принял", 2, "cancel"),
        expected="2 cancel",
        header=PRODUCT_FIRST,
    ),
    end(
        "an order beside it, with a tracking number",
        ("Итого", 2, None, None, "RA2"),
        expected="status_missing",
        header=PRODUCT_FIRST,
    ),
    end(
        "an order beside it, with a status that is not known",
        ("Итого", 2, "Вручен"),
        expected="status_unknown",
        header=PRODUCT_FIRST,
    ),
    Case(
        name="the sheet's end: the words stand in the status column, left of the order",
        header=("Status", "Order number", "Date", "Tracking number"),
        rows=(("sent", 1, DAY, "RA1"), ("Итого", 4), ("Принял", "Иванов"), ("cancel", 2)),
        expected=(f"1 {SENT}", "status_unknown", "bill_id_not_a_number", "2 cancel"),
    ),
    Case(
        name="the sheet's end: the words stand in the status column, nothing below",
        header=("Status", "Order number", "Date", "Tracking number"),
        rows=(("sent", 1, DAY, "RA1"), ("Итого", 4), ("Принял", "Иванов"), ("Лист 1",)),
        expected=(f"1 {SENT}", "footer", "footer", "footer"),
    ),
    Case(
        name="the sheet's end: an order to cancel below the word for a sum",
        header=("Product", "Order number"),
        rows=(("Cup", 1), ("Total Cleaner", 2), ("Итого", 2)),
        expected=("1 cancel", "2 cancel", "footer"),
        options=("--status", "cancel"),
    ),
)
