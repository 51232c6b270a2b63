"""Runs of a team that are taken for lost: why, in the language of whoever asks."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.conftest import RunCli
from tests.integration.test_pace import execute, wait_for
from tests.team import add_run, make_tables, open_member


@pytest.fixture
def team(database: str) -> str:
    """Give the address of a database that is set up, with a shop."""
    make_tables(database)
    execute(database, "INSERT INTO batch_update.shops (name) VALUES ('shop')")
    return database


def test_why_a_run_was_taken_for_lost_is_said_in_the_language_of_whoever_reads(
    team: str, run_cli: RunCli
) -> None:
    hung, __ = add_run(team), add_run(team)
    words = ("--ledger", team, "--lang", "ru")
    unlocked = run_cli(*words, "--unlock", hung.id, "--reason", "it hangs")
    assert (unlocked.status, unlocked.err) == (0, "")
    execute(team, "UPDATE batch_update.runs SET lease_until = 1 WHERE lost_at = 0")
    with (
        psycopg.connect(team, autocommit=True) as connection,
        open_member(lambda: psycopg.connect(team), add_run(team)),
    ):
        query = "SELECT 1 FROM batch_update.runs WHERE lost_kind = 'silent'"
        wait_for(lambda: connection.execute(query).fetchall())
    in_english = " ".join(run_cli("--ledger", team, "--runs").out.split())
    in_russian = " ".join(run_cli(*words, "--runs").out.split())
    again = " ".join(run_cli("--ledger", team, "--unlock", hung.id, "--reason", "x").err.split())
    assert ": it hangs" in in_english
    assert "Taken for lost: unlocked by " in in_english
    assert "Taken for lost: the run of anna (process 4711 on desk-2) had no sign" in in_english
    assert "Признан пропавшим: разблокировал " in in_russian
    assert "запуск пользователя anna (процесс 4711 на desk-2) не видел" in in_russian
    assert "counts as lost already (unlocked by " in again
    first, second, __ = json.loads(run_cli(*words, "--runs", "--json").out)["runs"]
    person = dict.fromkeys(("operator", "host", "pid"))
    assert first["lost_because"] | person == {
        **person,
        "kind": "unlocked",
        "reason": "it hangs",
    }
    assert second["lost_because"] == {
        "kind": "silent",
        "operator": "anna",
        "host": "desk-2",
        "pid": 4711,
        "reason": None,
    }
