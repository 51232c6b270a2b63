"""The rules, and who watches over them: a witness who sees shop, wire, ledger and results at once.

It knows nothing of how the program decides. A payment of an order is one that we made, unless a
colleague did. What may be done late may be so for `settle` after it was given up; the bound is
shorter by as much as a later run's wall clock stands ahead of that of the run which gave up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from batch_update.errors import SendError
from batch_update.justclick import protocol
from batch_update.justclick.protocol import Answer
from batch_update.model import (
    DRY_RUN,
    SETTLED,
    CheckedRow,
    OrderUpdate,
    Outcome,
    Result,
    Status,
    Summary,
)
from tools.simulation.hub import Hub
from tools.simulation.story import NOT_PAID, Fault, Start, Story

_STATES = frozenset({Status.SENT, Status.RETURN, Status.CANCEL})
_UNDOES_PAYMENT = frozenset({Status.RETURN, Status.CANCEL})
_UNDOES = {
    Status.SENT: _STATES,
    Status.RETURN: _STATES,
    Status.CANCEL: _STATES,
    Status.PAID: _UNDOES_PAYMENT,
}
_NO_SUCH_ORDER = frozenset({200, 302, 400})
_SLACK_S = 0.01
_SKEWED_SLACK_S = 1.5
_NOT_NOTED = frozenset({"overtaken", "superseded", "paid_before", "same_as_row"})
_NOT_KNOWN_AHEAD = frozenset({"unsettled", "earlier_run"})


class Rule(StrEnum):
    """What must hold, whatever happens."""

    PAID_ONCE = "a payment is booked at most once unless forced"
    ASKED_FIRST = "a payment is not posted before the shop has said that it is not there"
    TOLD = "a payment is not forced again before somebody was told of the one under way"
    TRUE = "what the results call updated the shop has done"
    NOT_DENIED = "what may have been done is not called not sent or rejected"
    LAST_STATE = "the shop's last state of an order is the last row's, or is said not to be"
    NOT_ALREADY = "nothing is called already updated that a later attempt may have undone"
    COMPLETE = "each row has one result, in the order of the sheet, and the counts add up"
    COUNTED = "the results say how often a row was posted"
    NEVER_AGAIN = "what was confirmed is never posted again unless forced"
    NOT_UNDONE = "an older row does not undo what was confirmed since"
    IN_ORDER = "rows of an order are posted in their order, each after the earlier one is settled"
    WAITS = "nothing of an order is posted while an earlier attempt may still act"
    NOTED = "what leaves was noted durably before"
    FORETOLD = "the dry run foretells what leaves"
    AGAIN = "a settled sheet that is run again with nothing in between is settled"
    ENDS = "a run ends, and no exception escapes"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that did not hold.

    Args:
        rule: which.
        text: what happened.
    """

    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Key:
    """What tells updates apart."""

    bill_id: int
    status: Status
    date: int = 0
    rpo: str = ""

    def __str__(self) -> str:
        day = f" {self.date // 86_400}" if self.date else ""
        return f"{self.bill_id} {self.status}{day} {self.rpo}".rstrip()


def key_of_fields(fields: Sequence[tuple[str, str]]) -> Key:
    """Read a request."""
    said = dict(fields)
    return Key(
        int(said["bill_id"]),
        Status(said["status"]),
        int(said.get("date", "0")),
        said.get("rpo", ""),
    )


def key_of(update: OrderUpdate) -> Key:
    """Give what tells an update apart."""
    date = 0 if update.date is None else int(update.date.timestamp())
    return Key(update.bill_id, update.status, date, update.rpo or "")


