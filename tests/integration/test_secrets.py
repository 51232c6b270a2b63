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
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.home import config_in
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S, environment_for
from tests.integration.test_first_run import type_in
from tests.posix import needs_limits, needs_terminal, resource
from tests.sandbox import Fault, Sandbox, Script

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
QUICK_FAULTS = {1: FAULTS[1], 6: FAULTS[6]}

TELLS_OF_CHILDREN = """
import logging, os, sys
if "TELL_ALL" in os.environ:
    logging.basicConfig(level=logging.DEBUG)
def watch(event, args):
    if event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system"}:
        sys.stderr.write("STARTED " + event + "\\n")
sys.addaudithook(watch)
from batch_update.cli import main
sys.exit(main(sys.argv[1:]))
"""


def forms_of(secret: str) -> set[bytes]:
    """Give the ways in which a key may stand somewhere, without what would stand there anyway."""
    raw = secret.encode("utf-8", "surrogateescape")
    texts = {
        secret,
        repr(secret)[1:13],
        secret[:12],
        secret[-12:],
        secret[::-1],
        repr(secret)[1:-1],
        urllib.parse.quote_plus(raw),
        base64.b64encode(raw).decode()[:-4],
        raw.hex(),
    }
    return {
        text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "surrogatepass")
        for text in texts
        for encoding in ("utf-8", "utf-16-le")
    }


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
    everything = [
        *contents(folder),
        *(("screen", text.encode("utf-8", "surrogateescape")) for text in said),
    ]
    return [name for name, data in everything if any(form in data for form in forms)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in which all lies that the program can write to."""
    for name in ("HOME", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    (tmp_path / "may.csv").write_text(SHEET, encoding="utf-8")
    return tmp_path


@contextlib.contextmanager
def all_rights_given_away() -> Iterator[None]:
    """Let whatever is made be everybody's, unless its maker says otherwise."""
    mask = os.umask(0)
    try:
        yield
    finally:
        os.umask(mask)


def run_with_secret(
    folder: Path,
    sandbox: Sandbox,
    *options: str,
    key: str = SECRET,
    limit: tuple[str, int] | None = None,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    account = {
        "JUSTCLICK_USERNAME": LOGIN,
        "JUSTCLICK_SECRET_KEY": key,
        "JUSTCLICK_BASE_URL": sandbox.base_url,
    }
    return subprocess.run(
        [sys.executable, "-c", TELLS_OF_CHILDREN, *options],
        cwd=folder,
        env={**os.environ, **account, "PYTHONUTF8": "1", **(more or {})},
        preexec_fn=(lambda: resource.setrlimit(getattr(resource, limit[0]), (limit[1],) * 2))
        if limit
        else None,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
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
    # Lost answers, which are waited for, need to be lost once only.
    faults = FAULTS if "f.csv" in options else QUICK_FAULTS
    sandbox = open_sandbox(secret_key=SECRET, script=Script(faults))
    done = run_with_secret(home, sandbox, *options, "--retries", "0", key=key)
    assert "Traceback" not in done.stderr
    assert "STARTED" not in done.stderr
    assert places_of(key, home, done.stdout, done.stderr) == []
    # That the search finds what is there is shown by the login, which is no secret.
    if "--verbose" in options and "--dry-run" not in options:
        assert places_of(LOGIN, home, done.stdout, done.stderr) != []


@needs_limits
@pytest.mark.parametrize(
    ("what", "size"),
    [
        pytest.param("RLIMIT_FSIZE", 1_000, id="no-room-for-the-ledger"),
        pytest.param("RLIMIT_FSIZE", 40_000, id="little-room"),
        pytest.param("RLIMIT_NOFILE", 12, id="few-files"),
        pytest.param("RLIMIT_AS", 150_000_000, id="little-memory"),
        pytest.param("RLIMIT_AS", 200_000_000, id="no-memory-for-workers"),
    ],
)
def test_a_run_that_breaks_down_leaves_the_key_nowhere(
    home: Path, open_sandbox: OpenSandbox, what: str, size: int
) -> None:
    """Even where Python itself reports the error, which it may do here."""
    sandbox = open_sandbox(secret_key=SECRET, script=Script(QUICK_FAULTS))
    options = ("may.csv", "--verbose", "--retries", "0", "--log-file", "log", "--output", "o.xlsx")
    done = run_with_secret(home, sandbox, *options, limit=(what, size))
    assert done.returncode != 0
    assert places_of(SECRET, home, done.stdout, done.stderr) == []


def test_what_libraries_would_log_holds_neither_key_nor_hash(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET, script=Script(QUICK_FAULTS))
    options = ("may.csv", "--verbose", "--retries", "1", "--log-file", "log", "--json")
    debug = {"TELL_ALL": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "always"}
    done = run_with_secret(home, sandbox, *options, more=debug)
    assert "DEBUG:urllib3" in done.stderr
    assert places_of(SECRET, home, done.stdout, done.stderr) == []
    hashes = {request.body.rpartition(b"&hash=")[2].decode() for request in sandbox.requests}
    # Five updates, and the question whether the one payment among them is made already.
    assert len(hashes) == 5 + 1
    assert [places_of(each, home, done.stdout, done.stderr) for each in hashes] == [[]] * len(
        hashes
    )


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("Rare Key\twith blanks 5b4a", id="blanks"),
        pytest.param("Rare\nKey\nin\nlines 5b4a", id="lines"),
        pytest.param("Rare\x1b[31mKey\u202e in colours", id="escapes"),
        pytest.param("Редкий ключ из слов 5b4a 📦", id="letters"),
        pytest.param("Rare\udcff\udc80Key in no UTF-8", id="bytes"),
        pytest.param("Rare{key}%s%(x)d{0}\\x$HOME`id`", id="templates"),
        pytest.param("RareKeyOfGreatLength" * 2_000, id="long"),
    ],
)
def test_a_key_with_odd_characters_is_not_shown(
    home: Path, open_sandbox: OpenSandbox, key: str
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    done = run_with_secret(home, sandbox, "may.csv", "--verbose", "--log-file", "log", key=key)
    # One that cannot be seen as a whole is refused, before the shop refuses it.
    assert done.returncode == (3 if key.isprintable() else 2), done.stderr
    assert "Traceback" not in done.stderr
    assert places_of(key, home, done.stdout, done.stderr) == []


def test_a_key_in_the_address_is_not_shown(
    home: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUSTCLICK_BASE_URL", f"https://{SECRET[:12]}@x.example")
    for login in (LOGIN, ""):
        monkeypatch.setenv("JUSTCLICK_USERNAME", login)
        for options in (["--show-settings"], [home / "may.csv", "--dry-run", "--log-file", "log"]):
            run = run_cli(*options)
            assert places_of(SECRET, home, run.out, run.err) == []


@needs_terminal
def test_only_the_config_file_that_its_owner_alone_can_read_holds_the_key(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    with all_rights_given_away():
        status, screen = type_in([LOGIN, sandbox.base_url, SECRET, "1"])
    assert status == 0, screen
    config = config_in(home)
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
    config = config_in(home)
    config.parent.mkdir(parents=True)
    config.write_text("[account]\n" + text.format(login=LOGIN, key=SECRET) + "\n", encoding="utf-8")
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
    for words in (["--secret-key", SECRET], ["--key", SECRET], [f"--password={SECRET}"]):
        done = subprocess.run(
            [COMMAND, *words, "may.csv"],
            cwd=home,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 2
        assert f"unrecognized arguments: {words[0].partition('=')[0]}." in done.stderr
        assert places_of(SECRET, home, done.stdout, done.stderr) == []


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_what_holds_customers_data_is_its_owners_alone(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET, script=Script({1: [Fault.refuse(200, "no")]}))
    options = ["--log-file", "log", "--failures", "f.xlsx", "--output", "o.xlsx"]
    before = set(home.rglob("*"))
    (home / "log").touch(0o600)
    (home / "log").write_text("2026-11-20 10:00:00,000 INFO 1 begun\n", encoding="utf-8")
    os.truncate(home / "log", 4_999_900)
    with all_rights_given_away():
        done = run_with_secret(home, sandbox, "may.csv", *options)
    assert done.returncode == 1, done.stderr
    made = set(home.rglob("*")) - before
    names = {path.name for path in made}
    assert {"log.1", "f.xlsx", "o.xlsx", "ledger.sqlite3", "batch-update"} <= names
    made.add(home / "log")
    rights = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made}
    assert rights == {path.name: "0o700" if path.is_dir() else "0o600" for path in made}


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
@pytest.mark.parametrize("mode", [0o600, 0o640])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_results_that_replace_others_keep_who_may_read_them(
    home: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str, mode: int
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    target = home / f"o{ending}"
    run_cli(home / "may.csv", "--output", target, shop=sandbox, key=SECRET)
    target.chmod(mode)
    run_cli(home / "may.csv", "--output", target, shop=sandbox, key=SECRET)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert [path.name for path in home.glob("o*")] == [target.name]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_link_in_the_place_of_the_results_does_not_lead_to_another_file(
    home: Path, run_cli: RunCli, open_sandbox: OpenSandbox, ending: str
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    precious = home / "precious.txt"
    precious.write_text("mine")
    target = home / f"o{ending}"
    target.symlink_to(precious)
    run = run_cli(home / "may.csv", "--output", target, shop=sandbox, key=SECRET)
    assert run.status == 1, run.err
    assert precious.read_text() == "mine"
    assert not target.is_symlink()
    assert target.stat().st_size > 100


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_what_is_there_only_during_a_run_is_its_owners_alone(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(script=Script({1: [Fault.held(gate)]}))
    before = set(home.rglob("*"))
    with all_rights_given_away():
        run = subprocess.Popen(
            [COMMAND, "-", "--output", "o.xlsx"],
            cwd=home,
            env=environment_for(sandbox),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
    assert run.stdin is not None
    run.stdin.write(SHEET.encode())
    run.stdin.close()
    assert sandbox.wait_for_requests(1, PATIENCE_S)
    made = set(home.rglob("*")) - before
    rights = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made}
    process = Path(f"/proc/{run.pid}")
    seen = (process / "cmdline", process / f"task/{run.pid}/children")
    told, children = (path.read_bytes() if path.exists() else b"" for path in seen)
    gate.set()
    run.wait(PATIENCE_S)
    assert KEY.encode() not in told
    assert children == b""
    assert {"ledger.sqlite3-wal", "ledger.sqlite3-shm", "stdin.csv"} <= set(rights)
    assert rights == {path.name: "0o600" if path.suffix else "0o700" for path in made}
    assert not list((home / "tmpdir").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_results_that_stand_elsewhere_are_their_owners_alone_and_replace_nothing(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    # So deep that there is room for the name of the results, but for none that is longer.
    deep = home
    while (left := 4_080 - len(str(deep))) > 1:
        deep /= "d" * min(200, left - 1)
    deep.mkdir(parents=True)
    (deep / "o.csv").write_text("order\n")
    (deep / "o.csv").chmod(0o644)
    (home / "precious").write_text("mine")
    (home / "o.csv").symlink_to("precious")
    done = run_with_secret(home, sandbox, "may.csv", "--output", str(deep / "o.csv"))
    assert "Results: " in done.stdout
    assert "o-2.csv" in done.stdout
    assert stat.S_IMODE((home / "o-2.csv").stat().st_mode) == 0o600
    assert (home / "precious").read_text() == "mine"
    assert (home / "o.csv").is_symlink()


CONFIG = f'[account]\nusername = "{LOGIN}"\nsecret_key = "{SECRET}"\n'


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
@pytest.mark.parametrize(
    ("text", "mode", "folder_mode", "words"),
    [
        pytest.param(CONFIG, 0o600, 0o700, "", id="ours"),
        pytest.param(CONFIG, 0o600, 0o777, "can be replaced by others", id="open-folder"),
        pytest.param(CONFIG, 0o600, 0o1777, "", id="folder-like-tmp"),
        pytest.param(CONFIG, 0o644, 0o700, "others can read it", id="open-key"),
        pytest.param("[account]\nusername = 'x'\n", 0o644, 0o755, "", id="no-key"),
        pytest.param(
            "[account]\nusername = 'x'\n", 0o666, 0o700, "changed by others", id="open-login"
        ),
        pytest.param("[files]\nlog_file = 'l'\n", 0o666, 0o700, "changed by others", id="log"),
        pytest.param("[columns]\nrpo = 'rpo'\n", 0o666, 0o777, "", id="only-headers"),
    ],
)
@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link"])
def test_a_config_file_that_others_can_change_is_refused(
    home: Path, run_cli: RunCli, text: str, mode: int, folder_mode: int, words: str, is_link: bool
) -> None:
    place = home / "place"
    place.mkdir()
    config = place / "c.toml"
    config.write_text(text, encoding="utf-8")
    config.chmod(mode)
    place.chmod(folder_mode)
    if is_link:
        (home / "link.toml").symlink_to(config)
        config = home / "link.toml"
    run = run_cli(home / "may.csv", "--dry-run", "--config", config)
    assert run.status == (2 if words else 1), run.err
    assert words in run.err
    assert places_of(SECRET, home / "xdg_state_home", run.out, run.err) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_config_file_of_another_user_is_refused(home: Path, run_cli: RunCli) -> None:
    config = home / "c.toml"
    config.write_text(CONFIG, encoding="utf-8")
    config.chmod(0o600)
    os.chown(config, 65_534, 65_534)
    run = run_cli(home / "may.csv", "--dry-run", "--config", config)
    assert run.status == 2
    assert "is another user's" in run.err


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_configure_writes_no_key_through_a_link(home: Path, open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    shared = home / "shared.toml"
    shared.write_text('[columns]\nrpo = "Bar"\n')
    config = home / "c.toml"
    config.symlink_to(shared)
    status, screen = type_in([LOGIN, sandbox.base_url, SECRET, "1"], "--config", str(config))
    assert status == 0, screen
    assert shared.read_text() == '[columns]\nrpo = "Bar"\n'
    assert not config.is_symlink()
    assert config.read_text().startswith('[columns]\nrpo = "Bar"\n')
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_the_place_of_a_lock_is_not_followed(
    home: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox(secret_key=SECRET)
    (home / "precious").write_text("mine")
    (home / "l.lock").symlink_to("precious")
    done = run_with_secret(home, sandbox, "may.csv", "--ledger", "l")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (home / "precious").read_text() == "mine"
    assert sandbox.requests == []
