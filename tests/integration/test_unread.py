"""Sheets of a folder that cannot be read: they end a run with an error once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.posix import needs_links
from tests.receivers import Mailbox, open_hook, text_of
from tests.unit.test_reader import HEADER, rows_of, write_book

# Of the library for messages.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TOLD = "Not changed since an earlier run told of it: "


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    write_book(folder / "day.xlsx", rows_of(HEADER, (1, "cancel")))
    (folder / "empty.csv").touch()
    return folder


def test_it_is_an_error_once_and_then_a_mention(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    first = run_cli(inbox, shop=sandbox)
    assert (first.status, first.err.splitlines()) == (
        2,
        ["batch-update: empty.csv is empty. Export the sheet again."],
    )
    for _ in range(2):
        run = run_cli(inbox)
        assert (run.status, run.err) == (0, "")
        assert f"{TOLD}empty.csv is empty. Export the sheet again." in run.out.splitlines()
        assert run.out.splitlines()[-1].endswith("Not worked through: empty.csv.")
    said = json.loads(run_cli(inbox, "--json").out)
    assert said["exit_status"] == 0
    assert [(file["exit_status"], bool(file["error"])) for file in said["files"]] == [
        (0, False),
        (0, True),
    ]


def test_what_is_new_about_it_is_an_error_again(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    run_cli(inbox, shop=open_sandbox())
    (inbox / "empty.csv").write_text("no header\n")
    assert run_cli(inbox).status == 2
    assert run_cli(inbox).status == 0
    # The same bytes under another name are another sheet.
    (inbox / "other.csv").write_text("no header\n")
    run = run_cli(inbox)
    assert run.status == 2
    assert run.err.count("batch-update: ") == 1
    assert "other.csv" in run.err
    assert f"{TOLD}empty.csv" in run.out
    # Rows that need a person count as ever.
    write_book(inbox / "day.xlsx", rows_of(HEADER, (1, "lost")))
    assert run_cli(inbox).status == 1


def test_one_that_was_away_meanwhile_is_an_error_again_only_if_another_run_noticed(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    run_cli(inbox, shop=open_sandbox())
    (inbox / "empty.csv").unlink()
    (inbox / "other.csv").touch()
    assert run_cli(inbox).status == 2
    (inbox / "empty.csv").touch()
    assert run_cli(inbox).status == 2
    assert run_cli(inbox).status == 0


MEET = [("day.xlsx", "day.xlsm"), (f"{'a' * 240}b.xlsx", f"{'a' * 240}c.xlsx")]


@pytest.mark.parametrize("names", MEET, ids=["endings", "long names"])
def test_of_a_folder_only_sheets_whose_results_would_have_one_name_are_not_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, names: tuple[str, str]
) -> None:
    sandbox = open_sandbox()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number, name in enumerate((*names, "other.xlsx"), start=1):
        book = write_book(tmp_path / "book.xlsx", rows_of(HEADER, (number, "cancel")))
        book.rename(inbox / name)
    first = run_cli(inbox, shop=sandbox)
    assert first.status == 2
    assert first.err.count("Rename one of them") == 2
    assert "Traceback" not in first.err
    assert sandbox.shop.changed_orders() == [3]
    # As they are, people were told.
    again = run_cli(inbox)
    assert (again.status, again.err) == (0, "")
    assert again.out.count(TOLD) == 2
    assert json.loads(run_cli(inbox, "--json").out)["exit_status"] == 0
    (inbox / names[0]).rename(inbox / "renamed.xlsx")
    assert run_cli(inbox).status == 0
    assert sorted(sandbox.shop.changed_orders()) == [1, 2, 3]


def test_who_names_one_that_meets_a_sheet_of_the_folder_is_refused_at_once(
    inbox: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    (tmp_path / "out").mkdir()
    other = write_book(tmp_path / "day.xlsx", rows_of(HEADER, (2, "cancel")))
    run = run_cli(other, inbox, "--output", tmp_path / "out", shop=sandbox)
    assert (run.status, sandbox.requests) == (2, [])
    assert "would both write day.results.xlsx. Rename one of them, or run one each" in run.err


@needs_links
def test_a_link_to_a_place_that_is_away_is_such_a_sheet(
    inbox: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    share = tmp_path / "share"
    link, target = inbox / "far.xlsx", share / "far.xlsx"
    link.symlink_to(target)
    (inbox / "empty.csv").unlink()
    text = f"{link} is a link to {target}: no such file or directory. Check whether the disk"
    first = run_cli(inbox, shop=sandbox)
    assert (first.status, sandbox.shop.changed_orders()) == (2, [1])
    assert first.err.startswith(f"batch-update: {text}")
    again = run_cli(inbox)
    assert (again.status, again.err) == (0, "")
    assert f"{TOLD}{text}" in again.out
    share.mkdir()
    write_book(target, rows_of(HEADER, (2, "cancel")))
    assert run_cli(inbox).status == 0
    assert sandbox.shop.changed_orders() == [1, 2]
    # Orders may wait there again.
    share.rename(tmp_path / "away")
    assert [run_cli(inbox).status for _ in range(2)] == [2, 0]
    (inbox / "day.xlsx").unlink()
    for named in (inbox, link):
        run = run_cli(named, "--dry-run")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith(f"batch-update: {text}")


@needs_links
def test_a_link_to_a_sheet_of_its_folder_that_was_moved_is_none(
    inbox: Path, tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    done = tmp_path / "done"
    done.mkdir()
    (inbox / "empty.csv").unlink()
    (inbox / "latest.xlsx").symlink_to("day.xlsx")
    first = run_cli(inbox, "--move-done", done, shop=open_sandbox())
    assert (first.status, (done / "day.xlsx").is_file()) == (0, True)
    again = run_cli(inbox, "--move-done", done)
    assert (again.status, again.err) == (0, "")


def test_who_names_it_is_told_each_time(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    run_cli(inbox, shop=open_sandbox())
    for _ in range(2):
        assert run_cli(inbox / "empty.csv").status == 2
    for _ in range(2):
        assert run_cli(inbox, "--dry-run").status == 2
        assert run_cli(inbox, "--sandbox").status == 2
    assert run_cli(inbox).status == 0


def test_what_could_not_be_told_is_an_error_again(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    with open_hook(status=500) as hook:
        words = ("--notify", hook.address, "--quiet")
        for _ in range(2):
            assert run_cli(inbox, *words, shop=open_sandbox()).status == 2
        hook.status = 200
        told = len(hook.posts)
        for status in (2, 0):
            assert run_cli(inbox, *words).status == status
        assert len(hook.posts) == told + 1
        # It is no reason for a message, but stands in one that has another.
        write_book(inbox / "day.xlsx", rows_of(HEADER, (1, "lost")))
        assert run_cli(inbox, *words).status == 1
        shop, problems, *_rest = hook.posts[-1]["message"].split("\n\n")
        assert shop.splitlines()[-1] == "empty.csv: not worked through, as before"
        assert len(problems.splitlines()) == 1
        assert "day.xlsx, row 2" in problems


def test_each_is_named_however_many_there_are(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    names = [f"s{number}.csv" for number in range(12)]
    for name in names:
        (inbox / name).write_text(f"nothing;known\n{name};1\n", encoding="utf-8")
    with Mailbox() as box:
        options = ("--quiet", "--notify-when", "new", "--notify", box.address)
        run = run_cli(inbox, *options, shop=open_sandbox())
    assert run.status == 2
    (letter,) = box.letters
    for said in (run.err, text_of(letter)):
        shown = said.partition("Results:")[0]
        assert [name for name in names if not re.search(rf"\b{name}\b", shown)] == []
    assert run_cli(inbox, *options).err == ""
