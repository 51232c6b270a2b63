"""A blank sheet to fill in: known headers, a choice of statuses, tracking numbers as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.headers import EXAMPLE
from batch_update.model import CHOICES, LISTED, WITH_DATE, WITH_TRACKING, Field, Status
from batch_update.texts import writer as texts
from batch_update.writer import files
from batch_update.writer.styles import Styles

_ROWS = 5_000
_COLUMNS = (
    (Field.BILL_ID, 16, "General", texts.TEMPLATE_BILL_ID),
    (Field.STATUS, 12, "General", texts.TEMPLATE_STATUS.format(choices=CHOICES)),
    (
        Field.DATE,
        14,
        "yyyy-mm-dd",
        texts.TEMPLATE_DATE.format(
            events=wording.either(status.rule.event for status in WITH_DATE),
            statuses=wording.every(WITH_DATE),
        ),
    ),
    (
        Field.RPO,
        24,
        "@",
        texts.TEMPLATE_RPO.format(statuses=wording.every(WITH_TRACKING)),
    ),
)
_EXAMPLE = (EXAMPLE, WITH_TRACKING[0].value, "2026-11-20", "RA123456785RU")


def write_template(path: Path) -> None:
    """Write the blank sheet.

    Args:
        path: the target; it must not be there yet.

    Raises:
        OutputFileError: the name does not end in .xlsx, the file is there, or cannot be written.
    """
    shown = wording.printable(str(path))
    if path.suffix.lower() != ".xlsx":
        raise OutputFileError(texts.TEMPLATE_KIND.format(shown=shown))
    if path.exists():
        raise OutputFileError(texts.TEMPLATE_THERE.format(shown=shown))
    try:
        with files.temporary_file(path.parent, ".xlsx") as temporary:
            _write(temporary)
            files.flush(temporary)
            temporary.replace(path)
    except OSError as error:
        raise OutputFileError(
            texts.TEMPLATE_FAILED.format(shown=shown, reason=files.explain(error))
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
        "error_title": texts.NOT_A_STATUS,
        "error_message": texts.STATUS_CHOICES.format(choices=LISTED),
    }
