"""The JustClick API as data and pure functions: fields, codes, answers.

Source: the vendor's help pages "UpdateOrderStatus", "GetOrderDetails" and "API response statuses,
codes and descriptions".
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from dataclasses import dataclass
from typing import NoReturn

from batch_update import wording
from batch_update.errors import (
    AccountRefusedError,
    OverloadedError,
    SendError,
    UnexpectedAnswerError,
    UntrustedAnswerError,
    WrongKeyError,
)
from batch_update.i18n import N_, _
from batch_update.justclick import signing
from batch_update.model import OrderUpdate, PaymentState

UPDATE_CALL = "UpdateOrderStatus"
DETAILS_CALL = "getOrderDetails"

_PAYMENT_STATES = {
    "paid": PaymentState.PAID,
    "waiting": PaymentState.WAITING,
    "cancel": PaymentState.CANCELLED,
}
"""The words of getOrderDetails for an order's `pay_status`."""

SUCCESS_CODE = 0
NO_SUCH_ORDER_CODES = frozenset({200, 302, 400})

WRONG_KEY_CODE = 4
WRONG_LOGIN_CODE = 5
ADDRESS_NOT_ALLOWED_CODE = 6
"""The server's word for a request hash that it did not expect."""

_CODE_PATTERN = re.compile(r"0|-?[1-9][0-9]{0,8}")
_MOMENT_PATTERN = re.compile(r"[1-9][0-9]{0,10}")
_FIRST_WORDS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMeaning:
    """Meaning of one code of the API.

    Args:
        meaning: the meaning in our words.
        next_step: advice, and the person to follow it.
        error: the error raised for it; None for an answer about the order.
        is_conclusive: whether it proves that the order was not changed, even if an earlier try
            got no answer.
        denies_payment: whether it says that a payment could not be recorded.
    """

    meaning: str
    next_step: str
    error: type[SendError] | None = None
    is_conclusive: bool = False
    denies_payment: bool = False


_NO_SUCH_ORDER = CodeMeaning(
    meaning=N_("the shop has no order with this number"),
    next_step=N_(
        "Check the order number against the shop, correct the cell and run this row again."
    ),
    is_conclusive=True,
)
_WRONG_STATUS = CodeMeaning(
    meaning=N_("the shop does not take this status for this order"),
    next_step=N_("Open the order in the shop, see what state it is in, and correct the row."),
)

CODES: dict[int, CodeMeaning] = {
    SUCCESS_CODE: CodeMeaning(meaning=N_("the shop took the update"), next_step=""),
    1: CodeMeaning(
        meaning=N_("the shop did not get the signature"),
        next_step=N_(
            "Ask the administrator whether something between here and the shop changes requests."
        ),
        error=AccountRefusedError,
    ),
    2: CodeMeaning(
        meaning=N_("the shop got a request without data"),
        next_step=N_("Report it to the makers of batch-update, with this row."),
        is_conclusive=True,
    ),
    3: CodeMeaning(
        meaning=N_("the shop finds the data of this row wrong"),
        next_step=N_(
            "Compare the row with the order in the shop, correct it and run this row again."
        ),
        is_conclusive=True,
    ),
    4: CodeMeaning(
        meaning=N_("the shop does not accept the signature: the secret key or the login is wrong"),
        next_step=N_(
            "Ask the administrator for the right login and secret key (JUSTCLICK_USERNAME, "
            "JUSTCLICK_SECRET_KEY)."
        ),
        error=AccountRefusedError,
    ),
    5: CodeMeaning(
        meaning=N_("the shop does not know this login"),
        next_step=N_("Correct the login (JUSTCLICK_USERNAME) or the address (--base-url)."),
        error=AccountRefusedError,
    ),
    6: CodeMeaning(
        meaning=N_("the shop does not allow this machine's address to use the API"),
        next_step=N_("Ask the administrator to allow this address in the shop's API settings."),
        error=AccountRefusedError,
    ),
    7: CodeMeaning(
        meaning=N_("the shop's account is switched off"),
        next_step=N_("Ask the shop's owner to have the account enabled."),
        error=AccountRefusedError,
    ),
    8: CodeMeaning(
        meaning=N_(
            "the request limit for this address is used up, or the API is switched off for "
            "the account"
        ),
        next_step=N_(
            "Wait an hour and run the rest again; if it stays so, ask the administrator "
            "whether the API is switched on for the account."
        ),
        error=OverloadedError,
    ),
    **dict.fromkeys(NO_SUCH_ORDER_CODES, _NO_SUCH_ORDER),
    201: _WRONG_STATUS,
    202: CodeMeaning(
        meaning=N_("the shop could not record the payment"),
        next_step=N_(
            "Open the order in the shop and record the payment there, or ask the "
            "administrator why it is refused."
        ),
        denies_payment=True,
    ),
    203: CodeMeaning(
        meaning=N_("the shop got no order number"),
        next_step=N_("Report it to the makers of batch-update, with this row."),
        is_conclusive=True,
    ),
    303: _WRONG_STATUS,
}

