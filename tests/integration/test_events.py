"""`--json-lines`: events of runs for log collectors, through the real command line."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_update.cli import events
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_ledger import Held
from tests.integration.test_readme import REFERENCE
from tests.posix import needs_signals
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

Event = dict[str, Any]
COMMAND_LINE = [sys.executable, "-m", "batch_update"]
PATIENCE_S = 60.0
NAME = "Анна Каренина"
PHONE = "+7 912 345-67-89"
TRACK = "RA123456785RU"

SECTION = REFERENCE.partition("\n## Events\n")[2].partition("\n## ")[0]
SCHEMA = {
    event: set(re.findall("`([a-z_0-9]+)`", fields))
    for event, fields in re.findall(r"\| `([a-z_]+)` \| [^|]* \| ([^|]*) \|", SECTION)
}
SHARED = set(
    re.findall("`([a-z_]+)`", SECTION.partition("Each has ")[2].partition("\n\n")[0].split(": ")[0])
)


def events_of(out: str) -> list[Event]:
    """Read the events, each of which is held to the reference."""
    found: list[Event] = [json.loads(line) for line in out.splitlines()]
    assert found
    for one in found:
        assert set(one) == SHARED | SCHEMA[one["event"]], one
        assert dt.datetime.fromisoformat(one["at"]).utcoffset() is not None
    assert len({one["run"] for one in found}) == 1
    assert [one["event"] for one in found].count("finished") == 1
    assert found[-1]["event"] == "finished"
    return found


def named(found: list[Event], event: str) -> list[Event]:
    return [one for one in found if one["event"] == event]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return write_book(
        tmp_path / "day.xlsx",
        rows_of(HEADER, (5, "cancel"), (6, "sent", "2026-11-20", TRACK), (NAME, PHONE)),
    )


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Hold an answer until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def test_the_reference_lists_the_events() -> None:
    assert set(SCHEMA) == {
        *("started", "sheet_started", "row", "retry", "waiting", "sheet_finished"),
        *("sheet_moved", "error", "finished"),
    }
    assert {"event", "at", "run", "shop", "operator", "host"} <= SHARED


def test_a_run_tells_of_all_that_happens_and_of_nothing_else(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path
) -> None:
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", "ops")
    sandbox = open_sandbox(Script({6: [Fault.gateway(503), None]}))
    run = run_cli(sheet, "--json-lines", "--verbose", "--workers", "2", shop=sandbox)
    assert run.status == 1
    found = events_of(run.out)
    assert Counter(one["event"] for one in found) == {
        "started": 1,
        "sheet_started": 1,
        "row": 3,
        "retry": 1,
        "sheet_finished": 1,
        "finished": 1,
    }
    started, finished = found[0], found[-1]
    assert (started["event"], started["kind"], started["files"]) == (
        "started",
        "send",
        ["day.xlsx"],
    )
    assert {one["shop"] for one in found} == {started["shop"]}
    assert {one["operator"] for one in found} == {"ops"}
    assert started["login"] == LOGIN
    (retry,) = named(found, "retry")
    assert (retry["order"], retry["attempt"]) == (6, 1)
    rows = {one["row"]: one for one in named(found, "row")}
    assert {number: one["outcome"] for number, one in rows.items()} == {
        2: "updated",
        3: "updated",
        4: "invalid",
    }
    assert (rows[3]["order"], rows[3]["status"], rows[3]["attempts"]) == (6, "sent", 2)
    assert rows[4]["problems"][0] == rows[4]["code"] == "bill_id_not_a_number"
    assert finished["counts"]["updated"] == 2
    assert (finished["exit_status"], finished["rows"]) == (1, 3)
    (ended,) = named(found, "sheet_finished")
    assert Path(ended["results"]).exists()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_events_hold_neither_secrets_nor_what_is_personal(
    run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path, language: str
) -> None:
    script = Script({5: [Fault.refuse(7, f"no {PHONE}")]})
    run = run_cli(sheet, "--json-lines", "--lang", language, shop=open_sandbox(script))
    found = events_of(run.out)
    assert not any(secret in run.out for secret in (KEY, NAME, PHONE, TRACK, "Каренина"))
    texts = {one["row"]: one["text"] for one in named(found, "row")}
    assert ("Впишите один из них" in texts[4]) == (language == "ru")
    # Names and codes are those of every language.
    assert named(found, "row")[-1]["outcome"] in {"updated", "rejected", "invalid"}


def test_a_sheet_without_a_header_is_not_quoted(run_cli: RunCli, tmp_path: Path) -> None:
    sheet = write_book(tmp_path / "day.xlsx", rows_of((NAME, PHONE), (NAME, PHONE)))
    run = run_cli(sheet, "--dry-run", "--json-lines")
    found = events_of(run.out)
    assert [one["code"] for one in named(found, "error")] == ["header"]
    assert NAME not in run.out
    assert PHONE not in run.out
    assert found[-1]["exit_status"] == 2


@pytest.mark.parametrize("words", [["--dry-run"], ["--sandbox"], ["--sandbox", "--dry-run"]])
def test_other_kinds_of_run_and_folders_tell_of_each_sheet(
    tmp_path: Path, run_cli: RunCli, words: list[str]
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in ("a", "b"):
        write_book(folder / f"{name}.xlsx", rows_of(HEADER, (5, "cancel")))
    (folder / "c.xlsx").write_bytes(b"no sheet")
    run = run_cli(folder, "--json-lines", "--quiet", *words)
    found = events_of(run.out)
    assert found[0]["kind"] == ("dry_run" if "--dry-run" in words else "practice")
    ends = {one["file"]: one["exit_status"] for one in named(found, "sheet_finished")}
    assert ends == {"a.xlsx": 0, "b.xlsx": 0, "c.xlsx": 2}
    assert [one["code"] for one in named(found, "error")] == ["input_file"]
    assert len(named(found, "row")) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["day.xlsx", "--wrong"], "settings", id="argument"),
        pytest.param(["day.xlsx", "--workers", "99"], "settings", id="value"),
        pytest.param(["day.xlsx"], "settings", id="no-login"),
        pytest.param(["missing.xlsx", "--dry-run"], "input_file", id="no-sheet"),
        pytest.param(["day.xlsx", "--config", "none.toml"], "settings", id="no-config"),
        pytest.param(["day.xlsx", "--sandbox", "--log-file", "."], "output_file", id="no-log"),
        pytest.param(["day.xlsx", "--json"], "settings", id="both-forms"),
        pytest.param([], "settings", id="nothing"),
    ],
)
@pytest.mark.usefixtures("sheet")
def test_a_run_that_could_not_start_says_so_too(
    run_cli: RunCli, words: list[str], code: str
) -> None:
    run = run_cli(*words, "--json-lines")
    found = events_of(run.out)
    assert [one["event"] for one in found if one["event"] != "started"] == ["error", "finished"]
    assert (found[-2]["code"], found[-1]["exit_status"], run.status) == (code, 2, 2)
    assert found[-2]["text"] in run.err


def test_so_it_does_where_the_environment_or_the_config_file_wants_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[account]\nusername = "a"\n[screen]\njson_lines = true\n')
    run = run_cli(sheet, "--config", config, "--wrong")
    assert events_of(run.out)[0]["shop"]
    assert run_cli(sheet, "--config", config, "--dry-run", "--json").out.startswith("{\n")
    monkeypatch.setenv("BATCH_UPDATE_JSON_LINES", "yes")
    assert events_of(run_cli(sheet, "--workers", "0").out)[0]["code"] == "settings"
    # It is about runs only.
    assert run_cli("--show-settings").out.startswith("config file")
    assert "tells of runs" in run_cli("--runs", "--json-lines").err


def test_a_wait_for_an_unconfirmed_payment_is_told_on_one_line(
    run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sheet = write_book(tmp_path / "day.xlsx", rows_of(HEADER, (5, "paid", "2026-11-20")))
    sandbox = open_sandbox(Script({5: [Fault.silent(30.0, 2.8)]}))
    words = ("--json-lines", "--timeout", "0.4", "--settle", "3s")
    found = events_of(run_cli(sheet, *words, shop=sandbox).out)
    (waiting,) = named(found, "waiting")
    assert waiting["reason"] == "payments_unconfirmed"
    assert waiting["text"].startswith("Waiting for 1 row ")


@needs_signals
def test_a_shop_that_another_run_holds_is_waited_for_and_then_told(
    held: threading.Event, run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path
) -> None:
    sandbox = open_sandbox(Script({5: [Fault.held(held)]}))
    first = Held(sheet, sandbox, 1)
    try:
        run = run_cli(sheet, "--json-lines", "--wait", "0.6s", shop=sandbox)
    finally:
        first.kill()
    found = events_of(run.out)
    assert [one["event"] for one in found] == ["started", "waiting", "error", "finished"]
    assert found[1]["reason"] == found[2]["code"] == "shop_held"
    assert found[-1]["exit_status"] == 4


def test_a_sheet_that_is_moved_is_told_with_its_new_place(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write_book(tmp_path / "good.xlsx", rows_of(HEADER, (5, "cancel")))
    done = tmp_path / "done"
    done.mkdir()
    run = run_cli(sheet, "--json-lines", "--move-done", done, shop=open_sandbox())
    (move,) = named(events_of(run.out), "sheet_moved")
    assert Path(move["moved_to"]) == done / "good.xlsx"
    assert Path(move["results"]).parent == done
    assert Path(move["results"]).exists()


def environment_of(sandbox: Sandbox) -> dict[str, str]:
    account = {"USERNAME": LOGIN, "SECRET_KEY": KEY, "BASE_URL": sandbox.base_url}
    return {**os.environ, **{f"JUSTCLICK_{name}": value for name, value in account.items()}}


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
def test_a_run_that_is_stopped_tells_of_its_end_and_each_line_at_once(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sheet = write_book(
        tmp_path / "long.xlsx", rows_of(HEADER, *[(n, "cancel") for n in range(1, 400)])
    )
    sandbox = open_sandbox(Script(always=Fault.slow(0.05)))
    with subprocess.Popen(
        [*COMMAND_LINE, str(sheet), "--json-lines", "--workers", "1"],
        env=environment_of(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if json.loads(line)["event"] == "row" and len(lines) == 4:
                process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 130
    found = events_of("".join(lines))
    assert found[-1]["exit_status"] == 130
    assert named(found, "sheet_finished")[0]["interrupted"]
    assert len(named(found, "row")) == 399


@pytest.mark.skipif(os.name == "nt", reason="pipes are another matter there")
def test_a_reader_that_goes_away_changes_nothing(open_sandbox: OpenSandbox, sheet: Path) -> None:
    sandbox = open_sandbox()
    with subprocess.Popen(
        [*COMMAND_LINE, str(sheet), "--json-lines"],
        env=environment_of(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(PATIENCE_S) == 1
    assert said == b""
    assert len(sandbox.requests) == 2


def test_sheets_of_one_name_are_told_apart(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    paths = []
    for number, name in enumerate(("north", "south"), start=1):
        (tmp_path / name).mkdir()
        paths.append(write_book(tmp_path / name / "a.xlsx", rows_of(HEADER, (number, "cancel"))))
    run = run_cli(*paths, "--json-lines", shop=open_sandbox())
    found = events_of(run.out)
    for event in ("sheet_started", "row", "sheet_finished"):
        assert [one["path"] for one in named(found, event)] == [str(path) for path in paths]


def test_a_sheet_that_was_not_worked_through_says_why(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.csv").touch()
    write_book(folder / "b.xlsx", rows_of((NAME, PHONE), (NAME, PHONE)))
    write_book(folder / "c.xlsx", rows_of(HEADER, (5, "cancel")))
    sandbox = open_sandbox()
    for is_known in (False, True):
        run = run_cli(folder, "--json-lines", shop=sandbox)
        empty, other, good = named(events_of(run.out), "sheet_finished")
        assert (empty["code"], empty["known"]) == ("input_file", is_known)
        assert empty["text"] == "a.csv is empty. Export the sheet again."
        assert (other["code"], other["known"]) == ("header", is_known)
        assert "header row" in other["text"]
        assert (good["code"], good["text"], good["known"]) == (None, None, False)
        assert NAME not in run.out
        assert PHONE not in run.out


def test_a_sheet_that_stopped_says_why(
    run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path
) -> None:
    sandbox = open_sandbox(Script(always=Fault.refuse(7, "off")))
    found = events_of(run_cli(sheet, "--json-lines", shop=sandbox).out)
    (ended,) = named(found, "sheet_finished")
    assert (ended["stopped"], ended["code"]) == (True, "stopped")
    assert ended["text"]
    assert ended["text"] in named(found, "error")[-1]["text"]


def test_our_own_dates_are_told(run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path) -> None:
    sandbox = open_sandbox()
    run_cli(sheet, shop=sandbox)
    found = events_of(run_cli(sheet, "--json-lines", "--lang", "en").out)
    text = named(found, "row")[0]["text"]
    assert re.search(r" on 20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} ", text), text
    assert "…" not in text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("at 2026-11-20 10:30 UTC", "at 2026-11-20 10:30 UTC"),
        ("2026-11-20 10:30, 2026-11-21 11:30", "2026-11-20 10:30, 2026-11-21 11:30"),
        ("2026-11-20 89123456789", "2026-11-20 …"),
        ("89123456789 2026-11-20", "…"),
        ("on 2026-11-20, 89123456789", "on 2026-11-20, …"),
        ("8 2026-11-20 12", "…"),
        ("2026-11-2012", "…"),
        ("2026-13-20 10:30", "…:30"),
    ],
)
def test_dates_do_not_hide_numbers(said: str, told: str) -> None:
    assert events._cleaned(said) == told


def test_figures_that_cannot_be_written_are_told_before_the_end(
    run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path
) -> None:
    run = run_cli(sheet, "--json-lines", "--metrics", "nowhere/a.prom", shop=open_sandbox())
    assert [one["code"] for one in named(events_of(run.out), "error")] == ["metrics"]


def test_each_run_has_a_number_of_its_own(run_cli: RunCli, sheet: Path) -> None:
    begun = time.time()
    ids = {events_of(run_cli(sheet, "--dry-run", "--json-lines").out)[0]["run"] for _ in range(2)}
    assert len(ids) == 2
    (at,) = {events_of(run_cli(sheet, "--dry-run", "--json-lines").out)[-1]["at"]}
    assert begun - 1 <= dt.datetime.fromisoformat(at).timestamp() <= time.time() + 1