@dataclass(slots=True, kw_only=True, eq=False)
class Post:
    """A request that asked for a change.

    Args:
        key: for which.
        start: by which start of the program.
        machine: with which ledger.
        at: when.
        is_forced: whether --force was given.
        leaves: whether anything of it can have reached the shop.
        read_at: when the shop last said of the order what was, before; None if never.
        given_up_at: when nobody waited for its answer any more.
        is_answered: whether it is known what came of it.
        acted_at: when the shop acted.
        is_denied: whether the shop said that it could not record the payment.
        is_told: whether somebody was told of it by results that came to their end.
        is_second: whether the shop had a payment of this machine's before, so that "paid" does not
            tell whether it acted.
    """

    key: Key
    start: int
    machine: int
    at: float
    is_forced: bool
    leaves: bool
    read_at: float | None
    given_up_at: float | None = None
    is_answered: bool = False
    is_denied: bool = False
    acted_at: float | None = None
    is_told: bool = False
    is_second: bool = False


@dataclass(slots=True, kw_only=True)
class Claim:
    """What the last results said of an order."""

    key: Key
    is_date_assumed: bool
    at: float


@dataclass(slots=True, kw_only=True)
class Order:
    """An order, as it is and as it came to be.

    Args:
        state: what the shop has of posting, return and cancellation.
        pay_status: as getOrderDetails says it.
        posts: all requests for it that may have left.
        bookings: the payments that we made.
        undone_at: when it was returned or cancelled: since when that was asked for, and when done.
        done: what was done once.
        deeds: how often a colleague has done something.
        is_paid_by_hand: whether a colleague has ever recorded a payment.
        is_strange: whether what our results say of its state may be wrong without our fault.
        claim: what the last results said of its state.
    """

    state: Key | None = None
    pay_status: str = "waiting"
    posts: list[Post] = field(default_factory=list)
    bookings: list[Post] = field(default_factory=list)
    undone_at: list[tuple[float, float]] = field(default_factory=list)
    done: set[Key] = field(default_factory=set)
    deeds: int = 0
    is_paid_by_hand: bool = False
    is_strange: bool = False
    claim: Claim | None = None


