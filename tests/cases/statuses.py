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
    status("British spelling", "Despatched", "sent"),
    status("Shopify's word", "fulfilled", "sent"),
    status("a Latin e in a Russian word", "Отправлeн", "status_unknown"),
    status("a Latin o in a Russian word", "Oплачен", "status_unknown"),
    status("a Cyrillic е in an English word", "sеnt", "status_unknown"),
    status("words of two alphabets beside each other", "sent отправлен", "status_unknown"),
    status("neither of the four, in British spelling", "unfulfilled", "status_unknown"),
)
