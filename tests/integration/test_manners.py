"""The manners of the command line: help, mistakes in options, the width of messages, early ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for, read_to_end
from tests.posix import (
    fcntl,
    needs_limits,
    needs_modes,
    needs_names,
    needs_pipes,
    needs_signals,
    needs_terminal,
    pty,
    resource,
    termios,
)


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env={**os.environ, **more},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


def run_in_a_terminal(columns: int, *arguments: str) -> tuple[int, list[str]]:
    """Give the exit status, and the lines on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # Named, since the system's own environment may hold what readline told it of another terminal.
    process = subprocess.Popen(
        [COMMAND, *arguments], env=os.environ, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    screen = read_to_end(ours).decode()
    os.close(ours)
    return process.wait(PATIENCE_S), screen.replace("\r\n", "\n").splitlines()


@needs_signals
@pytest.mark.parametrize(
    "loaded",
    ["contextlib", "argparse", "batch_update.cli.output", "batch_update.settings.options"],
)
def test_ctrl_c_while_the_program_loads_is_one_line(tmp_path: Path, loaded: str) -> None:
    """With a run, which loads most; Python tells of each module when it is there."""
    sheet = tmp_path / "a.csv"
    sheet.write_text("order,status\n1,cancel\n")
    check_early_ctrl_c(loaded, str(sheet), "--sandbox")


@needs_signals
@pytest.mark.parametrize(
    "loaded", ["batch_update.settings.config", "xlsxwriter", "batch_update.cli.shop"]
)
def test_ctrl_c_while_a_run_loads_is_one_line(tmp_path: Path, loaded: str) -> None:
    sheet = tmp_path / "a.csv"
    sheet.write_text("order,status\n1,cancel\n")
    check_early_ctrl_c(loaded, str(sheet), "--sandbox")


def check_early_ctrl_c(loaded: str, *arguments: str) -> None:
    with subprocess.Popen(
        [COMMAND, *arguments],
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            if line.startswith("import time:"):
                if line.rpartition("|")[2].strip() == loaded:
                    process.send_signal(signal.SIGINT)
            else:
                said.append(line)
        assert (process.wait(PATIENCE_S), said) == (130, ["batch-update: Interrupted.\n"])


@needs_pipes
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 2, "What was asked for could not be printed: no space left on device."),
        (["--version"], 2, "What was asked for could not be printed: no space left on device."),
        (["--show-settings"], 2, "What was asked for could not be printed"),
        (["a.csv", "--sandbox"], 1, "What the run has to say could not be printed"),
        (["a.csv", "--sandbox", "--json"], 1, "Read the results file"),
        (["wrong.csv", "--sandbox", "--strict"], 1, "Read the results file"),
    ],
    ids=str,
)
def test_a_full_disk_behind_the_output_is_one_line_and_no_success(
    tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    (tmp_path / "a.csv").write_text("order,status\n1,cancel\n")
    (tmp_path / "wrong.csv").write_text("order,status\n1,cancel\n1,paid\n")
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 a device, not a path
        done = subprocess.run(
            [COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == status
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--show-settings"]], ids=str)
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(
            [COMMAND, *arguments], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


@needs_terminal
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_fits_the_terminal_and_has_three_examples(columns: int) -> None:
    status, lines = run_in_a_terminal(columns, "--help")
    assert status == 0
    assert max(map(len, lines)) < columns
    told = "\n".join(lines).partition("examples:\n")[2]
    assert len(re.findall("^  batch-update ", told, re.MULTILINE)) == 3
    assert not [line for line in lines if re.search(r"-\w*-$", line)]


def test_help_helps_unless_there_is_such_a_file(tmp_path: Path) -> None:
    done = run("help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("--help").stdout
    (tmp_path / "help").write_text("order,status\n1,cancel\n")
    assert "help (csv in" in run("help", "--dry-run").stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--dryrun", "--dry-run"),
        ("--dry_run", "--dry-run"),
        ("-dry-run", "--dry-run"),
        ("\N{EM DASH}dry-run", "--dry-run"),
        ("--halp", "--help"),
        ("--worker=2", "--workers"),
        ("--logfile", "--log-file"),
    ],
)
def test_an_option_with_a_slip_is_answered_with_the_one_that_is_meant(
    run_cli: RunCli, typed: str, meant: str
) -> None:
    done = run_cli("a.csv", typed)
    name = typed.partition("=")[0]
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"batch-update: unrecognized arguments: {name}. Did you mean {meant}? "
        "See: batch-update --help\n"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["sandbox"], "--sandbox"),
        (["dry-run"], "--dry-run"),
        (["/dry-run"], "--dry-run"),
        (["dryrun"], "--dry-run"),
        (["help"], "--help"),
        (["--", "--sandbox"], "--sandbox"),
    ],
    ids=" ".join,
)
def test_an_option_without_its_dashes_sends_nothing(
    run_cli: RunCli,
    tmp_path: Path,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    meant: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("order,status\n1,cancel\n")
    shop = open_sandbox()
    done = run_cli("s.csv", *typed, shop=shop)
    assert (done.status, shop.requests) == (2, [])
    assert done.err == (
        f"batch-update: {typed[-1]}: there is no such file. Did you mean {meant}? "
        "Nothing was sent.\n"
    )
    assert not (tmp_path / "s.results.csv").exists()


def test_a_folder_that_is_away_is_not_called_a_file(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("order,status\n1,cancel\n")
    shop = open_sandbox()
    words = "there is no such file or folder. Check the name, and whether its disk or network share"
    done = run_cli("share/inbox", shop=shop)
    assert (done.status, done.err) == (
        2,
        f"batch-update: share/inbox: {words} is connected.\n",
    )
    done = run_cli("s.csv", "share/27.11", shop=shop)
    assert (done.status, done.err) == (
        2,
        f"batch-update: share/27.11: {words} is connected. "
        "Nothing was sent, of the other files neither.\n",
    )
    assert shop.requests == []


def test_no_file_is_sent_if_another_one_is_missing(
    run_cli: RunCli, tmp_path: Path, open_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("order,status\n1,cancel\n")
    shop = open_sandbox()
    done = run_cli("s.csv", "may.csv", shop=shop)
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "batch-update: may.csv: there is no such file. Check the name. "
        "Nothing was sent, of the other files neither.\n"
    )
    done = run_cli("may.csv", "s.csv", "june.csv", "--log-file", "day.log", shop=shop)
    assert done.status == 2
    assert "may.csv, june.csv: there are no such files. Check the names." in done.err
    assert "june.csv: there are no such files." in (tmp_path / "day.log").read_text("utf-8")
    done = run_cli("s.csv", "may.csv", "--json", shop=shop)
    first, second = (file["error"] for file in json.loads(done.out)["files"])
    assert first == "s.csv was not begun, because another file is missing."
    assert second.startswith("may.csv: there is no such file.")
    assert shop.requests == []
    (tmp_path / "sandbox").write_text("order,status\n2,cancel\n")
    assert run_cli("s.csv", "sandbox", shop=shop).status == 0
    assert len(shop.requests) == 2


@needs_pipes
def test_reasons_of_the_system_are_in_the_language_of_the_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("order,status\n1,cancel\n")
    told = {
        ("--log-file", "none/x.log"): "нет такого файла или папки",
        ("--output", f"{'x' * 300}.csv"): "слишком длинное имя файла",
        ("--log-file", "/dev/full"): "на диске нет места",
        ("--config", "."): "это папка",
    }
    for words, reason in told.items():
        done = run("a.csv", "--sandbox", "--lang", "ru", *words)
        assert f": {reason}" in done.stderr, done
        assert not re.search("no such|too long|no space|directory", done.stderr)


PLACES = ("--output", "--failures", "--log-file", "--move-done", "--metrics", "--ledger")


@pytest.mark.parametrize("option", PLACES)
@pytest.mark.parametrize(
    "kind",
    [
        # Windows calls a name that is too long by other words, and closes folders by a list.
        pytest.param("name too long", marks=needs_names),
        "no such user",
        pytest.param("closed folder", marks=needs_modes),
    ],
)
def test_a_place_that_cannot_be_looked_at_is_one_line(
    tmp_path: Path, open_sandbox: OpenSandbox, option: str, kind: str
) -> None:
    (tmp_path / "a.csv").write_text("order,status\n1,cancel\n")
    closed = tmp_path / "closed"
    closed.mkdir()
    place, reason = {
        "name too long": (f"{'x' * 300}.prom", "file name too long"),
        "no such user": ("~nobody-of-that-name/x.prom", "there is no user of that name"),
        "closed folder": (f"{closed}/x.prom", "permission denied"),
    }[kind]
    words = [str(COMMAND), "a.csv", option, place]
    if kind == "closed folder":
        words = as_a_guest(closed, words)
    sandbox = open_sandbox()
    done = subprocess.run(
        words,
        env=environment_for(sandbox),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert reason in done.stderr
    assert sandbox.requests == []


def as_a_guest(closed: Path, words: list[str]) -> list[str]:
    """Close a folder to whoever runs a command, root too."""
    if os.geteuid():
        closed.chmod(0)
        return words
    if not shutil.which("setpriv"):
        pytest.skip("root may do all")
    os.chown(closed, 1, 1)
    closed.chmod(0o700)
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]


def test_an_empty_ledger_is_not_called_whole(run_cli: RunCli, tmp_path: Path) -> None:
    ledger = tmp_path / "l.sqlite3"
    ledger.touch()
    done = run_cli("--check-ledger", "--ledger", ledger)
    assert (done.status, done.out) == (2, "")
    assert "l.sqlite3 is empty: it does not know what was sent before." in done.err
    assert ledger.stat().st_size == 0


def test_days_in_the_wrong_order_are_refused(run_cli: RunCli, tmp_path: Path) -> None:
    days = ["--since", "2026-11-28", "--until", "2026-11-01"]
    for question in (["--report", tmp_path / "r.xlsx"], ["--runs"]):
        done = run_cli(*question, *days)
        assert (done.status, done.out) == (2, "")
        assert done.err == (
            "batch-update: --since 2026-11-28 is after --until 2026-11-01: exchange the two days.\n"
        )


def test_nothing_is_meant_by_a_word_like_no_option(run_cli: RunCli) -> None:
    done = run_cli("a.csv", "--zzz")
    assert done.err == ("batch-update: unrecognized arguments: --zzz. See: batch-update --help\n")


@pytest.mark.parametrize(
    "twice",
    [
        ["--profile", "a", "--profile", "b"],
        ["--output", "a.csv", "--output=b.csv"],
        ["--status", "sent", "--status", "sent"],
        ["--wait", "--wait", "5"],
    ],
    ids=" ".join,
)
def test_an_option_of_one_value_that_is_given_twice_is_refused(
    run_cli: RunCli, twice: list[str]
) -> None:
    done = run_cli("a.csv", *twice)
    assert done.status == 2
    assert done.err == (
        f"batch-update: {twice[0]} is given twice, and only one can count. Write it once.\n"
    )


@needs_terminal
def test_errors_are_as_wide_as_the_terminal_and_one_line_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "May and June"
    folder.mkdir()
    sheet = folder / "a b.csv"
    arguments = [str(sheet), "--output", f"{folder}/x.csv", "--sandbox", "--ledger", "l.sqlite3"]
    sheet.write_text("order,status\n1,cancel\n")
    whole = run(*arguments)
    assert whole.stderr.count("\n") == 1
    status, lines = run_in_a_terminal(40, *arguments)
    assert status == whole.returncode == 2
    assert " ".join(lines) == whole.stderr.strip()
    assert len(lines) > 2
    assert max(map(len, lines)) < 40
    sheet.unlink()
    name = os.path.relpath(sheet)
    status, lines = run_in_a_terminal(len(str(sheet)) + 20, str(sheet))
    assert status == 2
    assert any(str(sheet) in line for line in lines), (lines, name)


@needs_names
def test_json_keeps_cyrillic_and_lets_through_nothing_that_a_terminal_obeys(
    tmp_path: Path,
) -> None:
    sheet = tmp_path / "день \x1b[2J\u202e\u200b\xa0\x85.csv"
    sheet.write_text("заказ,статус\n1,Вручён\n", encoding="utf-8")
    words = ["--dry-run", "--json", str(sheet)]
    done = run(*words, PYTHONUTF8="1")
    assert done.returncode == 1
    assert r"/день \u001b[2J\u202e\u200b\u00a0\u0085.csv" in done.stdout
    assert "Вручён" in done.stdout
    assert done.stdout.replace("\n", "").isprintable()
    said = json.loads(done.stdout)
    assert said["files"][0]["file"] == str(sheet)
    assert said["files"][0]["unknown_statuses"] == [{"word": "Вручён", "count": 1}]
    for encoding in ("cp1251", "ascii", "utf-8"):
        other = subprocess.run(
            [COMMAND, *words],
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        again = json.loads(other.stdout.decode("utf-8"))
        assert again == said
        assert other.stdout.isascii() == (encoding != "utf-8")


@needs_limits
def test_a_full_folder_of_temporary_files_is_named_and_left_empty(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    """With a limit on the size of files: a sheet's parts reach it, packed they would not."""
    rows = (f"{n},cancel,{'long ' * 6_000}" for n in range(1, 51))
    (tmp_path / "day.csv").write_text("\n".join(["order,status,note", *rows]), encoding="utf-8")
    folder = tmp_path / "temporary"
    folder.mkdir()
    sandbox = open_sandbox()
    words = ["day.csv", "--output", "o.xlsx"]
    done = subprocess.run(
        [COMMAND, *words],
        env={**environment_for(sandbox), "TMPDIR": str(folder)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000,) * 2),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "batch-update: The results could not be written, since their parts do not fit into the "
        f"folder of temporary files, {folder}: file too large. Make room there, or name another "
        "folder by TMPDIR. What was sent is noted: run the same command again then; it writes the "
        "results and sends nothing twice.\n"
    )
    assert done.stdout.count(": updated\n") == 50
    assert list(folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["day.csv"]
    again = run(*words, **environment_for(sandbox))
    assert again.returncode == 0
    assert len(sandbox.requests) == 50
