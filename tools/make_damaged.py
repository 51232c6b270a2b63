"""Spreadsheets that are broken, odd or meant to do harm, each in a way of its own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference

from tools import make_binary
from tools.make_binary import record, wide

HEADER = ("Order number", "Status", "Date", "Tracking number")
LINES = b"order;status\n1;cancel\n2;return\n"
PAGE = "<table><tr><th>order<th>status<tr><td>1<td>cancel<tr><td>2<td>return</table>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DATA = Path(__file__).parents[1] / "tests" / "data"
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True)
class Damaged:
    """A file and what must come of it.

    Args:
        name: the file's name.
        data: what it holds.
        expected: how many rows are read, or words of the line that refuses it.
    """

    name: str
    data: Callable[[], bytes]
    expected: int | str


def workbook(*rows: tuple[str | int, ...]) -> bytes:
    """Write a good workbook of two rows, or of these."""
    book = openpyxl.Workbook()
    for row in rows or (HEADER, (1, "cancel"), (2, "return")):
        book.worksheets[0].append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            member = zipfile.ZipInfo(name)
            # On Windows, the library would turn the backslashes of a hostile name around.
            member.filename = name
            archive.writestr(member, part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def changed(old: bytes, new: bytes, member: str = SHEET) -> bytes:
    """Write a good workbook with one place of one part changed."""
    parts = parts_of(workbook())
    assert old in parts[member]
    return packed({**parts, member: parts[member].replace(old, new, 1)})


def with_sheet(xml: bytes) -> bytes:
    return packed({**parts_of(workbook()), SHEET: xml})


def sheet(*rows: str) -> bytes:
    data = f"<sheetData>{''.join(rows)}</sheetData>"
    return f'<worksheet xmlns="{NAMESPACE}">{data}</worksheet>'.encode()


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def text_row(number: int, *texts: str) -> str:
    cells = (
        text_cell(f"{letter}{number}", text) for letter, text in zip("ABCD", texts, strict=False)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def without(member: str) -> bytes:
    parts = parts_of(workbook())
    del parts[member]
    return packed(parts)


def deflated(size: int, beginning: bytes, end: bytes) -> bytes:
    """Deflate a text with a long run of spaces in it, without ever holding all of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = [packer.compress(beginning)]
    spaces = b" " * (1 << 20)
    out += [packer.compress(spaces) for _ in range(size >> 20)]
    return b"".join([*out, packer.compress(end), packer.flush()])


def bomb(size: int = 2 << 30) -> bytes:
    """Write a workbook whose sheet unpacks to two gigabytes, as its directory says."""
    parts = parts_of(workbook())
    head, tail = sheet(text_row(1, "order", "status")).split(b"</sheetData>")
    body = deflated(size, head, b"</sheetData>" + tail)
    parts[SHEET] = body
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    data = bytearray(buffer.getvalue())
    whole = len(head) + (size >> 20 << 20) + len(b"</sheetData>" + tail)
    # Where the archive says that the part is stored as it is, it is made to say deflated.
    for mark, method, length in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            name_at = place + (30 if mark.endswith(b"\x04") else 46)
            if data[name_at : name_at + len(SHEET)] == SHEET.encode():
                data[place + method : place + method + 2] = struct.pack("<H", 8)
                data[place + length : place + length + 4] = struct.pack("<I", whole)
    return bytes(data)


