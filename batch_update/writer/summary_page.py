"""The second sheet of a results workbook: counts of rows, and facts about the run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.model import FailureKind, Outcome, RunFacts, Summary
from batch_update.writer import rehearsal
from batch_update.writer.styles import Styles
from batch_update.writer.table import ResultTable

_MEANINGS = {
    Outcome.UPDATED: N_("The shop confirmed it. Nothing to do."),
    Outcome.ALREADY_UPDATED: N_("The shop confirmed it before. Nothing to do."),
    Outcome.REJECTED: N_("The shop said no. Do what error_text says, then run the row again."),
    Outcome.INVALID: N_("Nothing was sent. Correct the marked cell, then run the row again."),
    Outcome.UNCONFIRMED: N_("It may have happened. Look at the order in the shop first."),
    Outcome.NOT_SENT: N_("Nothing was sent. Do what error_text says; mostly: run the row again."),
    Outcome.SKIPPED: N_("Nothing is to be sent for it; error_text says why. Nothing to do."),
}
_A4 = 9
_HEIGHT = 15.0
_LINE_LENGTH = 105
_NAMED_ROWS = 12
_CHART_ROWS = 11


def write(
    page: Any, styles: Styles, table: ResultTable, summary: Summary, facts: RunFacts, results: str
) -> None:
    """Write the sheet.

    Args:
        page: an empty worksheet of XlsxWriter.
        styles: the formats of its workbook.
        table: the results that it sums up.
        summary: the results' counts.
        facts: facts about the run.
        results: the name of the worksheet with the results.
    """
    _Writer(page, styles, results).write(table, summary, facts)


class _Writer:
    def __init__(self, page: Any, styles: Styles, results: str) -> None:
        self._page = page
        self._results = results
        self._styles = styles
        self._row = 0

    def write(self, table: ResultTable, summary: Summary, facts: RunFacts) -> None:
        page = self._page
        first = 18 + rehearsal.room_for_mark(table.kind)
        for index, width in enumerate((first, 20, 9, 95)):
            page.set_column(index, index, width)
        page.set_paper(_A4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        self._line(("title", rehearsal.title_of(table.kind).format(file=table.sheet.path.name)))
        header = max(table.sheet.layout.header_row, 1)
        self._link(0, _place(table, header), _("To the rows"), self._styles.of("General", "link"))
        self._row += 1
        self._skip()
        self._counts(summary)
        self._skip()
        if kinds := summary.failures:
            self._kinds(kinds, table)
            self._skip()
        self._line(("our_header", _("This run")), *[("our_header", "")] * 3)
        for label, value in _facts(table, summary, facts):
            self._fact(label, value)

    def _counts(self, summary: Summary) -> None:
        headers = (_("Result"), "", _("Rows"), _("What it means"))
        self._line(*(("our_header", header) for header in headers))
        first = self._row
        for outcome, count in summary.counts.items():
            word = self._styles.kind.word_of(outcome)
            self._page.write_string(self._row, 0, word, self._styles.swatch(outcome))
            self._page.write_number(self._row, 2, count, self._styles.of("General", "count"))
            meanings = {**_MEANINGS, **rehearsal.meanings_of(self._styles.kind)}
            self._text(3, _(meanings[outcome]))
            self._row += 1
        self._text(0, _("rows read"), "label")
        total = len(summary.results)
        self._page.write_number(self._row, 2, total, self._styles.of("General", "count"))
        self._row += 1
        self._skip()
        self._chart(first, first + len(summary.counts) - 1)

    def _chart(self, first: int, last: int) -> None:
        chart = self._styles.bar_chart()
        name = self._page.get_name()
        chart.add_series(
            {
                "name": _("Rows"),
                "categories": [name, first, 0, last, 0],
                "values": [name, first, 2, last, 2],
                "data_labels": {"value": True},
                "gap": 40,
                "points": [
                    {"fill": {"color": color}, "border": {"color": "#7F7F7F"}}
                    for color in self._styles.fills.values()
                ],
            }
        )
        chart.set_title({"name": _("Rows by result"), "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"major_gridlines": {"visible": False}, "num_format": "#,##0", "min": 0})
        chart.set_size({"width": 640, "height": int(_CHART_ROWS * 20)})
        self._page.insert_chart(
            self._row, 0, chart, {"description": _("Number of rows per result")}
        )
        self._row += _CHART_ROWS

    def _link(self, column: int, place: str, text: str, shape: Any) -> None:
        """Write a link to a place in the results."""
        tip = _("Go to {place}").format(place=place)
        url = f"internal:{quote_sheetname(self._results)}!{place}"
        self._page.write_url(self._row, column, url, shape, text, tip)

    def _kinds(self, kinds: Sequence[FailureKind], table: ResultTable) -> None:
        headers = (_("What to do"), _("Code"), _("Rows"), _("The first of them"))
        self._line(*(("our_header", header) for header in headers))
        for kind in kinds:
            more = len(kind.rows) - _NAMED_ROWS
            named = ", ".join(map(str, kind.rows[:_NAMED_ROWS])) + (
                _(" and {count} more").format(count=more) if more > 0 else ""
            )
            where = (
                _("Row {rows}").format(rows=named)
                if len(kind.rows) == 1
                else _("Rows {rows}").format(rows=named)
            )
            text = f"{kind.advice} ({where})"
            self._page.set_row(self._row, _lines(text) * _HEIGHT)
            # Without a header of its own, the sheet stands one row lower in its results.
            first = kind.rows[0] + (0 if table.sheet.layout.header_row else 1)
            swatch = self._styles.swatch(kind.outcome, is_link=True)
            self._link(0, _place(table, first), self._styles.kind.word_of(kind.outcome), swatch)
            if isinstance(kind.error_code, int):
                shape = self._styles.of("General", "code")
                self._page.write_number(self._row, 1, kind.error_code, shape)
            else:
                self._text(1, kind.error_code or "")
            shape = self._styles.of("General", "count")
            self._page.write_number(self._row, 2, len(kind.rows), shape)
            self._text(3, text, "wrapped")
            self._row += 1

    def _fact(self, label: str, value: str) -> None:
        self._page.set_row(self._row, _lines(value) * _HEIGHT)
        self._text(0, label, "label")
        wrapped = self._styles.of("General", "wrapped")
        self._page.merge_range(self._row, 1, self._row, 3, "", wrapped)
        self._text(1, value, "wrapped")
        self._row += 1

    def _line(self, *cells: tuple[str, str]) -> None:
        for column, (style, text) in enumerate(cells):
            self._text(column, text, style)
        self._row += 1

    def _text(self, column: int, text: str, style: str = "") -> None:
        self._styles.write_text(self._page, (self._row, column), text, style)

    def _skip(self) -> None:
        self._row += 1


def _facts(table: ResultTable, summary: Summary, facts: RunFacts) -> Iterator[tuple[str, str]]:
    sheet = table.sheet
    yield _("File"), str(sheet.path)
    if sheet.name:
        yield _("Sheet"), sheet.name
    if sheet.encoding:
        yield (
            _("Read as"),
            _("csv in {encoding}, delimiter {delimiter}").format(
                encoding=sheet.encoding, delimiter=_shown(sheet.delimiter)
            ),
        )
    yield "SHA-256", sheet.sha256
    yield _("Kind of run"), facts.mode
    if facts.shop:
        yield _("Shop"), facts.shop
    if facts.account:
        yield _("Account"), facts.account
    yield _("Time zone"), str(table.zone)
    yield _("Started"), f"{facts.started_at.astimezone(table.zone):%d.%m.%Y %H:%M:%S %Z}"
    yield _("Took"), _("{seconds} seconds").format(seconds=wording.number(facts.took_s, 1))
    yield _("Version"), f"batch-update {facts.version}"
    if summary.stop_reason:
        yield _("Stopped early"), summary.stop_reason
    if summary.is_interrupted:
        has_rest = summary.counts[Outcome.NOT_SENT] > 0
        yield (
            _("Interrupted"),
            _("The user stopped the run; the rest was not sent.")
            if has_rest
            else _("The user stopped the run when every row had had its turn."),
        )
    for note in sheet.notes:
        yield _("While reading"), note


def _place(table: ResultTable, row: int) -> str:
    """Return the name of a row's first cell of ours."""
    return str(xl_rowcol_to_cell(row - 1, table.width))


def _lines(text: str) -> int:
    return max(1, len(textwrap.wrap(text, _LINE_LENGTH)))


def _shown(delimiter: str) -> str:
    return _("tab") if delimiter == "\t" else delimiter
