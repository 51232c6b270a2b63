"""Signals outside of sending: while the program loads, finds its key, or tells people."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import KEY, OpenSandbox
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_events import events_of
from tests.integration.test_figures import figures_in
from tests.integration.test_key_sources import program
from tests.sandbox import Fault, Sandbox, Script

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are another matter there")

INTERRUPTED = "batch-update: Interrupted.\n"
EXIT_STATUS = ("batch_update_exit_status", "")
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


@pytest.fixture
def sandbox(open_sandbox: OpenSandbox) -> Sandbox:
    return open_sandbox()


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("order,status\n1,cancel\n")
    return path


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe that tells when a key command is at work."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def start(sandbox: Sandbox, *words: object, **more: str) -> subprocess.Popen[str]:
    environment = environment_for(sandbox)
    if any("SECRET_KEY" in name for name in more):
        del environment["JUSTCLICK_SECRET_KEY"]
    return subprocess.Popen(
        [COMMAND, *map(str, words)],
        env={**environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def held_command(tmp_path: Path, gate: Path) -> Path:
    """A command with a child, which tells of both of them and then waits for ever."""
    lines = (f"/bin/sh -c 'echo $$ >{gate}; exec sleep 1000' &", "wait")
    return program(tmp_path / "get", *lines)


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while is_there(pid) and time.monotonic() < until_s:
        time.sleep(0.01)
    return not is_there(pid)


@pytest.mark.parametrize("number", SIGNALS)
def test_it_ends_the_key_command_with_all_that_it_has_started(
    tmp_path: Path, gate: Path, sandbox: Sandbox, sheet: Path, number: signal.Signals
) -> None:
    figures = tmp_path / "shop.prom"
    process = start(
        sandbox,
        *(sheet, "--json-lines", "--metrics", figures),
        JUSTCLICK_SECRET_KEY_COMMAND=str(held_command(tmp_path, gate)),
    )
    child = int(gate.read_text())
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, INTERRUPTED)
    error, finished = events_of(out)
    assert (error["event"], error["code"]) == ("error", "interrupted")
    assert finished["exit_status"] == 130
    assert figures_in(figures)[EXIT_STATUS] == 130
    assert wait_until_gone(child)
    assert sandbox.requests == []


def test_what_comes_twice_at_once_counts_once(
    tmp_path: Path, gate: Path, sandbox: Sandbox, sheet: Path
) -> None:
    """As `timeout` sends it: to the program, and to its group."""
    get = held_command(tmp_path, gate)
    process = start(sandbox, sheet, "--json-lines", JUSTCLICK_SECRET_KEY_COMMAND=str(get))
    gate.read_text()
    for _again in range(2):
        process.send_signal(signal.SIGTERM)
    out, _err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert events_of(out)[-1]["exit_status"] == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("between_s", [0.12, 0.2])
def test_a_second_one_soon_after_the_first_cuts_nothing_short(
    tmp_path: Path,
    gate: Path,
    sandbox: Sandbox,
    sheet: Path,
    number: signal.Signals,
    between_s: float,
) -> None:
    figures = tmp_path / "shop.prom"
    process = start(
        sandbox,
        *(sheet, "--json-lines", "--metrics", figures),
        JUSTCLICK_SECRET_KEY_COMMAND=str(held_command(tmp_path, gate)),
    )
    child = int(gate.read_text())
    process.send_signal(number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(between_s)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, INTERRUPTED)
    assert events_of(out)[-1]["exit_status"] == 130
    assert figures_in(figures)[EXIT_STATUS] == 130
    assert wait_until_gone(child)


def signalled_at(process: subprocess.Popen[str], loaded: str, number: signal.Signals) -> list[str]:
    """Send a signal when Python tells that a module is there; return what else stderr says."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        if not line.startswith("import time:"):
            said.append(line)
        elif line.rpartition("|")[2].strip() == loaded:
            process.send_signal(number)
    return said


