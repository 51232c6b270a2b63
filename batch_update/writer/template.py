"""A blank sheet to fill in: known headers, a choice of statuses, tracking numbers as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter

from batch_update import wording
from batch_update.columns import EXAMPLE
from batch_update.errors import OutputFileError
from batch_update.orders import Field, Status
from batch_update.writer import files
from batch_update.writer.styles import Styles

_ROWS = 5_000
_COLUMNS = (
    (Field.BILL_ID, 16, "General", "The order's number in the shop. Needed in every row."),
    (Field.STATUS, 12, "General", "Choose one: sent, paid, return or cancel. Needed in every row."),
    (
        Field.DATE,
        14,
        "yyyy-mm-dd",
        "When the parcel was posted or the order paid. Needed for sent and paid.",
    ),
    (
        Field.RPO,
        24,
        "@",
        "The parcel's tracking number, letters and digits. Needed for sent. The column is text, so "
        "that no digit is lost.",
    ),
)
_EXAMPLE = (EXAMPLE, Status.SENT.value, "2026-11-20", "RA123456785RU")


def write_template(path: Path) -> None:
    """Write the blank sheet.

    Args:
        path: where to; it must not be there yet.

    Raises:
        OutputFileError: the name does not end in .xlsx, the file is there, or cannot be written.
    """
    shown = wording.printable(str(path))
    if path.suffix.lower() != ".xlsx":
        raise OutputFileError(f"--template {shown}: name a file that ends in .xlsx.")
    if path.exists():
        raise OutputFileError(f"--template {shown} is there already. Name another file.")
    try:
        with files.temporary_file(path.parent, ".xlsx") as temporary:
            _write(temporary)
            files.flush(temporary)
            temporary.replace(path)
    except OSError as error:
        raise OutputFileError(
            f"--template {shown} cannot be written: {files.reason_of(error)}. Name another file."
        ) from error


def _write(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    styles = Styles(book)
    page = book.add_worksheet("Shipments")
    for column, (field, width, shown, note) in enumerate(_COLUMNS):
        page.set_column(column, column, width, styles.of(shown))
        styles.write_text(page, (0, column), field.value, "header")
        page.write_comment(0, column, note, {"author": "batch-update", "width": 260, "height": 90})
        styles.write_text(page, (1, column), _EXAMPLE[column], "example")
    page.freeze_panes(1, 0)
    page.data_validation(1, 1, _ROWS, 1, _choice())
    book.close()


def _choice() -> dict[str, Any]:
    return {
        "validate": "list",
        "source": [status.value for status in Status],
        "error_title": "Not a status",
        "error_message": f"Write one of: {', '.join(Status)}.",
    }
