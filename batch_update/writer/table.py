"""The results as a table, whatever the format: the input's rows in their places, then ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from batch_update.columns import RESULT_COLUMNS
from batch_update.orders import CellValue, Result, Row, Sheet, Summary

FORMULA_SIGNS = frozenset("=+-@\t\r＝＋－＠")
"""Source: OWASP, "CSV Injection"."""

ResultCells: TypeAlias = tuple[CellValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """What to write.

    Args:
        sheet: the input as it was read.
        width: how many columns of the input there are; ours follow.
        results: the result of each data row, by row number.
        zone: the zone in which times are shown.
    """

    sheet: Sheet
    width: int
    results: dict[int, Result]
    zone: dt.tzinfo

    def lines(self) -> Iterator[tuple[Row | None, ResultCells]]:
        """Go through the lines of the results; None stands for an empty line of the input."""
        number = 0
        for row in sorted((*self.sheet.kept, *self.sheet.rows), key=lambda row: row.number):
            for _ in range(number + 1, row.number):
                yield None, ()
            number = row.number
            yield row, self._our_cells(row)

    def _our_cells(self, row: Row) -> ResultCells:
        if row.number == self.sheet.layout.header_row:
            return RESULT_COLUMNS
        result = self.results.get(row.number)
        if result is None:
            return ()
        updated_at = result.updated_at
        if updated_at is not None:
            updated_at = updated_at.astimezone(self.zone).replace(microsecond=0, tzinfo=None)
        warnings = [f"Warning: {warning.text}" for warning in result.warnings]
        return (
            result.outcome.value,
            result.error_code,
            " ".join(filter(None, [result.error_text, *warnings])) or None,
            result.attempts,
            updated_at,
        )


def build_table(sheet: Sheet, summary: Summary, zone: dt.tzinfo) -> ResultTable:
    """Put a sheet and its results together."""
    rows = (*sheet.kept, *sheet.rows)
    return ResultTable(
        sheet=sheet,
        width=max((_width(row) for row in rows), default=0),
        results={result.row: result for result in summary.results},
        zone=zone,
    )


def _width(row: Row) -> int:
    return max((index + 1 for index, value in enumerate(row.cells) if value is not None), default=0)
