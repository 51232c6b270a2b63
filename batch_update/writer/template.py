"""A blank sheet to fill in: known headers, a choice of statuses, tracking numbers as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.headers import EXAMPLE
from batch_update.i18n import N_, _
from batch_update.model import WITH_DATE, WITH_TRACKING, Field, Status, choices, labels
from batch_update.writer import files
from batch_update.writer.styles import Styles

_ROWS = 5_000
_DAY = dt.date(2026, 11, 20)
_HEADINGS = {
    Field.BILL_ID: N_("bill_id"),
    Field.STATUS: N_("status"),
    Field.DATE: N_("date"),
    Field.RPO: N_("rpo"),
}


def _columns() -> Iterator[tuple[Field, int, str, str]]:
    """List the columns: which, how wide, their number format, and a note."""
    yield Field.BILL_ID, 16, "General", _("The order's number in the shop. Needed in every row.")
    note = _("Choose one: {choices}. Needed in every row.").format(choices=choices())
    yield Field.STATUS, 12, "General", note
    note = _("When {events}. Needed for {statuses}.").format(
        events=wording.either(_(status.rule.event) for status in WITH_DATE),
        statuses=wording.every(status.label for status in WITH_DATE),
    )
    yield Field.DATE, 14, _("yyyy-mm-dd"), note
    note = _(
        "The parcel's tracking number, letters and digits. Needed for {statuses}. The column is "
        "text, so that no digit is lost."
    ).format(statuses=wording.every(status.label for status in WITH_TRACKING))
    yield Field.RPO, 24, "@", note


def write_template(path: Path) -> None:
    """Write the blank sheet.

    Args:
        path: the target; it must not be there yet.

    Raises:
        OutputFileError: the name does not end in .xlsx, the file is there, or cannot be written.
    """
    shown = wording.printable(str(path))
    if path.suffix.lower() != ".xlsx":
        raise OutputFileError(
            _("--template {shown}: name a file that ends in .xlsx.").format(shown=shown)
        )
    if path.exists():
        raise OutputFileError(
            _("--template {shown} is there already. Name another file.").format(shown=shown)
        )
    try:
        with files.temporary_file(path.parent, ".xlsx") as temporary:
            _write(temporary)
            files.flush(temporary)
            files.move(temporary, path)
    except OSError as error:
        raise OutputFileError(
            _("--template {shown} cannot be written: {reason}. Name another file.").format(
                shown=shown, reason=files.explain(error)
            )
        ) from error


def _write(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    styles = Styles(book)
    page = book.add_worksheet(_("Shipments"))
    example = (_(EXAMPLE), WITH_TRACKING[0].label, wording.day(_DAY), "RA123456785RU")
    for column, (field, width, shown, note) in enumerate(_columns()):
        page.set_column(column, column, width, styles.of(shown))
        styles.write_text(page, (0, column), _(_HEADINGS[field]), "header")
        page.write_comment(0, column, note, {"author": "batch-update", "width": 260, "height": 90})
        styles.write_text(page, (1, column), example[column], "example")
    page.freeze_panes(1, 0)
    page.data_validation(1, 1, _ROWS, 1, _choice())
    book.close()


def _choice() -> dict[str, Any]:
    return {
        "validate": "list",
        "source": [status.label for status in Status],
        "error_title": _("Not a status"),
        "error_message": _("Write one of: {choices}.").format(choices=labels()),
    }
