"""Faults between the shop and us, on demand."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One call that goes wrong.

    Args:
        applies: whether the shop acts on the call all the same.
        drop: the connection is closed without an answer.
        status: HTTP status of the answer.
        headers: further headers of the answer.
        code: the API's code, properly signed, in place of the true answer.
        text: the API's text that goes with the code.
        body: these bytes in place of an answer.
    """

    applies: bool = False
    drop: bool = False
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    code: int | None = None
    text: str = ""
    body: bytes | None = None

    @classmethod
    def busy(cls, status: int = 503, retry_after: str | None = None) -> Self:
        """Return HTTP 503 or 429, with `Retry-After` if given."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(status=status, headers=headers, body=b"busy")

    @classmethod
    def lost_answer(cls) -> Self:
        """Return a fault where the shop acts, and the connection closes before the answer."""
        return cls(applies=True, drop=True)

    @classmethod
    def dropped(cls) -> Self:
        """Return a fault where the connection closes and the shop does nothing."""
        return cls(drop=True)

    @classmethod
    def refuse(cls, code: int, text: str) -> Self:
        """Return a fault with a properly signed code of the API; the shop does nothing."""
        return cls(code=code, text=text)

    @classmethod
    def denied(cls) -> Self:
        """Return a fault where the shop records a payment, and says that it could not."""
        return cls(applies=True, code=202, text="order not paid")


class Script:
    """Faults of calls: for each order, one fault per call, in turn.

    Args:
        updates: faults of UpdateOrderStatus by order number.
        details: faults of getOrderDetails by order number.
    """

    def __init__(
        self,
        updates: Mapping[int, Sequence[Fault | None]] | None = None,
        *,
        details: Mapping[int, Sequence[Fault | None]] | None = None,
    ) -> None:
        self._left = {
            "UpdateOrderStatus": {order: list(faults) for order, faults in (updates or {}).items()},
            "getOrderDetails": {order: list(faults) for order, faults in (details or {}).items()},
        }
        self._lock = threading.Lock()

    def next_fault(self, call: str, bill_id: str) -> Fault | None:
        """Take the next fault of an order's call; None if it goes well."""
        with self._lock:
            number = int(bill_id) if bill_id.isascii() and bill_id.isdigit() else -1
            faults = self._left.get(call, {}).get(number)
            return faults.pop(0) if faults else None
