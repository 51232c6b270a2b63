"""The window in which sheets are sent that were dropped on an icon."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from batch_update.cli import commands, icon_words, window
from batch_update.settings.defaults import default_path
from batch_update.settings.options import OPTIONS
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_ask import updated
from tests.integration.test_end_to_end import PATIENCE_S, environment_for
from tests.integration.test_first_run import wait_until_asleep
from tests.integration.test_ledger import IN_A_TERMINAL
from tests.posix import needs_terminal, pty

ROOT = Path(__file__).parents[2]
NAME = "Заказы a&b №1.xlsx"
CLOSE = "Press Enter to close this window."
QUESTIONS = ("(y/n) ", "(да/нет) ", ": ", "window.", "окно.")
OPENED = "opened "
SHEET = "order,status,date,rpo\n1,cancel,,\n2,paid,2026-11-20,\n3,return,,\n"
CODE = f"""
import sys
from pathlib import Path
from batch_update.cli import window
sys.exit(window.show(sys.argv[1:], lambda path: print("{OPENED}" + Path(path).name, flush=True)))
"""


def write(path: Path, text: str = SHEET) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def drop(
    answers: Sequence[str], *words: str | Path, environment: dict[str, str] | None = None
) -> tuple[int, str]:
    """Drop files on the icon, and answer what is asked; give exit status and screen."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, sys.executable, "-c", CODE, *words],
        env={**os.environ, "BATCH_UPDATE_NO_PROGRESS": "yes", **(environment or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    left, screen, seen = list(answers), "", b""
    # A question that nobody here foresaw must not be waited on for ever.
    patience = threading.Timer(PATIENCE_S, run.kill)
    patience.start()
    with open(ours, "r+b", buffering=0) as terminal, contextlib.suppress(OSError):  # noqa: PTH123 a descriptor
        while chunk := terminal.read(4096):
            seen += chunk
            screen = seen.decode(errors="replace").replace("\r\n", "\n")
            if left and screen.endswith(QUESTIONS):
                wait_until_asleep(run.pid)
                terminal.write(f"{left.pop(0)}\n".encode())
    patience.cancel()
    status = run.wait(PATIENCE_S)
    assert left == [], screen
    return status, screen


@needs_terminal
def test_practice_asks_opens_the_results_and_stays_open(tmp_path: Path) -> None:
    sheet = Path(shutil.copy(ROOT / "samples" / "shipments.xlsx", tmp_path / NAME))
    status, screen = drop(["y", ""], "--sandbox", sheet)
    assert status == 1, screen
    results = sheet.with_name("Заказы a&b №1.practice.xlsx")
    assert results.exists()
    assert f"{OPENED}{results.name}\n" in screen
    assert CLOSE in screen.rpartition(OPENED)[2]
    # Who has never seen a terminal is told of the icon.
    end = " ".join(screen.rpartition("This was practice.")[2].partition(OPENED)[0].split())
    assert end.startswith("To send the sheet, when its rows are right: drop ")
    assert end.endswith(f'{NAME} on the icon "Send sheets to the shop".')
    assert "batch-update " not in screen


@needs_terminal
def test_sheets_and_a_folder_are_sent_after_one_yes(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    folder = tmp_path / "На отправку"
    folder.mkdir()
    write(folder / "один & два.csv", "order,status,date,rpo\n11,cancel,,\n")
    sheet = write(tmp_path / "a&b.csv")
    status, screen = drop(["да", ""], sheet, folder, environment=environment_for(sandbox))
    assert status == 0, screen
    assert updated(sandbox) == [1, 2, 3, 11]
    assert screen.count(OPENED) == 2


@needs_terminal
def test_without_a_yes_nothing_is_sent_or_opened_and_the_window_stays(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv")
    status, screen = drop(["n", ""], sheet, environment=environment_for(sandbox))
    assert status == 130, screen
    assert updated(sandbox) == []
    assert OPENED not in screen
    assert CLOSE in screen


@needs_terminal
def test_a_sheet_is_asked_for_and_may_be_dragged_into_the_window(tmp_path: Path) -> None:
    sheet = write(tmp_path / "a b.csv")
    status, screen = drop([f'"{sheet}"', "y", ""], "--sandbox")
    assert status == 0, screen
    assert f"{OPENED}a b.practice" in screen


@needs_terminal
def test_no_sheet_at_all() -> None:
    status, screen = drop(["", ""], "--sandbox")
    assert status == 2
    assert "No sheet was named, so nothing was sent." in screen


@needs_terminal
def test_the_first_time_login_and_key_are_asked_for(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "a.csv")
    status, screen = drop([LOGIN, sandbox.base_url, KEY, "", "y", ""], sheet)
    assert status == 0, screen
    assert default_path().exists()
    assert "the same file, which only you can read.\n" in screen
    assert "Now run" not in screen
    assert updated(sandbox) == [1, 2, 3]
    # The second time they are known.
    status, screen = drop([""], sheet)
    assert status == 0, screen
    assert "Login" not in screen
    assert updated(sandbox) == [1, 2, 3]


@needs_terminal
def test_a_login_that_is_not_given_leaves_the_window_open_and_sends_nothing(
    tmp_path: Path,
) -> None:
    status, screen = drop(["a b"] * 5 + [""], write(tmp_path / "a.csv"))
    assert status == 2, screen
    assert "which is no login" in screen
    assert CLOSE in screen
    assert "(y/n)" not in screen


@needs_terminal
def test_what_is_wrong_with_the_settings_is_said_in_the_window(tmp_path: Path) -> None:
    default_path().parent.mkdir(parents=True, exist_ok=True)
    default_path().write_text("[account\n", encoding="utf-8")
    status, screen = drop([""], write(tmp_path / "a.csv"))
    assert status == 2
    assert "config.toml" in screen
    assert "Login" not in screen


@needs_terminal
def test_the_window_speaks_russian(tmp_path: Path) -> None:
    sheet = write(tmp_path / "a.csv")
    status, screen = drop(["д", ""], "--sandbox", "--lang", "ru", sheet)
    assert status == 0, screen
    assert "перетащите a.csv на значок «Отправить таблицы в магазин»." in " ".join(screen.split())
    assert screen.endswith("Нажмите Enter, чтобы закрыть окно.\n")


def opener(opened: list[Path], fails: bool = False) -> Callable[[Path], None]:
    def open_file(path: Path) -> None:
        if fails:
            raise OSError(1155, "no program")
        opened.append(path)

    return open_file


def test_of_many_results_the_folders_are_opened(tmp_path: Path) -> None:
    opened: list[Path] = []
    results = [tmp_path / folder / name for folder in "ab" for name in ("1.xlsx", "2.xlsx")]
    window._open(results[:3], opener(opened))
    assert opened == results[:3]
    opened.clear()
    window._open(results, opener(opened))
    assert opened == [tmp_path / "a", tmp_path / "b"]


def test_results_that_windows_does_not_open_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window._open([tmp_path / "a.xlsx"], opener([], fails=True))
    assert f"Open {tmp_path / 'a.xlsx'} yourself: Windows did not." in capsys.readouterr().err


def test_where_nobody_can_answer_nothing_is_sent_and_nothing_waited_for(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    done = subprocess.run(
        [sys.executable, "-m", "batch_update.cli.window", write(tmp_path / "a.csv")],
        env=environment_for(sandbox),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert b"nobody can answer here" in done.stderr
    assert CLOSE.encode() not in done.stderr
    assert updated(sandbox) == []


def test_advice_that_names_options_says_where_the_config_file_has_them(
    tmp_path: Path, run_cli: RunCli
) -> None:
    sheet = write(tmp_path / "day.csv", "order,status,date\n1,paid,03/04/2026\n")
    typed = run_cli(sheet, "--dry-run")
    assert "say --day-first or --month-first." in " ".join(typed.out.split())
    assert "[dates]" not in typed.out
    with commands.by_icons():
        run = run_cli(sheet, "--dry-run")
    assert str(default_path()) in run.out
    (line,) = re.findall(r"^  --day-first: (.*)$", run.out, re.MULTILINE)
    default_path().parent.mkdir(parents=True, exist_ok=True)
    default_path().write_text(line.replace("] ", "]\n"), encoding="utf-8")
    assert run_cli(sheet, "--dry-run").status == 0


def test_each_option_is_a_setting_that_the_config_file_knows(
    tmp_path: Path, run_cli: RunCli
) -> None:
    config = tmp_path / "shop.toml"
    for option in OPTIONS:
        for line in icon_words.settings_for([option.flag], config)[1:]:
            setting = line.partition(": ")[2].replace("FIELD", "bill_id")
            config.write_text(setting.replace("] ", "]\n"), encoding="utf-8")
            said = run_cli("--show-settings", "--config", config).err
            assert "is not known" not in said, said
