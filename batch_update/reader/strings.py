"""The texts of an xlsx: those that cells share, and the escapes in all of them."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_update.i18n import _
from batch_update.reader.damage import DamagedError
from batch_update.reader.markup import read_root
from batch_update.reader.package import Package
from batch_update.reader.plain import TEXT, Form, read_records

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""Characters that XML cannot hold. Source: ECMA-376, part 1, 22.9.2.19, ST_Xstring."""

_TEXTS = Form(
    begin=re.compile(rb"<sst [^<>]*[^<>/]>"),
    name=b"si",
    plain=re.compile(rb'\s*+<si><t(?: xml:space="preserve")?>(' + TEXT + rb")</t></si>"),
)

_MOST_STRINGS = 3_000_000
"""Most different texts; no list of shipments has so many."""


@dataclass(frozen=True, slots=True)
class Tags:
    """Full names of the elements of cells.

    Args:
        prefix: the namespace that they are in, in braces: one of two, or an odd program's own.
    """

    prefix: str

    def __getitem__(self, name: str) -> str:
        """Return the full name of an element."""
        return f"{self.prefix}{name}"


def tags_of(package: Package, part: zipfile.ZipInfo) -> tuple[Tags, str]:
    """Return the namespace of a part, and the prefix of its elements.

    There are two, of Transitional and of Strict Open XML, for the same things.
    """
    with package.open(part) as file:
        root = read_root(file)
        namespace, __, __ = str(root.tag).rpartition("}")
        return Tags(f"{namespace}}}" if namespace else ""), root.prefix or ""


def read_strings(package: Package, part: zipfile.ZipInfo | None) -> list[str]:
    """Read the texts that cells share.

    Raises:
        DamagedError: there are too many, or too much stands around them.
    """
    found: list[str] = []
    if part is None or not part.file_size:
        return found
    tags, prefix = tags_of(package, part)
    read_text = functools.partial(text_of, text_tag=tags["t"], run_tag=tags["r"])
    with package.open(part) as file:
        for element in read_records(file, _TEXTS, (tags["si"],), is_plain=not prefix):
            if len(found) == _MOST_STRINGS:
                raise DamagedError(
                    _("it holds more than {limit} million different texts").format(
                        limit=_MOST_STRINGS // 10**6
                    )
                )
            if isinstance(element, re.Match):
                found.append(unescape(element[1].decode()))
            else:
                found.append(read_text(element))
    return found


def text_of(element: Element, text_tag: str, run_tag: str) -> str:
    """Return the text of a cell or of a shared string, without its phonetic hints."""
    if len(element) == 1:
        part = element[0]
        if part.tag == text_tag:
            return unescape(part.text or "")
    return "".join(map(unescape, _pieces(element, text_tag, run_tag)))


def _pieces(element: Element, text_tag: str, run_tag: str) -> Iterator[str]:
    for part in element:
        if part.tag == text_tag:
            yield part.text or ""
        elif part.tag == run_tag:
            yield from (inner.text or "" for inner in part if inner.tag == text_tag)


def unescape(text: str) -> str:
    """Replace the escapes of characters that XML cannot hold by the characters, once."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two numbers may make one character; half of one is none.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
