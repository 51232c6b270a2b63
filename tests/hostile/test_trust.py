"""Whom the program trusts: whom the system trusts, or one bundle alone, and nobody else."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Self

import certifi
import pytest

from batch_update import languages
from batch_update.justclick.bounded import BoundedStream
from batch_update.justclick.client import Client
from batch_update.justclick.trust import TlsContexts, UntrustedServerError
from batch_update.justclick.untrusted import explain
from batch_update.model import Outcome, SendResult
from tests import listening
from tests.certificates import CLIENT, Made, make, serve
from tests.conftest import CREDENTIALS, OpenSandbox
from tests.hostile.test_network import sender_of
from tests.integration.test_sender import SENT
from tests.posix import needs_judge, needs_openssl, needs_shell
from tests.sandbox import Sandbox

UPDATED = (Outcome.UPDATED, None)
REFUSED = (Outcome.NOT_SENT, "tls_failed")


@cache
def company() -> Made:
    """The root of a company whose certificates the system trusts."""
    return make("Company Root", is_authority=True)


@cache
def stranger() -> Made:
    return make("Stranger Root", is_authority=True)


@cache
def between(name: str = "Company Middle", **named: Any) -> Made:
    return make(name, company(), is_authority=True, **named)


def localhost(issuer: Made | None, **named: Any) -> Made:
    return make("shop", issuer, hosts=["localhost"], **named)


@pytest.fixture(autouse=True)
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system trust the company, and certifi somebody else."""
    empty = tmp_path / "no-certificates"
    empty.mkdir()
    trust_as_system(tmp_path, monkeypatch, company())
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    trust_as_certifi(tmp_path, monkeypatch, make("Well-known Root", is_authority=True))


def trust_as_system(folder: Path, monkeypatch: pytest.MonkeyPatch, *made: Made) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(write(folder / "system.pem", *made)))


def trust_as_certifi(folder: Path, monkeypatch: pytest.MonkeyPatch, *made: Made) -> None:
    path = write(folder / "certifi.pem", *made)
    monkeypatch.setattr(certifi, "where", lambda: str(path))


def write(path: Path, *made: Made) -> Path:
    path.write_bytes(b"".join(one.pem for one in made))
    return path


def send(base_url: str) -> SendResult:
    with Client(base_url=base_url, credentials=CREDENTIALS, timeout_s=20) as client:
        return sender_of(client).deliver(SENT)


def seen(delivery: SendResult) -> tuple[Outcome, object]:
    return delivery.outcome, delivery.error_code


GOOD: dict[str, Callable[[], list[Made]]] = {
    "root-of-the-system": lambda: [localhost(company())],
    "root-sent-along": lambda: [localhost(company()), company()],
    "intermediate": lambda: [localhost(between()), between()],
    "intermediate-among-others": lambda: [localhost(between()), stranger(), between()],
    "wildcard-beside-the-name": lambda: [
        make("shop", company(), hosts=["*.other.example", "localhost"])
    ],
    "not-by-the-letter": lambda: [localhost(company(), is_by_the_letter=False)],
    "names-that-look-revoked": lambda: [
        localhost(between("REVOKED - do not trust")),
        between("REVOKED - do not trust"),
    ],
    "use-not-said": lambda: [localhost(company(), use=None)],
    "limited-to-this-name": lambda: [
        localhost(between("Limited", only_for="localhost")),
        between("Limited", only_for="localhost"),
    ],
}


