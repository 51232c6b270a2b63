"""OpenDocument sheets with odd cells, through the real command line: each costs only itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from batch_update import reader
from batch_update.model import CellValue, ErrorCell
from batch_update.reader import SheetQuery
from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_cases import sent
from tests.integration.test_end_to_end import results_of
from tests.integration.test_number_formats import open_sheet, write_fods, write_ods

NUMBER = (
    '<table:table-cell office:value-type="string"><text:p>RA123456785RU</text:p></table:table-cell>'
)
PICTURE = (
    "<draw:frame><draw:object><office:document><office:body><office:chart><table:table "
    'table:name="local-table"><table:table-columns><table:table-column/></table:table-columns>'
    "<table:table-rows><table:table-row><table:table-cell><text:p>order</text:p>"
    "</table:table-cell></table:table-row></table:table-rows></table:table></office:chart>"
    "</office:body></office:document></draw:object></draw:frame>"
)


def cell(kind: str, text: str = "", more: str = "", **attributes: str) -> str:
    known = "".join(
        f' office:{name.replace("_", "-")}="{value}"' for name, value in attributes.items()
    )
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    return (
        f'<table:table-cell office:value-type="{kind}"{known}{more}>{paragraph}</table:table-cell>'
    )


def write(path: Path, cells: str, before: str = "") -> None:
    body = open_sheet(cells, before)
    if path.suffix == ".ods":
        write_ods(path, body, "")
    else:
        write_fods(path, body, "")


ODD: dict[str, tuple[str, CellValue]] = {
    "true as a digit": (cell("boolean", boolean_value="1"), True),
    "true": (cell("boolean", boolean_value="true"), True),
    "false as a digit": (cell("boolean", boolean_value="0"), False),
    "false": (cell("boolean", boolean_value="false"), False),
    "neither true nor false": (cell("boolean", "maybe", boolean_value="x"), ErrorCell(text="x")),
    "neither, only its text": (cell("boolean", "TRUE"), ErrorCell(text="TRUE")),
    "day before all days": (
        cell("date", date_value="1899-12-31T288:00:00.000"),
        ErrorCell(text="1899-12-31T288:00:00.000"),
    ),
    "no day": (cell("date", "soon"), ErrorCell(text="soon")),
    "day that is not there": (
        cell("date", date_value="2026-02-30"),
        ErrorCell(text="2026-02-30"),
    ),
    "year below 0": (cell("date", date_value="-0044-03-15"), ErrorCell(text="-0044-03-15")),
    "nanoseconds": (
        cell("date", date_value="2026-11-20T10:30:00.123456789"),
        dt.datetime(2026, 11, 20, 10, 30, 0, 123456),
    ),
    "number with a comma": (cell("float", value="1,5"), ErrorCell(text="1,5")),
    "number with an underscore": (cell("float", value="1_0"), ErrorCell(text="1_0")),
    "no number": (cell("float", "7"), ErrorCell(text="7")),
    "no number nor text": (cell("float"), ErrorCell(text="#ERROR")),
    "not a number": (cell("percentage", value="NaN"), ErrorCell(text="NaN")),
    "span of days": (cell("time", "48:00", time_value="PT48H00M00S"), dt.timedelta(days=2)),
    "span that nobody writes": (cell("time", "2 days", time_value="P2D"), "2 days"),
    "span without end": (cell("time", "x", time_value=f"PT{'9' * 5000}H0M0S"), "x"),
    "longest span": (
        cell("time", time_value="PT999999999H0M0S"),
        dt.timedelta(hours=999_999_999),
    ),
    "very many spaces": (cell("string", '<text:s text:c="99999999999"/>x'), " " * 100 + "x"),
    "spaces that are no number": (cell("string", '<text:s text:c="x"/>x'), " " * 100 + "x"),
    "unknown kind": (cell("void", "x"), "x"),
    "chart": (cell("string", "x").replace("<text:p>", PICTURE + "<text:p>"), "x"),
    "nothing but a chart": (f"<table:table-cell>{PICTURE}</table:table-cell>", None),
}


@pytest.mark.parametrize("kind", ["ods", "fods"])
@pytest.mark.parametrize(("odd", "value"), ODD.values(), ids=ODD)
def test_an_odd_cell_costs_only_itself(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    kind: str,
    odd: str,
    value: CellValue,
) -> None:
    sandbox = open_sandbox()
    path = tmp_path / f"a.{kind}"
    write(path, NUMBER + odd)
    (row,) = reader.read_sheet(path, SheetQuery()).rows
    assert row.cell(4) == value
    assert run_cli(path.name, "--output", "o.xlsx", shop=sandbox).status == 0
    assert sent(sandbox) == {"1": [f"1 sent {MIDNIGHT} RA123456785RU"]}


@pytest.mark.parametrize("odd", ["true as a digit", "day before all days", "number with a comma"])
def test_an_odd_cell_in_a_column_that_counts_is_refused(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, odd: str
) -> None:
    sandbox = open_sandbox()
    write(tmp_path / "a.ods", ODD[odd][0])
    assert run_cli("a.ods", "--output", "o.xlsx", shop=sandbox).status == 1
    ((outcome, code),) = results_of(tmp_path / "o.xlsx").values()
    assert (outcome, code in {"rpo_not_valid", "rpo_error_cell"}) == ("invalid", True)


def test_repeated_cells_stand_in_each_of_their_columns(tmp_path: Path) -> None:
    repeated = ' table:number-columns-repeated="3"'
    cells = (
        cell("boolean", more=repeated, boolean_value="1"),
        cell("boolean", more=repeated, boolean_value="false"),
        f"<table:table-cell{repeated}/>",
        cell("float", more=repeated, value="7"),
        cell("date", more=repeated, date_value="2026-11-20"),
    )
    write(tmp_path / "a.ods", NUMBER + "".join(cells))
    (row,) = reader.read_sheet(tmp_path / "a.ods", SheetQuery()).rows
    day = dt.date(2026, 11, 20)
    assert row.cells[4:] == (
        *(True, True, True, False, False, False, None, None, None, 7, 7, 7),
        *(day, day, day),
    )


MOMENTS = {
    "2026-11-20T10:00:00+03:00": "1795158000",
    "2026-11-20T10:00:00Z": "1795168800",
    "2026-11-20T07:00:00.000Z": "1795158000",
    "2026-11-20T10:00:00+05:30": "1795149000",
    "2026-11-20T10:00:00-08:00": "1795197600",
    "2026-11-20T00:00:00+03:00": MIDNIGHT,
    "2026-11-20T00:00:00Z": "1795132800",
    "2026-11-20T10:00:00": "1795158000",
    "2026-11-20T10:00": "1795158000",
    "2026-11-20": MIDNIGHT,
}


@pytest.mark.parametrize("results", ["o.xlsx", "o.csv"])
@pytest.mark.parametrize(("written", "seconds"), MOMENTS.items(), ids=MOMENTS)
def test_a_date_with_an_offset_is_that_moment_in_the_results_too(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    written: str,
    seconds: str,
    results: str,
) -> None:
    sandbox = open_sandbox()
    path = tmp_path / "a.ods"
    day = 'office:date-value="2026-11-20"'
    body = open_sheet(NUMBER).replace(day, f'office:date-value="{written}"')
    write_ods(path, body, "")
    assert run_cli("a.ods", "--output", results, shop=sandbox).status == 0
    assert sent(sandbox) == {"1": [f"1 sent {seconds} RA123456785RU"]}
    # Another ledger has to send it again, as it stands in the results.
    again = open_sandbox()
    run_cli(results, "--output", "again.csv", "--ledger", "other.sqlite3", shop=again)
    assert sent(again) == sent(sandbox)


@pytest.mark.parametrize(
    "before",
    [
        f"<table:table table:name='Old'><table:shapes>{PICTURE}</table:shapes></table:table>",
        '<table:dde-links><table:dde-link><table:table table:name="Linked"><table:table-row>'
        "<table:table-cell><text:p>order</text:p></table:table-cell></table:table-row>"
        "</table:table></table:dde-link></table:dde-links>",
    ],
    ids=["chart-beside-the-cells", "link-to-another-program"],
)
def test_tables_that_are_no_sheets_are_left_out(tmp_path: Path, before: str) -> None:
    for name in ("a.ods", "a.fods"):
        write(tmp_path / name, NUMBER, before)
        sheet = reader.read_sheet(tmp_path / name, SheetQuery())
        assert (sheet.name, len(sheet.rows)) == ("One", 1)
