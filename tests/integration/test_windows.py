"""The program on Windows, where it is another: the console, who may read a file, open files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batch_update.cli import language
from batch_update.justclick.signing import Credentials
from batch_update.ledger import Ledger
from batch_update.settings import access
from batch_update.settings.credential_store import keep_account
from batch_update.settings.model import Account
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.posix import needs_console
from tests.rights import let_everybody_read
from tests.sandbox import Fault, Script

pytestmark = pytest.mark.skipif(os.name != "nt", reason="Windows alone has it")


def write(path: Path, text: str = "order,status\n1,cancel\n") -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_nul_is_no_person() -> None:
    code = "import sys; from batch_update.cli import streams; sys.exit(streams.has_person())"
    with Path(os.devnull).open("r+") as nul:
        assert nul.isatty()
        run = [sys.executable, "-c", code]
        done = subprocess.run(run, stdin=nul, stderr=nul, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0


def test_results_that_another_program_holds_open_go_to_another_name(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    sheet = write(tmp_path / "Заказы a&b.csv")
    results = write(tmp_path / "Заказы a&b.results.csv", "old\n")
    with results.open("rb") as held:
        run = run_cli(sheet, shop=sandbox)
        assert held.read() == b"old\r\n"
    assert run.status == 1
    assert "it is open in another program, or access is denied" in run.err
    others = [path for path in tmp_path.glob("Заказы a&b.results*.csv") if path != results]
    assert ["updated" in path.read_text("utf-8-sig") for path in others] == [True]


def test_a_key_in_the_config_file_is_its_owners_alone(tmp_path: Path, run_cli: RunCli) -> None:
    path = tmp_path / "config.toml"
    credentials = Credentials(username=LOGIN, secret_key=KEY)
    account = Account(base_url="https://myshop.justclick.io", credentials=credentials)
    assert not keep_account(account, path=path, profile=None)
    assert not access.is_open_to_many(path)
    let_everybody_read(path)
    refused = run_cli(write(tmp_path / "a.csv"), "--config", path)
    assert refused.status == 2
    assert "others can read it. Make it yours alone: icacls " in refused.err


def test_a_ledger_in_use_can_be_neither_removed_nor_replaced(tmp_path: Path) -> None:
    """Elsewhere it can, and the run stops."""
    path = tmp_path / "ledger.sqlite3"
    other = write(tmp_path / "other")
    with Ledger(path):
        with pytest.raises(PermissionError):
            path.unlink()
        with pytest.raises(PermissionError):
            other.replace(path)
    path.unlink()


def test_the_language_of_the_interface_is_known_to_windows() -> None:
    assert len(language._of_windows().partition("_")[0]) == 2


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "cp437"])
def test_a_pipe_of_any_code_page_is_told_in_words(tmp_path: Path, encoding: str) -> None:
    """The Russian letters that it has, or English with the reason; and never a traceback."""
    done = subprocess.run(
        [COMMAND, "--lang", "ru", "--sandbox", write(tmp_path / "Заказы №1.csv")],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    said = (done.stdout + done.stderr).decode(encoding)
    assert done.returncode == 0, said
    assert ("messages are in English: the encoding of this output, cp437" in said) == (
        encoding == "cp437"
    )
    assert ("тренировк" in said.lower()) == (encoding != "cp437")


@needs_console
def test_ctrl_break_finishes_what_is_under_way_and_writes_the_results(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    """As Ctrl-C does in a window; that one cannot be sent to a group of its own."""
    sandbox = open_sandbox(Script(always=Fault.slow(1.0)))
    rows = "".join(f"{number},cancel\n" for number in range(1, 9))
    sheet = write(tmp_path / "a.csv", f"order,status\n{rows}")
    run = subprocess.Popen(
        [sys.executable, "-m", "batch_update", sheet, "--workers", "1"],
        env=environment_for(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    run.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    _out, err = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130, err
    assert "what is under way is finished first" in err
    said = (tmp_path / "a.results.csv").read_text("utf-8-sig")
    assert "updated" in said
    assert "not sent" in said
