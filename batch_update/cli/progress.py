"""The progress bar: on stderr, and only if a person is looking."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from batch_update.cli import streams
from batch_update.i18n import N_, _
from batch_update.model import OrderFinding, Result

_USUAL_COLUMNS = 80
_USUAL_LINES = 24

if TYPE_CHECKING:
    from batch_update.cli.bar import Bar


@contextlib.contextmanager
def show_progress(total: int, *, is_wanted: bool) -> Iterator[Callable[[Result], None]]:
    """Draw a bar of so many rows.

    Args:
        total: number of rows.
        is_wanted: whether the user wants a bar; without a terminal there is none anyway.

    Yields:
        The function to call with each row's result.
    """
    bar = _open_bar(total, speed=N_("{rate} rows/s"), is_wanted=is_wanted)
    if bar is None:
        yield _ignore
        return
    failed = 0

    def on_result(result: Result) -> None:
        nonlocal failed
        if result.needs_person:
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
    bar = _open_bar(total, speed=N_("{rate} orders/s"), is_wanted=is_wanted)
    if bar is None:
        yield _ignore
        return

    def on_answer(__: OrderFinding) -> None:
        bar.update()

    with bar:
        yield on_answer


@contextlib.contextmanager
def show_carrying(total: int, *, is_wanted: bool) -> Iterator[Callable[[int], object]]:
    """Draw a bar of so many things of a ledger.

    Args:
        total: their number.
        is_wanted: whether the user wants a bar; without a terminal there is none anyway.

    Yields:
        The function to call with the number of those that were done since the last call.
    """
    bar = _open_bar(total, speed=N_("{rate} notes/s"), is_wanted=is_wanted)
    if bar is None:
        yield _ignore
        return
    with bar:
        yield bar.update


def _ignore(__: object) -> None:
    """Do nothing: nobody looks."""


def _open_bar(total: int, *, speed: str, is_wanted: bool) -> Bar | None:
    if not is_wanted or not streams.is_terminal(sys.stderr):
        return None
    # Loaded only where there is a bar: it takes a tenth of the time of a short dry run.
    from batch_update.cli.bar import Bar

    # Some terminals do not know their size, and tqdm would then draw nothing.
    has_size = 0 not in os.get_terminal_size(sys.stderr.fileno())
    return Bar(
        speed=speed,
        total=total,
        file=sys.stderr,
        dynamic_ncols=has_size,
        ncols=None if has_size else _USUAL_COLUMNS,
        nrows=None if has_size else _USUAL_LINES,
    )
