"""Marks of workbooks that are no results of a real run, on the screen and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batch_update.headers import PRACTICE_MARK
from batch_update.i18n import N_, _
from batch_update.model import Outcome, RunKind

_TABS = {RunKind.PRACTICE: "#C0006A", RunKind.DRY_RUN: "#7F7F7F"}

_ON_PAPER = {
    RunKind.PRACTICE: N_("PRACTICE: a stand-in answered, nothing was sent to the shop"),
    RunKind.DRY_RUN: N_("DRY RUN: checked, nothing was sent"),
}

_TITLES = {
    RunKind.REAL: N_("Results of {file}"),
    RunKind.PRACTICE: N_("PRACTICE with {file}: nothing was sent to the shop"),
    RunKind.DRY_RUN: N_("Dry run of {file}: nothing was sent"),
}

_MEANINGS = {
    RunKind.PRACTICE: {
        Outcome.UPDATED: N_("The stand-in took it. The shop knows nothing of it."),
        Outcome.ALREADY_UPDATED: N_("The stand-in had it already. The shop knows nothing of it."),
        Outcome.REJECTED: N_("The stand-in said no, as a shop may. Nothing was sent to the shop."),
        Outcome.INVALID: N_("Correct the marked cell in the sheet itself."),
        Outcome.UNCONFIRMED: N_("The stand-in gave no answer, as may happen with a shop."),
        Outcome.NOT_SENT: N_("Not even the stand-in got it; error_text says why."),
    },
    RunKind.DRY_RUN: {
        Outcome.NOT_SENT: N_("Nothing was sent; error_text says whether a run would send it."),
    },
}


def room_for_mark(kind: RunKind) -> int:
    """Return the number of characters by which columns are wider for a kind of run."""
    return len(_(PRACTICE_MARK)) if kind is RunKind.PRACTICE else 0


def title_of(kind: RunKind) -> str:
    """Return the title of the page with the counts; `{file}` stands for the sheet's name."""
    return _(_TITLES[kind])


def meanings_of(kind: RunKind) -> Mapping[Outcome, str]:
    """Return the meanings of outcomes that differ from those of a real run, to be translated."""
    return _MEANINGS.get(kind, {})


def mark(pages: Sequence[Any], kind: RunKind) -> None:
    """Give the pages of a workbook a colour, and a line on every sheet of paper.

    Args:
        pages: the worksheets of XlsxWriter.
        kind: the kind of run; a real one needs no marks.
    """
    if kind is RunKind.REAL:
        return
    for page in pages:
        page.set_tab_color(_TABS[kind])
        page.set_header(f'&C&"Calibri,Bold"&16{_(_ON_PAPER[kind])}')
