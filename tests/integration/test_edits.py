"""Whatever is done to results before they are run again: only what is not confirmed goes out.

Each story edits results as people do, in an order that a seed decides, and runs them again.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import openpyxl
import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.sandbox import Fault, Sandbox, Script

DAY = "20.11.2026"
HEADER = ("Клиент", "Заказ", "Статус", "Дата", "Трек-номер", "Вес", "Заметка")
WRONG = {3: "отправлн", 7: "отправлен", 9: "отправлен"}
"""Orders that need a person: an unknown status, no date, and one that the shop refuses."""
TOTALS = ("Итого", None, None, None, None, 18, None)
SIGNED = ("Сдал ______", None, None, None, None, None, None)
SOFFICE = shutil.which("soffice")

Grid: TypeAlias = list[list[Any]]


def write(path: Path, grid: Grid) -> None:
    """Put other rows into the first worksheet, and leave all else of the workbook as it is."""
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    page = book.worksheets[0]
    page.delete_rows(1, page.max_row)
    page.conditional_formatting = type(page.conditional_formatting)()
    for number, line in enumerate(grid, start=1):
        for column, value in enumerate(line, start=1):
            page.cell(row=number, column=column, value=value)
    book.save(path)


def read(path: Path) -> Grid:
    page = openpyxl.load_workbook(path).worksheets[0]
    return [[cell.value for cell in line] for line in page]


def places(grid: Grid) -> dict[str, int]:
    return {name: index for index, name in enumerate(grid[1]) if name}


def rows_of_orders(grid: Grid) -> list[list[Any]]:
    order = places(grid)["Заказ"]
    return [line for line in grid[2:] if isinstance(line[order], int)]


def mend(grid: Grid, _: random.Random) -> Grid:
    at = places(grid)
    for line in rows_of_orders(grid):
        if line[at["Заказ"]] in WRONG:
            line[at["Статус"]] = "отправлен"
            line[at["Дата"]] = DAY
            line[at["Трек-номер"]] = f"RA{line[at['Заказ']]:09}RU"
    return grid


def under_the_header(grid: Grid) -> tuple[Grid, Grid]:
    """Give the rows that a program sorts without being asked which, and those below."""
    end = next((n for n, line in enumerate(grid) if n > 1 and not any(line)), len(grid))
    return grid[2:end], grid[end:]


def sort(grid: Grid, chance: random.Random) -> Grid:
    """Sort all rows from the header to the first blank one, totals too, as Excel may do."""
    lines, rest = under_the_header(grid)
    chance.shuffle(lines)
    return [*grid[:2], *lines, *rest]


def sort_by_result(grid: Grid, _: random.Random) -> Grid:
    at = places(grid).get("result", 0)
    lines, rest = under_the_header(grid)
    return [*grid[:2], *sorted(lines, key=lambda line: str(line[at])), *rest]


def delete_columns(grid: Grid, chance: random.Random) -> Grid:
    """Delete columns that are not needed, of the sheet and of ours."""
    at = places(grid)
    wanted = ("Клиент", "Вес", "Заметка", "result", "error_code", "attempts", "updated_at")
    gone = {at[name] for name in chance.sample(wanted, 3) if name in at}
    return [[value for index, value in enumerate(line) if index not in gone] for line in grid]


def delete_ours(grid: Grid, _: random.Random) -> Grid:
    end = places(grid).get("result")
    return grid if end is None else [line[:end] for line in grid]


def add_column(grid: Grid, chance: random.Random) -> Grid:
    place = chance.randrange(len(grid[1]) + 1)
    return [
        [*line[:place], "Комментарий" if number == 1 else f"звонил {number}", *line[place:]]
        if number == 1 or any(line)
        else line
        for number, line in enumerate(grid)
    ]


def delete_done(grid: Grid, _: random.Random) -> Grid:
    """Delete the green rows, as people do who filter them."""
    at = places(grid).get("result")
    return grid if at is None else [line for line in grid if line[at] != "updated"]


EDITS: tuple[Callable[[Grid, random.Random], Grid], ...] = (
    sort,
    sort_by_result,
    delete_columns,
    delete_ours,
    add_column,
    delete_done,
)


def first_run(folder: Path, run_cli: RunCli, sandbox: Sandbox) -> Path:
    """Run a sheet of twelve orders, three of which need a person; give its results."""
    folder.mkdir()
    grid: Grid = [["Реестр"], list(HEADER)]
    for number in range(1, 13):
        status = WRONG.get(number, "отправлен")
        date = None if number == 7 else DAY
        grid.append([f"Клиент {number}", number, status, date, f"RA{number:09}RU", 1.5, None])
    grid += [list(TOTALS), [None] * len(HEADER), list(SIGNED)]
    write(folder / "day.xlsx", grid)
    assert run_cli(folder / "day.xlsx", shop=sandbox).status == 1
    assert sent(sandbox) == [
        *(set(range(1, 13)) - {3, 7}),
    ]
    sandbox.requests.clear()
    return folder / "day.results.xlsx"


def sent(sandbox: Sandbox) -> list[int]:
    return sorted(int(one.fields["bill_id"]) for one in sandbox.requests)


def save_by_libreoffice(path: Path, scratch: Path) -> None:
    """Open and save a workbook with LibreOffice, so that all of it is LibreOffice's."""
    assert SOFFICE
    command = [SOFFICE, f"-env:UserInstallation=file://{scratch}/profile", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(scratch), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shutil.move(scratch / path.name, path)


def run_again(way: str, results: Path, run_cli: RunCli, sandbox: Sandbox) -> None:
    """Run what was edited: the results, their folder, or the sheet with the rows put back."""
    sheet = results.with_name("day.xlsx")
    if way == "sheet":
        write(sheet, read(results))
        results.unlink()
    named = {"results": results, "folder": results.parent, "sheet": sheet}[way]
    for count in (3, 0):
        run = run_cli(named, shop=sandbox)
        assert (run.status, run.out) == (0, run.out)
        assert sent(sandbox) == [3, 7, 9][:count]
        sandbox.requests.clear()


@pytest.mark.parametrize("way", ["results", "folder", "sheet"])
@pytest.mark.parametrize("seed", range(5))
def test_only_what_is_not_confirmed_goes_out_after_any_edits(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, way: str, seed: int
) -> None:
    sandbox = open_sandbox(Script({9: [Fault.refuse(201, "wrong status")]}))
    results = first_run(tmp_path / "inbox", run_cli, sandbox)
    chance = random.Random(seed)  # noqa: S311 - no secret
    edits = [mend, *chance.sample(EDITS, chance.randint(1, 4))]
    grid = read(results)
    for edit in edits:
        grid = edit(grid, chance)
    write(results, grid)
    if chance.random() < 0.5:
        hide_rows(results)
    run_again(way, results, run_cli, sandbox)


def hide_rows(path: Path) -> None:
    """Leave a filter on that hides every second row."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    for number in range(3, page.max_row + 1, 2):
        page.row_dimensions[number].hidden = True
    book.save(path)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")
@pytest.mark.parametrize("way", ["results", "folder", "sheet"])
def test_only_what_is_not_confirmed_goes_out_after_libreoffice_saved_the_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, way: str
) -> None:
    sandbox = open_sandbox(Script({9: [Fault.refuse(201, "wrong status")]}))
    results = first_run(tmp_path / "inbox", run_cli, sandbox)
    chance = random.Random(way)  # noqa: S311 - no secret
    save_by_libreoffice(results, tmp_path)
    write(results, sort(mend(read(results), chance), chance))
    save_by_libreoffice(results, tmp_path)
    run_again(way, results, run_cli, sandbox)
