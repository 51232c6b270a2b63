"""Messages on runs: what people are told, when, and what happens if they cannot be reached."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest
import trustme

from batch_update.cli import messenger, notices
from batch_update.settings.defaults import default_ledger
from tests.conftest import LOGIN, CliRun, OpenSandbox, RunCli, server_tls
from tests.integration.test_ledger import Held
from tests.posix import needs_signals
from tests.receivers import (
    Hook,
    Mailbox,
    books_of,
    closed_port,
    content_of,
    open_hook,
    open_silence,
    text_of,
)
from tests.rights import is_for_owner_alone, let_everybody_read
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

BAD = [(4 + number, f"потерян {number}") for number in range(6)]
GOOD = [(1, "cancel"), (2, "cancel")]
PASSWORD = "S3cretOfTheRobot"
PATIENCE_S = 1.0 if os.name == "posix" else 15.0
"""Long enough for a message to arrive; wine takes its time to load what sends it."""

# Of the libraries for messages and for the mail server of the tests.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with open_hook() as one:
        yield one


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


Morning = Callable[..., CliRun]


@pytest.fixture
def morning(run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, hook: Hook) -> Morning:
    """Give the run of a folder each day, with what is new sent to a hook."""
    sandbox = open_sandbox()

    def run(*options: str, shop: Sandbox = sandbox) -> CliRun:
        words = ("--notify", hook.address, "--notify-when", "new", "--quiet", *options)
        return run_cli(inbox, *words, shop=shop)

    return run


def fill(inbox: Path, rows: Sequence[tuple[object, str]], name: str = "day.xlsx") -> None:
    write_book(inbox / name, rows_of(HEADER, *rows))


def test_a_letter_tells_of_the_run_in_russian_and_carries_its_results(
    run_cli: RunCli, open_sandbox: OpenSandbox, mailbox: Mailbox, tmp_path: Path
) -> None:
    sheet = write_book(tmp_path / "отгрузка.xlsx", rows_of(HEADER, *GOOD, *BAD[:2]))
    sandbox = open_sandbox()
    run = run_cli(sheet, "--notify", mailbox.address, "--lang", "ru", shop=sandbox)
    assert (run.status, run.err) == (1, "")
    (letter,) = mailbox.letters
    assert letter["subject"] == f"batch-update: {LOGIN}: 2 строки требуют внимания"
    assert letter["to"] == "ops@example.com"
    said = text_of(letter)
    assert f"Магазин: {LOGIN}" in said
    assert "отгрузка.xlsx: 4 строки: обновлён — 2, ошибка в строке — 2" in said
    assert "отгрузка.xlsx, строки 4, 5: ошибка в строке, status_unknown." in said
    ((name, book),) = books_of(letter).items()
    assert name == "отгрузка.results.xlsx"
    words = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row]
    assert "потерян 0" in words
    assert words.count("обновлён") == 2


def test_one_message_for_all_sheets_of_a_run_says_what_matters_first(
    run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook, inbox: Path
) -> None:
    fill(inbox, [*GOOD, ("x", "cancel"), (3, "lost"), (5, ""), ("", "cancel")], "b.xlsx")
    fill(inbox, [(8, "cancel")], "a.xlsx")
    (inbox / "c.csv").touch()
    run = run_cli(inbox, "--notify", hook.address, shop=open_sandbox())
    assert run.status == 2
    (post,) = hook.posts
    assert post["title"] == f"batch-update: {LOGIN}: not every sheet was worked through"
    assert post["type"] == "warning"
    shop, problems, places, machine = post["message"].split("\n\n")
    assert shop.splitlines()[1:] == [
        "b.xlsx: 6 rows: 2 updated, 4 invalid",
        "c.csv: not worked through",
        "a.xlsx: 1 row: 1 updated",
    ]
    assert len(problems.splitlines()) == 3
    assert "c.csv is empty" in problems.splitlines()[0]
    assert problems.splitlines()[2] == "… and 3 more reasons: see the results."
    assert places == f"Results: {inbox / 'b.results.xlsx'}"
    assert machine.startswith("From: ")
    assert content_of(post) == {"b.results.xlsx": (inbox / "b.results.xlsx").read_bytes()}


def test_the_same_rows_are_news_once(morning: Morning, inbox: Path, hook: Hook) -> None:
    fill(inbox, [*GOOD, *BAD])
    run = morning()
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith(f"{LOGIN}: 6 rows need a person\n")
    assert len(hook.posts) == 1
    # The sheet has grown at its top, and was saved in another order, with a number as text.
    fill(inbox, [(21, "cancel"), *BAD[::-1], *GOOD])
    book = openpyxl.load_workbook(inbox / "day.xlsx")
    book.worksheets[0]["A3"] = f" {BAD[-1][0]} "
    book.worksheets[0]["Z1"] = "Заметки"
    book.save(inbox / "day.xlsx")
    run = morning()
    assert (run.status, run.out, run.err, len(hook.posts)) == (1, "", "", 1)


def test_only_what_is_new_is_told_and_that_all_is_well_again_once(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, [*GOOD, *BAD])
    morning()
    fill(inbox, [*GOOD, *BAD, (77, "cancelled?")])
    run = morning()
    assert run.err.startswith(f"{LOGIN}: 7 rows need a person, 1 of them new\n")
    _, problems, *_rest = hook.posts[-1]["message"].split("\n\n")
    assert problems.startswith("day.xlsx, row 10: invalid, status_unknown.")
    assert (len(hook.posts), len(problems.splitlines())) == (2, 1)
    fill(inbox, [*GOOD, *BAD[1:], (77, "cancelled?"), (BAD[0][0], "cancel")])
    run = morning()
    assert (run.status, run.err, len(hook.posts)) == (1, "", 2)
    fill(inbox, [*GOOD, *((order, "cancel") for order, _ in [*BAD, (77, "")])])
    run = morning()
    assert (run.status, run.err.splitlines()) == (0, [f"{LOGIN}: all is well again"])
    assert hook.posts[-1]["title"] == f"batch-update: {LOGIN}: all is well again"
    assert (hook.posts[-1]["type"], hook.posts[-1]["attachments"]) == ("success", [])
    run = morning()
    assert (run.status, run.err, len(hook.posts)) == (0, "", 3)
    # What was mended and is wrong again is news.
    fill(inbox, [*GOOD, *BAD])
    assert morning().err.startswith(f"{LOGIN}: 6 rows need a person\n")


def test_another_sheet_does_not_make_all_well_but_one_that_is_gone_does(
    morning: Morning, run_cli: RunCli, inbox: Path, hook: Hook, tmp_path: Path
) -> None:
    fill(inbox, BAD)
    morning()
    other = write_book(tmp_path / "other.xlsx", rows_of(HEADER, *GOOD))
    options = ("--notify", hook.address, "--notify-when", "new")
    assert run_cli(other, *options).status == 0
    assert len(hook.posts) == 1
    (inbox / "day.xlsx").unlink()
    assert run_cli(other, *options).status == 0
    assert [post["title"].rpartition(": ")[2] for post in hook.posts[1:]] == ["all is well again"]


def test_an_open_row_that_is_put_aside_is_told_once_and_is_never_called_well(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, BAD[:1])
    morning()
    fill(inbox, GOOD)
    run = morning("--json-lines")
    kept = inbox / "day.results.edited-1.xlsx"
    said = (
        "day.results.xlsx held 1 row of another sheet that still needs a person; it is kept as "
        f"{kept.name}. Correct the row there, and run it: batch-update"
    )
    assert (run.status, kept.is_file()) == (1, True)
    title, line, *_places = run.err.splitlines()
    assert title == f"{LOGIN}: something needs a person"
    assert line.startswith(said)
    events = [json.loads(line) for line in run.out.splitlines()]
    (error,) = [one for one in events if one["event"] == "error"]
    assert (error["code"], error["text"].startswith(said)) == ("put_aside", True)
    assert hook.posts[-1]["title"] == f"batch-update: {LOGIN}: something needs a person"
    assert said in hook.posts[-1]["message"]
    # The next run does not meet it, and so cannot know whether it is well.
    run = morning()
    assert (run.status, run.err, len(hook.posts)) == (0, "", 2)


def test_mended_results_in_place_of_their_sheet_are_no_other_sheet(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, [*GOOD, *BAD])
    morning()
    path = inbox / "day.results.xlsx"
    book = openpyxl.load_workbook(path)
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    next(cell for cell in cells if cell.value == BAD[0][1]).value = "cancel"
    book.save(path)
    for _ in range(2):
        run = morning()
        assert (run.status, run.err, len(hook.posts)) == (1, "", 1)


def test_a_sheet_that_cannot_be_read_is_news_once_and_others_go_out(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, GOOD)
    (inbox / "empty.csv").touch()
    run = morning()
    assert run.status == 2
    assert "empty.csv is empty" in run.err
    assert "empty.csv is empty" in hook.posts[0]["message"]
    fill(inbox, [*GOOD, (3, "cancel")])
    run = morning()
    assert (run.status, run.err, len(hook.posts)) == (0, "", 1)
    (inbox / "empty.csv").write_text("nothing\n")
    assert "empty.csv" in morning().err
    assert len(hook.posts) == 2


def test_a_run_that_stops_is_news_each_time(
    morning: Morning, inbox: Path, hook: Hook, open_sandbox: OpenSandbox
) -> None:
    fill(inbox, GOOD)
    refusing = open_sandbox(Script({1: [Fault.refuse(5, "invalid user name")] * 2}))
    for count in (1, 2):
        run = morning(shop=refusing)
        assert (run.status, len(hook.posts)) == (3, count)
        assert "stopped early" in run.err
        assert hook.posts[-1]["title"].endswith(": stopped early, the rest was not sent")
        assert "invalid user name" in hook.posts[-1]["message"]
    # That it works again is news too, but only once.
    assert morning(shop=refusing).err == f"{LOGIN}: all is well again\n"
    assert morning(shop=refusing).err == ""
    assert [post["type"] for post in hook.posts] == ["warning", "warning", "success"]


@pytest.mark.parametrize("when", ["problems", "new"])
def test_a_ledger_that_begins_where_somebody_has_named_it_is_told_once(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, hook: Hook, when: str
) -> None:
    """As on a disk that is not mounted, where its mount point is empty."""
    fill(inbox, GOOD)
    ledger = inbox.with_name("ledger.sqlite3")
    words = ("--ledger", ledger, "--notify", hook.address, "--notify-when", when)
    for shop in (open_sandbox(), None):
        assert run_cli(inbox, *words, shop=shop).status == 0
    (post,) = hook.posts
    assert (post["title"], post["type"]) == (
        f"batch-update: {LOGIN}: a new ledger begins",
        "warning",
    )
    said = f"A new ledger begins here: {ledger}. It does not know what was sent before; if another"
    assert said in post["message"]


@needs_signals
def test_a_run_that_is_interrupted_in_its_last_row_says_that_nothing_is_left(
    morning: Morning, inbox: Path, hook: Hook, open_sandbox: OpenSandbox
) -> None:
    fill(inbox, GOOD[:1])
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))

    def interrupt() -> None:
        assert sandbox.wait_for_requests(1, 30.0)
        os.kill(os.getpid(), signal.SIGTERM)
        gate.set()

    manager = threading.Thread(target=interrupt)
    manager.start()
    run = morning(shop=sandbox)
    manager.join()
    assert run.status == 130
    assert hook.posts[-1]["title"].endswith(": interrupted, but every row has had its turn")
    assert "day.xlsx: 1 row: 1 updated" in hook.posts[-1]["message"].splitlines()
    page = openpyxl.load_workbook(inbox / "day.results.xlsx").worksheets[1]
    said = {cell.value for row in page.iter_rows() for cell in row}
    assert "The user stopped the run when every row had had its turn." in said


def test_after_a_run_that_could_not_start_the_next_one_is_told_with_all_that_is_open(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, BAD)
    morning()
    assert morning("--workers", "0").status == 2
    assert hook.posts[-1]["title"].endswith(": the run could not start")
    assert morning().err.startswith(f"{LOGIN}: 6 rows need a person\n")
    assert morning().err == ""
    assert len(hook.posts) == 3


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "[" * 100_000, '{"version": 2}', "\udc80"),
        '{"version": 1, "stopped": false, "sheets": {"day": {}}}',
        '{"version": 1, "stopped": 1, "sheets": {"day": {"path": 1, "seen": "x", "open": [{}]}}}',
    ],
)
def test_a_damaged_memory_makes_everything_news(
    morning: Morning, inbox: Path, hook: Hook, text: str
) -> None:
    fill(inbox, BAD)
    morning()
    (memory,) = default_ledger().parent.rglob("told-*.json")
    assert is_for_owner_alone(memory)
    assert "потерян" not in memory.read_text("utf-8")
    memory.write_bytes(text.encode("utf-8", "surrogateescape"))
    run = morning()
    assert (run.status, len(hook.posts)) == (1, 2)
    run = morning()
    assert (run.status, run.err, len(hook.posts)) == (1, "", 2)


def test_a_memory_that_cannot_be_kept_costs_only_that(
    morning: Morning, inbox: Path, hook: Hook, tmp_path: Path
) -> None:
    fill(inbox, BAD)
    morning()
    (memory,) = default_ledger().parent.rglob("told-*.json")
    memory.unlink()
    (memory / "in the way").mkdir(parents=True)
    for count in (2, 3):
        run = morning("--log-file", str(tmp_path / "day.log"))
        assert (run.status, len(hook.posts)) == (1, count)
    assert "What was told cannot be kept" in (tmp_path / "day.log").read_text("utf-8")


def test_what_could_not_be_delivered_is_news_the_next_day(
    morning: Morning, inbox: Path, hook: Hook
) -> None:
    fill(inbox, BAD)
    hook.status = 500
    assert "could not be delivered" in morning().err
    hook.status = 200
    told = len(hook.posts)
    assert "need a person" in morning().err
    assert len(hook.posts) == told + 1
    assert morning().err == ""


@pytest.mark.parametrize(("when", "count"), [("problems", 0), ("always", 1), ("new", 0)])
def test_a_run_without_problems_is_told_if_that_is_wanted(
    run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook, inbox: Path, when: str, count: int
) -> None:
    fill(inbox, GOOD)
    words = ("--notify", hook.address, "--notify-when", when, "--quiet")
    run = run_cli(inbox, *words, shop=open_sandbox())
    assert (run.status, run.err) == (0, "")
    titles = [f"batch-update: {LOGIN}: 2 rows, nothing to do"] * count
    assert [post["title"] for post in hook.posts] == titles


@pytest.mark.parametrize("option", ["--dry-run", "--sandbox"])
def test_rehearsals_are_told_to_nobody(
    run_cli: RunCli, hook: Hook, inbox: Path, tmp_path: Path, option: str
) -> None:
    fill(inbox, BAD)
    for sheet in (inbox, tmp_path / "none.xlsx"):
        words = ("--notify", hook.address, "--notify-when", "always", option)
        assert run_cli(sheet, *words).status in {1, 2}
    assert hook.posts == []


def test_a_run_that_could_not_start_is_told(
    run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook, tmp_path: Path
) -> None:
    sandbox, sheet = open_sandbox(), tmp_path / "none.xlsx"
    log_file = tmp_path / "day.log"
    write_book(tmp_path / "there.xlsx", rows_of(HEADER, *GOOD))
    away = f"postgresql://ops@127.0.0.1:{closed_port()}/ledger"
    commands: dict[tuple[str | Path, ...], tuple[int, str]] = {
        (sheet,): (2, "there is no such file"),
        (tmp_path / "there.xlsx", "--workers", "0"): (2, "--workers"),
        (tmp_path / "there.xlsx", "--ledger", away): (5, "cannot be reached"),
        (tmp_path / "there.xlsx", sheet, "--json"): (2, "there is no such file"),
    }
    for command, (status, words) in commands.items():
        run = run_cli(*command, "--notify", hook.address, shop=sandbox)
        assert run.status == status
        assert words in run.err
        post = hook.posts.pop()
        assert post["title"].startswith(f"batch-update: {LOGIN}: ")
        assert words in post["message"]
    run = run_cli(sheet, "--notify", "json://127.0.0.1:9/x", "--log-file", log_file, shop=sandbox)
    assert run.status == 2
    assert "could not be delivered" in log_file.read_text("utf-8")


@needs_signals
def test_a_run_that_another_one_keeps_out_is_told(
    morning: Morning, inbox: Path, hook: Hook, open_sandbox: OpenSandbox
) -> None:
    fill(inbox, [(1, "cancel"), (2, "cancel")])
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    held = Held(inbox / "day.xlsx", sandbox, requests=1)
    try:
        assert morning(shop=sandbox).status == 4
    finally:
        held.kill()
        gate.set()
    assert hook.posts[0]["title"] == f"batch-update: {LOGIN}: the run could not start"
    assert f"process {held.process.pid} on " in hook.posts[0]["message"]


def test_a_command_that_is_not_understood_is_told_by_the_channels_of_every_day(
    run_cli: RunCli, hook: Hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BATCH_UPDATE_NOTIFY", hook.address)
    assert run_cli(tmp_path, "--wrong").status == 2
    assert "unrecognized arguments: --wrong" in hook.posts[0]["message"]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run_cli(tmp_path, "--wrong").status == 2
    assert run_cli("--runs").status == 2
    assert run_cli("--show-settings").status == 0
    assert len(hook.posts) == 1


def refusing() -> Iterator[str]:
    yield f"json://127.0.0.1:{closed_port()}/x"


def hanging() -> Iterator[str]:
    with open_silence() as port:
        yield f"json://127.0.0.1:{port}/x?rto=0.2"


def hanging_for_long() -> Iterator[str]:
    with open_silence() as port:
        yield f"json://127.0.0.1:{port}/x?rto=60"


def closing() -> Iterator[str]:
    with open_silence(closes=True) as port:
        yield f"mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example"


def denying() -> Iterator[str]:
    with open_hook(status=403) as one:
        yield one.address


def unknown() -> Iterator[str]:
    yield "keyring:nothing"


@pytest.mark.parametrize(
    ("receiver", "words"),
    [
        (refusing, "Connection error"),
        (hanging, "timed out"),
        (hanging_for_long, f"no answer within {PATIENCE_S:.0f} s"),
        (closing, "unexpectedly closed"),
        (denying, "error=403"),
        (unknown, "key store has no address"),
    ],
)
def test_a_receiver_that_fails_changes_neither_the_run_nor_other_channels(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    mailbox: Mailbox,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    receiver: Callable[[], Iterator[str]],
    words: str,
) -> None:
    if receiver is hanging_for_long:
        monkeypatch.setattr(messenger, "_PATIENCE_S", PATIENCE_S)
    fill(inbox, [*GOOD, BAD[0]])
    sandbox = open_sandbox()
    log_file = tmp_path / "day.log"
    with contextlib.contextmanager(receiver)() as address:
        options = ("--notify", address, "--notify", mailbox.address, "--log-file", log_file)
        run = run_cli(inbox, *options, shop=sandbox)
    assert run.status == 1
    (line,) = run.err.splitlines()
    assert line.startswith("batch-update: The message to ")
    assert words in line
    assert words in log_file.read_text("utf-8")
    assert len(mailbox.letters) == 1
    assert sorted(sandbox.shop.changed_orders()) == [1, 2]


def test_the_program_ends_though_a_receiver_never_does() -> None:
    code = (
        "import sys\n"
        "from batch_update.notify import Message, deliver\n"
        "said = deliver(Message(title='t', body='b', is_problem=True), [sys.argv[1]], 0.3)\n"
        "print(said[0].reason)\n"
    )
    with open_silence() as port:
        address = f"json://127.0.0.1:{port}/x?rto=3600"
        done = subprocess.run(
            [sys.executable, "-c", code, address],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
    assert (done.stdout, done.stderr) == ("no answer within 0 s\n", "")


def test_a_certificate_that_is_not_trusted_keeps_a_message_back(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    authority: trustme.CA,
) -> None:
    fill(inbox, BAD)
    sandbox = open_sandbox()
    with open_hook(tls=server_tls(authority, "127.0.0.1")) as hook:
        address = hook.address.replace("json:", "jsons:")
        run = run_cli(inbox, "--notify", address, shop=sandbox)
        assert (run.status, hook.posts) == (1, [])
        assert "certificate" in run.err.lower()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        run = run_cli(inbox, "--notify", address, shop=sandbox)
        assert (run.status, run.err, len(hook.posts)) == (1, "", 1)


def test_a_letter_that_is_too_long_comes_without_the_results(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(inbox, BAD)
    sandbox = open_sandbox()
    with Mailbox(most_bytes=4_000) as box:
        run = run_cli(inbox, "--notify", box.address, shop=sandbox)
        assert (run.status, run.err, len(box.letters)) == (1, "", 1)
        assert books_of(box.letters[0]) == {}
        monkeypatch.setattr(notices, "_MOST_BYTES", 10)
        run_cli(inbox, "--notify", box.address, shop=sandbox)
        assert "Not attached, being too large: day.results.xlsx" in text_of(box.letters[1])


def test_without_its_library_the_cure_is_said(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    fill(inbox, BAD)
    run = run_cli(inbox, "--notify", "json://127.0.0.1/x", shop=open_sandbox())
    assert run.status == 1
    assert 'pip install "batch-update[notify]"' in run.err


def test_the_library_is_loaded_only_to_send_a_message(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "apprise"]:
        monkeypatch.delitem(sys.modules, name)
    fill(inbox, GOOD)
    run = run_cli(inbox, "--notify", "json://127.0.0.1/x", shop=open_sandbox())
    assert (run.status, "apprise" in sys.modules) == (0, False)


@pytest.mark.parametrize(
    "address",
    [
        f"mailto://robot:{PASSWORD}@127.0.0.1:{{mail}}?from=a@b.example&to=c@d.example",
        f"json://robot:{PASSWORD}@127.0.0.1:{{hook}}/x",
        f"json://127.0.0.1:{{closed}}/{PASSWORD}/x",
        f"tgram://123456789:{PASSWORD}AbCdEfGhIjKlMnOpQr/-1001234567",
        f"slack://{PASSWORD}/wrong",
        f"nosuchthing://{PASSWORD}@host",
    ],
)
def test_what_is_secret_of_a_channel_is_shown_nowhere(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    from tests.integration.test_secrets import places_of

    fill(inbox, BAD)
    # Whoever listens to all loggers of a process; those of our modules are cleaned by themselves.
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    listener.addFilter(lambda record: record.name.partition(".")[0] in {"apprise", "batch_update"})
    monkeypatch.setattr(logging.root, "handlers", [listener])
    with Mailbox(login=("robot", "other")) as box, open_hook(status=401) as hook:
        whole = address.format(mail=box.port, hook=hook.port, closed=closed_port())
        monkeypatch.setenv("BATCH_UPDATE_NOTIFY", whole)
        sandbox = open_sandbox()
        said = []
        for options in (["--verbose", "--log-file", tmp_path / "day.log"], ["--json"]):
            run = run_cli(inbox, *options, shop=sandbox)
            assert run.status == (2 if address.startswith(("slack", "nosuchthing")) else 1)
            assert ("could not be delivered" in run.err) is (run.status == 1)
            said += [run.out, run.err]
        said += [run_cli("--show-settings").out, run_cli(tmp_path / "no.xlsx").err]
    assert "(hidden)  (environment)" in said[-2]
    assert places_of(PASSWORD, tmp_path, *said, heard.getvalue()) == []
    is_refused = address.startswith(("slack", "nosuchthing"))
    assert ("could not be delivered" in heard.getvalue()) is not is_refused


@pytest.mark.parametrize("address", ["tgram://123:TOKEN/1", f"mailtos://r:{PASSWORD}@h.example"])
def test_a_secret_is_refused_as_an_argument(
    run_cli: RunCli, hook: Hook, inbox: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    fill(inbox, BAD)
    monkeypatch.setenv("BATCH_UPDATE_NOTIFY", hook.address)
    run = run_cli(inbox, "--notify", address)
    assert run.status == 2
    assert "an address with a password or token is no argument" in run.err
    assert "BATCH_UPDATE_NOTIFY" in run.err
    assert PASSWORD not in run.err
    assert "TOKEN" not in run.err
    assert len(hook.posts) == 1


def test_what_is_no_address_is_refused_as_that_and_a_blank_behind_one_does_no_harm(
    run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook, inbox: Path
) -> None:
    fill(inbox, BAD)
    for text, number in (("mailto://relay.example.com?to=a b", 2), ("ops@example.com", 1)):
        run = run_cli(inbox, "--notify", text)
        assert run.status == 2
        assert f"--notify: number {number} is no address of a channel" in run.err
    assert run_cli(inbox, "--notify", f"{hook.address} ", shop=open_sandbox()).status == 1
    assert len(hook.posts) == 1


def test_the_key_store_keeps_an_address(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hook: Hook,
) -> None:
    import keyring

    from tests.keystore import FileKeyring

    monkeypatch.setenv("KEYSTORE_FILE", str(tmp_path / "keys.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call]
    try:
        address = hook.address.replace("://", f"://robot:{PASSWORD}@")
        keyring.set_password("batch-update", "ops", address)
        fill(inbox, BAD)
        run = run_cli(inbox, "--notify", "keyring:ops", shop=open_sandbox())
    finally:
        keyring.set_keyring(before)
    assert (run.status, run.err, len(hook.posts)) == (1, "", 1)
    assert hook.logins[0] is not None


def test_each_profile_has_its_channels_and_a_secret_only_its_owner_can_read(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, tmp_path: Path, hook: Hook
) -> None:
    sandbox = open_sandbox()
    config = tmp_path / "shop.toml"
    fill(inbox, BAD)
    with open_hook() as second:
        both = json.dumps([second.address, second.address.replace("hook", "again")])
        config.write_text(
            f'[notify]\nurl = "{hook.address}"\nwhen = "new"\n'
            f'[profiles.second.account]\nusername = "{LOGIN}"\nbase_url = "{sandbox.base_url}"\n'
            f'secret_key = "{"0123456789abcdef" * 2}"\n'
            f'[profiles.second.notify]\nurl = {both}\nwhen = "problems"\n',
            encoding="utf-8",
        )
        config.chmod(0o600)
        assert run_cli(inbox, "--config", config, "--profile", "second", shop=sandbox).status == 1
        assert (len(hook.posts), len(second.posts)) == (0, 2)
        assert second.posts[0]["title"].startswith("batch-update: second: ")
    for _ in range(2):
        assert run_cli(inbox, "--config", config, shop=sandbox).status == 1
    assert len(hook.posts) == 1
    config.write_text(f'[notify]\nurl = "{hook.address}"\n', encoding="utf-8")
    let_everybody_read(config)
    assert run_cli(inbox, "--config", config, shop=sandbox).status == 1
    config.write_text('[notify]\nurl = "tgram://123:TOKEN/1"\n', encoding="utf-8")
    run = run_cli(inbox, "--config", config, shop=sandbox)
    assert run.status == 2
    assert "holds the password or token of a channel (under [notify])" in run.err
    assert "TOKEN" not in run.err


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('url = "ops@example.com"', "url in shop.toml: number 1 is no address of a channel"),
        ('url = "mailtos://h.example?verify=no"', "turns the check of certificates off"),
        ('url = "json://h.example"\nwhen = "sometimes"', '"sometimes": write problems, always or'),
        ("url = 7", "url in shop.toml: number 1 is no address"),
        ("channel = 1", '"channel" is not known'),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path, tmp_path: Path, said: str, words: str
) -> None:
    fill(inbox, GOOD)
    config = tmp_path / "shop.toml"
    config.write_text(f"[notify]\n{said}\n", encoding="utf-8")
    config.chmod(0o600)
    sandbox = open_sandbox()
    run = run_cli(inbox, "--config", config, shop=sandbox)
    assert (run.status, sandbox.requests) == (2, [])
    assert words in run.err


@pytest.mark.parametrize("address", [f"nosuchthing://{PASSWORD}@host", f"slack://{PASSWORD}/wrong"])
def test_an_address_that_reaches_nobody_is_told_before_anything_is_sent(
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    inbox: Path,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    fill(inbox, GOOD)
    monkeypatch.setenv("BATCH_UPDATE_NOTIFY", f"{hook.address} {address}")
    sandbox = open_sandbox()
    run = run_cli(inbox, shop=sandbox)
    assert (run.status, sandbox.requests) == (2, [])
    kind = address.partition("://")[0]
    assert f"BATCH_UPDATE_NOTIFY: {kind}://… is no address for messages: " in run.err
    assert PASSWORD not in run.err
    assert run.err.count("\n") == 1
    # Those whom the other channels reach are told.
    assert [post["title"].rpartition(": ")[2] for post in hook.posts] == ["the run could not start"]
    # Where no message is sent, it does not matter.
    assert run_cli(inbox, "--dry-run").status == 0


def test_quiet_alone_tells_what_is_new(
    run_cli: RunCli, open_sandbox: OpenSandbox, inbox: Path
) -> None:
    sandbox = open_sandbox()
    fill(inbox, BAD)
    said = []
    for _ in range(2):
        run = run_cli(inbox, "--quiet", "--notify-when", "new", shop=sandbox)
        said.append(run.err.partition("\n")[0])
    assert said == [f"{LOGIN}: 6 rows need a person", ""]
    assert "6 rows" in run_cli(inbox, "--quiet", shop=sandbox).err


def test_a_message_holds_results_that_can_be_opened(
    run_cli: RunCli, open_sandbox: OpenSandbox, hook: Hook, inbox: Path
) -> None:
    # Each means something in an address; the first one no name has on Windows.
    odd = "a b%20c" + ("?" if os.name == "posix" else "#")
    fill(inbox, BAD, f"{odd}.xlsx")
    run_cli(inbox, "--notify", hook.address, shop=open_sandbox())
    ((name, content),) = content_of(hook.posts[0]).items()
    assert name == f"{odd}.results.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames
