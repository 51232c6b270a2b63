"""Typed cells of an XML spreadsheet that hold what they cannot: each costs its row at most."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from batch_update.model import CellValue, ErrorCell
from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_cases import sent
from tests.integration.test_formats import read
from tests.integration.test_old_files import results, run
from tools.make_damaged import xml_2003, xml_row

SENT = [f"1 sent {MIDNIGHT} RA1"]
ODD = [
    ("DateTime", "1899-12-31T288:00:00.000", dt.timedelta(days=12)),
    ("DateTime", "1899-12-30T24:30:00", dt.timedelta(hours=24, minutes=30)),
    ("DateTime", "1904-01-01T100:00:01.500", dt.timedelta(hours=100, seconds=1.5)),
    ("DateTime", "1899-12-31T09:30:00.000", dt.datetime(1899, 12, 31, 9, 30)),
    ("DateTime", "2026-11-20T10:15:00.123456789", dt.datetime(2026, 11, 20, 10, 15, 0, 123456)),
    ("DateTime", " 2026-11-20T00:00:00.000\n", dt.datetime(2026, 11, 20)),
    ("DateTime", "2026-11-20T10:15:00Z", "2026-11-20T10:15:00Z"),
    ("DateTime", "0000-00-00T00:00:00.000", ErrorCell(text="0000-00-00T00:00:00.000")),
    ("DateTime", "1899-12-31T9999999:00:00", ErrorCell(text="1899-12-31T9999999:00:00")),
    ("DateTime", "2026-13-40T00:00:00", ErrorCell(text="2026-13-40T00:00:00")),
    ("DateTime", "soon", ErrorCell(text="soon")),
    ("Number", "many", ErrorCell(text="many")),
    ("Number", "1_000", ErrorCell(text="1_000")),
    ("Number", "12,5", ErrorCell(text="12,5")),
    ("Number", "1E400", ErrorCell(text="1E400")),
    ("Number", "NaN", ErrorCell(text="NaN")),
    ("Number", "-", ErrorCell(text="-")),
    ("Number", " 5 ", 5),
    ("Number", " ", None),
    ("Number", "+.5e1", 5.0),
    ("Boolean", "true", True),
    ("Boolean", "FALSE", False),
    ("Boolean", "0", False),
    ("Boolean", "yes", ErrorCell(text="yes")),
    ("Error", "#NEW!", ErrorCell(text="#NEW!")),
    ("Currency", "5 USD", "5 USD"),
]


def with_cell(kind: str, text: str, *row: str) -> bytes:
    """Write a sheet whose second row, of these texts, ends with the cell."""
    cells = "".join(f'<Cell><Data ss:Type="String">{part}</Data></Cell>' for part in row)
    last = f'<Cell><Data ss:Type="{kind}">{text}</Data></Cell>'
    header = xml_row("Order number", "Status", "Date", "Tracking number", "Note")
    first = xml_row("1", "sent", "20.11.2026", "RA1")
    return xml_2003(f"{header}{first}<Row>{cells}{last}</Row>")


@pytest.mark.parametrize(("kind", "text", "expected"), ODD)
def test_an_odd_cell_in_another_column_costs_nothing_else(
    kind: str, text: str, expected: CellValue, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    data = with_cell(kind, text, "2", "sent", "20.11.2026", "RA2")
    status, _ = run(data, run_cli, sandbox)
    assert (status, sent(sandbox)) == (0, {"1": SENT, "2": [f"2 sent {MIDNIGHT} RA2"]})
    assert run_cli("a.xls", "--dry-run", "--output", "again.xlsx").status == 0
    assert read(Path("a.xls")).rows[1].cell(4) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, text, value in ODD if isinstance(value, ErrorCell)],
)
def test_an_odd_cell_in_a_column_of_ours_costs_its_row_and_is_named(
    kind: str, text: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, _ = run(with_cell(kind, text, "2", "paid"), run_cli, sandbox)
    assert (status, sent(sandbox)) == (1, {"1": SENT})
    (line,) = (line for line in results().splitlines() if line.startswith("2,"))
    assert "date_error_cell" in line
    assert text in line.partition("date_error_cell")[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-11-20T00:00:00+03:00", f"2 paid {MIDNIGHT}", id="zone"),
        pytest.param("2026-11-20T00:00:00.000", f"2 paid {MIDNIGHT}", id="fraction"),
    ],
)
def test_odd_dates_with_one_reading_are_sent(
    text: str, expected: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    run(with_cell("DateTime", text, "2", "paid"), run_cli, sandbox)
    assert sent(sandbox)["2"] == [expected]


def test_a_duration_is_no_ship_date(run_cli: RunCli, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    data = with_cell("DateTime", "1899-12-31T288:00:00.000", "2", "paid")
    assert run(data, run_cli, sandbox)[0] == 1
    assert sent(sandbox) == {"1": SENT}
    assert "date_not_a_date" in results()
