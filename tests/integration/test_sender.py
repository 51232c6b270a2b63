from __future__ import annotations

import datetime as dt
import socket
import threading
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

import batch_update
from batch_update import wording
from batch_update.delivery import AdaptiveLimiter, FixedConcurrency, Sender
from batch_update.errors import (
    CannotConnectError,
    FailureScope,
    HeldBackError,
    NotDeliveredError,
    OutcomeUnknownError,
)
from batch_update.justclick import signing
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.model import Approach, OrderUpdate, Outcome, Status
from batch_update.sandbox import Change, Shop
from tests.conftest import (
    CREDENTIALS,
    KEY,
    LOGIN,
    Delivering,
    OpenSandbox,
    OpenSender,
    server_tls,
)
from tests.posix import needs_judge
from tests.sandbox import Fault, Script

DATE = dt.datetime(2013, 3, 2, 20, tzinfo=dt.UTC)
SENT = OrderUpdate(bill_id=1, status=Status.SENT, date=DATE, rpo="RA~ 1")
PAID = OrderUpdate(bill_id=1, status=Status.PAID, date=DATE)
CANCEL = OrderUpdate(bill_id=1, status=Status.CANCEL)
RETURN = OrderUpdate(bill_id=1, status=Status.RETURN)


def test_the_signed_string_itself_leaves(open_sender: OpenSender) -> None:
    shop = open_sender()
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UPDATED, 1)
    assert delivery.settled_at is not None
    assert delivery.settled_at.tzinfo is not None
    request = shop.sandbox.requests[0]
    fields = [("bill_id", "1"), ("status", "sent"), ("date", "1362254400"), ("rpo", "RA~ 1")]
    assert request.body == signing.sign_request(fields, LOGIN, KEY).encode()
    assert b"rpo=RA%7E+1&hash=" in request.body
    assert request.path == "/api/UpdateOrderStatus"
    assert request.headers["user-agent"] == f"batch-update/{batch_update.__version__}"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers


def test_one_connection_serves_many_updates(open_sender: OpenSender) -> None:
    shop = open_sender(shop=Shop(missing={5}))
    for number in range(1, 8):
        shop.sender.deliver(OrderUpdate(bill_id=number, status=Status.CANCEL))
    assert len(shop.sandbox.requests) == 7
    assert shop.sandbox.connections == 1


@pytest.mark.parametrize(
    ("faults", "shortest_s"),
    [
        pytest.param([Fault.busy(503), Fault.busy(429)], 0.5, id="busy"),
        pytest.param([Fault.refuse(8, "later"), Fault.refuse(8, "later")], 0.5, id="code-8"),
        pytest.param([Fault.lost_answer(), Fault.half_answer()], 2.0, id="lost-answers"),
        pytest.param([Fault.dropped(), Fault.page(502)], 2.0, id="dropped-and-page"),
        pytest.param([Fault.page(), Fault.page(500)], 2.0, id="pages"),
    ],
)
@pytest.mark.parametrize("update", [SENT, CANCEL, RETURN], ids=lambda update: update.status)
def test_what_may_be_repeated_is_repeated(
    open_sender: OpenSender, update: OrderUpdate, faults: list[Fault], shortest_s: float
) -> None:
    shop = open_sender(Script({1: faults}))
    delivery = shop.sender.deliver(update)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UPDATED, 3)
    assert [change.status for change in shop.sandbox.shop.history(1)][-1] == update.status
    assert len(shop.pauses) == 2
    first_s, second_s = shop.pauses
    assert shortest_s <= first_s <= max(shortest_s, 1.0) <= second_s <= max(shortest_s, 1.5)


def test_retries_are_bounded(open_sender: OpenSender) -> None:
    shop = open_sender(Script(always=Fault.busy()), retries=2)
    delivery = shop.sender.deliver(SENT)
    assert delivery.outcome is Outcome.UNCONFIRMED
    assert (delivery.error_code, delivery.attempts) == ("http_503", 3)
    assert delivery.scope is FailureScope.CONNECTION
    assert "all is well; if it is not, run this row again" in delivery.error_text


