"""The connections of a run to its shop."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial

from batch_update import batch
from batch_update.delivery import AdaptiveLimiter, Inquirer, Sender, ShopClock, rehearse
from batch_update.justclick.api import JustClickApi, JustClickReader
from batch_update.justclick.client import Client
from batch_update.justclick.trust import TlsContexts
from batch_update.settings.model import Account, Settings


def _open_clients(
    account: Account,
    settings: Settings,
    limiter: AdaptiveLimiter,
    stack: contextlib.ExitStack,
) -> Sequence[Client]:
    """Return one connection for each worker."""
    tls_contexts = TlsContexts()
    return [
        stack.enter_context(
            Client(
                base_url=account.base_url,
                credentials=account.credentials,
                timeout_s=settings.timeout_s,
                tls_contexts=tls_contexts,
                before_sending=limiter.before_sending,
            )
        )
        for _ in range(limiter.most)
    ]


def open_inquiry(
    account: Account,
    settings: Settings,
    limiter: AdaptiveLimiter,
    clock: ShopClock,
    stack: contextlib.ExitStack,
) -> batch.Inquiry:
    """Return the workers that ask about orders; nothing they hold could change one."""
    askers = [
        Inquirer(
            JustClickReader(client), retries=settings.retries, limiter=limiter, clock=clock
        ).ask
        for client in _open_clients(account, settings, limiter, stack)
    ]
    return batch.Inquiry(askers, partial(rehearse, clock))


def open_deliverers(
    account: Account,
    settings: Settings,
    limiter: AdaptiveLimiter,
    clock: ShopClock,
    stack: contextlib.ExitStack,
) -> Sequence[batch.Deliver]:
    """Return the workers that send updates, each with a connection of its own."""
    clients = _open_clients(account, settings, limiter, stack)
    return [_sender(client, limiter, clock, settings).deliver for client in clients]


def _sender(
    client: Client, limiter: AdaptiveLimiter, clock: ShopClock, settings: Settings
) -> Sender:
    """Return a worker's sender; it has a connection of its own, and the limiter of all."""
    return Sender(
        JustClickApi(client),
        retries=settings.retries,
        limiter=limiter,
        clock=clock,
        settle_s=settings.settle_s,
    )