@needs_openssl
@pytest.mark.parametrize("chain", GOOD.values(), ids=GOOD)
def test_whom_the_system_trusts_is_trusted(
    chain: Callable[[], list[Made]], open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sandbox = open_sandbox(tls=serve(tmp_path, *chain()))
    assert seen(send(sandbox.base_url)) == UPDATED
    assert len(sandbox.requests) == 1


BAD: dict[str, tuple[Callable[[], list[Made]], str]] = {
    "unknown-root": (
        lambda: [localhost(stranger())],
        'comes from "Stranger Root", which this machine does not trust. If that is your company\'s',
    ),
    "unknown-root-sent-along": (
        lambda: [localhost(stranger()), stranger()],
        'comes from "Stranger Root", which this machine does not trust. If that is your company\'s',
    ),
    "unknown-root-of-the-same-name": (
        lambda: [localhost(other := make("Company Root", is_authority=True)), other],
        'comes from "Company Root", which',
    ),
    "missing-intermediate": (
        lambda: [localhost(between())],
        'comes from "Company Middle".*the server fails to send an intermediate certificate: tell',
    ),
    "self-signed": (lambda: [localhost(None)], 'is signed by nobody but itself, "shop", which'),
    "expired": (
        lambda: [localhost(company(), days=(-9, -1))],
        "from \"Company Root\", expired on 20.*This machine's date is 20.*tell the shop's support",
    ),
    "expired-intermediate": (
        lambda: [localhost(old := between("Old", days=(-9, -1))), old],
        "expired on 20",
    ),
    "not-yet-valid": (
        lambda: [localhost(company(), days=(1, 9))],
        "is valid from 20.*This machine's date is 20",
    ),
    "other-name": (
        lambda: [make("shop", company(), hosts=["other.example", "127.0.0.1"])],
        'is for "other.example", "127.0.0.1", not for localhost.*--base-url',
    ),
    "many-names": (
        lambda: [make("shop", company(), hosts=[f"{n}.example" for n in range(9)])],
        'is for "0.example", "1.example", "2.example", …, not for',
    ),
    "wildcard-of-another": (
        lambda: [make("shop", company(), hosts=["*.example"])],
        r'is for "\*.example"',
    ),
    "only-a-common-name": (
        lambda: [make("localhost", company())],
        "does not say for which host it is",
    ),
    "weak-key": (
        lambda: [localhost(company(), bits=1024)],
        "is too weak: .*key too weak|is too weak: .*key too small",
    ),
    "weak-authority": (
        lambda: [localhost(weak := between("Weak", bits=1024)), weak],
        "is too weak: ",
    ),
    "for-clients": (
        lambda: [localhost(company(), use=CLIENT)],
        'from "Company Root", does not hold: .*purpose.*Tell the shop\'s support',
    ),
    "signed-by-no-authority": (
        lambda: [localhost(shop := localhost(company())), shop],
        "does not hold: |does not trust",
    ),
    "beyond-its-limits": (
        lambda: [
            localhost(between("Limited", only_for="other.example")),
            between("Limited", only_for="other.example"),
        ],
        "does not hold: permitted subtree violation",
    ),
    "long-name-with-escapes": (
        lambda: [localhost(make("\x1b[31mcall 555\r\n" + "x" * 45, is_authority=True))],
        r'comes from "\\x1b\[31mcall 555  x+…", which',
    ),
}


@needs_openssl
@pytest.mark.parametrize(("chain", "words"), BAD.values(), ids=BAD)
def test_nobody_else_is_trusted_and_the_issuer_is_named(
    chain: Callable[[], list[Made]], words: str, open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    sandbox = open_sandbox(tls=serve(tmp_path, *chain()))
    delivery = send(sandbox.base_url)
    assert seen(delivery) == REFUSED
    assert sandbox.requests == []
    start = f"The secure connection to {sandbox.base_url} failed, so nothing was sent. The certif"
    text = delivery.error_text
    assert text.startswith(start)
    assert re.search(words, text)
    assert text.isprintable()
    assert len(text) < 800


@needs_openssl
def test_an_address_is_proven_by_itself_alone(open_sandbox: OpenSandbox, tmp_path: Path) -> None:
    good = open_sandbox(tls=serve(tmp_path, make("shop", company(), hosts=["127.0.0.1"])))
    bad = open_sandbox(tls=serve(tmp_path, localhost(company())))
    assert seen(send(f"https://127.0.0.1:{good.port}")) == UPDATED
    delivery = send(f"https://127.0.0.1:{bad.port}")
    assert seen(delivery) == REFUSED
    assert 'is for "localhost", not for 127.0.0.1.' in delivery.error_text


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_of_tls_are_refused_with_the_reason(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    tls = serve(tmp_path, localhost(company()))
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1
    delivery = send(open_sandbox(tls=tls).base_url)
    assert seen(delivery) == REFUSED
    assert "so nothing was sent. It offers no TLS 1.2 or newer. Tell" in delivery.error_text


@needs_openssl
def test_what_the_system_trusts_may_end_a_chain_or_be_out_of_date(
    open_sandbox: OpenSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = localhost(None)
    old = make("Old Root", is_authority=True, days=(-9, -1))
    loose = make("Loose Root", is_authority=True, is_by_the_letter=False)
    trust_as_system(tmp_path, monkeypatch, between(), own, old, loose)
    for chain, expected in (
        ([localhost(between())], UPDATED),
        ([own], UPDATED),
        ([localhost(loose, is_by_the_letter=False)], UPDATED),
        ([localhost(company())], REFUSED),
        ([localhost(old)], REFUSED),
    ):
        sandbox = open_sandbox(tls=serve(tmp_path, *chain))
        assert seen(send(sandbox.base_url)) == expected


@needs_openssl
def test_a_folder_of_the_systems_certificates_counts(
    open_sandbox: OpenSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path, company())))
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(company())))
    assert seen(send(sandbox.base_url)) == UPDATED


