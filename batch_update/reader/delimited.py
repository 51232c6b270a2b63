"""csv and its kin: the delimiter is found, and said when nothing fits."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from batch_update import wording
from batch_update.columns import HeaderNotFoundError
from batch_update.errors import InputFileError
from batch_update.orders import Layout, Row, Sheet
from batch_update.reader.tables import Lookup, Table, build_sheet, choose_table

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}

_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_END = "\x00the end of the file\x00"
_CELL_LIMIT = 1 << 20
_SAMPLE = 10_000


class _BrokenTextError(InputFileError):
    """The text cannot be cut into rows; with another delimiter it may."""


def read_sheet(path: Path, text: str, encoding: str, lookup: Lookup) -> Sheet:
    """Read the table of shipments out of a csv.

    Args:
        path: the file, for messages.
        text: what it holds.
        encoding: how the text was written, by Python's name.
        lookup: which columns are looked for.

    Raises:
        InputFileError: its quotes do not close, or a needed column is missing.
    """
    csv.field_size_limit(_CELL_LIMIT)
    delimiter, table, layout = _find_delimiter(path, text, encoding, lookup)
    return build_sheet(path, table, layout, delimiter=delimiter, encoding=encoding)


def _find_delimiter(
    path: Path, text: str, encoding: str, lookup: Lookup
) -> tuple[str, Table, Layout]:
    """Take the delimiter under which the header says what is needed; the widest, if several."""
    shown = wording.printable(path.name)
    declared = _SEP_LINE.match(text)
    if declared:
        # Excel takes this line as an instruction and does not count it as a row.
        text = text[declared.end() :]
    delimiters = [declared[1]] if declared else list(DELIMITERS)
    found: list[tuple[int, str, Table, Layout]] = []
    failures: list[tuple[int, str, InputFileError]] = []
    for delimiter in delimiters:
        table = _table(shown, text, delimiter)
        try:
            _, layout = choose_table(path, [table], lookup)
            found.append((len(layout.names), delimiter, table, layout))
        except (HeaderNotFoundError, _BrokenTextError) as error:
            failures.append((text.count(delimiter, 0, _SAMPLE), delimiter, error))
    if found:
        _, delimiter, table, layout = max(found, key=lambda candidate: candidate[0])
        return delimiter, table, layout
    _, delimiter, failure = max(failures, key=lambda candidate: candidate[0])
    taken = DELIMITERS.get(delimiter, wording.quote(delimiter))
    raise InputFileError(f"{failure} (Read as {encoding}, delimiter {taken}.)") from failure


def _table(shown: str, text: str, delimiter: str) -> Table:
    def read_rows() -> Iterator[Row]:
        last: Row | None = None
        for number, cells in enumerate(_records(shown, text, delimiter), start=1):
            if last is not None:
                yield last
            last = Row(number=number, cells=tuple(cell or None for cell in cells))
        # The last record is our own mark, unless an open quote has swallowed it.
        if last is not None and last.cells != (_END,):
            raise _BrokenTextError(
                f"{shown}: a quotation mark opened in row {last.number} is never closed, so "
                "everything after it would be lost. Correct the quotes, or save the sheet as .xlsx."
            )

    return Table(name="", read_rows=read_rows)


def _records(shown: str, text: str, delimiter: str) -> Iterator[list[str]]:
    whole = text if text.endswith(("\n", "\r")) else f"{text}\n"
    lines = itertools.chain(io.StringIO(whole, newline=""), [_END])
    records = csv.reader(lines, delimiter=delimiter)
    try:
        yield from records
    except csv.Error as error:
        raise _BrokenTextError(
            f"{shown}: near line {records.line_num} the csv cannot be read ({error}). "
            "Save the sheet as .xlsx and run that."
        ) from error
