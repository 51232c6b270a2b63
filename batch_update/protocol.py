"""The JustClick API as data and pure functions: fields, codes, and what an answer means.

Source: the vendor's help pages "UpdateOrderStatus", "GetOrderDetails" and "API response statuses,
codes and descriptions".
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from batch_update import signing, wording
from batch_update.errors import UnexpectedAnswerError
from batch_update.orders import OrderUpdate

UPDATE_CALL = "UpdateOrderStatus"
DETAILS_CALL = "getOrderDetails"

PAID_STATE = "paid"
CANCELLED_STATE = "cancel"
UNPAID_STATES = frozenset({"waiting", CANCELLED_STATE})
"""What getOrderDetails calls an order's `pay_status`."""

NO_SUCH_ORDER_CODES = frozenset({200, 302, 400})

WRONG_KEY = "wrong_key"
WRONG_KEY_CODE = 4
"""The server's word for a request hash that it did not expect."""

_CODE_PATTERN = re.compile(r"-?[0-9]{1,9}")
_FIRST_WORDS = 80


class Verdict(StrEnum):
    """What a verified code means for the row and for the batch."""

    UPDATED = "updated"
    REJECTED = "rejected"
    ACCOUNT = "account"
    OVERLOAD = "overload"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMeaning:
    """What to make of one code of the API.

    Args:
        verdict: what it means for the run.
        meaning: what it says, in our words.
        next_step: what to do, and who must do it.
        is_conclusive: whether it proves that the order was not changed, even if an earlier try
            got no answer.
    """

    verdict: Verdict
    meaning: str
    next_step: str
    is_conclusive: bool = False


_NO_SUCH_ORDER = CodeMeaning(
    verdict=Verdict.REJECTED,
    meaning="the shop has no order with this number",
    next_step="Check the order number against the shop, correct the cell and run this row again.",
    is_conclusive=True,
)
_WRONG_STATUS = CodeMeaning(
    verdict=Verdict.REJECTED,
    meaning="the shop does not take this status for this order",
    next_step="Open the order in the shop, see what state it is in, and correct the row.",
)

CODES: dict[int, CodeMeaning] = {
    0: CodeMeaning(verdict=Verdict.UPDATED, meaning="the shop took the update", next_step=""),
    1: CodeMeaning(
        verdict=Verdict.ACCOUNT,
        meaning="the shop did not get the signature",
        next_step="Ask the administrator whether something between here and the shop changes "
        "requests.",
    ),
    2: CodeMeaning(
        verdict=Verdict.REJECTED,
        meaning="the shop got a request without data",
        next_step="Report it to the makers of batch-update, with this row.",
        is_conclusive=True,
    ),
    3: CodeMeaning(
        verdict=Verdict.REJECTED,
        meaning="the shop finds the data of this row wrong",
        next_step="Compare the row with the order in the shop, correct it and run this row again.",
        is_conclusive=True,
    ),
    4: CodeMeaning(
        verdict=Verdict.ACCOUNT,
        meaning="the shop does not accept the signature: the secret key or the login is wrong",
        next_step="Ask the administrator for the right login and secret key "
        "(JUSTCLICK_USERNAME, JUSTCLICK_SECRET_KEY).",
    ),
    5: CodeMeaning(
        verdict=Verdict.ACCOUNT,
        meaning="the shop does not know this login",
        next_step="Correct the login (JUSTCLICK_USERNAME) or the address (--base-url).",
    ),
    6: CodeMeaning(
        verdict=Verdict.ACCOUNT,
        meaning="the shop does not allow this machine's address to use the API",
        next_step="Ask the administrator to allow this address in the shop's API settings.",
    ),
    7: CodeMeaning(
        verdict=Verdict.ACCOUNT,
        meaning="the shop's account is switched off",
        next_step="Ask the shop's owner to have the account enabled.",
    ),
    8: CodeMeaning(
        verdict=Verdict.OVERLOAD,
        meaning="the request limit for this address is used up, or the API is switched off for "
        "the account",
        next_step="Wait an hour and run the rest again; if it stays so, ask the administrator "
        "whether the API is switched on for the account.",
    ),
    **dict.fromkeys(NO_SUCH_ORDER_CODES, _NO_SUCH_ORDER),
    201: _WRONG_STATUS,
    202: CodeMeaning(
        verdict=Verdict.REJECTED,
        meaning="the shop could not record the payment",
        next_step="Open the order in the shop and record the payment there, or ask the "
        "administrator why it is refused.",
    ),
    203: CodeMeaning(
        verdict=Verdict.REJECTED,
        meaning="the shop got no order number",
        next_step="Report it to the makers of batch-update, with this row.",
        is_conclusive=True,
    ),
    303: _WRONG_STATUS,
}

