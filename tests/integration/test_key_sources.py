"""The secret key where services keep it: in a file, a credential of systemd, behind a command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batch_update.errors import SettingsError
from batch_update.settings import key_command
from batch_update.settings.key_command import find_key, split_command
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.posix import needs_pipes, needs_shell
from tests.receivers import open_hook
from tests.sandbox import Sandbox
from tests.unit.test_reader import HEADER, rows_of, write_book

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs and rights of POSIX")

FILE, COMMAND = "JUSTCLICK_SECRET_KEY_FILE", "JUSTCLICK_SECRET_KEY_COMMAND"
COMMAND_LINE = [sys.executable, "-m", "batch_update"]
WRONG = "Another Rare Key 5b4a39281706"


@pytest.fixture
def sandbox(open_sandbox: OpenSandbox) -> Sandbox:
    return open_sandbox()


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return write_book(tmp_path / "day.xlsx", rows_of(HEADER, (5, "cancel")))


@pytest.fixture(autouse=True)
def _shop(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
    monkeypatch.setenv("JUSTCLICK_BASE_URL", sandbox.base_url)


def keep(path: Path, content: bytes | str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def program(path: Path, *lines: str) -> Path:
    return keep(path, "\n".join(["#!/bin/sh", *lines, ""]), 0o700)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(KEY.encode(), id="bare"),
        pytest.param(f"  {KEY}\r\n\r\n".encode(), id="blanks"),
        pytest.param(b"\xef\xbb\xbf" + KEY.encode() + b"\r\n", id="notepad"),
        pytest.param(f"{KEY}\r\n".encode("utf-16"), id="powershell"),
    ],
)
def test_a_file_holds_the_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sandbox: Sandbox,
    sheet: Path,
    content: bytes,
) -> None:
    monkeypatch.setenv(FILE, str(keep(tmp_path / "key", content)))
    assert run_cli(sheet).status == 0
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        pytest.param("", 0o600, r"the file \S+key is empty", id="empty"),
        pytest.param(" \n", 0o600, r"the file \S+key is empty", id="blank"),
        pytest.param(f"{KEY}\n{WRONG}\n", 0o600, "has several lines", id="two-lines"),
        pytest.param(b"\xff" + KEY.encode(), 0o600, "is no text in UTF-8", id="no-text"),
        pytest.param(KEY * 5_000, 0o600, "or too long", id="long"),
        pytest.param(KEY, 0o640, r"others can read or change it.*: chmod 600 \S+key", id="group"),
        pytest.param(KEY, 0o602, "others can read or change it", id="others"),
    ],
)
def test_a_file_that_is_no_safe_place_or_no_key_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sandbox: Sandbox,
    sheet: Path,
    content: bytes | str,
    mode: int,
    words: str,
) -> None:
    monkeypatch.setenv(FILE, str(keep(tmp_path / "key", content, mode)))
    run = run_cli(sheet)
    assert run.status == 2
    assert re.search(words, run.err), run.err
    assert run.err.startswith(f"batch-update: {FILE}: ")
    assert KEY not in run.err + run.out
    assert sandbox.requests == []


def test_a_key_in_place_of_the_files_name_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    for variable in (FILE, COMMAND):
        monkeypatch.setenv(variable, KEY)
        run = run_cli(sheet)
        assert (run.status, variable in run.err, KEY in run.err) == (2, True, False)
        assert KEY not in run_cli("--show-settings").out or variable == FILE
        monkeypatch.delenv(variable)


@needs_pipes
def test_a_pipe_is_no_place_for_a_key_and_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    monkeypatch.setenv(FILE, str(tmp_path / "pipe"))
    run = run_cli(sheet)
    assert (run.status, "is no plain file" in run.err) == (2, True)
    monkeypatch.setenv(FILE, str(tmp_path / "nowhere"))
    run = run_cli(sheet)
    assert (run.status, "no such file" in run.err.lower()) == (2, True)


def test_what_others_may_replace_holds_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    path = keep(tmp_path / "open" / "key", KEY)
    path.parent.chmod(0o777)
    monkeypatch.setenv(FILE, str(path))
    run = run_cli(sheet)
    assert (run.status, "can be replaced by others" in run.err) == (2, True)
    if os.geteuid() == 0:
        path.parent.chmod(0o700)
        os.chown(path, 65_534, 65_534)
        assert "is another user's" in run_cli(sheet).err


def test_systemd_keeps_the_key_of_each_profile(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    sandbox: Sandbox,
    sheet: Path,
) -> None:
    """Its files are shown as the group's, by the list of rights that systemd gives them."""
    folder = tmp_path / "credentials"
    keep(folder / "justclick-secret-key", f"{KEY}\n", 0o440)
    keep(folder / "justclick-secret-key.second", f"{WRONG}\n", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    second = open_sandbox(secret_key=WRONG)
    config = keep(
        tmp_path / "c.toml",
        f'[profiles.second.account]\nusername = "{LOGIN}"\nbase_url = "{second.base_url}"\n'
        f'[profiles.third.account]\nusername = "{LOGIN}"\nbase_url = "{second.base_url}"\n'
        f'[profiles."../credentials/justclick-secret-key".account]\nusername = "{LOGIN}"\n',
    )
    assert run_cli(sheet, "--config", config).status == 0
    assert run_cli(sheet, "--config", config, "--profile", "second").status == 0
    assert (len(sandbox.requests), len(second.requests)) == (1, 1)
    run = run_cli(sheet, "--config", config, "--profile", "third")
    assert (run.status, "JUSTCLICK_SECRET_KEY not set" in run.err) == (2, True)
    sought = f"The credentials of systemd, in {folder}, have no justclick-secret-key.third"
    assert sought in run.err
    odd = "../credentials/justclick-secret-key"
    assert run_cli(sheet, "--config", config, "--profile", odd).status == 2


def test_a_credential_that_cannot_be_looked_up_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    # No file's name is as long.
    profile = "p" * 300
    config = keep(tmp_path / "config.toml", f"[profiles.{profile}.account]\nusername = 'x'\n")
    run = run_cli(sheet, "--config", config, "--profile", profile)
    assert (run.status, "JUSTCLICK_SECRET_KEY not set" in run.err) == (2, True)


@needs_shell
def test_a_command_prints_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sandbox: Sandbox, sheet: Path
) -> None:
    pass_ = program(tmp_path / "bin" / "my pass", 'echo "$2"; echo "login: me"; echo "$#" >&2')
    monkeypatch.setenv("PATH", f"{pass_.parent}:{os.environ['PATH']}")
    monkeypatch.setenv(COMMAND, f"'my pass' show \"{KEY}\" $HOME `id`")
    run = run_cli(sheet)
    assert (run.status, run.err) == (0, "")
    monkeypatch.delenv(COMMAND)
    assert run_cli(sheet, "--secret-key-command", f"'{pass_}' show {KEY}", "--force").status == 0
    config = keep(
        tmp_path / "c.toml",
        f'[account]\nusername = "{LOGIN}"\nsecret_key_command = "\'{pass_}\' show {KEY}"\n',
    )
    assert run_cli(sheet, "--config", config, "--force").status == 0
    assert len(sandbox.requests) == 3


