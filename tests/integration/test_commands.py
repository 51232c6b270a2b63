"""Commands that are printed to be typed next: quoted, and for the same shop and sheet."""

from __future__ import annotations

import ctypes
import re
import shlex
import sys
from pathlib import Path

import openpyxl
import pytest

from batch_update.cli import commands
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.posix import named
from tests.sandbox import Sandbox
from tests.unit.test_reader import rows_of, write_book

HEADER = ("Order", "Status", "Shipped", "rpo")
ROW = ("ORD-1", "gone", "20.11.2026", "RA0001")
OPTIONS = (
    "--status-word",
    "gone=sent",
    "--column",
    "date=Shipped",
    "--order-prefix",
    "ORD-",
    "--date-format",
    "%d.%m.%Y",
    "--strict",
)


def configure(path: Path, second: Sandbox) -> Path:
    """Write a config file with a shop, the name of which has a blank."""
    path.write_text(
        f'[profiles."second shop".account]\nusername = "{LOGIN}"\nsecret_key = "{KEY}"\n'
        f'base_url = "{second.base_url}"\n',
        encoding="utf-8",
    )
    path.chmod(0o600)
    return path


def split(command: str) -> list[str]:
    """Split a command as the system does."""
    if sys.platform == "win32":
        count = ctypes.c_int()
        to_words = ctypes.windll.shell32.CommandLineToArgvW
        to_words.restype = ctypes.POINTER(ctypes.c_wchar_p)
        words = to_words(command, ctypes.byref(count))
        return [words[number] or "" for number in range(count.value)]
    return shlex.split(command)


def words_of(command: str) -> list[str]:
    program, *words = split(command)
    assert program == "batch-update"
    return words


@pytest.mark.parametrize("name", ["день 2.xlsx", named('it\'s $5 "new".xlsx'), "-день 2.xlsx"])
def test_the_command_after_practice_sends_the_sheet_to_the_same_shop(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, name: str
) -> None:
    first, second = open_sandbox(), open_sandbox()
    config = configure(tmp_path / "my shops.toml", second)
    write_book(tmp_path / name, rows_of(HEADER, ROW))
    shop = ("--config", config, "--profile", "second shop")
    path = f"./{name}" if name.startswith("-") else name
    log = ("--log-file", "run.log")
    run = run_cli(path, *shop, *OPTIONS, *log, "--sandbox", "--no-progress", shop=first)
    assert (run.status, run.err) == (0, "")
    found = re.search(r"when its rows are right:\s+(.*)", run.out)
    assert found
    words = words_of(found[1])
    assert Path(words[0]) == Path(path)
    assert not words[0].startswith("-")
    assert sorted(words[1:]) == sorted([*map(str, shop), *OPTIONS])
    run = run_cli(*words, shop=first)
    assert (run.status, run.err) == (0, "")
    assert (first.requests, second.shop.changed_orders()) == ([], [1])


@pytest.mark.parametrize("options", [(), ("--sheet", "Лист 2")])
def test_the_command_for_edited_results_sends_them_to_the_same_shop(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, options: tuple[str, ...]
) -> None:
    first, second = open_sandbox(), open_sandbox()
    config = configure(tmp_path / "shops.toml", second)
    book = openpyxl.Workbook()
    book.create_sheet("Лист 2")
    for page in book.worksheets if options else book.worksheets[:1]:
        page.append(HEADER)
        page.append(ROW)
    book.save("день 2.xlsx")
    shop = ("--config", config, "--profile", "second shop")
    words = ("день 2.xlsx", *shop, *OPTIONS, *options)
    assert run_cli(*words, shop=first).status == 0
    results = openpyxl.load_workbook("день 2.results.xlsx")
    results.worksheets[0]["D2"] = "RA0009"
    results.save("день 2.results.xlsx")
    run = run_cli(*words, shop=first)
    found = re.search("not confirmed yet: (.*)", run.err)
    assert found
    assert found[1].startswith('batch-update "день 2.results.edited-1.xlsx" ')
    run = run_cli(*words_of(found[1]), shop=first)
    assert (run.status, run.err) == (0, "")
    sent = [one.fields["rpo"] for one in second.requests if "rpo" in one.fields]
    assert (first.requests, sent) == ([], ["RA0001", "RA0009"])


def test_the_command_in_place_of_a_practice_file_and_for_a_template(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    first, second = open_sandbox(), open_sandbox()
    shop = ("--config", configure(tmp_path / "shops.toml", second), "--profile", "second shop")
    write_book(tmp_path / "день 2.xlsx", rows_of(HEADER, ROW))
    run_cli("день 2.xlsx", *shop, *OPTIONS, "--sandbox")
    run = run_cli("день 2.practice.xlsx", *shop, *OPTIONS, shop=first)
    found = re.search("Do this instead: (.*)", run.err)
    assert found
    assert run_cli(*words_of(found[1]), shop=first).status == 0
    assert (first.requests, second.shop.changed_orders()) == ([], [1])
    run = run_cli("--template", "день 3.xlsx", *shop)
    found = re.search("then try it: (.*)", run.out)
    assert found
    assert words_of(found[1]) == ["--dry-run", "день 3.xlsx", *map(str, shop)]


@pytest.mark.parametrize(
    "text", ["a b", "it's", '"', "$HOME", "`x`", "a!b", "", "~/x", "a;b", "a\\b c", "день", "*"]
)
def test_a_quoted_word_is_one_word_of_a_shell(text: str) -> None:
    assert split(f"batch-update {commands.quote(text)}")[1:] == [text]
