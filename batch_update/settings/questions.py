"""Questions to the ledger, and works on it: options with which nothing is sent; their days."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from typing import Protocol

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings.options import Options

_QUESTIONS = (
    Options.history,
    Options.lists_runs,
    Options.lists_unconfirmed,
    Options.report,
    Options.checks_ledger,
)
_WORKS = (
    Options.unlocks,
    Options.migrates_ledger,
    Options.imported_ledger,
    Options.prunes_ledger,
)
"""Options that change a ledger, a team's but for an import, and send nothing either."""

_WITH_DAYS = {Options.lists_runs.flag, Options.report.flag}
_DAYS = (Options.since, Options.until)
_DAY = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)|(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII
)


class _Said(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def where(self) -> str: ...


def find_question(arguments: argparse.Namespace) -> str:
    """Return the option that asks the ledger or changes it; empty if the command sends a sheet.

    Raises:
        SettingsError: there are several, or what stands beside it does not go with it.
    """
    asked = [
        option.flag
        for option in (*_QUESTIONS, *_WORKS)
        if getattr(arguments, option.name) not in {None, False}
    ]
    if len(asked) > 1:
        raise SettingsError(
            _("{options} exclude each other. Say one of them.").format(options=wording.every(asked))
        )
    question = asked[0] if asked else ""
    if arguments.files and is_work(question):
        raise SettingsError(_("{option} sends nothing: leave FILE out.").format(option=question))
    if question and arguments.files:
        raise SettingsError(
            _("{option} only looks at the ledger: leave FILE out.").format(option=question)
        )
    if question and arguments.sandbox:
        raise SettingsError(
            _("--sandbox begins anew each time, so it keeps no ledger: leave {option} out.").format(
                option=question
            )
        )
    for day in _DAYS:
        if getattr(arguments, day.name) is not None and question not in _WITH_DAYS:
            raise SettingsError(
                _("{option} goes with {others} only: leave it out, or say one of these.").format(
                    option=day.flag, others=wording.either(sorted(_WITH_DAYS))
                )
            )
    return question


def is_work(question: str) -> bool:
    """Return whether a question is none, but changes a team's ledger."""
    return question in {option.flag for option in _WORKS}


def read_day(said: _Said, now: dt.datetime) -> dt.datetime | None:
    """Return the beginning of a day in the zone of now; None if no day is said.

    Raises:
        SettingsError: it is no day.
    """
    text = said.text.strip()
    if not text:
        return None
    if text.lower() == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    found = _DAY.fullmatch(text)
    if found:
        parts = found.groups()[:3] if found["year"] else found.groups()[:2:-1]
        year, month, day = (int(part) for part in parts)
        try:
            return dt.datetime(year, month, day, tzinfo=now.tzinfo)
        except ValueError:
            pass
    raise SettingsError(
        _("{where} {found}: write a day like 2026-11-01 or 01.11.2026, or today.").format(
            where=said.where, found=wording.quote(said.text)
        )
    )
