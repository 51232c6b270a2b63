"""Random sheets as warehouses send them, with all that can be wrong in them."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import random
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.utils.datetime import MAC_EPOCH

from tests.cases import CASES
from tests.cases.case import HEADER, Cell
from tools.make_samples import s10

ROOT = Path(__file__).parent.parent.parent
KEPT = sorted(
    path
    for folder in ("samples", "tests/data")
    for path in (ROOT / folder).iterdir()
    if path.suffix not in {".json", ".txt"}
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1251", "cp866", "koi8-r")
FORMATS = (
    *("General", "0", "00000000000000", "@", "dd.mm.yyyy", "yyyy-mm-dd hh:mm", "h:mm", "0.00"),
    *('# ##0" руб."', "[h]:mm:ss", "[$-419]d mmm yyyy", "mm:ss.0", "0.00E+00", "d/m/yy;@"),
)
FIRST_DAY = dt.datetime(2026, 11, 2)
_TITLES = ("Реестр отправлений", "Shipments of the day", None, "от 20.11.2026")
_ENDS = (("Итого", 3), ("Всего: 5 шт",), ("Сдал ________",), ("20.11.2026",), ("Total", None, 7))
_REMARKS = ("", None, "=1+1", "-5", "a<b & c", "две\nстроки", " x ", "_x0041_", "é漢😀", "+7 912 1")
_OPTIONS: tuple[tuple[str, ...], ...] = (
    *((), (), (), (), ("--strict",), ("--day-first",), ("--check-tracking",)),
    *(("--date", "2026-11-20"), ("--status", "sent"), ("--lang", "ru"), ("--json",)),
    *(("--output", "o.csv"), ("--output", "o.xlsx"), ("--failures", "f.xlsx")),
    *(("--failures", "f.csv"), ("--no-header", "--column", "bill_id=A", "--column", "status=B")),
    *(("--order-prefix", "ORD-"), ("--status-word", "готов=sent"), ("--timezone", "UTC")),
)
_Row = Sequence[Cell]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A sheet and how it is run.

    Args:
        path: the file.
        options: further arguments of the command line.
    """

    path: Path
    options: tuple[str, ...]


def make(folder: Path, seed: int) -> Made:
    """Make the sheet of a number; the same number makes the same sheet."""
    chance = random.Random(seed)  # noqa: S311 repeatable sheets, not a secret
    kind = chance.choices(list(_KINDS), [weight for weight, _ in _KINDS.values()])[0]
    options = [*chance.choice(_OPTIONS)]
    path = _KINDS[kind][1](chance, folder / f"sheet-{seed}", _table(chance, options))
    return Made(path=path, options=tuple(options))


def _table(chance: random.Random, options: list[str]) -> list[_Row]:
    """Make rows below a header, some of them odd; options that a case needs are added."""
    if chance.random() < 0.2:
        case = chance.choice(CASES)
        options[:] = case.options
        return [case.header, *case.rows, *_end(chance)]
    extra = [name for name in ("City", "Remark", "Weight, kg") if chance.random() < 0.6]
    header = [*HEADER, *extra]
    places = list(range(len(header)))
    if chance.random() < 0.3:
        chance.shuffle(places)
    oddness = chance.choice((0.0, 0.05, 0.3))
    count = chance.choice((1, 5, 10, 20, 20, 40))
    rows: list[_Row] = [(title,) for title in _TITLES if chance.random() < 0.1]
    rows.append([header[place] for place in places])
    for number in range(count):
        full = _row(chance, number, oddness, len(extra))
        rows.append([full[place] for place in places])
        if chance.random() < oddness / 3:
            rows.append(chance.choice(([], rows[-1], [header[place] for place in places])))
    return rows + _end(chance)


def _end(chance: random.Random) -> list[_Row]:
    return [chance.choice(_ENDS)] if chance.random() < 0.15 else []