@pytest.mark.parametrize(
    ("retry_after", "at_least", "at_most"),
    [
        pytest.param("7", 7.0, 7.0, id="seconds"),
        pytest.param("0", 0.0, 0.0, id="at-once"),
        pytest.param("Sun, 01 Nov 2026 99:99:99", 0.5, 1.0, id="nonsense"),
        pytest.param("soon", 0.5, 1.0, id="words"),
        pytest.param("²", 0.5, 1.0, id="superscript"),
    ],
)
def test_retry_after_is_honoured(
    open_sender: OpenSender, retry_after: str, at_least: float, at_most: float
) -> None:
    shop = open_sender(Script({1: [Fault.busy(429, retry_after)]}))
    assert shop.sender.deliver(SENT).outcome is Outcome.UPDATED
    assert len(shop.pauses) == 1
    assert at_least <= shop.pauses[0] <= at_most


@pytest.mark.parametrize(("minutes", "at_least", "at_most"), [(2, 90, 120), (-5, 0, 0)])
def test_retry_after_may_be_a_date(
    open_sender: OpenSender, minutes: int, at_least: float, at_most: float
) -> None:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    fault = Fault.busy(503, format_datetime(until, usegmt=True))
    shop = open_sender(Script({1: [fault]}))
    assert shop.sender.deliver(SENT).outcome is Outcome.UPDATED
    assert at_least <= shop.pauses[0] <= at_most


def test_a_shop_that_asks_for_a_long_pause_is_left_alone(open_sender: OpenSender) -> None:
    shop = open_sender(Script(always=Fault.busy(429, "3600")))
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNCONFIRMED, 1)
    assert "again in 60 minutes or later" in delivery.error_text


def test_lost_answer_of_a_payment_is_read_back(open_sender: OpenSender) -> None:
    shop = open_sender(Script({1: [Fault.lost_answer()]}))
    delivery = shop.sender.deliver(PAID)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UPDATED, 1)
    assert [request.call for request in shop.sandbox.requests] == [
        "UpdateOrderStatus",
        "getOrderDetails",
    ]
    assert len(shop.sandbox.shop.history(1)) == 1
    assert shop.pauses == [2.0]


@pytest.mark.parametrize("fault", [Fault.dropped(), Fault.page(504)], ids=["dropped", "page"])
def test_a_payment_that_may_be_on_its_way_is_not_sent_again(
    open_sender: OpenSender, fault: Fault
) -> None:
    shop = open_sender(Script({1: [fault]}))
    delivery = shop.sender.deliver(PAID)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNCONFIRMED, 1)
    assert delivery.may_be_looked_up
    assert delivery.scope in {FailureScope.CONNECTION, FailureScope.ANSWER}
    assert delivery.unknown_since is not None
    safe_from = wording.moment(delivery.unknown_since.machine + dt.timedelta(seconds=600))
    assert f"if it is not, run this row again after {safe_from}." in delivery.error_text
    assert shop.sandbox.shop.history(1) == []


@pytest.mark.parametrize(
    "read_back",
    [
        pytest.param(Fault.dropped(), id="unreachable"),
        pytest.param(Fault.refuse(0, "OK"), id="without-result"),
        pytest.param(Fault.wrong_hash(), id="forged"),
        pytest.param(Fault.refuse(3, "wrong posted data"), id="refused"),
    ],
)
def test_a_payment_that_cannot_be_read_back_is_never_repeated(
    open_sender: OpenSender, read_back: Fault
) -> None:
    script = Script({1: [Fault.lost_answer()]}, details={1: [read_back] * 9})
    shop = open_sender(script)
    delivery = shop.sender.deliver(PAID)
    assert delivery.outcome is Outcome.UNCONFIRMED
    assert "Look at order 1 in the shop: if it is paid, all is well" in delivery.error_text
    calls = [request.call for request in shop.sandbox.requests]
    assert calls.count("UpdateOrderStatus") == 1
    assert len(shop.sandbox.shop.history(1)) == 1