@needs_shell
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param([f"echo {KEY}; exit 3"], "ended with exit status 3", id="fails"),
        pytest.param([f"echo {KEY} >&2; exit 1"], "ended with exit status 1", id="tells"),
        pytest.param(["kill -9 $$"], "was ended by signal 9", id="killed"),
        pytest.param(["true"], "did not print the secret key", id="silent"),
        pytest.param(["echo", f"echo {KEY}"], "did not print the secret key", id="second-line"),
        pytest.param([f"printf '\\377{KEY}'"], "did not print the secret key", id="no-text"),
        pytest.param([f"yes {KEY} | tr -d '\\n'"], "ended with exit status", id="endless"),
    ],
)
def test_a_command_that_gives_no_key_is_told_without_what_it_prints(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    sheet: Path,
    lines: list[str],
    words: str,
) -> None:
    monkeypatch.setenv(COMMAND, f"{program(tmp_path / 'get', *lines)} {WRONG}")
    command = [*COMMAND_LINE, str(sheet), "--log-file", "log"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert run.returncode == 2
    assert words in run.stderr
    assert "/get" in run.stderr
    assert not any(secret in run.stderr + run.stdout for secret in (KEY, WRONG))
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-program-here x", "there is no program"),
        ("./day.xlsx", "day.xlsx may not be run by this user. Let its owner make it executable"),
        ("pass 'show", "a quote of the command is not closed"),
        ("", "--secret-key-command is empty."),
        ("  ", "--secret-key-command is empty."),
    ],
)
def test_a_command_that_cannot_be_run_is_told(
    run_cli: RunCli, sheet: Path, command: str, words: str
) -> None:
    run = run_cli(sheet, "--secret-key-command", command)
    assert (run.status, words in run.err) == (2, True), run.err
    assert run.err.startswith("batch-update: --secret-key-command")


