"""xlsb: the saved values, each with its kind and number format.

Not through pandas and calamine, which tell no number formats, take error cells and rich texts for
empty ones and days of the 1904 system for others, and stop the program on damaged files.

Source: Microsoft, [MS-XLSB], 2.3.1 and 2.4 (records).
"""

from __future__ import annotations

import contextlib
import posixpath
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from defusedxml import ElementTree

from batch_update import wording
from batch_update.errors import BatchUpdateError
from batch_update.i18n import _
from batch_update.model import UNKNOWN_FORMAT, Sheet, limits
from batch_update.reader.archive import BoundedArchive
from batch_update.reader.binarypage import Contents, Formats, Page
from batch_update.reader.builtin import FIRST_OWN, builtin_format
from batch_update.reader.damage import DamagedError, unreadable
from batch_update.reader.records import nullable_text_at, records, rich_text_at, text_at
from batch_update.reader.serials import EPOCH, MAC_EPOCH
from batch_update.reader.tables import SheetQuery, build_sheet, choose_table

BOOK = "xl/workbook.bin"

_SHARED_TEXT, _FORMAT, _LOOK, _ABOUT_BOOK, _SHEET = 19, 44, 47, 153, 156
_FIRST_LOOK, _LAST_LOOK = 617, 618
_MOST_OF_SHEET = 512 << 20
"""Most bytes of a sheet; a million rows of thirty cells each take less."""
_MOST_OF_TEXTS = 128 << 20
_MOST_OF_REST = 16 << 20
_MOST_TEXTS = 3_000_000
"""Most different texts; no list of shipments has so many."""


def read_sheet(path: Path, query: SheetQuery, package: IO[bytes] | None = None) -> Sheet:
    """Read the table of shipments out of a binary workbook.

    Args:
        path: the file.
        query: the sheet and columns to look for.
        package: the workbook, if it is not the file itself but was locked in it.

    Raises:
        InputFileError: the workbook cannot be read, or lacks a needed column.
    """
    try:
        with BoundedArchive(package or path) as archive:
            book = _Book(archive)
            table, layout = choose_table(path, [page.as_table() for page in book.pages()], query)
            return build_sheet(path, table, layout, epoch=book.epoch.date())
    except BatchUpdateError:
        raise
    except Exception as error:
        # A damaged part makes zipfile, the parser and struct raise whatever they have.
        raise unreadable(path, error) from error


class _Book:
    """A workbook without its sheets' cells.

    Args:
        archive: the archive of its parts.
    """

    def __init__(self, archive: BoundedArchive) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}
        self._links = self._read_links()
        self._sheets: list[tuple[str, str, bool]] = []
        self.epoch = EPOCH
        self._read_book()
        self._contents = Contents(
            self._read_texts(), Formats(self._read_codes(), self.epoch), self._records_of_page
        )

    def _read_links(self) -> dict[str, tuple[str, str]]:
        """Read the targets of the workbook's links: kind and part by name."""
        root = ElementTree.fromstring(
            self._archive.read(self._names["xl/_rels/workbook.bin.rels"]), forbid_dtd=True
        )
        links = {}
        for link in root:
            target = _plain(posixpath.join("/xl", link.get("Target", "").replace("\\", "/")))
            kind = link.get("Type", "").rpartition("/")[2]
            links[link.get("Id", "")] = (kind, self._names.get(target, ""))
        return links

    def _read_book(self) -> None:
        for kind, data in self._records(self._names[BOOK]):
            if kind == _ABOUT_BOOK and data[0] & 1:
                self.epoch = MAC_EPOCH
            elif kind == _SHEET:
                (state,) = struct.unpack_from("<I", data)
                link, place = nullable_text_at(data, 8)
                self._sheets.append((text_at(data, place), link, state != 0))

    def _part(self, kind: str, usual: str) -> str:
        """Find a part of which there is one, by the workbook's links or by its usual name."""
        linked = (part for found, part in self._links.values() if found == kind and part)
        return next(linked, self._names.get(usual, ""))

    def _read_texts(self) -> list[str]:
        found: list[str] = []
        part = self._part("sharedStrings", "xl/sharedstrings.bin")
        for kind, data in self._records(part, _MOST_OF_TEXTS) if part else ():
            if kind == _SHARED_TEXT:
                if len(found) == _MOST_TEXTS:
                    raise DamagedError(
                        _("it holds more than {limit} million different texts").format(
                            limit=_MOST_TEXTS // 10**6
                        )
                    )
                found.append(rich_text_at(data, 0))
        return found

    def _read_codes(self) -> list[str]:
        """Read the format of each style; where they cannot be read, all are unknown."""
        part = self._part("styles", "xl/styles.bin")
        if not part:
            return ["General"]
        with contextlib.suppress(Exception):
            return self._codes_of(part)
        return []

    def _codes_of(self, part: str) -> list[str]:
        codes: list[str] = []
        own: dict[int, str] = {}
        is_look = False
        for kind, data in self._records(part):
            if kind == _FORMAT:
                own[struct.unpack_from("<H", data)[0]] = text_at(data, 2)
            elif kind in {_FIRST_LOOK, _LAST_LOOK}:
                is_look = kind == _FIRST_LOOK
            elif kind == _LOOK and is_look:
                (number,) = struct.unpack_from("<H", data, 2)
                usual = UNKNOWN_FORMAT if number >= FIRST_OWN else builtin_format(number)
                codes.append(own.get(number, usual))
                if len(codes) == limits.MOST_STYLES:
                    break
        return codes

    def _records(self, part: str, most: int = _MOST_OF_REST) -> Iterator[tuple[int, bytes]]:
        with self._archive.open(part) as file:
            yield from records(file, most=most)

    def _records_of_page(self, part: str) -> Iterator[tuple[int, bytes]]:
        with self._archive.open(part) as file:
            yield from records(file, most=_MOST_OF_SHEET, passes_blanks=True)

    def pages(self) -> Iterator[Page]:
        """Iterate over the worksheets.

        Raises:
            DamagedError: one of them is named twice, and would be read as often.
        """
        seen = set()
        for name, link, is_hidden in self._sheets:
            kind, part = self._links.get(link, ("", ""))
            if part in seen:
                raise DamagedError(
                    _("two sheets are the same part {part}").format(part=wording.quote(part))
                )
            if part and kind != "chartsheet":
                seen.add(part)
                yield Page(self._contents, name, part, is_hidden=is_hidden)


def _plain(name: str) -> str:
    """Return a part's name without the differences between programs."""
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()
