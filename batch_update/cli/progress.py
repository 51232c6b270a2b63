"""The progress bar: on stderr, and only if a person is looking."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.model import OrderFinding, Result

_USUAL_COLUMNS = 80
_USUAL_LINES = 24
_FORM = " ".join(
    ("{l_bar}{bar}|", "{n_fmt}/{total_fmt}", "[{elapsed}<{remaining},", "{speed}{postfix}]")
)
"""That of tqdm, but for the speed, whose unit it has in English only."""


if TYPE_CHECKING:
    _Tqdm = tqdm[NoReturn]
else:
    _Tqdm = tqdm


class _Bar(_Tqdm):
    def __init__(self, *, speed: str, **options: Any) -> None:
        self._speed = speed
        super().__init__(bar_format=_FORM, **options)

    @property
    def format_dict(self) -> dict[str, Any]:
        """Return what the bar tells; see `_FORM`."""
        known = dict(super().format_dict)
        rate = known.get("rate")
        if rate is None and known["elapsed"]:
            rate = known["n"] / known["elapsed"]
        shown = wording.number(rate, 1) if rate else "?"
        return {**known, "speed": _(self._speed).format(rate=shown)}


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
    bar = _open_bar(total, speed=N_("{rate} orders/s"), is_wanted=is_wanted)

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
    with _open_bar(total, speed=N_("{rate} notes/s"), is_wanted=is_wanted) as bar:
        yield bar.update


def _open_bar(total: int, *, speed: str, is_wanted: bool) -> _Bar:
    is_shown = is_wanted and sys.stderr is not None and sys.stderr.isatty()
    # Some terminals do not know their size, and tqdm would then draw nothing.
    has_size = is_shown and 0 not in os.get_terminal_size(sys.stderr.fileno())
    return _Bar(
        speed=speed,
        total=total,
        disable=not is_shown,
        file=sys.stderr,
        dynamic_ncols=has_size,
        ncols=None if has_size else _USUAL_COLUMNS,
        nrows=None if has_size else _USUAL_LINES,
    )
