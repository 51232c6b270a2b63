"""The program's words in its languages, as its catalogues have them."""

from __future__ import annotations

import csv
import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl

from batch_update import languages
from batch_update.headers import OUR_COLUMNS, PRACTICE_MARK, RESULT_COLUMNS
from batch_update.model import PRACTICE_OUTCOME, Outcome

Line = tuple[object, ...]


def in_language(language: str, message: str) -> str:
    """Give a sentence in a language."""
    return languages.catalogue_of(language).gettext(message)


def our_columns(language: str) -> set[str]:
    """List the names of our columns, in a language."""
    return {in_language(language, name) for name in OUR_COLUMNS}


def outcomes(language: str, *, is_practice: bool = False) -> dict[str, Outcome]:
    """Give the outcomes by their words in a language."""
    words = {in_language(language, outcome.value): outcome for outcome in Outcome}
    if not is_practice:
        return words
    form = in_language(language, PRACTICE_OUTCOME)
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
    mark = in_language(language, PRACTICE_MARK) if is_practice else ""
    result, code = (f"{mark}{in_language(language, name)}" for name in RESULT_COLUMNS[:2])
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


_KEPT = re.compile(
    r"""(?x)
    «[^»]*» | "[^"\n]*" | '[^'\n]*'                              # what was found or typed
    | https?://\S*                                               # addresses
    | (?<!\S)[("]?(?:~|\.{0,2}|[A-Z]:)[/\\]\S+ | \b\w+[/\\]\w+\b   # paths, zones
    | \b[\w.-]+\.(?:xlsx|csv|toml|sqlite3|json|log)\b            # names of files
    | (?<![\w-])--?[a-z][\w-]*(?:=\S*)? | %[A-Za-z]              # options, parts of formats
    | \b[A-Z]+_[A-Z_]+ | \b[a-z0-9]+(?:_[a-z0-9]+)+\b            # variables, codes and fields
    | \b[0-9a-f]{12,64}\b | \b[A-Z]{2}[0-9]+(?:[A-Z]{2})?\b      # fingerprints, tracking numbers
    | \b[A-Z]{1,2}[0-9]+\b | \b[0-9]+[smh]\b | \[[a-z]+\] | \b(?:dd|yyyy)[.-]\S*
    """
)
_NAMES = re.compile(
    r"""(?x)
    API | auto | C | Ctrl | Ctrl-C | Enter | Excel | FILE | HTTPS? | JSON | JustClick | LibreOffice
    | LOGIN | MSK | N | ORD | S | SHA-256 | URL | UTC | UTF-8 | batch-update | bill | cancel
    | contradiction | cp1251 | csv | date | en | false | interrupted | justclick.io | localhost
    | ods | paid | return | rpo | ru | sent | skip | status | stopped | today | true | tsv | txt
    | utf-8 | voided | x2 | xls | xlsb | xlsm | xlsx
    """
)
"""Names, codes without an underscore, and what users type."""


def latin_words(text: str, own: str = "") -> list[str]:
    """List the words in Latin letters that no Russian text should have.

    Args:
        text: what was said.
        own: words of the shop's own, such as its headers and customers.
    """
    words, allowed = _words(_KEPT.sub(" ", text)), set(_words(own))
    return [word for word in words if word not in allowed and not _NAMES.fullmatch(word)]


def _words(text: str) -> list[str]:
    return [word.rstrip(".-") for word in re.findall(r"[A-Za-z][A-Za-z0-9.-]*", text)]


def texts_of(path: Path) -> str:
    """Give all that a workbook shows: cells, comments, choices, charts, names and paper."""
    found = []
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if _SHOWN.search(name)]
        for name in parts:
            part = archive.read(name).decode()
            found += _TEXT.findall(part)
    shown = html.unescape("\n".join("".join(one) for one in found))
    # In lines on paper, & and a letter stand for a place, a page, a name.
    return re.sub(r'&(?:[A-Z]|"[^"]*"|[0-9]+)', " ", shown)


_SHOWN = re.compile(r"xl/(?:workbook|sharedStrings|comments\d+|worksheets/\w+|charts/\w+)\.xml$")
_TEXT = re.compile(
    r"<(?:t|a:t|oddHeader|oddFooter|formula1|c:v)(?: [^>]*)?>([^<]*)<"
    r'|<sheet [^>]*?name="([^"]*)"'
    r'|(?:errorTitle|error|promptTitle|prompt|tooltip|display)="([^"]*)"'
)
