"""What comes over the network is not trusted: servers that lie, flood, drip and lead astray."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import gzip
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import openpyxl
import pytest
import trustme

from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender
from batch_update.errors import ExitStatus, FailureScope
from batch_update.justclick import signing
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.model import OrderUpdate, Outcome, SendResult
from tests import listening
from tests.conftest import CREDENTIALS, KEY, LOGIN, CliRun, RunCli, server_tls
from tests.integration.test_end_to_end import COMMAND
from tests.integration.test_sender import CANCEL, PAID, SENT
from tests.posix import needs_judge
from tests.unit.test_protocol import signed

MUCH = 64 << 20
"""So many bytes a flooding server would send if it could."""

MOST = 16 << 20
"""So many bytes the system may have taken for a client that reads no more than one million."""

LONG_S = 30.0
"""A dripping server gives up after so long, and then answers as if nothing had been."""


@pytest.fixture(params=[0, 1], ids=["first", "next"])
def earlier(request: pytest.FixtureRequest) -> int:
    """So many requests went over the connection before: the first is sent in another way."""
    return int(request.param)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("order number,status\n1,cancel\n2,cancel\n3,cancel\n")
    return path


class Server:
    """Takes one request per connection and says what it is told to, byte for byte.

    Args:
        talk: what it does with the connection when a request has come; bytes are sent as they are.
        tls: speak TLS; a certificate that the client does not like ends the connection.
        greeting: what it does with the connection at once, in place of all else.
        earlier: so many requests are answered as they should be over the same connection before;
            they are not kept.
    """

    def __init__(
        self,
        talk: Talk | bytes,
        *,
        tls: ssl.SSLContext | None = None,
        greeting: Callable[[socket.socket], None] | None = None,
        earlier: int = 0,
    ) -> None:
        self.talk = talk
        self.tls = tls
        self.greeting = greeting
        self.earlier = earlier
        self.requests: list[bytes] = []
        self.sent = 0
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"{'https://localhost' if self.tls else 'http://127.0.0.1'}:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        listening.stop(self._listener)
        for thread in self._threads:
            thread.join(LONG_S)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(LONG_S)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            if self.greeting:
                self.greeting(connection)
                return
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                for _ in range(self.earlier):
                    read_request(connection)
                    connection.sendall(KEPT)
                self.requests.append(read_request(connection))
                if isinstance(self.talk, bytes):
                    self.send(connection, self.talk)
                else:
                    self.talk(self, connection)

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.sent += len(data)


Talk = Callable[[Server, socket.socket], None]


def read_request(connection: socket.socket) -> bytes:
    """Read a request to the end of its body."""
    data = b""
    while b"&hash=" not in data or len(data.partition(b"&hash=")[2]) < 32:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError
        data += piece
    return data


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def deliver(
    server: Server, update: OrderUpdate = SENT, *, timeout_s: float = LONG_S, retries: int = 0
) -> SendResult:
    with Client(base_url=server.base_url, credentials=CREDENTIALS, timeout_s=timeout_s) as client:
        for _ in range(server.earlier):
            assert sender_of(client).deliver(CANCEL).outcome is Outcome.UPDATED
        return sender_of(client, retries=retries).deliver(update)


def sender_of(client: Client, *, retries: int = 0) -> Sender:
    limiter = AdaptiveLimiter(
        concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
    )
    return Sender(JustClickApi(client), retries=retries, limiter=limiter)


def raw(code: object = 0, text: object = "OK", **more: object) -> bytes:
    """An answer as JSON, unsigned unless it is given a hash."""
    return json.dumps({"error_code": code, "error_text": text, **more}).encode()


HASH = signing.sign_answer(0, "OK", KEY)
GOOD = signed(0)

NOT_VERIFIED = "answer_not_verified"
NOT_API = "not_api_answer"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(raw(), NOT_VERIFIED, id="unsigned"),
        pytest.param(raw(hash=""), NOT_VERIFIED, id="empty-hash"),
        pytest.param(raw(hash=None), NOT_VERIFIED, id="hash-null"),
        pytest.param(raw(hash=[HASH]), NOT_VERIFIED, id="hash-in-a-list"),
        pytest.param(raw(hash=HASH.upper()), NOT_VERIFIED, id="hash-in-upper-case"),
        pytest.param(raw(hash=HASH + " "), NOT_VERIFIED, id="hash-and-a-space"),
        pytest.param(raw(hash=HASH[:-1]), NOT_VERIFIED, id="hash-too-short"),
        pytest.param(raw(hash="é" * 32), NOT_VERIFIED, id="hash-not-latin"),
        pytest.param(
            raw(hash=signing.sign_answer(0, "OK", "other")), NOT_VERIFIED, id="hash-of-another-key"
        ),
        pytest.param(
            raw(hash=signing.sign_answer(200, "OK", KEY)), NOT_VERIFIED, id="hash-of-another-code"
        ),
        pytest.param(raw(text="ok", hash=HASH), NOT_VERIFIED, id="hash-of-another-text"),
        pytest.param(raw(text=None, hash=HASH), NOT_VERIFIED, id="text-null"),
        pytest.param(raw(text={}, hash=HASH), NOT_API, id="text-an-object"),
        pytest.param(raw(text=True, hash=HASH), NOT_API, id="text-a-truth-value"),
        pytest.param(signed(False), NOT_API, id="code-false"),
        pytest.param(signed(0.0), NOT_API, id="code-a-fraction"),
        pytest.param(signed("00"), NOT_API, id="code-00"),
        pytest.param(signed("-0"), NOT_API, id="code-minus-0"),
        pytest.param(signed("+0"), NOT_API, id="code-plus-0"),
        pytest.param(signed("0\n"), NOT_API, id="code-0-and-a-line-end"),
        pytest.param(signed(""), NOT_API, id="code-empty"),
        pytest.param(raw(None, hash=HASH), NOT_API, id="code-null"),
        pytest.param(raw([0], hash=HASH), NOT_API, id="code-in-a-list"),
        pytest.param(signed(10**9), NOT_API, id="code-huge"),
        pytest.param(GOOD.replace(b": 0,", b": 1e400,"), NOT_API, id="code-1e400"),
        pytest.param(GOOD.replace(b": 0,", b": 0e0,"), NOT_API, id="code-0e0"),
        pytest.param(GOOD.replace(b": 0,", b": NaN,"), NOT_API, id="code-nan"),
        pytest.param(GOOD.replace(b": 0,", b": -Infinity,"), NOT_API, id="code-infinity"),
        pytest.param(GOOD.replace(b": 0,", b": " + b"9" * 1_000_000 + b","), NOT_API, id="digits"),
        pytest.param(signed(0, result=float("nan")), NOT_API, id="nan-in-the-result"),
        pytest.param(signed(0, x=None).replace(b'"x"', b'"error_code"'), NOT_API, id="two-codes"),
        pytest.param(
            signed(0, x=0).replace(b'"x"', b'"error_code"'), NOT_API, id="same-code-twice"
        ),
        pytest.param(raw(x="", hash=HASH).replace(b'"x"', b'"hash"'), NOT_API, id="two-hashes"),
        pytest.param(signed(0, x=1).replace(b'"x"', b'"error_text"'), NOT_API, id="two-texts"),
        pytest.param(b"[" * 100_000, NOT_API, id="nested-lists"),
        pytest.param(b'{"a":' * 100_000, NOT_API, id="nested-objects"),
        pytest.param(
            signed(0, x=0).replace(b'"x": 0', b'"x": ' + b"[" * 99_999 + b"]" * 99_999),
            NOT_API,
            id="nested-but-whole",
        ),
        pytest.param(b"[" + GOOD + b"]", NOT_API, id="in-a-list"),
        pytest.param(json.dumps(GOOD.decode()).encode(), NOT_API, id="in-a-text"),
        pytest.param(b"null", NOT_API, id="null"),
        pytest.param(b"0", NOT_API, id="number"),
        pytest.param(GOOD + b"x", NOT_API, id="something-behind"),
        pytest.param(GOOD + GOOD, NOT_API, id="twice"),
        pytest.param(b"<br>" + GOOD, NOT_API, id="something-before"),
        pytest.param(b"callback(" + GOOD + b")", NOT_API, id="jsonp"),
        pytest.param(GOOD.decode().encode("utf-16"), NOT_API, id="utf-16"),
        pytest.param(GOOD.replace(b"OK", b"\xff\xfe"), NOT_API, id="not-utf-8"),
        pytest.param(GOOD.replace(b"OK", b"\xed\xa0\x80"), NOT_API, id="surrogate-as-bytes"),
        pytest.param(GOOD.replace(b"OK", b"O\x00K"), NOT_API, id="nul"),
        pytest.param(GOOD[:-1], NOT_API, id="cut-off"),
        pytest.param(b"", NOT_API, id="empty"),
        pytest.param(b"<html><form>Hotel WLAN: please log in</form>", NOT_API, id="login-page"),
        pytest.param(gzip.compress(GOOD), NOT_API, id="packed"),
    ],
)
def test_no_other_words_than_the_shops_signed_ones_count(
    body: bytes, code: str, earlier: int
) -> None:
    with Server(http(body, "Content-Type: application/json"), earlier=earlier) as server:
        delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, code)
    assert delivery.scope is FailureScope.ANSWER
    assert "Look at order 1 in the shop" in delivery.error_text
    assert delivery.error_text.isprintable()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("0", (Outcome.UPDATED, None), id="0-as-text"),
        pytest.param("200", (Outcome.REJECTED, 200), id="200-as-text"),
        pytest.param(-5, (Outcome.REJECTED, -5), id="negative"),
        pytest.param(999_999_999, (Outcome.REJECTED, 999_999_999), id="large"),
    ],
)
def test_odd_codes_that_the_shop_has_signed_count(
    code: object, expected: tuple[Outcome, int | None]
) -> None:
    with Server(http(signed(code))) as server:
        delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == expected


def head(*headers: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([status, *headers, "", ""]).encode("latin-1")


CHUNKED = head("Transfer-Encoding: chunked")
SIZE = b"%x" % len(GOOD)


def length(value: object) -> bytes:
    return head(f"Content-Length: {value}")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(length(len(GOOD) + 9) + GOOD, "half_answer", id="length-too-long"),
        pytest.param(length(10**15) + GOOD, "half_answer", id="length-of-a-petabyte"),
        pytest.param(length("999, 999") + GOOD, "half_answer", id="length-twice-too-long"),
        pytest.param(length(len(GOOD) - 9) + GOOD, NOT_API, id="length-too-short"),
        pytest.param(length(0) + GOOD, NOT_API, id="length-0"),
        pytest.param(head("Content-Length: 5", "Content-Length: 7") + GOOD, "not_http", id="two"),
        pytest.param(head("Content-Length: 5, 7") + GOOD, "not_http", id="two-in-one"),
        pytest.param(CHUNKED + b"zz\r\n" + GOOD, "half_answer", id="chunk-size-no-number"),
        pytest.param(CHUNKED + b"f" * 60_000 + b"\r\n", "half_answer", id="chunk-size-huge"),
        pytest.param(CHUNKED + SIZE + b";x" * 40_000, "half_answer", id="chunk-extension-long"),
        pytest.param(CHUNKED + SIZE + b"\r\n" + GOOD[:-9], "half_answer", id="chunk-cut-off"),
        pytest.param(CHUNKED + b"-5\r\n" + GOOD, "half_answer", id="chunk-size-negative"),
        pytest.param(CHUNKED, "half_answer", id="no-chunk"),
        pytest.param(b"", "no_answer", id="nothing"),
        pytest.param(b"HTTP/1.1 20", "not_http", id="status-line-cut-off"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", "not_http", id="another-protocol"),
        pytest.param(b"\x1b[2J\x00\r\n\r\n", "not_http", id="terminal-escapes"),
        pytest.param(GOOD, "not_http", id="http-0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not_http", id="http-2-preface"),
        pytest.param(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not_http", id="http-2-frame"),
        pytest.param(http(GOOD).replace(b"1.1", b"2.0"), "not_http", id="http-2.0"),
        pytest.param(http(GOOD, status="0 OK"), "not_http", id="status-0"),
        pytest.param(http(GOOD, status="1000 OK"), "not_http", id="status-1000"),
        pytest.param(http(GOOD, status="OK"), "not_http", id="status-no-number"),
        pytest.param(http(GOOD, *["X: y"] * 1000), "not_http", id="a-thousand-headers"),
        pytest.param(http(GOOD, "X: " + "y" * 70_000), "not_http", id="a-long-header"),
        pytest.param(http(GOOD, status="204 None"), NOT_API, id="204"),
        pytest.param(http(GOOD, status="304 Not Modified"), "http_304", id="304"),
        pytest.param(http(GOOD, status="300 Choices"), "http_300", id="300"),
        pytest.param(http(GOOD, status="101 Switching"), NOT_API, id="101"),
        pytest.param(http(GOOD, status="500 Error"), "http_500", id="500"),
        pytest.param(http(GOOD, status="503 Busy"), "http_503", id="503-and-yet-success"),
        pytest.param(http(GOOD, status="999 ?"), "http_999", id="999"),
    ],
)
def test_an_answer_that_is_not_whole_and_proper_leaves_the_outcome_open(
    answer: bytes, code: str, earlier: int
) -> None:
    with Server(answer, earlier=earlier) as server:
        delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, code)
    assert delivery.error_text.isprintable()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(GOOD, "Content-Type: image/png"), id="content-type"),
        pytest.param(http(b"\xef\xbb\xbf" + GOOD), id="byte-order-mark"),
        pytest.param(http(GOOD, status="205 Reset"), id="205"),
        pytest.param(http(GOOD, status="206 Part"), id="206"),
        pytest.param(http(GOOD, "Content-Encoding: br"), id="said-to-be-packed"),
        pytest.param(length(-5) + GOOD, id="length-negative"),
        pytest.param(length("many") + GOOD, id="length-no-number"),
        pytest.param(length(f"{len(GOOD)}, {len(GOOD)}") + GOOD, id="length-twice"),
        pytest.param(head("A" * 9_000, ": x", "\x00\x1b: \xff") + GOOD, id="broken-headers"),
        pytest.param(head(status="HTTP/1.1 100 Go on") + http(GOOD), id="100-once"),
        pytest.param(CHUNKED + SIZE + b"\r\n" + GOOD + b"\r\n0\r\nX: y\r\n\r\n", id="trailer"),
    ],
)
def test_the_shops_signed_word_counts_however_oddly_it_is_wrapped(
    answer: bytes, earlier: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(answer, earlier=earlier) as server:
        assert deliver(server).outcome is Outcome.UPDATED
    assert capfd.readouterr() == ("", "")


def flood(start: bytes, piece: bytes) -> Talk:
    """Send something, and then for ever the same."""

    def talk(server: Server, connection: socket.socket) -> None:
        server.send(connection, start)
        while server.sent < MUCH:
            server.send(connection, piece)

    return talk


X = b"x" * (1 << 16)
CONTINUE = head(status="HTTP/1.1 100 Continue")


@pytest.mark.parametrize(
    ("start", "piece", "code"),
    [
        pytest.param(length(1 << 30), X, "answer_too_long", id="a-gigabyte"),
        pytest.param(head(), X, "answer_too_long", id="no-length"),
        pytest.param(
            CHUNKED, b"10000\r\n" + X + b"\r\n", "answer_too_long", id="chunks-without-end"
        ),
        pytest.param(CHUNKED, b"1\r\nx\r\n" * 999, "answer_too_long", id="tiny-chunks"),
        pytest.param(CHUNKED + b"1;", X, "half_answer", id="chunk-extension"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n" * 999, "answer_too_long", id="trailers"),
        pytest.param(b"", CONTINUE * 999, "answer_too_long", id="100-continue"),
        pytest.param(
            b"",
            head("X: y", status=CONTINUE.decode()[:12]) * 999,
            "answer_too_long",
            id="100-continue-with-headers",
        ),
        pytest.param(b"HTTP/1.1 200 ", X, "not_http", id="status-line"),
        pytest.param(head()[:-2], b"X: y\r\n" * 999, "not_http", id="headers"),
        pytest.param(head()[:-2] + b"X: ", X, "not_http", id="one-header"),
        pytest.param(head()[:-2], b" folded" + X[:999] + b"\r\n", "not_http", id="folded-header"),
        pytest.param(
            head("Location: /", status="HTTP/1.1 302 Go"),
            X,
            "answer_too_long",
            id="page-of-a-redirect",
        ),
        pytest.param(head(status="HTTP/1.1 503 Busy"), X, "answer_too_long", id="page-of-a-503"),
    ],
)
def test_an_answer_without_end_is_cut_off_early(
    start: bytes, piece: bytes, code: str, earlier: int
) -> None:
    with Server(flood(start, piece), earlier=earlier) as server:
        delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, code)
    assert server.sent < MOST


def drip(start: bytes, piece: bytes) -> Talk:
    """Send something, and then the same again and again, slowly, but never so slowly as to stop."""

    def talk(server: Server, connection: socket.socket) -> None:
        server.send(connection, start)
        for _ in range(int(LONG_S / 0.05)):
            if server.closing.wait(0.05):
                return
            server.send(connection, piece)

    return talk


@pytest.mark.parametrize(
    ("start", "piece", "code"),
    [
        pytest.param(b"HTTP/1.1 200 O", b"K", "no_answer", id="status-line"),
        pytest.param(head()[:-2] + b"X: ", b"x", "no_answer", id="header"),
        pytest.param(b"", CONTINUE, "no_answer", id="100-continue"),
        pytest.param(length(1000), b" ", "half_answer", id="body"),
        pytest.param(CHUNKED + b"1", b"0", "half_answer", id="chunk-size"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n", "half_answer", id="trailer"),
        pytest.param(b"", b"", "no_answer", id="silence"),
    ],
)
def test_the_time_limit_holds_for_the_whole_answer(
    start: bytes, piece: bytes, code: str, earlier: int
) -> None:
    with Server(drip(start, piece), earlier=earlier) as server:
        # Long enough for the answer to an earlier request on a busy machine.
        delivery = deliver(server, timeout_s=1.0 if earlier else 0.2)
        assert not server.closing.is_set()
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, code)
    assert "in time" in delivery.error_text


def converse(*answers: bytes) -> Talk:
    """Give an answer to each request, over one connection as long as the client keeps it."""
    left = list(answers)

    def talk(server: Server, connection: socket.socket) -> None:
        server.send(connection, left.pop(0))
        while left:
            server.requests.append(read_request(connection))
            server.send(connection, left.pop(0))

    return talk


KEPT = length(len(GOOD)) + GOOD
"""An answer after which the connection stays open."""


def deliver_two(server: Server) -> list[Outcome]:
    with Client(base_url=server.base_url, credentials=CREDENTIALS, timeout_s=LONG_S) as client:
        sender = sender_of(client)
        return [sender.deliver(update).outcome for update in (SENT, CANCEL)]


@pytest.mark.parametrize("surplus", [KEPT, KEPT * 1000], ids=["one", "a-thousand"])
def test_what_follows_an_answer_is_not_taken_for_the_answer_to_the_next_request(
    surplus: bytes,
) -> None:
    with Server(converse(KEPT + surplus, http(signed(200, "nonexistent order")))) as server:
        assert deliver_two(server) == [Outcome.UPDATED, Outcome.REJECTED]
    assert len(server.requests) == 2


def test_what_was_not_read_of_an_answer_is_not_taken_for_the_answer_to_the_next_request() -> None:
    too_long = length(2 << 20) + b"x" * (2 << 20) + KEPT
    with (
        Server(too_long, earlier=1) as server,
        Client(base_url=server.base_url, credentials=CREDENTIALS, timeout_s=LONG_S) as client,
    ):
        sender = sender_of(client)
        codes = [sender.deliver(CANCEL).error_code for _ in range(3)]
    assert codes == [None, "answer_too_long", None]


def test_what_comes_after_an_answer_that_broke_is_not_taken_for_the_next_one(earlier: int) -> None:
    def talk(server: Server, connection: socket.socket) -> None:
        server.send(connection, CHUNKED + b"zz\r\n")
        read_request(connection)
        server.send(connection, http(signed(200, "nonexistent order")))

    with (
        Server(talk, earlier=earlier) as server,
        Client(base_url=server.base_url, credentials=CREDENTIALS, timeout_s=LONG_S) as client,
    ):
        sender = sender_of(client)
        outcomes = [sender.deliver(CANCEL).outcome for _ in range(earlier + 2)]
    # The next request has a connection of its own, over which the earlier ones come first again.
    whole, broken = [Outcome.UPDATED] * earlier, [Outcome.UNCONFIRMED]
    assert outcomes == (whole + broken + whole + broken)[: earlier + 2]


@pytest.mark.usefixtures("trusted")
def test_what_tls_has_taken_in_with_an_answer_is_not_taken_for_the_next_one(
    authority: trustme.CA,
) -> None:
    # Longer than what is read at a time: the rest of the record is in no socket any more.
    long = raw(0, "OK", hash=HASH, padding="x" * 9_000)
    answers = length(len(long)) + long + KEPT, http(signed(200, "nonexistent order"))
    with Server(converse(*answers), tls=server_tls(authority, "localhost")) as server:
        assert deliver_two(server) == [Outcome.UPDATED, Outcome.REJECTED]


def test_what_comes_while_a_request_waits_at_the_door_is_not_taken_for_its_answer() -> None:
    is_at_door, has_come = threading.Event(), threading.Event()
    answers = [KEPT, http(signed(200, "nonexistent order"))]

    def talk(server: Server, connection: socket.socket) -> None:
        server.send(connection, answers.pop(0))
        if answers:
            is_at_door.wait(LONG_S)
            server.send(connection, KEPT)
            has_come.set()
            server.closing.wait(LONG_S)

    def before_sending() -> bool:
        if len(answers) > 1:
            return False
        is_at_door.set()
        return has_come.wait(LONG_S)

    with (
        Server(talk) as server,
        Client(
            base_url=server.base_url,
            credentials=CREDENTIALS,
            timeout_s=LONG_S,
            before_sending=before_sending,
        ) as client,
    ):
        sender = sender_of(client)
        outcomes = [sender.deliver(update).outcome for update in (SENT, CANCEL)]
        server.closing.set()
    assert outcomes == [Outcome.UPDATED, Outcome.REJECTED]


def test_cookies_are_neither_kept_nor_sent_back() -> None:
    cookies = ["Set-Cookie: id=1; Path=/", "Set-Cookie2: id=2", f"Content-Length: {len(GOOD)}"]
    with Server(converse(head(*cookies) + GOOD, http(GOOD))) as server:
        assert deliver_two(server) == [Outcome.UPDATED, Outcome.UPDATED]
    assert [b"cookie" in request.lower() for request in server.requests] == [False, False]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        pytest.param("{other}/api/UpdateOrderStatus", id="other-host"),
        pytest.param("http://myshop:key@127.0.0.1:{port}/", id="with-login"),
        pytest.param("//127.0.0.1:{port}/", id="without-scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("http://[bad", id="malformed"),
        pytest.param("\x1b[31m\xff", id="escapes"),
    ],
)
def test_no_redirect_is_followed(status: int, target: str) -> None:
    with Server(http(GOOD)) as other:
        location = target.format(other=other.base_url, port=other.port)
        packed = gzip.compress(bytes(1 << 20))
        answer = http(
            packed, f"Location: {location}", "Content-Encoding: gzip", status=f"{status} Go"
        )
        with Server(answer) as server:
            delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "redirect")
    assert delivery.error_text.isprintable()
    assert (len(server.requests), len(other.requests)) == (1, 0)


@pytest.mark.usefixtures("trusted")
def test_a_redirect_from_https_to_http_is_not_followed(authority: trustme.CA) -> None:
    with Server(http(GOOD)) as other:
        answer = http(b"", f"Location: {other.base_url}/", status="307 Go")
        with Server(answer, tls=server_tls(authority, "localhost")) as server:
            assert deliver(server).error_code == "redirect"
    assert other.requests == []


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("status", ["200 OK", "302 Go"])
def test_packed_answers_are_not_unpacked(packing: str, status: str) -> None:
    pack = zlib.compress if packing == "deflate" else gzip.compress
    headers = [f"Content-Encoding: {packing}", *["Location: /"] * (status == "302 Go")]
    with Server(http(pack(bytes(32 << 20)), *headers, status=status)) as server:
        tracemalloc.start()
        delivery = deliver(server)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 8 << 20
    assert delivery.outcome is Outcome.UNCONFIRMED
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize(
    "login",
    [
        pytest.param("evil.com/", id="slash"),
        pytest.param("evil.com", id="dot"),
        pytest.param("user@host", id="at"),
        pytest.param("host#", id="hash"),
        pytest.param("host?", id="question-mark"),
        pytest.param("host:443", id="port"),
        pytest.param("evil.com\\", id="backslash"),
        pytest.param("a b", id="space"),
        pytest.param("shop\nevil", id="line-end"),
        pytest.param("shop\x1b[31m", id="escape"),
        pytest.param("shop\u202e", id="bidi"),
        pytest.param("ѕhop", id="look-alike"),
        pytest.param("evil。com", id="ideographic-dot"),
        pytest.param("evil．com", id="full-width-dot"),
        pytest.param("ｓhop", id="full-width-letter"),
        pytest.param("\u212ashop", id="kelvin-sign"),
        pytest.param("%65vil", id="percent"),
        pytest.param("a" * 64, id="64-letters"),
        pytest.param("[::1]", id="ipv6"),
        pytest.param("-shop", id="hyphen-in-front"),
        pytest.param("shop.", id="dot-behind"),
    ],
)
def test_a_login_that_leads_elsewhere_is_refused(
    login: str, run_cli: RunCli, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUSTCLICK_USERNAME", login)
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    refuses_in_one_line(run_cli(sheet), "which is no login")


def test_a_request_leaves_whole_and_not_its_headers_first() -> None:
    """Else a busy shop is woken twice for each update."""
    pieces: list[bytes] = []

    def read_once(connection: socket.socket) -> None:
        pieces.append(connection.recv(1 << 16))
        connection.sendall(http(GOOD))

    with Server(b"", greeting=read_once) as server:
        assert deliver(server).outcome is Outcome.UPDATED
    assert [piece.count(b"&hash=") for piece in pieces] == [1]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("{}@evil.com", id="login-in-front"),
        pytest.param("https://a:b@127.0.0.1:{port}", id="login-and-password"),
        pytest.param("https://shop.example#@127.0.0.1:{port}", id="fragment"),
        pytest.param("https://shop.example?@127.0.0.1:{port}", id="query"),
        pytest.param("https://shop.example\\@127.0.0.1:{port}", id="backslash"),
        pytest.param("https:\\\\127.0.0.1:{port}", id="backslashes"),
        pytest.param("https:evil.com", id="no-slashes"),
        pytest.param("https:/evil.com", id="one-slash"),
        pytest.param("https:///evil.com", id="three-slashes"),
        pytest.param("//evil.com", id="no-scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("https://shop.example:65536", id="port-too-high"),
        pytest.param("https://shop.example:-1", id="port-negative"),
        pytest.param("https://shop.example:80:90", id="two-ports"),
        pytest.param("https://shop.example:٤٤٣", id="port-in-other-digits"),
        pytest.param("https://[::1%25lo]:{port}", id="ipv6-zone"),
        pytest.param("https://[::1]evil.com", id="behind-the-bracket"),
        pytest.param("https://[::ffff:127.0.0.1]:{port}", id="ipv4-in-ipv6"),
        pytest.param("https://2130706433:{port}", id="ipv4-decimal"),
        pytest.param("https://0x7f000001:{port}", id="ipv4-hex"),
        pytest.param("https://0x7f.0.0.0x1:{port}", id="ipv4-hex-parts"),
        pytest.param("https://0177.0.0.1:{port}", id="ipv4-octal"),
        pytest.param("https://127.1:{port}", id="ipv4-short"),
        pytest.param("https://127.0.0.1.:{port}", id="ipv4-dot-behind"),
        pytest.param("https://shop.example.", id="dot-behind"),
        pytest.param("https://shop..example", id="two-dots"),
        pytest.param("https://.example", id="dot-in-front"),
        pytest.param("https://-.example", id="hyphen-alone"),
        pytest.param("https://" + "a" * 64 + ".example", id="64-letters"),
        pytest.param("https://" + "a." * 127 + "example", id="260-letters"),
        pytest.param("https://%65vil.com", id="percent"),
        pytest.param("https://shop%2eexample", id="percent-dot"),
        pytest.param("https://shop。example", id="ideographic-dot"),
        pytest.param("https://shop．example", id="full-width-dot"),
        pytest.param("https://shор.example", id="look-alike"),
        pytest.param("https://xn--80ak6aa92e.пример", id="punycode-and-not"),
        pytest.param("https://shop.example\u2044x", id="fraction-slash"),
        pytest.param("https://shop.ex\u200bample", id="zero-width"),
        pytest.param("https://shop.ex\tample", id="tab"),
        pytest.param("https://shop.example/\n/x", id="line-end"),
        pytest.param("https://shop.example/\x1b[31m", id="escape"),
        pytest.param("https://shop example", id="space"),
        pytest.param("http://shop.example", id="in-the-clear"),
        pytest.param("http://localhost.evil.com", id="loopback-in-front"),
        pytest.param("http://127.0.0.1.evil.com", id="loopback-address-in-front"),
        pytest.param("http://evil.com/127.0.0.1", id="loopback-behind"),
        pytest.param("http://localhost.:{port}", id="loopback-and-a-dot"),
        pytest.param("http://127.0.0.2:{port}", id="another-loopback"),
        pytest.param("http://0.0.0.0:{port}", id="every-address"),
        pytest.param("http://[::]:{port}", id="every-ipv6-address"),
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(
    address: str, run_cli: RunCli, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(http(GOOD)) as server:
        monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
        monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
        url = address.replace("{port}", str(server.port)).replace("{}", server.base_url)
        refuses_in_one_line(run_cli(sheet, "--base-url", url), "The address")
    assert server.requests == []


def refuses_in_one_line(run: CliRun, words: str) -> None:
    assert (run.status, run.out) == (ExitStatus.COULD_NOT_START, "")
    assert words in run.err
    assert run.err.endswith("\n")
    assert run.err[:-1].isprintable()


def reset(connection: socket.socket) -> None:
    """Break a connection off so that the other side sees it reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("update", [SENT, PAID], ids=lambda update: update.status)