@pytest.mark.parametrize("place", ["argument", "environment", "config"])
@pytest.mark.parametrize(
    ("flag", "table"), [("--move-done", "files"), ("--secret-key-command", "account")]
)
def test_an_empty_value_is_a_variable_that_was_not_set(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sandbox: Sandbox,
    sheet: Path,
    place: str,
    flag: str,
    table: str,
) -> None:
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    name = flag.removeprefix("--").replace("-", "_")
    words: list[object] = [sheet]
    if place == "argument":
        words += [flag, ""]
    elif place == "environment":
        name = COMMAND if table == "account" else f"BATCH_UPDATE_{name.upper()}"
        monkeypatch.setenv(name, " ")
    else:
        words += ["--config", keep(tmp_path / "c.toml", f'[{table}]\n{name} = ""\n')]
    run = run_cli(*words)
    assert (run.status, sandbox.requests) == (2, [])
    assert (flag if place == "argument" else name) in run.err
    assert "is empty. Write what is meant, or leave it out. Nothing was sent." in run.err


@pytest.mark.parametrize("sign", ["\0", "\t", "\n", "\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}"])
@pytest.mark.parametrize("place", ["file", "command", "config"])
def test_a_key_with_a_sign_that_nobody_sees_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sandbox: Sandbox,
    sheet: Path,
    place: str,
    sign: str,
) -> None:
    file = keep(tmp_path / "key", f"{KEY[:9]}{sign}{KEY[9:]}")
    words: list[object] = [sheet]
    if place == "config":
        escaped = f"{KEY[:9]}\\u{ord(sign):04x}{KEY[9:]}"
        words += ["--config", keep(tmp_path / "c.toml", f'[account]\nsecret_key = "{escaped}"\n')]
    else:
        command = f"cat {file}"
        monkeypatch.setenv(*((FILE, str(file)) if place == "file" else (COMMAND, command)))
    run = run_cli(*words)
    if (place, sign) == ("command", "\n"):
        # Its first line is the key, and the shop says that it is wrong.
        assert run.status == 3
        return
    assert (run.status, sandbox.requests) == (2, [])
    assert "has several lines" in run.err or "a sign in it that cannot be seen" in run.err
    assert KEY[9:] not in run.err


@needs_shell
def test_a_program_in_the_current_folder_is_not_found_by_its_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    program(tmp_path / "pass", f"echo {KEY}")
    monkeypatch.setenv("PATH", ":/nowhere")
    assert "there is no program" in run_cli(sheet, "--secret-key-command", "pass").err
    assert run_cli(sheet, "--secret-key-command", "./pass").status == 0


@needs_shell
def test_a_command_that_hangs_is_stopped(tmp_path: Path) -> None:
    hung = program(tmp_path / "hung", "exec sleep 60")
    begun = time.monotonic()
    with pytest.raises(SettingsError, match=r"X: .*hung.* was not done after 0\.2 s"):
        find_key([str(hung)], "X", patience_s=0.2)
    assert time.monotonic() - begun < 4


def test_a_command_that_leaves_a_program_behind_is_done_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    """As one that starts an agent: that has the pipe, and is let live."""
    agent = tmp_path / "agent"
    lines = (f"sleep 600 & echo $! >{agent}", f"echo {KEY}")
    monkeypatch.setenv(COMMAND, str(program(tmp_path / "get", *lines)))
    begun = time.monotonic()
    run = run_cli(sheet)
    assert time.monotonic() - begun < 30
    os.kill(int(agent.read_text()), signal.SIGKILL)
    assert (run.status, run.err) == (0, "")
    # What comes of it later, or nothing at all, is no key.
    monkeypatch.setenv(COMMAND, str(program(tmp_path / "left", "(sleep 1; echo late) & exit 0")))
    assert "did not print the secret key" in run_cli(sheet).err


@pytest.mark.parametrize(
    ("text", "is_windows", "words"),
    [
        ("pass show 'my shop'", False, ["pass", "show", "my shop"]),
        (r"a\ b \"c", False, ["a b", '"c']),
        ("get # shop", False, ["get", "#", "shop"]),
        (
            r'"C:\Program Files\kp.exe" -p "my shop"',
            True,
            [r"C:\Program Files\kp.exe", "-p", "my shop"],
        ),
        (r"C:\tools\get.exe d'or", True, [r"C:\tools\get.exe", "d'or"]),
        (" ", True, []),
        ('"open', True, None),
        ("'open", False, None),
    ],
)
def test_a_command_is_split_as_the_system_does(
    text: str, is_windows: bool, words: list[str] | None
) -> None:
    assert split_command(text, is_windows=is_windows) == words


@needs_shell
def test_the_key_is_not_asked_for_where_none_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv(COMMAND, str(program(tmp_path / "get", f"echo x >>{trace}", f"echo {KEY}")))
    assert run_cli(sheet, "--dry-run").status == 0
    assert run_cli("--show-settings").status == 0
    assert run_cli(sheet, "--sandbox").status == 0
    assert not trace.exists()
    assert run_cli("--runs").status == 2  # There is no ledger yet.
    assert run_cli(sheet).status == 0
    assert trace.read_text() == "x\n"


