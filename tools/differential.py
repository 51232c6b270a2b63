"""Hold our reading of workbooks against calamine's and LibreOffice's, cell by cell.

    python -m tools.differential [FOLDER…]

Without a folder, workbooks are made first: at random, and those of the tests. Exits 1 if a cell
differs in a way that is not known to be theirs. LibreOffice takes part if `soffice` is installed.
"""

from __future__ import annotations

import datetime as dt
import math
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter

from batch_update import quiet, reader
from batch_update.errors import InputFileError
from batch_update.model import CellValue, ErrorCell, Field, UnsavedFormula
from batch_update.reader import SheetQuery
from tools.make_kinds import write_with_openpyxl, write_with_xlsxwriter

ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
HEADER = ("Order number", "Status", "Ship date", "Tracking number", "Note", "More")
FORMATS = ("General", "0", "00000000", "@", "dd.mm.yyyy", "yyyy-mm-dd hh:mm", "h:mm", "0.00")
WORDS = "абвABC012 _x<&>\"'\n-é漢"
MADE = 20
SHOWN = 40
PATIENCE_S = 300.0

_LONG_AGO = dt.datetime(1, 1, 1)
_FIRST_DAYS = {dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1904, 1, 1)}
_Grid = dict[tuple[int, int], Any]


@dataclass
class Comparison:
    """What came of holding one reading against others.

    Args:
        cells: how many were compared.
        explained: how many differ in a way that is known, by the way.
        differences: those that are not, a line for each.
        refused: sheets that we do not read, with our words.
    """

    cells: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def ours(path: Path, name: str) -> _Grid:
    """Read one worksheet as a run does: the rows that are data, and all others.

    Raises:
        InputFileError: it cannot be read, or has no header.
    """
    lookup = SheetQuery(sheet_name=name, needed=(Field.BILL_ID,))
    sheet = reader.read_sheet(path, lookup)
    rows = [*sheet.kept, *sheet.rows]
    return {
        (row.number, column): value
        for row in rows
        for column, value in enumerate(row.cells, start=1)
        if value is not None and value != ""
    }


def calamines(path: Path) -> dict[str, _Grid]:
    """Read all worksheets with calamine."""
    with quiet.hushed():
        book = python_calamine.load_workbook(str(path))
        return {
            name: {
                (number, column): value
                for number, row in enumerate(
                    book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1
                )
                for column, value in enumerate(row, start=1)
                if value != ""
            }
            for name in book.sheet_names
        }


def libre_offices(path: Path, soffice: str) -> dict[str, _Grid]:
    """Read all worksheets of what LibreOffice makes of a workbook."""
    with tempfile.TemporaryDirectory() as scratch:
        profile = f"-env:UserInstallation={Path(scratch).as_uri()}/profile"
        convert = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", scratch]
        subprocess.run([*convert, str(path)], check=True, capture_output=True, timeout=PATIENCE_S)
        return calamines(Path(scratch) / f"{path.stem}.xlsx")


def compare(path: Path, theirs: dict[str, _Grid], who: str, result: Comparison) -> None:
    """Hold our reading of each worksheet against another's.

    Args:
        path: the workbook.
        theirs: what another read, by worksheet.
        who: who read it.
        result: gets what comes of it.
    """
    for name, grid in theirs.items():
        if not grid:
            continue
        try:
            our_grid = ours(path, name)
        except InputFileError as refusal:
            if str(refusal) not in result.refused:
                result.refused.append(str(refusal))
            continue
        for place in sorted(our_grid.keys() | grid.keys()):
            mine, other = our_grid.get(place), grid.get(place)
            result.cells += 1
            if _same(mine, other):
                continue
            if reason := _known(mine, other):
                result.explained[f"{who}: {reason}"] += 1
            else:
                result.differences.append(
                    f"{path.name}, {name}, row {place[0]}, column {place[1]}: "
                    f"we read {mine!r}, {who} {other!r}"
                )


