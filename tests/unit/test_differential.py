"""What we read of workbooks is what calamine reads, cell by cell."""

from __future__ import annotations

from pathlib import Path

from tests.integration.test_packages import IRRELEVANT, PACKAGES
from tools import differential
from tools.make_damaged import packed


def test_random_workbooks_are_read_as_calamine_reads_them(tmp_path: Path) -> None:
    differential.make(tmp_path, count=8)
    result = differential.run([tmp_path], soffice=None)
    assert result.differences == []
    assert result.cells > 500


def test_odd_packages_are_read_as_calamine_reads_them_if_it_does(tmp_path: Path) -> None:
    for name, make in {**IRRELEVANT, **PACKAGES}.items():
        (tmp_path / f"{name}.xlsx").write_bytes(packed(make()))
    result = differential.run([tmp_path], soffice=None)
    assert result.differences == []
    assert result.cells > 12 * 40


def test_a_cell_that_differs_is_listed(tmp_path: Path) -> None:
    differential.make(tmp_path, count=0)
    path = tmp_path / "kinds-openpyxl.xlsx"
    grids = differential.calamines(path)
    grids["Parcels"][5, 2] = "paid"
    result = differential.Comparison()
    differential.compare(path, grids, "another", result)
    (line,) = result.differences
    assert line.endswith("Parcels, row 5, column 2: we read 'sent', another 'paid'")
