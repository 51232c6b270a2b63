"""Makes the files in samples/: `make samples`. All orders, people and parcels are invented."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

SAMPLES = Path(__file__).parent.parent / "samples"

HEADER = ("Order number", "Status", "Date", "Tracking number", "Customer", "City")
HEADER_RU = ("Номер заказа", "Статус", "Дата", "Трек-номер", "Получатель", "Город")

_STATUS_RU = {
    "sent": "Отправлен",
    "paid": "Оплачен",
    "return": "Возврат",
    "cancel": "Отменён",
}
_PEOPLE = ("A. Lindqvist", "М. Берёзкина", "T. Okafor", "П. Зорин", "J. Marlowe", "Е. Снегирёва")
_CITIES = ("Tver", "Казань", "Perm", "Омск", "Tula", "Рязань")

Plain = str | int | dt.date | None
ShipmentRow = tuple[int, str, dt.date | str | None, str | None]


def s10(serial: int, service: str = "RA", country: str = "RU") -> str:
    """Make an international tracking number with its check digit (UPU S10)."""
    digits = f"{serial:08d}"
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    rest = 11 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    check = {10: 0, 11: 5}.get(rest, rest)
    return f"{service}{digits}{check}{country}"


def russian_post(index: int, month: int, serial: int) -> str:
    """Make a 14-digit number of Russian Post with its check digit."""
    digits = f"{index:06d}{month:02d}{serial:05d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd * 3 + even) % 10}"


def shipment_rows() -> list[ShipmentRow]:
    """List the rows of the shipment samples: order, status, date, tracking number."""
    days = [dt.date(2026, 11, day) for day in (16, 17, 18, 19, 20)]
    rows: list[ShipmentRow] = []
    for number in range(20):
        rpo = s10(12345600 + number * 37) if number % 2 else russian_post(10100, 11, 201 + number)
        rows.append((100101 + number, "sent", days[number % 5], rpo))
    rows += [(100131 + number, "paid", days[number], None) for number in range(4)]
    rows += [(100141 + number, "return", None, None) for number in range(3)]
    rows += [(100151 + number, "cancel", None, None) for number in range(2)]
    rows += [
        (990404, "sent", days[4], s10(55500011)),
        (990202, "paid", days[4], None),
        (990503, "sent", days[4], s10(55500025)),
        (990429, "sent", days[4], s10(55500039)),
        (990500, "sent", days[4], s10(55500042)),
        (990501, "paid", days[4], None),
        (990504, "sent", days[4], s10(55500056)),
        (100105, "sent", days[4], russian_post(10100, 11, 205)),
        (100161, "sent", "03/04/2026", s10(55500060)),
        (100161, "paid", days[4], None),
        (100162, "sent", days[4], None),
        (100163, "paid", days[3], None),
    ]
    return rows


def write_shipments_xlsx(path: Path) -> None:
    """Write the rows as a warehouse's workbook would hold them."""
    book = openpyxl.Workbook()
    page = _only_page(book, "Shipments")
    page.append(HEADER)
    for number, row in enumerate(shipment_rows()):
        page.append((*row, *_about(number)))
    for cells in page.iter_rows(min_row=2, min_col=3, max_col=3):
        for cell in cells:
            if isinstance(cell.value, dt.date):
                cell.number_format = "dd.mm.yyyy"
    _dress(page, (14, 10, 12, 18, 16, 12))
    book.save(path)


def write_shipments_csv(path: Path) -> None:
    """Write the same rows as a Russian Excel exports them."""
    with path.open("w", encoding="cp1251", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER_RU)
        for number, (bill_id, status, date, rpo) in enumerate(shipment_rows()):
            shown = date.strftime("%d.%m.%Y") if isinstance(date, dt.date) else date or ""
            cells = (bill_id, _STATUS_RU[status], shown, rpo or "")
            writer.writerow((*cells, *_about(number)))