@dataclass(slots=True, kw_only=True)
class LedgerPort:
    """What one machine's ledger should know.

    Args:
        confirmed: under which number each update was confirmed last.
        noted: under which number it was there last.
        begun: under which number the first request of each sheet's bytes left.
        left_open: under which number an update was there that a killed run had noted as begun.
        said: what was confirmed since the last commit, as in `confirmed`.
    """

    confirmed: dict[Key, tuple[int, str]] = field(default_factory=dict)
    noted: dict[Key, int] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    left_open: dict[Key, int] = field(default_factory=dict)
    said: list[tuple[Key, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class SheetRun:
    """One sheet on its way through one start of the program."""

    rows: Sequence[CheckedRow]
    sha256: str
    results: dict[int, Result] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    posts: dict[int, list[Post]] = field(default_factory=dict)
    foretold: dict[int, Result] | None = None
    row_of: dict[Key, CheckedRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.update is not None and row.same_as is None:
                self.row_of[key_of(row.update)] = row


class Witness:
    """Sees all, and notes the first rule that does not hold.

    Args:
        story: what happens.
        hub: tells the time; the run ends when a rule does not hold.
        tells: whether a story is told of it.
    """

    def __init__(self, story: Story, hub: Hub, *, tells: bool) -> None:
        self._story = story
        self._hub = hub
        self._tells = tells
        self.lines: list[str] = []
        self.violation: Violation | None = None
        self.figures: Counter[str] = Counter()
        self._orders: dict[int, Order] = {}
        self._memories: dict[int, LedgerPort] = {}
        self._number = -1
        self._start = Start(papers=())
        self._seq = 0
        self._sheet: SheetRun | None = None
        self._sheets: list[SheetRun] = []
        self._settled: dict[tuple[int, str, tuple[int, ...]], dict[int, int]] = {}
        self._reads: dict[int, tuple[float, Answer]] = {}
        self.is_durable: Callable[[Key], bool] = lambda _: True
        # A clock that is put right by the shop's is so to a second or so.
        is_put_right = any(start.skew_s for start in story.starts)
        self._slack_s = _SKEWED_SLACK_S if is_put_right else _SLACK_S

    def order(self, bill_id: int) -> Order:
        """Give an order."""
        return self._orders.setdefault(bill_id, Order())

    def tell(self, text: str) -> None:
        """Tell what happens."""
        if self._tells:
            self.lines.append(f"{self._hub.now:12.2f}  {text}")

    def fail(self, rule: Rule, text: str) -> None:
        """Note that a rule does not hold."""
        if self.violation is None:
            self.violation = Violation(rule, text)
            self.tell(f"VIOLATION: {rule}: {text}")
            self._hub.kill()

    # What the program does.

    def on_start(self, number: int, start: Start) -> None:
        """A start of the program begins."""
        self._number, self._start = number, start
        self._sheets = []
        self._reads = {}
        self._memory.said.clear()
        self.tell(f"start {number}: {start}")

    def on_sheet(self, rows: Sequence[CheckedRow], sha256: str) -> None:
        """A sheet begins."""
        self._sheet = SheetRun(rows, sha256)
        self._sheets.append(self._sheet)

    def on_dry_run(self, results: Sequence[Result]) -> None:
        """A dry run of the sheet has come to its end."""
        if self._sheet is not None:
            self._sheet.foretold = {result.row: result for result in results}
            self._check_complete(self._sheet, results)
        self.tell("dry run: " + _told(results))

    def on_call(
        self, number: int, name: str, fields: Sequence[tuple[str, str]], fault: Fault | None
    ) -> Callable[[Answer], None]:
        """A call begins; give what is to be told of its answer."""
        self.figures["calls"] += 1
        if fault is not None:
            self.figures[f"calls: {fault.kind}"] += 1
        if not self._tells:
            return lambda _: None
        what = key_of_fields(fields) if name == protocol.UPDATE_CALL else f"{fields[0][1]} ?"
        self.tell(f"call {number}: {what}{f' ({fault})' if fault else ''}")
        return lambda answer: self.tell(
            f"call {number} answered: {answer.code} {_pay_status(answer)}".rstrip()
        )

    def on_post(self, key: Key, *, leaves: bool) -> Post:
        """A request for a change is about to leave."""
        order = self.order(key.bill_id)
        read = self._reads.get(key.bill_id)
        post = Post(
            key=key,
            start=self._number,
            machine=self._start.machine,
            at=self._hub.now,
            is_forced=self._start.is_forced,
            leaves=leaves,
            read_at=read[0] if read else None,
            is_second=order.pay_status == "paid"
            and not order.is_paid_by_hand
            and any(one.machine == self._start.machine for one in order.bookings),
        )
        self.figures["posts"] += 1
        self._check_noted(key)
        self._check_order(key)
        self._check_waits(order, post)
        if post.is_forced:
            self.figures["forced"] += 1
            self._check_told(order, post)
        else:
            self._check_confirmed(key)
            self._check_not_undone(key)
            self._check_asked(key, read)
        self._seq += 1
        self._memory.noted[key] = self._seq
        if self._sheet is not None:
            self._memory.begun.setdefault(self._sheet.sha256, self._seq)
            row = self._sheet.row_of.get(key)
            if row is not None:
                self._sheet.posts.setdefault(row.row, []).append(post)
        if leaves:
            order.posts.append(post)
            if key.status in _STATES:
                order.claim = None
                if any(one.machine != post.machine for one in order.posts):
                    order.is_strange = True
        return post

    def on_answer(self, post: Post, code: int) -> None:
        """The shop's word has come."""
        if code == NOT_PAID and post.key.status is Status.PAID:
            # Whether that is true, the shop shows when it is asked.
            post.is_denied = True
            return
        post.is_answered = True
        if code in _NO_SUCH_ORDER:
            for one in self.order(post.key.bill_id).posts:
                one.is_answered = one.is_answered or one.key == post.key

    def on_lost(self, post: Post | None, error: SendError) -> None:
        """A call has ended without the shop's word on the order."""
        if post is not None and not post.is_answered:
            self.figures["lost answers"] += 1
        self.tell(f"  lost: {error.code}")

    def on_read(self, bill_id: int, answer: Answer, seen_at: float) -> None:
        """The shop has said what is."""
        self.figures["reads"] += 1
        self._reads[bill_id] = seen_at, answer
        if _pay_status(answer):
            for post in self.order(bill_id).posts:
                post.is_answered = post.is_answered or post.is_denied
        if _pay_status(answer) == "paid" or answer.code in _NO_SUCH_ORDER:
            for post in self.order(bill_id).posts:
                is_ours = post.machine == self._start.machine and not post.is_second
                if is_ours and post.key.status is Status.PAID:
                    post.is_answered = True

    def on_result(self, result: Result) -> None:
        """A row has its result."""
        sheet = self._sheet
        if sheet is None:
            return
        self.figures["rows"] += 1
        self.tell(f"row {result.row}: {_told([result])}")
        if result.row in sheet.results:
            self.fail(Rule.COMPLETE, f"row {result.row} has two results")
        sheet.results[result.row] = result
        if result.update is None:
            return
        key = key_of(result.update)
        self._seq += 1
        if result.outcome is Outcome.UPDATED:
            self._memory.said.append((key, self._seq, sheet.sha256))
        elif result.error_code not in _NOT_NOTED and result.outcome not in SETTLED:
            is_new = key not in self._memory.noted
            if is_new or result.outcome is Outcome.UNCONFIRMED:
                self._memory.noted[key] = self._seq
        self._check_true(sheet, result, result.update)
        self._check_not_denied(sheet, result)

    def on_commit(self) -> None:
        """All that was said is durable."""
        said = self._memory.said
        for key, seq, sha256 in said:
            self._memory.confirmed[key] = seq, sha256
        said.clear()

    def on_sheet_done(self, summary: Summary) -> None:
        """A sheet has come to its end."""
        sheet = self._sheet
        if sheet is None:
            return
        self._check_complete(sheet, summary.results)
        for result in summary.results:
            if sheet.results.get(result.row) != result:
                self.fail(Rule.COMPLETE, f"row {result.row}: told otherwise than in the end")
            self._check_counted(sheet, result)
            self._note_told(result)
        self._check_foretold(sheet)
        self._check_again(sheet, summary)
        if summary.stop_reason:
            self.figures["runs that stopped early"] += 1
        self.tell(f"sheet done: {_told(summary.results)} {summary.stop_reason[:60]}".rstrip())

    def on_done(self) -> None:
        """A start of the program has come to its own end."""
        self._sheet = None
        rows: dict[int, list[tuple[CheckedRow, Result]]] = {}
        for sheet in self._sheets:
            for row in sheet.rows:
                if row.bill_id is not None and row.row in sheet.results:
                    rows.setdefault(row.bill_id, []).append((row, sheet.results[row.row]))
        # Of what a later sheet says that was not begun, nothing is known yet.
        left = self._start.papers[len(self._sheets) :]
        open_ids = {line.bill_id for number in left for line in self._story.papers[number].lines}
        for bill_id, told in rows.items():
            if bill_id not in open_ids:
                self._make_claim(bill_id, told)

    def on_killed(self, under_way: Sequence[Post]) -> None:
        """A start of the program was killed."""
        self.figures["kills"] += 1
        self.tell("killed")
        for post in under_way:
            post.given_up_at = self._hub.now
        lost = {key for key, _, _ in self._memory.said}
        for sheet in self._sheets:
            for number, posts in sheet.posts.items():
                if number not in sheet.results or posts[-1].key in lost:
                    # Whatever was answered, nobody knows it any more.
                    posts[-1].is_answered = not posts[-1].leaves
            for key in sheet.row_of:
                # It may have noted that more were begun than have left.
                if self.is_durable(key):
                    self._seq += 1
                    self._memory.noted[key] = self._seq
                    self._memory.left_open.setdefault(key, self._seq)
        self._sheet = None

    # What the shop does.

    def on_act(self, post: Post, code: int) -> None:
        """The shop has acted on a request, or refused to."""
        order = self.order(post.key.bill_id)
        is_late = post.given_up_at is not None and self._hub.now > post.given_up_at
        if is_late:
            self.figures["late acts"] += 1
            self.tell(f"  shop, late: {post.key} of start {post.start}: {code}")
        if code:
            return
        post.acted_at = self._hub.now
        order.done.add(post.key)
        if post.key.status in _UNDOES_PAYMENT:
            order.undone_at.append((post.at, self._hub.now))
        if post.key.status not in _STATES:
            return
        if is_late and not self._is_in_bound(post):
            order.is_strange = True
            order.claim = None
        claim = order.claim
        if claim is not None and not _is_alike(post.key, claim):
            rule = Rule.NOT_ALREADY if self._is_in_doubt(order, claim) else Rule.LAST_STATE
            self.fail(rule, f"results said {claim.key}, then the shop did {post.key}, late")

    def on_deed(self, key: Key, code: int) -> None:
        """A colleague has done something."""
        order = self.order(key.bill_id)
        self.tell(f"  a colleague: {key}: {code}")
        if code:
            return
        order.done.add(key)
        order.deeds += 1
        if key.status is Status.PAID:
            order.is_paid_by_hand = True
        if key.status in _UNDOES_PAYMENT:
            order.undone_at.append((self._hub.now, self._hub.now))
        if key.status in _STATES:
            order.is_strange = True
            order.claim = None

    def on_booking(self, order: Order, post: Post | None) -> None:
        """A payment is booked."""
        if post is None:
            return
        self.figures["payments"] += 1
        post.acted_at = self._hub.now
        for other in order.bookings:
            first, second = sorted((other, post), key=lambda one: one.at)
            if not self._may_be_both(order, first, second):
                self.fail(
                    Rule.PAID_ONCE,
                    f"order {post.key.bill_id}: booked at {other.acted_at:.2f} and at "
                    f"{post.acted_at:.2f}, posted at {first.at:.2f} and {second.at:.2f}",
                )
        order.bookings.append(post)

    # The rules.

    @property
    def _memory(self) -> LedgerPort:
        return self._memories.setdefault(self._start.machine, LedgerPort())

    def _bound_s(self, post: Post) -> float:
        skews = [start.skew_s for start in self._story.starts[post.start : self._number + 1]]
        return self._story.settle_s - (max(skews) - skews[0])

    def _is_in_bound(self, post: Post) -> bool:
        """Tell whether the shop acted on a request as early as is reckoned with."""
        if post.acted_at is None or post.given_up_at is None:
            return True
        return post.acted_at - post.given_up_at <= self._bound_s(post) - _SLACK_S

    def _may_be_both(self, order: Order, first: Post, second: Post) -> bool:
        """Tell whether nothing could have kept the second of two payments from being booked."""
        if second.is_forced or not self._is_in_bound(first):
            return True
        if any(first.at < done and asked <= second.at for asked, done in order.undone_at):
            return True
        if first.machine == second.machine:
            return False
        asks_first = self._story.starts[second.start].asks_first
        was_seen = (
            first.acted_at is not None
            and second.read_at is not None
            and first.acted_at <= second.read_at
        )
        return not (asks_first and was_seen)

    def _check_noted(self, key: Key) -> None:
        if not self.is_durable(key):
            self.fail(Rule.NOTED, f"{key} leaves, and the ledger does not say so")

    def _check_order(self, key: Key) -> None:
        sheet = self._sheet
        row = sheet.row_of.get(key) if sheet else None
        if sheet is None or row is None:
            self.fail(Rule.IN_ORDER, f"{key} is in no row of the sheet under way")
            return
        for other in sheet.rows:
            if other.row >= row.row or other.bill_id != row.bill_id:
                continue
            result = sheet.results.get(other.row)
            if result is None or result.outcome not in SETTLED:
                self.fail(Rule.IN_ORDER, f"row {row.row} leaves before row {other.row} is settled")
        if row.row in sheet.results:
            self.fail(Rule.IN_ORDER, f"row {row.row} leaves after it has its result")

    def _check_waits(self, order: Order, post: Post) -> None:
        """Nothing is posted while something else may still act; a payment not even itself."""
        if post.key.bill_id in self._story.missing:
            return
        skew_s = self._start.skew_s
        for other in order.posts:
            if other.machine != post.machine or other.is_answered:
                continue
            is_payment = post.key.status is Status.PAID and other.key.status is Status.PAID
            if self._is_same(post.key, other.key) and not is_payment:
                continue
            ahead_s = max(0.0, skew_s - self._story.starts[other.start].skew_s)
            given_up_at = post.at if other.given_up_at is None else other.given_up_at
            left_s = self._story.settle_s - ahead_s - self._slack_s - (post.at - given_up_at)
            if left_s > 0:
                self.fail(
                    Rule.WAITS,
                    f"{post.key} leaves while {other.key} of start {other.start} may act for "
                    f"{left_s:.2f} s more",
                )

    def _is_same(self, key: Key, other: Key) -> bool:
        """Tell whether two updates say the same; a date that is the run's day says nothing."""
        row = self._sheet.row_of.get(key) if self._sheet else None
        if row is not None and row.update is not None and row.update.is_date_assumed:
            return (key.status, key.rpo) == (other.status, other.rpo)
        return key == other

    def _check_told(self, order: Order, post: Post) -> None:
        if post.key.status is not Status.PAID:
            return
        for other in order.posts:
            is_secret = not other.is_told and not other.is_answered and other.acted_at is not None
            is_undone = any(other.at < done <= post.at for _, done in order.undone_at)
            is_payment = other.key.status is Status.PAID and not is_undone
            if other.machine == post.machine and is_payment and is_secret:
                self.fail(Rule.TOLD, f"{post.key} is forced though start {other.start} had paid")

    def _check_confirmed(self, key: Key) -> None:
        if key in self._memory.confirmed:
            self.fail(Rule.NEVER_AGAIN, f"{key} was confirmed, and leaves again")

    def _check_asked(self, key: Key, read: tuple[float, Answer] | None) -> None:
        if key.status is not Status.PAID or not self._start.asks_first:
            return
        said = _pay_status(read[1]) if read else ""
        if said not in {"waiting", "cancel"}:
            self.fail(Rule.ASKED_FIRST, f"{key} leaves, and the shop said {said or 'nothing'}")

    def _check_not_undone(self, key: Key) -> None:
        """An update that was there before, or is of a sheet that was, undoes nothing newer."""
        sheet, memory = self._sheet, self._memory
        row = sheet.row_of.get(key) if sheet else None
        if sheet is None or row is None or row.update is None or row.update.is_date_assumed:
            return
        later = sorted(
            (seq, str(other), other, sha256)
            for other, (seq, sha256) in memory.confirmed.items()
            if other.bill_id == key.bill_id and other != key and other.status in _UNDOES[key.status]
        )
        if not later or row.row in sheet.posts or self._is_paid_otherwise(key):
            return
        seq, _, last, _ = later[-1]
        if any(self._says(other, last) for other in sheet.rows if other.row < row.row):
            return
        since = memory.begun.get(sheet.sha256)
        if key in memory.noted:
            # What was begun before the row was there is older, though it was confirmed later.
            was_begun = memory.left_open.get(last, seq) < memory.noted[key] or any(
                post.key == last and not post.is_answered for post in self.order(key.bill_id).posts
            )
            if seq > memory.noted[key] and not was_begun:
                self.fail(Rule.NOT_UNDONE, f"{key} is older than {last}, and leaves")
        elif since is not None and any(
            number > since and sha256 != sheet.sha256 for number, _, _, sha256 in later
        ):
            self.fail(Rule.NOT_UNDONE, f"{key} is of an older sheet than {last}, and leaves")
        elif key.status is Status.SENT and any(
            other.status is Status.SENT and other.date > key.date for _, _, other, _ in later
        ):
            self.fail(Rule.NOT_UNDONE, f"{key} is of an older day than {last}, and leaves")

    def _says(self, row: CheckedRow, key: Key) -> bool:
        """Tell whether a row says an update; a date that is the run's day says nothing."""
        if row.update is None:
            return False
        said = key_of(row.update)
        if row.update.is_date_assumed:
            return (said.bill_id, said.status, said.rpo) == (key.bill_id, key.status, key.rpo)
        return said == key

    def _is_paid_otherwise(self, key: Key) -> bool:
        """Tell whether this is a payment of which there was one of another date."""
        return key.status is Status.PAID and any(
            other != key and other.status is Status.PAID and other.bill_id == key.bill_id
            for other in self._memory.noted
        )

    def _check_true(self, sheet: SheetRun, result: Result, update: OrderUpdate) -> None:
        if result.outcome not in SETTLED:
            return
        order, key = self.order(update.bill_id), key_of(update)
        if update.status is Status.PAID:
            # That it was booked now is not proved by what was booked before; that it was so already
            # is.
            posts = sheet.posts.get(result.row, ()) if result.outcome is Outcome.UPDATED else ()
            since = min((post.at for post in posts), default=0.0)
            is_true = order.is_paid_by_hand or any(
                post.machine != self._start.machine or (post.acted_at or 0.0) >= since
                for post in order.bookings
            )
        elif update.is_date_assumed:
            is_true = any((one.status, one.rpo) == (key.status, key.rpo) for one in order.done)
        else:
            is_true = key in order.done
        if not is_true:
            self.fail(Rule.TRUE, f"row {result.row} is {result.outcome}, and the shop never did it")

    def _check_not_denied(self, sheet: SheetRun, result: Result) -> None:
        if result.outcome not in {Outcome.NOT_SENT, Outcome.REJECTED}:
            return
        for post in sheet.posts.get(result.row, ()):
            given_up_at = self._hub.now if post.given_up_at is None else post.given_up_at
            is_settled = self._hub.now - given_up_at >= self._story.settle_s - _SLACK_S
            is_open = post.leaves and not post.is_answered and not is_settled
            if is_open and post.key.bill_id not in self._story.missing:
                self.fail(
                    Rule.NOT_DENIED,
                    f"row {result.row} is {result.outcome} ({result.error_code}), and was posted "
                    f"at {post.at:.2f} without an answer",
                )

    def _check_complete(self, sheet: SheetRun, results: Sequence[Result]) -> None:
        numbers = [row.row for row in sheet.rows]
        if [result.row for result in results] != numbers:
            self.fail(Rule.COMPLETE, f"results of {[one.row for one in results]}, not {numbers}")

    def _check_counted(self, sheet: SheetRun, result: Result) -> None:
        posts = len(sheet.posts.get(result.row, ()))
        if result.attempts != posts and result.error_code != "interrupted":
            self.fail(
                Rule.COUNTED, f"row {result.row} was posted {posts} times, not {result.attempts}"
            )

    def _check_foretold(self, sheet: SheetRun) -> None:
        foretold = sheet.foretold
        if foretold is None:
            return
        codes = {number: result.error_code for number, result in foretold.items()}
        # What comes after a payment that is asked for hangs on what the shop says of it.
        asked = {row.bill_id for row in sheet.rows if codes[row.row] in _NOT_KNOWN_AHEAD}
        order_of = {row.row: row.bill_id for row in sheet.rows}
        for number in sheet.posts:
            if codes[number] != DRY_RUN and order_of[number] not in asked:
                self.fail(Rule.FORETOLD, f"row {number} left, and the dry run said {codes[number]}")
        # How late it is by the shop's clock is known only when it has answered.
        is_skewed = any(start.skew_s for start in self._story.starts)
        is_left_alone = self._start.is_left_alone and not is_skewed
        is_usual = is_left_alone and not _NOT_KNOWN_AHEAD & set(codes.values())
        if not is_usual or any(
            result.outcome in {Outcome.REJECTED, Outcome.UNCONFIRMED}
            for result in sheet.results.values()
        ):
            return
        for row in sheet.rows:
            is_said = codes[row.row] == DRY_RUN and row.same_as is None
            result = sheet.results[row.row]
            is_found = (
                row.update is not None
                and row.update.status is Status.PAID
                and result.outcome in SETTLED
            )
            if is_said and row.row not in sheet.posts and not is_found:
                self.fail(
                    Rule.FORETOLD,
                    f"the dry run would send row {row.row}, which is {result.outcome} "
                    f"({result.error_code})",
                )

    def _check_again(self, sheet: SheetRun, summary: Summary) -> None:
        """Nothing that was settled needs a person when it is only run again."""
        # What comes later in a run makes a difference.
        place = self._start.machine, sheet.sha256, tuple(self._start.papers)
        # What a killed run had begun counts as something in between.
        posts_at: dict[int, int] = {0: self.figures["kills"]}
        bill_ids = {row.bill_id for row in sheet.rows if row.bill_id is not None}
        orders = {one: self.order(one) for one in bill_ids}
        posts = posts_at | {one: len(o.posts) + o.deeds for one, o in orders.items()}
        is_settled = all(result.outcome in SETTLED for result in summary.results)
        is_usual = not self._start.is_forced and not summary.is_interrupted
        if is_usual and self._settled.get(place) == posts and not is_settled:
            self.fail(Rule.AGAIN, f"now: {_told(summary.results)}")
        if is_settled:
            self._settled[place] = posts
        else:
            self._settled.pop(place, None)

    def _note_told(self, result: Result) -> None:
        update = result.update
        is_of_payment = update is not None and update.status is Status.PAID
        if update is None or not is_of_payment or result.outcome is not Outcome.UNCONFIRMED:
            return
        for post in self.order(update.bill_id).posts:
            post.is_told = post.is_told or post.machine == self._start.machine

    def _make_claim(self, bill_id: int, told: Sequence[tuple[CheckedRow, Result]]) -> None:
        """Hold the shop to what the results said of an order, if all of its rows are settled."""
        order = self.order(bill_id)
        if order.is_strange or any(result.outcome not in SETTLED for _, result in told):
            return
        last = next(
            (
                row.update
                for row, _ in reversed(told)
                if row.update is not None and row.update.status in _STATES
            ),
            None,
        )
        if last is None:
            return
        claim = Claim(key=key_of(last), is_date_assumed=last.is_date_assumed, at=self._hub.now)
        order.claim = claim
        if order.state is None or not _is_alike(order.state, claim):
            rule = Rule.NOT_ALREADY if self._is_in_doubt(order, claim) else Rule.LAST_STATE
            self.fail(rule, f"results say {claim.key}, and the shop has {order.state}")

    def _is_in_doubt(self, order: Order, claim: Claim) -> bool:
        """Tell whether something else was tried after what is claimed, without an answer."""
        posts = [post for post in order.posts if post.key.status in _STATES]
        while posts and not _is_alike(posts[-1].key, claim):
            if not posts.pop().is_answered:
                return True
        return False


def _is_alike(key: Key, claim: Claim) -> bool:
    if claim.is_date_assumed:
        return (key.status, key.rpo) == (claim.key.status, claim.key.rpo)
    return key == claim.key


def _pay_status(answer: Answer) -> str:
    return str(answer.result.get("pay_status")) if isinstance(answer.result, Mapping) else ""


def _told(results: Sequence[Result]) -> str:
    return ", ".join(
        f"{result.row} {result.outcome}{f' ({result.error_code})' if result.error_code else ''}"
        for result in results
    )