def _row(chance: random.Random, number: int, oddness: float, extra: int) -> list[Cell]:
    """Make a row; each cell may be taken from a case of the tests instead."""
    status = chance.choice(("sent", "sent", "sent", "paid", "return", "cancel", "Отправлен"))
    order = 100_000 + (number if chance.random() > oddness else chance.randrange(8))
    day: Cell = FIRST_DAY + dt.timedelta(days=chance.randrange(20))
    if chance.random() < 0.2:
        day = f"{day:%d.%m.%Y}"
    usual: list[Cell] = [order, status, day, s10(number + chance.randrange(2))]
    for place in range(4):
        if chance.random() < oddness:
            donor = chance.choice(chance.choice(CASES).rows)
            usual[place] = donor[place] if place < len(donor) else None
    more: list[Cell] = [chance.choice((chance.choice(_REMARKS), number / 4, f"Town {number % 7}"))]
    return usual + more * extra


def _text(value: Cell) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%d.%m.%Y}" if value.time() == dt.time() else f"{value:%d.%m.%Y %H:%M}"
    return "" if value is None else str(value)


def _csv(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    delimiter = chance.choice(",;\t|")
    is_quoted = chance.random() < 0.5
    text = io.StringIO()
    if chance.random() < 0.1:
        text.write(f"sep={delimiter}\r\n")
    writer = csv.writer(
        text, delimiter=delimiter, quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows(list(map(_text, row)) for row in rows)
    data = text.getvalue().encode(chance.choice(ENCODINGS), "replace")
    if chance.random() < 0.05:
        data = data[: chance.randrange(len(data)) + 1]
    path = path.with_suffix(".csv")
    path.write_bytes(data)
    return path


def _openpyxl(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    book = openpyxl.Workbook()
    if chance.random() < 0.1:
        book.epoch = MAC_EPOCH
    page = book.create_sheet("Shipments", 0)
    book.active = 0
    oddness = chance.choice((0.0, 0.1))
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            _write(chance, page.cell(number, column), value, oddness)
        if chance.random() < oddness / 2:
            page.row_dimensions[number].hidden = True
    if chance.random() < oddness:
        page.merge_cells(start_row=2, end_row=3, start_column=5, end_column=6)
    if chance.random() < 0.3:
        page.column_dimensions["B"].width = chance.randrange(5, 50)
    if chance.random() < 0.1:
        book.worksheets[-1]["A1"] = "notes"
    else:
        book.remove(book.worksheets[-1])
    path = path.with_suffix(".xlsx")
    book.save(path)
    return path


def _write(chance: random.Random, cell: Any, value: Cell, oddness: float) -> None:
    cell.value = value
    if chance.random() < oddness:
        cell.number_format = chance.choice(FORMATS)
    if chance.random() < oddness / 5:
        cell.comment = Comment("a comment", "a person")


def _xlsxwriter(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    path = path.with_suffix(".xlsx")
    options = {
        "constant_memory": chance.random() < 0.4,
        "date_1904": chance.random() < 0.1,
        "strings_to_formulas": chance.random() < 0.3,
        "strings_to_urls": False,
        "default_date_format": chance.choice(("dd.mm.yyyy", "yyyy-mm-dd hh:mm")),
    }
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet(chance.choice(("Shipments", "Лист1", "a & b")))
        shapes = [book.add_format({"num_format": code}) for code in FORMATS]
        bold = book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                odd = chance.randrange(60)
                if odd == 0 and isinstance(value, str) and len(value) > 1:
                    page.write_rich_string(number, column, bold, value[0], value[1:])
                elif odd == 1:
                    page.write_formula(number, column, "=1+1", chance.choice(shapes), value or 2)
                elif odd == 2:
                    page.write_blank(number, column, None, chance.choice(shapes))
                elif odd == 3 and isinstance(value, int):
                    page.write_number(number, column, value, chance.choice(shapes))
                elif value is not None:
                    page.write(number, column, value)
    return path


def _odd_markup(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    """Edit a part of a workbook as no program writes it."""
    whole, parts = _unpacked(_xlsxwriter(chance, path, rows))
    name = chance.choice([one for one in parts if one.startswith("xl/") and one.endswith("xml")])
    text = parts[name]
    places = [match.span(1) for match in _PLACES.finditer(text)]
    for start, end in sorted(chance.sample(places, min(len(places), 3)), reverse=True):
        odd = chance.choice((*_ODD, text[start:end] * 2))
        text = text[:start] + odd + text[end:]
    return _packed(whole, parts | {name: text})


def _other_markup(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    """Write the same cells in another way, as some programs do."""
    whole, parts = _unpacked(_xlsxwriter(chance, path, rows))
    name = next(one for one in parts if "worksheets/sheet1" in one)
    text = parts[name]
    for old, new in chance.sample(_REWRITES, chance.randrange(1, 4)):
        text = re.sub(old, new, text)
    return _packed(whole, parts | {name: text})


_PLACES = re.compile(rb'(?=(<[^<>]*>|(?<==")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)))')
"""Tags, values of attributes and texts between tags."""
_ODD = (
    *(b"", b"0", b"-1", b"1.5", b"1e999", b"99999999999999999999", b"TRUE", b"s", b"str", b"e"),
    *(b"d", b"@", b"A0", b"_x0000_", b"&#0;", b"<!--", b"\xff\xfe", b"2026-11-20", b"PT1H", b"n"),
)
_REWRITES: tuple[tuple[bytes, bytes], ...] = (
    (rb'(<c) r="[A-Z]+[0-9]+"', rb"\1"),
    (rb'(<row) r="[0-9]+"', rb"\1"),
    (rb"<(/?)(row|c|v|f|is|t|sheetData|worksheet)\b", rb"<\1x:\2"),
    (rb"(<x:worksheet|<worksheet) xmlns=", rb"\1 xmlns:x="),
    (rb'"><v>', rb'"  >\n <v>'),
    (rb"</v></c>", rb"</v><!-- said --></c>"),
    (rb"<v>([a-z]+)</v>", rb"<v><![CDATA[\1]]></v>"),
    (rb"<v>([0-9]+)</v>", rb"<v>\1.0</v>"),
    (rb'<c (r="[A-Z0-9]+") s="([0-9]+)"', rb'<c s="\2" cm="1" \1'),
    (rb"</c>(<c [^<>]*/>)*</row>", rb'</c><c r="Z9" s="1"/><extLst><ext/></extLst></row>'),
)


def _unpacked(path: Path) -> tuple[Path, dict[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        return path, {name: archive.read(name) for name in archive.namelist()}


def _packed(path: Path, parts: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def _page(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:
    """Write a web page under the name of a workbook."""
    path = path.with_suffix(".xls")
    cell = chance.choice(("td", "th"))
    lines = ("".join(f"<{cell}>{html.escape(_text(value))}" for value in row) for row in rows)
    text = f"<meta charset=utf-8><table>{''.join(f'<tr>{line}' for line in lines)}</table>"
    path.write_text(text, encoding="utf-8", errors="replace")
    return path


def _kept(chance: random.Random, path: Path, rows: Sequence[_Row]) -> Path:  # noqa: ARG001
    """Take a workbook that is kept with the program; one in two has a byte changed."""
    source = chance.choice(KEPT)
    path = path.with_suffix(source.suffix)
    data = bytearray(source.read_bytes())
    if chance.random() < 0.5:
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(data)
    return path


_KINDS: dict[str, tuple[int, Callable[[random.Random, Path, Sequence[_Row]], Path]]] = {
    "csv": (30, _csv),
    "openpyxl": (20, _openpyxl),
    "xlsxwriter": (25, _xlsxwriter),
    "odd markup": (8, _odd_markup),
    "other markup": (10, _other_markup),
    "page": (2, _page),
    "kept": (5, _kept),
}
"""Of each kind of sheet: how often it is made, of all, and how."""
