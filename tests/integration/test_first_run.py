"""A new user: account, config file, blank sheet, and completion in the shell."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from batch_update.sandbox import Shop
from batch_update.settings.defaults import default_path
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.integration.test_ledger import IN_A_TERMINAL
from tests.posix import needs_modes, needs_terminal, pty
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> Path:
    return default_path()


def write_config(path: Path, text: str, mode: int = 0o600) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


END_OF_INPUT, CTRL_C = ENDS = ("\x04", "\x03")


def wait_until_asleep(pid: int) -> None:
    """Wait until a process that has asked something waits for the answer, as people find it."""
    state = Path(f"/proc/{pid}/stat")
    until = time.monotonic() + PATIENCE_S
    while state.exists() and state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "R":
        assert time.monotonic() < until, "the process neither asks nor ends"
        # The system tells nobody that a process begins to wait, so it is looked at again and again.
        time.sleep(0.001)


def type_in(answers: list[str], *arguments: str, **more: str) -> tuple[int, str]:
    """Answer the questions of --configure in a terminal; give exit status and screen."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, COMMAND, "--configure", *arguments],
        env={**os.environ, **more},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    left = list(answers)
    screen = b""
    # A question that nobody here foresaw must not be waited on for ever.
    patience = threading.Timer(PATIENCE_S, run.kill)
    patience.start()
    with open(ours, "r+b", buffering=0) as terminal, contextlib.suppress(OSError):  # noqa: PTH123 a descriptor
        while chunk := terminal.read(4096):
            screen += chunk
            if screen.endswith(b": "):
                # Who has no more answers ends the input.
                answer = left.pop(0) if left else END_OF_INPUT
                wait_until_asleep(run.pid)
                terminal.write((answer if answer in ENDS else f"{answer}\n").encode())
    patience.cancel()
    return run.wait(PATIENCE_S), screen.decode().replace("\r\n", "\n")


