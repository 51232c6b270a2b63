"""The secret key is nowhere but in its place, and customers' data are their owner's alone."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import sqlite3
import stat
import subprocess
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_update.sandbox import Fault, Sandbox, Script
from tests.conftest import LOGIN, OpenSandbox
from tests.test_end_to_end import COMMAND, PATIENCE_S
from tests.test_first_run import type_in

SECRET = "Rare+Key/Of-Words=9f8e7d6c5b4a"
SHEET = (
    "order,status,date,rpo,name\n1,sent,2026-11-20,RA1,Anna\n2,paid,2026-11-20,,Boris\n"
    "3,cancel,,,Clara\n4,return,,,Dora\n5,nonsense,,,Egon\n6,cancel,,,Fritz\n"
)
FAULTS = {
    1: [Fault.refuse(200, "no such order")],
    2: [Fault.lost_answer()],
    3: [Fault.page(502), Fault.wrong_hash()],
    4: [Fault.busy(503, "0")],
    6: [Fault.redirect("http://127.0.0.1:9/")],
}

TELLS_OF_CHILDREN = """
import sys
def watch(event, args):
    if event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system"}:
        sys.stderr.write("STARTED " + event + "\\n")
sys.addaudithook(watch)
from batch_update.cli import main
sys.exit(main(sys.argv[1:]))
"""


def forms_of(secret: str) -> set[bytes]:
    """Give the ways in which a key may stand somewhere, without what would stand there anyway."""
    texts = {
        secret,
        secret[:12],
        secret[-12:],
        secret[::-1],
        repr(secret)[1:-1],
        urllib.parse.quote_plus(secret),
        base64.b64encode(secret.encode()).decode()[:-4],
        secret.encode().hex(),
    }
    return {form for text in texts for form in (text.encode(), text.encode("utf-16-le"))}


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give all that stands under a folder, what is packed in archives and databases included."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield str(path), data
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f"{path}: {name}", archive.read(name)
        if data.startswith(b"SQLite format 3"):
            with contextlib.closing(sqlite3.connect(path)) as database:
                yield f"{path}: rows", "\n".join(database.iterdump()).encode()


def places_of(secret: str, folder: Path, *said: str) -> list[str]:
    forms = forms_of(secret)
    everything = [*contents(folder), *(("screen", text.encode()) for text in said)]
    return [name for name, data in everything if any(form in data for form in forms)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in which all lies that the program can write to."""
    for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    (tmp_path / "may.csv").write_text(SHEET)
    return tmp_path