def with_strings(count: int, used: int = 2) -> bytes:
    """Write a workbook with so many shared strings, of which it uses three."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet().write_row(0, 0, ("order", "status", "cancel"))
    items = [f"<si><t>{word}</t></si>" for word in ("order", "status", "cancel")]
    items += [f"<si><t>string number {number}</t></si>" for number in range(count)]
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>',
        f'<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>{used}</v></c></row>',
    )
    strings = f'<sst xmlns="{NAMESPACE}">{"".join(items)}</sst>'.encode()
    parts = parts_of(buffer.getvalue())
    return packed({**parts, SHEET: sheet(*rows), "xl/sharedStrings.xml": strings})


def entity_bomb() -> bytes:
    levels = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "ha">{"".join(levels)}]>'
    return with_sheet(doctype.encode() + sheet(text_row(1, "order", "status", "&e9;")))


def foreign_entity() -> bytes:
    doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return with_sheet(doctype + sheet(text_row(1, "order", "status", "&e;")))


def only_a_chart() -> bytes:
    book = openpyxl.Workbook()
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], min_col=1, min_row=1, max_row=2))
    book.create_chartsheet("Chart").add_chart(chart)
    book.worksheets[0].sheet_state = "hidden"
    return saved(book)


def many_sheets() -> bytes:
    book = openpyxl.Workbook()
    for _ in range(300):
        book.create_sheet().append(("nothing",))
    book.worksheets[0].append(("order", "status"))
    book.worksheets[0].append((1, "cancel"))
    return saved(book)


def with_locked_member() -> bytes:
    """Write a workbook whose directory says that its parts are encrypted."""
    data = bytearray(workbook())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + place] |= 1
    return bytes(data)


def with_odd_compression() -> bytes:
    """Write a workbook whose parts are packed in a way that nobody unpacks."""
    data = bytearray(workbook())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + place] = 99
    return bytes(data)


def strict_workbook() -> bytes:
    """Write what Excel calls a Strict Open XML Spreadsheet: other names for the same things."""
    parts = {}
    for name, part in parts_of(workbook()).items():
        part = part.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        part = part.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        parts[name] = part
    return packed(parts)


def flipped(seed: int) -> bytes:
    """Write a good workbook with some bits turned over."""
    chance = random.Random(seed)  # noqa: S311 repeatable damage, not a secret
    # A workbook written just now would hold the time, and be hit elsewhere each time.
    data = bytearray((DATA / "kinds.xlsx").read_bytes())
    for _ in range(40):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def xml_2003(body: str, before: str = "") -> bytes:
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>{before}<Workbook xmlns="{name}" xmlns:ss="{name}">'
        f'<Worksheet ss:Name="One"><Table>{body}</Table></Worksheet></Workbook>'
    ).encode()


def xml_row(*texts: str) -> str:
    cells = "".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in texts)
    return f"<Row>{cells}</Row>"


def open_document(rows: str) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="One">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"content.xml": content.encode()})


def ods_row(*texts: str, times: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


def with_doctype(doctype: str, member: str, entity: str) -> bytes:
    """Write a good workbook of which one part declares an entity, and uses it at its end."""
    parts = parts_of(with_strings(2))
    xml = parts[member]
    end = xml.rindex(b"</")
    start = xml.index(b"?>") + 2 if xml.startswith(b"<?") else 0
    used = f"&{entity};".encode()
    return packed(
        {**parts, member: xml[:start] + doctype.encode() + xml[start:end] + used + xml[end:]}
    )


def many_members(count: int) -> bytes:
    """Write an archive that is all directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"")
    return buffer.getvalue()


