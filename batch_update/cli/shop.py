"""Ledger, API and delivery, put together for a run."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from batch_update import batch, wording
from batch_update.cli import events, messages, output
from batch_update.cli.interruption import Interruption
from batch_update.cli.ledgers import Pause, is_begun, open_ledger
from batch_update.cli.waiting import hold_shop
from batch_update.delivery import AdaptiveLimiter, SharedPace, ShopClock, concurrency_of
from batch_update.errors import ExitStatus
from batch_update.justclick.signing import Credentials
from batch_update.ledger import AccountLedger, RunKind, StartedBy
from batch_update.model import Entry, Holder
from batch_update.settings.model import Account, Settings
from batch_update.settings.users import os_user

_PATIENCE_S = 60.0
"""Shortest time after its time limit for which a payment without an answer is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Parts that a run works with.

    Args:
        deliverers: one per worker; none for a dry run.
        inquiry: asks about orders, changing nothing; None if that is not asked for.
        account_ledger: record of earlier updates; None if there is none.
        clock: gives the time.
        pace: the pace shared with other runs of the shop; None if there can be none.
        limiter: the limiter of all requests; None for a dry run.
    """

    clock: ShopClock
    deliverers: Sequence[batch.Deliver] = ()
    inquiry: batch.Inquiry | None = None
    account_ledger: AccountLedger | None = None
    pace: SharedPace | None = None
    limiter: AdaptiveLimiter | None = None

    def ledger_for(self, file: str, sha256: str, origins: Sequence[str]) -> AccountLedger | None:
        """Return the ledger, to note down one sheet's updates."""
        return (
            None
            if self.account_ledger is None
            else self.account_ledger.for_file(file, sha256, origins)
        )

    def told_to_stop(self) -> str:
        """Return the reason, met elsewhere, for sending nothing more; empty if there is none."""
        return "" if self.pace is None else self.pace.stop_reason

    def at_once(self) -> int:
        """Return the number of updates that may be under way just now."""
        return 1 if self.limiter is None else self.limiter.allowed

    def note_exit(self, status: ExitStatus) -> None:
        """Keep the exit status, to be noted with the end of the run."""
        if self.account_ledger is not None:
            self.account_ledger.exit_status = int(status)

    def entries(self, bill_id: int) -> Sequence[Entry]:
        """Return what the ledger knows of an order."""
        return () if self.account_ledger is None else self.account_ledger.order(bill_id)

    def has_run(self, file: str, sha256: str) -> bool:
        """Return whether a sheet was run before with these very bytes, and to its end.

        Args:
            file: its name.
            sha256: of its bytes, in hexadecimal digits; empty if it cannot be read.
        """
        if self.account_ledger is None or not sha256:
            return False
        is_known = self.account_ledger.for_file("", sha256).first_seen() is not None
        return is_known and self.account_ledger.for_file(file).first_seen() is None


@contextlib.contextmanager
def open_shop(settings: Settings, interruption: Interruption) -> Iterator[Shop]:
    """Open the ledger and the connections that the settings ask for.

    Raises:
        LedgerError: the ledger cannot be opened, or another run works with the account.
        KeyboardInterrupt: the user has ended the wait for that run.
    """
    clock = ShopClock(partial(dt.datetime.now, settings.calendar.zone))

    def pause(seconds: float) -> bool:
        return not interruption.stop.wait(seconds)

    with contextlib.ExitStack() as stack:
        account = settings.account
        if settings.is_practice and (settings.checks_orders or not settings.is_dry_run):
            account = _open_practice(stack)
        if settings.is_dry_run or account is None:
            book = _open_to_look(settings, clock, stack, pause)
            inquiry = None
            if account is not None and settings.checks_orders:
                from batch_update.cli import connections

                limiter = _limiter_of(settings, interruption)
                inquiry = connections.open_inquiry(account, settings, limiter, clock, stack)
            yield Shop(clock=clock, account_ledger=book, inquiry=inquiry)
            return
        ledger = stack.enter_context(open_ledger(settings, clock, pause))
        account_ledger = hold_shop(
            ledger, account, settings, interruption, stack, by=started_by(settings)
        )
        pace = ledger.pace
        limiter = _limiter_of(settings, interruption, pace)
        # Loaded when needed: what speaks HTTP takes a quarter of the time of a short dry run.
        from batch_update.cli import connections

        yield Shop(
            clock=clock,
            deliverers=connections.open_deliverers(account, settings, limiter, clock, stack),
            account_ledger=account_ledger,
            pace=pace,
            limiter=limiter,
        )


def _open_practice(stack: contextlib.ExitStack) -> Account:
    """Open the practice shop, and return the account there."""
    from batch_update.sandbox import PRACTICE_KEY, PRACTICE_LOGIN, open_practice_shop

    sandbox = stack.enter_context(open_practice_shop())
    credentials = Credentials(username=PRACTICE_LOGIN, secret_key=PRACTICE_KEY)
    return Account(base_url=sandbox.base_url, credentials=credentials)


def started_by(settings: Settings) -> StartedBy:
    """Return who works with the ledger, and how."""
    kind = RunKind.FORCE if settings.is_forced else RunKind.SEND
    user = os_user()
    operator = wording.encodable(settings.operator or user)
    return StartedBy(operator=operator, os_user=wording.encodable(user), kind=kind)


def _open_to_look(
    settings: Settings, clock: ShopClock, stack: contextlib.ExitStack, pause: Pause
) -> AccountLedger | None:
    """Return the account's ledger, if there is one, without keeping others from working."""
    account = settings.account
    if account is None or not is_begun(settings):
        return None
    ledger = stack.enter_context(open_ledger(settings, clock, pause))
    return ledger.look_at(account.name, account.former_name)


def run_options_of(settings: Settings, shop: Shop) -> batch.RunOptions:
    """Return the options of the loop from the settings."""
    return batch.RunOptions(
        wall=shop.clock.now,
        passed_s=shop.clock.passed_s,
        steady=time.monotonic,
        is_forced=settings.is_forced,
        asks_first=settings.asks_first,
        keeps_going=settings.keeps_going,
        settle_s=settings.settle_s,
        patience_s=settings.timeout_s + _PATIENCE_S,
        held_s=math.inf if settings.wait_s is None else settings.wait_s,
        most_posts=settings.retries + 1,
        on_wait=partial(_say_wait, settings),
        on_held=partial(_say_held, settings),
        told_to_stop=shop.told_to_stop,
        at_once=shop.at_once,
    )


def _say_wait(settings: Settings, count: int) -> None:
    text = messages.describe_wait(count, settings.timeout_s + _PATIENCE_S)
    events.tell("waiting", reason="payments_unconfirmed", updates=count, text=text.lstrip())
    if not settings.is_quiet:
        output.note(text)


def _say_held(settings: Settings, count: int, holder: Holder) -> None:
    text = messages.describe_held(count, holder, settings.calendar.zone)
    events.tell("waiting", reason="orders_held", updates=count, text=text)
    if not settings.is_quiet:
        output.note(text)


def _limiter_of(
    settings: Settings, interruption: Interruption, pace: SharedPace | None = None
) -> AdaptiveLimiter:
    """Return the limiter of all workers of a run; a shared pace keeps the rate itself."""
    return AdaptiveLimiter(
        concurrency=concurrency_of(settings.workers),
        per_second=settings.rate if pace is None else None,
        stop=interruption.stop,
        shared=pace,
    )
