"""Where the ledger is, and who says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from batch_update.cli import commands, parser
from batch_update.settings.arguments import read_settings
from batch_update.settings.defaults import default_ledger
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_end_to_end import run as run_command
from tests.posix import needs_home, needs_links


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
    assert not default_ledger().parent.exists()
    assert run_cli(sheet, "--ledger", other, shop=sandbox).status == 0
    assert len(sandbox.requests) == 2
    assert run_cli(sheet, shop=sandbox).status == 0
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///ledger.sqlite3",
        "jdbc:postgresql://db/x?password=s3cret",
        "mysql://user:s3cret@db/x",
        "postgresql:localhost/x",
        "postgresql://anna:s3cret@localhost/x",
        "postgresql://db.example.com/x?sslmode=require",
        "'postgresql://anna:s3cret@localhost/x'",
        "\u00abmysql://user:s3cret@db/x\u00bb",
        "postgresql//anna:s3cret@localhost/x",
        "postgresql ://anna:s3cret@localhost/x",
        "posgresql;//anna:s3cret@localhost/x",
        "host=localhost user=anna password=s3cret",
    ],
)
@pytest.mark.parametrize("place", ["--ledger", "BATCH_UPDATE_LEDGER", "ledger in shop.toml"])
def test_an_address_that_will_not_do_is_refused_wherever_it_stands(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    place: str,
) -> None:
    sheet, words = write_sheet(tmp_path / "day.csv"), ["--ledger", address]
    if place == "BATCH_UPDATE_LEDGER":
        monkeypatch.setenv(place, address)
        words = []
    elif place != "--ledger":
        config = tmp_path / "shop.toml"
        config.write_text(f'[files]\nledger = "{address}"\n', encoding="utf-8")
        words = ["--config", str(config)]
    before, sandbox = sorted(tmp_path.rglob("*")), open_sandbox()
    run = run_cli(sheet, *words, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(f"batch-update: {place}")
    assert "postgresql://HOST/DATABASE" in run.err.replace("USER@", "") or (
        "holds a password" in run.err or "nobody checks which server answers" in run.err
    )
    assert run.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert sandbox.requests == []
    shown = run_cli("--show-settings", *words)
    assert "s3cret" not in run.err + shown.out + shown.err


@pytest.mark.parametrize("name", ["postgresql/ledger.sqlite3", "postgres.db", "./host=a.sqlite3"])
def test_a_file_may_have_a_name_of_that_kind(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = write_sheet(tmp_path / "day.csv")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    assert run_cli(sheet, "--ledger", name, shop=open_sandbox()).status == 0
    assert (tmp_path / name).is_file()


def test_settings_show_the_address_without_what_may_be_secret(run_cli: RunCli) -> None:
    address = "postgres://anna@db.example.com/team?sslcert=/etc/anna.crt&passfile=/home/anna/p"
    assert (
        "postgresql://anna@db.example.com/team "
        in run_cli("--show-settings", "--ledger", address).out
    )
    shown = run_cli("--show-settings", "--ledger", "postgresql://anna:s3cret@localhost/")
    assert "(hidden)" in shown.out
    assert "s3cret" not in shown.out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--dry-run"],
        ["--runs"],
        ["--history", "1"],
        ["--unconfirmed"],
        ["--report", "r.xlsx"],
        ["--check-ledger"],
    ],
    ids=" ".join,
)
def test_without_the_driver_a_teams_ledger_is_refused_with_what_to_install(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    sheet, sandbox = write_sheet(tmp_path / "day.csv"), open_sandbox()
    files = [] if words and words != ["--dry-run"] else [sheet]
    run = run_cli(*files, *words, "--ledger", "postgresql:///team", shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("batch-update: The ledger postgresql:///team is in a database")
    assert 'pip install "batch-update[team]"' in run.err
    assert sandbox.requests == []
    assert not default_ledger().parent.exists()


def test_practice_has_no_ledger_whatever_the_environment_says(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("BATCH_UPDATE_LEDGER", "postgresql:///team")
    sheet = write_sheet(tmp_path / "day.csv")
    assert run_cli(sheet, "--sandbox").status == 0
    assert "leave --ledger out" in run_cli(sheet, "--sandbox", "--ledger", "postgresql:///t").err


def test_a_run_knows_the_address_and_a_command_to_type_next_repeats_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    words = ["day.csv", "--dry-run", "--ledger", "postgresql:///team"]
    settings = read_settings(parser.parse(words), {})
    assert str(settings.ledger) == "postgresql:///team"
    assert commands.command(settings.given, Path("day.csv")) == (
        "batch-update day.csv --ledger postgresql:///team"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ledger", "postgresql:///t", "--force"], "Say it: --reason TEXT."),
        (["--ledger", "postgresql:///t", "--force", "--reason", " "], "--reason is empty."),
        (["--force", "--reason", "the shop lost it"], "only in a team's ledger"),
        (["--reason", "the shop lost it"], "only in a team's ledger"),
        (["--sandbox", "--reason", "to see"], "only in a team's ledger"),
    ],
)
def test_a_reason_is_demanded_and_kept_only_where_a_team_reads_it(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, words: list[str], said: str
) -> None:
    sandbox = open_sandbox()
    run = run_cli(write_sheet(tmp_path / "day.csv"), *words, shop=sandbox)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)
    assert said in run.err
    assert sandbox.requests == []


def test_a_reason_is_no_part_of_a_question(run_cli: RunCli) -> None:
    run = run_cli("--runs", "--ledger", "postgresql:///t", "--reason", "to see")
    assert (run.status, run.out) == (2, "")
    assert "--reason is kept with a run" in run.err


@pytest.mark.parametrize("words", [["--force", "--reason", "the shop lost it"], []], ids=len)
def test_a_reason_is_taken_with_a_teams_ledger(words: list[str]) -> None:
    given = ["day.csv", "--ledger", "postgresql:///t", *words]
    account = {"JUSTCLICK_USERNAME": "myshop", "JUSTCLICK_SECRET_KEY": "k"}
    assert read_settings(parser.parse(given), account).reason == (words[-1] if words else None)
    dry = ["day.csv", "--ledger", "postgresql:///t", "--force", "--dry-run"]
    assert read_settings(parser.parse(dry), account).is_forced


TEAM = ["--ledger", "postgresql:///t"]
WORKS = [
    ["--unlock", "7", "--reason", "its machine hangs"],
    ["--ledger-migrate"],
    ["--ledger-import", "l.sqlite3"],
]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unlock", "7", *TEAM], "Say it: --reason TEXT."),
        (["--unlock", "0", "--reason", "r", *TEAM], "write the number of a run"),
        (["--unlock", "9" * 19, "--reason", "r", *TEAM], "write the number of a run"),
        (["--unlock", "x", "--reason", "r", *TEAM], "write the number of a run"),
        (["--ledger-prune", *TEAM], "--older-than AGE go together"),
        (["day.csv", "--older-than", "2y"], "--older-than AGE go together"),
        (["--ledger-prune", "--older-than", "2y", *TEAM], "Say it: --reason TEXT."),
        (["--ledger-prune", "--older-than", "2y", "--reason", "r"], "leave it out"),
        (["--ledger-prune", "--older-than", "89d", *TEAM], "at least 90 days"),
        (["--ledger-prune", "--older-than", "2m", *TEAM], "at least 90 days"),
        (["--ledger-prune", "--older-than", "1.5y", *TEAM], "like 400d, 18m or 2y"),
        (["--ledger-prune", "--older-than", "99999d", *TEAM], "like 400d, 18m or 2y"),
    ],
)
def test_a_work_that_is_not_told_all_it_needs_is_refused(
    tmp_path: Path, run_cli: RunCli, words: list[str], said: str
) -> None:
    write_sheet(tmp_path / "day.csv")
    run = run_cli(*words)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)
    assert said in run.err


@pytest.mark.parametrize("words", WORKS, ids=lambda words: words[0])
def test_a_work_is_for_a_teams_ledger_and_stands_alone(run_cli: RunCli, words: list[str]) -> None:
    assert f"{words[0]} is for a team's ledger only" in run_cli(*words).err
    assert f"{words[0]} sends nothing: leave FILE out" in run_cli("a.csv", *words, *TEAM).err
    assert f"leave {words[0]} out" in run_cli("--sandbox", *words).err
    assert "exclude each other" in run_cli("--runs", *words, *TEAM).err


@pytest.mark.parametrize("words", WORKS, ids=lambda words: words[0])
def test_a_work_needs_the_driver(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    (tmp_path / "l.sqlite3").touch()
    run = run_cli(*words, *TEAM)
    assert (run.status, run.out) == (2, "")
    assert 'pip install "batch-update[team]"' in run.err


def test_an_import_has_a_team_on_one_side_and_a_source_that_is_there(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no such ledger" in run_cli("--ledger-import", "none.sqlite3", *TEAM).err
    (tmp_path / "l.sqlite3").touch()
    assert "for a team's ledger only" in run_cli("--ledger-import", "l.sqlite3").err
    monkeypatch.setitem(sys.modules, "psycopg", None)
    back = run_cli("--ledger-import", "postgresql:///t", "--ledger", "l.sqlite3")
    assert (back.status, back.out) == (2, "")
    assert "The ledger postgresql:///t is in a database" in back.err
    assert "holds a password" in run_cli("--ledger-import", "postgresql://u:p@h/t", *TEAM).err
    assert "--ledger-import" in run_cli("--ledger-import", "mysql://db/t", *TEAM).err


@pytest.mark.parametrize(("age", "days"), [("90d", 90), ("3m", 93), (" 18 M", 558), ("2y", 732)])
def test_an_age_is_never_shorter_than_it_says(age: str, days: int) -> None:
    words = ["--ledger-prune", "--older-than", age, "--dry-run", *TEAM]
    assert read_settings(parser.parse(words), {}).older_than_days == days


@pytest.mark.parametrize("place", ["--ledger", "BATCH_UPDATE_LEDGER", "ledger in shop.toml"])
def test_no_folder_is_made_for_a_slip_of_the_pen(
    tmp_path: Path, open_sandbox: OpenSandbox, place: str
) -> None:
    sheet, sandbox = write_sheet(tmp_path / "day.csv"), open_sandbox()
    right, wrong = tmp_path / "state" / "l.sqlite3", tmp_path / "sttae" / "l.sqlite3"
    right.parent.mkdir()
    known = run_command(sheet, "--ledger", right, sandbox=sandbox)
    assert (known.returncode, known.stderr.count("\n")) == (0, 1)
    words, env = {
        "--ledger": (["--ledger", str(wrong)], {}),
        "BATCH_UPDATE_LEDGER": ([], {"BATCH_UPDATE_LEDGER": str(wrong)}),
        "ledger in shop.toml": (["--config", "shop.toml"], {}),
    }[place]
    config = tmp_path / "shop.toml"
    config.write_text(f'[files]\nledger = "{wrong.as_posix()}"\n', encoding="utf-8")
    config.chmod(0o600)
    # Each day: what is told of the refusal must not make the folder either.
    for more in ([], ["--quiet", "--notify-when", "new"], ["--dry-run"], ["--runs"]):
        names = [] if more == ["--runs"] else [str(sheet)]
        done = subprocess.run(
            [COMMAND, *names, *words, *more],
            env={**environment_for(sandbox), **env},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"batch-update: {place}")
        assert f"{wrong}: there is no folder {wrong.parent}." in done.stderr
    assert not wrong.parent.exists()
    assert len(sandbox.requests) == 1


@needs_links
def test_no_folder_is_made_where_a_link_leads_to_a_disk_that_is_away(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox, link = open_sandbox(), tmp_path / "l.sqlite3"
    link.symlink_to(tmp_path / "away" / "l.sqlite3")
    run = run_cli(write_sheet(tmp_path / "day.csv"), "--ledger", link, shop=sandbox)
    assert run.status == 2
    assert f"there is no folder {tmp_path / 'away'}." in run.err
    assert not (tmp_path / "away").exists()
    assert sandbox.requests == []


@needs_links
def test_a_link_to_a_place_that_is_away_is_no_place_for_a_new_ledger(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox, folder, away = open_sandbox(), default_ledger().parent, tmp_path / "away" / "state"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(away)
    run = run_cli(write_sheet(tmp_path / "day.csv"), shop=sandbox)
    assert (run.status, f"there is no folder {away}." in run.err) == (2, True)
    assert (away.parent.exists(), sandbox.requests) == (False, [])


def test_what_stands_where_the_folder_of_the_ledger_should_be_is_told(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox, folder = open_sandbox(), default_ledger().parent
    sheet = write_sheet(tmp_path / "day.csv")
    folder.parent.mkdir(parents=True)
    folder.touch()
    for words in ([], ["--ledger", folder / "more" / "l.sqlite3"]):
        run = run_cli(sheet, *words, shop=sandbox)
        assert (run.status, run.err.count("\n"), sandbox.requests) == (2, 1, [])
        text = f"something that is no folder stands where the folder should be: {folder}. Move it"
        assert text in run.err


@needs_home
def test_an_empty_home_is_as_none_and_without_a_whole_path_there_is_no_ledger(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    usual = default_ledger()
    monkeypatch.setenv("HOME", "")
    assert f" {usual}  (default)" in run_cli("--show-settings").out
    monkeypatch.setenv("HOME", "home")
    sandbox = open_sandbox()
    run = run_cli(write_sheet(tmp_path / "day.csv"), shop=sandbox)
    assert (run.status, sandbox.requests) == (2, [])
    assert "The usual place of the ledger, home/" in run.err
    assert not (tmp_path / "home").exists()


def test_a_ledger_that_begins_where_somebody_has_named_it_says_so_once(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, sheet, path = open_sandbox(), write_sheet(tmp_path / "day.csv"), tmp_path / "l.sqlite3"
    words = (sheet, "--ledger", path, "--quiet")
    assert run_cli(*words, shop=sandbox).err == (
        f"A new ledger begins here: {path}. It does not know what was sent before; if another one "
        "does, name that: --ledger PATH.\n"
    )
    assert run_cli(*words).err == ""
    monkeypatch.chdir(tmp_path)
    run = run_cli(sheet, "--ledger", "other.sqlite3", "--quiet")
    assert run.err.startswith(f"A new ledger begins here: {tmp_path / 'other.sqlite3'}. ")
    # A file without a byte has lost what it knew.
    path.write_bytes(b"")
    for rest in tmp_path.glob("l.sqlite3-*"):
        rest.unlink()
    assert "A new ledger begins here" in run_cli(*words).err
    # Where it usually is, a first run is an ordinary one, and its folder is made.
    assert run_cli(sheet, "--quiet").err == ""
    assert default_ledger().is_file()


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["--runs"], ["--check-ledger"]], ids=str)
def test_a_folder_in_place_of_the_ledger_is_called_one(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, words: list[str]
) -> None:
    sandbox, sheet = open_sandbox(), write_sheet(tmp_path / "day.csv")
    names = [sheet] if words in ([], ["--dry-run"]) else []
    run = run_cli(*names, "--ledger", tmp_path, *words, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert run.err == (
        f"batch-update: --ledger {tmp_path}: this is a folder. Name a file in it: "
        f"{tmp_path / 'ledger.sqlite3'}.\n"
    )
    assert sandbox.requests == []