def _same(mine: CellValue, other: object) -> bool:
    if _is_number(mine) and _is_number(other):
        return math.isclose(float(mine), float(other), rel_tol=1e-12)  # type: ignore[arg-type]
    first, second = _length(mine), _length(other)
    if first is not None and second is not None:
        return abs(first - second) < dt.timedelta(milliseconds=1)
    return type(mine) is type(other) and mine == other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _length(value: object) -> dt.timedelta | None:
    """Give a day or time as what has passed since the beginning; None for all else."""
    if isinstance(value, dt.datetime):
        time = dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        time += dt.timedelta(microseconds=value.microsecond)
        return time if value.date() in _FIRST_DAYS else value - _LONG_AGO
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time()) - _LONG_AGO
    if isinstance(value, dt.time):
        return dt.datetime.combine(_LONG_AGO, value) - _LONG_AGO
    return value if isinstance(value, dt.timedelta) else None


def _known(mine: CellValue, other: object) -> str:
    """Tell in which known way a cell differs; empty for none."""
    if isinstance(mine, ErrorCell):
        return "error cells are empty or something else"
    if isinstance(mine, UnsavedFormula):
        return "formulas without a result are empty or calculated"
    if isinstance(mine, bool) != isinstance(other, bool) and not (
        _is_text(mine) or _is_text(other)
    ):
        return "booleans are numbers, in whatever format"
    return _known_text(mine, other) if isinstance(other, str) else _known_day(mine, other)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _known_text(mine: CellValue, other: str) -> str:
    if _length(mine) is not None:
        return "days that are written as text"
    is_same = isinstance(mine, str) and mine.split() == other.split()
    return "line ends and blanks" if is_same else ""


def _known_day(mine: CellValue, other: object) -> str:
    return "days as numbers" if _length(mine) is not None and _is_number(other) else ""


def make(folder: Path, count: int = MADE) -> None:
    """Write workbooks to compare: at random, and what the tests make."""
    write_with_openpyxl(folder / "kinds-openpyxl.xlsx")
    write_with_xlsxwriter(folder / "kinds-xlsxwriter.xlsx")
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311 repeatable workbooks, not a secret
        options = {"date_1904": seed % 3 == 0, "strings_to_formulas": False}
        with xlsxwriter.Workbook(str(folder / f"random-{seed}.xlsx"), options) as book:
            formats = [book.add_format({"num_format": code}) for code in FORMATS]
            page = book.add_worksheet()
            page.write_row(0, 0, HEADER)
            for row in range(1, chance.randrange(10, 60)):
                for column in range(chance.randrange(1, len(HEADER) + 1)):
                    _write(page, (row, column), chance, chance.choice(formats))


def _write(page: Any, place: tuple[int, int], chance: random.Random, shown: Any) -> None:
    kind = chance.randrange(7)
    if kind == 0:
        page.write_number(*place, chance.randrange(10 ** chance.randrange(1, 15)), shown)
    elif kind == 1:
        page.write_number(*place, chance.randrange(40_000, 60_000) + chance.random(), shown)
    elif kind == 2:
        page.write_boolean(*place, chance.random() < 0.5, shown)
    elif kind == 3:
        page.write_blank(*place, None, shown)
    elif kind == 4:
        page.write_formula(*place, "=1+1", shown, chance.choice((2, "text", "#N/A")))
    else:
        letters = (chance.choice(WORDS) for _ in range(chance.randrange(1, 20)))
        page.write_string(*place, "".join(letters), shown)


def workbooks(folders: Sequence[Path]) -> Iterator[Path]:
    """Find the workbooks in folders, wherever in them."""
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS)


def run(folders: Sequence[Path], soffice: str | None) -> Comparison:
    """Compare all workbooks in folders."""
    result = Comparison()
    for path in workbooks(folders):
        try:
            compare(path, calamines(path), "calamine", result)
            if soffice is not None:
                compare(path, libre_offices(path, soffice), "LibreOffice", result)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 whatever another reader throws, panics too
            result.refused.append(f"{path.name}: another reader: {error}")
    return result


def main(arguments: Sequence[str]) -> int:
    """Compare, print what differs, and give the exit status."""
    soffice = shutil.which("soffice")
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(argument) for argument in arguments]
        if not folders:
            make(Path(scratch))
            folders = [Path(scratch), Path("samples"), Path("tests/data")]
        result = run(folders, soffice)
    for line in (*result.refused[:SHOWN], *result.differences[:SHOWN]):
        print(line)
    for reason, count in result.explained.most_common():
        print(f"{count} known: {reason}")
    if soffice is None:
        print("LibreOffice is not installed, so only calamine was asked.")
    print(
        f"{result.cells} cells compared, {len(result.differences)} differ, "
        f"{len(result.refused)} sheets not read by all."
    )
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
