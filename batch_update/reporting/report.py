"""Writing of the report: whole or not at all, and over nothing but an earlier report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.i18n import _
from batch_update.ledger import LedgerReader
from batch_update.reporting import frames
from batch_update.reporting.totals import Period, ReportTotals
from batch_update.reporting.workbook import Contents, save
from batch_update.writer import files, ownership

_ENDING = ".xlsx"


def write_report(
    reader: LedgerReader, path: Path, period: Period, shops: Sequence[str], ledger: str
) -> ReportTotals:
    """Write the workbook.

    Args:
        reader: the ledger.
        path: the workbook's.
        period: the time that it is about.
        shops: the names of the shops that it is about.
        ledger: where the ledger is, to be named in it.

    Raises:
        LedgerError: the ledger cannot be read.
        OutputFileError: the workbook cannot be written.
    """
    _check_target(path)
    now = dt.datetime.now(dt.UTC)
    days = frames.sum_up_days(reader.totals(period.since, period.until), period.zone)
    first, last = period.days(reader.first_note(), now)
    by_outcome = days.groupby("outcome")["updates"].sum()
    found = list(reader.open_updates())
    totals = ReportTotals(
        first=first,
        last=last,
        zone=str(period.zone),
        updates={name: int(by_outcome.get(name, 0)) for name in frames.OUTCOMES},
        attempts=int(days["attempts"].sum()),
        open_now=len(found),
    )
    contents = Contents(
        totals=totals,
        days=days,
        refusals=reader.refusals(period.since, period.until),
        open_updates=found,
        runs=reader.runs(period.since, period.until),
        shops=shops,
        ledger=ledger,
        made_at=now,
        zone=period.zone,
    )
    _write(contents, path)
    return totals


def _check_target(path: Path) -> None:
    shown = wording.show_path(path)
    files.refuse_device(path, "--report")
    if path.suffix.lower() != _ENDING:
        raise OutputFileError(
            _("--report {shown}: name a file that ends in .xlsx.").format(shown=shown)
        )
    files.refuse_missing_folder(path, "--report")
    if path.exists() and not ownership.is_untouched_report(path):
        raise OutputFileError(
            _(
                "--report {shown} is there already, and is no report as batch-update wrote it. "
                "Name another file."
            ).format(shown=shown)
        )


def _write(contents: Contents, path: Path) -> None:
    try:
        with files.temporary_file(path.parent, _ENDING) as temporary:
            save(contents, temporary)
            files.flush(temporary)
            files.keep_rights(path, temporary)
            temporary.replace(path)
    except OSError as error:
        raise OutputFileError(
            _("--report {shown} cannot be written: {reason}. Name another file.").format(
                shown=wording.show_path(path), reason=files.explain(error)
            )
        ) from error
