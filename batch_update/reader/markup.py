"""XML from unknown senders, read element by element in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from lxml import etree

from batch_update.i18n import _
from batch_update.reader.damage import DamagedError

_MOST_BETWEEN = 8 << 20
"""Longest XML of a row, or between two: the widest row takes a megabyte."""


class Readable(Protocol):
    """A source that can be read bit by bit."""

    def read(self, size: int, /) -> bytes:
        """Read on; empty at the end only."""


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def read_tree(data: bytes) -> Any:
    """Parse a whole part that is known to be small.

    Raises:
        ValueError: it declares a document type, as no spreadsheet program does.
        lxml.etree.XMLSyntaxError: it is not XML.
    """
    if b"<!DOCTYPE" in data:
        raise ValueError("a document type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    root: Any = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return root


def read_root(file: Readable) -> Any:
    """Read the beginning of an XML file: its first element, with its attributes only.

    Raises:
        DamagedError: too much stands before it.
        lxml.etree.XMLSyntaxError: it is not XML.
    """
    parsing: Any = etree.iterparse(
        _Metered(file), events=("start",), resolve_entities=False, no_network=True
    )
    return next(parsing)[1]


class _Metered:
    """A file that is read only as long as useful elements come."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._read = 0

    def read(self, size: int) -> bytes:
        """Read on; too much without a `rest` is refused."""
        data = self._file.read(size)
        self._read += len(data)
        if self._read > _MOST_BETWEEN:
            raise _too_much()
        return data

    def rest(self) -> None:
        """Note that everything read so far is processed and forgotten."""
        self._read = 0


class _Apart:
    """Filter that leaves out elements of some tags with their contents.

    Args:
        tags: such as those of pictures and charts, which may hold tables of their own.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self._tags = frozenset(tags)
        self._depth = 0

    def leaves_out(self, event: str, element: Any) -> bool:
        """Return whether an event is of something that is left out."""
        if element.tag not in self._tags:
            return self._depth > 0
        self._depth += 1 if event == "start" else -1
        if not self._depth:
            element.clear(keep_tail=True)
        return True


def elements(
    file: Readable,
    record: str,
    others: Sequence[str] = (),
    starts: str = "",
    apart: Sequence[str] = (),
) -> Iterator[Any]:
    """Go through an XML file's records and some other elements, which are then forgotten.

    Args:
        file: the file.
        record: the tag of a row, or of another element that the file is a long list of.
        others: tags of elements that are given too when they end.
        starts: the tag of elements that are given when they begin, with their attributes only.
        apart: tags of elements that are left out with all that is in them.

    Raises:
        DamagedError: a record holds one of them, or too much stands around them.
        ValueError: it declares a document type, as no spreadsheet program does.
        lxml.etree.XMLSyntaxError: it is not XML.
    """
    metered = _Metered(file)
    parsing: Any = etree.iterparse(
        metered,
        events=("start", "end") if starts or apart else ("end",),
        tag=tuple(filter(None, (record, *others, starts, *apart))),
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    left_out = _Apart(apart)
    element = None
    for event, element in parsing:
        if element.getroottree().docinfo.doctype:
            break
        if left_out.leaves_out(event, element) or (event == "start") != (element.tag == starts):
            continue
        yield element
        if event == "end":
            _forget(element, record)
            metered.rest()
    root = parsing.root if element is None else element
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")


class Feeder:
    """A parser of records that is fed piece by piece, and forgets them.

    Args:
        tags: the tag of a record, and those of other elements that are given too.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self._record = tags[0]
        self._fed = 0
        self._parser: Any = etree.XMLPullParser(
            events=("end",),
            tag=tuple(tags),
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )

    def feed(self, data: bytes) -> Iterator[Any]:
        """Iterate over the elements that end in a piece.

        Raises:
            DamagedError: a record holds another one, or too much stands around them.
            ValueError: it declares a document type.
            lxml.etree.XMLSyntaxError: it is not XML.
        """
        self._fed += len(data)
        if self._fed > _MOST_BETWEEN:
            raise _too_much()
        if not data:
            return
        fault = None
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as error:
            # What stands in front of it may be a fault that can be told more clearly.
            fault = error
        for __, element in self._parser.read_events():
            if element.getroottree().docinfo.doctype:
                raise ValueError("a document type")
            yield element
            _forget(element, self._record)
            self.rest()
        if fault is not None:
            raise fault

    def rest(self) -> None:
        """Note that everything so far is processed and forgotten."""
        self._fed = 0

    def close(self) -> None:
        """End.

        Raises:
            ValueError: it declares a document type.
            lxml.etree.XMLSyntaxError: it is not whole.
        """
        if self._parser.close().getroottree().docinfo.doctype:
            raise ValueError("a document type")


def _too_much() -> DamagedError:
    limit = _MOST_BETWEEN >> 20
    return DamagedError(_("more than {limit} MB stand in one row or in none").format(limit=limit))


def _forget(element: Any, record: str) -> None:
    """Empty an element, and drop all elements before it."""
    element.clear()
    inner = element
    while (outer := inner.getparent()) is not None:
        if outer.tag == record:
            raise DamagedError(_("a row holds what stands in none, such as another row"))
        while outer[0] is not inner:
            del outer[0]
        inner = outer
