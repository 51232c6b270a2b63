"""Cells of the status."""

from __future__ import annotations

from tests.cases.case import status

CASES = (
    status("English", "Shipped", "sent"),
    status("Russian, another gender, capitals", "ОТПРАВЛЕНА", "sent"),
    status("Russian with ё", "Возвращён", "return"),
    status("Russian without ё", "возвращен", "return"),
    status("payment", "Оплата получена", "paid"),
    status("American spelling", "canceled", "cancel"),
    status("neither of the four", "delivered", "status_unknown"),
    status("payment awaited", "не оплачен", "status_unknown"),
    status("empty", None, "status_missing"),
)
