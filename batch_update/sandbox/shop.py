"""The shop behind the stand-in: orders, their state, and the history of what was done to them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_STATUSES = frozenset({"sent", "paid", "return", "cancel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that an order underwent; the fields are as they came."""

    status: str
    date: str | None = None
    rpo: str | None = None


class Shop:
    """Orders and what was done to them; safe to use from several threads.

    Args:
        orders: the numbers of the orders that exist; None if every number does.
        missing: numbers that do not exist even so.
    """

    def __init__(self, orders: Iterable[int] | None = None, *, missing: Iterable[int] = ()) -> None:
        self._orders = None if orders is None else set(orders)
        self._missing = set(missing)
        self._history: defaultdict[int, list[Change]] = defaultdict(list)
        self._lock = threading.Lock()

    def update(self, fields: dict[str, str]) -> tuple[int, str]:
        """Apply an update and give the API's code and text for it."""
        if not fields.get("bill_id"):
            return 203, "order number is empty"
        status = fields.get("status", "")
        if status not in _STATUSES:
            return 201, "wrong status"
        if status in {"sent", "paid"} and not fields.get("date", "").isdigit():
            return 3, "wrong posted data"
        if status == "sent" and not fields.get("rpo"):
            return 3, "wrong posted data"
        if not self._has(fields["bill_id"]):
            return 200, "nonexistent order"
        with self._lock:
            self._history[int(fields["bill_id"])].append(
                Change(status=status, date=fields.get("date"), rpo=fields.get("rpo"))
            )
        return 0, "order status changed"

    def details(self, fields: dict[str, str]) -> tuple[int, str, dict[str, object] | None]:
        """Give the API's code, text and result for one order."""
        bill_id = fields.get("bill_id", "")
        if not self._has(bill_id):
            return 400, "order not found", None
        paid = [change for change in self.history(int(bill_id)) if change.status == "paid"]
        is_cancelled = any(change.status == "cancel" for change in self.history(int(bill_id)))
        state = "cancel" if is_cancelled else "paid" if paid else "waiting"
        paid_at = paid[-1].date if paid else None
        return 0, "OK", {"id": bill_id, "pay_status": state, "paid": paid_at}

    def history(self, bill_id: int) -> list[Change]:
        """List the changes of an order, oldest first."""
        with self._lock:
            return list(self._history.get(bill_id, ()))

    def changed_orders(self) -> list[int]:
        """List the orders that were changed, in the order of their first change."""
        with self._lock:
            return list(self._history)

    def _has(self, text: str) -> bool:
        if not (text.isascii() and text.isdigit()) or int(text) in self._missing:
            return False
        return self._orders is None or int(text) in self._orders