def test_a_payment_of_an_order_that_does_not_exist_is_rejected(open_sender: OpenSender) -> None:
    shop = open_sender(Script({1: [Fault.lost_answer()]}), shop=Shop(missing={1}))
    delivery = shop.sender.deliver(PAID)
    assert (delivery.outcome, delivery.error_code) == (Outcome.REJECTED, 400)


def test_reading_back_may_itself_be_repeated(open_sender: OpenSender) -> None:
    script = Script({1: [Fault.lost_answer()]}, details={1: [Fault.busy(), Fault.dropped()]})
    shop = open_sender(script)
    assert shop.sender.deliver(PAID).outcome is Outcome.UPDATED
    assert len(shop.sandbox.shop.history(1)) == 1


@pytest.mark.parametrize(
    ("fault", "before", "outcome", "words"),
    [
        pytest.param(Fault.denied(), [], Outcome.UPDATED, "", id="it-is-there-all-the-same"),
        pytest.param(
            Fault.refuse(202, "order not paid"),
            [],
            Outcome.REJECTED,
            'The shop could not record the payment (code 202: "order not paid"), and shows '
            "order 1 as not paid. Record it in the shop by hand",
            id="it-is-not-there",
        ),
        pytest.param(
            Fault.refuse(202, ""),
            ["cancel"],
            Outcome.REJECTED,
            "(code 202), and shows order 1 as cancelled.",
            id="the-order-is-cancelled",
        ),
    ],
)
def test_a_payment_that_the_shop_denies_is_read_back(
    open_sender: OpenSender, fault: Fault, before: list[str], outcome: Outcome, words: str
) -> None:
    shop = open_sender(Script({1: [fault]}))
    for status in before:
        shop.sandbox.shop.update({"bill_id": "1", "status": status})
    delivery = shop.sender.deliver(PAID, Approach.ASK)
    assert (delivery.outcome, delivery.attempts) == (outcome, 1)
    assert words in delivery.error_text
    assert delivery.error_code == (None if outcome is Outcome.UPDATED else 202)
    assert calls_of(shop) == ["getOrderDetails", "UpdateOrderStatus", "getOrderDetails"]
    assert shop.pauses == [2.0]


@pytest.mark.parametrize(
    ("approach", "ended", "words"),
    [
        pytest.param(
            Approach.POST,
            (Outcome.ALREADY_UPDATED, None),
            "since order 1 is paid already (2013-03-01 20:00 UTC)",
            id="not-asked-before",
        ),
        pytest.param(
            Approach.AGAIN,
            (Outcome.REJECTED, 202),
            "order 1 has a payment already (2013-03-01 20:00 UTC). Look at the order",
            id="forced",
        ),
    ],
)
def test_a_denied_payment_of_an_order_that_was_paid_before_is_not_taken_for_it(
    open_sender: OpenSender, approach: Approach, ended: tuple[Outcome, int | None], words: str
) -> None:
    shop = open_sender(shop=Shop(pays_once=True))
    shop.sandbox.shop.update({"bill_id": "1", "status": "paid", "date": "1362168000"})
    delivery = shop.sender.deliver(PAID, approach)
    assert (delivery.outcome, delivery.error_code) == ended
    assert words in delivery.error_text
    assert len(shop.sandbox.shop.history(1)) == 1


