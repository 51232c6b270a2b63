"""The package of an xlsx: its parts by name, and the links between them.

Programs differ in how they write a part's name: in other capitals, with backslashes, from the root
or from where the pointing part stands. All are understood, as spreadsheet programs do.
Source: ECMA-376, part 2, "Open Packaging Conventions".
"""

from __future__ import annotations

import contextlib
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote

from lxml import etree

from batch_update.reader.archive import BoundedArchive
from batch_update.reader.markup import local_name, read_tree

_WORKBOOK = "xl/workbook.xml"
_DOCUMENT = "officedocument"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A link from a part to another within its package.

    Args:
        key: the name that the pointing part uses.
        kind: the last word of its type, in small letters: `worksheet`, `sharedstrings`.
        target: the place where it should be, for the user.
        part: the part; None if it is not there.
    """

    key: str
    kind: str
    target: str
    part: zipfile.ZipInfo | None


class Package:
    """The parts of a package.

    Args:
        file: the archive; it is left open.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = BoundedArchive(file)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for part in self._archive.infolist():
            self._parts.setdefault(_key(part.filename), part)
        # A part with the very name that is looked for goes before similar names.
        self._parts |= {
            part.filename: part
            for part in self._archive.infolist()
            if part.filename == _key(part.filename)
        }

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def find(self, name: str) -> zipfile.ZipInfo | None:
        """Return a part by its name from the root on."""
        return self._parts.get(_key(name))

    def open(self, part: zipfile.ZipInfo) -> IO[bytes]:
        """Open a part to be read bit by bit."""
        return self._archive.open(part)

    def read_tree(self, part: zipfile.ZipInfo) -> Any:
        """Read a whole part.

        Raises:
            DamagedError: it is made of too many elements.
            ValueError: it declares a document type.
            lxml.etree.XMLSyntaxError: it is not XML.
        """
        return read_tree(self._archive.read(part))

    def workbook(self) -> zipfile.ZipInfo:
        """Find the part that lists the sheets.

        Raises:
            LookupError: there is none.
        """
        # Packages without a list of their contents are read by their usual names.
        with contextlib.suppress(LookupError, etree.XMLSyntaxError, zipfile.BadZipFile):
            for relation in self.relations(None):
                if relation.kind == _DOCUMENT and relation.part is not None:
                    return relation.part
        if (part := self.find(_WORKBOOK)) is not None:
            return part
        return self._named(posixpath.basename(_WORKBOOK))

    def _named(self, name: str) -> zipfile.ZipInfo:
        for key, part in self._parts.items():
            if posixpath.basename(key) == name:
                return part
        raise LookupError(name)

    def relations(self, source: zipfile.ZipInfo | None) -> list[Relation]:
        """List a part's links within the package; None for the package itself.

        Raises:
            LookupError: there is no such list.
        """
        folder, name = posixpath.split(_key(source.filename) if source else "")
        part = self.find(posixpath.join(folder, "_rels", f"{name}.rels"))
        if part is None:
            raise LookupError(name)
        return list(self._relations(part, folder))

    def _relations(self, part: zipfile.ZipInfo, folder: str) -> Iterator[Relation]:
        for element in self.read_tree(part):
            is_outside = element.get("TargetMode", "").lower() == "external"
            if is_outside or local_name(element) != "Relationship":
                continue
            target = element.get("Target", "").partition("#")[0].replace("\\", "/")
            below, above = posixpath.join(folder, target), target.lstrip("/")
            yield Relation(
                key=element.get("Id", ""),
                kind=element.get("Type", "").rstrip("/").rpartition("/")[2].lower(),
                target=target,
                part=self.find(below) or self.find(above) or self.find(f"{folder}/{above}"),
            )


def _key(name: str) -> str:
    """Return a part's name in the form used to compare names: nothing leads out of the package."""
    return posixpath.normpath("/" + unquote(name).replace("\\", "/")).lstrip("/").lower()
