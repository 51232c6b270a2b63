"""Questions to the ledger: runs, attempts of an order, and what is open; nothing is changed."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import platform
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_update.ledger import Ledger, StartedBy
from batch_update.settings.defaults import default_ledger
from batch_update.settings.users import os_user
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_ledger import Held
from tests.integration.test_never_undone import port_of, version_of, write_version_1
from tests.old_ledgers import write_version_2
from tests.posix import needs_signals
from tests.sandbox import Fault, Script

HEADER = "order,status,date,rpo"
QUESTIONS = (["--runs"], ["--unconfirmed"], ["--history", "1"])


@pytest.fixture
def ledger() -> Path:
    return default_ledger()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def write_sheet(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def ask(run_cli: RunCli, *words: str | Path, status: int = 0) -> dict[str, Any]:
    run = run_cli(*words, "--json")
    assert (run.status, run.err) == (status, "")
    answer: dict[str, Any] = json.loads(run.out)
    assert answer["zone"] == "Europe/Moscow"
    return answer


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_runs_are_listed_with_whose_they_were_and_what_came_of_them(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = open_sandbox(Script({2: [Fault.refuse(200, "nonexistent order")]}))
    good = write_sheet(tmp_path / "good.csv", "5,cancel,,")
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,", "3,oops,,", "1,cancel,,")
    assert run_cli(sheet, "--dry-run", shop=sandbox).status == 1
    assert run_cli(sheet, "--sandbox").status == 1
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", "Анна")
    done = json.loads(run_cli(sheet, good, "--json", shop=sandbox).out)
    monkeypatch.delenv("BATCH_UPDATE_OPERATOR")
    assert run_cli(good, "--force", shop=sandbox).status == 0
    first, second = ask(run_cli, "--runs")["runs"]
    assert (first["operator"], first["os_user"], first["kind"]) == ("Анна", os_user(), "send")
    assert (second["operator"], second["kind"]) == (os_user(), "force")
    assert (first["host"], first["version"]) == (platform.node(), done["version"])
    assert (first["state"], first["exit_status"], second["exit_status"]) == ("ended", 1, 0)
    assert first["started_at"].endswith("+03:00")
    assert first["started_at"] <= first["ended_at"] <= second["started_at"]
    for noted, file in zip(first["sheets"], done["files"], strict=True):
        assert noted["complete"]
        assert noted["counts"] == {name: count for name, count in file["counts"].items() if count}
        assert (noted["sha256"], noted["plan"]) == (file["sha256"], file["plan"])
        assert (noted["exit_status"], noted["file"]) == (
            file["exit_status"],
            Path(file["file"]).name,
        )
    told = run_cli("--runs").out
    assert f"Shop {LOGIN}@localhost:{port_of(sandbox)} in the ledger" in told
    assert "times in Europe/Moscow." in told
    assert re.search(r"Run 1, [0-9: -]+ to [0-9: -]+: exit status 1 \(some rows need a per", told)
    assert f"by Анна (user {os_user()}) on {platform.node()}" in told
    assert "day.csv: 1 updated, 1 already updated, 1 rejected, 1 invalid" in told
    assert "With --force: what was confirmed before was sent again." in told
    assert told.endswith("\n2 runs\n")
    tomorrow = dt.datetime.now().astimezone() + dt.timedelta(days=2)
    assert ask(run_cli, "--runs", "--since", f"{tomorrow:%d.%m.%Y}")["runs"] == []
    assert ask(run_cli, "--runs", "--until", "2026-01-01")["runs"] == []
    assert len(ask(run_cli, "--runs", "--since", "today", "--until", "today")["runs"]) == 2


def test_the_operator_is_that_of_the_config_file_and_the_environment_counts_with_a_profile_too(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, config = open_sandbox(), tmp_path / "shop.toml"
    config.write_text(
        '[sending]\noperator = "Night shift"\n[profiles.second.account]\n'
        f'username = "{LOGIN}"\nsecret_key = "{KEY}"\n'
        f'base_url = "{sandbox.base_url}"\n',
        encoding="utf-8",
    )
    config.chmod(0o600)
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    words = (sheet, "--config", config, "--profile", "second")
    assert run_cli(*words).status == 0
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", "Иван")
    assert run_cli(*words).status == 0
    runs = ask(run_cli, "--runs", "--config", config)["runs"]
    assert [run["operator"] for run in runs] == ["Night shift", "Иван"]


@needs_signals
def test_a_killed_run_is_shown_as_cut_off_and_what_it_left_as_open(
    tmp_path: Path, gate: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({3: [Fault.held(gate)]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,", "2,cancel,,", "3,paid,2026-11-20,")
    held = Held(sheet, sandbox, requests=4)
    (run,) = ask(run_cli, "--runs")["runs"]
    assert (run["state"], run["pid"], run["exit_status"]) == ("going on", held.process.pid, None)
    assert run["sheets"][0]["counts"] == {"sending": 1, "updated": 2}
    told = run_cli("--runs").out
    assert "day.csv, so far: 2 updated; being sent: 1" in told
    assert ask(run_cli, "--unconfirmed")["unconfirmed"][0]["under_way"]
    assert "It is being sent now. Wait until the run has ended" in run_cli("--unconfirmed").out
    assert "paid · 2026-11-20 00:00 MSK: being sent now" in run_cli("--history", "3").out
    held.kill()
    told = " ".join(run_cli("--runs").out.split())
    assert "cut off; last sign of life" in told
    assert "day.csv, as far as noted: 2 updated; cut off without an answer: 1" in told
    (left,) = ask(run_cli, "--unconfirmed", status=1)["unconfirmed"]
    assert (left["order"], left["status"], left["row"], left["file"]) == (3, "paid", 4, "day.csv")
    assert not left["under_way"]
    assert "Run day.csv again: the shop is asked first" in left["advice"]
    told = run_cli("--history", "3").out
    assert "paid · 2026-11-20 00:00 MSK: sending, and cut off before the answer came" in told
    gate.set()
    # The payment is the same whatever its date.
    other = write_sheet(tmp_path / "other.csv", "3,paid,2026-11-19,")
    assert run_cli(other, "--settle", "0", shop=sandbox).status == 0
    assert ask(run_cli, "--unconfirmed")["unconfirmed"] == []
    assert "Nothing is open" in run_cli("--unconfirmed").out


def test_a_lost_answer_is_open_until_the_shop_has_spoken_or_something_took_its_place(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({order: [Fault.dropped()] for order in (1, 2, 3)}))
    lines = "1,cancel,,", "2,sent,2026-11-20,RA2", "3,return,,", "4,cancel,,"
    sheet = write_sheet(tmp_path / "day.csv", *lines)
    run_cli(sheet, "--retries", "0", "--workers", "1", shop=sandbox)
    found = ask(run_cli, "--unconfirmed", status=1)["unconfirmed"]
    assert [one["order"] for one in found] == [1, 2, 3]
    run = run_cli("--unconfirmed")
    assert run.status == 1
    told = " ".join(run.out.split())
    assert "Order 2: sent · 2026-11-20 00:00 MSK · RA2 Not known since" in told
    assert "Look at order 2 in the shop: if it is sent with tracking number RA2" in told
    assert told.endswith("Open: 3 updates")
    # The one is tried once more; of the other another parcel takes the place.
    next_day = write_sheet(tmp_path / "next.csv", "1,cancel,,", "2,sent,2026-11-21,RB2")
    run_cli(next_day, "--settle", "0", shop=sandbox)
    found = ask(run_cli, "--unconfirmed", status=1)["unconfirmed"]
    assert [one["order"] for one in found] == [3]


def test_history_shows_every_attempt_and_not_only_the_last_state(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    no = Fault.refuse(201, "wrong status")
    sandbox = open_sandbox(Script({1: [no, no]}))
    sheet = write_sheet(tmp_path / "day.csv", "1,cancel,,")
    for status in (1, 1, 0, 0):
        assert run_cli(sheet, shop=sandbox).status == status
    assert run_cli(sheet, "--force", shop=sandbox).status == 0
    told = run_cli("--history", "1").out
    assert told.startswith("Order 1: 1 update\n")
    assert (told.count("cancel: rejected (sent 1 time)"), told.count("cancel: updated")) == (2, 2)
    assert told.count("from row 2 of day.csv; run") == 4
    attempts = ask(run_cli, "--history", "1")["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["rejected"] * 2 + ["updated"] * 2
    assert [attempt["run"] for attempt in attempts] == [1, 2, 3, 5]
    assert [attempt["code"] for attempt in attempts] == ["201", "201", None, None]
    moments = [attempt[when] for attempt in attempts for when in ("begun_at", "ended_at")]
    assert moments == sorted(moments)


def test_a_question_changes_nothing_and_makes_no_ledger(
    tmp_path: Path, ledger: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    for question in (*QUESTIONS, ["--report", str(tmp_path / "r.xlsx")]):
        run = run_cli(*question)
        assert (run.status, run.out) == (2, "")
        assert f"There is no ledger at {ledger}: nothing was sent from here yet" in run.err
        assert not ledger.parent.exists()
    assert run_cli(write_sheet(tmp_path / "day.csv", "1,cancel,,"), shop=open_sandbox()).status == 0
    before = files_in(ledger.parent)
    for question in (*QUESTIONS, ["--report", str(tmp_path / "r.xlsx")]):
        assert run_cli(*question).status == 0
        assert files_in(ledger.parent) == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_ledger_of_any_age_is_read_and_left_as_it_is(
    version: int, ledger: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    shop = f"{LOGIN}@localhost:{port_of(sandbox)}"
    if version == 1:
        write_version_1(ledger, port_of(sandbox))
    else:
        write_version_2(ledger, shop)
    before = files_in(ledger.parent)
    runs = ask(run_cli, "--runs")["runs"]
    found = ask(run_cli, "--unconfirmed", status=1)["unconfirmed"]
    assert run_cli("--report", tmp_path / "r.xlsx").status == 0
    assert files_in(ledger.parent) == before
    if version == 1:
        assert {run["state"] for run in runs} == {"ended"}
        assert [(one["order"], one["file"]) for one in found] == [(3, "day.csv"), (5, "day.csv")]
        return
    assert [(run["state"], run["operator"], run["shop"]) for run in runs] == [
        ("ended", None, shop),
        ("cut off", None, shop),
    ]
    first, second = (run["sheets"][0] for run in runs)
    assert first["counts"] == {"rejected": 1, "unconfirmed": 1, "updated": 1}
    assert (second["counts"], second["complete"]) == ({"sending": 1}, False)
    assert [(one["order"], one["tries"]) for one in found] == [(3, 1), (4, 1)]
    assert found[0]["since"].startswith("2026-11-20T10:00:00.123")


def schema_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: database.execute(f"PRAGMA table_info({name})").fetchall() for (name,) in names
        }


def test_a_ledger_of_version_2_is_brought_up_to_date_and_knows_what_it_knew(
    ledger: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    write_version_2(ledger, f"{LOGIN}@localhost:{port_of(sandbox)}")
    # A run of that version, which was begun before, goes on afterwards.
    with contextlib.closing(sqlite3.connect(ledger)) as older:
        lines = "1,paid,2026-11-20,", "2,cancel,,", "3,cancel,,", "4,sent,2026-11-20,RA4"
        sheet = write_sheet(tmp_path / "day.csv", *lines)
        run = run_cli(sheet, "--settle", "0", shop=sandbox)
        assert (run.status, version_of(ledger)) == (0, 3)
        assert "updated              3\n  already updated      1\n" in run.out
        older.execute(
            "INSERT INTO runs (shop, pid, host, version, started_at, alive_at) "
            "VALUES (1, 7, 'host', '0.1.0', 0, 0)"
        )
        older.execute("INSERT INTO sheets (run, name, sha256, seq) VALUES (4, 'a.csv', '', 99)")
        older.execute(
            "SELECT CASE ended_at WHEN 0 THEN sheets.seq END "
            "FROM sheets JOIN runs ON runs.id = sheets.run WHERE sheets.name = 'a.csv'"
        )
        older.rollback()
    assert ask(run_cli, "--unconfirmed")["unconfirmed"] == []
    assert [run["exit_status"] for run in ask(run_cli, "--runs")["runs"]] == [None, None, 0]
    assert run_cli("--check-ledger").status == 0
    with Ledger(tmp_path / "new.sqlite3"):
        pass
    assert schema_of(ledger) == schema_of(tmp_path / "new.sqlite3")


def test_with_a_login_only_its_shop_is_shown_and_without_one_all(
    ledger: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shop in ("one", "two"):
        by = StartedBy(operator=f"of {shop}", os_user="ops", kind="send")
        with Ledger(ledger) as record, record.hold(shop, by=by):
            pass
    assert [run["shop"] for run in ask(run_cli, "--runs")["runs"]] == ["one", "two"]
    assert run_cli("--runs").out.startswith("All shops of the ledger")
    monkeypatch.setenv("JUSTCLICK_USERNAME", "two")
    answer = ask(run_cli, "--runs")
    assert (answer["shops"], [run["operator"] for run in answer["runs"]]) == (["two"], ["of two"])
    told = run_cli("--runs").out
    assert "Not shown here: one (--profile names another shop)." in told
    assert "No sheet was begun." in told
    assert "1 run\n" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runs", "--unconfirmed"], "--runs and --unconfirmed exclude each other"),
        (["--runs", "--history", "1", "--report", "r.xlsx"], "--history, --runs and --report excl"),
        (["a.csv", "--runs"], "--runs only looks at the ledger: leave FILE out."),
        (["--unconfirmed", "--sandbox"], "keeps no ledger: leave --unconfirmed out."),
        (["a.csv", "--since", "today"], "--since goes with --report or --runs only"),
        (["--unconfirmed", "--until", "today"], "--until goes with --report or --runs only"),
        (["--runs", "--since", "31.11.2026"], '--since "31.11.2026": write a day like'),
        (["--runs", "--until", "11/01/2026"], '--until "11/01/2026": write a day like'),
    ],
)
def test_questions_that_make_no_sense_are_told(
    arguments: list[str], words: str, run_cli: RunCli
) -> None:
    run = run_cli(*arguments)
    assert (run.status, run.out) == (2, "")
    assert words in run.err


def test_a_newer_or_foreign_ledger_is_refused_by_questions_too(
    ledger: Path, run_cli: RunCli
) -> None:
    ledger.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    assert "is a file of another program" in run_cli("--runs").err
    ledger.unlink()
    with Ledger(ledger):
        pass
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        database.execute("PRAGMA user_version = 9")
    run = run_cli("--unconfirmed")
    assert (run.status, run.out) == (2, "")
    assert "was written by a newer batch-update" in run.err


def test_what_a_sheet_or_an_operator_is_called_does_no_harm_on_the_screen(
    ledger: Path, run_cli: RunCli
) -> None:
    by = StartedBy(operator="\x1b[31mred", os_user="ops", kind="send")
    with Ledger(ledger) as record, record.hold("shop", by=by) as book:
        book.for_file("\x1b]0;title\x07.csv").commit()
        book.for_file("\x1b]0;title\x07.csv").first_seen()
    run = run_cli("--runs")
    assert run.status == 0
    assert "\x1b" not in run.out
    assert "\\x1b[31mred" in run.out


def test_a_name_of_thousands_of_characters_does_not_fill_the_screen(
    ledger: Path, run_cli: RunCli
) -> None:
    by = StartedBy(operator="Анна" * 1250, os_user="ops" * 1000, kind="send")
    with Ledger(ledger) as record, record.hold("shop", by=by) as book:
        book.for_file("day.csv").commit()
        book.for_file("day.csv").first_seen()
    run = run_cli("--runs")
    assert run.status == 0
    assert max(map(len, run.out.splitlines())) < 200
    assert f"{'Анна' * 25}…" in run.out
    # The ledger, and programs, have it whole.
    (told,) = json.loads(run_cli("--runs", "--json").out)["runs"]
    assert told["operator"] == "Анна" * 1250


@pytest.mark.parametrize("words", [[], ["--lang", "ru"]], ids=len)
def test_too_long_a_name_is_refused_before_anything_is_sent(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    sandbox, sheet = open_sandbox(), tmp_path / "day.csv"
    sheet.write_text("order,status\n1,cancel\n", encoding="utf-8")
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", "x" * 101)
    run = run_cli(sheet, *words, shop=sandbox)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)
    assert run.err.startswith("batch-update: BATCH_UPDATE_OPERATOR ")
    assert "100" in run.err
    assert sandbox.requests == []
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", "x" * 100)
    assert run_cli(sheet, *words).status == 0
