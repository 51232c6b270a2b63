"""The progress bar: on stderr, and only if a person is looking."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

from tqdm import tqdm

from batch_update.i18n import _
from batch_update.model import OrderFinding, Result

_USUAL_COLUMNS = 80
_USUAL_LINES = 24


@contextlib.contextmanager
def show_progress(total: int, *, is_wanted: bool) -> Iterator[Callable[[Result], None]]:
    """Draw a bar of so many rows.

    Args:
        total: number of rows.
        is_wanted: whether the user wants a bar; without a terminal there is none anyway.

    Yields:
        The function to call with each row's result.
    """
    bar = _open_bar(total, unit=_("row"), is_wanted=is_wanted)
    failed = 0

    def on_result(result: Result) -> None:
        nonlocal failed
        if result.needs_person and not bar.disable:
            failed += 1
            bar.set_postfix_str(_("{count} to look at").format(count=failed), refresh=False)
        bar.update()

    with bar:
        yield on_result


@contextlib.contextmanager
def show_asking(total: int, *, is_wanted: bool) -> Iterator[Callable[[OrderFinding], None]]:
    """Draw a bar of so many orders that the shop is asked about.

    Args:
        total: number of orders.
        is_wanted: whether the user wants a bar; without a terminal there is none anyway.

    Yields:
        The function to call with each answer.
    """
    bar = _open_bar(total, unit=_("order"), is_wanted=is_wanted)

    def on_answer(__: OrderFinding) -> None:
        bar.update()

    with bar:
        yield on_answer


def _open_bar(total: int, *, unit: str, is_wanted: bool) -> tqdm[NoReturn]:
    is_shown = is_wanted and sys.stderr.isatty()
    # Some terminals do not know their size, and tqdm would then draw nothing.
    has_size = is_shown and 0 not in os.get_terminal_size(sys.stderr.fileno())
    return tqdm(
        total=total,
        disable=not is_shown,
        file=sys.stderr,
        unit=unit,
        dynamic_ncols=has_size,
        ncols=None if has_size else _USUAL_COLUMNS,
        nrows=None if has_size else _USUAL_LINES,
    )
