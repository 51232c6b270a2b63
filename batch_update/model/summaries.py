"""Summaries of a run: results counted, and grouped by the action they need."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field

from batch_update import wording
from batch_update.model.results import DRY_RUN, Before, Outcome, Result
from batch_update.model.status_rules import Status
from batch_update.model.updates import Problem

_MOST_WORDS = 1_000
"""Most different unknown words that are counted; a status column does not have more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKind:
    """Rows that need a person for the same reason; a row with several is in the kind of each.

    Args:
        outcome: their outcome.
        error_code: of all of them.
        advice: the message and advice of the first row, as an example; of other reasons nothing.
        rows: their numbers, in the order of the sheet.
    """

    outcome: Outcome
    error_code: int | str | None
    advice: str
    rows: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeKind:
    """Rows of a dry run of which earlier runs said the same.

    Args:
        outcome: their outcome then; None if other updates of their orders are meant.
        code: the code then; empty if they were updated.
        text: the words about the first row, as an example.
        rows: their numbers, in the order of the sheet.
    """

    outcome: Outcome | None
    code: str
    text: str
    rows: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningKind:
    """Rows with the same kind of warning, or that were skipped for the same reason.

    Args:
        code: the kind.
        text: the words of the first.
        rows: their numbers, in the order of the sheet; a row with two of the kind is there twice.
    """

    code: str
    text: str
    rows: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersAsked:
    """The orders of a sheet that the shop was asked about before anything is sent.

    Args:
        count: number of orders of the sheet.
        answered: number of them for which the shop answered.
        kinds: the answers that somebody should know, with their rows.
    """

    count: int
    answered: int
    kinds: Sequence[WarningKind] = ()


@dataclass(slots=True, kw_only=True)
class UnknownWord:
    """A status word that is neither built in nor configured.

    Args:
        word: as it is written where it stands first.
        count: number of rows with it.
    """

    word: str
    count: int = 0


@dataclass(slots=True, kw_only=True)
class StatusTotals:
    """Updates that a dry run would have sent with one status.

    Args:
        status: the status.
        count: number of updates.
        first: the earliest of their dates; None if they have none.
        last: the latest.
    """

    status: Status
    count: int = 0
    first: dt.datetime | None = None
    last: dt.datetime | None = None

    def add(self, date: dt.datetime | None) -> None:
        """Count an update with its date."""
        self.count += 1
        if date is None:
            return
        if self.first is None or date < self.first:
            self.first = date
        if self.last is None or date > self.last:
            self.last = date