TELLING = {"PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("loaded", ["batch_update.cli.output", "argparse", "batch_update.cli.shop"])
def test_while_the_program_loads_it_ends_with_events_and_figures(
    tmp_path: Path, sandbox: Sandbox, sheet: Path, number: signal.Signals, loaded: str
) -> None:
    figures = tmp_path / "shop.prom"
    process = start(sandbox, sheet, "--json-lines", "--metrics", figures, **TELLING)
    said = signalled_at(process, loaded, number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (130, [INTERRUPTED])
    error, finished = events_of(out)
    assert (error["code"], finished["exit_status"]) == ("interrupted", 130)
    assert figures_in(figures)[EXIT_STATUS] == 130
    assert sandbox.requests == []


def test_before_the_first_connection_it_lets_nothing_be_sent(sandbox: Sandbox, sheet: Path) -> None:
    """The rows are checked by then, and get their results."""
    process = start(sandbox, sheet, "--json-lines", **TELLING)
    said = signalled_at(process, "requests", signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Stopping: " in "".join(said)
    assert events_of(out)[-1]["exit_status"] == 130
    assert sandbox.requests == []
    assert sheet.with_name(f"{sheet.stem}.results{sheet.suffix}").exists()


def test_the_second_one_ends_what_waits(tmp_path: Path, sandbox: Sandbox, sheet: Path) -> None:
    """Here it waits for a config file that is a pipe, where the first one changes nothing."""
    config = tmp_path / "config.toml"
    os.mkfifo(config)
    process = start(sandbox, sheet, "--json-lines", "--config", config)
    # Opened when the program reads, and open while it does.
    with config.open("wb"):
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, err) == (130, "", INTERRUPTED)


def test_a_third_one_ends_the_program_at_once_and_a_second_one_after_a_while() -> None:
    code = (
        "import os, signal, sys, threading, time\n"
        "from batch_update import signals\n"
        "signals._ENDING_S = float(sys.argv[1])\n"
        "with signals.Watched(is_whole=True):\n"
        "    for _again in range(int(sys.argv[2])):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(2 * signals._SAME_S)\n"
        "    threading.Event().wait()\n"
    )
    for ending_s, times in (("1000", "3"), ("0.5", "2"), ("0", "2")):
        command = [sys.executable, "-c", code, ending_s, times]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert (done.returncode, done.stderr) == (130, INTERRUPTED)


def test_a_message_that_nobody_takes_ends_with_it_and_the_outcome_stays(
    sandbox: Sandbox, sheet: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_S)
        address = f"json://127.0.0.1:{silent.getsockname()[1]}/hook"
        process = start(sandbox, sheet, "--json-lines", "--workers", "0", "--notify", address)
        call, _from = silent.accept()
        with call:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "Interrupted: the message may not have been delivered." in err
    assert events_of(out)[-1]["exit_status"] == 2


@pytest.mark.parametrize("is_quiet", [False, True])
def test_a_service_that_is_stopped_is_not_told_of_keys_to_press(
    tmp_path: Path, open_sandbox: OpenSandbox, sheet: Path, is_quiet: bool
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    log = tmp_path / "log"
    process = start(sandbox, sheet, "--log-file", log, *["--quiet"] * is_quiet)
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    process.send_signal(signal.SIGTERM)
    stopping = "Stopping: what is under way is finished first, then the results are written. "
    until_s = time.monotonic() + PATIENCE_S
    while stopping not in log.read_text() and time.monotonic() < until_s:
        time.sleep(0.01)
    gate.set()
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert f"{stopping}A second signal does not wait for it." in log.read_text()
    assert "Ctrl-C" not in err + log.read_text()
    assert (stopping in err) != is_quiet


def test_a_key_command_may_ask_at_the_terminal(
    tmp_path: Path, sandbox: Sandbox, sheet: Path
) -> None:
    get = program(tmp_path / "get", "printf 'Key? ' >/dev/tty", "head -n 1 </dev/tty")
    environment = environment_for(sandbox) | {"JUSTCLICK_SECRET_KEY_COMMAND": str(get)}
    del environment["JUSTCLICK_SECRET_KEY"]
    code = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    with subprocess.Popen(
        [sys.executable, "-c", code, COMMAND, sheet],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        screen = b""
        while not screen.endswith(b"Key? "):
            part = process.stdout.read(1000)
            assert part, screen
            screen += part
        process.stdin.write(f"{KEY}\n".encode())
        screen = process.stdout.read()
        assert process.wait(PATIENCE_S) == 0, screen
    assert len(sandbox.requests) == 1


def test_programs_that_use_ours_get_their_own_signals_back() -> None:
    code = (
        "import signal\n"
        "from batch_update.cli import main\n"
        "numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "before = [signal.getsignal(one) for one in numbers]\n"
        "main(['--show-settings'])\n"
        "print(before == [signal.getsignal(one) for one in numbers])\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1:] == ["True"], done.stderr
