"""Locks of shops: of the operating system, which end with the process that holds them."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from batch_update.errors import ShopHeldError
from batch_update.i18n import _
from batch_update.ledger import holders
from batch_update.ledger.entries import from_ms, utc_now
from batch_update.ledger.sqlite import reading, sharing, sql
from batch_update.ledger.sqlite.guard import Guard
from batch_update.model import Holder

if TYPE_CHECKING:
    import filelock

_NUMBER = "SELECT coalesce(max(id), -1) FROM shops WHERE name = ?"


def lock_of(path: Path, shop: str) -> filelock.BaseFileLock:
    """Return the lock of a shop in a ledger."""
    digest = hashlib.sha256(shop.encode()).hexdigest()[:16]
    return file_lock(path.with_name(f"{path.name}.{digest}.lock"))


def file_lock(path: Path, timeout_s: float = -1) -> filelock.BaseFileLock:
    """Return a lock; its file is made."""
    # Loaded when needed: a dry run without a ledger does without it.
    import filelock

    sharing.make_file(path)
    return filelock.FileLock(path, timeout=timeout_s)


@contextlib.contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Hold all shops of a ledger of any version, which is not changed.

    Raises:
        ShopHeldError: a run works with one of them.
        LedgerError: it cannot be read, or locked.
    """
    import filelock

    guard = Guard(path)
    held: set[str] = set()
    with contextlib.ExitStack() as stack:
        # Until it has no more of them: a run may bring in a shop meanwhile.
        while new := set(reading.list_locks(guard, path)) - held:
            for name in sorted(new):
                try:
                    with guard.told(_("locked")):
                        stack.enter_context(lock_of(path, name).acquire(blocking=False))
                except filelock.Timeout:
                    raise _held(guard, path, name) from None
            held |= new
        yield


def refuse_by(rows: Sequence[Sequence[object]], zone: dt.tzinfo | None) -> ShopHeldError:
    """Return the error for a shop that a run holds.

    Args:
        rows: what `sql.LAST_RUN` found of it; nothing if it has not noted itself.
        zone: the user's.
    """
    holder = None
    if rows:
        pid, host, started_at, operator = rows[0]
        since = from_ms(int(str(started_at)))
        holder = Holder(pid=int(str(pid)), host=str(host), since=since, user=str(operator))
    return holders.refuse(holder, zone)


def _held(guard: Guard, path: Path, shop: str) -> ShopHeldError:
    with guard.told_when_read(), contextlib.closing(reading.open_snapshot(guard, path)) as database:
        ((number,),) = database.execute(_NUMBER, (shop,)).fetchall()
        rows = database.execute(sql.LAST_RUN, (number,)).fetchall()
        return refuse_by(rows, utc_now().astimezone().tzinfo)
