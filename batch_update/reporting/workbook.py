"""The report's workbook: each sheet a table of texts, numbers and real dates, and a chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import batch_update
from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.ledger import OpenUpdate, RefusalTotal, RunRecord
from batch_update.model import Outcome, Status
from batch_update.reporting import frames
from batch_update.reporting.tables import Column, Table
from batch_update.reporting.totals import ReportTotals
from batch_update.writer import ownership
from batch_update.writer.styles import OUTCOME_FILLS, Styles
from batch_update.writer.workbook import disk_errors

_MEANINGS = {
    Outcome.UPDATED: N_("The shop confirmed it. It counts on the day of its first confirmation."),
    Outcome.ALREADY_UPDATED: N_("The shop said that it was so already, so nothing was sent."),
    Outcome.REJECTED: N_("The shop said no, and that was the last word in this time."),
    Outcome.UNCONFIRMED: N_("The answer was lost, and that was the last word in this time."),
    Outcome.NOT_SENT: N_("It was not sent, or certainly did not arrive."),
}
_CHART_ROWS = 18
_DAYS_SIDE_BY_SIDE = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the workbook holds.

    Args:
        totals: the sums over all.
        days: as `frames.sum_up_days` gives them.
        refusals: the shop's refusals by code.
        open_updates: the updates whose outcome is not known now.
        runs: the runs that began in this time.
        shops: names of the shops.
        ledger: where the ledger is.
        made_at: when it is made.
        zone: the zone of all its times.
    """

    totals: ReportTotals
    days: pd.DataFrame
    refusals: Sequence[RefusalTotal]
    open_updates: Sequence[OpenUpdate]
    runs: Iterable[RunRecord]
    shops: Sequence[str]
    ledger: str
    made_at: dt.datetime
    zone: dt.tzinfo


