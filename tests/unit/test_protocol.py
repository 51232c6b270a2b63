from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update.errors import (
    AccountRefusedError,
    OverloadedError,
    SendError,
    UnexpectedAnswerError,
)
from batch_update.justclick import protocol, signing
from batch_update.justclick.protocol import Answer
from batch_update.model import OrderUpdate, PaymentState, Status
from tests.conftest import KEY
from tests.unit.test_signing import VECTORS


def signed(code: Any, text: str = "OK", **more: Any) -> bytes:
    signature = signing.sign_answer(code, text, KEY)
    return json.dumps({"error_code": code, "error_text": text, "hash": signature, **more}).encode()


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS["responses"]]
)
def test_answers_of_php_are_read_and_believed(vector: dict[str, Any]) -> None:
    answer = protocol.parse_answer(vector["json"].encode(), vector["secret"])
    assert answer.code == int(vector["error_code"])
    assert answer.text == vector["error_text"]


@pytest.mark.parametrize(
    "code", [-1, "-1", 999_999_999, "10"], ids=["negative", "negative-text", "long", "text"]
)
def test_codes_may_be_negative_long_or_text(code: int | str) -> None:
    assert protocol.parse_answer(signed(code), KEY).code == int(code)


def test_a_byte_order_mark_before_the_answer_is_tolerated() -> None:
    assert protocol.parse_answer(b"\xef\xbb\xbf" + signed(0), KEY).code == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"error_code": 1, ' + signed(0)[1:], "not_api_answer", id="two-codes"),
        pytest.param(signed(0)[:-1] + b', "x": NaN}', "not_api_answer", id="no-number"),
        pytest.param(signed(0)[:-1] + b', "x": Infinity}', "not_api_answer", id="infinite"),
        pytest.param(b"", "not_api_answer", id="empty"),
        pytest.param(b"<html>", "not_api_answer", id="page"),
        pytest.param(b"\xff\xfe", "not_api_answer", id="not-utf8"),
        pytest.param(b"[0]", "not_api_answer", id="list"),
        pytest.param(b"{}", "not_api_answer", id="no-code"),
        pytest.param(signed(True), "not_api_answer", id="code-is-a-truth-value"),
        pytest.param(signed(0.0), "not_api_answer", id="code-is-a-fraction"),
        pytest.param(signed(1e22), "not_api_answer", id="code-is-a-large-fraction"),
        pytest.param(b'{"error_code": ["0"]}', "not_api_answer", id="code-in-a-list"),
        pytest.param(signed("0x0"), "not_api_answer", id="code-is-no-number"),
        pytest.param(signed("00"), "not_api_answer", id="code-00"),
        pytest.param(signed("-0"), "not_api_answer", id="code-minus-0"),
        pytest.param(signed(10**9), "not_api_answer", id="code-of-ten-digits"),
        pytest.param(signed("٠"), "not_api_answer", id="code-in-other-digits"),
        pytest.param(b'{"error_code": 0, "error_text": []}', "not_api_answer", id="text-is-a-list"),
        pytest.param(b"[" * 100_000, "not_api_answer", id="nested-too-deep"),
        pytest.param(b'{"error_code":0,"error_text":"OK"}', "answer_not_verified", id="unsigned"),
        pytest.param(
            b'{"error_code":0,"error_text":"OK","hash":1}', "answer_not_verified", id="hash-number"
        ),
        pytest.param(
            b'{"error_code":0,"hash":"\\ud800"}', "answer_not_verified", id="hash-half-a-pair"
        ),
        pytest.param(signed(0).replace(b"OK", b"ok"), "answer_not_verified", id="text-was-changed"),
        pytest.param(b'{"error_code":4,"hash":"0"}', "wrong_key", id="wrong-key"),
    ],
)
def test_what_is_not_the_shops_signed_word_is_not_believed(body: bytes, code: str) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        protocol.parse_answer(body, KEY)
    assert caught.value.code == code
    assert caught.value.is_retriable is (code == "not_api_answer")


def test_the_first_words_of_a_strange_answer_are_shown() -> None:
    page = b"<html>\n <h1>Please log in to the hotel's network</h1>" + b"x" * 5000
    with pytest.raises(UnexpectedAnswerError, match="<html> <h1>Please log in") as caught:
        protocol.parse_answer(page, KEY)
    begins = str(caught.value).partition('begins: "')[2].partition('"')[0]
    assert len(begins) == 80