class ResultCounter:
    """Counts of results, kept up to date as results come.

    Args:
        results: the results so far.

    Attributes:
        counts: number of rows of each outcome.
        planned: updates that a dry run would have sent, by status.
        failed: number of rows that need a person.
        problems: the codes of all problems of rows.
    """

    def __init__(self, results: Iterable[Result] = ()) -> None:
        self.counts = dict.fromkeys(Outcome, 0)
        self.planned = {status: StatusTotals(status=status) for status in Status}
        self.failed = 0
        self.problems: set[str] = set()
        self._failures: dict[tuple[Outcome, int | str | None], tuple[str, array[int]]] = {}
        self._before: dict[tuple[str, str], tuple[Before, array[int]]] = {}
        self._warnings: dict[str, tuple[str, array[int]]] = {}
        self._skips: dict[str, tuple[str, array[int]]] = {}
        self._words: dict[str, UnknownWord] = {}
        self.extend(results)

    def extend(self, results: Iterable[Result]) -> None:
        """Count more results."""
        for result in results:
            self.add(result)

    def add(self, result: Result) -> None:
        """Count one more result."""
        self.counts[result.outcome] += 1
        if result.error_code == DRY_RUN and result.update is not None:
            self.planned[result.update.status].add(result.update.date)
        elif result.outcome is Outcome.SKIPPED:
            code = str(result.error_code)
            self._skips.setdefault(code, (result.error_text, array("q")))[1].append(result.row)
        elif result.needs_person:
            self.failed += 1
            self._add_failures(result)
            self._add_words(result.problems)
        if result.problems:
            self.problems.update(problem.code for problem in result.problems)
        if result.before is not None:
            said = (result.before.outcome or "", result.before.code)
            self._before.setdefault(said, (result.before, array("q")))[1].append(result.row)
        for warning in result.warnings:
            _, rows = self._warnings.setdefault(warning.code, (warning.text, array("q")))
            rows.append(warning.row)

    def _add_failures(self, result: Result) -> None:
        texts: dict[int | str | None, str] = {}
        for problem in result.problems:
            texts.setdefault(problem.code, f"{problem.text[:1].upper()}{problem.text[1:]}")
        for code, text in (texts or {result.error_code: result.error_text}).items():
            key = (result.outcome, code)
            self._failures.setdefault(key, (text, array("q")))[1].append(result.row)

    def _add_words(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            key = wording.normalise(problem.word)
            if key and (key in self._words or len(self._words) < _MOST_WORDS):
                self._words.setdefault(key, UnknownWord(word=problem.word)).count += 1

    def failures(self) -> list[FailureKind]:
        """Group the rows that need a person by outcome and code, a row under each of its codes."""
        order = list(Outcome)
        kinds = [
            FailureKind(outcome=outcome, error_code=code, advice=text, rows=rows)
            for (outcome, code), (text, rows) in self._failures.items()
        ]
        return sorted(kinds, key=lambda kind: (order.index(kind.outcome), kind.rows[0]))

    def before(self) -> list[BeforeKind]:
        """Group what earlier runs said of rows, by outcome and code."""
        return [
            BeforeKind(outcome=first.outcome, code=first.code, text=first.text, rows=rows)
            for first, rows in self._before.values()
        ]

    def warnings(self) -> list[WarningKind]:
        """Group the warnings about rows by kind."""
        return _kinds(self._warnings)

    def skips(self) -> list[WarningKind]:
        """Group the rows that were skipped by the reason."""
        return _kinds(self._skips)

    def unknown_words(self) -> list[UnknownWord]:
        """List the unknown status words, the most frequent first."""
        return sorted(self._words.values(), key=lambda unknown: -unknown.count)


def _kinds(found: Mapping[str, tuple[str, array[int]]]) -> list[WarningKind]:
    return [WarningKind(code=code, text=text, rows=rows) for code, (text, rows) in found.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A finished run: one result per row, and the reason for an early end, if any.

    Args:
        results: one per input row, in the order of the sheet.
        stop_reason: reason for not sending the rest; empty if nothing stopped the run.
        is_interrupted: whether the user stopped it.
        fingerprint: fingerprint of the sheet's rows, to notice changes.
        deferred: number of rows that a later run may well settle without a person.
        asked: the orders that the shop was asked about; None if it was not.
        counter: the counts of the results, if they were counted.
        counts: number of rows of each outcome.
        ready: number of rows that a dry run would have sent.
        failed: number of rows that need a person.
        planned: the updates among these, by the statuses that occur.
        failures: the rows that need a person, grouped by outcome and code.
        warnings: the warnings about rows, grouped by kind.
        skips: the rows that were skipped, grouped by the reason.
        unknown_words: unknown status words, the most frequent first.
        problems: the codes of all problems of rows, of a row with several too.
        before: what earlier runs said of rows, grouped by outcome and code; only in a dry run.
    """

    results: Sequence[Result]
    stop_reason: str = ""
    is_interrupted: bool = False
    fingerprint: str = ""
    deferred: int = 0
    asked: OrdersAsked | None = None
    counter: InitVar[ResultCounter | None] = None
    counts: Mapping[Outcome, int] = field(init=False)
    ready: int = field(init=False)
    failed: int = field(init=False)
    planned: Sequence[StatusTotals] = field(init=False)
    failures: Sequence[FailureKind] = field(init=False)
    warnings: Sequence[WarningKind] = field(init=False)
    skips: Sequence[WarningKind] = field(init=False)
    unknown_words: Sequence[UnknownWord] = field(init=False)
    problems: frozenset[str] = field(init=False)
    before: Sequence[BeforeKind] = field(init=False)

    def __post_init__(self, counter: ResultCounter | None) -> None:
        counted = counter or ResultCounter(self.results)
        for name, value in (
            ("counts", counted.counts),
            ("ready", sum(totals.count for totals in counted.planned.values())),
            ("failed", counted.failed),
            ("planned", [totals for totals in counted.planned.values() if totals.count]),
            ("failures", counted.failures()),
            ("warnings", counted.warnings()),
            ("skips", counted.skips()),
            ("unknown_words", counted.unknown_words()),
            ("problems", frozenset(counted.problems)),
            ("before", counted.before()),
        ):
            object.__setattr__(self, name, value)