def save(contents: Contents, path: Path) -> None:
    """Write the workbook.

    Raises:
        OSError: the file cannot be written.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with (
        disk_errors(),
        pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": options}) as writer,
    ):
        book: Any = writer.book
        book.set_properties(ownership.properties_of_report(contents.made_at))
        styles = Styles(book)
        _write_front(book.add_worksheet(_("Report")), styles, contents)
        _write_days(book, styles, contents)
        _write_data(Table(book.add_worksheet(_("Data")), styles, contents.zone), contents)
        _write_refusals(Table(book.add_worksheet(_("Refusals")), styles, contents.zone), contents)
        _write_open(Table(book.add_worksheet(_("Open")), styles, contents.zone), contents)
        _write_runs(Table(book.add_worksheet(_("Runs")), styles, contents.zone), contents)


def _write_front(page: Any, styles: Styles, contents: Contents) -> None:
    table, totals = Table(page, styles, contents.zone), contents.totals
    table.set_columns([Column("", 24.0), *[Column("", 14.0)] * 7])
    first, last = wording.day(totals.first), wording.day(totals.last)
    table.title(_("Report of {first} to {last}").format(first=first, last=last))
    table.skip()
    for label, text in _facts(contents):
        table.fact(label, text)
    table.skip()
    counts = Column(_("Updates"), 14.0, "count"), Column(_("Attempts"), 14.0, "count")
    meaning = Column(_("What it means"), 0.0)
    table.header([Column(_("Outcome"), 24.0), *counts, meaning, *[Column("", 0.0)] * 4])
    attempts = contents.days.groupby("outcome")["attempts"].sum()
    for name, count in totals.updates.items():
        outcome = Outcome(name)
        table.row(outcome, count, int(attempts.get(name, 0)), _(_MEANINGS[outcome]))
    table.total(_("Sum"), sum(totals.updates.values()), totals.attempts)
    table.skip()
    table.header([Column(_("Operator"), 24.0), *_outcome_columns()])
    for operator, line in _lines(frames.spread_outcomes(contents.days, "operator")):
        table.row(operator or _("(not known)"), *line)


def _facts(contents: Contents) -> Iterator[tuple[str, str]]:
    totals = contents.totals
    first, last = wording.day(totals.first), wording.day(totals.last)
    yield _("Period"), _("{first} to {last}, both days included").format(first=first, last=last)
    yield (
        _("Time zone"),
        _("{zone}; all days and times in this file are of this zone").format(zone=totals.zone),
    )
    yield _("Shop"), ", ".join(contents.shops) or _("all shops of the ledger")
    yield _("Ledger"), contents.ledger
    made_at = contents.made_at.astimezone(contents.zone)
    yield _("Made"), wording.to_the_second(made_at)
    yield _("Version"), f"batch-update {batch_update.__version__}"
    yield _("Open now"), str(totals.open_now)
    yield (
        _("Updates"),
        _("Each update counts once: on the day of its first confirmation, else of the last try."),
    )
    yield _("Attempts"), _("How often updates were sent to the shop, repetitions included.")


def _write_days(book: Any, styles: Styles, contents: Contents) -> None:
    page = book.add_worksheet(_("Days"))
    table = Table(page, styles, contents.zone)
    spread = frames.spread_outcomes(contents.days, "day")
    columns = [Column(_("Day"), 14.0), *_outcome_columns()]
    table.set_columns(columns)
    table.title(_("Updates by day and outcome ({zone})").format(zone=contents.totals.zone))
    table.skip()
    if spread["updates"].any():
        # Above the table, where no end of a page cuts it.
        first = table.place + _CHART_ROWS + 1
        _insert_chart(book, page, spread, (table.place, first))
        table.skip(_CHART_ROWS)
    page.repeat_rows(table.place)
    table.header(columns)
    for day, counts in _lines(spread):
        table.row(day, *counts)
    table.total(_("Sum"), *(int(spread[name].sum()) for name in spread.columns))


def _insert_chart(book: Any, page: Any, spread: pd.DataFrame, places: tuple[int, int]) -> None:
    """Insert the chart of the days.

    Args:
        book: the workbook.
        page: its sheet of the days.
        spread: the counts.
        places: the row of the chart, and the first of the table.
    """
    place, first = places
    last = first + len(spread) - 1
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    for column, name in enumerate(frames.OUTCOMES, start=1):
        if not spread[name].any():
            continue
        chart.add_series(
            {
                "name": _(name),
                "categories": [page.get_name(), first, 0, last, 0],
                "values": [page.get_name(), first, column, last, column],
                "fill": {"color": OUTCOME_FILLS[Outcome(name)]},
                "border": {"color": "#7F7F7F"},
                "gap": 60,
            }
        )
    chart.set_title({"name": _("Updates by day and outcome"), "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    # More than two months on an axis of time, so that its labels do not cover each other.
    is_long = len(spread) > _DAYS_SIDE_BY_SIDE
    chart.set_x_axis({"num_format": "dd.mm", "date_axis": is_long, "text_axis": not is_long})
    lines = {"visible": True, "line": {"color": "#D9D9D9"}}
    chart.set_y_axis({"num_format": "#,##0", "min": 0, "major_gridlines": lines})
    chart.set_size({"width": 860, "height": (_CHART_ROWS - 1) * 20})
    text = _("Number of updates per day, by outcome")
    page.insert_chart(place, 0, chart, {"description": text})


def _write_data(table: Table, contents: Contents) -> None:
    columns = [
        Column(_("Day"), 12.0),
        Column(_("Shop"), 20.0),
        Column(_("Sheet"), 36.0),
        Column(_("Operator"), 18.0),
        Column(_("Status"), 10.0),
        Column(_("Outcome"), 16.0),
        Column(_("Updates"), 10.0, "count"),
        Column(_("Attempts"), 10.0, "count"),
    ]
    table.begin_list(columns)
    for day, shop, sheet, operator, status, outcome, updates, attempts in contents.days.itertuples(
        index=False
    ):
        word = Status(status).label
        table.row(day, shop, sheet, operator, word, Outcome(outcome), int(updates), int(attempts))
    table.end_list()


def _write_refusals(table: Table, contents: Contents) -> None:
    table.begin_list(
        [
            Column(_("Code"), 12.0),
            Column(_("Updates"), 10.0, "count"),
            Column(_("Refusals"), 10.0, "count"),
            Column(_("What the program said"), 100.0, "wrapped"),
        ]
    )
    for refusal in contents.refusals:
        table.row(refusal.code, refusal.updates, refusal.refusals, refusal.text)
    table.end_list()


def _write_open(table: Table, contents: Contents) -> None:
    table.begin_list(
        [
            Column(_("Since"), 17.0),
            Column(_("Order"), 14.0, "number"),
            Column(_("Status"), 10.0),
            Column(_("Date"), 17.0),
            Column(_("Tracking number"), 22.0),
            Column(_("Shop"), 20.0),
            Column(_("Sheet"), 30.0),
            Column(_("Row"), 8.0, "number"),
            Column(_("Operator"), 16.0),
            Column(_("Tries"), 8.0, "count"),
            Column(_("Code"), 14.0),
            Column(_("What the program said"), 60.0, "wrapped"),
        ]
    )
    for one in contents.open_updates:
        last = one.last
        update, run = last.update, last.run
        place = last.shop, last.sheet, last.row, run.by.operator
        said = last.text or (
            _("It is being sent now.")
            if last.is_under_way
            else _("The run was cut off before the answer came.")
        )
        table.row(
            *(one.since, update.bill_id, update.status.label, update.date, update.rpo or ""),
            *(*place, one.tries, last.code, said),
        )
    table.end_list()


def _write_runs(table: Table, contents: Contents) -> None:
    table.begin_list(
        [
            Column(_("Run"), 6.0, "number"),
            Column(_("Started"), 17.0),
            Column(_("Ended"), 17.0),
            Column(_("State"), 11.0),
            Column(_("Exit status"), 8.0, "number"),
            Column(_("Shop"), 20.0),
            Column(_("Operator"), 16.0),
            Column(_("User"), 12.0),
            Column(_("Host"), 14.0),
            Column(_("Version"), 9.0),
            Column(_("Sheet"), 26.0),
            *(Column(_(outcome.value), 12.5, "count") for outcome in Outcome),
            Column(_("All rows counted"), 10.0),
        ]
    )
    for run in contents.runs:
        facts = run.id, run.started_at, run.ended_at, _(run.state.value), run.exit_status, run.shop
        whose = run.by.operator, run.by.os_user, run.host, run.version
        for sheet in run.sheets:
            counts = (sheet.counts.get(outcome.value, 0) for outcome in Outcome)
            is_whole = _("yes") if sheet.is_whole else _("no")
            table.row(*facts, *whose, sheet.name, *counts, is_whole)
        if not run.sheets:
            table.row(*facts, *whose, "")
    table.end_list()


def _outcome_columns() -> list[Column]:
    heads = [Column(_(name), 14.0, "count") for name in frames.OUTCOMES]
    return [*heads, Column(_("Updates"), 12.0, "count"), Column(_("Attempts"), 12.0, "count")]


def _lines(spread: pd.DataFrame) -> Iterator[tuple[Any, list[int]]]:
    """Iterate over the lines: the index's value, and the counts."""
    for line in spread.itertuples():
        yield line[0], [int(count) for count in line[1:]]
