"""The ledger that the settings name, opened for a run or for people."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path
from typing import Protocol, Self

from batch_update import wording
from batch_update.cli import messages, output
from batch_update.delivery import ShopClock
from batch_update.errors import LedgerError
from batch_update.i18n import _
from batch_update.ledger import AccountLedger, Ledger, LedgerReader, StartedBy, open_reader
from batch_update.settings.model import Settings


class OpenLedger(Protocol):
    """A ledger, open for a run; a context that closes it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *__: object) -> None: ...

    def hold(
        self, shop: str, *former: str, by: StartedBy
    ) -> contextlib.AbstractContextManager[AccountLedger]:
        """Work with a shop.

        Args:
            shop: its name.
            former: names that it had before.
            by: whose run it is.

        Raises:
            ShopHeldError: another run does.
        """

    def look_at(self, shop: str, *former: str) -> AccountLedger:
        """Return a shop's part, only to be read."""

    def clock_behind(self) -> dt.datetime | None:
        """Return the last note's time if it is later than now; else None."""

    def check(self) -> list[str]:
        """List all damage; nothing if the ledger is whole."""


def find_ledger(settings: Settings) -> Path:
    """Return the place of a ledger that there is.

    Raises:
        LedgerError: it is not there.
    """
    path = settings.ledger
    if path is None or not path.exists():
        raise LedgerError(
            _(
                "There is no ledger at {path}: nothing was sent from here yet, or it is elsewhere. "
                "Name its place: --ledger PATH."
            ).format(path=wording.printable(str(path)))
        )
    return path


def open_ledger(settings: Settings, clock: ShopClock | None = None) -> OpenLedger:
    """Open the ledger that the settings name, and report oddities in it.

    Args:
        settings: name its place.
        clock: dates the notes; None for the machine's.

    Raises:
        LedgerError: it cannot be opened.
    """
    ledger = Ledger(settings.ledger, clocks=clock, on_migration=messages.note_migration)
    last = ledger.clock_behind()
    if last is not None:
        output.note(messages.describe_clock(last, settings.calendar.zone))
    return ledger


def open_to_read(settings: Settings) -> LedgerReader:
    """Open the ledger for questions about the shop in force, or about all if none is set up.

    Raises:
        LedgerError: it is not there, or cannot be read.
    """
    return open_reader(find_ledger(settings), shops_of(settings))


def shops_of(settings: Settings) -> list[str]:
    """List the names of the shop in force; nothing if none is set up."""
    account = settings.account
    return [] if account is None else list(dict.fromkeys((account.name, account.former_name)))


def is_begun(settings: Settings) -> bool:
    """Return whether there is a ledger already, which may know something of the shop."""
    return settings.ledger is not None and settings.ledger.exists()


def refuse_empty(settings: Settings) -> None:
    """Refuse a ledger without a byte in it, which would only be taken for a new one.

    Raises:
        LedgerError: it is empty, or not there.
    """
    place = find_ledger(settings)
    if place.stat().st_size == 0:
        raise LedgerError(
            _(
                "The ledger {path} is empty: it does not know what was sent before. If there was "
                "something in it, put a copy from a backup in its place."
            ).format(path=wording.printable(str(place)))
        )
