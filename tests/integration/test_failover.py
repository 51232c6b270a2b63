"""A standby takes the place of a team's server in mid-run: what is lost, what a run then does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from batch_update.errors import LeaseLostError
from batch_update.ledger.postgresql.ledger import TeamLedger
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_team import PATIENCE_S, Machine, changes, end, write
from tests.postgres import PostgresServer, Server
from tests.sandbox import Fault, Script
from tests.teams import ask, payment, set_up

ORDERS = 30


def either(*servers: Server) -> str:
    """Give the address of the ledger on whichever server takes notes."""
    hosts = ",".join(str(server.folder) for server in servers)
    port = servers[0].port
    parameters = f"host={hosts}&port={port}&target_session_attrs=read-write"
    return f"postgresql://postgres@/ledger?{parameters}"


def sheet_of(folder: Path) -> Path:
    """Write a sheet with a payment and another update of each order."""
    lines = [f"{order},paid,2026-11-20," for order in range(1, ORDERS + 1)]
    lines += [f"{order},cancel,," for order in range(1, ORDERS + 1)]
    return write(folder / "day.csv", *lines)


def test_nothing_is_lost_with_a_synchronous_standby(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(always=Fault.slow(0.01)))
    sheet = sheet_of(tmp_path)
    with PostgresServer() as server:
        server.new_database("ledger")
        standby = server.standby(synchronous=True)
        url = either(server, standby)
        assert run_cli("--ledger", url, "--ledger-migrate").status == 0
        running = Machine(tmp_path, "anna", url, sandbox).start(sheet)
        assert sandbox.wait_for_requests(ORDERS, PATIENCE_S)
        server.kill()
        standby.promote()
        status, out, err = end(running)
        assert status == 0, (out, err)
        assert len(changes(sandbox)) == 2 * ORDERS
        assert set(changes(sandbox).values()) == {1}
        assert standby.execute(
            "SELECT count(*), count(*) FILTER (WHERE confirmed > 0) FROM batch_update.updates",
            "ledger",
        ) == [(2 * ORDERS, 2 * ORDERS)]
        check = run_cli("--ledger", url, "--check-ledger")
        assert (check.status, check.err) == (0, "")


def test_a_run_whose_notes_did_not_reach_the_standby_stops_and_says_so(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(always=Fault.slow(0.01)))
    sheet = sheet_of(tmp_path)
    with PostgresServer() as server:
        server.new_database("ledger")
        standby = server.standby()
        url = either(server, standby)
        assert run_cli("--ledger", url, "--ledger-migrate").status == 0
        anna = Machine(tmp_path, "anna", url, sandbox)
        running = anna.start(sheet, "--workers", "4")
        assert sandbox.wait_for_requests(ORDERS // 2, PATIENCE_S)
        server.wait_until_followed()
        standby.cut_off()
        assert sandbox.wait_for_requests(len(sandbox.requests) + ORDERS // 2, PATIENCE_S)
        server.kill()
        standby.promote()
        status, out, err = end(running)
        assert status == 3, (out, err)
        said = " ".join((out + err).split())
        assert "no longer has what this run noted there" in said
        assert "start again" in said
        assert len(changes(sandbox)) < 2 * ORDERS
        standby.execute("UPDATE batch_update.runs SET lease_until = 1", "ledger")
        again = run_cli(anna.home / sheet.name, "--ledger", url, shop=sandbox)
        assert again.status == 0, again
    sent = changes(sandbox)
    assert len(sent) == 2 * ORDERS
    assert {count for (__, status), count in sent.items() if status == "paid"} == {1}
    assert max(sent.values()) <= 2
    assert {row["result"] for row in anna.results(sheet)} == {"updated", "already updated"}


def test_a_run_of_which_nothing_is_left_stops_whoever_has_its_number_now(database: str) -> None:
    address = set_up(database)
    with TeamLedger(address) as ledger, ledger.hold("shop") as book:
        assert book.holder(1) is None
        lease = ledger.lease
        assert lease is not None
        ask(address, "DELETE FROM batch_update.runs")
        # Sequences of a database that knows less give their numbers out once more.
        ask(
            address,
            "INSERT INTO batch_update.runs (id, shop, pid, host, version, started_at, alive_at)"
            " VALUES (%s, 1, 1, 'desk-2', '1', 1, 1)",
            lease.run.id,
        )
        lease.ask()
        book.begin(payment(), 2)
        with pytest.raises(LeaseLostError, match="no longer has what this run noted"):
            book.commit()
        deadline = time.monotonic() + PATIENCE_S
        while not lease.lost and time.monotonic() < deadline:
            time.sleep(0.01)
        assert "no longer has what this run noted" in lease.lost
        assert not lease.may_send()
    assert ask(address, "SELECT count(*) FROM batch_update.attempts") == [(0,)]
    assert ask(address, "SELECT ended_at FROM batch_update.runs") == [(0,)]
