"""csv and similar files: find the delimiter, or report that none fits."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator
from dataclasses import replace

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.headers import HeaderNotFoundError
from batch_update.i18n import N_, _
from batch_update.model import Layout, Row, Sheet
from batch_update.reader.csv_records import CELL_LIMIT, BrokenTextError, read_records
from batch_update.reader.cyrillic import makes_words
from batch_update.reader.encodings import OF_OTHER_SYSTEMS, TextFile
from batch_update.reader.tables import SheetQuery, Table, build_sheet, choose_table, explain

DELIMITERS = {";": N_("semicolon"), ",": N_("comma"), "\t": N_("tab"), "|": N_("bar")}

_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_USUAL = "cp1251"


def read_sheet(text: TextFile, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of a csv.

    Args:
        text: the file, whose encoding is known.
        query: the columns to look for.

    Raises:
        InputFileError: its quotes do not close, or a needed column is missing.
    """
    csv.field_size_limit(CELL_LIMIT)
    text, (delimiter, table, layout) = _find_encoding(text, query)
    table = replace(table, notes=list(_doubts(text)))
    return build_sheet(text.path, table, layout, delimiter=delimiter, encoding=text.encoding)


def _find_encoding(text: TextFile, query: SheetQuery) -> tuple[TextFile, tuple[str, Table, Layout]]:
    """Use the encoding as it was found, unless another one makes the header known."""
    try:
        return text, _find_delimiter(text, query)
    except InputFileError:
        if text.encoding != _USUAL or text.beginning.isascii():
            raise
        for name in OF_OTHER_SYSTEMS:
            other = replace(text, encoding=name, beginning=_bytes_of(text).decode(name))
            with contextlib.suppress(InputFileError):
                return other, _find_delimiter(other, query)
        raise


def _doubts(text: TextFile) -> Iterator[str]:
    """Report an encoding that is unusual, or may be the wrong one."""
    if text.encoding in OF_OTHER_SYSTEMS:
        yield _("The text was read as {encoding}, since that makes words of it.").format(
            encoding=text.encoding
        )
    elif text.encoding == _USUAL and not makes_words(_bytes_of(text), _USUAL):
        for name in OF_OTHER_SYSTEMS:
            if makes_words(_bytes_of(text), name):
                yield _(
                    "The text was read as {encoding}, but seems to be {other}: columns "
                    "other than the four may be garbled. Save the sheet as .xlsx, or as "
                    "csv in UTF-8."
                ).format(encoding=_USUAL, other=name)
                return


def _bytes_of(text: TextFile) -> bytes:
    return text.beginning.encode(_USUAL)


def _find_delimiter(text: TextFile, query: SheetQuery) -> tuple[str, Table, Layout]:
    """Find the delimiter under which the header names the needed columns.

    If there are several, it is the one that makes the most columns, or stands there most often.
    """
    declared = _SEP_LINE.match(text.beginning)
    delimiters = [declared[1]] if declared else list(DELIMITERS)
    found: list[tuple[tuple[int, int], str, Table, Layout]] = []
    failures: list[tuple[int, str, Table, InputFileError]] = []
    for delimiter in delimiters:
        table = _table(text, delimiter, has_sep_line=declared is not None)
        try:
            layout = choose_table(text.path, [table], query, explains=False)[1]
            rank = len(layout.names), text.beginning.count(delimiter)
            found.append((rank, delimiter, table, layout))
        except (HeaderNotFoundError, BrokenTextError) as error:
            failures.append((text.beginning.count(delimiter), delimiter, table, error))
    if found:
        return max(found, key=lambda candidate: candidate[0])[1:]
    delimiter, table, failure = max(failures, key=lambda candidate: candidate[0])[1:]
    if isinstance(failure, HeaderNotFoundError):
        failure = explain(failure, table, query)
    taken = _(DELIMITERS[delimiter]) if delimiter in DELIMITERS else wording.quote(delimiter)
    raise InputFileError(
        _("{failure} (Read as {encoding}, delimiter {delimiter}.)").format(
            failure=failure, encoding=text.encoding, delimiter=taken
        )
    ) from failure


def _table(text: TextFile, delimiter: str, *, has_sep_line: bool) -> Table:
    shown = wording.printable(text.path.name)

    def read_rows() -> Iterator[Row]:
        with text.path.open(encoding=text.encoding, newline="") as file:
            if has_sep_line:
                # Excel takes this line as an instruction and does not count it as a row.
                file.readline()
            for number, cells in enumerate(read_records(shown, file, delimiter), start=1):
                yield Row(number=number, cells=cells)

    return Table(name="", read_rows=read_rows)
