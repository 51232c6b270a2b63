from __future__ import annotations

import pytest

from batch_update import headers
from batch_update.errors import InputFileError
from batch_update.headers import HeaderNotFoundError, NamedColumn, words
from batch_update.headers.naming import column_index
from batch_update.model import CellValue, Field, Layout, Row

NEEDED = (Field.BILL_ID, Field.STATUS)


def find(*rows: tuple[CellValue, ...], **named: str) -> Layout:
    return headers.find_layout(
        [Row(number=number, cells=cells) for number, cells in enumerate(rows, start=1)],
        named={
            Field(name): NamedColumn(headers=tuple(titles.split("|")), said_in="--column")
            for name, titles in named.items()
        },
        needed=NEEDED,
        where="sheet.xlsx",
    )


@pytest.mark.parametrize(
    ("header", "wanted"),
    [(word, field) for field in Field for word in headers.accepted_words(field)],
)
def test_every_known_word_is_found_in_any_case(header: str, wanted: Field) -> None:
    others: dict[Field, str] = {Field.BILL_ID: "bill_id", Field.STATUS: "status"}
    others.pop(wanted, None)
    layout = find((*others.values(), header.upper()))
    assert layout.columns[wanted] == len(others)


@pytest.mark.parametrize(
    "header",
    [
        "  Order\u00a0Number ",
        "ORDER\nNUMBER",
        "order  number:",
        "Order\u200b number.",
        "'Order Number",
    ],
)
def test_stray_spaces_and_line_breaks_do_not_matter(header: str) -> None:
    assert find((header, "Status")).columns[Field.BILL_ID] == 0


def test_the_header_may_stand_below_a_title_and_in_any_order() -> None:
    layout = find(("Shipments of 20.11.2026",), ("Note", "Статус", None, "Номер заказа"))
    assert layout.header_row == 2
    assert layout.columns == {Field.STATUS: 1, Field.BILL_ID: 3}
    assert layout.names == ("Note", "Статус", "", "Номер заказа")


def test_a_couriers_code_is_not_the_tracking_number() -> None:
    layout = find(("order_id", "tracking_code", "tracking_number", "status"))
    assert layout.columns[Field.RPO] == 2
    assert find(("order_id", "tracking_code", "status")).columns[Field.RPO] == 1


def test_a_header_of_two_lines_is_read_as_one() -> None:
    upper = ("Order number", "Status", "Parcel", None, "Note")
    layout = find(("Title",), upper, (None, None, "Ship date", "Tracking number"))
    assert layout.header_row == 3
    assert layout.columns == {
        Field.BILL_ID: 0,
        Field.STATUS: 1,
        Field.DATE_SENT: 2,
        Field.DATE_PAID: 2,
        Field.RPO: 3,
    }
    assert layout.names == ("Order number", "Status", "Ship date", "Tracking number", "Note")


@pytest.mark.parametrize(
    "below",
    [
        pytest.param((None, "Date", "Date"), id="words-below-a-known-column"),
        pytest.param((None, "Status", "Date", "Tracking"), id="more-than-above"),
        pytest.param((None, None, "z"), id="nothing-known"),
    ],
)
def test_a_data_row_is_no_second_line_of_the_header(below: tuple[CellValue, ...]) -> None:
    layout = find(("Order number", "Status", "X"), below)
    assert layout.header_row == 1


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [("Order", "Status", "Parcel", None), (None, None, "Date", "Дата")], id="in-the-second"
        ),
        pytest.param(
            [("Order", "Status", "Date", "Дата"), (None, None, None, "z")], id="in-the-first"
        ),
    ],
)
def test_a_second_line_does_not_settle_what_must_be_asked(
    rows: list[tuple[CellValue, ...]],
) -> None:
    with pytest.raises(InputFileError, match=r"Date \(column C\), Дата \(column D\)"):
        find(*rows)


def test_two_columns_that_could_be_the_same_are_asked_about() -> None:
    with pytest.raises(InputFileError) as caught:
        find(("Title",), ("Order", "Status", "Ship date", "Дата отгрузки"))
    assert str(caught.value) == (
        "sheet.xlsx: in the header (row 2) more than one column could be the date of sending: Ship "
        "date (column C), Дата отгрузки (column D). Say which one, such as --column "
        'date_sent="Ship date", or rename the others.'
    )


