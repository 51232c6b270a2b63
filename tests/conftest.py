"""What all tests share: a clean environment, no way off this machine, and a shop to talk to."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import itertools
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, settings

from batch_update import i18n, languages
from batch_update.batch import RunOptions
from batch_update.cli import main
from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender, ShopClock
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.justclick.signing import Credentials
from batch_update.ledger import AccountLedger, Ledger
from batch_update.ledger.postgresql.ledger import TeamLedger
from batch_update.model import Entry, OrderUpdate
from batch_update.sandbox import Shop
from tests.home import variables_of
from tests.postgres import PostgresServer, pgbouncer
from tests.postgres.pgbouncer import PgBouncer
from tests.pseudo import Pseudo
from tests.sandbox import Sandbox, Script
from tests.teams import set_up

LOGIN = "myshop"
KEY = "0123456789abcdef0123456789abcdef"
CREDENTIALS = Credentials(username=LOGIN, secret_key=KEY)

# Machines are now quick, now slow: no property is held to a time.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")

_NUMBERS = itertools.count(1)
_VARIABLES = (
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "COLUMNS"),
    "CREDENTIALS_DIRECTORY",
)
# PG: the variables of the driver of PostgreSQL.
_PREFIXES = ("JUSTCLICK_", "BATCH_UPDATE_", "PG")


CLOCK = ShopClock(lambda: dt.datetime.now(dt.UTC))
RUN_OPTIONS = RunOptions(
    wall=CLOCK.now,
    passed_s=CLOCK.passed_s,
    steady=time.monotonic,
    settle_s=0.0,
    asks_first=False,
)
"""A run that waits for nothing and asks for nothing that is not asked of it."""


@dataclass(kw_only=True)
class StopSignal:
    """What the user wants of a run; by default, that it goes on."""

    stop_requested: Callable[[], bool] = lambda: False
    abandon_requested: Callable[[], bool] = lambda: False


def find(book: AccountLedger, update: OrderUpdate) -> Entry | None:
    """Give what a ledger knows of one update."""
    return next((entry for entry in book.order(update.bill_id) if entry.update == update), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out on Windows what is marked `posix`, with the reason that the mark gives."""
    if os.name == "posix":
        return
    for item in items:
        if mark := item.get_closest_marker("posix"):
            (reason,) = mark.args
            item.add_marker(pytest.mark.skip(reason=f"POSIX: {reason}"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy") or name.startswith(_PREFIXES) or name in _VARIABLES:
            monkeypatch.delenv(name)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    if os.name != "posix":
        # There a pipe has the code page of the machine, and the user's interface a language.
        monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
        monkeypatch.setenv("LANG", "C")
    for name, value in variables_of(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect
    resolve = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert ipaddress.ip_address(address[0]).is_loopback, f"a test called {address}"
        connect(self, address)

    def guarded_resolve(host: Any, *args: Any, **named: Any) -> Any:
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


OpenSandbox = Callable[..., Sandbox]
OpenLedger = Callable[[], Ledger | TeamLedger]


@pytest.fixture
def open_sandbox() -> Iterator[OpenSandbox]:
    """Start shops that are closed when the test ends."""
    with contextlib.ExitStack() as stack:

        def start(
            script: Script | None = None,
            *,
            shop: Shop | None = None,
            tls: ssl.SSLContext | None = None,
            secret_key: str = KEY,
        ) -> Sandbox:
            sandbox = Sandbox(
                username=LOGIN, secret_key=secret_key, shop=shop, script=script, tls=tls
            )
            return stack.enter_context(sandbox)

        yield start


@dataclass
class Delivering:
    """A sender with its shop, and the pauses that it asked for instead of waiting."""

    sender: Sender
    sandbox: Sandbox
    pauses: list[float]
    stop: threading.Event


OpenSender = Callable[..., Delivering]


@pytest.fixture
def open_sender(open_sandbox: OpenSandbox) -> Iterator[OpenSender]:
    """Give senders that note their pauses instead of waiting."""
    with contextlib.ExitStack() as stack:

        def start(
            script: Script | None = None,
            *,
            shop: Shop | None = None,
            retries: int = 3,
            timeout_s: float = 20.0,
            secret_key: str = KEY,
        ) -> Delivering:
            sandbox = open_sandbox(script, shop=shop)
            credentials = Credentials(username=LOGIN, secret_key=secret_key)
            client = stack.enter_context(
                Client(base_url=sandbox.base_url, credentials=credentials, timeout_s=timeout_s)
            )
            pauses: list[float] = []
            stop = threading.Event()
            # Time goes by in the pauses only.
            limiter = AdaptiveLimiter(
                concurrency=FixedConcurrency(1),
                stop=stop,
                pause=pauses.append,
                clock=lambda: sum(pauses),
            )
            sender = Sender(JustClickApi(client), retries=retries, limiter=limiter)
            return Delivering(sender=sender, sandbox=sandbox, pauses=pauses, stop=stop)

        yield start


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of PostgreSQL for the tests of one worker that neither stop it nor let it hang.

    One per worker, started by the first test that asks: it takes less than a second, and what
    belongs to a whole server, such as roles, is then nobody else's.
    """
    with PostgresServer() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """Give the URL of a fresh database, as its superuser."""
    name = f"test_{next(_NUMBERS)}"
    yield postgres.new_database(name)
    postgres.drop_database(name)


@pytest.fixture(params=["file", "team"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLedger:
    """Give what opens one and the same ledger: a file, or a team's database."""
    if request.param == "file":
        return lambda: Ledger(tmp_path / "state" / "ledger.sqlite3")
    address = set_up(request.getfixturevalue("database"))
    return lambda: TeamLedger(address)


@pytest.fixture
def pooler(postgres: PostgresServer) -> Iterator[PgBouncer]:
    """A pooler before the tests' server."""
    if pgbouncer.find() is None and not shutil.which("apt-get"):
        pytest.skip("pgbouncer must be installed by hand where there is no apt-get")
    with PgBouncer(postgres) as one:
        yield one


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """Make a server's TLS context with a certificate for these host names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@dataclass(frozen=True)
class CliRun:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str


RunCli = Callable[..., CliRun]


@pytest.fixture
def run_cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunCli]:
    """Run the command line in this process, against a shop if one is given."""

    def run(*arguments: str | Path, shop: Sandbox | None = None, key: str = KEY) -> CliRun:
        if shop is not None:
            monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
            monkeypatch.setenv("JUSTCLICK_SECRET_KEY", key)
            monkeypatch.setenv("JUSTCLICK_BASE_URL", shop.base_url)
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return CliRun(status=status, out=captured.out, err=captured.err)

    yield run
    languages.begin(languages.ENGLISH)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the program speak the language of the brackets, after all of it was loaded."""
    monkeypatch.setattr(languages, "begin", lambda _: "")
    i18n.use(Pseudo())
    yield
    i18n.use(NullTranslations())
