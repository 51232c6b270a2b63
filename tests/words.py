"""The program's words in its languages, as its catalogues have them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl

from batch_update import languages
from batch_update.headers import OUR_COLUMNS, PRACTICE_MARK, RESULT_COLUMNS
from batch_update.model import PRACTICE_OUTCOME, Outcome

Line = tuple[object, ...]


def said(language: str, message: str) -> str:
    """Give a sentence in a language."""
    return languages.catalogue_of(language).gettext(message)


def our_columns(language: str) -> set[str]:
    """List the names of our columns, in a language."""
    return {said(language, name) for name in OUR_COLUMNS}


def outcomes(language: str, *, is_practice: bool = False) -> dict[str, Outcome]:
    """Give the outcomes by their words in a language."""
    words = {said(language, outcome.value): outcome for outcome in Outcome}
    if not is_practice:
        return words
    form = said(language, PRACTICE_OUTCOME)
    return {form.format(outcome=word): outcome for word, outcome in words.items()}


def lines_of(path: Path, delimiter: str = ";") -> list[Line]:
    """Read the rows of a file of ours, its header first; blank cells are None."""
    if path.suffix == ".xlsx":
        return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    text = path.read_bytes()
    decoded = text.decode("utf-8-sig" if text.startswith(b"\xef\xbb\xbf") else "cp1251")
    rows = csv.reader(decoded.splitlines(keepends=True), delimiter=delimiter)
    return [tuple(cell or None for cell in row) for row in rows]


def results_in(
    path: Path, language: str, *, is_practice: bool = False, delimiter: str = ";"
) -> list[tuple[Outcome | None, str]]:
    """Read outcome and code of each row from results that were written in a language.

    The outcome is None for rows that are no data, such as totals.
    """
    mark = said(language, PRACTICE_MARK) if is_practice else ""
    result, code = (f"{mark}{said(language, name)}" for name in RESULT_COLUMNS[:2])
    words = outcomes(language, is_practice=is_practice)
    return list(_results(lines_of(path, delimiter), result, code, words))


def _results(
    lines: Sequence[Line], result: str, code: str, words: dict[str, Outcome]
) -> Iterator[tuple[Outcome | None, str]]:
    header = lines[0]
    place, code_place = header.index(result), header.index(code)
    for line in lines[1:]:
        padded = (*line, *[None] * (len(header) - len(line)))
        word, code_cell = padded[place], padded[code_place]
        yield None if word is None else words[str(word)], str(code_cell or "")
