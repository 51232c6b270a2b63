"""Results as csv, in the input's own encoding and delimiter; UTF-8 with a mark, for Excel."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from batch_update import languages, wording
from batch_update.headers import (
    DRY_RUN_REASON,
    PRACTICE_MARK,
    REASON,
    RESULT_COLUMNS,
    SAID_BEFORE,
    are_ours,
    outcomes_by_word,
)
from batch_update.i18n import _
from batch_update.model import (
    CLOSED,
    DATES,
    UNKNOWN_FORMAT,
    CellValue,
    Field,
    RunKind,
    limits,
)
from batch_update.writer.csv_lines import CsvLines, are_texts
from batch_update.writer.harmless import make_harmless
from batch_update.writer.ownership import State
from batch_update.writer.table import (
    UNKNOWN_END,
    OutputRow,
    ResultTable,
    number_text,
    plain_text,
)

_FALLBACK = "utf-8-sig"
_SEARCHED_BYTES = 1 << 16
_BETWEEN = r'"?[,;|\t]"?'
_ENCODINGS = ("utf-8", "utf-16", "cp1251", "cp866", "koi8-r", "latin-1")
"""Encodings in which headers of ours are looked for; any other writes ASCII as these do."""
_SECOND_NS = 10**9
_HALF_NS = _SECOND_NS // 2
_AT_ONCE = 250


def save(table: ResultTable, path: Path) -> str:
    """Write the results.

    Returns:
        A note for the user, empty if there is nothing to say.

    Raises:
        OSError: the file cannot be written.
    """
    encoding = _encoding_of(table)
    try:
        _write(table, path, encoding)
    except UnicodeEncodeError:
        _write(table, path, _FALLBACK)
        return _("It is in UTF-8, because {encoding} cannot write all of its characters.").format(
            encoding=encoding
        )
    finally:
        _mark(path, came_back=table.came_back)
    return ""


def kind_of(path: Path) -> RunKind | None:
    """Return the kind of run that made a csv, by its header; None if it is not one of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(_SEARCHED_BYTES)
    except OSError:
        return None
    heads = [head.decode(encoding, "replace") for encoding in _ENCODINGS]
    return next(
        (
            kind
            for kind, pattern in _our_headers()
            if any(pattern.search(text.replace("\0", "")) for text in heads)
        ),
        None,
    )


@cache
def _our_headers() -> tuple[tuple[RunKind, re.Pattern[str]], ...]:
    """Return the patterns of headers of ours, in each language."""
    found = []
    for one in languages.catalogues():
        said, why, reason, mark, *marks = (
            re.escape(one.gettext(name))
            for name in (SAID_BEFORE, DRY_RUN_REASON, REASON, PRACTICE_MARK, *RESULT_COLUMNS[:3])
        )
        real = _BETWEEN.join(marks)
        found += [
            (RunKind.DRY_RUN, re.compile(rf"{_BETWEEN}{said}\b|{_BETWEEN}{why}\b")),
            (RunKind.REAL, re.compile(rf"{_BETWEEN}{real}\b|{_BETWEEN}{reason}\b")),
            (RunKind.PRACTICE, re.compile(rf"{mark}[^\r\n]*{_BETWEEN}{mark}")),
        ]
    return tuple(found)


def _encoding_of(table: ResultTable) -> str:
    """Return the encoding of the results: without a mark, Excel takes UTF-8 for something else."""
    own = table.sheet.encoding
    return own if own and own != "utf-8" else _FALLBACK


def _mark(path: Path, *, came_back: bool) -> None:
    """Cut the time of the last change to a whole second, which no other program does.

    A csv has no place for a mark of the program that wrote it last; where the disk keeps no
    fractions of seconds, it always looks unchanged. Results of results that were run, which may
    hold mended rows, get half a second.
    """
    whole = path.stat().st_mtime_ns // _SECOND_NS * _SECOND_NS
    moment = whole - _HALF_NS if came_back else whole
    os.utime(path, ns=(moment, moment))


def state_of(path: Path) -> State:
    """Return what has become of results since we wrote them.

    Raises:
        OSError: they are not there.
    """
    fraction = path.stat().st_mtime_ns % _SECOND_NS
    return {0: State.WRITTEN, _HALF_NS: State.CAME_BACK}.get(fraction, State.CHANGED)