@pytest.mark.parametrize("body", [b"", b" \r\n"], ids=["nothing", "blank"])
def test_an_empty_answer_is_called_empty(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        protocol.parse_answer(body, KEY)
    assert str(caught.value) == "The answer is not one of the shop's API; it is empty."


@given(st.binary())
def test_any_bytes_end_in_a_refusal(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        protocol.parse_answer(body, KEY)


def test_calls_are_named_as_the_vendor_names_them() -> None:
    assert protocol.UPDATE_CALL == "UpdateOrderStatus"
    assert protocol.DETAILS_CALL == "getOrderDetails"


def test_an_update_becomes_the_vendors_example() -> None:
    date = dt.datetime(2013, 3, 2, 20, 0, tzinfo=dt.UTC)
    update = OrderUpdate(bill_id=100000, status=Status.SENT, date=date, rpo="10000000000000")
    assert protocol.update_fields(update) == [
        ("bill_id", "100000"),
        ("status", "sent"),
        ("date", "1362254400"),
        ("rpo", "10000000000000"),
    ]


def test_an_order_is_asked_for_by_its_number() -> None:
    assert protocol.details_fields(100000) == [("bill_id", "100000")]


def test_return_and_cancel_have_neither_date_nor_tracking_number() -> None:
    update = OrderUpdate(bill_id=7, status=Status.RETURN)
    assert protocol.update_fields(update) == [("bill_id", "7"), ("status", "return")]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        *((code, AccountRefusedError) for code in (1, 4, 5, 6, 7)),
        (8, OverloadedError),
        *((code, None) for code in (0, 2, 3, 200, 201, 202, 203, 302, 303, 400, 999)),
    ],
)
def test_each_code_is_an_error_or_an_answer_and_has_a_next_step(
    code: int, error: type[SendError] | None
) -> None:
    answer = Answer(code=code, text="")
    meaning = answer.meaning
    assert meaning.error is error
    assert answer.is_success is (code == 0)
    assert bool(meaning.next_step) is (code != 0)
    assert meaning.is_conclusive is (code in {2, 3, 200, 203, 302, 400})


def test_an_unlisted_code_is_explained_in_the_servers_own_words() -> None:
    text = Answer(code=999, text="Склад закрыт").explain()
    assert 'code 999: "Склад закрыт"' in text


@pytest.mark.parametrize(
    ("result", "state"),
    [
        pytest.param({"id": "7", "pay_status": "paid"}, PaymentState.PAID, id="paid"),
        pytest.param({"id": 7, "pay_status": "waiting"}, PaymentState.WAITING, id="waiting"),
        pytest.param([{"id": 7, "pay_status": "cancel"}], PaymentState.CANCELLED, id="in-a-list"),
        pytest.param({"id": 8, "pay_status": "paid"}, PaymentState.UNKNOWN, id="another-order"),
        pytest.param({"id": 7, "pay_status": 1}, PaymentState.UNKNOWN, id="not-a-word"),
        pytest.param([], PaymentState.UNKNOWN, id="empty-list"),
        pytest.param("paid", PaymentState.UNKNOWN, id="text"),
        pytest.param(None, PaymentState.UNKNOWN, id="nothing"),
    ],
)
def test_the_payment_state_is_read_only_from_what_tells_it(
    result: object, state: PaymentState
) -> None:
    assert protocol.payment_state(Answer(code=0, text="OK", result=result), 7) is state


def test_what_was_asked_for_comes_with_the_answer() -> None:
    answer = protocol.parse_answer(signed(0, result={"id": "1"}), KEY)
    assert answer == Answer(code=0, text="OK", result={"id": "1"})


def test_an_answer_without_words_is_one() -> None:
    fields = {"error_code": 200, "error_text": None, "hash": signing.sign_answer(200, "", KEY)}
    answer = protocol.parse_answer(json.dumps(fields).encode(), KEY)
    assert answer == Answer(code=200, text="", result=None)
    assert answer.explain() == (
        "The shop has no order with this number (code 200). Check the order number against the "
        "shop, correct the cell and run this row again."
    )


@pytest.mark.parametrize(
    ("code", "meaning", "next_step"),
    [
        (1, "The shop did not get the signature", "Ask the administrator whether something"),
        (2, "The shop got a request without data", "Report it to the makers"),
        (3, "The shop finds the data of this row wrong", "Compare the row with the order"),
        (4, "The shop does not accept the signature: the secret", "Ask the administrator for the"),
        (5, "The shop does not know this login", "Correct the login"),
        (6, "The shop does not allow this machine's address", "Ask the administrator to allow"),
        (7, "The shop's account is switched off", "Ask the shop's owner"),
        (8, "The request limit for this address is used up", "Wait an hour"),
        (200, "The shop has no order with this number", "Check the order number"),
        (201, "The shop does not take this status", "Open the order in the shop, see"),
        (303, "The shop does not take this status", "Open the order in the shop, see"),
        (302, "The shop has no order with this number", "Check the order number"),
        (400, "The shop has no order with this number", "Check the order number"),
        (202, "The shop could not record the payment", "Open the order in the shop and record"),
        (203, "The shop got no order number", "Report it to the makers"),
        (777, "The shop refused the update", "Read the shop's words"),
    ],
)
def test_each_code_is_explained(code: int, meaning: str, next_step: str) -> None:
    said = Answer(code=code, text="so it is", result=None).explain()
    assert said.startswith(meaning)
    assert f' (code {code}: "so it is"). {next_step}' in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        (0, {}, "The answer (code 0) carries no signature, so it proves nothing: either"),
        (0, {"hash": 1}, "The answer (code 0) carries no signature, so it proves nothing: either"),
        (
            5,
            {"hash": "0" * 32},
            "The answer (code 5) carries a signature that does not match the secret key, so it "
            "proves nothing: either the secret key is wrong, or the answer is not the shop's.",
        ),
        (
            4,
            {"hash": "0" * 32},
            "The secret key is wrong: the shop says that our signature is incorrect (code 4), and "
            "its own signature does not match the key either.",
        ),
    ],
    ids=["none", "no-text", "wrong", "wrong-key"],
)
def test_what_is_wrong_with_a_signature_is_said(
    code: int, more: dict[str, object], words: str
) -> None:
    body = json.dumps({"error_code": code, "error_text": "OK", **more}).encode()
    with pytest.raises(UnexpectedAnswerError) as caught:
        protocol.parse_answer(body, KEY)
    assert str(caught.value).startswith(words)
