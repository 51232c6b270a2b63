"""`--ask`: a person at a terminal sees the plan, and nothing is sent without a yes to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_first_run import CTRL_C, END_OF_INPUT, ENDS, wait_until_asleep
from tests.integration.test_ledger import IN_A_TERMINAL
from tests.posix import needs_shell, needs_terminal, pty
from tests.sandbox import Fault, Sandbox, Script
from tests.teams import set_up

HEADER = "order,status,date,rpo\n"
SHEET = f"{HEADER}1,cancel,,\n2,paid,2026-11-20,\n3,return,,\n4,sent,2026-11-20,\n"
QUESTION = b"(y/n) "
NOT_SENT = "Nothing was sent, since you did not say yes."


def write(path: Path, text: str = SHEET) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def ask(
    sandbox: Sandbox,
    answers: Sequence[str],
    *words: str | Path,
    meanwhile: Callable[[], object] = lambda: None,
    typed_ahead: str = "",
    question: bytes = QUESTION,
    stdout: int | None = None,
    **more: str,
) -> tuple[int, str, str]:
    """Answer on a terminal; give exit status, screen, and what went to stdout if that is a pipe."""
    ours, theirs = pty.openpty()
    os.write(ours, typed_ahead.encode())
    run = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, COMMAND, "--ask", "--no-progress", *words],
        env={**environment_for(sandbox), **more},
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
    )
    os.close(theirs)
    left, asked, screen = list(answers), 0, b""
    # A question that nobody here foresaw must not be waited on for ever.
    patience = threading.Timer(PATIENCE_S, run.kill)
    patience.start()
    with open(ours, "r+b", buffering=0) as terminal, contextlib.suppress(OSError):  # noqa: PTH123 a descriptor
        while chunk := terminal.read(4096):
            screen += chunk
            if screen.endswith(question) and screen.count(question) > asked:
                asked += 1
                meanwhile()
                answer = left.pop(0)
                wait_until_asleep(run.pid)
                terminal.write((answer if answer in ENDS else f"{answer}\n").encode())
    patience.cancel()
    data = run.stdout.read().decode() if run.stdout else ""
    status = run.wait(PATIENCE_S)
    if run.stdout:
        run.stdout.close()
    assert left == [], screen.decode()
    return status, screen.decode().replace("\r\n", "\n"), data


def updated(sandbox: Sandbox) -> list[int]:
    """List the orders for which the shop was asked to change something, in order."""
    calls = [one for one in sandbox.requests if one.call == "UpdateOrderStatus"]
    return sorted(int(one.fields["bill_id"]) for one in calls)


@needs_terminal
@pytest.mark.parametrize("answer", ["y", "Yes", "д", "ДА", " да "])
def test_the_plan_is_shown_and_sent_after_a_yes(
    tmp_path: Path, open_sandbox: OpenSandbox, answer: str
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv")
    status, screen, __ = ask(sandbox, [answer], sheet)
    assert status == 1
    before, __, after = screen.partition("Send? (y/n) ")
    assert "  will not be sent: 1 invalid\n" in before
    assert "  invalid, rpo_missing: row 5\n" in before
    asked = f"3 updates to myshop at {sandbox.base_url}: 1 paid, 1 return, 1 cancel.\n"
    assert asked in before
    assert "updated" not in before
    assert re.search(r"  updated +3\n", after)
    assert updated(sandbox) == [1, 2, 3]


@needs_terminal
@pytest.mark.parametrize(
    "answers",
    [["n"], ["NO"], ["н"], ["нет"], [""], ["maybe", "n"], ["1", "2", "3"], [CTRL_C]],
    ids=repr,
)
def test_nothing_is_sent_without_a_yes(
    tmp_path: Path, open_sandbox: OpenSandbox, answers: list[str]
) -> None:
    sandbox = open_sandbox()
    status, screen, __ = ask(sandbox, answers, write(tmp_path / "a.csv"))
    assert status == 130
    assert screen.endswith("batch-update: Interrupted.\n")
    assert (NOT_SENT in screen) == (answers != [CTRL_C])
    assert sandbox.requests == []
    assert not (tmp_path / "a.results.csv").exists()


@needs_terminal
def test_the_end_of_the_input_is_an_error_and_sends_nothing(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, screen, __ = ask(sandbox, [END_OF_INPUT], write(tmp_path / "a.csv"))
    assert status == 2
    assert "--ask: nobody can answer here, so nothing was sent." in screen
    assert sandbox.requests == []


@needs_shell
@pytest.mark.parametrize("said", [None, "", "y\n"])
def test_without_a_terminal_nothing_is_asked_or_sent(
    tmp_path: Path, open_sandbox: OpenSandbox, said: str | None
) -> None:
    """A piped yes is none: whoever piped it did not see the plan; no stdin at all is the same."""
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv")
    closing = ["sh", "-c", 'exec "$0" "$@" <&-'] if said is None else []
    done = subprocess.run(
        [*closing, COMMAND, "--ask", sheet],
        input=said,
        env=environment_for(sandbox),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("batch-update: --ask: nobody can answer here, so nothing was")
    assert done.stderr.count("\n") == 1
    assert sandbox.requests == []


@needs_terminal
def test_several_sheets_and_a_folder_are_asked_about_once(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    folder = tmp_path / "склад"
    folder.mkdir()
    write(folder / "a&b.csv", f"{HEADER}1,cancel,,\n")
    write(folder / "май 2.csv", f"{HEADER}2,cancel,,\n")
    write(folder / "broken.csv", "")
    alone = write(tmp_path / "c.csv", f"{HEADER}2,cancel,,\n3,paid,2026-11-20,\n")
    status, screen, __ = ask(sandbox, ["y"], folder, alone)
    assert screen.count("Send?") == 1
    before = screen.partition("Send?")[0]
    assert "broken.csv will not be sent. " in before
    assert f"\n3 updates to myshop at {sandbox.base_url}: 1 paid, 2 cancel.\n" in before
    assert updated(sandbox) == [1, 2, 3]
    assert status == 2


@needs_terminal
@pytest.mark.parametrize(("changed", "sent"), [("a.csv", []), ("b.csv", [1])])
@pytest.mark.parametrize("text", [f"{HEADER}7,cancel,,\n", f"{HEADER}1,return,,\n", "", None])
def test_a_sheet_that_changes_meanwhile_is_not_sent_nor_what_comes_after_it(
    tmp_path: Path, open_sandbox: OpenSandbox, changed: str, sent: list[int], text: str | None
) -> None:
    sandbox = open_sandbox()
    for number, name in enumerate(("a.csv", "b.csv", "c.csv"), start=1):
        write(tmp_path / name, f"{HEADER}{number},cancel,,\n")

    def change() -> None:
        if text is None:
            (tmp_path / changed).unlink()
        else:
            write(tmp_path / changed, text)

    names = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    status, screen, __ = ask(sandbox, ["y"], *names, meanwhile=change)
    assert status == 2
    assert updated(sandbox) == sent
    told = " ".join(screen.split())
    assert "c.csv was not begun, because the run stopped before it." in told
    if text:
        assert f"{changed} does not say any more what you agreed to" in told


@needs_terminal
def test_a_sheet_that_comes_meanwhile_is_not_sent(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "a.csv", f"{HEADER}1,cancel,,\n")
    status, __, __ = ask(
        sandbox, ["y"], folder, meanwhile=lambda: write(folder / "b.csv", f"{HEADER}2,cancel,,\n")
    )
    assert (status, updated(sandbox)) == (0, [1])


@needs_terminal
def test_what_another_run_sends_meanwhile_is_not_sent_twice(
    tmp_path: Path, open_sandbox: OpenSandbox, run_cli: RunCli
) -> None:
    """Also: no run has to wait for the answer; and with nothing to send nothing is asked."""
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n2,cancel,,\n")
    other = write(tmp_path / "b.csv", f"{HEADER}2,cancel,,\n")
    statuses: list[int] = []
    status, screen, __ = ask(
        sandbox,
        ["y"],
        sheet,
        meanwhile=lambda: statuses.append(run_cli(other, shop=sandbox).status),
    )
    assert (status, statuses) == (0, [0])
    assert re.search(r"  already updated +1\n", screen)
    assert updated(sandbox) == [1, 2]
    status, screen, __ = ask(sandbox, [], sheet)
    assert status == 0
    assert "Send?" not in screen
    assert updated(sandbox) == [1, 2]


@needs_terminal
def test_what_was_typed_before_the_question_is_no_answer(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, __, __ = ask(sandbox, ["n"], write(tmp_path / "a.csv"), typed_ahead="y\ny\n")
    assert (status, sandbox.requests) == (130, [])


@needs_terminal
def test_payments_without_an_answer_are_asked_about_too(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script({2: [Fault(drop=True)] * 4}))
    sheet = write(tmp_path / "a.csv", f"{HEADER}2,paid,2026-11-20,\n")
    words = ("--retries", "0", "--no-read-back", "--timeout", "1", "--json-lines")
    with subprocess.Popen(
        [COMMAND, sheet, *words],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as first:
        assert first.stdout is not None
        # It would ask the shop for a minute more.
        assert any(json.loads(line)["event"] == "waiting" for line in first.stdout)
        first.send_signal(signal.SIGTERM)
        first.stdout.read()
    assert first.returncode == 130
    count = len(sandbox.requests)
    status, screen, __ = ask(sandbox, ["n"], sheet)
    assert status == 130
    assert "1 payment got no answer in an earlier run: the shop is asked for it" in screen
    assert len(sandbox.requests) == count


@needs_terminal
@pytest.mark.parametrize("option", ["--json", "--json-lines", "--quiet"])
def test_the_question_is_on_the_terminal_also_if_stdout_is_for_data(
    tmp_path: Path, open_sandbox: OpenSandbox, option: str
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n")
    status, screen, data = ask(sandbox, ["y"], sheet, option, stdout=subprocess.PIPE)
    assert status == 0
    assert "1 update to myshop" in screen
    assert updated(sandbox) == [1]
    lines = {"--json": [data], "--json-lines": data.splitlines(), "--quiet": []}[option]
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert bool(lines) == bool(data)


@pytest.mark.parametrize("is_configured", [True, False])
def test_the_config_file_and_the_environment_may_say_it(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, *, is_configured: bool
) -> None:
    """A dry run sends nothing, so it asks nothing."""
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n")
    config = write(tmp_path / "c.toml", "[sending]\nask = true\n" if is_configured else "")
    config.chmod(0o600)
    if not is_configured:
        monkeypatch.setenv("BATCH_UPDATE_ASK", "yes")
    refused = run_cli(sheet, "--sandbox", "--config", config)
    assert refused.status == 2
    assert "nobody can answer here, so nothing was sent" in refused.err
    assert run_cli(sheet, "--sandbox", "--dry-run", "--config", config).status == 0
    monkeypatch.setenv("BATCH_UPDATE_ASK", "no")
    assert run_cli(sheet, "--sandbox", "--config", config).status == 0


@needs_terminal
def test_practice_asks_as_the_real_run_does(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n")
    status, screen, __ = ask(sandbox, ["y"], sheet, "--sandbox")
    assert status == 0
    assert "1 update to the sandbox, a stand-in on this machine: 1 cancel.\n" in screen
    assert (tmp_path / "a.practice.csv").exists()
    assert sandbox.requests == []


@needs_terminal
def test_the_plan_of_a_dry_run_is_held_to_before_anything_is_asked(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n")
    status, screen, __ = ask(sandbox, [], sheet, "--plan", "0123456789ab")
    assert status == 2
    assert "Send?" not in screen
    assert sandbox.requests == []


@needs_terminal
def test_the_question_is_asked_in_russian(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv")
    status, screen, __ = ask(sandbox, ["да"], sheet, "--lang", "ru", question="(да/нет) ".encode())
    assert status == 1
    assert "  не уйдёт: ошибка в строке — 1\n" in screen
    assert "3 обновления (1 оплачен, 1 возврат, 1 отмена). Магазин: myshop" in screen
    assert updated(sandbox) == [1, 2, 3]


@needs_terminal
def test_a_teams_ledger_is_looked_at_and_then_written(
    tmp_path: Path, database: str, open_sandbox: OpenSandbox
) -> None:
    set_up(database)
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv", f"{HEADER}1,cancel,,\n")
    words = (sheet, "--ledger", database)
    assert [ask(sandbox, [answer], *words)[0] for answer in ("n", "y")] == [130, 0]
    status, screen, __ = ask(sandbox, [], *words)
    assert (status, "Send?" in screen) == (0, False)
    assert updated(sandbox) == [1]