@needs_terminal
def test_configure_tries_the_account_and_keeps_it(
    tmp_path: Path, config: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    write_config(config, '# ours\n[columns]\nrpo = "Bar code"  # from the warehouse\n', 0o644)
    sandbox = open_sandbox(shop=Shop(missing={1}))
    status, screen = type_in([LOGIN, sandbox.base_url, KEY, ""])
    assert status == 0, screen
    assert "The shop accepts them (it has no order 1)." in screen
    assert KEY not in screen
    assert [request.call for request in sandbox.requests] == ["getOrderDetails"]
    text = config.read_text(encoding="utf-8")
    assert text.startswith('# ours\n[columns]\nrpo = "Bar code"  # from the warehouse\n')
    said = {"username": LOGIN, "base_url": sandbox.base_url, "secret_key": KEY}
    assert tomllib.loads(text)["account"] == said
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    rows = (("Order number", "Status", "Ship date", "Bar code"), (5, "sent", "2026-11-20", "RA1"))
    assert run_cli(write_book(tmp_path / "a.xlsx", rows_of(*rows))).status == 0
    assert sandbox.shop.changed_orders() == [5]


@needs_terminal
@pytest.mark.parametrize(
    ("wrong", "words", "right"),
    [
        pytest.param(
            [LOGIN, "URL", "wrong", "7"], "The secret key is wrong", ["", "", KEY], id="key"
        ),
        pytest.param(["a b"], "which is no login", [LOGIN, "URL", KEY, ""], id="login"),
        pytest.param([LOGIN, "http://x.example"], "is not safe", ["URL", KEY, ""], id="address"),
        pytest.param([LOGIN, "URL", ""], "There is no secret key", [KEY, ""], id="no-key"),
        pytest.param([LOGIN, "URL", KEY, "x"], "The order number", ["7"], id="order"),
        pytest.param(
            [LOGIN, "http://127.0.0.1:9", KEY, "7"], "No connection", ["", "URL", KEY], id="host"
        ),
    ],
)
def test_configure_asks_again_for_an_answer_that_is_wrong(
    config: Path, open_sandbox: OpenSandbox, wrong: list[str], words: str, right: list[str]
) -> None:
    url = open_sandbox().base_url
    wrong, right = ([url if one == "URL" else one for one in those] for those in (wrong, right))
    status, screen = type_in(wrong)
    assert status == 2
    assert words in " ".join(screen.split())
    assert " ".join(screen.split()).endswith("Nobody answers. Run --configure in a terminal.")
    assert not config.exists()
    status, screen = type_in([*wrong, CTRL_C])
    assert (status, screen.splitlines()[-1]) == (130, "batch-update: Interrupted.")
    assert not config.exists()
    status, screen = type_in([*wrong, *right])
    assert status == 0, screen
    said = {"username": LOGIN, "base_url": url, "secret_key": KEY}
    assert tomllib.loads(config.read_text(encoding="utf-8"))["account"] == said


@needs_terminal
def test_configure_does_not_ask_for_ever(config: Path, open_sandbox: OpenSandbox) -> None:
    status, screen = type_in(["a b"] * 9)
    assert (status, screen.count("which is no login")) == (2, 5)
    sandbox = open_sandbox()
    status, screen = type_in([LOGIN, sandbox.base_url, "wrong", "7", *["", "", "wrong"] * 9])
    assert (status, len(sandbox.requests)) == (2, 5)
    assert f"Login (Enter for {LOGIN}): " in screen
    assert f"The shop's address (Enter for {sandbox.base_url}): " in screen
    assert not config.exists()


@needs_terminal
@pytest.mark.parametrize("key", [KEY, "q7Wz9rT2pLx4vB8nM1cK", "Rare+Key/Of-Words=9f8e7d6c5b4a"])
def test_configure_never_shows_what_looks_like_a_key(
    config: Path, open_sandbox: OpenSandbox, key: str
) -> None:
    url = open_sandbox().base_url
    wrong = [key, f"https://{KEY}.justclick.io", f"https://{KEY}@x.example", f"0{key}"]
    status, screen = type_in([wrong[0], LOGIN, *wrong[:3], url, KEY, wrong[3], "7"])
    assert status == 0, screen
    # The terminal shows what is typed but for the secret; the program never repeats it.
    typed = [line.partition(": ")[2] for line in screen.splitlines() if key in line or KEY in line]
    assert typed == [wrong[0], *wrong]
    assert " ".join(screen.split()).count("looks like a secret key, so it is not shown") == 5
    assert tomllib.loads(config.read_text(encoding="utf-8"))["account"]["username"] == LOGIN


def test_an_account_with_a_key_in_the_wrong_place_is_refused_without_showing_it(
    run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("order,status\n1,cancel\n")
    for login, url in ((f"{KEY}=", ""), (LOGIN, f"ftp://{KEY}.example")):
        monkeypatch.setenv("JUSTCLICK_USERNAME", login)
        monkeypatch.setenv("JUSTCLICK_BASE_URL", url)
        run = run_cli("a.csv")
        assert run.status == 2
        assert "(not shown, since it looks like a secret key)" in run.err
        assert KEY not in run.err


@needs_terminal
def test_configure_says_where_the_key_is_and_what_code_6_means(
    config: Path, open_sandbox: OpenSandbox
) -> None:
    fault = Fault.refuse(6, "permission denied for ip 192.0.2.7")
    sandbox = open_sandbox(Script(details={1: [fault]}))
    status, screen = type_in([LOGIN, sandbox.base_url, KEY, ""])
    told = " ".join(screen.split())
    assert status == 2
    assert 'follow the "API" link at the lower right of the account page.' in told
    assert 'address to use the API (code 6: "permission denied for ip 192.0.2.7").' in told
    assert "Code 6 does not mean that login or key are wrong: the shop lets only the" in told
    assert not config.exists()


def test_configure_without_a_terminal_is_told(config: Path) -> None:
    done = subprocess.run(
        [COMMAND, "--configure"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert "Run --configure in a terminal" in done.stderr
    assert not config.exists()


@needs_terminal
def test_configure_leaves_a_config_file_alone_that_it_does_not_understand(
    config: Path, open_sandbox: OpenSandbox
) -> None:
    write_config(config, "[account\n")
    status, screen = type_in([LOGIN, open_sandbox().base_url, KEY, ""])
    assert status == 2
    assert "is not understood, so nothing was kept" in " ".join(screen.split())
    assert config.read_text(encoding="utf-8") == "[account\n"


@needs_terminal
def test_the_key_goes_to_the_key_store_where_there_is_one(
    tmp_path: Path,
    config: Path,
    run_cli: RunCli,
    monkeypatch: pytest.MonkeyPatch,
    open_sandbox: OpenSandbox,
) -> None:
    sandbox = open_sandbox()
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.keystore.FileKeyring")
    monkeypatch.setenv("KEYSTORE_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    status, screen = type_in([LOGIN, sandbox.base_url, KEY, "", ""], "--profile", "second")
    assert status == 0, screen
    assert "the secret key in the system's key store" in " ".join(screen.split())
    assert KEY not in config.read_text(encoding="utf-8")
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (5, "cancel")))
    done = subprocess.run(
        [COMMAND, sheet, "--profile", "second", "--quiet"], timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0
    assert sandbox.shop.changed_orders() == [5]
    run = run_cli(sheet)
    assert run.status == 2
    assert "batch-update --configure" in run.err


def account_in(sandbox: Sandbox) -> str:
    return f'username = "{LOGIN}"\nbase_url = "{sandbox.base_url}"\nsecret_key = "{KEY}"\n'


@needs_modes
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_key_that_others_can_read_is_refused(
    tmp_path: Path, config: Path, run_cli: RunCli, open_sandbox: OpenSandbox, mode: int
) -> None:
    sandbox = open_sandbox()
    write_config(config, f"[account]\n{account_in(sandbox)}", mode)
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (5, "cancel")))
    run = run_cli(sheet)
    assert run.status == 2
    assert f"others can read it. Make it yours alone: chmod 600 {config}" in run.err
    config.chmod(0o600)
    assert run_cli(sheet).status == 0


def test_a_profile_goes_before_the_rest_of_the_config_file(
    tmp_path: Path, config: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    first, second = open_sandbox(), open_sandbox()
    write_config(
        config,
        f"[account]\n{account_in(first)}[sheet]\nstatus = 'cancel'\n"
        f"[profiles.second.account]\n{account_in(second)}",
    )
    sheet = tmp_path / "a.csv"
    sheet.write_text("order\n5\n6\n")
    assert run_cli(sheet, "--profile", "second").status == 0
    assert (len(first.requests), len(second.requests)) == (0, 2)
    assert run_cli(sheet).status == 0
    assert (len(first.requests), len(second.requests)) == (2, 2)
    run = run_cli(sheet, "--profile", "third")
    assert run.status == 2
    assert "has no such profile. It has: second." in run.err


def test_a_run_that_names_none_of_several_shops_is_told_their_names(
    tmp_path: Path, config: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop = account_in(open_sandbox())
    write_config(config, f'[profiles."киев".account]\n{shop}[profiles.second.account]\n{shop}')
    sheet = tmp_path / "a.csv"
    sheet.write_text("order,status\n5,cancel\n")
    run = run_cli(sheet)
    assert (run.status, run.out) == (2, "")
    assert run.err == (
        f"batch-update: Which shop? The config file {config} has these profiles: киев, second. "
        "Name one: --profile NAME. For a shop that need not be named: batch-update --configure.\n"
    )
    assert run_cli(sheet, "--dry-run").status == 0
    assert run_cli(sheet, "--profile", "second").status == 0


def test_a_profile_is_a_shop_of_its_own(
    tmp_path: Path, config: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    first, second = open_sandbox(), open_sandbox()
    write_config(
        config,
        f'[account]\n{account_in(first)}[profiles.half.account]\nusername = "other"\n'
        f"[profiles.second.account]\n{account_in(second)}",
    )
    lines = run_cli("--show-settings", "--profile", "half").out.splitlines()
    said = dict(re.split(r"  +", line)[:2] for line in lines)
    assert (said["base_url"], said["secret_key"]) == ("https://other.justclick.io", "-")
    sheet = write_book(tmp_path / "a.xlsx", rows_of(HEADER, (5, "cancel")))
    assert run_cli(sheet, "--profile", "second", shop=first).status == 0
    assert (len(first.requests), len(second.requests)) == (0, 1)


def test_every_option_can_stand_in_the_config_file_and_shows_who_says_it(
    config: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(
        config,
        '[account]\nusername = "myshop"\nsecret_key = "s3cret"\n'
        '[columns]\nrpo = "Bar code"\n[dates]\ntimezone = "UTC"\nday_first = true\n'
        "[checks]\nstrict = true\n[sending]\nworkers = 8\nrate = 2.5\n"
        '[files]\nlog_file = "~/day.log"\n',
    )
    monkeypatch.setenv("JUSTCLICK_BASE_URL", "https://orders.example")
    run = run_cli("--show-settings", "--workers", "2")
    assert run.status == 0
    lines = {tuple(re.split(r"  +", line)) for line in run.out.splitlines()}
    assert lines >= {
        ("config file", str(config), "(read)"),
        ("username", "myshop", "(config file)"),
        ("secret_key", "(hidden)", "(config file)"),
        ("base_url", "https://orders.example", "(environment)"),
        ("timezone", "UTC", "(config file)"),
        ("day_first", "yes", "(config file)"),
        ("workers", "2", "(argument)"),
        ("rate", "2.5", "(config file)"),
        ("retries", "4", "(default)"),
        ("log_file", "~/day.log", "(config file)"),
        ("column rpo", '"Bar code"', "(config.toml)"),
    }
    assert "s3cret" not in run.out


def test_an_argument_overrules_how_the_config_file_reads_dates(
    tmp_path: Path, config: Path, run_cli: RunCli
) -> None:
    write_config(config, "[dates]\nday_first = true\n")
    sheet = tmp_path / "a.csv"
    sheet.write_text("order,status,date,rpo\n1,sent,03/04/2026,RA1\n")
    for options, day in (((), "2026-04-03"), (("--month-first",), "2026-03-04")):
        out = run_cli(sheet, "--dry-run", *options).out
        assert f"dated {day} to {day}" in out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[sending]\nworker = 2", '"worker" is not known. Did you mean workers?'),
        ("[sending]\nworkers = 0", 'workers in config.toml "0": write auto, or a whole number'),
        ("[sending]\nworkers = true", "write workers as text or number"),
        ("[checks]\nstrict = 1", "strict is on or off: write true or false"),
        ("[dates]\ntimezone = 'Mars'", 'timezone in config.toml "Mars": there is no such'),
        ("sending = 3", "write it as a table"),
        ("profiles = 3", "write profiles as [profiles.NAME.account]"),
    ],
)
def test_what_the_config_file_says_wrongly_is_told(
    config: Path, run_cli: RunCli, text: str, words: str
) -> None:
    write_config(config, text)
    run = run_cli(".", "--dry-run")
    assert run.status == 2
    assert words in run.err


def test_the_template_is_filled_in_and_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    path = tmp_path / "blank.xlsx"
    run = run_cli("--template", path)
    assert run.status == 0
    assert f"batch-update --dry-run {path}" in run.out
    book = openpyxl.load_workbook(path)
    page = book.active
    assert isinstance(page, Worksheet)
    (choice,) = page.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"sent,paid,return,cancel"', "B2:B5001")
    assert [cell.value for cell in page[1]] == ["bill_id", "status", "date", "rpo"]
    assert all(cell.comment for cell in page[1])
    assert page.column_dimensions["D"].width > 20
    page.append((7, "sent", "2026-11-20", "00012345678901234567"))
    book.save(path)
    sandbox = open_sandbox()
    run = run_cli(path, shop=sandbox)
    assert run.status == 0
    assert "Row 2 is the template's example and was skipped." in run.out
    assert [one.fields["rpo"] for one in sandbox.requests] == ["00012345678901234567"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blank.csv", "name a file that ends in .xlsx"),
        ("there.xlsx", "is there already"),
        ("none/blank.xlsx", "cannot be written: no such file or directory"),
    ],
)
def test_a_template_without_a_place_is_told(
    tmp_path: Path, run_cli: RunCli, name: str, words: str
) -> None:
    (tmp_path / "there.xlsx").touch()
    run = run_cli("--template", tmp_path / name)
    assert run.status == 2
    assert words in run.err


def test_the_shell_completes_options(tmp_path: Path) -> None:
    found = tmp_path / "completions"
    line = "batch-update --wo"
    subprocess.run(
        [COMMAND],
        env={
            **os.environ,
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(found),
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        timeout=PATIENCE_S,
        check=True,
    )
    assert found.read_text().split() == ["--workers"]


@needs_terminal
def test_a_shop_that_is_busy_while_it_is_configured_is_told(
    config: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(Script(always=Fault.busy()))
    status, screen = type_in([LOGIN, sandbox.base_url, KEY, ""])
    assert status == 2
    assert "Nothing was kept" in screen
    assert not config.exists()
