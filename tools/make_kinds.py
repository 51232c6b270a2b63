"""One workbook, made by several programs: what each writes must be read the same.

The files in tests/data/ were made by LibreOffice 7.4 out of what `write_with_openpyxl` writes:

    python -m tools.make_kinds kinds.xlsx
    soffice --headless --convert-to FORMAT --outdir tests/data kinds.xlsx

with FORMAT being xlsx, xls, ods and fods.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import openpyxl
import xlsxwriter

DATA = Path(__file__).parents[1] / "tests" / "data"

HEADER = ("Order number", "Status", "Ship date", "Tracking number", "Note")
DAY = dt.datetime(2026, 11, 20)
HALF_PAST_TEN = dt.datetime(2026, 11, 20, 10, 30)
SERIAL = 46346
UNIX = 1795165200

SHIPMENTS: dict[int, tuple[object, ...]] = {
    5: (100001, "sent", DAY, "RA123456785RU", "a date cell and text"),
    6: (100002.0, "Отправлен", HALF_PAST_TEN, 12345678901, "a time and zeros that are shown"),
    7: ("100003", "sent", "20.11.2026", "00012345678901", "all text"),
    8: (100004, "sent", SERIAL, 10100110020184, "a date without its format, digits"),
    10: (100005, "paid", UNIX, None, "unix seconds, in a hidden row, below a blank one"),
    11: (" 100\u00a0006 ", "Оплачен ", "20 ноября 2026", None, "stray spaces"),
    12: (100007, "sent", DAY, "#N/A", "an error cell"),
    13: (123456789012345678, "cancel", None, None, True),
    14: (100008, "sent", "03/04/2026", "RA1", dt.time(9, 30)),
    15: ("Итого", None, None, 9, None),
}
HIDDEN_ROW = 10
SHOWN_ZEROS = "D6"

EXPECTED: dict[int, str] = {
    5: "100001 sent 2026-11-20 00:00 RA123456785RU",
    6: "100002 sent 2026-11-20 10:30 00012345678901",
    7: "100003 sent 2026-11-20 00:00 00012345678901",
    8: "100004 sent 2026-11-20 00:00 10100110020184",
    10: "100005 paid 2026-11-20 12:00",
    11: "100006 paid 2026-11-20 00:00",
    12: "rpo_error_cell",
    13: "bill_id_digits_lost",
    14: "date_ambiguous",
}
NOTES = [
    "The header was found in row 4.",
    "Blank rows between the others: 1, skipped.",
    "Row 15 is a totals row and was skipped.",
    "Hidden or filtered-out rows: 1, the first is row 10; read like all others.",
]


def write_with_openpyxl(path: Path) -> None:
    """Write the workbook with openpyxl."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Read me"
    book.worksheets[0]["A1"] = "Shipments are on the next page."
    page = book.create_sheet("Parcels")
    page["A1"] = "Parcels of 20.11.2026"
    page.merge_cells("A1:E1")
    page.append([])
    for row, cells in {4: HEADER, **SHIPMENTS}.items():
        for column, value in enumerate(cells, start=1):
            if value is not None:
                page.cell(row=row, column=column, value=value)
    page[SHOWN_ZEROS].number_format = "0" * 14
    page["C6"].number_format = "dd.mm.yyyy hh:mm"
    page.row_dimensions[HIDDEN_ROW].hidden = True
    old = book.create_sheet("Old")
    old.append(HEADER)
    old.append((1, "cancel"))
    old.sheet_state = "hidden"
    book.save(path)


def write_with_xlsxwriter(path: Path) -> None:
    """Write the same workbook with XlsxWriter."""
    with xlsxwriter.Workbook(str(path)) as book:
        formats: dict[object, object] = {
            DAY: book.add_format({"num_format": "dd.mm.yyyy"}),
            dt.time(9, 30): book.add_format({"num_format": "hh:mm"}),
            HALF_PAST_TEN: book.add_format({"num_format": "dd.mm.yyyy hh:mm"}),
        }
        zeros = book.add_format({"num_format": "0" * 14})
        book.add_worksheet("Read me").write_string(0, 0, "Shipments are on the next page.")
        page = book.add_worksheet("Parcels")
        page.merge_range("A1:E1", "Parcels of 20.11.2026")
        for row, cells in {4: HEADER, **SHIPMENTS}.items():
            for column, value in enumerate(cells):
                if isinstance(value, dt.datetime | dt.time):
                    page.write_datetime(row - 1, column, value, formats[value])
                elif value == "#N/A":
                    page.write_formula(row - 1, column, "=NA()", None, "#N/A")
                elif isinstance(value, str):
                    page.write_string(row - 1, column, value)
                elif value is not None:
                    page.write(row - 1, column, value)
        page.write_number(SHOWN_ZEROS, 12345678901, zeros)
        page.set_row(HIDDEN_ROW - 1, None, None, {"hidden": True})
        old = book.add_worksheet("Old")
        old.write_row(0, 0, HEADER)
        old.write_row(1, 0, (1, "cancel"))
        old.hide()


if __name__ == "__main__":
    write_with_openpyxl(Path(sys.argv[1]))
