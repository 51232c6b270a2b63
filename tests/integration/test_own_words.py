"""Words of the user's own: in the config file, on the command line, and what is asked of them."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

from batch_update.cli.vocabulary import as_table, quote_key
from batch_update.model import UnknownWord
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import results_of

HEAD = "order;status;date;rpo\n"
DAY = "20.11.2026"


def write(path: Path, *lines: str) -> Path:
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def table_in(out: str) -> str:
    """Give the lines to paste out of what a run says."""
    found = re.search(r"^\[statuses\]\n(?:[\"#].*\n?)+", out, re.MULTILINE)
    assert found
    return found[0]


def test_the_words_that_are_not_known_are_the_lines_to_paste(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    rows = [f"1;В пути;{DAY};RA1", f"2;Вручен;{DAY};RA2", f"3;ВРУЧЕН;{DAY};RA3", "4;cancel;;"]
    sheet = write(tmp_path / "may.csv", *rows, '5;"say ""C:\\x""";;')
    sandbox = open_sandbox()
    run = run_cli(sheet, shop=sandbox)
    assert run.status == 1
    table = table_in(run.out)
    assert table.splitlines()[1] == '"Вручен" = "…"  # 2 rows'
    assert tomllib.loads(table)["statuses"] == dict.fromkeys(
        ["Вручен", "В пути", 'say "C:\\x"'], "…"
    )
    filled = table.replace('"Вручен" = "…"', '"Вручен" = "sent"').replace('"…"', '"skip"')
    config = write_config(tmp_path, filled)
    run = run_cli(sheet, "--config", config, shop=sandbox)
    assert (run.status, run.err) == (0, "")
    assert (
        "  updated              2\n  already updated      1\n  skipped              2\n" in run.out
    )
    assert (
        "Skipped (nothing was sent, and nothing is to do):\n  status_skipped: rows 2, 6;" in run.out
    )
    assert '"В пути" is a word to skip (shop.toml says so)' in run.out
    assert "[statuses]" not in run.out


def test_a_meaning_that_was_not_filled_in_is_told(tmp_path: Path, run_cli: RunCli) -> None:
    config = write_config(tmp_path, '[statuses]\n"Вручен" = "…"\n')
    run = run_cli("x.csv", "--dry-run", "--json", "--config", config)
    assert run.status == 2
    assert '[statuses]: "Вручен": "…" is no meaning of a word. Write sent, paid' in run.err


