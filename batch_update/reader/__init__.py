"""Read a file into rows, exactly as saved. Its kind is decided by its content, not its name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import IO

from batch_update import quiet, wording
from batch_update.errors import BatchUpdateError, InputFileError
from batch_update.i18n import N_, _
from batch_update.model import Sheet
from batch_update.reader import delimited, workbook
from batch_update.reader.archive import list_parts
from batch_update.reader.damage import unreadable
from batch_update.reader.encodings import TextFile, find_encoding
from batch_update.reader.tables import SheetQuery

__all__ = ["SheetQuery", "read_sheet"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_BARE = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x14]\x00")
"""First bytes of an xls without a container: of Excel 2 to 4, or of a simple program."""
_SEVERAL_KINDS = re.compile(rb"\x09[\x00\x02\x04]....(?!\x10\x00)", re.DOTALL)
"""First bytes of a file of Excel 2 to 4 that is no worksheet."""
_LARGEST = 1 << 30
_LARGEST_PAGE = 64 << 20
_XML_SHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_FLAT_OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:table"
_PAGE = re.compile(r"<(?:html|table)\b", re.IGNORECASE)
_LARGEST_BINARY = 256 << 20
_LARGEST_LOCKED = 64 << 20
_ENDS = (BatchUpdateError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""Errors of a reader that tell nothing about the file."""
_PICTURES = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF"}
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_TAR, _TAR_AT = b"ustar", 257
_OF_OTHERS = {"xl/workbook.xml", "content.xml"}
"""Parts because of which the engine for binary workbooks would mistake the kind of a file."""
_PACKAGE = {"[content_types].xml", ".rels", "workbook.xml"}
"""Parts that identify a workbook's archive; programs leave out now this, now that."""
_OTHER_KINDS = {
    "MIME-Version:": N_("a web archive (.mht)"),
    "%PDF-": N_("a PDF"),
    "{\\rtf": N_("a text document (.rtf)"),
    "ID;P": N_("a SYLK file"),
}


def read_sheet(path: Path, query: SheetQuery) -> Sheet:
    """Read the table of shipments out of a spreadsheet or a csv.

    Args:
        path: the file: xlsx, xlsm, xls, xlsb, ods or csv, by content.
        query: the sheet and columns to look for.

    Returns:
        Every data row with the row number that a spreadsheet program shows.

    Raises:
        InputFileError: the file cannot be read, or lacks a needed column.
    """
    shown = wording.printable(path.name)
    try:
        if text := wording.describe_broken_link(path):
            raise InputFileError(text)
        if path.is_dir():
            raise InputFileError(_("{shown} is a folder. Name a file in it.").format(shown=shown))
        if not path.exists():
            raise InputFileError(
                _("{path}: there is no such file. Check the name.").format(
                    path=wording.printable(str(path))
                )
            )
        if not path.is_file():
            raise InputFileError(
                _("{shown} is not a file. Name a spreadsheet or a csv.").format(shown=shown)
            )
        state = _state(path)
        if path.stat().st_size > _LARGEST:
            raise InputFileError(
                _(
                    "{shown} is larger than {limit} MB, as no list of shipments is. Split it, "
                    "or delete the rows and columns that are not needed."
                ).format(shown=shown, limit=_LARGEST >> 20)
            )
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        sheet = replace(_read_hushed(path, shown, query), sha256=sha256)
        has_changed = _state(path) != state
    except (OSError, ValueError) as error:
        raise InputFileError(
            _("{shown} cannot be read: {reason}").format(shown=shown, reason=_reason(error))
        ) from error
    if has_changed:
        raise InputFileError(
            _(
                "{shown} was changed while it was read. Wait until it is whole, then run it again."
            ).format(shown=shown)
        )
    return sheet


def _read_hushed(path: Path, shown: str, query: SheetQuery) -> Sheet:
    """Read a file; prints and exceptions of libraries end here."""
    try:
        with quiet.hushed():
            return _read(path, shown, query)
    except (OSError, ValueError, *_ENDS):
        raise
    except BaseException as error:
        # The exception that a crashed library in Rust throws is no Exception.
        raise unreadable(path, error) from error


def _state(path: Path) -> tuple[int, ...]:
    """Return the state of a file, which changes when it is written to or replaced."""
    about = path.stat()
    # The time of writing can be set back, that of the change cannot.
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _read(path: Path, shown: str, query: SheetQuery) -> Sheet:
    with path.open("rb") as file:
        head = file.read(_TAR_AT + len(_TAR))
    if head.startswith(_ZIP):
        return _read_zip(path, shown, query)
    if head.startswith(_OLE):
        return _read_ole(path, shown, query)
    if _BARE.match(head):
        if _SEVERAL_KINDS.match(head):
            raise InputFileError(
                _(
                    "{shown} is of Excel 2 to 4, and not a single worksheet: several, a chart "
                    "or macros. {advice}"
                ).format(
                    shown=shown, advice=_("Open it in Excel or LibreOffice and save it as .xlsx.")
                )
            )
        return _read_xls(path, shown, query)
    if head.startswith(_ARCHIVES) or head[_TAR_AT:] == _TAR:
        raise InputFileError(
            _("{shown} is an archive, not a spreadsheet. Unpack it first.").format(shown=shown)
        )
    _refuse_picture(head, shown)
    return _read_text(path, shown, query)


