"""What delivers updates to the shop, put together for a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from batch_update import batch
from batch_update.cli.interruption import Interruption
from batch_update.ledger import Book, Ledger
from batch_update.sandbox import PRACTICE_KEY, PRACTICE_LOGIN, open_practice_shop
from batch_update.sender import Client, Pace, Sender, Trust
from batch_update.settings.model import Account, Settings
from batch_update.signing import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a run works with.

    Args:
        deliverers: one per worker; none for a dry run.
        book: what is known of earlier updates; None if nothing is.
    """

    deliverers: Sequence[batch.Deliver] = ()
    book: Book | None = None

    def memory_for(self, file: str, *, is_forced: bool) -> batch.Memory | None:
        """Give what is remembered, to note down what one sheet says."""
        if self.book is None:
            return None
        book = self.book.for_file(file)
        return batch.Insistence(book) if is_forced else book


@contextlib.contextmanager
def open_shop(settings: Settings, interruption: Interruption) -> Iterator[Shop]:
    """Open the ledger and the connections that the settings ask for.

    Raises:
        LedgerError: the ledger cannot be opened, or another run works with the account.
    """
    with contextlib.ExitStack() as stack:
        account = settings.account
        if settings.is_practice and not settings.is_dry_run:
            sandbox = stack.enter_context(open_practice_shop())
            credentials = Credentials(username=PRACTICE_LOGIN, secret_key=PRACTICE_KEY)
            account = Account(base_url=sandbox.base_url, credentials=credentials)
        if settings.is_dry_run or account is None:
            yield Shop(book=_open_to_look(settings, stack))
            return
        ledger = stack.enter_context(Ledger(settings.ledger))
        book = stack.enter_context(ledger.hold(account.name))
        yield Shop(deliverers=_hire(account, settings, interruption, stack), book=book)


def _open_to_look(settings: Settings, stack: contextlib.ExitStack) -> Book | None:
    """Give what is known of the account, if there is one, without keeping others from working."""
    if settings.account is None or settings.ledger is None or not settings.ledger.exists():
        return None
    return stack.enter_context(Ledger(settings.ledger)).look_at(settings.account.name)


def _hire(
    account: Account,
    settings: Settings,
    interruption: Interruption,
    stack: contextlib.ExitStack,
) -> list[batch.Deliver]:
    """Give each worker a connection of its own, and all of them one pace."""
    pace = Pace(most=settings.workers, per_second=settings.rate, stop=interruption.stop)
    trust = Trust()
    clients = [
        stack.enter_context(
            Client(
                base_url=account.base_url,
                credentials=account.credentials,
                timeout_s=settings.timeout_s,
                trust=trust,
            )
        )
        for _ in range(settings.workers)
    ]
    return [Sender(client, retries=settings.retries, pace=pace).deliver for client in clients]