def test_a_profile_has_words_of_its_own(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write(tmp_path / "may.csv", "1;Вручен;;", "2;В пути;;")
    config = write_config(
        tmp_path,
        '[statuses]\n"Вручен" = "cancel"\n"В пути" = "skip"\n'
        '[profiles.second.statuses]\n"ВРУЧЁН" = "return"\n',
    )
    options = ("--dry-run", "--config", config)
    assert "  cancel               1\n" in run_cli(sheet, *options).out
    run = run_cli(sheet, *options, "--profile", "second")
    assert run.status == 0
    assert "  return               1\n" in run.out
    run = run_cli(sheet, *options, "--profile", "second", "--status-word", "вручен = cancel")
    assert "  cancel               1\n" in run.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["sent=cancel"], "means sent already, and cannot mean cancel", id="sent"),
        pytest.param(["оплачено=sent"], "means paid already", id="paid"),
        pytest.param(["Вручен=done"], '"done" is no meaning of a word', id="no-status"),
        pytest.param(["Вручен="], '"" is no meaning of a word', id="no-meaning"),
        pytest.param(["Вручен"], "write it as WORD=STATUS", id="no-sign"),
        pytest.param(["=sent"], "there is no word in front", id="no-word"),
        pytest.param([" . =sent"], "there is no word in front", id="only-a-dot"),
        pytest.param(["Вручен=sent", "вручён=skip"], "stands there twice", id="twice"),
        pytest.param(["Вручен=Вручен"], '"Вручен" is no meaning of a word', id="itself"),
        pytest.param(["\x1b[2J=x"], '"\\x1b[2J=x"', id="escape"),
    ],
)
def test_words_that_make_no_sense_are_refused_before_anything_is_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, arguments: list[str], words: str
) -> None:
    sheet = write(tmp_path / "may.csv", "1;cancel;;")
    sandbox = open_sandbox()
    run = run_cli(sheet, *(f"--status-word={one}" for one in arguments), shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert words in run.err
    assert run.err.count("\n") == 1
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('[statuses]\n"paid" = "cancel"', '"paid": the word means paid', id="known"),
        pytest.param('[statuses]\n"a" = 5', '"5" is no meaning of a word', id="number"),
        pytest.param("[statuses]\na.b = 'sent'", "is no meaning of a word", id="dotted"),
        pytest.param("statuses = 3", "write it as a table, with lines like", id="no-table"),
        pytest.param('[statuses]\n"a" = "sent"\n"A" = "skip"', "stands there twice", id="twice"),
        pytest.param('[statuses]\n"" = "sent"', "there is no word in front", id="no-word"),
        pytest.param("[orders]\nprefx = 'a'", "Did you mean prefix?", id="affix-key"),
        pytest.param("[orders]\nprefix = 5", 'such as prefix = "ORD-"', id="affix-number"),
        pytest.param("[orders]\nsuffix = ['-1', 2]", "or as a list of such", id="affix-list"),
        pytest.param("[orders]\nsuffix = '15'", "a sign that is no digit", id="affix-digits"),
        pytest.param("[orders]\nprefix = ' '", "a sign that is no digit", id="affix-blank"),
        pytest.param("orders = 3", "write it as a table", id="affixes-no-table"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(
    tmp_path: Path, run_cli: RunCli, text: str, words: str
) -> None:
    config = write_config(tmp_path, text)
    run = run_cli("x.csv", "--json", "--dry-run", "--config", config)
    assert run.status == 2
    assert words in run.err


def test_the_status_of_all_rows_is_no_word_to_skip(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write(tmp_path / "may.csv", "1;;;")
    word = ("--status-word", "В пути=skip")
    run = run_cli(sheet, "--dry-run", *word, "--status", "в пути")
    assert run.status == 2
    assert '--status "в пути": it means skip, as --status-word says' in run.err
    run = run_cli(sheet, "--dry-run", "--status", "в пути")
    assert '--status "в пути": write sent, paid, return or cancel.' in run.err


def test_show_settings_lists_the_words(tmp_path: Path, run_cli: RunCli) -> None:
    config = write_config(
        tmp_path, '[statuses]\n"Вручен" = "sent"\n[orders]\nprefix = "ORD-"\nsuffix = ["-1", "/2"]'
    )
    run = run_cli("--show-settings", "--config", config, "--status-word=В пути=skip")
    assert re.search(r'^status word "Вручен" +sent +\(shop.toml\)$', run.out, re.MULTILINE)
    assert re.search(r'^status word "В пути" +skip +\(--status-word\)$', run.out, re.MULTILINE)
    assert re.findall(r"^order_\w+ +(\S+)  \((.*)\)$", run.out, re.MULTILINE) == [
        ("ORD-", "config file"),
        ("-1", "config file"),
        ("/2", "config file"),
    ]
    run = run_cli("--show-settings", "--config", config, "--order-prefix", "A")
    assert re.search(r"^order_prefix +A  \(argument\)$", run.out, re.MULTILINE)


def test_json_tells_what_was_skipped_and_which_words_are_not_known(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write(tmp_path / "may.csv", "1;Вручен;;", "2;Создан;;", "2;;;", "3;ВРУЧЁН;;")
    run = run_cli(sheet, "--dry-run", "--json", "--status-word", "Создан=skip")
    said = json.loads(run.out)
    assert said["counts"]["skipped"] == said["files"][0]["counts"]["skipped"] == 2
    (file,) = said["files"]
    assert file["unknown_statuses"] == [{"word": "Вручен", "count": 2}]
    assert [(one["code"], one["rows"]) for one in file["skipped"]] == [
        ("status_skipped", [3]),
        ("continuation", [4]),
    ]
    assert [one["code"] for one in file["problems"]] == ["status_unknown"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_skipped_rows_are_skipped_again_in_their_results_and_are_no_failures(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    rows = ["1;В пути;;", f"2;sent;{DAY};", "2;;;", "3;cancel;;", "3;;;", "Итого: 3;;;", "Сдал;;;"]
    sheet = write(tmp_path / "may.csv", *rows)
    sandbox = open_sandbox()
    out, failures = tmp_path / f"out.{ending}", tmp_path / "failures.csv"
    options = ("--status-word", "В пути=skip", "--failures", failures)
    assert run_cli(sheet, "--output", out, *options, shop=sandbox).status == 1
    with failures.open(encoding="utf-8", newline="") as file:
        assert [row[:2] for row in csv.reader(file, delimiter=";")][1:] == [["2", "sent"]]
    run = run_cli(out, *options, "--output", tmp_path / "again.xlsx", shop=sandbox)
    assert run.status == 1
    assert [one or "" for one in map(str, dict(results_of(tmp_path / "again.xlsx")).values())] == [
        "('skipped', 'status_skipped')",
        "('invalid', 'rpo_missing')",
        "('skipped', 'continuation')",
        "('already updated', None)",
        "('skipped', 'continuation')",
        "('None', None)",
        "('None', None)",
    ]
    assert [request.fields["bill_id"] for request in sandbox.requests] == ["3"]


def test_the_summary_page_counts_skipped_rows(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write(tmp_path / "may.csv", "1;cancel;;", "1;;;")
    run = run_cli(sheet, "--output", tmp_path / "out.xlsx", shop=open_sandbox())
    assert run.status == 0
    page = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[1]
    counts = {line[0]: line[2] for line in page.iter_rows(values_only=True)}
    assert (counts["updated"], counts["skipped"], counts["rows read"]) == (1, 1, 2)


def test_a_plan_changes_with_what_is_skipped(tmp_path: Path, run_cli: RunCli) -> None:
    sheet = write(tmp_path / "may.csv", "1;Вручен;;", "2;cancel;;")
    plans = set()
    for word in ("Вручен=skip", "Вручен=cancel", "Вручен=return"):
        run = run_cli(sheet, "--dry-run", "--json", "--status-word", word)
        plans.add(json.loads(run.out)["files"][0]["plan"])
    assert len(plans) == 3


def test_one_parcel_of_several_times_is_sent_once_and_stays_so(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write(
        tmp_path / "may.csv", f"1;sent;{DAY} 12:00;RA1", f"1;sent;{DAY} 10:15;RA1", "2;cancel;;"
    )
    sandbox = open_sandbox()
    assert run_cli(sheet, shop=sandbox).status == 0
    results = tmp_path / "may.results.csv"
    with results.open(encoding="utf-8", newline="") as file:
        told = [row["as_shop_sees_it"] for row in csv.DictReader(file, delimiter=";")]
    assert told[:2] == ["order 1 · sent · 20.11.2026 10:15 MSK · RA1"] * 2
    assert run_cli(results, shop=sandbox).status == 0
    assert run_cli(sheet, shop=sandbox).status == 0
    assert [one.fields["bill_id"] for one in sandbox.requests] == ["1", "2"]


def test_a_row_that_is_longer_than_the_header_is_not_skipped(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write(tmp_path / "may.csv", f"1;В пути;{DAY};RA1;x", f"2;cancel;{DAY};RA1;  ;\u00a0")
    run = run_cli(sheet, "--dry-run", "--status-word", "В пути=skip")
    assert "invalid, row_too_long: row 2\n" in run.out
    assert "1 row would be" in run.out


@pytest.mark.parametrize(
    "beyond",
    ["", ";", "  ;", " ", "\t", "\u00a0;\u3000", '""', '" ";""', "\u200b", "'", ";;;;;;;;"],
)
def test_blank_cells_beyond_the_header_are_no_cells(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, beyond: str
) -> None:
    sheet = write(tmp_path / "may.csv", f"1;sent;{DAY};RA1;{beyond}", "2;cancel", "3;sent;x")
    sandbox = open_sandbox()
    assert "  updated              2\n" in run_cli(sheet, shop=sandbox).out
    again = run_cli(tmp_path / "may.results.csv", shop=sandbox).out
    assert "  already updated      2\n  invalid              1\n" in again


def test_history_knows_an_order_by_its_prefix(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    config = write_config(tmp_path, '[orders]\nprefix = "ORD-"\n')
    sheet = write(tmp_path / "may.csv", "ORD-7;cancel;;")
    assert run_cli(sheet, "--config", config, shop=open_sandbox()).status == 0
    run = run_cli("--history", "ord-7", "--config", config)
    assert run.out.startswith("Order 7: 1 update\n")


@pytest.mark.parametrize(
    "word",
    [
        '"',
        "\\",
        "a\\u0041",
        "tab\there",
        "\u202e",
        "\x7f",
        "line\nbreak",
        "\ue000",
        "# x",
        "=",
        "😀",
    ],
)
def test_any_word_can_be_a_key_of_toml(word: str) -> None:
    line = f"{quote_key(word)} = 1  # comment"
    assert line.isprintable()
    assert tomllib.loads(line) == {word: 1}
    assert tomllib.loads(f"{quote_key(chr(0xD800))} = 1") == {"\ufffd": 1}


def test_of_very_many_words_only_the_first_are_listed() -> None:
    words = [UnknownWord(word=f"w{number}", count=1) for number in range(50)]
    lines = as_table([UnknownWord(word="x" * 101, count=9), *words])
    assert lines[-1] == "# and 21 more"
    assert len(tomllib.loads("\n".join(lines))["statuses"]) == 30


ADDRESSES = (
    "postgresql://user:pass@db.example/ledger",
    "postgres://db/x?password=pass",
    "sqlite:///ledger.sqlite3",
    "https://docs.example/sheet.xlsx?key=pass",
    "HTTP://docs.example/x.csv",
    "file:///srv/may.xlsx",
    "s3://bucket/may.xlsx",
    "jdbc:postgresql://db/x",
    "mysql+pymysql://db/x",
    " smb://server/share/may.xlsx",
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "option", ["FILE", "--output", "--failures", "--log-file", "--config", "--template"]
)
def test_an_address_in_the_place_of_a_path_is_refused_by_name(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, option: str, address: str
) -> None:
    sheet = write(tmp_path / "may.csv", "1;cancel;;")
    sandbox = open_sandbox()
    before = sorted(tmp_path.rglob("*"))
    arguments = [address] if option == "FILE" else [str(sheet), option, address]
    run = run_cli(*arguments, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(f"batch-update: {option} ")
    assert "is an address, and only files on this machine are understood here" in run.err
    assert address.strip().partition("://")[0] in run.err
    assert "pass" not in run.err.replace("\n", "")
    assert run.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert sandbox.requests == []


@pytest.mark.parametrize("name", ["output", "failures", "log_file"])
def test_an_address_in_the_config_file_is_refused_by_name(
    tmp_path: Path, run_cli: RunCli, name: str
) -> None:
    sheet = write(tmp_path / "may.csv", "1;cancel;;")
    config = write_config(tmp_path, f'[files]\n{name} = "postgresql://db/x"\n')
    run = run_cli(sheet, "--dry-run", "--config", config)
    assert run.status == 2
    assert f'{name} in shop.toml "postgresql://db/x" is an address' in run.err


def test_a_path_that_looks_like_an_address_can_be_named(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet = write(tmp_path / "may.csv", "1;cancel;;")
    (tmp_path / "sqlite:").mkdir()
    run = run_cli(sheet, "--ledger", "./sqlite://x.db", shop=open_sandbox())
    assert run.status == 0
    assert (tmp_path / "sqlite:" / "x.db").exists()
