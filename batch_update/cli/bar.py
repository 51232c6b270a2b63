"""The progress bar itself: that of tqdm, but for the speed, whose unit it has in English only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

from batch_update import wording
from batch_update.i18n import _

_FORM = " ".join(
    ("{l_bar}{bar}|", "{n_fmt}/{total_fmt}", "[{elapsed}<{remaining},", "{speed}{postfix}]")
)

if TYPE_CHECKING:
    _Tqdm = tqdm[NoReturn]
else:
    _Tqdm = tqdm


class Bar(_Tqdm):
    """A bar on the terminal.

    Args:
        speed: the words for a speed, with `{rate}` in them.
        options: those of tqdm.
    """

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