@pytest.mark.parametrize(
    ("approach", "read_back", "words", "is_looked_up"),
    [
        pytest.param(
            Approach.ASK, Fault.dropped(), "back did not settle whether it is paid", True, id="lost"
        ),
        pytest.param(
            Approach.ASK, Fault.refuse(3, "wrong posted data"), "--force after", False, id="no-word"
        ),
        pytest.param(
            Approach.AGAIN, Fault.dropped(), "may have been paid before", False, id="forced"
        ),
    ],
)
def test_a_denied_payment_that_cannot_be_read_back_is_as_doubtful_as_a_lost_answer(
    open_sender: OpenSender, approach: Approach, read_back: Fault, words: str, *, is_looked_up: bool
) -> None:
    first = [None] if approach is Approach.ASK else [read_back] * 4
    shop = open_sender(Script({1: [Fault.denied()]}, details={1: [*first, *[read_back] * 4]}))
    delivery = shop.sender.deliver(PAID, approach)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, 202)
    assert words in delivery.error_text
    assert "run this row again" in delivery.error_text
    assert delivery.unknown_since is not None
    assert delivery.may_be_looked_up == is_looked_up
    # What comes back to it finds the payment; nothing is sent again.
    if is_looked_up:
        later = shop.sender.deliver(PAID, Approach.LOOK, delivery.unknown_since)
        assert (later.outcome, later.attempts) == (Outcome.UPDATED, 0)
    assert calls_of(shop).count("UpdateOrderStatus") == 1


def test_a_denied_payment_of_an_order_that_is_gone_is_rejected_as_that(
    open_sender: OpenSender,
) -> None:
    script = Script({1: [Fault.refuse(202, "order not paid")]})
    delivery = open_sender(script, shop=Shop(missing={1})).sender.deliver(PAID)
    assert (delivery.outcome, delivery.error_code) == (Outcome.REJECTED, 400)


def test_code_202_of_another_status_is_a_refusal_like_any(open_sender: OpenSender) -> None:
    shop = open_sender(Script({1: [Fault.refuse(202, "order not paid")]}))
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.REJECTED, 202)
    assert calls_of(shop) == ["UpdateOrderStatus"]


def calls_of(shop: Delivering) -> list[str]:
    return [request.call for request in shop.sandbox.requests]


@pytest.mark.parametrize("update", [SENT, PAID, CANCEL], ids=lambda update: update.status)
def test_a_forged_answer_is_not_believed_and_not_retried(
    open_sender: OpenSender, update: OrderUpdate
) -> None:
    shop = open_sender(Script({1: [Fault.wrong_hash()]}))
    delivery = shop.sender.deliver(update)
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNCONFIRMED, 1)
    assert delivery.error_code == "answer_not_verified"
    assert delivery.scope is FailureScope.ANSWER
    assert len(shop.sandbox.requests) == 1


def test_a_redirect_is_not_followed(open_sender: OpenSender, open_sandbox: OpenSandbox) -> None:
    other = open_sandbox()
    shop = open_sender(Script({1: [Fault.redirect(f"{other.base_url}/login")]}))
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "redirect")
    assert f"{other.base_url}/login" in delivery.error_text
    assert other.requests == []


@pytest.mark.parametrize("code", [1, 5, 6, 7])
def test_account_codes_refuse_the_row_and_mean_the_batch(
    open_sender: OpenSender, code: int
) -> None:
    shop = open_sender(Script(always=Fault.refuse(code, "отказано")))
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.REJECTED, code)
    assert delivery.scope is FailureScope.ACCOUNT
    assert f'(code {code}: "отказано")' in delivery.error_text
    assert len(shop.sandbox.requests) == 1


def test_a_wrong_key_is_explained_although_the_answer_cannot_be_verified(
    open_sender: OpenSender,
) -> None:
    shop = open_sender(secret_key="not the shop's key")
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "wrong_key")
    assert delivery.scope is FailureScope.ACCOUNT
    assert delivery.error_text.startswith("The secret key is wrong: the shop says")
    assert len(shop.sandbox.requests) == 1


def test_a_shop_that_stays_overloaded_stops_the_batch(open_sender: OpenSender) -> None:
    shop = open_sender(Script(always=Fault.refuse(8, "limit")), retries=1)
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.NOT_SENT, 8)
    assert delivery.scope is FailureScope.OVERLOAD
    assert "limit for this address is used up, or the API is switched off" in delivery.error_text


@pytest.mark.parametrize(
    ("update", "outcome"),
    [(SENT, Outcome.UNCONFIRMED), (RETURN, Outcome.UNCONFIRMED), (CANCEL, Outcome.UPDATED)],
    ids=["sent", "return", "cancel-is-read-back"],
)
def test_a_refusal_of_a_repetition_is_no_proof(
    open_sender: OpenSender, update: OrderUpdate, outcome: Outcome
) -> None:
    faults = [Fault.lost_answer(), Fault.refuse(201, "wrong status")]
    shop = open_sender(Script({1: faults}))
    assert shop.sender.deliver(update).outcome is outcome


