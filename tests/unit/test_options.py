"""Each option is declared once; all else that knows of options agrees with that."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import assert_type
from zoneinfo import ZoneInfo

import pytest

from batch_update.cli import parser, preflight
from batch_update.errors import SettingsError
from batch_update.settings import arguments, config, kinds, resolution
from batch_update.settings.arguments import read_settings, show_settings
from batch_update.settings.defaults import default_ledger
from batch_update.settings.model import Settings
from batch_update.settings.option import Group, Option, Table
from batch_update.settings.options import OPTIONS, Options
from tests.integration.test_readme import ADMINISTRATION, REFERENCE, table_after

SAMPLES: dict[type, str] = {
    kinds.AtOnce: "3",
    kinds.Age: "400d",
    kinds.Channels: "json://127.0.0.1/hook",
    kinds.Command: "pass",
    kinds.DateFormat: "%d.%m.%y",
    kinds.Duration: "5m",
    kinds.FilePath: "a/path",
    kinds.GivenPath: "done",
    kinds.FiguresPath: "a/path.prom",
    kinds.Language: "en",
    kinds.LedgerPlace: "a/path",
    kinds.Number: "3",
    kinds.Occasion: "new",
    kinds.Plan: "0123456789ab",
    kinds.Rate: "2.5",
    kinds.Seconds: "2.5",
    kinds.Secret: "k3y",
    kinds.Span: "2h",
    kinds.Switch: "yes",
    kinds.Text: "sent",
    kinds.Name: "Анна",
    kinds.Whole: "3",
    kinds.Zone: "UTC",
}
"""What can be said of an option, by its kind."""

IN_FILE = [option for option in OPTIONS if option.table and type(option.kind) in SAMPLES]


def names(options: list[Option[object]]) -> list[str]:
    return [option.name for option in options]


def write_config(path: Path, option: Option[object], *, profile: str = "") -> str:
    text = "true" if option.is_switch else f'"{SAMPLES[type(option.kind)]}"'
    assert option.table
    table = f"profiles.{profile}.{option.table.value}" if profile else option.table.value
    path.write_text(f"[{table}]\n{option.key} = {text}\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def shown(*words: str, **environment: str) -> dict[str, tuple[str, str]]:
    said = show_settings(parser.parse(list(words)), environment)
    return {one.name: (one.value, one.origin) for one in said}


def test_the_declarations_do_not_meet() -> None:
    assert len(set(names(list(OPTIONS)))) == len(OPTIONS)
    in_file = [(option.table, option.key) for option in OPTIONS if option.table]
    assert len(set(in_file)) == len(in_file)
    for option in OPTIONS:
        # What the command line can say, it explains; all else can be said somewhere at least.
        assert bool(option.flag) == bool(option.group) == bool(option.help_text)
        assert option.flag or option.table
        assert ("{default}" in option.help_text) == bool(option.default)


def test_the_parser_knows_the_declared_options_in_their_groups_and_no_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parser.parse(["--help"])
    told = capsys.readouterr().out.partition("\n\n")[2]
    for group in Group:
        section = told.partition(f"\n{group.value}:\n")[2].partition("\n\n")[0]
        usages = re.findall(r"^  (--\S+(?: \S+)?)", section, re.MULTILINE)
        declared = [option for option in OPTIONS if option.group is group]
        assert usages == [f"{option.flag} {option.metavar}".strip() for option in declared]
    known = set(vars(parser.parse([]))) - {"files"}
    assert known == {option.name for option in OPTIONS if option.flag}


@pytest.mark.parametrize("option", IN_FILE, ids=names(IN_FILE))
def test_the_config_file_and_a_profile_can_say_each_option_of_a_table(
    tmp_path: Path, option: Option[object]
) -> None:
    sample = SAMPLES[type(option.kind)]
    text = "(hidden)" if option.is_secret else sample
    path = write_config(tmp_path / "shop.toml", option)
    assert shown("--config", path)[option.name] == (text, "config file")
    path = write_config(tmp_path / "shop.toml", option, profile="second")
    assert shown("--config", path, "--profile", "second")[option.name] == (text, "config file")
    assert shown("--config", path)[option.name][1] != "config file"


@pytest.mark.parametrize("option", IN_FILE, ids=names(IN_FILE))
def test_an_argument_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, option: Option[object]
) -> None:
    path = write_config(tmp_path / "shop.toml", option)
    sample = SAMPLES[type(option.kind)]
    if option.variable:
        said = shown("--config", path, **{option.variable: sample})[option.name]
        assert said[1] == "environment"
    if option.flag:
        words = [option.flag] if option.is_switch else [option.flag, sample]
        said = shown("--config", path, *words, **{option.variable: sample})[option.name]
        assert said == ("(hidden)" if option.is_secret else sample, "argument")


def test_the_list_of_settings_holds_what_the_file_can_say_and_its_defaults() -> None:
    listed = shown()
    elsewhere = {"wait", "config", "profile"}
    assert set(listed) == {"config file", *names(IN_FILE), *elsewhere}
    for option in IN_FILE:
        origin = "default" if option.default else "not set"
        assert listed[option.name] == (option.default, origin)


def test_settings_have_a_value_of_each_option() -> None:
    settings = read_settings(parser.parse(["a.xlsx", "--dry-run"]), {})
    fields = {name: one for name, one in vars(Options).items() if isinstance(one, Option)}
    assert tuple(fields.values()) == OPTIONS
    for name, option in fields.items():
        assert getattr(settings, name) == settings.values[option.name]
    assert settings.is_dry_run
    assert "values" not in repr(settings)


def test_an_empty_path_is_no_way_to_do_without_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text('[files]\nledger = ""\n', encoding="utf-8")
    words = ["--config", str(path)]
    settings = read_settings(parser.parse(["a.xlsx", "--dry-run", *words]), {})
    assert settings.ledger == default_ledger()
    assert shown(*words)["ledger"] == (str(default_ledger()), "default")


def test_an_empty_path_of_a_profile_is_none_whatever_is_said_for_all_shops(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(
        '[files]\noutput = "o.csv"\nfailures = "f.csv"\nlog_file = "k.log"\n'
        '[profiles.second.files]\noutput = ""\nfailures = ""\nlog_file = ""\n',
        encoding="utf-8",
    )
    words = ["--config", str(path), "--profile", "second"]
    settings = read_settings(parser.parse(["a.xlsx", "--dry-run", *words]), {})
    assert (settings.output, settings.failures, settings.log_file) == (None, None, None)


def test_an_empty_order_number_is_no_way_to_run_without_a_file() -> None:
    with pytest.raises(SettingsError, match="--history: "):
        read_settings(parser.parse(["--history", ""]), {})


def test_the_type_of_each_value_is_known() -> None:
    settings = read_settings(parser.parse(["a.xlsx", "--dry-run"]), {})
    assert_type(settings.is_strict, bool)
    assert_type(settings.workers, int | None)
    assert_type(settings.rate, float | None)
    assert_type(settings.timeout_s, float)
    assert_type(settings.timezone, ZoneInfo)
    assert_type(settings.output, Path | None)
    assert_type(settings.column, tuple[str, ...])
    assert_type(Settings.workers, Option[int | None])


def test_the_reference_lists_the_declared_options_and_defaults() -> None:
    rows = table_after("Options", REFERENCE)
    usages = [usage for row in rows for usage in re.findall("`([^`]+)`", row[0])]
    declared = [option for option in OPTIONS if option.flag]
    said = {f"{option.flag} {option.metavar}".strip() for option in declared}
    assert sorted(usages) == sorted(said | {"--version", "--help"})
    for option in declared:
        row = next(row for row in rows if re.search(rf"`{option.flag}\b(?!-)", row[0]))
        assert ("may be repeated" in row[1]) == option.is_repeated, option.flag
        # A place differs from system to system, but for the file's name.
        default = Path(option.default).name if option.is_path else option.default
        assert not default or f"`{default}`" in row[2], option.flag


def test_the_reference_lists_the_variables_and_what_is_only_an_argument() -> None:
    section = REFERENCE.partition("\n## Environment\n")[2].partition("\n## ")[0]
    listed = section.partition("\n\n")[2].partition("\n\n")[0]
    said = re.findall("`([A-Z_]+)`", listed)
    assert sorted(said) == sorted(option.variable for option in OPTIONS if option.variable)
    typed = section.partition("**Only arguments**")[2].partition(". ")[0]
    declared = {option.flag for option in OPTIONS if option.is_typed}
    assert set(re.findall("`(--[a-z-]+)`", typed)) == declared | {"--version", "--help"}
    account = [option for option in OPTIONS if option.table is Table.ACCOUNT]
    assert all(f"`{one.variable}`" in ADMINISTRATION for one in account)
    # What a run is, an argument says, or one of the places that all options may have.
    assert all(bool(option.variable) != option.is_typed for option in OPTIONS)
    assert not any(option.is_typed and (option.table or not option.flag) for option in OPTIONS)


def test_the_reference_lists_the_tables_of_the_config_file() -> None:
    section = REFERENCE.partition("\n## Config file\n")[2].partition("\n## ")[0]
    told = {
        table: set(re.findall(r"\b[a-z_]+\b", keys))
        for table, keys in re.findall(r"`\[([a-z]+)\]` ([^·]*?)(?: ·|\.\n)", section)
    }
    assert set(told) == {table.value for table in Table}
    for table in Table:
        keys = {option.key for option in IN_FILE if option.table is table}
        assert not keys or told[table.value] == keys


def test_one_more_option_is_one_more_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class More(Options):
        __slots__ = ()
        patience = Option(
            "--patience N",
            kinds.Whole(least=1, most=9),
            "how patient to be (default: {default})",
            group=Group.SHOP,
            table=Table.SENDING,
            variable="PATIENCE",
            default="3",
        )

    for module in (arguments, config, parser, preflight, resolution):
        monkeypatch.setattr(module, "OPTIONS", (*OPTIONS, More.patience))
    with pytest.raises(SystemExit):
        parser.parse(["--help"])
    assert "--patience N          how patient to be (default: 3)" in capsys.readouterr().out
    path = write_config(tmp_path / "shop.toml", More.patience)
    assert shown()["patience"] == ("3", "default")
    assert shown("--config", path)["patience"] == ("3", "config file")
    assert shown("--config", path, PATIENCE="4")["patience"] == ("4", "environment")
    assert shown("--patience", "5", PATIENCE="4")["patience"] == ("5", "argument")

    def read(*words: str) -> int:
        command: argparse.Namespace = parser.parse(["a.xlsx", "--dry-run", *words])
        return More(read_settings(command, {}).values).patience

    assert read("--patience", "7") == 7
    with pytest.raises(SettingsError, match='--patience "10": write a whole number from 1 to 9'):
        read("--patience", "10")
    Path(path).write_text("[sending]\npatiense = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="Did you mean patience"):
        read("--config", path)


@pytest.mark.usefixtures("pseudo")
def test_who_says_something_does_not_depend_on_the_words_for_it(tmp_path: Path) -> None:
    path = write_config(tmp_path / "shop.toml", Options.is_day_first)
    command = ["a.xlsx", "--dry-run", "--config", path, "--date-format", "%m/%d/%Y"]
    settings = read_settings(parser.parse(command), {})
    assert (settings.calendar.order, settings.calendar.date_format) == (None, "%m/%d/%Y")


def test_the_parser_loads_nothing_that_only_a_run_needs() -> None:
    code = (
        "import sys\n"
        "from batch_update.cli import parser, preflight\n"
        "parser.parse([])\n"
        "rooms = {'headers', 'validator', 'model', 'justclick', 'reader', 'writer'}\n"
        "unwanted = {'dataclasses', 'inspect', 'shutil', 'tomllib', 'zoneinfo'}\n"
        "unwanted |= {f'batch_update.{room}' for room in rooms}\n"
        "sys.exit(', '.join(unwanted & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_only_says_its_version_loads_neither_checks_nor_catalogues() -> None:
    code = (
        "import sys\n"
        "from batch_update.cli import main\n"
        "try:\n"
        "    main(['--version', '--lang', 'en'])\n"
        "finally:\n"
        "    unwanted = {'cli.preflight', 'settings.questions', 'catalogue'}\n"
        "    loaded = {f'batch_update.{name}' for name in unwanted} & set(sys.modules)\n"
        "    print(*loaded, file=sys.stderr, end='')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
