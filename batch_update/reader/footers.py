"""The end of registers: sums, signatures, names and dates, which are no shipments."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from batch_update import headers, wording
from batch_update.headers import words
from batch_update.model import DATES, CellValue, Field, Layout, Row
from batch_update.validator import CellRefusedError, read_status

_REMEMBERED = 4096
_SIGNED = (
    "сдал",
    "сдала",
    "сдано",
    "принял",
    "приняла",
    "принято",
    "передал",
    "передала",
    "получил",
    "получила",
    "отпустил",
    "отпустила",
    "отгрузил",
    "отгрузила",
    "составил",
    "составила",
    "проверил",
    "проверила",
    "утвердил",
    "подпись",
    "подписи",
    "исполнитель",
    "руководитель",
    "ответственный",
    "кладовщик",
    "директор",
    "генеральный директор",
    "бухгалтер",
    "главный бухгалтер",
    "дата",
    "ф.и.о",
    "фио",
    "м.п",
    "м. п",
    "доверенность",
    "распечатано",
    "напечатано",
    "отпечатано",
    "сформировано",
    "документ сформирован",
    "отчет сформирован",
    "реестр сформирован",
    "выгружено",
    "сумма",
    "на сумму",
    "итоговая сумма",
    "signature",
    "signed by",
    "received by",
    "handed over by",
    "prepared by",
    "checked by",
    "printed",
    "print date",
    "generated on",
)
_SUMS = (
    *words.TOTAL_WORDS,
    "grand total",
    "количество отправлений",
    "количество мест",
    "количество заказов",
    "общее количество",
    "общий вес",
    "кол-во",
)
_UNIT = (
    r"(?:отправлени[йяе]|мест[ао]?|заказ(?:ов|а)?|посыл(?:ок|ки|ка)|шт|штук"
    r"|orders|parcels|rows|pcs)"
)
_OF_WHAT = r"по (?:реестру|накладной|ведомости|акту|списку|листу|странице)"
_SUM = "|".join(map(re.escape, _SUMS))
_FOOTER = re.compile(rf"[\W_]*(?:{'|'.join(map(re.escape, (*_SUMS, *_SIGNED)))})(?![^\W_])")
_PLAIN_SUM = re.compile(rf"(?:{_SUM})(?: {_UNIT})?(?: {_OF_WHAT})?")
_SUM_LINE = re.compile(
    rf"[\W_]*(?:{_SUM})[:.]?(?: {_UNIT})?[:.]?(?: (?:по|за|на|for|of|by) .{{1,40}})?"
    rf"[:.]?(?: ?[0-9][0-9 .,]*)?(?: ?{_UNIT})?[\W_]*"
)
"""A sum as a line of its own: `Итого: 25 шт`, `Всего за день`; no name that begins so."""
_SO_MANY = re.compile(rf"[0-9]*\s?{_UNIT}")
_CLOSING = re.compile(
    r"[\W_]*(?:(?:страница|стр|лист|page|sheet)\b[.:]? ?(?:no ?)?[0-9]{1,4}"
    r"(?: ?/ ?[0-9]{1,4}|,? ?(?:из|of|листов|страниц|всего)\b[.:]? ?[0-9]{1,4})?"
    r"|(?:тел|телефоны?|моб|факс|phone|tel|fax)\b[^a-zа-я]*[0-9][^a-zа-я]*(?:(?:доб|ext)[^a-zа-я]*)?"
    r"|(?:\+[0-9]|8 ?\()[0-9 ()-]{9,20}"
    r"|(?:инн|кпп|огрн|огрнип|окпо|бик)\b[^a-zа-я]*[0-9].*|\S+@\S+\.\S+|www\.\S+)[\W_]*"
)
"""Numbers of pages, telephones and firms: lines with digits that are no order's."""
_LONGEST_CLOSING = 120
_CLOCK = r"(?:,? (?:в )?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
_DAY = re.compile(
    r"(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[./-][0-9]{2}[./-][0-9]{2}"
    rf"|[«\"]?[0-9]{{1,2}}[»\"]? [а-яa-z]+\.? [0-9]{{4}})(?: ?г(?:ода)?)?\.?{_CLOCK}"
)
_BLANK_LINE = re.compile(r"[\s_/|.…-]{3,}")
_DIGIT = re.compile("[0-9]")


def is_footer(row: Row, layout: Layout, *, is_begun: bool) -> bool:
    """Return whether a row may be of the sheet's end; it is so if no shipment follows.

    A row with an order number is none, unless it is the count beside a word such as `Total`; nor is
    a row with a status, or with a date or tracking number and no order number.

    Args:
        row: the row, which is not blank.
        layout: the columns and their meanings.
        is_begun: whether the row above it is part of the end.
    """
    order = row.cell(layout.columns.get(Field.BILL_ID))
    if _is_day(order):
        return _is_dated(row, layout, is_begun=is_begun)
    if _is_order_like(order):
        return _is_count(row, layout)
    if headers.is_total(row, layout):
        return True
    if _is_status(row.cell(layout.columns.get(Field.STATUS))):
        return False
    return _is_footer_text(order) or _is_signed(row, layout, is_begun=is_begun)