def overlapping(times: int) -> bytes:
    """Write a workbook whose directory names the same packed part again and again."""
    data = bytearray(workbook())
    end = data.rindex(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    directory = bytes(data[start:end])
    entries = int.from_bytes(data[end + 10 : end + 12], "little")
    tail = bytearray(data[end:])
    tail[8:10] = tail[10:12] = (entries * times).to_bytes(2, "little")
    tail[12:16] = (len(directory) * times).to_bytes(4, "little")
    return bytes(data[:start]) + directory * times + bytes(tail)


def lying_about_its_size() -> bytes:
    """Write a bomb whose directory says of every part that it is small."""
    data = bytearray(bomb(64 << 20))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.find(mark)
        while at >= 0:
            data[at + place : at + place + 4] = (1000).to_bytes(4, "little")
            at = data.find(mark, at + 4)
    return bytes(data)


def with_names(*names: str) -> bytes:
    """Write a good workbook with more parts, whose names would lead elsewhere."""
    parts = parts_of(workbook())
    return packed({**parts, **dict.fromkeys(names, b"evil")})


def with_many_formats(count: int) -> bytes:
    """Write a workbook with so many number formats and cell styles."""
    parts = parts_of(workbook())
    xml = parts["xl/styles.xml"].decode()
    formats = "".join(f'<numFmt numFmtId="{200 + n}" formatCode="0.{n}"/>' for n in range(count))
    styles = "".join(f'<xf numFmtId="{200 + n}" xfId="0"/>' for n in range(count))
    xml = re.sub("<numFmts[^>]*/>", f"<numFmts>{formats}</numFmts>", xml)
    xml = re.sub("<cellXfs[^>]*>", f"<cellXfs>{styles}", xml)
    return packed({**parts, "xl/styles.xml": xml.encode()})


def broken_ole(place: int, value: bytes) -> bytes:
    """Write a good xls with a field of its header changed."""
    data = bytearray((DATA / "kinds.xls").read_bytes())
    data[place : place + len(value)] = value
    return bytes(data)


def odd_text(encoding: str) -> bytes:
    return "order;status\n1;cancel\n".encode(encoding)


def packed_as(kind: str) -> bytes:
    """Pack a workbook into an archive of a kind that Python can make."""
    buffer = io.BytesIO()
    if kind == "gz":
        return gzip.compress(workbook())
    if kind == "bz2":
        return bz2.compress(workbook())
    if kind == "xz":
        return lzma.compress(workbook())
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        about = tarfile.TarInfo("may.xlsx")
        # The time within makes one longer than another, now and then.
        data = workbook()
        about.size = len(data)
        archive.addfile(about, io.BytesIO(data))
    return buffer.getvalue()


FULL = 10 << 20
"""So much of nothing unpacks from a few kilobytes and is no bomb yet."""


def filled(member: str, before: bytes, thing: bytes, size: int = FULL) -> bytes:
    """Write a workbook with one of its parts full of something that is no row."""
    parts = parts_of(with_strings(2))
    assert before in parts[member]
    many = thing * (size // len(thing))
    return packed({**parts, member: parts[member].replace(before, many + before, 1)})


def with_pages_of_one_part(count: int) -> bytes:
    """Write a workbook that names the same worksheet again and again."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pages = "".join(
        f'<sheet xmlns:r="{relation}" name="s{n}" sheetId="{n}" r:id="rId1"/>'
        for n in range(9, 9 + count)
    )
    return changed(b"</sheets>", pages.encode() + b"</sheets>", "xl/workbook.xml")


def lying_about_what_it_is_packed_in() -> bytes:
    """Write a bomb whose directory says that it is hardly packed at all."""
    data = bytearray(bomb(1 << 30))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        if data[at + 46 : at + 46 + len(SHEET)] == SHEET.encode():
            data[at + 20 : at + 24] = (64 << 20).to_bytes(4, "little")
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def xls_with(place: int, old: bytes, new: bytes) -> bytes:
    """Write a good xls with a record changed."""
    data = (DATA / "kinds.xls").read_bytes()
    assert data[place : place + len(old)] == old
    return data[:place] + new + data[place + len(new) :]


def xls_full_of_links() -> bytes:
    """Write an xls with a link over more cells than there are, in place of its page set-up."""
    guid = bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
    link = struct.pack("<HHHH", 0, 65535, 0, 65535) + guid + struct.pack("<ii", 2, 0) + bytes(2)
    return xls_with(4045, b"\xa1\x00\x22\x00", struct.pack("<HH", 0x01B8, 34) + link)


def xlsb_at(place: int, value: int) -> bytes:
    """Write a binary workbook of two rows with the place of its last row or cell changed."""
    page = b""
    for number, cells in enumerate((("order", "status"), ("1", "cancel"))):
        page += record(0, struct.pack("<II", value if place == 0 and number else number, 0))
        for column, text in enumerate(cells):
            at = value if place == 1 and number and column else column
            page += record(6, struct.pack("<II", at, 0) + wide(text))
    return xlsb_of(page)


def xlsb_of(cells: bytes) -> bytes:
    """Write a binary workbook whose one sheet holds these records."""
    book = make_binary.Book()
    book.add_sheet("One", {})
    parts = book.parts()
    name = "xl/worksheets/sheet1.bin"
    parts[name] = parts[name].replace(record(145), record(145) + cells)
    return packed(parts)


def far_below(empty: bytes, count: int) -> bytes:
    """Write a binary workbook with many rows of these cells between the first and the last."""
    first = b"".join(
        record(6, struct.pack("<II", n, 0) + wide(text))
        for n, text in enumerate(("order", "status"))
    )
    last = b"".join(
        record(6, struct.pack("<II", n, 0) + wide(text)) for n, text in enumerate(("1", "cancel"))
    )
    rows = (record(0, struct.pack("<II", n, 0) + bytes(9)) + empty for n in range(1, count + 1))
    end = record(0, struct.pack("<II", count + 1, 0) + bytes(9))
    return xlsb_of(record(0, struct.pack("<II", 0, 0)) + first + b"".join(rows) + end + last)


def xlsb_with(part: str, data: bytes) -> bytes:
    """Write a binary workbook with one of its parts changed."""
    return packed({**parts_of(xlsb_at(0, 1)), part: data})


def empty_cells(count: int) -> bytes:
    return b"".join(record(1, struct.pack("<II", n, 1)) for n in range(count))


BILLION = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY e0 "ha">{BILLION}]>'
QUADRATIC = f'<!DOCTYPE x [<!ENTITY e "{"x" * 100_000}">]>'
FOREIGN = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x" [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;<!ENTITY e "x">]>'
MEMBERS = {
    "sheet": SHEET,
    "strings": "xl/sharedStrings.xml",
    "styles": "xl/styles.xml",
    "workbook": "xl/workbook.xml",
    "relations": "xl/_rels/workbook.xml.rels",
    "types": "[Content_Types].xml",
}
"""Parts of a workbook that are read."""

DAMAGED = (
    Damaged("cut-in-half.xlsx", lambda: workbook()[:2500], "damaged or cut off"),
    Damaged("only-a-signature.xlsx", lambda: b"PK\x03\x04", "damaged or cut off"),
    *(
        Damaged(f"bits-turned-{seed}.xlsx", partial(flipped, seed), "is damaged")
        for seed in range(12)
    ),
    Damaged("locked-parts.xlsx", with_locked_member, "not all of its parts"),
    Damaged("odd-compression.xlsx", with_odd_compression, "not all of its parts"),
    Damaged("csv-called.xlsx", lambda: LINES, 2),
    Damaged("page-called.xls", PAGE.encode, 2),
    Damaged("xlsx-called.csv", workbook, 2),
    Damaged("xls-called.xlsx", (DATA / "kinds.xls").read_bytes, 9),
    Damaged("picture.xlsx", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(999), "is a picture"),
    Damaged("invoice.xls", lambda: b"%PDF-1.7\n%\xe2\xe3\n", "is a PDF, not a spreadsheet"),
    Damaged("letter.xls", lambda: b"{\\rtf1\\ansi hello}", "is a text document"),
    Damaged(
        "letter.xlsx",
        lambda: packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}),
        "is a text document of Word",
    ),
    Damaged("archive.xlsx", lambda: packed({"a.csv": LINES}), "is an archive"),
    Damaged("password.xlsx", lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "by a password"),
    Damaged("empty.xlsx", lambda: b"", "is empty"),
    Damaged("blank.csv", lambda: b"\xef\xbb\xbf \r\n\0\n", "is empty"),
    Damaged("header-only.csv", lambda: b"order;status\n", 0),
    Damaged("bomb.xlsx", bomb, "unpacks to 2048 MB"),
    Damaged("entity-bomb.xlsx", entity_bomb, "not all of its parts"),
    Damaged("foreign-entity.xlsx", foreign_entity, "not all of its parts"),
    Damaged("claims-everything.xlsx", lambda: changed(b"A1:D3", b"A1:XFD1048576"), 2),
    Damaged(
        "far-cell.xlsx",
        lambda: changed(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
        3,
    ),
    Damaged(
        "wide-rows.xlsx",
        lambda: with_sheet(
            sheet(
                text_row(1, "order", "status"),
                *(
                    f'<row r="{n}"><c r="A{n}"><v>{n}</v></c>{text_cell(f"B{n}", "cancel")}'
                    f'<c r="XFD{n}"><v>1</v></c></row>'
                    for n in range(2, 3002)
                ),
            )
        ),
        "more than 30 million cells",
    ),
    Damaged("many-strings.xlsx", lambda: with_strings(200_000), 1),
    Damaged("longest-cell.xlsx", lambda: workbook(HEADER, (1, "cancel", "x" * 32_767)), 1),
    Damaged("no-such-string.xlsx", lambda: with_strings(0, used=400), "not all of its parts"),
    Damaged("no-such-style.xlsx", lambda: changed(b'<c r="A2"', b'<c s="99" r="A2"'), 2),
    Damaged("sheet-missing.xlsx", lambda: without(SHEET), "has no worksheet"),
    Damaged("styles-missing.xlsx", lambda: without("xl/styles.xml"), 2),
    Damaged("sheet-cut.xlsx", lambda: changed(b"</sheetData>", b""), "not all of its parts"),
    Damaged("only-a-chart.xlsx", only_a_chart, "no visible sheet with rows"),
    Damaged("many-sheets.xlsx", many_sheets, 1),
    Damaged("strict.xlsx", strict_workbook, 2),
    Damaged(
        "rows-out-of-order.xlsx",
        lambda: with_sheet(
            sheet(
                text_row(1, "order", "status"),
                text_row(9, "1", "cancel"),
                text_row(3, "2", "return"),
            )
        ),
        "row 3 stands below row 9",
    ),
    Damaged(
        "same-row-twice.xlsx",
        lambda: with_sheet(
            sheet(
                text_row(1, "order", "status"),
                text_row(2, "1", "cancel"),
                text_row(2, "2", "return"),
            )
        ),
        "row 2 stands below row 2",
    ),
    Damaged(
        "rows-without-numbers.xlsx",
        lambda: with_sheet(
            sheet(
                *(
                    "<row>"
                    + "".join(f'<c t="inlineStr"><is><t>{t}</t></is></c>' for t in texts)
                    + "</row>"
                    for texts in (("order", "status"), ("1", "cancel"), ("2", "return"))
                )
            )
        ),
        2,
    ),
    Damaged(
        "no-row-can-be.xlsx",
        lambda: changed(b'<row r="2"', b'<row r="99999999"'),
        "claims a row 99999999",
    ),
    Damaged("zero-bytes.csv", lambda: LINES.replace(b";", b"\0;\0"), 2),
    Damaged("open-quote.csv", lambda: LINES + b'"3;cancel\n', "opened in row 4 is never closed"),
    Damaged("huge-line.csv", lambda: b"order;status\n" + b"x" * (100 << 20), "longer than"),
    Damaged(
        "huge-row.csv",
        lambda: b"order;status\n1;cancel\n" + b'"\nxyz";' * 1_000_000,
        "the row that ends near line",
    ),
    Damaged("blank-lines.csv", lambda: LINES + b"\n" * 3_500_000, "3 million rows"),
    Damaged("totals.csv", lambda: LINES + b";total\n" * 100_000, 2),
    Damaged("huge-cell.csv", lambda: b"order;status\n1;" + b"x" * (2 << 20) + b"\n", "near line 2"),
    Damaged("many-delimiters.csv", lambda: b"order;status" + b";" * 1_000_000 + b"\n1;cancel\n", 1),
    Damaged("binary.csv", lambda: bytes(range(256)) * 40, "neither UTF-8 nor cp1251"),
    Damaged(
        "half-a-character.csv", lambda: LINES.decode().encode("utf-16")[:-1], "begins as UTF-16"
    ),
    Damaged("deep.xls", lambda: b"<table><tr><td>" * 50_000, "nested too deeply"),
    Damaged(
        "deep-spans.xls",
        lambda: b"<table><tr><td><b hidden>" + b"<i>" * 200_000 + b"<br>" * 500_000,
        "nested too deeply",
    ),
    Damaged(
        "ends.xls", lambda: b"<table>" + b"<i>" * 200_000 + b"</u>" * 500_000, "nested too deeply"
    ),
    Damaged(
        "many-tables.xls", lambda: PAGE.encode() + b"<table></table>" * 500_000, "10000 tables"
    ),
    Damaged("many-rows.xls", lambda: PAGE.encode() + b"<table>" + b"<tr>" * 5_000_000, "more rows"),
    Damaged(
        "punycode.xls",
        lambda: b"<meta charset=punycode>" + PAGE.encode() + b"abcdefgh" * 60_000 + b"-" * 300_000,
        2,
    ),
    Damaged(
        "spans.xls",
        lambda: b"<table>" + b"<tr><th colspan=1000 rowspan=65534>order" * 500 + b"</table>",
        "wider than a sheet",
    ),
    Damaged("open-comment.xls", lambda: b"<html>" + b"<!--<" * 200_000, "without a table"),
    Damaged("open-tags.xls", lambda: b"<html>" + b"<a <a " * 100_000, "without a table"),
    Damaged("login.xls", lambda: b"<!doctype html><form>Log in</form>", "perhaps a login"),
    Damaged("frames.mht", lambda: b"MIME-Version: 1.0\r\n", "is a web archive"),
    Damaged(
        "entities.xml",
        lambda: xml_2003(xml_row("order", "status", "&e;"), '<!DOCTYPE x [<!ENTITY e "x">]>'),
        "not all of its parts",
    ),
    Damaged("orders.xml", lambda: b'<?xml version="1.0"?><orders/>', "is XML, but none"),
    Damaged(
        "repeated.ods",
        lambda: open_document(ods_row("order", "status") + ods_row("1", "cancel", times=1_000_000)),
        "repeats row 2",
    ),
    Damaged(
        "repeated-bit-by-bit.ods",
        lambda: open_document(
            ods_row("order", "status") + ods_row("1", "cancel", times=10_000) * 100
        ),
        "repeats row",
    ),
    Damaged(
        "wide-rows.ods",
        lambda: open_document(
            ods_row("order", "status")
            + '<table:table-row><table:table-cell table:number-columns-repeated="16384" '
            'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
            * 20_000
        ),
        "more than 30 million cells",
    ),
    Damaged(
        "spaces.ods",
        lambda: open_document(
            ods_row("order", "status")
            + ods_row("1", "cancel", '<text:s text:c="100000"/>' * 1000) * 300
        ),
        300,
    ),
    Damaged("tags.ods", lambda: open_document("<a/>" * (FULL // 4)), "in one row or in none"),
    Damaged(
        "many-tables.ods",
        lambda: open_document("</table:table><table:table>" * 20_000),
        "more than 10000 sheets",
    ),
    Damaged("tags-2003.xls", lambda: xml_2003("<a/>" * (FULL // 4)), "in one row or in none"),
    Damaged(
        "wide-rows-2003.xls",
        lambda: xml_2003(
            xml_row("order", "status")
            + '<Row><Cell ss:Index="16384"><Data ss:Type="String">x</Data></Cell></Row>' * 20_000
        ),
        "more than 30 million cells",
    ),
    Damaged(
        "repeated-columns.ods",
        lambda: open_document(
            '<table:table-row><table:table-cell table:number-columns-repeated="99999999" '
            'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
        ),
        "too many columns",
    ),
    Damaged("cut.xls", lambda: (DATA / "kinds.xls").read_bytes()[:3000], "not all of its parts"),
    Damaged("letter-of-word.xls", lambda: OLE + bytes(2000), "not all of its parts"),
    *(
        Damaged(
            f"{kind}-in-{name}.xlsx",
            partial(with_doctype, doctype, member, entity),
            # The list of what the package holds is not looked at.
            1 if name == "types" else "damaged",
        )
        for name, member in MEMBERS.items()
        for kind, doctype, entity in (
            ("laughs", LAUGHS, "e9"),
            ("quadratic", QUADRATIC, "e;" + "&e;" * 20_000 + "&e"),
            ("foreign", FOREIGN, "e"),
            ("parameter", PARAMETER, "e"),
        )
    ),
    Damaged("many-members.xlsx", lambda: many_members(60_000), "is made of 60000 parts"),
    Damaged("overlapping.xlsx", lambda: overlapping(400), "lie over one another"),
    Damaged("lying-bomb.xlsx", lying_about_its_size, "damaged|unpacks"),
    Damaged(
        "climbing.xlsx",
        lambda: with_names("../../evil", "/evil", "..\\..\\evil", "xl/../../evil"),
        2,
    ),
    Damaged(
        "climbing-target.xlsx",
        lambda: changed(
            b"/xl/worksheets/sheet1.xml", b"../../../../etc/passwd", "xl/_rels/workbook.xml.rels"
        ),
        "damaged|no worksheet",
    ),
    *(
        Damaged(f"{name}.xlsx", partial(filled, member, before, thing), words)
        for name, member, before, thing, words in (
            ("tags-before-rows", SHEET, b"<sheetData>", b"<a/>", "in one row or in none"),
            ("tags-after-rows", SHEET, b"</worksheet>", b"<a/>", "in one row or in none"),
            ("cells-in-a-row", SHEET, b"</row>", b"<c/>", "in one row or in none"),
            ("spaces-in-a-row", SHEET, b"</row>", b" ", "in one row or in none"),
            ("rows-in-a-row", SHEET, b"</row>", b"<row/>", "such as another row"),
            ("tags-in-strings", MEMBERS["strings"], b"</sst>", b"<a/>", "in one row or in none"),
            ("tags-in-styles", MEMBERS["styles"], b"</cellXfs>", b"<xf/>", "full of things"),
            ("tags-in-relations", MEMBERS["relations"], b"</Rel", b"<a/>", "full of things"),
            ("tags-in-types", MEMBERS["types"], b"</Types>", b"<a/>", 1),
            ("tags-in-properties", "docProps/core.xml", b"</cp", b"<a/>", 1),
            ("empty-rows", SHEET, b"</sheetData>", b'<row r="3"/>', 1),
            ("empty-cells", SHEET, b"</row>", b'<c r="C2"/>', "in one row or in none"),
        )
    ),
    Damaged(
        "long-comment.xlsx",
        lambda: filled(SHEET, b"</row>", b"<!--" + b"<x>" * (3 << 20) + b"-->"),
        "in one row or in none",
    ),
    Damaged(
        "long-attribute.xlsx",
        lambda: filled(SHEET, b"</row>", b'<c a="' + b"x" * (9 << 20) + b'"/>'),
        "in one row or in none",
    ),
    Damaged("many-strings-of-nothing.xlsx", lambda: with_strings(0), 1),
    Damaged("same-part.xlsx", lambda: with_pages_of_one_part(10_000), "the same part"),
    Damaged("lying-packed.xlsx", lying_about_what_it_is_packed_in, "unpacks to 1024 MB"),
    Damaged(
        "wide-from-nowhere.xlsx",
        lambda: changed(
            b"<sheetData>",
            b'<cols><col min="-900000000" max="3" width="9"/></cols><sheetData>',
        ),
        2,
    ),
    Damaged(
        "same-widths.xlsx",
        lambda: changed(
            b"<sheetData>",
            b"<cols>" + b'<col min="1" max="16384" width="9"/>' * 200_000 + b"</cols><sheetData>",
        ),
        2,
    ),
    Damaged("many-formats.xlsx", lambda: with_many_formats(65_000), 2),
    Damaged(
        "many-merged.xlsx",
        lambda: changed(
            b"</sheetData>",
            b"</sheetData><mergeCells>"
            + b"".join(b'<mergeCell ref="A%d:XFD%d"/>' % (n, n) for n in range(5, 200_000))
            + b"</mergeCells>",
        ),
        2,
    ),
    Damaged(
        "many-names.xlsx",
        lambda: changed(
            b"</sheets>",
            b"</sheets><definedNames>"
            + b"".join(b'<definedName name="n%d">1</definedName>' % n for n in range(100_000))
            + b"</definedNames>",
            "xl/workbook.xml",
        ),
        2,
    ),
    Damaged("deep.xlsx", lambda: with_sheet(b"<a>" * 200_000), "not all of its parts"),
    Damaged("deep-2003.xls", lambda: xml_2003("<a>" * 200_000), "not all of its parts|is XML"),
    Damaged("deep.ods", lambda: open_document("<text:p>" * 200_000), "not all of its parts"),
    Damaged(
        "everything-merged.xls",
        lambda: b"<table><tr><td rowspan=65535 colspan=16384>x" * 50 + b"</table>",
        "no column for|wider than|damaged",
    ),
    Damaged("many-sheets-named-alike.xls", lambda: PAGE.encode() * 3000, "more than one"),
    Damaged("utf-32.csv", lambda: odd_text("utf-32"), 1),
    Damaged("utf-7.csv", lambda: b"+AG8-rder;status\n1;cancel\n", "no column for"),
    Damaged("surrogates.csv", lambda: LINES + b"\xed\xa0\x80;\xed\xb0\x80\n", 3),
    Damaged("two-encodings.csv", lambda: LINES + "отмена".encode("cp1251") + b"\xd0\n", 3),
    Damaged("marks.csv", lambda: b"\xef\xbb\xbf" * 5 + LINES, 2),
    Damaged("end-mark.csv", lambda: LINES + b"\x1a", 3),
    *(
        Damaged(f"packed.{kind}.xlsx", partial(packed_as, kind), "is an archive")
        for kind in ("gz", "bz2", "xz", "tar")
    ),
    Damaged("packed.7z.xlsx", lambda: b"7z\xbc\xaf'\x1c" + bytes(99), "is an archive"),
    Damaged("packed.rar.xlsx", lambda: b"Rar!\x1a\x07\x00" + bytes(99), "is an archive"),
    Damaged("program.xlsx", lambda: b"MZ" + bytes(range(256)), "not a spreadsheet"),
    Damaged("links.xls", xls_full_of_links, 9),
    Damaged(
        "far-cell.xls",
        lambda: xls_with(5105, b"\x7e\x02\x0a\x00", b"\x7e\x02\x0a\x00\xff\xff\xff\x00"),
        # The row of totals is known though a far cell stands below it.
        10,
    ),
    Damaged("good.xlsb", lambda: xlsb_at(0, 1), 1),
    Damaged("far-row.xlsb", lambda: xlsb_at(0, 1_048_575), 1),
    Damaged("million-empty-rows.xlsb", lambda: far_below(empty_cells(2), 1_000_000), 1),
    Damaged("wide-empty-rows.xlsb", lambda: far_below(empty_cells(16_000), 200), 1),
    Damaged(
        "records-of-nothing.xlsb",
        lambda: xlsb_of(b"\xd0\x0f\0" * 5_000_000),
        "things that are no rows",
    ),
    Damaged(
        "texts-of-nothing.xlsb",
        lambda: xlsb_with("xl/sharedStrings.bin", record(19, bytes(5)) * 3_100_000),
        "more than 3 million different texts",
    ),
    Damaged(
        "large-list-of-sheets.xlsb",
        lambda: xlsb_with("xl/workbook.bin", bytes(17 << 20)),
        "parts is larger than 16 MB",
    ),
    Damaged(
        "long-record.xlsb", lambda: xlsb_of(b"\x06\xff\xff\xff\x7f" + bytes(99)), "claims 268435455"
    ),
    Damaged("no-row-can-be.xlsb", lambda: xlsb_at(0, 2**32 - 1), "claims a row"),
    Damaged("no-column-can-be.xlsb", lambda: xlsb_at(1, 2**31), "claims a column"),
    Damaged("circle.xls", lambda: broken_ole(512, bytes(4) * 128), "damaged|not all"),
    Damaged("many-sectors.xls", lambda: broken_ole(44, b"\xff" * 4), 9),
    Damaged("small-sectors.xls", lambda: broken_ole(30, b"\xff\xff"), 9),
    Damaged("directory-nowhere.xls", lambda: broken_ole(48, b"\xfe" * 4), "damaged|not all"),
    Damaged(
        "binary-parts.xlsb",
        lambda: packed({**parts_of(workbook()), "xl/workbook.bin": bytes(range(256)) * 99}),
        2,
    ),
)
