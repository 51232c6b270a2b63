from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from batch_update import reader
from batch_update.model import CellValue
from tests.conftest import RunCli
from tests.integration.test_end_to_end import results_of
from tools import make_samples
from tools.make_samples import SAMPLES


def cells_of(path: Path) -> list[tuple[int, tuple[CellValue, ...]]]:
    sheet = reader.read_sheet(path, reader.SheetQuery())
    return [(row.number, row.cells) for row in (*sheet.kept, *sheet.rows)]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("shipments.xlsx", make_samples.write_shipments_xlsx),
        ("shipments.csv", make_samples.write_shipments_csv),
        ("problems.xlsx", make_samples.write_problems_xlsx),
    ],
)
def test_the_samples_are_what_their_maker_makes(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert cells_of(tmp_path / name) == cells_of(SAMPLES / name)


def test_each_row_of_the_problems_sample_shows_its_problem(run_cli: RunCli, tmp_path: Path) -> None:
    run = run_cli(SAMPLES / "problems.xlsx", "--dry-run", "--output", tmp_path)
    assert run.status == 1
    results = results_of(tmp_path / "problems.dry-run.xlsx")
    page = openpyxl.load_workbook(SAMPLES / "problems.xlsx").worksheets[0]
    expected = {
        number: line[4]
        for number, line in enumerate(page.iter_rows(values_only=True), start=1)
        if number > 1
    }
    assert {
        row: "in order" if code == "dry_run" else code for row, (_, code) in results.items()
    } == expected
