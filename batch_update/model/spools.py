"""Rows, checked rows and results as lists of any length, kept on disk when long.

Values are packed as plain tuples of their parts, without their types: several times quicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from batch_update.model.results import Result
from batch_update.model.sheets import Row
from batch_update.model.updates import CheckedRow, OrderUpdate
from batch_update.spool import Spool


def spool_of_rows() -> Spool[Row]:
    """Make an empty list of a sheet's rows."""
    return Spool(_pack_rows, _unpack_rows)


def spool_of_checked_rows() -> Spool[CheckedRow]:
    """Make an empty list of checked rows."""
    return Spool(_pack_checked_rows, _unpack_checked_rows)


def spool_of_results() -> Spool[Result]:
    """Make an empty list of results; they stand nowhere else, so a full disk loses none."""
    return Spool(_pack_results, _unpack_results, must_keep=True)


_of_row = attrgetter("number", "cells", "formats")
_of_update = attrgetter("bill_id", "status", "date", "rpo", "is_date_assumed")
_of_checked_row = attrgetter("row", "bill_id", "problems", "same_as", "warnings", "skipped")
_of_result = attrgetter(
    *("row", "outcome", "error_code", "error_text", "attempts", "updated_at"),
    *("problems", "warnings", "before"),
)


def _pack_rows(rows: Sequence[Row]) -> object:
    return list(map(_of_row, rows))


def _unpack_rows(packed: Any) -> list[Row]:
    return [Row(number=number, cells=cells, formats=formats) for number, cells, formats in packed]


def _pack_updates(items: Sequence[CheckedRow] | Sequence[Result]) -> object:
    return [None if item.update is None else _of_update(item.update) for item in items]


def _unpack_update(packed: Any) -> OrderUpdate | None:
    if packed is None:
        return None
    bill_id, status, date, rpo, is_date_assumed = packed
    return OrderUpdate(
        bill_id=bill_id, status=status, date=date, rpo=rpo, is_date_assumed=is_date_assumed
    )


def _pack_checked_rows(rows: Sequence[CheckedRow]) -> object:
    return list(map(_of_checked_row, rows)), _pack_updates(rows)


def _unpack_checked_rows(packed: Any) -> list[CheckedRow]:
    return [
        CheckedRow(
            row=row,
            bill_id=bill_id,
            update=_unpack_update(update),
            problems=problems,
            same_as=same_as,
            warnings=warnings,
            skipped=skipped,
        )
        for (row, bill_id, problems, same_as, warnings, skipped), update in zip(
            *packed, strict=True
        )
    ]


def _pack_results(results: Sequence[Result]) -> object:
    return list(map(_of_result, results)), _pack_updates(results)


def _unpack_results(packed: Any) -> list[Result]:
    return [
        Result(
            row=row,
            outcome=outcome,
            error_code=error_code,
            error_text=error_text,
            attempts=attempts,
            updated_at=updated_at,
            update=_unpack_update(update),
            problems=problems,
            warnings=warnings,
            before=before,
        )
        for (
            (
                row,
                outcome,
                error_code,
                error_text,
                attempts,
                updated_at,
                problems,
                warnings,
                before,
            ),
            update,
        ) in zip(*packed, strict=True)
    ]
