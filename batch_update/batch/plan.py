"""Fingerprint of a sheet's rows, to notice changes of the sheet or of what decides about them."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache

from batch_update.model import CheckedRow, Status

_REMEMBERED = 4096


class Fingerprint:
    """Twelve hexadecimal digits, the same for the same rows, read by the same settings.

    Args:
        is_forced: whether confirmed updates are sent again.
        asks_first: whether the shop is asked for a payment before it is first sent.
    """

    def __init__(self, *, is_forced: bool = False, asks_first: bool = True) -> None:
        self._total = hashlib.sha256()
        for name, is_said in (("force", is_forced), ("no-read-back", not asks_first)):
            if is_said:
                self._total.update(f"--{name}\n".encode())

    def __str__(self) -> str:
        return self._total.hexdigest()[:12]

    def add(self, rows: Iterable[CheckedRow]) -> None:
        """Add the next checked rows of the sheet."""
        self._total.update("".join(map(self._line_of, rows)).encode())

    def _line_of(self, row: CheckedRow) -> str:
        update = row.update
        if update is not None:
            return f"{row.row} {row.bill_id} {_said(update.status, update.date)} {update.rpo}\n"
        said: object = [problem.code for problem in row.problems]
        if row.skipped is not None:
            said = row.skipped.code
        return f"{row.row} {row.bill_id} {said}\n"


@lru_cache(_REMEMBERED)
def _said(status: Status, date: dt.datetime | None) -> str:
    return f"{status} {date and date.timestamp()}"


def fingerprint_of(
    rows: Iterable[CheckedRow], *, is_forced: bool = False, asks_first: bool = True
) -> str:
    """Return the fingerprint of all checked rows of a sheet, and of what decides about them."""
    total = Fingerprint(is_forced=is_forced, asks_first=asks_first)
    total.add(rows)
    return str(total)


def is_of_other_options(rows: Sequence[CheckedRow], plan: str) -> bool:
    """Return whether a plan is that of the same rows with other options to decide about them."""
    return any(
        plan == fingerprint_of(rows, is_forced=is_forced, asks_first=asks_first)
        for is_forced, asks_first in itertools.product((False, True), repeat=2)
    )
