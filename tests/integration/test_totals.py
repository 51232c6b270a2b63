"""Totals of the sheet's own: known wherever they stand, and no data taken for them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.conftest import OpenSandbox, RunCli

DAY = "2026-11-20"
HEADER = "customer,order,status,date,rpo,weight\n"


@pytest.mark.parametrize(
    "line",
    [
        "Итого,,,,,4.5",
        "ИТОГО:,2,,,,4.5",
        "Итого,,,,2 шт,4.5",
        "Всего отправлений: 2,,,,,",
        ",Итого,,,,4.5",
        ",Итого: 2,,,,4.5",
        "Итого по складу 1,,,,,4.5",
        "Grand total,,,,,4.5",
        "Total,2,,,,4.5",
    ],
)
def test_a_sum_among_the_shipments_is_no_shipment(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, line: str
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"{HEADER}A,1,sent,{DAY},RA0001,1\n{line}\nB,2,sent,{DAY},RA0002,3.5\n", encoding="utf-8"
    )
    sandbox = open_sandbox()
    run = run_cli(sheet, shop=sandbox)
    assert (run.status, sorted(sandbox.shop.changed_orders())) == (0, [1, 2])
    assert "may.csv (csv in utf-8, delimiter ,): 2 rows" in run.out
    assert "Row 3 is a totals row and was skipped." in run.out
    assert "Blank rows" not in run.out
    assert len((tmp_path / "may.results.csv").read_text("utf-8-sig").splitlines()) == 4


@pytest.mark.parametrize(
    "line",
    [
        f"Итого,3,sent,{DAY},RA0003,",
        "Итого,3,sent,,,",
        "Итого,,sent,,,",
        f"Итого,,,{DAY},,",
        "Итого,,,,RA0003,",
        "Total Wine,,,,,4.5",
        "Итого Ольга,,,,,4.5",
        "Всего доброго ООО,3,,,,",
        "Анна,Итого 3/2,sent,,,",
        "Анна,3,Итого,,,",
    ],
)
def test_a_row_that_may_be_a_shipment_is_never_a_sum(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, line: str
) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(
        f"{HEADER}A,1,sent,{DAY},RA0001,1\n{line}\nB,2,sent,{DAY},RA0002,3.5\n", encoding="utf-8"
    )
    run = run_cli(sheet, "--dry-run", shop=open_sandbox())
    assert "may.csv (csv in utf-8, delimiter ,): 3 rows" in run.out
    assert "totals row" not in run.out


def test_totals_lie_outside_the_filter_of_the_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (
        ("Отправки за май",),
        ("Заказ", "Статус", "Вес"),
        (1, "cancel", 1.5),
        (2, "cancel", 2.5),
        ("Итого", None, 4),
        ("Сдал", "Иванов"),
    ):
        page.append(row)
    book.save(tmp_path / "may.xlsx")
    assert run_cli(tmp_path / "may.xlsx", shop=open_sandbox()).status == 0
    written = openpyxl.load_workbook(tmp_path / "may.results.xlsx").worksheets[0]
    assert written.auto_filter.ref == "A2:I4"
    assert written["A5"].value == "Итого"
    (colours,) = written.conditional_formatting
    assert str(colours.sqref) == "A3:I4"
