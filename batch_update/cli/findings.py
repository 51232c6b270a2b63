"""What needs a person after a run: in lines, and by fingerprints that later runs know again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from batch_update import wording, writer
from batch_update.cli import counted
from batch_update.cli.report import FileReport
from batch_update.errors import ExitStatus
from batch_update.i18n import _, ngettext
from batch_update.model import CellValue, ErrorCell, FailureKind, ResultCounter, RunKind
from batch_update.notify import OpenSheet, bounded, fingerprint

_LONGEST_LINE = 300
_OF_THE_RUN = frozenset(
    {
        ExitStatus.INTERRUPTED,
        ExitStatus.STOPPED_EARLY,
        ExitStatus.LEDGER_IN_USE,
        ExitStatus.LEDGER_AWAY,
    }
)


def is_stopped(reports: Sequence[FileReport]) -> bool:
    """Return whether something befell the run and not a sheet alone: each time, that is news."""
    return any(
        report.status in _OF_THE_RUN or (report.error and not report.is_of_sheet)
        for report in reports
    )


def find_open(reports: Sequence[FileReport], *, is_lasting: bool = False) -> dict[str, OpenSheet]:
    """Return what needs a person of each sheet that was worked through, or that cannot be read.

    Args:
        reports: of the files.
        is_lasting: whether what no later run meets is left out: nothing tells when it is settled.

    Returns:
        By the sheets' names, which their results and mended results share.
    """
    found: dict[str, OpenSheet] = {}
    for report in reports:
        if report.summary is None and not report.is_of_sheet:
            continue
        name = _name_of(report.path)
        prints = {*_prints_of_rows(report).values(), *_prints_of_sheet(report)}
        if is_lasting:
            prints -= {mark for mark, _text in _of_other_sheet(report)}
        earlier = found[name].found if name in found else frozenset()
        found[name] = bounded(
            OpenSheet(
                path=str(report.path.absolute()),
                found=earlier | prints,
                is_read=report.summary is not None,
            )
        )
    return found


def count_fresh(reports: Sequence[FileReport], fresh: Mapping[str, frozenset[str]]) -> int:
    """Count the rows that need a person and are new."""
    return sum(len(_fresh_rows(report, fresh)) for report in reports)


def list_problems(
    reports: Sequence[FileReport],
    kind: RunKind,
    fresh: Mapping[str, frozenset[str]] | None = None,
    *,
    errors: Sequence[str] = (),
) -> list[str]:
    """List what needs a person, each in a line.

    Args:
        reports: of the files.
        kind: of the run.
        fresh: the fingerprints that are new, by sheet; None to list everything.
        errors: lines that go before the others.
    """
    lines = list(errors)
    for report in reports:
        found = None if fresh is None else fresh.get(_name_of(report.path), frozenset())
        lines += [text for mark, text in _of_sheet(report) if found is None or mark in found]
    for report in reports:
        lines += [_line(report, one, kind) for one in _kinds_of(report, fresh)]
    return [_short(line) for line in dict.fromkeys(lines)]


def describe_stop(reason: str) -> str:
    """Say why a run stopped early."""
    return _("stopped early. {reason}").format(reason=f"{reason[:1].upper()}{reason[1:]}")


def list_errors(reports: Sequence[FileReport]) -> list[str]:
    """List what befell the run, the first thing first."""
    lines = []
    for report in reports:
        if report.summary is not None and report.summary.stop_reason:
            lines.append(describe_stop(report.summary.stop_reason))
        if report.error and not report.is_of_sheet:
            lines.append(report.error)
    return lines


def list_sheet_errors(
    reports: Sequence[FileReport], fresh: Mapping[str, frozenset[str]] | None
) -> list[str]:
    """List what is wrong with sheets or with the places of their results.

    Args:
        reports: of the files.
        fresh: the fingerprints that are new, by sheet; None to list everything.
    """
    return [
        text
        for report in reports
        for mark, text in _errors_of_sheet(report)
        if _is_told(report, mark, fresh)
    ]


def list_unread(
    reports: Sequence[FileReport],
    fresh: Mapping[str, frozenset[str]] | None,
    told: Sequence[str],
) -> list[str]:
    """List the names of sheets that cannot be read.

    Args:
        reports: of the files.
        fresh: the fingerprints that are new, by sheet; None to list everything.
        told: lines that say it of some already.
    """
    return [
        wording.printable(report.path.name)
        for report in reports
        if report.summary is None
        and any(
            _is_told(report, mark, fresh) and _short(text) not in told
            for mark, text in _errors_of_sheet(report)
        )
    ]


def _is_told(report: FileReport, mark: str, fresh: Mapping[str, frozenset[str]] | None) -> bool:
    """Return whether to tell of a finding; of a sheet that cannot be read, people know already."""
    if fresh is None:
        return not report.is_known
    return mark in fresh.get(_name_of(report.path), frozenset())


def _errors_of_sheet(report: FileReport) -> Iterator[tuple[str, str]]:
    """List the errors of a sheet with their fingerprints."""
    if report.error and report.is_of_sheet:
        yield fingerprint("error", report.sha256, report.error), report.error
    for text in report.misplaced:
        yield fingerprint("misplaced", text), text


def _of_sheet(report: FileReport) -> Iterator[tuple[str, str]]:
    """List what else is to be known of a sheet, with the fingerprints."""
    name = wording.printable(report.path.name)
    if report.held:
        text = ngettext(
            "{file}: {count} row that was mended in its results is not part of the run.",
            "{file}: {count} rows that were mended in its results are not part of the run.",
            report.held,
        )
        yield fingerprint("held", report.held), text.format(file=name, count=report.held)
    if report.missing:
        text = ngettext(
            "{file}: {count} row that the shop has not confirmed is not in it any more.",
            "{file}: {count} rows that the shop has not confirmed are not in it any more.",
            report.missing,
        )
        yield fingerprint("missing", report.missing), text.format(file=name, count=report.missing)
    yield from _of_other_sheet(report)


def _of_other_sheet(report: FileReport) -> Iterator[tuple[str, str]]:
    """List what was put aside of another sheet, with the fingerprint; later runs do not meet it."""
    if report.put_aside:
        yield fingerprint("put_aside", report.put_aside), report.put_aside


def _line(report: FileReport, kind: FailureKind, of_run: RunKind) -> str:
    text = ngettext(
        "{file}, row {rows}: {outcome}, {code}. {advice}",
        "{file}, rows {rows}: {outcome}, {code}. {advice}",
        len(kind.rows),
    )
    return text.format(
        file=wording.printable(report.path.name),
        rows=counted.numbers(kind.rows),
        outcome=of_run.word_of(kind.outcome),
        code=kind.error_code,
        advice=kind.advice,
    )


def _short(line: str) -> str:
    shown = wording.printable(line)
    return f"{shown[:_LONGEST_LINE]}…" if len(shown) > _LONGEST_LINE else shown


def _kinds_of(
    report: FileReport, fresh: Mapping[str, frozenset[str]] | None
) -> Sequence[FailureKind]:
    """Group the rows that need a person, or those of them that are new."""
    if report.summary is None:
        return ()
    if fresh is None:
        return report.summary.failures
    rows = _fresh_rows(report, fresh)
    return ResultCounter(one for one in report.summary.results if one.row in rows).failures()


def _fresh_rows(report: FileReport, fresh: Mapping[str, frozenset[str]]) -> frozenset[int]:
    """Return the numbers of the rows that are new; all of them if they are known as one."""
    found = fresh.get(_name_of(report.path), frozenset())
    prints = _prints_of_rows(report) if found else {}
    rows = frozenset(row for row, one in prints.items() if one in found)
    is_as_one = found.isdisjoint({*prints.values(), *_prints_of_sheet(report)})
    return frozenset(prints) if found and is_as_one else rows


def _name_of(path: Path) -> str:
    """Return the name of a sheet, also for its results, without its ending."""
    return (writer.origins_of(path.stem) or [path.stem])[-1].lower()


def _prints_of_sheet(report: FileReport) -> set[str]:
    """List the fingerprints of what needs a person beside the rows."""
    return {mark for mark, _text in (*_errors_of_sheet(report), *_of_sheet(report))}


def _prints_of_rows(report: FileReport) -> dict[int, str]:
    """Return the fingerprint of each row that needs a person, by its number.

    It is made of what the row says of its order and of the code: rows may be moved, and columns of
    others added.
    """
    sheet, summary = report.sheet, report.summary
    if sheet is None or summary is None or not summary.failures:
        return {}
    codes = {
        one.row: (one.outcome.value, sorted({problem.code for problem in one.problems}))
        if one.problems
        else (one.outcome.value, one.error_code)
        for one in summary.results
        if one.needs_person
    }
    columns = sorted((str(field), index) for field, index in sheet.layout.columns.items())
    return {
        row.number: fingerprint(
            _name_of(report.path),
            codes[row.number],
            [(field, _plain(row.cell(index))) for field, index in columns],
        )
        for row in sheet.rows
        if row.number in codes
    }


def _plain(value: CellValue) -> str:
    """Return what a cell says, alike in every kind of file."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, ErrorCell):
        return value.text
    return "" if value is None else wording.tidy(str(value))
