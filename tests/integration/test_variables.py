"""Options by the environment, through the real command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from batch_update.cli import parser
from batch_update.errors import SettingsError
from batch_update.settings.arguments import read_settings
from batch_update.settings.model import Settings
from batch_update.settings.option import Option, Table
from batch_update.settings.options import OPTIONS
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.unit.test_reader import HEADER, rows_of, write_book

SWITCHES = [one for one in OPTIONS if one.is_switch and one.variable]
TYPED = [one for one in OPTIONS if one.is_typed]


def names(options: list[Option[object]]) -> list[str]:
    return [option.name for option in options]


def settings_by(*words: str, **environment: str) -> Settings:
    return read_settings(parser.parse(["a.xlsx", "--dry-run", *words]), environment)


def config_of(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return write_book(tmp_path / "day.xlsx", rows_of(HEADER, (5, "cancel")))


@pytest.mark.parametrize("option", SWITCHES, ids=names(SWITCHES))
@pytest.mark.parametrize(("word", "is_on"), [("1", True), (" Yes ", True), ("off", False)])
def test_each_switch_is_turned_on_and_off(option: Option[object], word: str, is_on: bool) -> None:
    usual = settings_by().values[option.name]
    value = settings_by(**{option.variable: word}).values[option.name]
    assert value is (usual if not is_on else not usual)


def test_a_switch_that_is_off_overrules_the_config_file(tmp_path: Path) -> None:
    path = config_of(tmp_path / "c.toml", "[checks]\nstrict = true\n[screen]\nno_progress = true\n")
    words = ("--config", path)
    assert settings_by(*words).is_strict
    assert not settings_by(*words, BATCH_UPDATE_STRICT="no").is_strict
    assert settings_by(*words, "--strict", BATCH_UPDATE_STRICT="no").is_strict
    assert settings_by(*words, BATCH_UPDATE_NO_PROGRESS="0").wants_progress
    assert settings_by(*words, BATCH_UPDATE_STRICT=" ").is_strict


def test_no_argument_may_be_empty(run_cli: RunCli, open_sandbox: OpenSandbox, sheet: Path) -> None:
    """A variable of a script that was not set is no wish for the usual ledger."""
    sandbox = open_sandbox()
    flags = [one.flag for one in OPTIONS if one.flag and not one.is_switch]
    for flag in flags:
        for words in ([flag, ""], [f"{flag}="]):
            run = run_cli(sheet, *words, shop=sandbox)
            assert (run.status, run.out) == (2, ""), words
            assert run.err.startswith(f"batch-update: {flag} is empty. Write what is meant"), words
    # Without a name, a path is the folder of the run.
    run = run_cli("", "--json", shop=sandbox)
    assert (run.status, run.err.startswith("batch-update: FILE is empty.")) == (2, True)
    assert sandbox.requests == []


def test_an_empty_variable_is_as_none() -> None:
    unset = settings_by().values
    strict = [one for one in OPTIONS if one.is_never_empty]
    for option in OPTIONS:
        if option.variable and option not in strict:
            assert settings_by(**{option.variable: " "}).values == unset, option.variable


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("BATCH_UPDATE_STRICT", "perhaps", '"perhaps": write 1 for yes, 0 for no.'),
        ("BATCH_UPDATE_WORKERS", "many", '"many": write auto, or a whole number'),
        ("BATCH_UPDATE_TIMEZONE", "Nowhere", "there is no such time zone"),
        ("BATCH_UPDATE_COLUMN", "rpo", '"rpo": write it as FIELD=HEADER'),
        ("BATCH_UPDATE_COLUMN", "rpo=a,rpo=b", "names rpo twice"),
        ("BATCH_UPDATE_STATUS_WORD", "Вручен", '"Вручен": write it as WORD=STATUS'),
        ("BATCH_UPDATE_ORDER_PREFIX", "12", '"12": it must hold a sign'),
        ("BATCH_UPDATE_DATE", "someday", ""),
        ("BATCH_UPDATE_WAIT", "long", '"long": write seconds'),
        ("BATCH_UPDATE_CONFIG", "nowhere.toml", "nowhere.toml: there is no such file"),
        ("BATCH_UPDATE_PROFILE", "nobody", '"nobody": the config file'),
        ("BATCH_UPDATE_OUTPUT", "ftp://x/o.csv", "is an address"),
        ("BATCH_UPDATE_LANG", "xx", '"xx": write one of'),
    ],
)
def test_a_wrong_value_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sheet: Path,
    variable: str,
    text: str,
    words: str,
) -> None:
    monkeypatch.setenv(variable, text)
    run = run_cli(sheet, "--dry-run")
    assert run.status == 2
    assert run.err.startswith(f"batch-update: {variable}"), run.err
    assert words in run.err


def test_lists_are_parted_by_commas_and_lines() -> None:
    settings = settings_by(
        BATCH_UPDATE_COLUMN='rpo=Barcode, "date=Sent, by day"\nbill_id=No',
        BATCH_UPDATE_ORDER_PREFIX="ORD-,A-",
        BATCH_UPDATE_STATUS_WORD="Вручен=sent",
    )
    assert settings.column == ("rpo=Barcode", "date=Sent, by day", "bill_id=No")
    assert {column.said_in for column in settings.named.values()} == {"BATCH_UPDATE_COLUMN"}
    assert settings.affixes.prefixes == ("ord-", "a-")
    assert [own.said_in for own in settings.own_words.values()] == ["BATCH_UPDATE_STATUS_WORD"]


def test_waiting_has_no_need_of_a_time() -> None:
    assert settings_by(BATCH_UPDATE_WAIT="yes").wait_s == float("inf")
    assert settings_by(BATCH_UPDATE_WAIT="10m").wait_s == 600
    assert settings_by(BATCH_UPDATE_WAIT="no").wait_s is None


def test_the_nearest_place_of_a_date_format_counts(tmp_path: Path) -> None:
    words = ("--config", config_of(tmp_path / "c.toml", "[dates]\nday_first = true\n"))
    settings = settings_by(*words, BATCH_UPDATE_DATE_FORMAT="%m/%d/%Y")
    assert (settings.calendar.order, settings.calendar.date_format) == (None, "%m/%d/%Y")
    settings = settings_by(*words, "--month-first", BATCH_UPDATE_DATE_FORMAT="%m/%d/%Y")
    assert settings.calendar.date_format is None
    with pytest.raises(SettingsError, match="BATCH_UPDATE_DAY_FIRST and BATCH_UPDATE_MONTH_FIRST"):
        settings_by(BATCH_UPDATE_DAY_FIRST="yes", BATCH_UPDATE_MONTH_FIRST="yes")


def test_a_run_by_the_environment_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    sheet: Path,
) -> None:
    sandbox = open_sandbox()
    config = config_of(
        tmp_path / "shop.toml",
        f'[profiles.second.account]\nusername = "{LOGIN}"\nsecret_key = "{KEY}"\n'
        f'base_url = "{sandbox.base_url}"\n[sending]\nworkers = 3\n',
    )
    said = {"CONFIG": config, "PROFILE": "second", "OUTPUT": "o.csv", "JSON": "1", "LANG": "ru"}
    for name, text in said.items():
        monkeypatch.setenv(f"BATCH_UPDATE_{name}", text)
    # Another shop's account: a profile goes before it.
    monkeypatch.setenv("JUSTCLICK_USERNAME", "other")
    run = run_cli(sheet)
    assert (run.status, run.err) == (0, "")
    told = json.loads(run.out)
    assert told["shop"]["profile"] == "second"
    assert told["files"][0]["results"].endswith("o.csv")
    assert len(sandbox.requests) == 1
    monkeypatch.setenv("BATCH_UPDATE_LANG", "en")
    lines = run_cli("--show-settings", "--workers", "2").out.splitlines()
    shown = {tuple(re.split(r"  +", line)) for line in lines}
    assert shown >= {
        ("config file", config, "(read)"),
        ("profile", "second", "(environment)"),
        ("output", "o.csv", "(environment)"),
        ("json", "yes", "(environment)"),
        ("workers", "2", "(argument)"),
    }


def test_configure_keeps_what_it_asks_where_a_run_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    monkeypatch.setenv("BATCH_UPDATE_CONFIG", str(tmp_path / "mine.toml"))
    monkeypatch.setenv("BATCH_UPDATE_PROFILE", "second")
    monkeypatch.setattr("getpass.getpass", lambda _: KEY)
    answers = iter([LOGIN, sandbox.base_url, "1"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert run_cli("--configure").status == 0
    assert "[profiles.second.account]" in (tmp_path / "mine.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", TYPED, ids=names(TYPED))
def test_what_kind_of_run_it_is_only_an_argument_can_say(
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    sheet: Path,
    option: Option[object],
) -> None:
    sandbox = open_sandbox()
    monkeypatch.setenv(f"BATCH_UPDATE_{option.name.upper()}", "1")
    run = run_cli(sheet, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert f"only an argument of the command can say {option.flag}. " in run.err
    assert sandbox.requests == []


@pytest.mark.parametrize("name", ["BATCH_UPDATE_DRYRUN", "BATCH_UPDATE_FORCED"])
def test_a_slip_in_such_a_variable_is_no_way_round_it(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path, name: str
) -> None:
    monkeypatch.setenv(name, "yes")
    run = run_cli(sheet, "--sandbox")
    assert (run.status, "only an argument" in run.err) == (2, True)


def test_a_variable_that_is_not_known_is_told_once(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    monkeypatch.setenv("BATCH_UPDATE_WORKER", f"{KEY}")
    monkeypatch.setenv("BATCH_UPDATE_SHARE_OF_OURS", "/srv")
    monkeypatch.setenv("BATCH_UPDATE_ZZZ", "")
    run = run_cli(sheet, "--dry-run")
    assert run.status == 0
    assert run.err.splitlines() == [
        "BATCH_UPDATE_SHARE_OF_OURS in the environment is not known, and does nothing. --help "
        "lists the options.",
        "BATCH_UPDATE_WORKER in the environment is not known. Did you mean BATCH_UPDATE_WORKERS?",
    ]
    # One that is like no other may be the user's own: cron need not mail it each day.
    for words in (["--quiet"], []):
        if not words:
            monkeypatch.setenv("BATCH_UPDATE_QUIET", "yes")
        quiet = run_cli(sheet, "--dry-run", *words)
        assert quiet.err.count("\n") == 1
        assert "BATCH_UPDATE_WORKERS?" in quiet.err


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BATCH_UPDATE_SECRET_KEY", "JUSTCLICK_SECRET_KEY"),
        ("BATCH_UPDATE_SECRET_KEY_FILE", "JUSTCLICK_SECRET_KEY_FILE"),
        ("BATCH_UPDATE_SECRET_KEY_COMMAND", "JUSTCLICK_SECRET_KEY_COMMAND"),
        ("BATCH_UPDATE_USERNAME", "JUSTCLICK_USERNAME"),
        ("BATCH_UPDATE_BASE_URL", "JUSTCLICK_BASE_URL"),
        ("JUSTCLICK_SECRETKEY", "JUSTCLICK_SECRET_KEY"),
        ("JUSTCLICK_SECRET", "JUSTCLICK_SECRET_KEY"),
        ("JUSTCLICK_API_KEY", "JUSTCLICK_SECRET_KEY"),
        ("JUSTCLICK_SECRET_KEYFILE", "JUSTCLICK_SECRET_KEY_FILE"),
        ("JUSTCLICK_SECRT_KEY", "JUSTCLICK_SECRET_KEY"),
        ("JUSTCLICK_LOGIN", "JUSTCLICK_USERNAME"),
        ("JUSTCLICK_URL", "JUSTCLICK_BASE_URL"),
    ],
)
def test_a_variable_that_may_be_meant_for_the_account_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, KEY)
    told = f"{name} in the environment is not known. Did you mean {meant}?\n"
    assert run_cli(sheet, "--dry-run", "--quiet").err == told
    if name.startswith("JUSTCLICK_"):
        # Of another program then, which talks to the shop as well.
        monkeypatch.setenv(meant, "myshop")
        assert told not in run_cli(sheet, "--dry-run").err


def test_other_variables_that_speak_of_the_shop_are_somebody_elses(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    monkeypatch.setenv("JUSTCLICK_WEBHOOK_PORT", "80")
    assert run_cli(sheet, "--dry-run").err == ""


def test_no_profile_takes_the_account_of_the_environment() -> None:
    account = [one for one in OPTIONS if one.table is Table.ACCOUNT]
    assert {one.variable.partition("_")[0] for one in account} == {"JUSTCLICK"}