def is_order(row: Row, layout: Layout) -> bool:
    """Return whether a row is a shipment by the number in the orders' column alone."""
    place = layout.columns[Field.BILL_ID]
    value = row.cells[place] if place < len(row.cells) else None
    is_number = value.isdecimal() if isinstance(value, str) else isinstance(value, int)
    return is_number and not _is_count(row, layout)


def is_sum(row: Row, layout: Layout) -> bool:
    """Return whether a row is a sum wherever it stands, as sorting moves it among the shipments.

    It has nothing of a shipment: no order number, status, date or tracking number, but a line that
    can only be a sum; a number of orders may stand beside that.

    Args:
        row: the row, which is not blank.
        layout: the columns and their meanings.
    """
    columns = layout.columns
    first = next((value for value in row.cells if isinstance(value, str) and value.strip()), "")
    if not _is_sum_line(first):
        return False
    order = row.cell(columns.get(Field.BILL_ID))
    others = [row.cell(columns.get(field)) for field in (Field.STATUS, *DATES, Field.RPO)]
    if _is_blank(order) or order == first or _is_of_sum(order):
        return all(value == first or _is_of_sum(value) for value in others)
    # Beside a number of an order, the word must stand where nothing of a shipment does.
    return first not in others and _is_count(row, layout)


def _is_dated(row: Row, layout: Layout, *, is_begun: bool) -> bool:
    """Return whether a row with a day in place of its order is the day of a signature."""
    if _is_status(row.cell(layout.columns.get(Field.STATUS))):
        return False
    if _says(row.cell(layout.columns.get(Field.RPO))):
        return False
    return is_begun or any(map(_is_footer_text, row.cells))


def _is_signed(row: Row, layout: Layout, *, is_begun: bool) -> bool:
    """Return whether a row without an order and a status is a line of names, signs or dates."""
    order, date, rpo = (
        row.cell(layout.columns.get(field)) for field in (Field.BILL_ID, Field.DATE, Field.RPO)
    )
    cells = [value for value in row.cells if not _is_blank(value)]
    if len(cells) == 1 and _is_day(cells[0]):
        return is_begun
    if _says(rpo) or (_says(date) and len(cells) > 1):
        return False
    if any(map(_is_footer_text, cells)):
        in_front = row.cells[: layout.columns.get(Field.BILL_ID, 0)]
        return _is_blank(order) or _is_line_to_fill(order) or any(map(_is_footer_text, in_front))
    return is_begun and all(isinstance(value, str) for value in cells)


def _is_order_like(value: CellValue) -> bool:
    """Return whether a cell may be meant for an order number, readable or not."""
    if isinstance(value, str):
        return value.isdecimal() or (bool(_DIGIT.search(value)) and not _is_footer_text(value))
    return value is not None


def _is_count(row: Row, layout: Layout) -> bool:
    """Return whether a number in the orders' column is only a sum."""
    place = layout.columns.get(Field.BILL_ID)
    if not place:
        return False
    for field in (Field.STATUS, *DATES, Field.RPO):
        if not _is_of_sum(row.cell(layout.columns.get(field))):
            return False
    first = next((value for value in row.cells[:place] if not _is_blank(value)), None)
    return isinstance(first, str) and _is_plain_sum(first)


def _is_blank(value: CellValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_line_to_fill(value: CellValue) -> bool:
    return isinstance(value, str) and _BLANK_LINE.fullmatch(value) is not None


def _is_of_sum(value: CellValue) -> bool:
    """Return whether a cell beside a sum is empty, or names only the thing summed up."""
    return _is_blank(value) or (isinstance(value, str) and _is_sum_or_unit(value))


def _is_day(value: CellValue) -> bool:
    """Return whether a cell holds a day, as a date cell or in words, and nothing else."""
    if isinstance(value, str):
        # Most orders are digits alone, which no written day is.
        return not value.isdecimal() and bool(_DIGIT.search(value)) and _is_written_day(value)
    return isinstance(value, dt.date)


def _says(value: CellValue) -> bool:
    """Return whether a cell may hold a date or a number, and not a name or a line to write on."""
    if isinstance(value, str):
        return bool(_DIGIT.search(value)) and not _is_footer_text(value)
    return value is not None


def _is_footer_text(value: CellValue) -> bool:
    return isinstance(value, str) and _is_footer_word(value)


@lru_cache(_REMEMBERED)
def _is_sum_line(value: str) -> bool:
    return _SUM_LINE.fullmatch(wording.normalise(value)) is not None


@lru_cache(_REMEMBERED)
def _is_plain_sum(value: str) -> bool:
    return _PLAIN_SUM.fullmatch(wording.normalise(value)) is not None


@lru_cache(_REMEMBERED)
def _is_sum_or_unit(value: str) -> bool:
    return _is_plain_sum(value) or _SO_MANY.fullmatch(wording.normalise(value)) is not None


@lru_cache(_REMEMBERED)
def _is_footer_word(value: str) -> bool:
    text = wording.normalise(value)
    if _FOOTER.match(text):
        return True
    return len(text) <= _LONGEST_CLOSING and _CLOSING.fullmatch(text) is not None


@lru_cache(_REMEMBERED)
def _is_written_day(value: str) -> bool:
    return _DAY.fullmatch(wording.normalise(value)) is not None


def _is_status(value: CellValue) -> bool:
    try:
        read_status(value)
    except CellRefusedError:
        return False
    return True
