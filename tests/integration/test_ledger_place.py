"""Where the ledger is, and who says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli


def write_sheet(path: Path) -> Path:
    path.write_text("order,status,date,rpo\n1,cancel,,\n", encoding="utf-8")
    return path


def test_the_environment_can_name_the_ledger(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, sheet = open_sandbox(), write_sheet(tmp_path / "day.csv")
    ours, other = tmp_path / "ours.sqlite3", tmp_path / "other.sqlite3"
    monkeypatch.setenv("BATCH_UPDATE_LEDGER", str(ours))
    assert run_cli(sheet, shop=sandbox).status == 0
    assert json.loads(run_cli("--runs", "--json").out)["ledger"] == str(ours)
    assert not (tmp_path / "state-home").exists()
    assert run_cli(sheet, "--ledger", other, shop=sandbox).status == 0
    assert len(sandbox.requests) == 2
    assert run_cli(sheet, shop=sandbox).status == 0
    assert len(sandbox.requests) == 2