@pytest.mark.parametrize("pair", [("ORDER_ID", "YOUR_ORDER_ID"), ("order_number", "order_id")])
def test_the_marketplaces_number_and_the_shops_are_not_confused(pair: tuple[str, str]) -> None:
    with pytest.raises(InputFileError, match="more than one column could be the order number"):
        find((*pair, "status"))


def test_the_users_own_header_goes_before_the_known_words() -> None:
    layout = find(("Order", "Status", "Tracking", "Barcode"), rpo="barcode ")
    assert layout.columns[Field.RPO] == 3


def test_one_of_several_headers_that_the_user_named_is_taken() -> None:
    assert find(("Order", "Status", "Parcel"), rpo="Barcode|Parcel").columns[Field.RPO] == 2
    with pytest.raises(InputFileError, match=r"Barcode \(column C\), Parcel \(column D\)"):
        find(("Order", "Status", "Barcode", "Parcel"), rpo="Barcode|Parcel")
    with pytest.raises(InputFileError, match='stands under "Barcode" or "Parcel", but'):
        find(("Order", "Status", "Tracking"), rpo="Barcode|Parcel")


def test_a_needed_header_that_the_user_named_is_said_to_be_missing() -> None:
    with pytest.raises(InputFileError, match=r'order number \("Nr", as --column says\); row 1 has'):
        find(("Order", "Status"), bill_id="Nr")


@pytest.mark.parametrize(
    "header",
    [
        "Reference",
        "REFERENCE NUMBER",
        "Package invoice number",
        "PO #",
        "Purchase Order #",
        "№",
        "Номер",
        "Номер заказа Bitrix",
        "Order number (shop)",
    ],
)
def test_a_header_that_may_be_the_order_number_is_asked_about(header: str) -> None:
    with pytest.raises(HeaderNotFoundError) as caught:
        find(("Title",), (header, "Colour"))
    assert f'It may be "{header}" (column A), which can also mean something else.' in str(
        caught.value
    )
    assert f'say so: --column bill_id="{header}".' in str(caught.value)
    assert find((header, "Status"), bill_id=header).columns[Field.BILL_ID] == 0


def test_several_headers_that_may_be_the_order_number_are_all_named() -> None:
    pair = ("Номер заказа Bitrix", "Номер заказа DPD")
    with pytest.raises(HeaderNotFoundError, match=r"one of .*\(column A\), .*\(column B\), which"):
        find((*pair, "status"))


@pytest.mark.parametrize("header", ["№", "Reference", "Номер"])
def test_an_ambiguous_header_beside_the_order_number_does_not_matter(header: str) -> None:
    assert find((header, "Номер заказа", "Статус")).columns[Field.BILL_ID] == 1


def test_a_header_that_the_user_named_must_be_there() -> None:
    with pytest.raises(InputFileError) as caught:
        find(("Title",), ("Order", "Status"), rpo="Barcode")
    assert str(caught.value) == (
        'sheet.xlsx: --column says that the tracking number stands under "Barcode", but the header '
        "(row 2) has: Order, Status."
    )


def test_of_rows_that_name_as_much_the_first_is_told() -> None:
    with pytest.raises(HeaderNotFoundError, match=r"row 1 has: Order, x\."):
        find(("Order", "x"), ("y", "Status"), ("Заказ", "z"))


def test_columns_that_must_be_asked_about_count_as_known() -> None:
    with pytest.raises(HeaderNotFoundError) as caught:
        find(("Status", "Date", "Дата", "x"))
    assert caught.value.matches == 2


def test_what_is_missing_and_what_was_found_is_said() -> None:
    with pytest.raises(HeaderNotFoundError) as caught:
        find(("Some title",), ("Order number", "Colour"))
    assert str(caught.value) == (
        "sheet.xlsx: no column for status (such as status, Status, Статус); row 2 has: Order "
        "number, Colour. Name it in the header row, or say which column it is: --column "
        "status=HEADER. If all rows are of one status, say it once for them: --status sent."
    )
    assert caught.value.matches == 1


def test_a_sheet_without_header_is_shown_by_its_first_row() -> None:
    with pytest.raises(
        HeaderNotFoundError,
        match=r"^sheet\.xlsx: no column .*the first row reads: 100, nope.*--column bill_id=HEADER",
    ):
        find(("100", "nope"))


