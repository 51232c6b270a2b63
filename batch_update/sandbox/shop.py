"""The shop behind the stand-in: orders, their state, and the history of their changes."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The shop's answer to a status.

    Args:
        needs: the fields without which it refuses the status.
        pay_status: its name for an order of that status, as far as payments go; empty if that does
            not change.
    """

    needs: frozenset[str] = frozenset()
    pay_status: str = ""


_ANSWERS = {
    "sent": _Answer(needs=frozenset({"date", "rpo"})),
    "paid": _Answer(needs=frozenset({"date"}), pay_status="paid"),
    "return": _Answer(),
    "cancel": _Answer(pay_status="cancel"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that an order underwent; the fields are as they came."""

    status: str
    date: str | None = None
    rpo: str | None = None


class Shop:
    """Orders and their changes; safe to use from several threads.

    Args:
        orders: the numbers of the orders that exist; None if every number does.
        missing: numbers that do not exist even so.
        pays_once: whether an order that is paid refuses a further payment.
        paid: orders that are paid from the beginning, each with its date as it would come.
        cancelled: orders that are cancelled from the beginning.
    """

    def __init__(
        self,
        orders: Iterable[int] | None = None,
        *,
        missing: Iterable[int] = (),
        pays_once: bool = False,
        paid: Mapping[int, str] = MappingProxyType({}),
        cancelled: Iterable[int] = (),
    ) -> None:
        self._orders = None if orders is None else set(orders)
        self._missing = set(missing)
        self._pays_once = pays_once
        self._history: defaultdict[int, list[Change]] = defaultdict(list)
        for bill_id, date in paid.items():
            self._history[bill_id].append(Change(status="paid", date=date))
        for bill_id in cancelled:
            self._history[bill_id].append(Change(status="cancel"))
        self._lock = threading.Lock()

    def update(self, fields: dict[str, str]) -> tuple[int, str]:
        """Apply an update and return the API's code and text for it."""
        if not fields.get("bill_id"):
            return 203, "order number is empty"
        status = fields.get("status", "")
        if status not in _ANSWERS:
            return 201, "wrong status"
        if not all(_is_given(fields, name) for name in _ANSWERS[status].needs):
            return 3, "wrong posted data"
        if not self._has(fields["bill_id"]):
            return 200, "nonexistent order"
        change = Change(status=status, date=fields.get("date"), rpo=fields.get("rpo"))
        return self._make(change, int(fields["bill_id"]))

    def details(self, fields: dict[str, str]) -> tuple[int, str, dict[str, object] | None]:
        """Return the API's code, text and result for one order."""
        bill_id = fields.get("bill_id", "")
        if not self._has(bill_id):
            return 400, "order not found", None
        history = self.history(int(bill_id))
        paid = [change for change in history if change.status == "paid"]
        paid_at = paid[-1].date if paid else None
        return 0, "OK", {"id": bill_id, "pay_status": _pay_state(history), "paid": paid_at}

    def history(self, bill_id: int) -> list[Change]:
        """List the changes of an order, oldest first."""
        with self._lock:
            return list(self._history.get(bill_id, ()))

    def changed_orders(self) -> list[int]:
        """List the orders that were changed, in the order of their first change."""
        with self._lock:
            return list(self._history)

    def _make(self, change: Change, bill_id: int) -> tuple[int, str]:
        with self._lock:
            history = self._history[bill_id]
            is_paid = _pay_state(history) == "paid"
            if self._pays_once and is_paid and change.status == "paid":
                return 202, "order not paid"
            history.append(change)
        return 0, "order status changed"

    def _has(self, text: str) -> bool:
        if not (text.isascii() and text.isdigit()) or int(text) in self._missing:
            return False
        return self._orders is None or int(text) in self._orders


def _is_given(fields: dict[str, str], name: str) -> bool:
    value = fields.get(name, "")
    return value.isdigit() if name == "date" else bool(value)


def _pay_state(history: Sequence[Change]) -> str:
    """Return the payment state of an order: the last change that is about payments."""
    states = [_ANSWERS[change.status].pay_status for change in history]
    return next(filter(None, reversed(states)), "waiting")
