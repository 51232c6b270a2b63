from __future__ import annotations

import json

import pytest
import requests

from batch_update.justclick import signing
from batch_update.sandbox import Shop
from tests.conftest import KEY, LOGIN, OpenSandbox
from tests.sandbox import Fault, Sandbox, Script


def post(sandbox: Sandbox, call: str, body: str) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/api/{call}", data=body.encode(), timeout=20)


def ask(sandbox: Sandbox, call: str = "UpdateOrderStatus", **fields: str) -> tuple[int, str]:
    body = signing.sign_request(fields.items(), LOGIN, KEY)
    answer = post(sandbox, call, body).json()
    assert answer["hash"] == signing.sign_answer(answer["error_code"], answer["error_text"], KEY)
    return answer["error_code"], answer["error_text"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"bill_id": "1", "status": "cancel"}, 0, id="good"),
        pytest.param({"bill_id": "1", "status": "sent", "date": "1", "rpo": "A"}, 0, id="sent"),
        pytest.param({"bill_id": "", "status": "cancel"}, 203, id="no-number"),
        pytest.param({"bill_id": "1", "status": "lost"}, 201, id="no-status"),
        pytest.param({"bill_id": "1", "status": "paid"}, 3, id="no-date"),
        pytest.param({"bill_id": "1", "status": "sent", "date": "1"}, 3, id="no-tracking"),
        pytest.param({"bill_id": "2", "status": "cancel"}, 200, id="no-order"),
        pytest.param({"bill_id": "x", "status": "cancel"}, 200, id="no-integer"),
    ],
)
def test_the_shop_answers_by_its_rules(
    open_sandbox: OpenSandbox, fields: dict[str, str], code: int
) -> None:
    sandbox = open_sandbox(shop=Shop({1}))
    assert ask(sandbox, **fields)[0] == code
    assert bool(sandbox.shop.changed_orders()) is (code == 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("", 2, id="nothing"),
        pytest.param("bill_id=1&status=cancel", 1, id="no-hash"),
        pytest.param("bill_id=1&status=cancel&hash=0", 4, id="wrong-hash"),
        pytest.param(signing.sign_request([("bill_id", "1")], LOGIN, "other"), 4, id="another-key"),
    ],
)
def test_the_signature_is_checked_before_anything_else(
    open_sandbox: OpenSandbox, body: str, code: int
) -> None:
    sandbox = open_sandbox()
    assert post(sandbox, "UpdateOrderStatus", body).json()["error_code"] == code
    assert sandbox.shop.changed_orders() == []


def test_orders_can_be_read_back(open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox(shop=Shop({1, 2}))

    def details(bill_id: str) -> dict[str, object]:
        body = signing.sign_request([("bill_id", bill_id)], LOGIN, KEY)
        result: dict[str, object] = post(sandbox, "getOrderDetails", body).json().get("result")
        return result

    assert details("1") == {"id": "1", "pay_status": "waiting", "paid": None}
    ask(sandbox, bill_id="1", status="paid", date="5")
    assert details("1") == {"id": "1", "pay_status": "paid", "paid": "5"}
    ask(sandbox, bill_id="1", status="cancel")
    assert details("1")["pay_status"] == "cancel"
    assert ask(sandbox, "getOrderDetails", bill_id="3")[0] == 400


def test_what_was_received_is_kept_byte_for_byte(open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    body = signing.sign_request([("bill_id", "1"), ("rpo", "~ я")], LOGIN, KEY)
    post(sandbox, "UpdateOrderStatus", body)
    request = sandbox.requests[0]
    assert request.body == body.encode()
    assert request.path == "/api/UpdateOrderStatus"
    assert request.fields["rpo"] == "~ я"


def test_faults_come_in_turn_and_then_end(open_sandbox: OpenSandbox) -> None:
    script = Script({1: [Fault.busy(429, "7"), None, Fault.refuse(202, "order not paid")]})
    sandbox = open_sandbox(script)
    body = signing.sign_request([("bill_id", "1"), ("status", "cancel")], LOGIN, KEY)
    answers = [post(sandbox, "UpdateOrderStatus", body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 200, 200, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert [json.loads(answer.text)["error_code"] for answer in answers[1:]] == [0, 202, 0]


@pytest.mark.parametrize("fault", [Fault.lost_answer(), Fault.half_answer(), Fault.dropped()])
def test_a_lost_answer_leaves_the_client_without_one(
    open_sandbox: OpenSandbox, fault: Fault
) -> None:
    sandbox = open_sandbox(Script({1: [fault]}))
    body = signing.sign_request([("bill_id", "1"), ("status", "cancel")], LOGIN, KEY)
    with pytest.raises(requests.RequestException):
        post(sandbox, "UpdateOrderStatus", body)
    assert len(sandbox.shop.history(1)) == (1 if fault.applies else 0)


def test_a_request_without_length_is_turned_away(open_sandbox: OpenSandbox) -> None:
    sandbox = open_sandbox()
    answer = requests.post(f"{sandbox.base_url}/api/x", data=iter([b"a"]), timeout=20)
    assert answer.status_code == 411
    assert sandbox.requests == []