def test_a_refused_repetition_of_a_cancel_that_did_not_work_is_unconfirmed(
    open_sender: OpenSender,
) -> None:
    shop = open_sender(Script({1: [Fault.dropped(), Fault.refuse(201, "wrong status")]}))
    delivery = shop.sender.deliver(CANCEL)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, 201)
    assert "if it is cancelled, all is well" in delivery.error_text


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((code, Outcome.REJECTED) for code in (2, 3, 200, 203, 302, 400)),
        *((code, Outcome.UNCONFIRMED) for code in (201, 202, 303, 999)),
    ],
)
def test_some_refusals_are_a_proof_even_after_a_lost_answer(
    open_sender: OpenSender, code: int, outcome: Outcome
) -> None:
    faults = [Fault.dropped(), Fault.refuse(code, "as the shop says it")]
    delivery = open_sender(Script({1: faults})).sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (outcome, code)


def test_busy_after_a_lost_answer_leaves_the_doubt(open_sender: OpenSender) -> None:
    script = Script({1: [Fault.lost_answer(), *[Fault.busy()] * 9]})
    delivery = open_sender(script).sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "http_503")
    assert "if it is sent with tracking number RA~ 1, all is well" in delivery.error_text


def test_success_under_an_error_status_is_doubted(open_sender: OpenSender) -> None:
    body = signing.sign_answer(0, "OK", KEY)
    answer = f'{{"error_code":0,"error_text":"OK","hash":"{body}"}}'.encode()
    shop = open_sender(Script(always=Fault(status=500, body=answer)), retries=0)
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "http_500")


def test_a_signed_refusal_counts_whatever_the_http_status(open_sender: OpenSender) -> None:
    shop = open_sender(Script(always=Fault(status=404, code=200, text="nonexistent order")))
    assert shop.sender.deliver(SENT).error_code == 200


def test_an_endless_answer_is_cut_off(open_sender: OpenSender) -> None:
    shop = open_sender(Script(always=Fault(body=b"x" * (2 << 20))))
    delivery = shop.sender.deliver(SENT)
    assert (delivery.outcome, delivery.error_code) == (Outcome.UNCONFIRMED, "answer_too_long")


def test_a_slow_answer_is_unknown(open_sender: OpenSender) -> None:
    shop = open_sender(Script({1: [Fault.slow(20.0)]}), timeout_s=0.2)
    assert shop.sender.deliver(SENT).outcome is Outcome.UPDATED
    assert len(shop.sandbox.requests) == 2


def test_an_answer_that_drips_is_cut_off_by_the_deadline() -> None:
    release = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not release.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Client(base_url=url, credentials=CREDENTIALS, timeout_s=0.3) as client:
            with pytest.raises(OutcomeUnknownError) as caught:
                client.call("UpdateOrderStatus", [("bill_id", "1")])
            release.set()
        thread.join()
    assert caught.value.code == "half_answer"


