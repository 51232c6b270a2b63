"""`--workers auto`, the default: whole runs against shops with room for only so many requests."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tools.bench.processes import Shop
from tools.bench.server import KEY, LOGIN

LATENCY_MS = 40
ORDERS = 400


def write_sheet(path: Path, orders: int = ORDERS) -> Path:
    lines = [f"{order},cancel" for order in range(1, orders + 1)]
    path.write_text("\n".join(["order,status", *lines, ""]), encoding="utf-8")
    return path


def send(shop: Shop, sheet: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, sheet, "--verbose", *words],
        env={
            **os.environ,
            "JUSTCLICK_BASE_URL": shop.base_url,
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
            "REQUESTS_CA_BUNDLE": str(shop.authority),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=True,
    )


@pytest.mark.parametrize("room", [2, 6])
def test_a_shop_that_refuses_what_is_too_much_is_asked_too_much_seldom(
    tmp_path: Path, room: int
) -> None:
    with Shop(tmp_path, LATENCY_MS, "refuses", str(room)) as shop:
        run = send(shop, write_sheet(tmp_path / "day.csv"))
        seen = shop.seen(tmp_path / "seen.csv")
    refused = [one for one in seen if one[3]]
    assert len(seen) - len(refused) == ORDERS
    assert len(refused) <= 0.05 * ORDERS
    assert max(there for _, there, _, is_refused in seen if not is_refused) == room
    with (tmp_path / "day.results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["result"] for row in csv.DictReader(file)} == {"updated"}
    assert "requests at once from now on: 2 (more are tried)" in run.stderr
    assert "(the shop is too busy for more)" in run.stderr


def test_it_begins_with_one_and_grows_to_what_the_shop_takes_but_not_beyond_sixteen(
    tmp_path: Path,
) -> None:
    with Shop(tmp_path, LATENCY_MS, "queues", "64") as shop:
        send(shop, write_sheet(tmp_path / "day.csv"))
        seen = sorted(shop.seen(tmp_path / "seen.csv"))
    first, second = seen[:2]
    assert second[0] >= first[0] + first[2]
    assert 8 <= max(there for _, there, _, _ in seen) <= 16


def test_a_number_that_is_named_is_kept_from_the_second_update_on(tmp_path: Path) -> None:
    # All of them are there together, however long each takes to connect.
    with Shop(tmp_path, 10 * LATENCY_MS, "queues", "64") as shop:
        run = send(shop, write_sheet(tmp_path / "day.csv", 60), "--workers", "20")
        seen = shop.seen(tmp_path / "seen.csv")
    assert max(there for _, there, _, _ in seen) == 20
    assert "requests at once" not in run.stderr


@pytest.mark.parametrize("said", ["AUTO", "auto"])
def test_auto_can_be_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_sandbox: OpenSandbox,
    run_cli: RunCli,
    said: str,
) -> None:
    (tmp_path / "day.csv").write_text("order,status\n1,cancel\n2,cancel\n", encoding="utf-8")
    sandbox = open_sandbox()
    for name, value in environment_for(sandbox).items():
        monkeypatch.setenv(name, value)
    assert run_cli("day.csv", "--workers", said).status == 0
    assert {request.fields["bill_id"] for request in sandbox.requests} == {"1", "2"}


def test_what_is_neither_a_number_nor_auto_is_refused(tmp_path: Path, run_cli: RunCli) -> None:
    write_sheet(tmp_path / "day.csv")
    run = run_cli("day.csv", "--workers", "many")
    assert run.status == 2
    assert 'workers "many": write auto, or a whole number from 1 to 64.' in run.err
