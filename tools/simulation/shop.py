"""A shop that acts early, late or never, and is reached over a bad line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from batch_update.errors import (
    AccountRefusedError,
    BusyError,
    NotDeliveredError,
    OutcomeUnknownError,
    OverloadedError,
    SendError,
    UnexpectedAnswerError,
    UntrustedAnswerError,
)
from batch_update.justclick import protocol
from batch_update.justclick.protocol import Answer
from batch_update.model import Status
from tools.simulation.hub import Hub
from tools.simulation.rules import Key, Order, Post, Witness, key_of_fields
from tools.simulation.story import EPOCH, NOT_PAID, Acts, Fault, Kind, Start, Story

_BUSY = frozenset({429, 503})
_ACCOUNT_OFF = 7
_OVERLOADED = 8
_USUAL_S = (0.2, 0.35, 0.25, 0.5)
_NO_SUCH_ORDER = 200
_NOT_POSSIBLE = 201
_REFUSED = frozenset({Kind.REFUSED, Kind.DENIED, Kind.OVERLOAD})


class Shop:
    """The orders, and what was done with them.

    Args:
        story: what kind of shop it is.
        hub: tells the time.
        witness: sees all that happens.
    """

    def __init__(self, story: Story, hub: Hub, witness: Witness) -> None:
        self._story = story
        self.shows_time = story.shows_time
        self.hub = hub
        self.witness = witness

    def act(self, post: Post) -> int:
        """Do what a request says, or refuse it; give the code."""
        code = self._change(self.witness.order(post.key.bill_id), post.key, post)
        self.witness.on_act(post, code)
        return code

    def do_by_hand(self, key: Key) -> None:
        """Do what a colleague does."""
        self.witness.on_deed(key, self._change(self.witness.order(key.bill_id), key, None))

    def state(self, bill_id: int) -> Answer:
        """Say what is."""
        if bill_id in self._story.missing:
            return Answer(code=400, text="order not found")
        said = self.witness.order(bill_id).pay_status
        return Answer(code=0, text="ok", result={"id": str(bill_id), "pay_status": said})

    def _change(self, order: Order, key: Key, post: Post | None) -> int:
        if key.bill_id in self._story.missing:
            return _NO_SUCH_ORDER
        if key.status is Status.PAID:
            return self._pay(order, post)
        is_so = order.state is not None and order.state.status is key.status
        if self._story.is_strict and is_so and key.status is not Status.SENT:
            return _NOT_POSSIBLE
        order.state = key
        if key.status is Status.CANCEL:
            order.pay_status = "cancel"
        elif key.status is Status.RETURN and self._story.refunds and order.pay_status == "paid":
            order.pay_status = "waiting"
        return 0

    def _pay(self, order: Order, post: Post | None) -> int:
        if order.pay_status == "paid" and not self._story.books_each:
            return NOT_PAID
        order.pay_status = "paid"
        self.witness.on_booking(order, post)
        return 0


@dataclass(slots=True, kw_only=True)
class Traffic:
    """The calls of one start of the program, of all its workers.

    Args:
        number: which start.
        start: what it is like.
        began_at: when it began.
        calls: how many calls there were.
        under_way: the requests whose callers still wait.
    """

    number: int
    start: Start
    began_at: float
    calls: int = 0
    under_way: list[Post] = field(default_factory=list)


class Wire:
    """What a worker's `JustClickApi` calls in place of a `Client`.

    Args:
        shop: at its other end.
        traffic: of the start of the program.
    """

    def __init__(self, shop: Shop, traffic: Traffic) -> None:
        self._shop = shop
        self._hub = shop.hub
        self._witness = shop.witness
        self._traffic = traffic

    def call(self, name: str, fields: list[tuple[str, str]]) -> Answer:
        """Make one call, as `Client.call` does."""
        number = self._traffic.calls
        self._traffic.calls += 1
        start = self._traffic.start
        if start.kill_at_call is not None and start.kill_at_call[0] == number:
            self._hub.at(self._hub.now + start.kill_at_call[1], self._hub.kill)
        usual = Fault(kind=Kind.SLOW, takes_s=_USUAL_S[number % len(_USUAL_S)])
        fault = start.faults.get(number, usual)
        is_post = name == protocol.UPDATE_CALL
        told = self._witness.on_call(number, name, fields, fault if fault is not usual else None)
        answer = self._post(fields, fault) if is_post else self._read(fields, fault)
        told(answer)
        if self._shop.shows_time:
            moment = EPOCH + dt.timedelta(seconds=int(self._hub.now))
            answer = replace(answer, shop_time=moment)
        return answer

    def _post(self, fields: list[tuple[str, str]], fault: Fault) -> Answer:
        leaves = not self._is_off() and fault.kind is not Kind.NO_CONNECTION
        post = self._witness.on_post(key_of_fields(fields), leaves=leaves)
        if self._is_off():
            raise self._off()
        # Only of a payment does the shop show whether its refusal is true.
        is_denied = fault.kind is Kind.DENIED and post.key.status is Status.PAID
        is_done = leaves and (is_denied or fault.kind not in _REFUSED)
        codes: list[int] = []
        if is_done and fault.acts is Acts.DURING:
            moment = self._hub.now + fault.takes_s / 2
            self._hub.at(moment, lambda: codes.append(self._shop.act(post)))
        acts_late = is_done and fault.acts is Acts.AFTER
        self._traffic.under_way.append(post)
        try:
            self._hub.wait(fault.takes_s)
        finally:
            self._traffic.under_way.remove(post)
            post.given_up_at = self._hub.now
            if acts_late:
                self._hub.at(self._hub.now + fault.acts_after_s, lambda: self._shop.act(post))
        error = _error(fault)
        if error is not None:
            post.is_answered = fault.kind in {Kind.OVERLOAD, Kind.NO_CONNECTION}
            self._witness.on_lost(post, error)
            raise error
        code = codes[0] if is_done and not is_denied else fault.code
        self._witness.on_answer(post, code)
        return Answer(code=code, text="said by the shop")

    def _read(self, fields: list[tuple[str, str]], fault: Fault) -> Answer:
        bill_id = int(fields[0][1])
        if self._is_off():
            raise self._off()
        self._hub.wait(fault.takes_s / 2)
        answer, seen_at = self._shop.state(bill_id), self._hub.now
        self._hub.wait(fault.takes_s / 2)
        error = _error(fault)
        if error is not None:
            self._witness.on_lost(None, error)
            raise error
        if fault.kind is Kind.REFUSED:
            answer = Answer(code=fault.code, text="said by the shop")
        self._witness.on_read(bill_id, answer, seen_at)
        return answer

    def _is_off(self) -> bool:
        off_s = self._traffic.start.off_s
        passed_s = self._hub.now - self._traffic.began_at
        return off_s is not None and off_s[0] <= passed_s < off_s[1]

    def _off(self) -> AccountRefusedError:
        self._hub.wait(_USUAL_S[0])
        error = AccountRefusedError("The account is off.", code=_ACCOUNT_OFF)
        self._witness.on_lost(None, error)
        return error


def _lost(fault: Fault) -> SendError:
    code = "half_answer" if fault.kind is Kind.HALF else "no_answer"
    return OutcomeUnknownError(f"{fault.kind.capitalize()}.", code=code)


def _page(fault: Fault) -> SendError:
    text, code = f"The server answered with HTTP {fault.code}.", f"http_{fault.code}"
    if fault.code in _BUSY:
        return BusyError(text, code=code, retry_after_s=fault.retry_after_s)
    return UnexpectedAnswerError(text, code=code)


_ERRORS: Mapping[Kind, Callable[[Fault], SendError]] = {
    Kind.LOST: _lost,
    Kind.TIMEOUT: _lost,
    Kind.HALF: _lost,
    Kind.PAGE: _page,
    Kind.UNSIGNED: lambda _: UntrustedAnswerError("Not signed.", code="answer_not_verified"),
    Kind.OVERLOAD: lambda _: OverloadedError("The limit is used up.", code=_OVERLOADED),
    Kind.NO_CONNECTION: lambda _: NotDeliveredError("No connection.", code="no_connection"),
}


def _error(fault: Fault) -> SendError | None:
    """Give what `Client.call` raises."""
    make = _ERRORS.get(fault.kind)
    return make(fault) if make else None
