"""Binary workbooks (.xlsb), written record by record as Excel writes them.

Source: Microsoft, [MS-XLSB].
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

ERRORS = {
    "#NULL!": 0x00,
    "#DIV/0!": 0x07,
    "#VALUE!": 0x0F,
    "#REF!": 0x17,
    "#NAME?": 0x1D,
    "#NUM!": 0x24,
    "#N/A": 0x2A,
}
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RUNS = struct.pack("<IHHHH", 2, 0, 0, 2, 0)
"""Two runs: the text has another look from its third character on."""


@dataclass(frozen=True)
class Rich:
    """A text of several looks among those that cells share; `where` is `shared` or `cell`."""

    text: str
    where: str = "shared"
    phonetic: str = ""


@dataclass(frozen=True)
class Inline:
    """A text that stands in its cell."""

    text: str


@dataclass(frozen=True)
class Error:
    """An error, by its name or by its number."""

    name: str | int


@dataclass(frozen=True)
class Formula:
    """A formula's saved result."""

    result: object


@dataclass(frozen=True)
class Shown:
    """A value with a number format."""

    value: object
    code: str


@dataclass(frozen=True)
class Short:
    """A cell that stands behind the last one without naming its column."""

    value: object


def record(kind: int, data: bytes = b"") -> bytes:
    """Write a record: kind, length, data."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(data)
    while length > 127:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + data


def wide(text: str) -> bytes:
    """Write a text with its length."""
    data = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(data) // 2) + data


def rich(text: str, phonetic: str = "") -> bytes:
    """Write a text of two looks."""
    data = bytes([1 | (2 if phonetic else 0)]) + wide(text) + _RUNS
    return data + (wide(phonetic) + struct.pack("<IHHHHH", 1, 0, 0, 1, 0, 0) if phonetic else b"")


class Book:
    """A workbook under construction.

    Args:
        is_1904: whether its days count from 1904.
    """

    def __init__(self, *, is_1904: bool = False) -> None:
        self._is_1904 = is_1904
        self._sheets: list[tuple[str, int, bytes]] = []
        self._texts: list[bytes] = []
        self._codes = ["General"]

    def add_sheet(
        self,
        name: str,
        rows: Mapping[int, Sequence[object]],
        *,
        hidden_rows: Sequence[int] = (),
        state: int = 0,
        widths: Sequence[float] = (),
    ) -> None:
        """Add a worksheet.

        Args:
            name: its name.
            rows: the cells by the number of their row, from 1.
            hidden_rows: numbers of rows that are not shown.
            state: 0 visible, 1 hidden, 2 very hidden.
            widths: those of the first columns.
        """
        size = struct.pack("<IIII", 0, max(rows, default=1) - 1, 0, 4)
        page = record(129) + record(147, bytes(23)) + record(148, size)
        if widths:
            columns = (
                record(60, struct.pack("<IIIIH", n, n, int(width * 256), 0, 2))
                for n, width in enumerate(widths)
            )
            page += record(390) + b"".join(columns) + record(391)
        page += record(145)
        for number, cells in rows.items():
            page += self._row(number, cells, is_hidden=number in hidden_rows)
        page += record(146) + record(535, bytes(66)) + record(130)
        self._sheets.append((name, state, page))

    def _row(self, number: int, cells: Sequence[object], *, is_hidden: bool) -> bytes:
        # What Excel writes of a row's height for its newer versions.
        height = record(37, struct.pack("<HHH", 1, 0, 0)) + record(1024, bytes(2)) + record(38)
        span = struct.pack("<III", 1, 0, max(len(cells) - 1, 0))
        about = struct.pack("<IIHBBB", number - 1, 0, 300, 0, 0x10 if is_hidden else 0, 0)
        return height + record(0, about + span) + b"".join(self._cells(cells))

    def _cells(self, cells: Sequence[object]) -> Iterator[bytes]:
        for column, value in enumerate(cells):
            if value is None:
                continue
            is_short = isinstance(value, Short)
            value = value.value if isinstance(value, Short) else value
            style = 0
            if isinstance(value, Shown):
                style, value = self._style(value.code), value.value
            kind, data = self._cell(value)
            if is_short:
                yield record(kind + 11, struct.pack("<I", style) + data)
            else:
                yield record(kind, struct.pack("<II", column, style) + data)

    def _style(self, code: str) -> int:
        if code not in self._codes:
            self._codes.append(code)
        return self._codes.index(code)

    def _cell(self, value: object) -> tuple[int, bytes]:
        if isinstance(value, Formula):
            return self._formula(value.result)
        if isinstance(value, Inline):
            return 6, wide(value.text)
        if isinstance(value, Rich) and value.where == "cell":
            return 62, rich(value.text, value.phonetic)
        if isinstance(value, Rich):
            return self._shared(rich(value.text, value.phonetic))
        if isinstance(value, str):
            return self._shared(b"\0" + wide(value)) if value else (1, b"")
        return self._plain(value)

    def _shared(self, data: bytes) -> tuple[int, bytes]:
        if data not in self._texts:
            self._texts.append(data)
        return 7, struct.pack("<I", self._texts.index(data))

    def _plain(self, value: object) -> tuple[int, bytes]:
        if isinstance(value, Error):
            code = value.name if isinstance(value.name, int) else ERRORS[value.name]
            return 3, bytes([code])
        if isinstance(value, bool):
            return 4, bytes([value])
        if isinstance(value, dt.datetime):
            start = dt.datetime(1904, 1, 1) if self._is_1904 else dt.datetime(1899, 12, 30)
            value = (value - start) / dt.timedelta(days=1)
        assert isinstance(value, int | float)
        if isinstance(value, int) and abs(value) < 2**29:
            return 2, struct.pack("<i", value << 2 | 2)
        return 5, struct.pack("<d", value)

    def _formula(self, result: object) -> tuple[int, bytes]:
        """Write a formula that names nothing but a number: =1."""
        code = struct.pack("<HI", 0, 3) + b"\x1e\x01\x00" + struct.pack("<I", 0)
        if isinstance(result, str):
            return 8, wide(result) + code
        kind, data = self._plain(float(result) if type(result) is int else result)
        return {5: 9, 4: 10, 3: 11}[kind], data + code

    def _styles(self) -> bytes:
        formats = b"".join(
            record(44, struct.pack("<H", 164 + n) + wide(code))
            for n, code in enumerate(self._codes[1:])
        )
        looks = b"".join(
            record(47, struct.pack("<HHHHH", 0, 163 + n if n else 0, 0, 0, 0) + bytes(6))
            for n in range(len(self._codes))
        )
        cell_styles = record(47, struct.pack("<HHHHH", 0xFFFF, 0, 0, 0, 0) + bytes(6))
        return (
            record(278)
            + record(615, struct.pack("<I", len(self._codes) - 1))
            + formats
            + record(616)
            + record(626, struct.pack("<I", 1))
            + cell_styles
            + record(627)
            + record(617, struct.pack("<I", len(self._codes)))
            + looks
            + record(618)
            + record(279)
        )

    def parts(self) -> dict[str, bytes]:
        """Give the parts of the package."""
        count = len(self._sheets)
        sheets = b"".join(
            record(156, struct.pack("<II", state, n) + wide(f"rId{n}") + wide(name))
            for n, (name, state, _) in enumerate(self._sheets, start=1)
        )
        about = record(153, struct.pack("<II", int(self._is_1904), 0) + wide(""))
        links = {f"worksheets/sheet{n}.bin": "worksheet" for n in range(1, count + 1)}
        links |= {"styles.bin": "styles", "sharedStrings.bin": "sharedStrings"}
        rels = "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATION}/{kind}" Target="{target}"/>'
            for n, (target, kind) in enumerate(links.items(), start=1)
        )
        number = struct.pack("<II", len(self._texts), len(self._texts))
        texts = b"".join(record(19, text) for text in self._texts)
        return {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types/>',
            "xl/workbook.bin": record(131)
            + about
            + record(143)
            + sheets
            + record(144)
            + record(132),
            "xl/_rels/workbook.bin.rels": (
                f'<Relationships xmlns="{_PACKAGE}">{rels}</Relationships>'.encode()
            ),
            "xl/styles.bin": self._styles(),
            "xl/sharedStrings.bin": record(159, number) + texts + record(160),
            **{
                f"xl/worksheets/sheet{n}.bin": page
                for n, (_, _, page) in enumerate(self._sheets, start=1)
            },
        }

    def packed(self) -> bytes:
        """Give the workbook's bytes."""
        return packed(self.parts())


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Put parts into an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def numbered(rows: Sequence[Sequence[object]]) -> dict[int, Sequence[object]]:
    """Give rows their numbers, from 1."""
    return dict(enumerate(rows, start=1))
