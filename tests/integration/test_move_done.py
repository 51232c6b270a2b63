"""`--move-done`: what is settled goes away with its results, what is open stays."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from batch_update.settings.defaults import default_ledger
from tests.conftest import LOGIN, CliRun, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_end_to_end import run as run_command
from tests.posix import needs_links, needs_no_folder
from tests.receivers import Mailbox, open_hook, text_of
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

# Of the library for messages.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]

# The real command line, killed in front of the Nth thing that it does in the folder of done sheets.
_KILLED = """if True:
    import os, signal, sys
    from batch_update.cli import main
    left, done = int(sys.argv[1]), sys.argv[2]
    def count(event, arguments):
        global left
        if event in {"os.rename", "os.link", "os.remove"} and any(
            str(one).startswith(done + os.sep) for one in arguments[:2]
        ):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    sys.exit(main(sys.argv[3:]))
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    (folder / "done").mkdir(parents=True)
    return folder


@pytest.fixture
def done(inbox: Path) -> Path:
    return inbox / "done"


def fill(path: Path, *rows: tuple[object, str]) -> Path:
    return write_book(path, rows_of(HEADER, *rows))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_what_is_settled_goes_and_what_is_open_stays(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    settled = fill(inbox / "a.xlsx", (1, "cancel"), (2, "cancel"))
    content = settled.read_bytes()
    fill(inbox / "b.xlsx", (3, "cancel"), (4, "lost"))
    (inbox / "c.csv").write_text("order,status\n5,cancel\n6,склад\n", encoding="utf-8")
    (inbox / "empty.xlsx").write_bytes(b"")
    fill(inbox / "header.xlsx")
    options = ("--move-done", done, "--status-word", "склад=skip")
    run = run_cli(inbox, *options, shop=open_sandbox())
    assert run.status == 2
    assert files_in(done) == ["a.results.xlsx", "a.xlsx", "c.csv", "c.results.csv"]
    assert (done / "a.xlsx").read_bytes() == content
    assert files_in(inbox) == [
        *("b.results.xlsx", "b.xlsx", "empty.xlsx"),
        *("header.results.xlsx", "header.xlsx"),
    ]
    lines = run.out.splitlines()
    assert f"Moved to {done}: a.xlsx, a.results.xlsx." in lines
    assert f"Moved to {done}: c.csv, c.results.csv." in lines
    # The next day the rest is mended.
    fill(inbox / "b.xlsx", (3, "cancel"), (4, "cancel"))
    run = run_cli(inbox, *options)
    assert run.status == 0
    assert files_in(done)[2:4] == ["b.results.xlsx", "b.xlsx"]
    assert not [path for path in inbox.rglob(".*") if path.is_file()]


@pytest.mark.parametrize("option", ["--dry-run", "--sandbox"])
def test_rehearsals_move_nothing(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox, option: str
) -> None:
    fill(inbox / "a.xlsx", (1, "cancel"))
    run_cli(inbox, shop=open_sandbox())
    assert run_cli(inbox, "--move-done", done, option).status == 0
    assert files_in(done) == []


def test_what_other_runs_have_left_beside_goes_along(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "a.xlsx", (1, "cancel"), (2, "lost"))
    run_cli(inbox, "--dry-run", "--failures", inbox, shop=sandbox)
    run_cli(inbox, "--sandbox")
    run_cli(inbox, "--failures", inbox)
    # Somebody works in one of them, and another only looks like one.
    book = openpyxl.load_workbook(inbox / "a.practice.xlsx")
    book.worksheets[0]["A9"] = "note"
    book.save(inbox / "a.practice.xlsx")
    (inbox / "a.dry-run.csv").write_text("mine")
    fill(inbox / "a.xlsx", (1, "cancel"), (2, "cancel"))
    run = run_cli(inbox, "--move-done", done)
    assert run.status == 0
    assert files_in(done) == [
        *("a.dry-run.failures.xlsx", "a.dry-run.xlsx", "a.failures.xlsx"),
        *("a.results.xlsx", "a.xlsx"),
    ]
    assert files_in(inbox) == ["a.dry-run.csv", "a.practice.xlsx"]


def test_the_next_sheet_of_the_same_name_is_a_sheet_of_its_own(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    for number in (1, 2, 2, 3):
        fill(inbox / "day.xlsx", (number, "cancel"))
        run = run_cli(inbox, "--move-done", done, shop=sandbox)
        assert (run.status, run.err) == (0, "")
    assert sandbox.shop.changed_orders() == [1, 2, 3]
    assert len(sandbox.requests) == 3
    pairs = [("day.xlsx", 1), ("day-2.xlsx", 2), ("day-3.xlsx", 2), ("day-4.xlsx", 3)]
    assert len(files_in(done)) == 2 * len(pairs)
    for name, order in pairs:
        results = name.replace(".xlsx", ".results.xlsx")
        for one in (name, results):
            page = openpyxl.load_workbook(io.BytesIO((done / one).read_bytes())).worksheets[0]
            assert page["A2"].value == order


def test_an_empty_folder_is_an_ordinary_day(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run_cli(inbox, shop=sandbox).status == 2
    run = run_cli(inbox, "--move-done", done)
    assert (run.status, run.out, run.err) == (
        0,
        "There is no sheet, so there is nothing to do.\n",
        "",
    )
    assert run_cli(inbox, "--move-done", done, "--quiet").out == ""
    assert json.loads(run_cli(inbox, "--move-done", done, "--json").out)["files"] == []
    with open_hook() as hook:
        words = ("--notify", hook.address, "--notify-when", "always")
        assert run_cli(inbox, "--move-done", done, *words).status == 0
        assert hook.posts[0]["title"] == f"batch-update: {LOGIN}: 0 rows, nothing to do"
    assert run_cli(inbox / "gone", "--move-done", done).status == 2


def test_the_folder_is_never_read(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "a.xlsx", (1, "cancel"))
    fill(done / "old.xlsx", (9, "cancel"))
    # As a shell expands inbox/*.
    run = run_cli(*sorted(inbox.iterdir()), "--move-done", done, shop=sandbox)
    assert run.status == 0
    assert sandbox.shop.changed_orders() == [1]
    assert files_in(done) == ["a.results.xlsx", "a.xlsx", "old.xlsx"]
    run = run_cli(done, "--move-done", done)
    assert run.status == 2
    assert f"--move-done {done} is the folder of the sheets itself" in run.err
    # Whoever names a sheet there wants it to be run, and finds it where it was.
    assert run_cli(done / "old.xlsx", "--move-done", done).status == 0
    assert "old.xlsx" in files_in(done)
    assert sandbox.shop.changed_orders() == [1, 9]


@needs_links
def test_of_a_folder_that_a_link_leads_to_in_vain_it_is_said_where_it_should_be(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sandbox, link = open_sandbox(), tmp_path / "link"
    fill(inbox / "a.xlsx", (1, "cancel"))
    link.symlink_to("away")
    for option, path in (("--move-done", link), ("--output", link / "o.xlsx")):
        run = run_cli(inbox / "a.xlsx", option, path, shop=sandbox)
        text = f"batch-update: {option} {link} is a link to away: no such file or directory. Check"
        assert (run.status, run.err.startswith(text)) == (2, True), run.err
    assert sandbox.requests == []


def test_a_folder_that_is_not_there_is_told_before_anything_is_sent(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "a.xlsx", (1, "cancel"))
    config = tmp_path / "config.toml"
    config.write_text('[profiles.night.files]\nmove_done = "gone"\n')
    config.chmod(0o600)
    for words in (["--move-done", "gone"], ["--config", config, "--profile", "night"]):
        run = run_cli(inbox, *words, shop=sandbox)
        assert run.status == 2
        assert "gone: there is no such folder. Make it first." in run.err or words[0] == "--config"
    assert sandbox.requests == []


def test_a_sheet_that_is_saved_during_the_run_stays_and_is_run_again(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sheet, gate = fill(inbox / "a.xlsx", (1, "cancel")), threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))

    def save() -> None:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        fill(sheet, (1, "cancel"), (2, "cancel"))
        gate.set()

    person = threading.Thread(target=save)
    person.start()
    run = run_cli(inbox, "--move-done", done, shop=sandbox)
    person.join()
    assert run.status == 0
    assert f"{sheet} has changed since it was read, so it was not moved; run it again." in run.out
    assert files_in(done) == []
    assert run_cli(inbox, "--move-done", done).status == 0
    assert sandbox.shop.changed_orders() == [1, 2]
    assert files_in(done) == ["a.results.xlsx", "a.xlsx"]


def test_a_sheet_whose_results_were_mended_goes_when_these_are_settled(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "a.xlsx", (1, "cancel"), (2, "lost"), (3, "lost"))
    run_cli(inbox, "--move-done", done, shop=sandbox)

    def mend(word: str) -> None:
        book = openpyxl.load_workbook(inbox / "a.results.xlsx")
        cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
        next(cell for cell in cells if cell.value == "lost").value = word
        book.save(inbox / "a.results.xlsx")

    mend("cancel")
    assert run_cli(inbox, "--move-done", done).status == 1
    assert files_in(inbox) == ["a.results.xlsx", "a.xlsx"]
    mend("cancel")
    assert run_cli(inbox, "--move-done", done).status == 0
    assert sandbox.shop.changed_orders() == [1, 2, 3]
    assert (files_in(inbox), files_in(done)) == ([], ["a.results.xlsx", "a.xlsx"])


def test_a_sheet_of_which_mended_results_lack_rows_stays(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    fill(inbox / "a.xlsx", (1, "lost"), (2, "lost"))
    run_cli(inbox, "--move-done", done, shop=open_sandbox())
    book = openpyxl.load_workbook(inbox / "a.results.xlsx")
    page = book.worksheets[0]
    page.delete_rows(3)
    next(cell for cell in page[2] if cell.value == "lost").value = "cancel"
    book.save(inbox / "a.results.xlsx")
    assert run_cli(inbox, "--move-done", done).status == 1
    assert (files_in(inbox), files_in(done)) == (["a.results.xlsx", "a.xlsx"], [])


def test_a_sheet_that_contradicts_its_mended_results_stays(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    fill(inbox / "a.xlsx", (1, "cancel"), (2, "lost"))
    run_cli(inbox, "--move-done", done, shop=open_sandbox())
    book = openpyxl.load_workbook(inbox / "a.results.xlsx")
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    next(cell for cell in cells if cell.value == "lost").value = "cancel"
    book.save(inbox / "a.results.xlsx")
    fill(inbox / "a.xlsx", (1, "cancel"), (2, "return"))
    assert run_cli(inbox, "--move-done", done).status == 2
    assert (files_in(inbox), files_in(done)) == (["a.results.xlsx", "a.xlsx"], [])


def test_what_is_no_sheet_of_the_warehouse_stays(
    inbox: Path,
    done: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(inbox / "a.xlsx", (1, "cancel"))
    run_cli(inbox / "a.xlsx", shop=open_sandbox())
    assert run_cli(inbox / "a.results.xlsx", "--move-done", done).status == 0
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"order,status\n2,cancel\n"), encoding="utf-8")
    )
    assert run_cli("-", "--move-done", done, "--output", inbox).status == 0
    assert files_in(done) == []


def test_a_message_and_json_name_the_new_place(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    fill(inbox / "a.xlsx", (1, "cancel"))
    with open_hook() as hook:
        words = ("--move-done", done, "--notify", hook.address, "--notify-when", "always")
        run = run_cli(inbox, *words, "--json", shop=open_sandbox())
    (file,) = json.loads(run.out)["files"]
    assert file["moved_to"] == str(done / "a.xlsx")
    assert file["results"] == str(done / "a.results.xlsx")
    (post,) = hook.posts
    assert f"a.xlsx: 1 row: 1 updated; moved to {done}" in post["message"].splitlines()
    assert f"Results: {done / 'a.results.xlsx'}" in post["message"].splitlines()
    assert [one["filename"] for one in post["attachments"]] == ["a.results.xlsx"]


@needs_links
def test_what_cannot_be_moved_is_told_and_changes_nothing_else(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sheet = fill(tmp_path / "other.xlsx", (1, "cancel"))
    (inbox / "a.xlsx").symlink_to(sheet)
    fill(inbox / "b.xlsx", (2, "cancel"))
    state = default_ledger().parent
    words = ("--move-done", done, "--quiet")
    run = run_cli(inbox, *words, shop=open_sandbox())
    assert (run.status, run.err) == (0, "")
    assert (inbox / "a.xlsx").is_symlink()
    assert files_in(done) == ["b.results.xlsx", "b.xlsx"]
    # Where the notes of what is about to be moved should go, something else is in the way.
    (folder,) = state.glob("moving-*")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    fill(inbox / "c.xlsx", (3, "cancel"))
    run = run_cli(inbox, *words)
    assert run.status == 1
    assert run.err.startswith(f"batch-update: {inbox / 'c.xlsx'} could not be moved to {done}: ")
    assert len(run.err.splitlines()) == 1
    assert "c.xlsx" in files_in(inbox)


@needs_no_folder
def test_it_is_told_by_every_channel_and_as_news_once(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    ledger = ("--move-done", done, "--ledger", state / "ledger.sqlite3")
    fill(inbox / "a.xlsx", (1, "cancel"))
    run_cli(inbox, *ledger, shop=open_sandbox())
    (folder,) = state.glob("moving-*")
    shutil.rmtree(folder)
    folder.write_text("in the way")
    fill(inbox / "c.xlsx", (3, "cancel"))
    metrics = tmp_path / "out.prom"
    said = f"{inbox / 'c.xlsx'} could not be moved to {done}: "
    with Mailbox() as box:
        words = (*ledger, "--notify", box.address, "--notify-when", "new", "--quiet")
        run = run_cli(inbox, *words, "--json-lines", "--metrics", metrics)
        events = [json.loads(line) for line in run.out.splitlines()]
        errors = [one for one in events if one["event"] == "error"]
        assert [one["code"] for one in errors] == ["misplaced"]
        assert errors[0]["text"].startswith(said)
        assert events[-1]["exit_status"] == run.status == 1
        figures = metrics.read_text(encoding="utf-8").splitlines()
        assert [one[-2:] for one in figures if one.startswith("batch_update_sheets_mis")] == [" 1"]
        assert [said in text_of(letter).replace("\n", " ") for letter in box.letters] == [True]
        # The next morning it is no news, on the screen neither.
        run = run_cli(inbox, *words)
        assert (run.status, run.out, run.err) == (1, "", "")
        assert len(box.letters) == 1
        folder.unlink()
        run = run_cli(inbox, *words)
        assert run.status == 0
        assert "all is well again" in box.letters[1]["subject"]


def kill_while_it_moves(number: int, inbox: Path, done: Path, env: dict[str, str]) -> None:
    """Run a folder, killed in front of the Nth thing that is done in the folder of done sheets."""
    words = [str(number), str(done), str(inbox), "--move-done", str(done)]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *words],
        env=env,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_run_that_is_killed_while_it_moves_is_finished_by_the_next_one(
    inbox: Path, done: Path, open_sandbox: OpenSandbox, run_cli: RunCli, number: int
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "day.xlsx", (1, "cancel"))
    kill_while_it_moves(number, inbox, done, environment_for(sandbox))
    # The warehouse has sent the next sheet of the same name before anybody looks.
    was_moved = not (inbox / "day.xlsx").exists()
    fill(inbox / "day.xlsx", (2, "cancel"))
    run = run_cli(inbox, "--move-done", done, shop=sandbox)
    assert (run.status, run.err) == (0, "")
    assert sandbox.shop.changed_orders() == [1, 2]
    assert len(sandbox.requests) == 2
    pairs = ["day-2.results.xlsx", "day-2.xlsx"] if was_moved else []
    assert files_in(done) == [*pairs, "day.results.xlsx", "day.xlsx"]
    assert files_in(inbox) == []
    assert ("Finished what an earlier run had begun." in run.out) == was_moved


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
@pytest.mark.parametrize("number", [3, 4, 5, 6])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_folder_that_is_away_after_a_kill_is_told_once_and_waited_for(
    inbox: Path, done: Path, open_sandbox: OpenSandbox, number: int, language: str
) -> None:
    sandbox, kept = open_sandbox(), inbox.parent / "kept"
    sheet = fill(inbox / "day.xlsx", (1, "cancel"))
    content = sheet.read_bytes()
    kill_while_it_moves(number, inbox, done, environment_for(sandbox))
    assert not sheet.exists()
    hidden = sorted(path.name for path in done.glob(".batch-update-*"))
    # As a share that is not mounted, or a folder that was put away; then the next sheet comes.
    done.rename(kept)
    done.mkdir()
    fill(sheet, (2, "cancel"))
    words = (inbox, "--move-done", done, "--quiet", "--lang", language)
    first, second = (run_command(*words, sandbox=sandbox) for _ in range(2))
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    assert str(done) in first.stderr
    assert "day.xlsx, day.results.xlsx" in first.stderr
    assert hidden[0][:-1] in first.stderr
    assert first.stderr.count("\n") == 1
    assert files_in(done) == ["day.results.xlsx", "day.xlsx"]
    # It is back, with what it had.
    for path in done.iterdir():
        path.rename(kept / f"later-{path.name}")
    done.rmdir()
    kept.rename(done)
    third = run_command(inbox, "--move-done", done, sandbox=sandbox)
    assert (third.returncode, third.stderr) == (0, "")
    assert "Finished what an earlier run had begun." in third.stdout
    assert (done / "day.xlsx").read_bytes() == content
    assert sandbox.shop.changed_orders() == [1, 2]
    assert len(files_in(done)) == 4
    assert not [path for path in done.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
def test_a_damaged_note_of_a_kill_is_told_once_and_kept(
    inbox: Path, done: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    fill(inbox / "day.xlsx", (1, "cancel"))
    kill_while_it_moves(3, inbox, done, environment_for(sandbox))
    hidden, _ = done.glob(".batch-update-*")
    (note,) = default_ledger().parent.glob("moving-*/moving-*.json")
    # One bit is wrong.
    content = note.read_bytes().replace(b"day.xlsx", b"dax.xlsx")
    note.write_bytes(content)
    words = (inbox, "--move-done", done, "--quiet")
    first, second = (run_command(*words, sandbox=sandbox) for _ in range(2))
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    aside = note.with_suffix(".damaged")
    assert f"its note of that is damaged; it was put aside: {aside}. Look into {done}" in (
        first.stderr
    )
    assert hidden.name[:-1] in first.stderr
    assert aside.read_bytes() == content
    assert hidden.exists()


_SMALL_DISK = """
set -eu
mount -t tmpfs -o size=$SIZE tmpfs "$DONE"
! "$BATCH_UPDATE" "$INBOX" --move-done "$DONE" --lang "$LANGUAGE_OF_IT" >"$OUT/1" 2>"$OUT/2"
ls -A "$DONE" >"$OUT/done"
ls -A "$INBOX" >"$OUT/inbox"
mount -o remount,size=4m "$DONE"
"$BATCH_UPDATE" "$INBOX" --move-done "$DONE" >"$OUT/3" 2>"$OUT/4"
ls -A "$DONE" >"$OUT/done-again"
ls -A "$INBOX" >"$OUT/inbox-again"
"""


@pytest.mark.parametrize(("size", "language"), [("16k", "en"), ("4k", "en"), ("16k", "ru")])
def test_a_sheet_stays_with_its_results_if_these_do_not_fit(
    inbox: Path, open_sandbox: OpenSandbox, tmp_path: Path, size: str, language: str
) -> None:
    program = shutil.which("unshare")
    if program is None or os.geteuid():
        pytest.skip("only root may mount a small disk")
    done, out = tmp_path / "small", tmp_path / "out"
    for folder in (done, out):
        folder.mkdir()
    (inbox / "done").rmdir()
    rows = "".join(f"{number},cancel\n" for number in range(1, 301))
    (inbox / "day.csv").write_text(f"order,status\n{rows}", encoding="utf-8")
    places = {"INBOX": inbox, "DONE": done, "OUT": out, "BATCH_UPDATE": COMMAND}
    subprocess.run(
        [program, "--mount", "sh", "-c", _SMALL_DISK],
        env={
            **environment_for(open_sandbox()),
            **{name: str(path) for name, path in places.items()},
            "SIZE": size,
            "LANGUAGE_OF_IT": language,
        },
        timeout=PATIENCE_S,
        check=True,
    )

    def read(name: str) -> str:
        return (out / name).read_text(encoding="utf-8")

    reason = {"en": "no space left on device", "ru": "на диске нет места"}[language]
    assert reason in read("2")
    assert read("2").count("\n") == 1
    assert read("done") == ""
    assert read("inbox").split() == ["day.csv", "day.results.csv"]
    assert "Finished" not in read("3")
    assert read("4") == ""
    assert read("done-again").split() == ["day.csv", "day.results.csv"]
    assert read("inbox-again") == ""


def test_a_file_in_place_of_the_folder_is_called_one(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox, sheet = open_sandbox(), fill(inbox / "a.xlsx", (1, "cancel"))
    run = run_cli(inbox, "--move-done", sheet, shop=sandbox)
    assert (run.status, run.out) == (2, "")
    assert run.err == f"batch-update: --move-done {sheet}: this is a file. Name a folder.\n"
    assert sandbox.requests == []


def take_during(run: Callable[[], CliRun], sandbox: Sandbox, gate: threading.Event) -> CliRun:
    """Run the program; while the shop has its first row, another run moves a.csv and b.csv."""

    def take(inbox: Path) -> None:
        assert sandbox.wait_for_requests(1, PATIENCE_S)
        for name in ("a.csv", "b.csv"):
            (inbox / name).rename(inbox / "done" / name)
        gate.set()

    other = threading.Thread(target=take, args=(Path("inbox"),))
    other.start()
    ended = run()
    other.join()
    return ended


@pytest.mark.parametrize("is_named", [False, True])
def test_a_sheet_that_another_run_has_moved_is_no_error_unless_it_was_named(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox, *, is_named: bool
) -> None:
    for order, name in enumerate("abc", start=1):
        (inbox / f"{name}.csv").write_text(f"order,status\n{order},cancel\n")
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    sheets = sorted(inbox.glob("*.csv")) if is_named else [inbox]
    metrics = inbox.with_name("out.prom")
    with open_hook() as hook:
        words = ("--move-done", done, "--notify", hook.address, "--metrics", metrics)
        run = take_during(lambda: run_cli(*sheets, *words, shop=sandbox), sandbox, gate)
    assert sandbox.shop.changed_orders() == [1, 3]
    # What was read before it was moved has its results; nothing of it is lost or sent by halves.
    assert f"{inbox / 'a.csv'} is gone since it was read: probably another run has" in run.out
    assert files_in(inbox) == ["a.results.csv"]
    assert files_in(done) == ["a.csv", "b.csv", "c.csv", "c.results.csv"]
    figures = metrics.read_text("utf-8").splitlines()
    (unread,) = [one for one in figures if one.startswith("batch_update_sheets_unread{")]
    if is_named:
        assert (run.status, len(hook.posts)) == (2, 1)
        assert "b.csv: there is no such file. Check the name." in run.err
        assert unread.endswith(" 1")
        return
    assert (run.status, run.err, hook.posts) == (0, "", [])
    assert f"{inbox / 'b.csv'} was there when the run began and is gone now" in run.out
    assert run.out.endswith("All 3 files: 2 rows: 2 updated. Gone before their turn: b.csv.\n")
    assert unread.endswith(" 0")


def test_a_sheet_that_is_gone_at_the_next_try_keeps_what_is_known_of_it(
    inbox: Path, done: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    for order, name in enumerate("ab", start=1):
        (inbox / f"{name}.csv").write_text(f"order,status\n{order},cancel\n")
    gate = threading.Event()
    away = Fault(status=503, body=b"gateway", gate=gate)
    sandbox = open_sandbox(Script({1: [away]}))
    words = ("--move-done", done, "--retry-for", "2s", "--retries", "0", "--json")
    run = take_during(lambda: run_cli(inbox, *words, shop=sandbox), sandbox, gate)
    told = json.loads(run.out)
    assert [(one["rows"], one["gone"]) for one in told["files"]] == [(1, False), (0, True)]
    assert (run.status, told["exit_status"]) == (1, 1)
    assert len(sandbox.requests) == 1