PROBLEMS: tuple[tuple[str, Plain, Plain, Plain, Plain], ...] = (
    ("bill_id_missing", None, "sent", dt.date(2026, 11, 20), s10(77700012)),
    ("bill_id_not_a_number", "100004-1", "sent", dt.date(2026, 11, 20), s10(77700026)),
    ("bill_id_not_a_number", 0, "paid", dt.date(2026, 11, 20), None),
    ("bill_id_digits_lost", 1234567890123456, "cancel", None, None),
    ("bill_id_not_calculated", "=A2+1", "cancel", None, None),
    ("status_missing", 200105, None, dt.date(2026, 11, 20), s10(77700030)),
    ("status_unknown", 200106, "delivered", dt.date(2026, 11, 20), s10(77700043)),
    ("date_missing", 200107, "sent", None, s10(77700057)),
    ("date_ambiguous", 200108, "sent", "03/04/2026", s10(77700065)),
    ("date_impossible", 200109, "paid", "31.02.2026", None),
    ("date_not_a_date", 200110, "paid", "yesterday", None),
    ("date_too_early", 200111, "paid", dt.date(1999, 12, 31), None),
    ("date_in_future", 200112, "paid", dt.date(2096, 11, 20), None),
    ("date_clock_change", 200113, "paid", "2014-10-26 01:30", None),
    ("rpo_missing", 200114, "sent", dt.date(2026, 11, 20), None),
    ("rpo_not_valid", 200115, "sent", dt.date(2026, 11, 20), "two parcels"),
    ("rpo_not_valid", 200116, "sent", dt.date(2026, 11, 20), "RА777000798RU"),
    ("rpo_digits_lost", 200117, "sent", dt.date(2026, 11, 20), "1.01E+13"),
    ("rpo_digits_lost", 200118, "sent", dt.date(2026, 11, 20), 1234567890123456789),
    ("rpo_formula_like", 200119, "sent", dt.date(2026, 11, 20), "'=HYPERLINK(A1)"),
    ("rpo_error_cell", 200120, "sent", dt.date(2026, 11, 20), "#N/A"),
    ("contradiction", 200121, "sent", dt.date(2026, 11, 19), s10(77700080)),
    ("contradiction", 200121, "sent", dt.date(2026, 11, 19), s10(77700093)),
    ("order_unclear", 200122, "cancel", None, None),
    ("bill_id_error_cell", "#REF!", "cancel", None, None),
    ("bill_id_not_a_number", True, "cancel", None, None),
    ("bill_id_not_a_number", "1_000", "cancel", None, None),
    ("status_error_cell", 200123, "#NAME?", None, None),
    ("date_error_cell", 200124, "paid", "#VALUE!", None),
    ("date_not_calculated", 200125, "paid", "=TODAY()", None),
    ("rpo_not_calculated", 200126, "sent", dt.date(2026, 11, 20), "=A2"),
    ("rpo_not_valid", 200127, "sent", dt.date(2026, 11, 20), dt.date(2026, 11, 20)),
    ("rpo_not_valid", 200128, "sent", dt.date(2026, 11, 20), "10100110020184 10100110020191"),
    ("voided", 200129, "sent", dt.date(2026, 11, 20), s10(77700102)),
    ("bill_id_ambiguous", "200.000", "cancel", None, None),
    ("status_unknown", 200130, "В пути", None, None),
    ("date_short_year", 200131, "paid", "20.11.26", None),
    ("date_zone_unknown", 200132, "paid", "2026-11-20 10:15 PST", None),
    ("rpo_missing", 200133, "sent", dt.date(2026, 11, 20), "без трека"),
    ("rpo_not_valid", 200134, "sent", dt.date(2026, 11, 20), "СДЭК 1200, СДЭК 1300"),
    ("rpo_not_valid", 200135, "sent", dt.date(2026, 11, 20), "https://track.example/?n=1234567890"),
    ("rpo_not_valid", 200136, "sent", dt.date(2026, 11, 20), "1234567890 x2"),
    ("rpo_not_valid", 200137, "sent", dt.date(2026, 11, 20), "1234567890*"),
    ("rpo_not_valid", 200138, "sent", dt.date(2026, 11, 20), "1234567; 7654321"),
    ("rpo_digits_lost", 200139, "sent", dt.date(2026, 11, 20), "34567890123456790000"),
)
"""The code that each row must get, then order, status, date and tracking number."""


def write_problems_xlsx(path: Path) -> None:
    """Write a sheet with a row for each thing that can be wrong."""
    book = openpyxl.Workbook()
    page = _only_page(book, "Problems")
    page.append((*HEADER[:4], "What the program should say", "Voided"))
    for code, bill_id, status, date, rpo in PROBLEMS:
        if code == "order_unclear":
            page.append((bill_id, "cancel", None, None, "in order"))
            page.append((bill_id, "return", None, None, "in order"))
        page.append((bill_id, status, date, rpo, code, "yes" if code == "voided" else None))
    for cells in page.iter_rows(min_row=2, min_col=4, max_col=4):
        for cell in cells:
            if isinstance(cell.value, str) and cell.value.startswith("'"):
                cell.value = cell.value[1:]
                cell.data_type = "s"
                cell.quotePrefix = True
    _dress(page, (20, 12, 18, 32, 28, 10))
    book.save(path)


def _about(number: int) -> tuple[str, str]:
    return _PEOPLE[number % len(_PEOPLE)], _CITIES[number % len(_CITIES)]


def _only_page(book: openpyxl.Workbook, title: str) -> Worksheet:
    page = book.worksheets[0]
    page.title = title
    return page


def _dress(page: Worksheet, widths: tuple[int, ...]) -> None:
    for index, width in enumerate(widths, start=1):
        page.cell(row=1, column=index).font = Font(bold=True)
        page.column_dimensions[get_column_letter(index)].width = width


def main() -> None:
    """Write all samples."""
    SAMPLES.mkdir(exist_ok=True)
    write_shipments_xlsx(SAMPLES / "shipments.xlsx")
    write_shipments_csv(SAMPLES / "shipments.csv")
    write_problems_xlsx(SAMPLES / "problems.xlsx")


if __name__ == "__main__":
    main()
