from __future__ import annotations

import pytest

from batch_update import columns, wording
from batch_update.columns import HeaderNotFoundError, NamedColumn
from batch_update.errors import InputFileError
from batch_update.orders import CellValue, Field, Layout, Row

NEEDED = (Field.BILL_ID, Field.STATUS)


def find(*rows: tuple[CellValue, ...], **named: str) -> Layout:
    return columns.find_layout(
        [Row(number=number, cells=cells) for number, cells in enumerate(rows, start=1)],
        named={
            Field(name): NamedColumn(headers=tuple(headers.split("|")), said_in="--column")
            for name, headers in named.items()
        },
        needed=NEEDED,
        where="sheet.xlsx",
    )


@pytest.mark.parametrize(
    ("header", "wanted"),
    [(word, field) for field in Field for word in columns.accepted_words(field)],
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
    assert layout.columns == {Field.BILL_ID: 0, Field.STATUS: 1, Field.DATE: 2, Field.RPO: 3}
    assert layout.names == ("Order number", "Status", "Ship date", "Tracking number", "Note")


def test_a_data_row_is_no_second_line_of_the_header() -> None:
    layout = find(("Order number", "Status", "X"), (None, "Date", "Date"))
    assert layout.header_row == 1


def test_two_columns_that_could_be_the_same_are_asked_about() -> None:
    with pytest.raises(InputFileError, match=r"Ship date \(column C\), Дата \(column D\)"):
        find(("Order", "Status", "Ship date", "Дата"))


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
    assert str(caught.value).endswith(f'say so: --column bill_id="{header}".')
    assert find((header, "Status"), bill_id=header).columns[Field.BILL_ID] == 0


def test_several_headers_that_may_be_the_order_number_are_all_named() -> None:
    pair = ("Номер заказа Bitrix", "Номер заказа DPD")
    with pytest.raises(HeaderNotFoundError, match=r"one of .*\(column A\), .*\(column B\), which"):
        find((*pair, "status"))


@pytest.mark.parametrize("header", ["№", "Reference", "Номер"])
def test_an_ambiguous_header_beside_the_order_number_does_not_matter(header: str) -> None:
    assert find((header, "Номер заказа", "Статус")).columns[Field.BILL_ID] == 1


def test_a_header_that_the_user_named_must_be_there() -> None:
    with pytest.raises(InputFileError, match=r'under "Barcode".*has: Order, Status'):
        find(("Order", "Status"), rpo="Barcode")


def test_what_is_missing_and_what_was_found_is_said() -> None:
    with pytest.raises(HeaderNotFoundError) as caught:
        find(("Some title",), ("Order number", "Colour"))
    assert "no column for status (such as status, Status, Статус)" in str(caught.value)
    assert "row 2 has: Order number, Colour" in str(caught.value)
    assert caught.value.matches == 1


def test_a_sheet_without_header_is_shown_by_its_first_row() -> None:
    with pytest.raises(
        HeaderNotFoundError,
        match=r"^sheet\.xlsx: no column .*the first row reads: 100, nope.*--column bill_id=HEADER",
    ):
        find(("100", "nope"))


def test_an_empty_sheet_is_called_empty() -> None:
    with pytest.raises(HeaderNotFoundError, match=r"^sheet\.xlsx: it is empty"):
        find()


def test_a_wide_header_is_shortened_in_messages() -> None:
    with pytest.raises(HeaderNotFoundError, match="and 8 more"):
        find(tuple(f"column {number} {'x' * 40}" for number in range(20)))


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (702, "AAA")])
def test_columns_are_named_as_spreadsheets_name_them(index: int, letters: str) -> None:
    assert columns.column_letter(index) == letters


def test_no_word_means_two_fields() -> None:
    words = [wording.normalise(word) for field in Field for word in columns.accepted_words(field)]
    assert len(words) == len(set(words))


def test_long_headers_are_listed_shortly() -> None:
    names = ["x" * 30, "y" * 31, "", *(f"n{number}" for number in range(12))]
    with pytest.raises(HeaderNotFoundError) as caught:
        find(tuple(names))
    listed = ", ".join(["x" * 30, "y" * 29 + "…", *(f"n{number}" for number in range(10))])
    assert f": {listed} and 2 more. " in str(caught.value)
    with pytest.raises(HeaderNotFoundError) as caught:
        find(tuple(names[3:]))
    assert "n10, n11. " in str(caught.value)