def test_an_empty_sheet_is_called_empty() -> None:
    with pytest.raises(HeaderNotFoundError, match=r"^sheet\.xlsx: it is empty\.") as caught:
        find()
    assert caught.value.matches == 0


def test_a_wide_header_is_shortened_in_messages() -> None:
    with pytest.raises(HeaderNotFoundError, match="and 8 more"):
        find(tuple(f"column {number} {'x' * 40}" for number in range(38)))


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (702, "AAA")])
def test_columns_are_named_as_spreadsheets_name_them(index: int, letters: str) -> None:
    assert headers.column_letter(index) == letters


def test_no_word_means_two_fields_or_is_listed_twice() -> None:
    known = [words.compact(word) for field in Field for word in headers.accepted_words(field)]
    assert len(known) == len(set(known))
    asked = [words.compact(one) for field in words.AMBIGUOUS_WORDS.values() for one in field]
    assert not set(known) & set(asked)


@pytest.mark.parametrize("header", [*words.TRAPS, *words.OTHER_DATES])
def test_a_header_that_looks_like_a_field_is_neither_taken_nor_offered(header: str) -> None:
    assert words.strong_meaning(header) is None
    assert words.weak_meaning(header) is None
    assert [field for field in Field if words.may_mean(header, field)] == []


@pytest.mark.parametrize(
    ("header", "form"),
    [
        pytest.param("Order_Number*", "ordernumber", id="asterisk-behind"),
        pytest.param("* Трек – номер", "трекномер", id="asterisk-in-front"),
        pytest.param("Order‑Number:*", "ordernumber", id="several-signs"),
        pytest.param("order # ", "order#", id="sign-that-matters"),
        pytest.param("*", "", id="nothing-else"),
        pytest.param("Shipment - Tracking Number", "shipmenttrackingnumber", id="dash"),
    ],
)
def test_headers_are_compared_without_what_does_not_matter(header: str, form: str) -> None:
    assert words.compact(header) == form


def test_a_word_of_vendors_counts_only_where_no_common_word_is() -> None:
    assert find(("Order", "Status", "Номер ТТН")).columns[Field.RPO] == 2
    assert find(("Order", "Status", "Номер ТТН", "Трек")).columns[Field.RPO] == 3
    with pytest.raises(InputFileError, match=r"Номер ТТН \(column C\), Номер ЕН \(column D\)"):
        find(("Order", "Status", "Номер ТТН", "Номер ЕН"))


@pytest.mark.parametrize(
    ("letters", "index"),
    [("A", 0), ("z", 25), ("Aa", 26), ("XFD", 16_383), ("XFE", None), ("А1", None), ("В", 1)],
)
def test_letters_are_read_as_spreadsheets_read_them(letters: str, index: int | None) -> None:
    assert column_index(letters) == index


@pytest.mark.parametrize(
    ("header", "is_dated"),
    [
        ("Order Date", True),
        ("OrderDate", True),
        ("purchase-date", True),
        ("ДатаЗаказа", True),
        ("Дата_рождения", True),
        ("Created at", True),
        ("отправлено", True),
        ("Shipped at", True),
        ("Даты", True),
        ("Статус", False),
        ("Dateline", False),
        ("Кандидат", False),
        ("Tracking number", False),
    ],
)
def test_headers_that_speak_of_a_date_are_known(header: str, is_dated: bool) -> None:
    assert words.speaks_of_date(header) is is_dated


def test_the_time_of_an_earlier_run_is_no_other_date() -> None:
    header = ("Order", "Status", "Date", "Tracking", *headers.RESULT_COLUMNS)
    assert find(header).columns[Field.DATE] == 2


def test_by_letters_the_row_that_says_most_is_the_header() -> None:
    layout = find(
        ("Отчёт",), ("Код", "Статус", "Трек", "Дата"), ("17", "sent", "RA1", "x"), bill_id="A"
    )
    assert layout.header_row == 2
    assert layout.names == ("Код", "Статус", "Трек", "Дата")