def holds_work(table: ResultTable, path: Path) -> bool:
    """Return whether an existing csv holds work that would be lost with it.

    That is a file that is not one of results; or one that was changed since we wrote it, with
    failed rows in it that this sheet does not have: corrected ones.
    """
    try:
        if not path.stat().st_size:
            return False
        failures = _failures(table, path)
        if next(failures, None) is None or state_of(path) is State.WRITTEN:
            return False
        mended = set(_failures(table, path))
    except (OSError, ValueError, csv.Error):
        return True
    for line in table.lines():
        mended.discard(tuple(map(make_harmless, _texts(table, line))))
    return bool(mended)


def holds_open(table: ResultTable, path: Path) -> bool:
    """Return whether an existing csv has rows that need a person; also if it cannot be read."""
    try:
        return next(_failures(table, path), None) is not None
    except (OSError, ValueError, csv.Error):
        return True


def _failures(table: ResultTable, path: Path) -> Iterator[tuple[str, ...]]:
    """Read the sheet's part of those rows of a results file that still need a person."""
    width = 0
    words = outcomes_by_word()
    with path.open(encoding=_encoding_of(table), newline="") as file:
        for row in csv.reader(file, delimiter=table.sheet.delimiter or ",", strict=True):
            if width and len(row) > width and words.get(row[width]) not in CLOSED:
                yield tuple(row[:width])
            elif are_ours(row[-len(table.titles) :]):
                width = len(row) - len(table.titles)
    if not width:
        raise ValueError("no results")


def _write(table: ResultTable, path: Path, encoding: str) -> None:
    csv_lines = CsvLines(table.sheet.delimiter or ",", _our_text)
    lines = table.lines()
    with path.open("w", encoding=encoding, newline="") as file:
        while block := list(itertools.islice(lines, _AT_ONCE)):
            texts = csv_lines.of([_texts(table, line) for line in block])
            pairs = zip(texts, block, strict=True)
            file.write("".join([csv_lines.whole(text, line.ours) for text, line in pairs]))


def _texts(table: ResultTable, line: OutputRow) -> Sequence[str]:
    """Return the sheet's own cells, as texts of their shown values; none of an empty line."""
    if line.row is None:
        return ()
    cells = line.row.cells[: table.width]
    rest = ("",) * (table.width - len(cells))
    if are_texts(cells):
        return cells + rest
    written = [
        value
        if type(value) is str
        else ""
        if value is None
        else _own_text(table, line, index, value)
        for index, value in enumerate(cells)
    ]
    return [*written, *rest]


def _our_text(value: CellValue) -> str:
    if isinstance(value, dt.datetime):
        return f"{wording.to_the_second(value)} {value:%Z}"
    return plain_text(value)


def _own_text(table: ResultTable, line: OutputRow, index: int, value: CellValue) -> str:
    """Return a cell of the sheet as text that is read again as its shown value."""
    row, sheet = line.row, table.sheet
    if row is None or isinstance(value, bool) or not isinstance(value, int | float):
        return plain_text(value)
    is_date = any(index == sheet.layout.columns.get(wanted) for wanted in DATES)
    if is_date and sheet.epoch != limits.EPOCH and 0 < value < limits.LAST_SERIAL:
        # A csv does not tell that days are counted from another day.
        moment = dt.datetime.combine(sheet.epoch, dt.time()) + dt.timedelta(days=value)
        return plain_text(moment)
    return _own_number(table, line, index, value, row.number_format(index))


def _own_number(
    table: ResultTable, line: OutputRow, index: int, value: float, number_format: str
) -> str:
    columns = table.sheet.layout.columns
    is_tracking = index == columns.get(Field.RPO)
    is_wrong = index in table.wrong_columns(line.result)
    if number_format == UNKNOWN_FORMAT and not (is_tracking and is_wrong):
        number_format = "General"
    text = number_text(value, number_format)
    is_key = is_tracking or index == columns.get(Field.BILL_ID)
    # In other columns, and in cells that were not asked for, the number counts and not its look.
    if text.isdecimal() or (is_key and (is_wrong or not text.endswith(UNKNOWN_END))):
        return text
    return number_text(value, "General")