def hashed(folder: Path, made: Made) -> Path:
    """Write a certificate into a folder, named as OpenSSL looks for it."""
    path = write(folder / "one.pem", made)
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(path)]
    name = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()
    place = folder / "hashed"
    place.mkdir(exist_ok=True)
    write(place / f"{name}.0", made)
    return place


def test_a_root_that_certifi_alone_has_is_trusted(
    open_sandbox: OpenSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust_as_certifi(tmp_path, monkeypatch, stranger())
    for issuer in (stranger(), company()):
        sandbox = open_sandbox(tls=serve(tmp_path, localhost(issuer)))
        assert seen(send(sandbox.base_url)) == UPDATED


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    "is_folder",
    [pytest.param(False, id="file"), pytest.param(True, id="folder", marks=needs_shell)],
)
def test_a_bundle_that_is_named_counts_alone(
    variable: str,
    is_folder: bool,
    open_sandbox: OpenSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = hashed(tmp_path, stranger()) if is_folder else write(tmp_path / "ca.pem", stranger())
    monkeypatch.setenv(variable, str(bundle))
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(stranger())))
    assert seen(send(sandbox.base_url)) == UPDATED
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(company())))
    delivery = send(sandbox.base_url)
    assert seen(delivery) == REFUSED
    assert f"{variable} names that, so nothing else is trusted." in delivery.error_text
    assert '"Company Root", which is not in "' in delivery.error_text
    assert sandbox.requests == []


@pytest.mark.parametrize("content", [None, b"", b"order number,status\n"], ids=repr)
def test_a_bundle_that_cannot_be_read_is_named_with_its_variable(
    content: bytes | None,
    open_sandbox: OpenSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "ca.pem")
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(company())))
    delivery = send(sandbox.base_url)
    assert seen(delivery) == (Outcome.NOT_SENT, "cannot_connect")
    assert delivery.error_text.startswith('REQUESTS_CA_BUNDLE names "ca.pem" for the certificates')
    assert sandbox.requests == []


class Proxy:
    """A proxy that takes every host for one shop of this machine.

    Args:
        port: where connections are led on to.
        tls: what the proxy shows of itself; None for one that is reached without TLS.
        seen: what it shows as the shop, to read along; None if it does not.
    """

    def __init__(
        self, port: int, *, tls: ssl.SSLContext | None = None, seen: ssl.SSLContext | None = None
    ) -> None:
        self._port = port
        self._tls = tls
        self._seen = seen
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return f"https://localhost:{port}" if self._tls else f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        listening.stop(self._listener)
        for thread in self._threads:
            thread.join(30)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.settimeout(20)
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(client)
            if self._tls:
                client = stack.enter_context(self._tls.wrap_socket(client, server_side=True))
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1) or b"\r\n\r\n"
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            if self._seen:
                client = stack.enter_context(self._seen.wrap_socket(client, server_side=True))
            shop = stack.enter_context(socket.create_connection(("127.0.0.1", self._port)))
            back = threading.Thread(target=pump, args=(shop, client))
            back.start()
            pump(client, shop)
            back.join(20)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@needs_openssl
