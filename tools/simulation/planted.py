"""Mistakes made on purpose, one at a time: after how many stories does a rule not hold?

A mistake takes one rule out of the program. It counts as seen when a story breaks a rule with it
and none without it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from msgspec import structs

from batch_update import shops
from batch_update.batch import decisions, dry_run, neighbours, order_history, pending, runner
from batch_update.batch.order_queue import OrderQueue
from batch_update.batch.pending import Pending
from batch_update.batch.run_policy import RunPolicy
from batch_update.delivery import outcomes, retry_policy
from batch_update.delivery.delivery import Sender
from batch_update.errors import NotDeliveredError
from batch_update.justclick import protocol
from batch_update.justclick.protocol import Answer
from batch_update.ledger import account_ledger, entries
from batch_update.ledger.account_ledger import AccountLedger
from batch_update.ledger.sqlite import store
from batch_update.model import Approach, Entry, Outcome, PaymentState, Status
from tools.simulation import shop
from tools.simulation.drawing import draw
from tools.simulation.world import play

MOST_STORIES = 4000
_FIRST_SEED = 1_000_000

Plant = Callable[[], contextlib.AbstractContextManager[object]]


def _put(target: object, name: str, value: object) -> Plant:
    return lambda: mock.patch.object(target, name, value)


def _around(target: Any, name: str, change: Callable[..., object]) -> Plant:
    """Put something in place of a function that is handed the function."""

    def plant() -> contextlib.AbstractContextManager[object]:
        right = getattr(target, name)
        return mock.patch.object(target, name, lambda *args, **named: change(right, *args, **named))

    return plant


def _both(*plants: Plant) -> Plant:
    @contextlib.contextmanager
    def plant() -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for one in plants:
                stack.enter_context(one())
            yield

    return plant


class _BusyNotDoneError(NotDeliveredError):
    is_busy = True

    def __init__(self, text: str, *, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(text, code=code)
        self.retry_after_s = retry_after_s


def _post_at_once(right: Any, known: Any) -> object:
    decision = right(known)
    is_asked = isinstance(decision, decisions.Send) and decision.approach is Approach.ASK
    return decisions.Send(approach=Approach.POST) if is_asked else decision


def _tell_nobody(right: Any, known: Any) -> object:
    decision = right(known)
    if isinstance(decision, decisions.Tell):
        return decisions.Send(approach=Approach.POST)
    return decision


def _only_what_is_new(right: Any, known: Any, around: Any) -> object:
    return None if known.mine is not None else right(known, around)


def _by_the_clock(right: Any, rows: Any) -> object:
    rows = sorted(rows, key=lambda row: row[7])
    return right([(*row[:5], row[7], *row[6:]) for row in rows])


def _take_all(orders: Any) -> object:
    while orders._fresh or orders.fetch():
        row = orders._fresh.popleft()
        orders.numbers.append(row.row)
        if row.bill_id is not None:
            orders._waiting[row.bill_id] = deque()
        return row
    return orders._ready.popleft() if orders._ready else None


def _release(orders: Any, row: Any) -> None:
    orders.left -= 1
    orders._waiting.pop(row.bill_id, None)


def _ignore_twins(right: Any, run: Any, row: Any, **named: Any) -> object:
    return right(run, structs.replace(row, same_as=None), **named)


def _waiting_is_paid(right: Any, answer: Answer, bill_id: int) -> PaymentState:
    said: PaymentState = right(answer, bill_id)
    return PaymentState.PAID if said is PaymentState.WAITING else said


def _unknown_is_unpaid(right: Any, answer: Answer, bill_id: int) -> PaymentState:
    said: PaymentState = right(answer, bill_id)
    return PaymentState.WAITING if answer.code else said


def _post_all(right: Any, sender: Any, update: Any, approach: Approach, since: Any) -> object:
    return right(sender, update, Approach.POST if approach is Approach.LOOK else approach, since)


def _not_denied(right: Any, *args: Any, **named: Any) -> object:
    said = right(*args, **named)
    is_doubtful = said.outcome is Outcome.UNCONFIRMED
    return structs.replace(said, outcome=Outcome.NOT_SENT) if is_doubtful else said


def _without_unknown(right: Any, one: Any, update: Any, row: int, said: Any) -> object:
    return right(one, update, row, structs.replace(said, unknown_since=None))


def _conclude(right: Any, *args: Any) -> object:
    return structs.replace(right(*args), unknown_since=None)


def _forget_holders(right: Any, run_policy: Any, row: Any, result: Any) -> None:
    right(run_policy, row, result)
    run_policy.held_by.clear()


def _each_second(right: Any, one: Any) -> None:
    one._planted = not getattr(one, "_planted", True)
    if one._planted:
        right(one)


def _close_open(folding: Any) -> None:
    folding._open = None


def _without_last(right: Any, **named: Any) -> object:
    return right(**{**named, "results": named["results"][:-1]})


def _backwards(right: Any, **named: Any) -> object:
    return right(**{**named, "results": named["results"][::-1]})


def _withdrawn(right: Any, job: Any) -> object:
    return right(job._replace(unknown_since=None))


def _conclusive(codes: Mapping[int, Any]) -> Mapping[int, Any]:
    return {code: replace(meaning, is_conclusive=True) for code, meaning in codes.items()}


def _one_more(right: Any, attempts: int) -> object:
    return right(attempts + 1)


def _twice(right: Any, sender: Any, update: Any, attempts: Any) -> object:
    right(sender, update, attempts)
    return right(sender, update, attempts)


def _fail(right: Any, *args: Any) -> object:
    del right, args
    raise ValueError


_KNOWN = decisions._Known
_HISTORY = order_history.OrderHistory
_never = SimpleNamespace(LOOK=Approach.SETTLE, SETTLE=Approach.SETTLE)

PLANTED: dict[str, Plant] = {
    "a payment is repeated at once": _put(
        retry_policy, "may_be_paid_again", retry_policy.may_be_repeated
    ),
    "a gateway's 503 means not done": _put(shop, "BusyError", _BusyNotDoneError),
    "payments are not asked for first": _around(_KNOWN, "approach", _post_at_once),
    "nothing takes time to settle": _put(_KNOWN, "_left_s", lambda *_: 0.0),
    "no row waits for another": _put(_KNOWN, "waiting", lambda *_: None),
    "nothing takes the place of another": _put(
        order_history, "SUPERSEDED_BY", dict.fromkeys(Status, frozenset())
    ),
    "dates are not compared": _put(_HISTORY, "_of_later_date", lambda *_: None),
    "rows that were there are never old": _around(_HISTORY, "newer", _only_what_is_new),
    "sheets that were there are never old": _put(
        neighbours.SheetOrders, "first_seen", lambda _: None
    ),
    "rows below are not looked at": _both(
        _put(neighbours.SheetNeighbours, "later", lambda _: ()),
        _put(neighbours.SheetNeighbours, "later_sheets", lambda _: ()),
    ),
    "nothing is unknown once confirmed": _put(
        Entry,
        "may_have_happened",
        property(lambda one: one.unknown_since is not None and one.confirmed is None),
    ),
    "the clock tells the order": _around(store, "fold", _by_the_clock),
    "what begins is not noted": _put(AccountLedger, "begin", lambda *_: None),
    "what begins is noted late": _around(AccountLedger, "commit", _each_second),
    "rows of an order leave at once": _both(
        _put(OrderQueue, "take", _take_all), _put(OrderQueue, "release", _release)
    ),
    "twins are sent": _around(runner._Run, "_decide", _ignore_twins),
    "waiting is taken for paid": _around(protocol, "payment_state", _waiting_is_paid),
    "no such order is taken for not paid": _both(
        _around(protocol, "payment_state", _unknown_is_unpaid),
        _put(protocol, "NO_SUCH_ORDER_CODES", frozenset()),
    ),
    "a run lives until its last note": _put(entries, "HEARTBEAT_S", 0.0),
    "a run does not note that it lives": _put(account_ledger, "HEARTBEAT_S", 1e9),
    "killed attempts are forgotten": _put(entries._Folding, "_close_open", _close_open),
    "rows passed over are not noted": _put(AccountLedger, "pass_over", lambda *_: None),
    "looking posts": _around(Sender, "deliver", _post_all),
    "each address is a shop": _put(
        shops, "identify", lambda login, url, _name="": f"{login}@{url}"
    ),
    "a refusal is a success": _put(
        outcomes, "of_refusal", lambda _, attempts: outcomes.of_success(attempts, entries.utc_now())
    ),
    "unconfirmed is called not sent": _around(outcomes, "of_failure", _not_denied),
    "an order is not held back": _around(RunPolicy, "add", _forget_holders),
    "a result is lost": _around(runner, "Summary", _without_last),
    "results come backwards": _around(runner, "Summary", _backwards),
    "nobody is told of a forced payment": _around(_KNOWN, "approach", _tell_nobody),
    "a doubtful refusal is one": _put(
        outcomes,
        "of_doubtful_refusal",
        lambda _, answer, attempts: outcomes.of_refusal(answer, attempts=attempts),
    ),
    "a denied payment is believed to be none": _put(
        Sender,
        "_check_denial",
        lambda _, __, answer, tries: outcomes.of_refusal(answer, attempts=tries.count),
    ),
    "what is unknown is not noted": _around(AccountLedger, "settle", _without_unknown),
    "every refusal is conclusive": _put(protocol, "CODES", _conclusive(protocol.CODES)),
    "an answer ends all doubt": _around(Sender, "_conclude", _conclude),
    "payments are settled at once": _put(pending, "Approach", _never),
    "attempts are miscounted": _around(outcomes, "of_success", _one_more),
    "each post is sent twice": _around(Sender, "_post", _twice),
    "a payment of another day is another": _put(_HISTORY, "of_another_date", lambda _: None),
    "the dry run knows nothing": _put(dry_run._DryRunLedger, "order", lambda *_: ()),
    "rows that wait are forgotten": _put(Pending, "take_row", lambda _: None),
    "workers fail": _around(Sender, "deliver", _fail),
}
"""What each mistake is, and how it is made."""


def stories_until_seen(name: str, most: int = MOST_STORIES) -> tuple[str, int, str]:
    """Tell stories until a mistake is seen; give its name, how many it took, and the rule."""
    for number in range(most):
        story = draw(_FIRST_SEED + number)
        with PLANTED[name]():
            violation = play(story).violation
        if violation is not None and play(story).violation is None:
            return name, number + 1, violation.rule.name
    return name, most, ""


def plant_all(wanted: str, processes: int) -> int:
    """Plant each mistake whose name has a word in it; say which were seen."""
    names = [name for name in PLANTED if wanted in name]
    unseen = 0
    with multiprocessing.Pool(processes) as pool:
        for name, stories, rule in pool.imap(partial(stories_until_seen), names):
            unseen += not rule
            said = f"{rule} after {stories} stories" if rule else f"NOT SEEN in {stories} stories"
            print(f"{name}: {said}", flush=True)
    print(f"{len(names) - unseen} of {len(names)} seen")
    return int(bool(unseen))
