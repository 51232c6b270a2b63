"""The practice shop behind `--sandbox`: every order exists, and some cause known difficulties."""

from __future__ import annotations

from batch_update.sandbox.faults import Fault, Script
from batch_update.sandbox.server import Sandbox
from batch_update.sandbox.shop import Shop

PRACTICE_LOGIN = "practice"
PRACTICE_KEY = "practice-key-of-the-sandbox"

NO_SUCH_ORDER = 990404
PAYMENT_REFUSED = 990202
PAYMENT_DENIED = 990203
PAID_ALREADY = 990205
CANCELLED_ALREADY = 990206
BUSY_TWICE = 990503
ASKS_TO_WAIT = 990429
LOST_ANSWER = 990500
LOST_PAYMENT = 990501
NEVER_ANSWERS = 990504

_MANY = 50
_PAID_ON = "1767225600"
"""1 January 2026, 0:00 UTC."""


def open_practice_shop() -> Sandbox:
    """Start a shop where every order exists, and a few numbers have faults.

    990404 does not exist, 990205 is paid already and 990206 cancelled, 990202 refuses a payment,
    990203 records one and says that it could not, 990503 is busy twice, 990429 asks to wait a
    second, 990500 and 990501 act and lose their first answer, 990504 never gets an answer through.
    """
    script = Script(
        {
            PAYMENT_REFUSED: [Fault.refuse(202, "order not paid")] * _MANY,
            PAYMENT_DENIED: [Fault.denied()],
            BUSY_TWICE: [Fault.busy(), Fault.busy()],
            ASKS_TO_WAIT: [Fault.busy(429, "1")],
            LOST_ANSWER: [Fault.lost_answer()],
            LOST_PAYMENT: [Fault.lost_answer()],
            NEVER_ANSWERS: [Fault.lost_answer()] * _MANY,
        },
        details={NEVER_ANSWERS: [Fault.dropped()] * _MANY},
    )
    shop = Shop(
        missing={NO_SUCH_ORDER}, paid={PAID_ALREADY: _PAID_ON}, cancelled={CANCELLED_ALREADY}
    )
    return Sandbox(username=PRACTICE_LOGIN, secret_key=PRACTICE_KEY, shop=shop, script=script)