_UNLISTED = CodeMeaning(
    verdict=Verdict.REJECTED,
    meaning="the shop refused the update",
    next_step="Read the shop's words and correct the row, or ask the administrator.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose signature was verified.

    Args:
        code: the API's number.
        text: the server's words as they came.
        result: the call's `result`, if it has one.
    """

    code: int
    text: str
    result: object = None

    @property
    def meaning(self) -> CodeMeaning:
        """What this answer's code means."""
        return CODES.get(self.code, _UNLISTED)

    def explain(self) -> str:
        """Say what the shop answered, in our words and its own, and what to do."""
        meaning = self.meaning.meaning
        said = f"code {self.code}: {wording.quote(self.text)}" if self.text else f"code {self.code}"
        return f"{meaning[:1].upper()}{meaning[1:]} ({said}). {self.meaning.next_step}"


def update_fields(update: OrderUpdate) -> list[tuple[str, str]]:
    """List the fields of an update in the API's order; only those its status needs.

    Returns:
        Pairs of name and value; `date` in whole seconds since 1970-01-01 UTC.
    """
    fields = [("bill_id", str(update.bill_id)), ("status", update.status.value)]
    if update.date is not None:
        fields.append(("date", str(int(update.date.timestamp()))))
    if update.rpo is not None:
        fields.append(("rpo", update.rpo))
    return fields


def details_fields(bill_id: int) -> list[tuple[str, str]]:
    """List the fields that ask for one order's state."""
    return [("bill_id", str(bill_id))]


def parse_answer(body: bytes, secret_key: str) -> Answer:
    """Read an answer and verify that the shop signed it.

    Args:
        body: the bytes of the answer; a byte order mark in front is tolerated.
        secret_key: the shop's secret key.

    Returns:
        The answer, its signature verified before its code was looked at.

    Raises:
        UnexpectedAnswerError: it is not the API's JSON (retriable), or its signature is missing
            or wrong (not retriable).
    """
    fields = _parse_fields(body)
    code, text, signature = (fields.get(name) for name in ("error_code", "error_text", "hash"))
    is_number = isinstance(code, int) and not isinstance(code, bool)
    if not (is_number or isinstance(code, str)) or not _CODE_PATTERN.fullmatch(str(code)):
        raise _not_api(body)
    text = "" if text is None else text
    if not isinstance(text, str):
        raise _not_api(body)
    expected = signing.sign_answer(str(code), text, secret_key)
    given = signature if isinstance(signature, str) else ""
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
        raise _not_signed(int(str(code)), has_signature=bool(given))
    return Answer(code=int(str(code)), text=text, result=fields.get("result"))


def payment_state(answer: Answer, bill_id: int) -> str:
    """Read `pay_status` (`paid`, `waiting`, `cancel`) from an answer to getOrderDetails.

    Returns:
        The word, or an empty text if the answer does not tell about this order.
    """
    result = answer.result
    if isinstance(result, list) and len(result) == 1:
        result = result[0]
    if not isinstance(result, dict) or str(result.get("id", bill_id)) != str(bill_id):
        return ""
    state = result.get("pay_status")
    return state if isinstance(state, str) else ""


def _parse_fields(body: bytes) -> dict[str, object]:
    try:
        fields = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _not_api(body) from None
    if not isinstance(fields, dict):
        raise _not_api(body)
    return fields


def _not_api(body: bytes) -> UnexpectedAnswerError:
    words = " ".join(body[: _FIRST_WORDS * 8].decode("utf-8-sig", "replace").split())
    shown = f'it begins: "{words[:_FIRST_WORDS]}"' if words else "it is empty"
    return UnexpectedAnswerError(
        f"The answer is not one of the shop's API; {shown}.", code="not_api_answer", retriable=True
    )


def _not_signed(code: int, *, has_signature: bool) -> UnexpectedAnswerError:
    if code == WRONG_KEY_CODE:
        return UnexpectedAnswerError(
            "The secret key is wrong: the shop says that our signature is incorrect (code 4), and "
            "its own signature does not match the key either.",
            code=WRONG_KEY,
            retriable=False,
        )
    what = "a signature that does not match the secret key" if has_signature else "no signature"
    return UnexpectedAnswerError(
        f"The answer (code {code}) carries {what}, so it proves nothing: either the secret key is "
        "wrong, or the answer is not the shop's.",
        code="answer_not_verified",
        retriable=False,
    )