def run_with_secret(
    folder: Path, sandbox: Sandbox, *options: str, key: str = SECRET
) -> subprocess.CompletedProcess[str]:
    account = {
        "JUSTCLICK_USERNAME": LOGIN,
        "JUSTCLICK_SECRET_KEY": key,
        "JUSTCLICK_BASE_URL": sandbox.base_url,
    }
    return subprocess.run(
        [sys.executable, "-c", TELLS_OF_CHILDREN, *options],
        cwd=folder,
        env={**os.environ, **account, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize(
    "options",
    [
        ["may.csv", "--verbose", "--log-file", "log", "--failures", "f.csv"],
        ["may.csv", "--verbose", "--log-file", "log", "--wrong-key"],
        ["may.csv", "--json", "--output", "o.xlsx", "--failures", "f.xlsx", "--keep-going"],
        ["may.csv", "--dry-run", "--verbose"],
        ["may.csv", "--log-file", "/dev/full"],
        ["may.csv", "--output", "no-such-folder/o.csv"],
        ["--show-settings"],
        ["--history", "1"],
    ],
    ids=lambda options: " ".join(options),
)
def test_a_run_leaves_the_key_nowhere(
    home: Path, open_sandbox: OpenSandbox, options: list[str]
) -> None:
    key = SECRET
    if options[-1] == "--wrong-key":
        key, options = "Another Rare Key 5b4a39281706", options[:-1]
    sandbox = open_sandbox(secret_key=SECRET, script=Script(FAULTS))
    done = run_with_secret(home, sandbox, *options, "--retries", "0", key=key)
    assert "Traceback" not in done.stderr
    assert "STARTED" not in done.stderr
    assert places_of(key, home, done.stdout, done.stderr) == []
    # That the search finds what is there is shown by the login, which is no secret.
    if "--verbose" in options and "--dry-run" not in options:
        assert places_of(LOGIN, home, done.stdout, done.stderr) != []


def test_only_the_config_file_that_its_owner_alone_can_read_holds_the_key(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    status, screen = type_in([LOGIN, sandbox.base_url, SECRET, "1"])
    assert status == 0, screen
    config = home / "xdg_config_home" / "batch-update" / "config.toml"
    assert places_of(SECRET, home, screen) == [str(config)]
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "text",
    [
        'username = "{login}"\nsecret_key = "{key}',
        'username = "{login}"\nsecret_key = "{key}"\nsecret_key = "{key}"',
        'username = "{login}"\nsecret_key = ["{key}"]',
        'username = "{login}"\nsecret_kye = "{key}"',
        'username = "{login}"\nsecret_key = "{key}"\nbase_url = 7',
        'username = "{login}"\nsecret_key = "{key}"\nbase_url = "http://{key}@x"',
        'username = "{login}"\nsecret_key = {key}',
    ],
    ids=["open", "twice", "list", "misspelt", "number", "in-address", "bare"],
)
def test_a_config_file_that_is_refused_does_not_show_the_key(home: Path, text: str) -> None:
    config = home / "xdg_config_home" / "batch-update" / "config.toml"
    config.parent.mkdir()
    config.write_text("[account]\n" + text.format(login=LOGIN, key=SECRET) + "\n")
    config.chmod(0o600)
    done = subprocess.run(
        [COMMAND, "may.csv", "--log-file", "log"],
        cwd=home,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert set(places_of(SECRET, home, done.stdout, done.stderr)) <= {str(config)}


def test_no_option_takes_the_key(home: Path) -> None:
    for option in ("--secret-key", "--key", "--password"):
        done = subprocess.run(
            [COMMAND, option, SECRET, "may.csv"], cwd=home, capture_output=True, check=False
        )
        assert done.returncode == 2
        assert b"unrecognized" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_what_holds_customers_data_is_its_owners_alone(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET, script=Script({1: [Fault.refuse(200, "no")]}))
    options = ["--log-file", "log", "--failures", "f.xlsx", "--output", "o.xlsx"]
    before = set(home.rglob("*"))
    mask = os.umask(0)
    try:
        done = run_with_secret(home, sandbox, "may.csv", *options)
    finally:
        os.umask(mask)
    assert done.returncode == 1, done.stderr
    made = set(home.rglob("*")) - before
    names = {path.name for path in made}
    assert {"log", "f.xlsx", "o.xlsx", "ledger.sqlite3", "batch-update"} <= names
    rights = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made}
    assert rights == {path.name: "0o700" if path.is_dir() else "0o600" for path in made}


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
@pytest.mark.parametrize("mode", [0o600, 0o640])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_results_that_replace_others_keep_who_may_read_them(
    home: Path, open_sandbox: OpenSandbox, ending: str, mode: int
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    target = home / f"o{ending}"
    for _ in range(2):
        run_with_secret(home, sandbox, "may.csv", "--output", target.name)
        assert target.exists()
        target.chmod(mode)
    run_with_secret(home, sandbox, "may.csv", "--output", target.name)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert [path.name for path in home.glob("o*")] == [target.name]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_link_in_the_place_of_the_results_does_not_lead_to_another_file(
    home: Path, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    precious = home / "precious.txt"
    precious.write_text("mine")
    target = home / f"o{ending}"
    target.symlink_to(precious)
    done = run_with_secret(home, sandbox, "may.csv", "--output", target.name)
    assert precious.read_text() == "mine"
    assert not target.is_symlink()
    assert target.stat().st_size > 100
    assert "Traceback" not in done.stderr