def _read_zip(path: Path, shown: str, query: SheetQuery, package: IO[bytes] | None = None) -> Sheet:
    names = list_parts(path, package)
    # Readers are loaded when needed, since they take longer than a usual sheet takes to read.
    if "xl/workbook.bin" in names and not _OF_OTHERS & {name.lower() for name in names}:
        from batch_update.reader import binary

        return binary.read_sheet(path, query, package)
    if "content.xml" in names:
        from batch_update.reader import opendocument

        return opendocument.read_sheet(path, query)
    if _PACKAGE & {re.split(r"[/\\]", name)[-1].lower() for name in names}:
        return workbook.read_sheet(path, query, package)
    raise InputFileError(
        _("{shown} is an archive, not a spreadsheet. Unpack it first.").format(shown=shown)
    )


def _read_ole(path: Path, shown: str, query: SheetQuery) -> Sheet:
    _refuse_larger(path, shown, _LARGEST_BINARY)
    if not _is_locked_package(path):
        return _read_xls(path, shown, query)
    from batch_update.reader import unlocking

    _refuse_larger(path, shown, _LARGEST_LOCKED)
    package = unlocking.unlock_package(path.read_bytes())
    if package is None:
        raise InputFileError(
            _(
                "{shown} is protected by a password. Open it in Excel, save it without the "
                "password and run it again."
            ).format(shown=shown)
        )
    return _read_zip(path, shown, query, package)


def _is_locked_package(path: Path) -> bool:
    """Return whether a compound file holds a locked xlsx or xlsb."""
    if _LOCKED not in path.read_bytes():
        return False
    from batch_update.reader import unlocking

    # In an xls, the words may stand in a cell.
    return unlocking.is_locked_package(path)


def _read_xls(path: Path, shown: str, query: SheetQuery) -> Sheet:
    _refuse_larger(path, shown, _LARGEST_BINARY)
    from batch_update.reader import xls

    return xls.read_sheet(path, query)


def _refuse_larger(path: Path, shown: str, largest: int) -> None:
    if path.stat().st_size > largest:
        raise InputFileError(
            _(
                "{shown} is larger than {limit} MB, as no list of shipments of this kind is. "
                "Save it as .xlsx or csv and run that."
            ).format(shown=shown, limit=largest >> 20)
        )


def _refuse_picture(head: bytes, shown: str) -> None:
    for mark, kind in _PICTURES.items():
        if head.startswith(mark):
            raise InputFileError(
                _("{shown} is a picture ({kind}). Ask for the sheet itself.").format(
                    shown=shown, kind=kind
                )
            )


def _read_text(path: Path, shown: str, query: SheetQuery) -> Sheet:
    text = find_encoding(path)
    if not text.beginning:
        raise InputFileError(_("{shown} is empty. Export the sheet again.").format(shown=shown))
    for mark, kind in _OTHER_KINDS.items():
        if text.beginning.startswith(mark):
            raise InputFileError(
                _("{shown} is {kind}, not a spreadsheet. {advice}").format(
                    shown=shown,
                    kind=_(kind),
                    advice=_("Open it in Excel or LibreOffice and save it as .xlsx."),
                )
            )
    if text.beginning.startswith("<"):
        return _read_markup(text, shown, query)
    return delimited.read_sheet(text, query)


def _read_markup(text: TextFile, shown: str, query: SheetQuery) -> Sheet:
    if _XML_SHEET in text.beginning:
        from batch_update.reader import xmlsheet

        return xmlsheet.read_sheet(text.path, query)
    if _FLAT_OPEN_DOCUMENT in text.beginning:
        from batch_update.reader import opendocument

        return opendocument.read_sheet(text.path, query)
    if text.path.stat().st_size > _LARGEST_PAGE:
        raise InputFileError(
            _("{shown} is a web page or XML of more than {limit} MB. {advice}").format(
                shown=shown,
                limit=_LARGEST_PAGE >> 20,
                advice=_("Open it in Excel or LibreOffice and save it as .xlsx."),
            )
        )
    page = text.read()
    if text.beginning.startswith("<?xml") and not _PAGE.search(page):
        raise InputFileError(
            _(
                "{shown} is XML, but none of the kinds that spreadsheets are made of. {advice}"
            ).format(shown=shown, advice=_("Open it in Excel or LibreOffice and save it as .xlsx."))
        )
    from batch_update.reader import webpage

    return webpage.read_sheet(text.path, page, query)


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return _("access is denied. Close it in other programs, or ask for the right to read it.")
    if isinstance(error, OSError):
        reason = wording.reason_of(error)
    else:
        reason = wording.printable(str(error))
    advice = _("Open it in Excel or LibreOffice and save it as .xlsx.")
    return f"{reason}. {advice}"