@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda _, link: reset(link), id="reset"),
        pytest.param(lambda _, link: link.shutdown(socket.SHUT_RDWR), id="closed"),
        pytest.param(lambda server, link: server.send(link, http(GOOD)[:-9]), id="half"),
    ],
)
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_open(
    talk: Talk, update: OrderUpdate, is_tls: bool, earlier: int, authority: trustme.CA
) -> None:
    tls = server_tls(authority, "localhost") if is_tls else None
    with Server(talk, tls=tls, earlier=earlier) as server:
        delivery = deliver(server, update)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNCONFIRMED, 1)
    assert delivery.error_code in {"no_answer", "half_answer"}
    assert delivery.scope is FailureScope.CONNECTION


def reset_at_once(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    reset(connection)


def greet(data: bytes) -> Callable[[socket.socket], None]:
    """Answer a TLS handshake with something else."""

    def talk(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(data)

    return talk


def drip_handshake(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    connection.sendall(b"\x16\x03\x03\x40\x00")
    for _ in range(int(LONG_S / 0.05)):
        threading.Event().wait(0.05)
        connection.sendall(b"x")


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        pytest.param(reset_at_once, "no_connection", id="reset"),
        pytest.param(greet(b""), "no_connection", id="closed-in-the-handshake"),
        pytest.param(drip_handshake, "no_connection", id="handshake-drips"),
        pytest.param(greet(http(GOOD)), "tls_failed", id="no-tls-at-all"),
        pytest.param(greet(X), "tls_failed", id="noise"),
        pytest.param(greet(b"\x15\x03\x03\x00\x02\x02\x28"), "tls_failed", id="alert"),
    ],
)
def test_a_failed_handshake_sends_nothing(talk: Callable[[socket.socket], None], code: str) -> None:
    with Server(b"", greeting=talk) as server:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        delivery = deliver(server, timeout_s=0.5)
    outcome = (delivery.outcome, delivery.error_code)
    assert outcome == (Outcome.NOT_SENT, code), delivery.error_text
    assert delivery.error_text.isprintable()
    assert server.requests == []


NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def certified(authority: trustme.CA, *names: str, **named: Any) -> ssl.SSLContext:
    """Make a server's TLS context whose certificate says this."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **named).configure_cert(context)
    return context


def outdated(authority: trustme.CA) -> ssl.SSLContext:
    """Speak no newer TLS than 1.1."""
    context = server_tls(authority, "localhost")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def self_signed(path: Path) -> ssl.SSLContext:
    own = trustme.CA()
    own.cert_pem.write_to_path(path)
    own.private_key_pem.write_to_path(path, append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda ours: certified(
                ours, "localhost", not_before=NOW - DAY, not_after=NOW - DAY / 2
            ),
            id="expired",
        ),
        pytest.param(
            lambda ours: certified(
                ours, "localhost", not_before=NOW + DAY, not_after=NOW + 2 * DAY
            ),
            id="not-yet-valid",
        ),
        pytest.param(lambda ours: certified(ours, "localhost.evil.com"), id="other-name"),
        pytest.param(
            lambda ours: certified(ours, "evil.com", common_name="localhost"), id="common-name-only"
        ),
        pytest.param(lambda ours: certified(ours, "*.evil.com"), id="wildcard-of-another"),
        pytest.param(lambda ours: certified(ours, "127.0.0.1"), id="address-in-place-of-the-name"),
        pytest.param(lambda _: certified(trustme.CA(), "localhost"), id="unknown-authority"),
        pytest.param(lambda _: self_signed(Path("own.pem")), id="self-signed"),
        pytest.param(outdated, id="tls-1.1"),
    ],
)
def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(
    make: Callable[[trustme.CA], ssl.SSLContext], authority: trustme.CA
) -> None:
    with Server(http(GOOD), tls=make(authority)) as server:
        delivery = deliver(server)
    assert (delivery.outcome, delivery.error_code) == (Outcome.NOT_SENT, "tls_failed")
    assert delivery.scope is FailureScope.ACCOUNT
    assert "so nothing was sent" in delivery.error_text
    assert server.requests == []


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))


@pytest.mark.usefixtures("trusted")
def test_the_keys_of_a_connection_are_not_written_down(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    with Server(http(GOOD), tls=server_tls(authority, "localhost")) as server:
        assert deliver(server).outcome is Outcome.UPDATED
    assert not keys.exists()


def test_the_keys_of_a_connection_to_a_proxy_are_not_written_down(
    sheet: Path, authority: trustme.CA, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.log"
    with Server(http(GOOD), tls=server_tls(authority, "localhost")) as server:
        proxy = f"https://127.0.0.1:{server.port}"
        variables = {"HTTPS_PROXY": proxy, "JUSTCLICK_BASE_URL": "https://shop.invalid"}
        done = run_command(sheet, server, SSLKEYLOGFILE=str(keys), **variables)
    assert done.returncode == ExitStatus.STOPPED_EARLY
    assert not keys.exists()


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param(
            {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""},
            marks=needs_judge,
            id="off",
        ),
        pytest.param({"REQUESTS_CA_BUNDLE": "nowhere.pem"}, id="bundle-is-missing"),
        pytest.param({"CURL_CA_BUNDLE": "rows.csv"}, id="bundle-is-no-bundle"),
    ],
)
def test_no_variable_lets_an_unknown_certificate_pass(
    variables: dict[str, str], sheet: Path, authority: trustme.CA
) -> None:
    with Server(http(GOOD), tls=server_tls(authority, "localhost")) as server:
        done = run_command(sheet, server, **variables)
    assert done.returncode == ExitStatus.STOPPED_EARLY
    assert done.stderr.startswith("batch-update: stopped early. ")
    assert "Traceback" not in done.stderr
    assert [outcome for outcome, _ in outcomes_of(sheet)] == ["not sent"] * 3
    assert server.requests == []


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param("http://me:geheim@127.0.0.1:9", id="not-there"),
        pytest.param("http://me:geheim@127.0.0.1:{port}", id="answers-oddly"),
        pytest.param("https://me:geheim@127.0.0.1:{port}", id="without-tls"),
        pytest.param("http://me:ge/geheim@127.0.0.1:9", id="slash"),
        pytest.param("http://me:geheim@127.0.0.1:99999", id="port-too-high"),
        pytest.param("http://me:geheim@[bad", id="malformed"),
        pytest.param("http://me:geheim@", id="without-host"),
        pytest.param("http://me:geheim @ x", id="spaces"),
        pytest.param("me:geheim@127.0.0.1:9", id="without-scheme"),
        pytest.param("socks5://me:geheim@127.0.0.1:9", id="socks"),
        pytest.param("geheim://me:geheim@127.0.0.1:9", id="unknown-scheme"),
    ],
)
def test_the_password_of_a_proxy_is_not_shown(
    proxy: str, run_cli: RunCli, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = b"HTTP/1.1 407 \x1b[31mNo\x9b\r\n\r\n"
    with Server(b"", greeting=greet(answer)) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.format(port=server.port))
        monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
        monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
        log = sheet.with_name("log")
        run = run_cli(sheet, "--retries", "0", "--verbose", "--log-file", log)
    assert run.status == ExitStatus.STOPPED_EARLY
    results = sheet.with_name("rows.results.csv").read_text()
    said = (run.out + run.err + results + log.read_text()).replace("\n", " ")
    assert "geheim@" not in said
    assert "me:ge" not in said
    assert said.replace("\ufeff", "").isprintable()
    assert [outcome for outcome, _ in outcomes_of(sheet)] == ["not sent"] * 3


def run_command(
    sheet: Path, server: Server, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    account = {
        "JUSTCLICK_USERNAME": LOGIN,
        "JUSTCLICK_SECRET_KEY": KEY,
        "JUSTCLICK_BASE_URL": server.base_url,
    }
    return subprocess.run(
        [COMMAND, sheet, "--retries", "0", *arguments],
        env={**os.environ, **account, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=LONG_S,
        check=False,
    )


def outcomes_of(sheet: Path) -> list[tuple[str, str]]:
    """Read outcome and code of each row from the results."""
    with sheet.with_name("rows.results.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["result"], row["error_code"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("headers", "is_tried_again", "words"),
    [
        pytest.param(["1" + "0" * 30], False, " in 1440 minutes or later", id="10-to-the-30th"),
        pytest.param(["9" * 60_000], False, " in 1440 minutes or later", id="60000-digits"),
        pytest.param(["Fri, 31 Dec 9999 23:59:59 GMT"], False, " in 1440 minutes", id="year-9999"),
        pytest.param(["Fri, 31 Dec 9999 23:59:59 -2359"], False, " in 1440 minutes", id="zone"),
        pytest.param(["Fri, 31 Dec 99999 23:59:59 GMT"], True, "", id="year-99999"),
        pytest.param(["Fri, 31 Dec " + "9" * 5_000 + " 23:59:59 GMT"], True, "", id="year-of-5000"),
        pytest.param(["Fri, 31 Dec 2026 23:59:59 +" + "9" * 30], True, "", id="zone-of-30-digits"),
        pytest.param(["-5"], True, "", id="negative"),
        pytest.param(["1e9"], True, "", id="exponent"),
        pytest.param(["NaN"], True, "", id="nan"),
        pytest.param(["Infinity"], True, "", id="infinity"),
        pytest.param(["٣٠٠"], True, "", id="other-digits"),
        pytest.param(["\x1b[2J"], True, "", id="escapes"),
        pytest.param(["Mon,"], True, "", id="day-only"),
        pytest.param([""], True, "", id="empty"),
        pytest.param(["9999", "1"], True, "", id="two"),
    ],
)
def test_no_retry_after_makes_us_wait_for_ever_or_stumble(
    headers: list[str], is_tried_again: bool, words: str
) -> None:
    lines = [f"Retry-After: {header}".encode().decode("latin-1") for header in headers]
    pauses: list[float] = []
    with (
        Server(http(b"busy", *lines, status="503 Busy")) as server,
        Client(base_url=server.base_url, credentials=CREDENTIALS, timeout_s=LONG_S) as client,
    ):
        limiter = AdaptiveLimiter(
            concurrency=FixedConcurrency(1),
            stop=threading.Event(),
            pause=pauses.append,
            clock=lambda: sum(pauses),
        )
        delivery = Sender(JustClickApi(client), retries=1, limiter=limiter).deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "http_503")
    assert len(server.requests) == 1 + is_tried_again
    assert words in delivery.error_text
    assert sum(pauses) < 10


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"result": None}, id="null"),
        pytest.param({"result": "paid"}, id="text"),
        pytest.param({"result": {"pay_status": "paid"}}, id="without-id"),
        pytest.param({"result": {"pay_status": "waiting"}}, id="without-id-unpaid"),
        pytest.param({"result": {"id": 2, "pay_status": "paid"}}, id="another-order"),
        pytest.param({"result": {"id": 2, "pay_status": "waiting"}}, id="another-order-unpaid"),
        pytest.param({"result": {"id": True, "pay_status": "paid"}}, id="id-true"),
        pytest.param({"result": {"id": 1.0, "pay_status": "waiting"}}, id="id-a-fraction"),
        pytest.param({"result": {"id": [1], "pay_status": "waiting"}}, id="id-in-a-list"),
        pytest.param({"result": {"id": "1 ", "pay_status": "waiting"}}, id="id-and-a-space"),
        pytest.param({"result": {"id": None, "pay_status": "waiting"}}, id="id-null"),
        pytest.param({"result": {"id": 1, "pay_status": ["waiting"]}}, id="state-in-a-list"),
        pytest.param({"result": {"id": 1, "pay_status": {"paid": 1}}}, id="state-an-object"),
        pytest.param({"result": {"id": 1, "pay_status": True}}, id="state-true"),
        pytest.param({"result": {"id": 1, "pay_status": 0}}, id="state-0"),
        pytest.param({"result": {"id": 1, "pay_status": ""}}, id="state-empty"),
        pytest.param({"result": {"id": 1, "pay_status": "PAID"}}, id="state-in-upper-case"),
        pytest.param({"result": {"id": 1, "pay_status": "refunded"}}, id="state-unknown"),
        pytest.param({"result": {"id": 1, "paid": 1362254400}}, id="state-missing"),
        pytest.param({"result": [{"id": 1, "pay_status": "paid"}] * 2}, id="two-orders"),
        pytest.param({"code": 3, "result": {"id": 1, "pay_status": "paid"}}, id="refused-paid"),
        pytest.param({"code": 3, "result": {"id": 1, "pay_status": "waiting"}}, id="refused"),
        pytest.param({"hash": "0", "result": {"id": 1, "pay_status": "paid"}}, id="forged-paid"),
        pytest.param({"hash": "0", "result": {"id": 1, "pay_status": "waiting"}}, id="forged"),
    ],
)
def test_what_is_read_back_oddly_neither_repeats_a_payment_nor_settles_it(
    answer: dict[str, Any],
) -> None:
    details = http(signed(answer.pop("code", 0), **answer))
    if "hash" in answer:
        details = http(raw(**answer))

    def talk(server: Server, connection: socket.socket) -> None:
        if b"/getOrderDetails" in server.requests[-1]:
            server.send(connection, details)

    with Server(talk) as server:
        delivery = deliver(server, PAID)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNCONFIRMED, 1)
    assert "if it is paid, all is well" in delivery.error_text
    calls = [request.split(b" ")[1] for request in server.requests]
    assert calls == [b"/api/UpdateOrderStatus", b"/api/getOrderDetails"]


EVIL = {
    "escapes": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "lines": "a\r\nbatch-update: all rows updated\n\u2028\u2029\x85b",
    "bidi": "\u202eexe.\u2066\u2069\u200f",
    "formula": '=cmd|"/c calc"!A1',
    "at": "@SUM(1+1)*cmd|'/c calc'!A0",
    "page": "<script>alert(1)</script>",
    "nul": "a\x00\x01\x08\x7f\ufffe\uffffb",
    "half-a-pair": "\ud800\udfff\udc00",
    "megabytes": "Ы" * 100_000,
    "format": "{0}%s%n{bill_id}",
    "excel-escape": "_x001B_[2J",
}


@pytest.mark.parametrize("kind", ["signed", "unknown", "redirect", "status-line"])
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in EVIL.items()])
def test_the_shops_words_do_no_harm_on_the_screen_and_in_files(
    text: str, kind: str, run_cli: RunCli, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = text.encode("utf-8", "replace")
    line = data.replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")[:60_000]
    answer = {
        "signed": http(signed(777, text)),
        "unknown": http(data),
        "redirect": http(b"", f"Location: {line}", status="302 Go"),
        "status-line": line.encode("latin-1"),
    }[kind]
    monkeypatch.setenv("JUSTCLICK_USERNAME", LOGIN)
    monkeypatch.setenv("JUSTCLICK_SECRET_KEY", KEY)
    log = sheet.with_name("log")
    book = sheet.with_name("failures.xlsx")
    with Server(answer) as server:
        arguments = ["--retries", "0", "--verbose", "--log-file", log, "--failures", book]
        run = run_cli(sheet, "--base-url", server.base_url, *arguments)
    assert run.status in {ExitStatus.ROWS_NEED_A_PERSON, ExitStatus.STOPPED_EARLY}
    written = log.read_text(encoding="utf-8")
    assert (run.out + run.err + written).replace("\n", "").isprintable()
    assert len(run.out + run.err) < 5_000
    with sheet.with_name("rows.results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    pages = openpyxl.load_workbook(book).worksheets
    cells = [cell for row in pages[0].iter_rows() for cell in row]
    assert len(rows) == 3
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    for said in (value for row in rows for value in [*row, *(str(c.value) for c in cells)]):
        assert said.isprintable()
        assert len(said) < 600
        assert said[:1] not in {"=", "@", "+", "-"}


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(flood(head(), X), id="answer-without-end"),
        pytest.param(flood(b"", CONTINUE * 999), id="100-continue-without-end"),
        pytest.param(drip(b"HTTP/1.1 200 O", b"K"), id="drip"),
        pytest.param(lambda _, link: reset(link), id="reset"),
        pytest.param(http(b"<h1>Please log in</h1>"), id="login-page"),
        pytest.param(http(b"", "Location: file:///etc/passwd", status="307 Go"), id="redirect"),
    ],
)
def test_every_row_has_its_one_result_whatever_the_network_does(
    attack: Talk | bytes, sheet: Path
) -> None:
    def talk(server: Server, connection: socket.socket) -> None:
        if b"bill_id=1&" in server.requests[-1]:
            server.send(connection, http(GOOD))
        elif isinstance(attack, bytes):
            server.send(connection, attack)
        else:
            attack(server, connection)

    with Server(talk) as server:
        done = run_command(sheet, server, "--timeout", "0.3", "--workers", "2")
    assert done.returncode == ExitStatus.ROWS_NEED_A_PERSON
    assert "Traceback" not in done.stderr
    assert [outcome for outcome, _ in outcomes_of(sheet)] == ["updated", *["unconfirmed"] * 2]
    assert len(server.requests) == 3