_UNLISTED = CodeMeaning(
    meaning=N_("the shop refused the update"),
    next_step=N_("Read the shop's words and correct the row, or ask the administrator."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose signature was verified.

    Args:
        code: the API's number.
        text: the server's words as they came.
        result: the call's `result`, if it has one.
        shop_time: time of the answer by the server; not signed, None if it has none.
    """

    code: int
    text: str
    result: object = None
    shop_time: dt.datetime | None = None

    @property
    def is_success(self) -> bool:
        """Return whether the shop did as requested."""
        return self.code == SUCCESS_CODE

    @property
    def meaning(self) -> CodeMeaning:
        """The meaning of this answer's code."""
        return CODES.get(self.code, _UNLISTED)

    @property
    def said(self) -> str:
        """The code and the server's words."""
        if not self.text:
            return _("code {code}").format(code=self.code)
        return _("code {code}: {text}").format(code=self.code, text=wording.quote(self.text))

    def explain(self) -> str:
        """Explain the shop's answer, in our words and its own, with advice."""
        meaning = _(self.meaning.meaning)
        return _("{meaning} ({said}). {next_step}").format(
            meaning=meaning[:1].upper() + meaning[1:],
            said=self.said,
            next_step=_(self.meaning.next_step),
        )


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
        UnexpectedAnswerError: it is not the API's JSON.
        UntrustedAnswerError: its signature is missing or wrong.
    """
    fields = _parse_fields(body)
    code, text, signature = (fields.get(name) for name in ("error_code", "error_text", "hash"))
    # Of the values in JSON, only a whole number and a text can look like a code.
    if not _CODE_PATTERN.fullmatch(str(code)):
        raise _not_api(body)
    text = "" if text is None else text
    if not isinstance(text, str):
        raise _not_api(body)
    expected = signing.sign_answer(str(code), text, secret_key)
    given = signature if isinstance(signature, str) else ""
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
        raise _not_signed(int(str(code)), has_signature=bool(given))
    return Answer(code=int(str(code)), text=text, result=fields.get("result"))


def payment_state(answer: Answer, bill_id: int) -> PaymentState:
    """Read `pay_status` from an answer to getOrderDetails.

    Returns:
        The state, or UNKNOWN if the answer does not tell about this order: it must name it, and
        come with success.
    """
    result = _order_of(answer)
    if not answer.is_success or str(result.get("id")) != str(bill_id):
        return PaymentState.UNKNOWN
    return _PAYMENT_STATES.get(str(result.get("pay_status")), PaymentState.UNKNOWN)


def paid_at(answer: Answer) -> dt.datetime | None:
    """Read the time of payment from an answer to getOrderDetails; None if it has none."""
    paid = str(_order_of(answer).get("paid"))
    if not _MOMENT_PATTERN.fullmatch(paid):
        return None
    return dt.datetime.fromtimestamp(int(paid), dt.UTC)


def _order_of(answer: Answer) -> dict[str, object]:
    """Return an answer's data about an order; it may stand in a list by itself."""
    result = answer.result
    if isinstance(result, list) and len(result) == 1:
        result = result[0]
    return result if isinstance(result, dict) else {}


def _parse_fields(body: bytes) -> dict[str, object]:
    try:
        fields = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _not_api(body) from None
    if not isinstance(fields, dict):
        raise _not_api(body)
    return fields


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object; a name that occurs twice is left out."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError
    return fields


def _refuse(constant: str) -> NoReturn:
    """Take no NaN and no Infinity, which JSON does not have."""
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse)


def _not_api(body: bytes) -> UnexpectedAnswerError:
    start = body[: _FIRST_WORDS * 8].decode("utf-8-sig", "replace")
    words = wording.printable(" ".join(start.split()))
    shown = (
        _('it begins: "{words}"').format(words=words[:_FIRST_WORDS]) if words else _("it is empty")
    )
    return UnexpectedAnswerError(
        _("The answer is not one of the shop's API; {shown}.").format(shown=shown),
        code="not_api_answer",
    )


def _not_signed(code: int, *, has_signature: bool) -> UntrustedAnswerError:
    if code == WRONG_KEY_CODE:
        return WrongKeyError(
            _(
                "The secret key is wrong: the shop says that our signature is incorrect (code "
                "4), and its own signature does not match the key either."
            ),
            code="wrong_key",
        )
    what = (
        _("a signature that does not match the secret key") if has_signature else _("no signature")
    )
    return UntrustedAnswerError(
        _(
            "The answer (code {code}) carries {what}, so it proves nothing: either the "
            "secret key is wrong, or the answer is not the shop's."
        ).format(code=code, what=what),
        code="answer_not_verified",
    )
