"""Results of practice in words that do not claim anything of the shop."""

from __future__ import annotations

from msgspec.structs import replace

from batch_update.i18n import _
from batch_update.model import CheckedRow, Outcome, Result

_UNTOUCHED = frozenset({Outcome.INVALID, Outcome.SKIPPED})
"""Outcomes of which no shop had a say."""


def reword(row: CheckedRow, result: Result) -> Result:
    """Return the result of a row in the words of practice."""
    if result.outcome in _UNTOUCHED:
        return result
    if result.outcome is Outcome.UPDATED:
        text = _("Practice: the stand-in took it. Nothing was sent to the shop.")
    elif result.outcome is Outcome.ALREADY_UPDATED and row.same_as is None:
        text = _("Practice: the stand-in had it already. Nothing was sent to the shop.")
    else:
        text = _("Practice: {text}").format(text=result.error_text)
    return replace(result, error_text=text)
