"""Questions to the shop about the orders of a sheet, before anything of it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from batch_update import batch
from batch_update.cli.interruption import Interruption
from batch_update.cli.progress import show_asking
from batch_update.cli.shop import Shop
from batch_update.model import CheckedRow
from batch_update.settings.model import Settings


def ask_first(
    rows: Sequence[CheckedRow],
    shop: Shop,
    interruption: Interruption,
    options: batch.RunOptions,
    settings: Settings,
) -> batch.RunOptions:
    """Ask the shop about the orders of a sheet, if the user wants that.

    Args:
        rows: the checked rows.
        shop: asks.
        interruption: whether the user wants to stop.
        options: of the run.
        settings: of the user.

    Returns:
        The options of the run, with what the shop said.
    """
    if shop.inquiry is None:
        return options
    count = shop.inquiry.count(rows)
    with show_asking(count, is_wanted=settings.shows_progress) as on_answer:
        findings = shop.inquiry.ask(
            rows, stop_signal=interruption, on_answer=on_answer, options=options
        )
    return replace(options, findings=findings)
