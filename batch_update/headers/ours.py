"""The columns that we add to a sheet, and the recognition of sheets of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from batch_update import languages, wording
from batch_update.i18n import N_
from batch_update.model import PRACTICE_OUTCOME, CellValue, Outcome, Row

RESULT_COLUMNS = (
    N_("result"),
    N_("error_code"),
    N_("error_text"),
    N_("as_shop_sees_it"),
    N_("attempts"),
    N_("updated_at"),
)
"""Columns that the results file adds after the sheet's own."""

SAID_BEFORE = N_("said_before")
"""Column that a dry run adds to these: what an earlier run said of the row."""

REASON = N_("why_not_updated")
"""Column that the file of failures adds."""

DRY_RUN_REASON = N_("why_not_ready")
"""The same in a dry run's file of failures."""

PRACTICE_MARK = N_("PRACTICE: ")
"""Beginning of every header in a practice run's files."""

EXAMPLE = N_("example")
"""Placeholder of the order number in the template's example row, which is no data."""

OUR_COLUMNS = (*RESULT_COLUMNS, SAID_BEFORE, REASON, DRY_RUN_REASON)

_LONGEST = 200
_MARKS = frozenset(RESULT_COLUMNS[:3])
"""Columns that identify a results file, in every version and even if some were cut off."""


def is_results(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file."""
    return {known_name(name) for name in names} >= _MARKS


def is_returned(names: Sequence[str]) -> bool:
    """Return whether a header is that of a results file or of a file of failures."""
    return is_results(names) or any(known_name(name) in {REASON, DRY_RUN_REASON} for name in names)


def is_practice(rows: Iterable[Row]) -> bool:
    """Return whether rows are those of a practice run's file, by its header or its outcomes."""
    marks, words = practice_marks(), _practice_words()
    return any(_is_of_practice(row.cells, marks, words) for row in rows)


@cache
def practice_marks() -> tuple[str, ...]:
    """Return the beginning of every header in a practice run's files, in each language."""
    return tuple(dict.fromkeys(one.gettext(PRACTICE_MARK) for one in languages.catalogues()))


@cache
def outcomes_by_word() -> Mapping[str, Outcome]:
    """Return the outcomes of a real run by their words, in each language."""
    return {
        one.gettext(outcome.value): outcome for one in languages.catalogues() for outcome in Outcome
    }


@cache
def _practice_words() -> frozenset[str]:
    return frozenset(
        one.gettext(PRACTICE_OUTCOME).format(outcome=one.gettext(outcome.value))
        for one in languages.catalogues()
        for outcome in Outcome
    )


def _is_of_practice(
    cells: Sequence[CellValue], marks: tuple[str, ...], words: frozenset[str]
) -> bool:
    texts = [value for value in cells if isinstance(value, str)]
    # One cell alone may be a remark that begins so by chance.
    is_header = sum(text.startswith(marks) for text in texts) > 1
    return is_header or not words.isdisjoint(texts)


def are_ours(names: Sequence[str]) -> bool:
    """Return whether all names are those of our columns, in whatever language; also practice's."""
    known = [known_name(_without_mark(name)) for name in names]
    return bool(known) and all(name in OUR_COLUMNS for name in known)


def _without_mark(name: str) -> str:
    mark = next(filter(name.startswith, practice_marks()), "")
    return name.removeprefix(mark)


def is_ours(name: str) -> bool:
    """Return whether a column bears a name of ours, in whatever language."""
    return known_name(name) in OUR_COLUMNS


def is_example(text: str) -> bool:
    """Return whether a text is the order number of a template's example, in any language."""
    words = (one.gettext(EXAMPLE) for one in languages.catalogues())
    return wording.normalise(text) in map(wording.normalise, words)


def known_name(name: str) -> str:
    """Return the name of ours that a header is, in whatever language; else itself, normalised.

    Of a long text, which is no name, only the beginning counts.
    """
    plain = wording.normalise(name[:_LONGEST])
    return _our_names().get(plain, plain)


@cache
def _our_names() -> Mapping[str, str]:
    return {
        wording.normalise(one.gettext(name)): name
        for one in languages.catalogues()
        for name in OUR_COLUMNS
    }
