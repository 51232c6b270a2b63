"""The examples for systemd are understood by it, and run by it on a machine of their own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import machine
from tests.conftest import KEY, LOGIN, OpenSandbox
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.integration.test_readme import ADMINISTRATION, block
from tests.machine import USER, USER_ID, Machine
from tests.posix import needs_shell
from tests.sandbox import Fault, Sandbox, Script
from tests.scheduled import EXAMPLES, ROWS, SHEET, WAREHOUSE, config_for, put_up, wait_until

RESULTS = f"{WAREHOUSE}/may.results.csv"
MOST_EXPOSED = 15
"""In tenths of what systemd gives a service without any fence."""
_SYSTEMD = shutil.which("systemd-analyze")

need_systemd = pytest.mark.skipif(_SYSTEMD is None, reason="there is no systemd here")


def in_folder(kind: str, folder: Path) -> list[Path]:
    """Copy the units of a kind to where systemd finds the programs that they start."""
    units = []
    for path in sorted((EXAMPLES / "systemd" / kind).glob("batch-update*")):
        text = re.sub(
            r"^ExecStart=\S*/batch-update ",
            "ExecStart=/bin/true ",
            path.read_text(),
            flags=re.MULTILINE,
        )
        units.append(folder / path.name)
        units[-1].write_text(text, encoding="utf-8")
    return units


@need_systemd
@pytest.mark.parametrize("kind", ["user", "system"])
def test_units_are_what_systemd_understands(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(
        [
            str(_SYSTEMD),
            "verify",
            *(["--user"] if kind == "user" else []),
            *in_folder(kind, tmp_path),
        ],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@need_systemd
def test_the_machine_s_service_may_do_little(tmp_path: Path) -> None:
    service = next(
        one for one in in_folder("system", tmp_path) if one.name == "batch-update.service"
    )
    done = subprocess.run(
        [str(_SYSTEMD), "security", "--offline=true", f"--threshold={MOST_EXPOSED}", service],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Overall exposure level" in done.stdout


def words_of(service: Path, home: Path) -> list[str]:
    """Split the command of a unit as systemd does."""
    found = re.search(r"^ExecStart=(.*)$", service.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return [word.replace("%h", str(home)) for word in shlex.split(found[1])]


@pytest.mark.skipif(os.name == "nt", reason="systemd is not of Windows")
def test_the_command_of_a_user_s_service_runs_where_no_systemd_can_be_started(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    inbox = put_up(tmp_path, sandbox)
    words = words_of(EXAMPLES / "systemd" / "user" / "batch-update.service", tmp_path)
    done = subprocess.run(
        [word.replace(WAREHOUSE, str(inbox)) for word in words],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "updated              1" in done.stdout
    assert len(sandbox.requests) == 1


@pytest.fixture
def a_machine(tmp_path: Path) -> Iterator[Machine]:
    if reason := machine.why_none():
        pytest.skip(reason)
    with Machine(tmp_path / "machine") as one:
        one.write(f"/home/{USER}/.profile", "", owner=USER_ID)
        yield one


def as_user(one: Machine, *command: str) -> str:
    """Run a command as a person; give what it says."""
    home = {"HOME": f"/home/{USER}", "USER": USER, "XDG_RUNTIME_DIR": f"/run/user/{USER_ID}"}
    done = one.run(*command, user=USER, env=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unit_state(one: Machine, *, of_user: bool) -> dict[str, str]:
    """Give what systemd knows of the service."""
    names = "ActiveState,Result,ExecMainStatus,ExecMainExitTimestampMonotonic,NRestarts"
    words = ("show", "batch-update.service", f"--property={names}")
    said = (
        as_user(one, "systemctl", "--user", *words)
        if of_user
        else one.run("systemctl", *words).stdout
    )
    return dict(line.split("=", 1) for line in said.splitlines())


def lines_of(name: str) -> list[str]:
    """Give the commands of a block of the page, one by one."""
    return block(name, ADMINISTRATION).splitlines()


def do_as_the_page_says(one: Machine, name: str) -> None:
    """Type the commands of a block, those with sudo as root and the others as a person."""
    session = one.root / f"run/user/{USER_ID}/systemd/private"
    for line in block(name, ADMINISTRATION).splitlines():
        command = line.replace("docs/examples", str(EXAMPLES))
        if command.startswith("sudo "):
            done = one.run("sh", "-c", command.removeprefix("sudo "), env={"USER": USER})
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
        else:
            if "systemctl --user" in command:
                wait_until(session.exists, "a systemd of the user")
            as_user(one, "sh", "-c", command)


def put_up_for_a_person(one: Machine, sandbox: Sandbox) -> None:
    """Give a person the program, its config file, and a warehouse."""
    home = f"/home/{USER}"
    as_user(one, "mkdir", "-p", f"{home}/.local/bin")
    as_user(one, "ln", "-s", str(COMMAND), f"{home}/.local/bin/batch-update")
    config = f"{home}/.config/batch-update/config.toml"
    one.write(config, config_for(sandbox), 0o600, USER_ID)
    one.write(SHEET, ROWS, owner=USER_ID)


def read(one: Machine, path: str) -> str:
    return (one.root / path.lstrip("/")).read_text(encoding="utf-8-sig")


def has_ended(one: Machine, *, of_user: bool) -> bool:
    """Tell whether the service has run, and is at rest."""
    state = unit_state(one, of_user=of_user)
    at_rest = state["ActiveState"] in {"inactive", "failed"}
    return at_rest and state["ExecMainExitTimestampMonotonic"] != "0"


@needs_shell
def test_a_user_s_units_run_without_a_login_as_the_page_sets_them_up(
    a_machine: Machine, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    put_up_for_a_person(a_machine, sandbox)
    # As if the last run had been two days ago, and the machine off since then.
    stamp = f"/home/{USER}/.local/share/systemd/timers/stamp-batch-update.timer"
    a_machine.write(stamp, "", owner=USER_ID)
    earlier = time.time() - timedelta(days=2).total_seconds()
    os.utime(a_machine.root / stamp.lstrip("/"), (earlier, earlier))
    do_as_the_page_says(a_machine, "user-units")

    wait_until(lambda: has_ended(a_machine, of_user=True), "the run that was missed")
    state = unit_state(a_machine, of_user=True)
    assert (state["Result"], state["ExecMainStatus"]) == ("success", "1")
    assert "status_unknown" in read(a_machine, RESULTS)
    assert len(sandbox.requests) == 1
    said = as_user(a_machine, "journalctl", "--user", "--unit", "batch-update", "--output=cat")
    assert "updated              1" in said

    shown = ("show", "batch-update.timer", "--property=NextElapseUSecRealtime", "--value")
    assert " 06:30:00 " in as_user(a_machine, "systemctl", "--user", *shown)

    as_user(a_machine, "systemctl", "--user", "start", "batch-update")
    assert len(sandbox.requests) == 1
    assert "already updated" in read(a_machine, RESULTS)


@needs_shell
def test_a_service_that_is_stopped_finishes_what_is_under_way(
    a_machine: Machine, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    put_up_for_a_person(a_machine, sandbox)
    do_as_the_page_says(a_machine, "user-units")
    as_user(a_machine, "systemctl", "--user", "start", "--no-block", "batch-update")
    wait_until(lambda: sandbox.requests, "a request")
    as_user(a_machine, "systemctl", "--user", "stop", "--no-block", "batch-update")
    log = ("journalctl", "--user", "--unit", "batch-update", "--output=cat")
    wait_until(lambda: "Stopping: what is under way" in as_user(a_machine, *log), "a word of it")
    gate.set()
    wait_until(lambda: has_ended(a_machine, of_user=True), "the end of the run")
    state = unit_state(a_machine, of_user=True)
    assert (state["Result"], state["ExecMainStatus"]) == ("exit-code", "130")
    assert [line.split(",")[2] for line in read(a_machine, RESULTS).splitlines()[1:]] == [
        "updated",
        "invalid",
    ]


@needs_shell
def test_the_machine_s_service_runs_behind_its_fences_as_the_page_sets_it_up(
    a_machine: Machine, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    put_up_for_the_machine(a_machine, sandbox)
    start = ("systemctl", "start", "batch-update")
    a_machine.run(*start)
    state = unit_state(a_machine, of_user=False)
    log = a_machine.run("journalctl", "--unit", "batch-update", "--output=cat").stdout
    assert (state["Result"], state["ExecMainStatus"]) == ("success", "1"), log
    assert "updated              1" in log, log
    assert KEY not in log
    assert "status_unknown" in read(a_machine, RESULTS)
    assert len(sandbox.requests) == 1
    ledger = a_machine.root / "var/lib/batch-update/ledger.sqlite3"
    assert ledger.stat().st_mode & 0o077 == 0
    assert a_machine.run(*start).returncode == 0
    assert len(sandbox.requests) == 1
    assert "already updated" in read(a_machine, RESULTS)
    look = re.search(r"`sudo (-u .* --runs)`", ADMINISTRATION)
    assert look
    _, user, *words = look[1].split()
    assert "may.csv" in a_machine.run(*words, user=user).stdout


@needs_shell
def test_what_the_machine_s_service_cannot_tell_itself_is_mailed_to_root(
    a_machine: Machine, open_sandbox: OpenSandbox
) -> None:
    put_up_for_the_machine(a_machine, open_sandbox())
    a_machine.run("mount", "-t", "tmpfs", "tmpfs", "/usr/local/sbin")
    a_machine.write(
        "/usr/local/sbin/mail",
        '#!/bin/sh\necho "$@" > /root/new\ncat >> /root/new\nmv /root/new /root/letter\n',
        0o755,
    )
    program, letter = "opt/batch-update/bin/batch-update", a_machine.root / "root/letter"
    (packages,) = a_machine.root.glob("opt/batch-update/lib/python*/site-packages")
    # As after an upgrade of Python, and as if it had never been installed.
    for gone, words in (
        (packages / "tests.pth", "ModuleNotFoundError"),
        (a_machine.root / program, f"{program}: not found"),
    ):
        gone.unlink()
        assert a_machine.run("systemctl", "start", "batch-update").returncode != 0
        wait_until(letter.exists, "a letter")
        first, *rest = letter.read_text().splitlines()
        assert first.startswith("-s batch-update failed on ")
        assert words in "\n".join(rest)
        letter.unlink()


def put_up_for_the_machine(one: Machine, sandbox: Sandbox) -> None:
    """Set the machine up as the page says, with a program, a key, and a warehouse."""
    one.install("/opt/batch-update")
    do_as_the_page_says(one, "system-units")
    config = read(one, "/etc/batch-update/config.toml")
    assert f'username = "{LOGIN}"\n' in config
    address = f'[account]\nbase_url = "{sandbox.base_url}"\n'
    one.write("/etc/batch-update/config.toml", config.replace("[account]\n", address))
    key = one.root / "etc/batch-update/key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text(f"{KEY}\n", encoding="utf-8")
    one.write(SHEET, ROWS)
    one.run("chown", "-R", "batch-update:", WAREHOUSE)
