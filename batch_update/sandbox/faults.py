"""What can go wrong between the shop and us, on demand."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One call that does not go as it should.

    Args:
        applies: whether the shop acts on the call all the same.
        late_s: seconds after which the shop acts, when the connection is long closed.
        delay_s: seconds before the answer.
        gate: the answer waits until this is set.
        drop: the connection is closed without an answer.
        half: the connection is closed in the middle of the answer.
        status: HTTP status of the answer.
        headers: further headers of the answer.
        code: the API's code, properly signed, in place of the true answer.
        text: the API's text that goes with the code.
        body: these bytes in place of an answer.
        forged: the answer's signature is wrong.
    """

    applies: bool = False
    late_s: float = 0.0
    delay_s: float = 0.0
    gate: threading.Event | None = None
    drop: bool = False
    half: bool = False
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    code: int | None = None
    text: str = ""
    body: bytes | None = None
    forged: bool = False

    @classmethod
    def busy(cls, status: int = 503, retry_after: str | None = None) -> Fault:
        """HTTP 503 or 429, with `Retry-After` if given."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(status=status, headers=headers, body=b"busy")

    @classmethod
    def lost_answer(cls) -> Fault:
        """The shop acts, and the connection closes before it says so."""
        return cls(applies=True, drop=True)

    @classmethod
    def late(cls, late_s: float) -> Fault:
        """The connection closes without an answer, and the shop acts some time later."""
        return cls(late_s=late_s, drop=True)

    @classmethod
    def dropped(cls) -> Fault:
        """The connection closes and the shop does nothing."""
        return cls(drop=True)

    @classmethod
    def slow(cls, delay_s: float) -> Fault:
        """The shop acts and answers, but late."""
        return cls(applies=True, delay_s=delay_s)

    @classmethod
    def held(cls, gate: threading.Event) -> Fault:
        """The shop acts at once and answers when the gate is opened."""
        return cls(applies=True, gate=gate)

    @classmethod
    def half_answer(cls) -> Fault:
        """The shop acts, and the connection closes in the middle of its answer."""
        return cls(applies=True, half=True)

    @classmethod
    def page(cls, status: int = 200) -> Fault:
        """A web page, such as a proxy's or a hoster's."""
        return cls(status=status, body=b"<html><body><h1>Welcome</h1></body></html>")

    @classmethod
    def gateway(cls, status: int, late_s: float = 0.0, retry_after: str | None = None) -> Fault:
        """A gateway answers in the shop's place, and the shop acts all the same, at once or late.

        Args:
            status: of the gateway's page.
            late_s: seconds after which the shop acts; 0 for at once.
            retry_after: the header of that name; None for none.
        """
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(
            applies=not late_s, late_s=late_s, status=status, headers=headers, body=b"gateway"
        )

    @classmethod
    def silent(cls, silent_s: float, late_s: float) -> Fault:
        """No answer comes for so long, and the shop acts some time after the request."""
        return cls(late_s=late_s, delay_s=silent_s, drop=True)

    @classmethod
    def wrong_hash(cls) -> Fault:
        """An answer whose signature is not the shop's."""
        return cls(applies=True, forged=True)

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Fault:
        """A redirect to another address."""
        return cls(status=status, headers={"Location": location}, body=b"")

    @classmethod
    def refuse(cls, code: int, text: str) -> Fault:
        """A properly signed code of the API; the shop does nothing."""
        return cls(code=code, text=text)


class Script:
    """Which calls go wrong: for each order, one fault per call, in turn.

    Args:
        updates: faults of UpdateOrderStatus by order number.
        details: faults of getOrderDetails by order number.
        always: a fault of every call that has none of its own.
    """

    def __init__(
        self,
        updates: Mapping[int, Sequence[Fault | None]] | None = None,
        *,
        details: Mapping[int, Sequence[Fault | None]] | None = None,
        always: Fault | None = None,
    ) -> None:
        self._left = {
            "UpdateOrderStatus": {order: list(faults) for order, faults in (updates or {}).items()},
            "getOrderDetails": {order: list(faults) for order, faults in (details or {}).items()},
        }
        self._always = always
        self._lock = threading.Lock()

    def next_fault(self, call: str, bill_id: str) -> Fault | None:
        """Take the next fault of an order's call; None if it goes well."""
        with self._lock:
            number = int(bill_id) if bill_id.isascii() and bill_id.isdigit() else -1
            faults = self._left.get(call, {}).get(number)
            return faults.pop(0) if faults else self._always
