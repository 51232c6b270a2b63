"""Fingerprint of a sheet's rows, to notice changes of the sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from batch_update.model import CheckedRow


class Fingerprint:
    """Twelve hexadecimal digits, the same for the same rows, read by the same settings."""

    def __init__(self) -> None:
        self._total = hashlib.sha256()

    def __str__(self) -> str:
        return self._total.hexdigest()[:12]

    def add(self, rows: Iterable[CheckedRow]) -> None:
        """Add the next checked rows of the sheet."""
        for row in rows:
            update = row.update
            said: object = [problem.code for problem in row.problems]
            if row.skipped is not None:
                said = row.skipped.code
            if update is not None:
                said = f"{update.status} {update.date and update.date.timestamp()} {update.rpo}"
            self._total.update(f"{row.row} {row.bill_id} {said}\n".encode())


def fingerprint_of(rows: Iterable[CheckedRow]) -> str:
    """Return the fingerprint of all checked rows of a sheet."""
    total = Fingerprint()
    total.add(rows)
    return str(total)