def test_the_nearest_place_of_a_key_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sheet: Path
) -> None:
    """Each place in turn has the right key, while those that come after it have wrong ones."""
    wrong = keep(tmp_path / "wrong", WRONG)
    right = keep(tmp_path / "right", KEY)
    config = keep(tmp_path / "c.toml", f'[account]\nsecret_key_file = "{right}"\n')
    force = [sheet, "--config", config, "--force"]

    def source() -> str:
        lines = run_cli("--show-settings", "--config", config).out.splitlines()
        found = dict(re.split("  +", line)[::2] for line in lines if line.startswith("secret_key "))
        return found["secret_key"]

    assert run_cli(*force).status == 0
    assert source() == "(file)"
    keep(config, f'[account]\nsecret_key = "{WRONG}"\n')
    assert source() == "(config file)"
    credentials = keep(tmp_path / "systemd" / "justclick-secret-key", KEY).parent
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert run_cli(*force).status == 0
    assert source() == "(file)"
    keep(credentials / "justclick-secret-key", WRONG)
    monkeypatch.setenv(COMMAND, f"cat {right}")
    assert run_cli(*force).status == 0
    assert source() == "(command)"
    monkeypatch.setenv(COMMAND, f"cat {wrong}")
    assert run_cli(*force, "--secret-key-command", f"cat {right}").status == 0
    assert run_cli(*force).status == 3
    out = run_cli("--show-settings", "--config", config).out
    assert re.search(r"secret_key_command +cat … +\(environment\)", out)
    assert re.search(r"secret_key_file +/\S+/justclick-secret-key +\(credential\)", out)
    assert not any(secret in out for secret in (KEY, WRONG))


def test_two_keys_at_one_place_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, sandbox: Sandbox, sheet: Path
) -> None:
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    monkeypatch.setenv(FILE, str(keep(tmp_path / "key", KEY)))
    for words in ([sheet], ["--show-settings"]):
        run = run_cli(*words)
        assert run.status == 2
        assert f"JUSTCLICK_SECRET_KEY and {FILE} exclude each other" in run.err
    assert sandbox.requests == []


def test_a_profile_may_keep_its_key_in_another_way(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, sheet: Path
) -> None:
    config = keep(
        tmp_path / "c.toml",
        f'[account]\nusername = "{LOGIN}"\nbase_url = "{sandbox.base_url}"\nsecret_key = "x"\n'
        f'[profiles.second.account]\nsecret_key_file = "{keep(tmp_path / "key", KEY)}"\n',
    )
    assert run_cli(sheet, "--config", config, "--profile", "second").status == 0
    assert run_cli(sheet, "--config", config, "--force").status == 3


def test_configure_leaves_no_other_place_of_the_key(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    config = keep(
        tmp_path / "c.toml",
        '[account]\nusername = "x"\nsecret_key_command = "cat key"\nsecret_key_file = "key"\n',
    )
    monkeypatch.setattr("getpass.getpass", lambda _: KEY)
    answers = iter([LOGIN, sandbox.base_url, "1"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert run_cli("--configure", "--config", config).status == 0
    assert "secret_key_" not in config.read_text()
    assert f'secret_key = "{KEY}"' in config.read_text()


# Of the library for messages.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("place", ["environment", "credential", "config"])
def test_a_file_holds_the_addresses_of_channels(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    sheet: Path,
    place: str,
) -> None:
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    with open_hook() as hook:
        file = keep(tmp_path / "keys" / "batch-update-notify", f"{hook.address}\n")
        words = []
        if place == "environment":
            monkeypatch.setenv("BATCH_UPDATE_NOTIFY_FILE", str(file))
        elif place == "credential":
            monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(file.parent))
        else:
            words = ["--config", str(keep(tmp_path / "c.toml", f'[notify]\nurl_file = "{file}"\n'))]
        run = run_cli(sheet, "--notify-when", "always", *words)
        assert (run.status, run.err) == (0, "")
        assert len(hook.posts) == 1
        assert run_cli(tmp_path / "missing.xlsx", *words).status == 2
        assert len(hook.posts) == 2
        if place != "credential":
            file.chmod(0o644)
            run = run_cli(sheet, *words)
            assert (run.status, "others can read or change it" in run.err) == (2, True)


@needs_shell
def test_the_key_is_not_in_a_traceback(tmp_path: Path) -> None:
    """Also where Python itself reports what nobody foresaw."""
    get = program(tmp_path / "get", f"echo {KEY}")
    code = (
        "from batch_update.settings import key_command\n"
        "key_command._first_line = lambda *_: 1 / 0\n"
        f"key_command.find_key([{str(get)!r}], 'X')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert "ZeroDivisionError" in done.stderr
    assert KEY not in done.stderr
    assert key_command.__name__ in done.stderr.replace("/", ".")