def test_a_closed_port_is_certainly_not_delivered(open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    sandbox.close()
    with (
        Client(base_url=sandbox.base_url, credentials=CREDENTIALS, timeout_s=5) as client,
        pytest.raises(NotDeliveredError, match="refused") as caught,
    ):
        client.call("UpdateOrderStatus", [("bill_id", "1")])
    assert caught.value.code == "no_connection"


def test_an_unknown_host_is_certainly_not_delivered() -> None:
    with (
        Client(base_url="https://shop.invalid", credentials=CREDENTIALS, timeout_s=5) as client,
        pytest.raises(NotDeliveredError, match="Name or service not known"),
    ):
        client.call("UpdateOrderStatus", [("bill_id", "1")])


def test_a_proxy_that_is_not_there_is_certainly_not_delivered(
    monkeypatch: pytest.MonkeyPatch, open_sandbox: OpenSandbox
) -> None:
    gone = open_sandbox()
    gone.close()
    monkeypatch.setenv("HTTPS_PROXY", gone.base_url)
    with (
        Client(base_url="https://shop.invalid", credentials=CREDENTIALS, timeout_s=5) as client,
        pytest.raises(NotDeliveredError),
    ):
        client.call("UpdateOrderStatus", [("bill_id", "1")])


def test_a_malformed_proxy_is_a_matter_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://:x")
    with (
        Client(base_url="https://shop.invalid", credentials=CREDENTIALS, timeout_s=5) as client,
        pytest.raises(CannotConnectError, match="proxy") as caught,
    ):
        client.call("UpdateOrderStatus", [("bill_id", "1")])
    assert caught.value.code == "cannot_connect"


def test_no_proxy_stands_between_us_and_the_loopback(
    monkeypatch: pytest.MonkeyPatch, open_sender: OpenSender
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    shop = open_sender()
    assert shop.sender.deliver(SENT).outcome is Outcome.UPDATED


def test_a_netrc_password_is_not_sent_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_sender: OpenSender
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password mine")
    monkeypatch.setenv("NETRC", str(netrc))
    shop = open_sender()
    shop.sender.deliver(SENT)
    assert "authorization" not in shop.sandbox.requests[0].headers


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def deliver_over_tls(open_sandbox: OpenSandbox, authority: trustme.CA, name: str) -> list[object]:
    sandbox = open_sandbox(tls=server_tls(authority, name))
    with Client(base_url=sandbox.base_url, credentials=CREDENTIALS, timeout_s=10) as client:
        sender = Sender(
            JustClickApi(client),
            retries=2,
            limiter=AdaptiveLimiter(
                concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
            ),
        )
        delivery = sender.deliver(SENT)
    return [delivery.outcome, delivery.error_code, delivery.scope, len(sandbox.requests)]


def test_tls_with_a_good_certificate_works(
    monkeypatch: pytest.MonkeyPatch, open_sandbox: OpenSandbox, authority: trustme.CA, ca_file: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    result = deliver_over_tls(open_sandbox, authority, "localhost")
    assert result == [Outcome.UPDATED, None, FailureScope.ROW, 1]


@pytest.mark.parametrize("is_secure", [True, False])
@pytest.mark.parametrize("approach", [Approach.POST, Approach.LOOK])
def test_a_request_that_is_held_back_at_the_last_moment_is_no_try(
    monkeypatch: pytest.MonkeyPatch,
    open_sandbox: OpenSandbox,
    authority: trustme.CA,
    ca_file: Path,
    is_secure: bool,
    approach: Approach,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    sandbox = open_sandbox(tls=server_tls(authority, "localhost") if is_secure else None)
    came_to_the_door: list[int] = []

    def before_sending() -> bool:
        came_to_the_door.append(len(sandbox.requests))
        if len(came_to_the_door) < 3:
            raise HeldBackError
        return False

    with Client(
        base_url=sandbox.base_url,
        credentials=CREDENTIALS,
        timeout_s=10,
        before_sending=before_sending,
    ) as client:
        limiter = AdaptiveLimiter(concurrency=FixedConcurrency(1), stop=threading.Event())
        sender = Sender(JustClickApi(client), retries=0, limiter=limiter)
        delivery = sender.deliver(PAID, approach)
    posts = int(approach is Approach.POST)
    assert delivery.attempts == posts
    assert delivery.outcome is (Outcome.UPDATED if posts else Outcome.NOT_SENT)
    assert came_to_the_door == [0] * 3
    assert len(sandbox.requests) == 1


def test_a_connection_that_ends_while_a_request_waits_at_the_door_is_made_anew(
    open_sandbox: OpenSandbox,
) -> None:
    sandbox = open_sandbox()

    def before_sending() -> bool:
        if len(sandbox.requests) == 1 and sandbox.connections == 1:
            sandbox.end_connections()
        return True

    with Client(
        base_url=sandbox.base_url,
        credentials=CREDENTIALS,
        timeout_s=10,
        before_sending=before_sending,
    ) as client:
        limiter = AdaptiveLimiter(concurrency=FixedConcurrency(1), stop=threading.Event())
        sender = Sender(JustClickApi(client), retries=0, limiter=limiter)
        deliveries = [sender.deliver(update) for update in (SENT, PAID)]
    assert [one.outcome for one in deliveries] == [Outcome.UPDATED] * 2
    assert [one.attempts for one in deliveries] == [1, 1]
    assert (len(sandbox.requests), sandbox.connections) == (2, 2)


@needs_judge
def test_tls_with_an_unknown_authority_sends_nothing(
    open_sandbox: OpenSandbox, authority: trustme.CA
) -> None:
    result = deliver_over_tls(open_sandbox, authority, "localhost")
    assert result == [Outcome.NOT_SENT, "tls_failed", FailureScope.ACCOUNT, 0]


def test_tls_for_another_name_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, open_sandbox: OpenSandbox, authority: trustme.CA, ca_file: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    result = deliver_over_tls(open_sandbox, authority, "other.example")
    assert result == [Outcome.NOT_SENT, "tls_failed", FailureScope.ACCOUNT, 0]


def test_a_missing_certificate_bundle_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, open_sandbox: OpenSandbox, authority: trustme.CA
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    result = deliver_over_tls(open_sandbox, authority, "localhost")
    assert result == [Outcome.NOT_SENT, "cannot_connect", FailureScope.ACCOUNT, 0]


def test_a_lost_answer_over_tls_is_unknown_and_not_a_handshake_failure(
    monkeypatch: pytest.MonkeyPatch, open_sandbox: OpenSandbox, authority: trustme.CA, ca_file: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    tls = server_tls(authority, "localhost")
    sandbox = open_sandbox(Script({1: [Fault.lost_answer()]}), tls=tls)
    with Client(base_url=sandbox.base_url, credentials=CREDENTIALS, timeout_s=10) as client:
        sender = Sender(
            JustClickApi(client),
            retries=2,
            limiter=AdaptiveLimiter(
                concurrency=FixedConcurrency(1), stop=threading.Event(), pause=lambda _: None
            ),
        )
        assert sender.deliver(PAID).outcome is Outcome.UPDATED
    assert sandbox.shop.history(1) == [Change(status="paid", date="1362254400")]


def test_a_stop_ends_the_tries(open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox(Script(always=Fault.refuse(8, "later")))
    stop = threading.Event()
    with Client(base_url=sandbox.base_url, credentials=CREDENTIALS, timeout_s=10) as client:
        sender = Sender(
            JustClickApi(client),
            retries=5,
            limiter=AdaptiveLimiter(
                concurrency=FixedConcurrency(1), stop=stop, pause=lambda _: stop.set()
            ),
        )
        delivery = sender.deliver(SENT)
    assert (delivery.outcome, delivery.attempts) == (Outcome.NOT_SENT, 1)
    assert (delivery.error_code, delivery.scope) == ("interrupted", FailureScope.ROW)
    assert len(sandbox.requests) == 1


def test_a_payment_read_back_in_haste_is_not_believed_to_be_missing(
    open_sandbox: OpenSandbox,
) -> None:
    sandbox = open_sandbox(Script({1: [Fault.dropped()]}))
    stop = threading.Event()
    with Client(base_url=sandbox.base_url, credentials=CREDENTIALS, timeout_s=10) as client:
        # The user wants to stop while it is waited for the payment to take effect.
        sender = Sender(
            JustClickApi(client),
            retries=5,
            limiter=AdaptiveLimiter(
                concurrency=FixedConcurrency(1), stop=stop, pause=lambda _: stop.set()
            ),
        )
        delivery = sender.deliver(PAID)
    assert [request.call for request in sandbox.requests] == [
        "UpdateOrderStatus",
        "getOrderDetails",
    ]
    assert delivery.outcome is Outcome.UNCONFIRMED
    assert "Look at order 1 in the shop" in delivery.error_text