@pytest.mark.parametrize(("issuer", "expected"), [(company, UPDATED), (stranger, REFUSED)])
def test_a_proxy_that_signs_anew_is_trusted_if_the_system_trusts_it(
    issuer: Callable[[], Made],
    expected: tuple[Outcome, object],
    open_sandbox: OpenSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = open_sandbox()
    shown = serve(tmp_path, make("shop", issuer(), hosts=["shop.example"]))
    with Proxy(sandbox.port, seen=shown) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        delivery = send("https://shop.example")
    assert seen(delivery) == expected
    assert len(sandbox.requests) == (expected == UPDATED)
    if expected == REFUSED:
        assert 'of shop.example comes from "Stranger Root", which' in delivery.error_text


@pytest.fixture
def shop(open_sandbox: OpenSandbox, tmp_path: Path) -> Sandbox:
    return open_sandbox(tls=serve(tmp_path, make("shop", company(), hosts=["shop.example"])))


@needs_openssl
def test_a_proxy_over_tls_is_trusted_as_a_shop_is(
    shop: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(shop.port, tls=serve(tmp_path, localhost(company()))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert seen(send("https://shop.example")) == UPDATED
        delivery = send("https://other.example")
    assert seen(delivery) == REFUSED
    assert "of other.example, from" in delivery.error_text
    assert 'is for "shop.example", not for' in delivery.error_text
    assert len(shop.requests) == 1


@needs_openssl
def test_a_proxy_over_tls_that_is_not_trusted_is_told_nothing_and_named(
    shop: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(shop.port, tls=serve(tmp_path, localhost(stranger()))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:geheim@"))
        delivery = send("https://shop.example")
    assert seen(delivery) == REFUSED
    assert 'The certificate of localhost comes from "Stranger Root", which' in delivery.error_text
    assert "geheim" not in delivery.error_text
    assert shop.connections == 0


def test_a_proxy_over_tls_is_held_to_the_bundle_that_is_named(
    shop: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(write(tmp_path / "ca.pem", stranger())))
    with Proxy(shop.port, tls=serve(tmp_path, localhost(company()))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        delivery = send("https://shop.example")
    assert seen(delivery) == REFUSED
    assert 'of localhost comes from "Company Root", which is not in' in delivery.error_text


@needs_judge
def test_the_checks_of_a_context_cannot_be_turned_off(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    context = TlsContexts().context(None)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(stranger())))
    with (
        socket.create_connection(("127.0.0.1", sandbox.port), timeout=20) as plain,
        pytest.raises(UntrustedServerError) as caught,
    ):
        context.wrap_socket(plain, server_hostname="localhost")
    assert caught.value.host == "localhost"


@pytest.fixture
def overdue() -> Iterator[socket.socket]:
    """Give a connection to a server that says nothing; no time is left to wait for it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as plain,
    ):
        plain.settimeout(0.0)
        yield plain


def test_a_handshake_with_no_time_left_to_the_tick_is_late(overdue: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        TlsContexts().context(None).wrap_socket(overdue, server_hostname="localhost")


def test_an_answer_with_no_time_left_to_the_tick_is_late(overdue: socket.socket) -> None:
    context = ssl.create_default_context()
    with (
        socket.socket() as patient,
        context.wrap_socket(
            overdue, server_hostname="localhost", do_handshake_on_connect=False
        ) as hasty,
    ):
        patient.settimeout(20)
        with (
            BoundedStream(hasty.makefile("rb", buffering=0), patient) as answer,
            pytest.raises(TimeoutError),
        ):
            answer.read(1)


@needs_openssl
def test_the_systems_certificates_are_loaded_once(
    open_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    contexts = TlsContexts()
    first = contexts.context(None)
    write(tmp_path / "system.pem", stranger())
    assert contexts.context(None) is first
    sandbox = open_sandbox(tls=serve(tmp_path, localhost(company())))
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=20) as plain:
        first.wrap_socket(plain, server_hostname="localhost").close()


def test_truststore_is_loaded_with_the_first_connection_and_never_injected() -> None:
    program = """
import ssl, sys
from batch_update.justclick.client import Client
from batch_update.justclick.bounded import BoundedStream
from batch_update.justclick.trust import TlsContexts
own = ssl.SSLContext
assert "truststore" not in sys.modules
TlsContexts().context(None)
assert "truststore" in sys.modules
assert ssl.SSLContext is own
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(0x800B0109, "which this machine does not trust", id="windows-unknown-root"),
        pytest.param(0x800B010A, "which this machine does not trust", id="windows-chain"),
        pytest.param(0x800B0101, "has expired, or is not valid yet", id="windows-time"),
        pytest.param(0x800B010C, "has been revoked by", id="windows-revoked"),
        pytest.param(-67843, "which this machine does not trust", id="macos-unknown-root"),
        pytest.param(-67818, "has expired, or is not valid yet", id="macos-time"),
        pytest.param(23, "has been revoked by", id="openssl-revoked"),
        pytest.param(4711, "does not hold: Ein Fehler. Tell", id="unknown-number"),
    ],
)
def test_the_numbers_of_each_system_have_words(code: int, words: str) -> None:
    error = ssl.SSLCertVerificationError("Ein Fehler.")
    error.verify_code, error.verify_message = code, "Ein Fehler."
    text = explain(UntrustedServerError(error, host="shop.example", chain=(), bundle=None))
    assert words in text
    assert "an authority that the error does not name" in text


@needs_openssl
@pytest.mark.parametrize("name", ["unknown-root", "missing-intermediate", "expired", "other-name"])
def test_the_words_are_russian_too(name: str, open_sandbox: OpenSandbox, tmp_path: Path) -> None:
    sandbox = open_sandbox(tls=serve(tmp_path, *BAD[name][0]()))
    languages.begin("ru")
    try:
        text = send(sandbox.base_url).error_text
    finally:
        languages.begin(languages.ENGLISH)
    assert f"Защищённое соединение с {sandbox.base_url} не удалось, ничего не отправлено." in text
    assert "Сертификат localhost" in text
    assert "администратор" in text or "поддержк" in text
    assert len(re.findall("[a-zA-Z]{3,}", text)) < 20