@pytest.mark.parametrize(
    "first",
    [
        pytest.param((17, "sent"), id="number-cell"),
        pytest.param(("17", "sent"), id="digits"),
        pytest.param(("ORD-17", "sent"), id="digits-behind-letters"),
        pytest.param((None, "отправлено", "20.11.2026"), id="no-order-but-a-day"),
        pytest.param((None, "sent", None, "RA1"), id="nothing-known"),
    ],
)
def test_by_letters_a_row_of_data_is_no_header(first: tuple[CellValue, ...]) -> None:
    with pytest.raises(HeaderNotFoundError):
        find(first, bill_id="A", status="B")


def test_a_column_without_a_header_has_a_name_in_messages_and_repeats_itself() -> None:
    layout = find(("Order", "Status", "Date", None), (1, "sent", "x", "RA1"), rpo="D")
    assert layout.column_name(Field.RPO) == "column D"
    assert headers.is_header(Row(number=9, cells=("Order", "Status", "Date")), layout)
    assert not headers.is_header(Row(number=9, cells=("Order", "Status", "Date", "x")), layout)


def test_long_headers_are_listed_shortly() -> None:
    names = ["x" * 30, "y" * 31, "", *(f"n{number}" for number in range(30))]
    with pytest.raises(HeaderNotFoundError) as caught:
        find(tuple(names))
    listed = ", ".join(["x" * 30, "y" * 29 + "…", *(f"n{number}" for number in range(28))])
    assert f": {listed} and 2 more. " in str(caught.value)
    with pytest.raises(HeaderNotFoundError) as caught:
        find(tuple(names[3:]))
    assert "n28, n29. " in str(caught.value)
    with pytest.raises(HeaderNotFoundError) as caught:
        find((*names[3:], "n30"))
    assert "n28, n29 and 1 more. " in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "is_total"),
    [
        pytest.param(("Total",), True, id="word"),
        pytest.param((None, "Total:"), True, id="word-under-order"),
        pytest.param((" ", "ИТОГО"), True, id="blank-before"),
        pytest.param(("Total: 5 parcels", None, "", ""), True, id="with-count"),
        pytest.param(("Total", None, "5 parcels"), True, id="count-under-status"),
        pytest.param(("Total", None, "Total", "Total"), True, id="word-in-each-column"),
        pytest.param(("Total", 12), False, id="with-an-order"),
        pytest.param(("Total Wine", None, "sent", "RA2"), False, id="customer"),
        pytest.param(("Grand", None, "Total"), False, id="not-the-first-word"),
        pytest.param((5, None, None, None), False, id="no-words"),
    ],
)
def test_a_row_that_sums_up_is_known(cells: tuple[CellValue, ...], is_total: bool) -> None:
    layout = find(("Customer", "Order", "Status", "Tracking"))
    assert headers.is_total(Row(number=9, cells=cells), layout) is is_total


@pytest.mark.parametrize(
    ("header", "cells", "is_header"),
    [
        pytest.param(("Order", "Status", "X"), ("Order", " Status", "y"), True, id="repeated"),
        pytest.param(("Order", "Status", "X"), ("Order", "sent", "X"), False, id="one-differs"),
        pytest.param(("Order", "Status", "X"), ("Order",), False, id="shorter"),
    ],
)
def test_a_row_that_repeats_the_header_is_known(
    header: tuple[CellValue, ...], cells: tuple[CellValue, ...], is_header: bool
) -> None:
    assert headers.is_header(Row(number=9, cells=cells), find(header)) is is_header


def test_one_known_column_is_not_enough_to_tell_a_repeated_header() -> None:
    layout = Layout(header_row=1, names=("Order",), columns={Field.BILL_ID: 0})
    assert not headers.is_header(Row(number=9, cells=("Order",)), layout)


@pytest.mark.parametrize(
    ("cell", "is_example"), [(" Example", True), ("example 1", False), (1, False), (None, False)]
)
def test_the_templates_example_is_known(cell: CellValue, is_example: bool) -> None:
    layout = find(("Status", "Order"))
    assert headers.is_example(Row(number=2, cells=("sent", cell)), layout) is is_example


def test_a_long_text_is_no_header_whatever_it_begins_with() -> None:
    note = "Трек-номер, " + "который " * 20_000
    assert find(("Order", "Status", note, "Трек")).columns[Field.RPO] == 3
    assert find(("Order", "Status", note), rpo=note).columns[Field.RPO] == 2
