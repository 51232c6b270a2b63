"""The report's tables, put together by pandas from sums that the ledger has made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pandas as pd

from batch_update.ledger import DayTotal
from batch_update.model import Outcome

KEYS = ["day", "shop", "sheet", "operator", "status", "outcome"]
SUMS = ["updates", "attempts"]
OUTCOMES = [
    outcome.value for outcome in Outcome if outcome not in {Outcome.INVALID, Outcome.SKIPPED}
]
"""Those that the ledger notes; of rows that are invalid or skipped it has only the number."""


def sum_up_days(totals: Iterable[DayTotal], zone: dt.tzinfo) -> pd.DataFrame:
    """Sum up by day, shop, sheet, operator, status and outcome.

    Returns:
        The columns `KEYS` and `SUMS`, sorted by the first; `day` is a date in the zone.
    """
    lines = (
        (
            total.at.astimezone(zone).date(),
            total.shop,
            total.sheet,
            total.operator,
            total.status,
            total.outcome,
            total.updates,
            total.attempts,
        )
        for total in totals
    )
    frame = pd.DataFrame.from_records(list(lines), columns=[*KEYS, *SUMS])
    return frame.groupby(KEYS, as_index=False, sort=True)[SUMS].sum()


def spread_outcomes(days: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the updates of each day, operator or the like, with a column for each outcome.

    Returns:
        Indexed by `by`, in its order; the columns `OUTCOMES`, then `updates` and `attempts` as sums
        over these.
    """
    if days.empty:
        return pd.DataFrame(columns=[*OUTCOMES, *SUMS], dtype=int)
    spread = days.pivot_table(
        index=by, columns="outcome", values="updates", aggfunc="sum", fill_value=0
    ).reindex(columns=OUTCOMES, fill_value=0)
    sums = days.groupby(by)[SUMS].sum()
    return spread.join(sums).astype(int)
