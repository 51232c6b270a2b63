"""Workbooks as programs other than Excel pack them, and parts that do not matter."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from batch_update.errors import InputFileError
from batch_update.model import CellValue, ErrorCell, UnsavedFormula
from tests.hostile.test_damaged import slowness
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.integration.test_formats import described, read
from tools.make_damaged import NAMESPACE, SHEET, packed, parts_of, sheet, text_row

Parts = dict[str, bytes]
HEADER = ("Order number", "Status", "Ship date", "Tracking number")
BOOK, STYLES, STRINGS = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"
LINKS, ROOT, TYPES = "xl/_rels/workbook.xml.rels", "_rels/.rels", "[Content_Types].xml"
CORE = "docProps/core.xml"
GOOD = {
    2: "100001 sent 2026-11-20 00:00 RA123456785RU",
    3: "100002 sent 2026-11-20 00:00 00012345678901",
}


@functools.cache
def base() -> Parts:
    """Write a good workbook: shared texts, a date, and a number that shows zeros."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("Parcels")
        page.write_row(0, 0, HEADER)
        day = book.add_format({"num_format": "dd.mm.yyyy", "bold": True, "bg_color": "#FFFF00"})
        zeros = book.add_format({"num_format": "0" * 14})
        for row, number in ((1, 100001), (2, 100002)):
            page.write_row(row, 0, (number, "sent"))
            page.write_datetime(row, 2, dt.datetime(2026, 11, 20), day)
        page.write_string(1, 3, "RA123456785RU")
        page.write_number(2, 3, 12345678901, zeros)
        book.set_custom_property("Warehouse", "North")
    return parts_of(buffer.getvalue())


def with_change(name: str, pattern: str, new: str) -> Parts:
    """Change all places of one part that fit a pattern."""
    changed, count = re.subn(pattern.encode(), new.encode(), base()[name])
    assert count, f"{pattern} is not in {name}"
    return {**base(), name: changed}


def without(*names: str) -> Parts:
    assert set(names) <= set(base())
    return {name: part for name, part in base().items() if name not in names}


def renamed(change: Callable[[str], str]) -> Parts:
    return {change(name): part for name, part in base().items()}


def moved(folder: str, *, absolute: bool) -> Parts:
    """Put all that stands in `xl/` elsewhere; links are from the root or from where they are."""
    parts = {re.sub("^xl/", folder, name): part for name, part in base().items()}
    links = f"{folder}_rels/workbook.xml.rels"
    if absolute:
        parts[links] = parts[links].replace(b'Target="', b'Target="/' + folder.encode())
    start = b"/" if absolute else b""
    parts[ROOT] = parts[ROOT].replace(b'Target="xl/', b'Target="' + start + folder.encode())
    return parts


def strict() -> Parts:
    """Write what Excel calls a Strict Open XML Spreadsheet."""
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"officeDocument/",
    }
    parts = {}
    for name, part in base().items():
        for old, new in names.items():
            part = part.replace(old, b"http://purl.oclc.org/ooxml/" + new)
        parts[name] = part
    parts[BOOK] = parts[BOOK].replace(b"<workbook ", b'<workbook conformance="strict" ')
    return parts


def with_prefix() -> Parts:
    """Write elements with a prefix, as Microsoft's own library does."""
    parts = dict(base())
    for name in (BOOK, STYLES, STRINGS, SHEET):
        part = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", parts[name].replace(b"xmlns=", b"xmlns:x="))
        parts[name] = part
    return parts


def indented(parts: Parts) -> Parts:
    """Set every element on a line of its own."""
    return {name: part.replace(b"><", b">\n  <") for name, part in parts.items()}


def with_inline() -> Parts:
    """Write all texts inline, and declare shared ones that are not there."""
    items = re.findall(rb"<si>(.*?)</si>", base()[STRINGS])

    def inline(found: re.Match[bytes]) -> bytes:
        return b'<c%s t="inlineStr"><is>%s</is></c>' % (found[1], items[int(found[2])])

    page = re.sub(rb'<c([^>]*) t="s"><v>(\d+)</v></c>', inline, base()[SHEET])
    return {**without(STRINGS), SHEET: page}


IRRELEVANT: dict[str, Callable[[], Parts]] = {
    "created-as-a-day": lambda: with_change(CORE, r"(W3CDTF\">)[^<]*", r"\g<1>2026-11-20"),
    "created-as-russians-write": lambda: with_change(
        CORE, r"(W3CDTF\">)[^<]*", r"\g<1>20.11.2026 10:00:00"
    ),
    "created-empty": lambda: with_change(CORE, r"(W3CDTF\">)[^<]*", r"\g<1>"),
    "properties-no-xml": lambda: {**base(), CORE: b"none"},
    "properties-missing": lambda: without(CORE, "docProps/app.xml"),
    "custom-of-an-unknown-kind": lambda: with_change(
        "docProps/custom.xml", "<vt:lpwstr>(.*?)</vt:lpwstr>", r"<vt:odd>\1</vt:odd>"
    ),
    "custom-without-a-value": lambda: with_change(
        "docProps/custom.xml", "<vt:lpwstr>.*?</vt:lpwstr>", ""
    ),
    "tab-ratio": lambda: with_change(BOOK, "<workbookView ", '<workbookView tabRatio="600.5" '),
    "view-visibility": lambda: with_change(
        BOOK, "<workbookView ", '<workbookView visibility="Visible" '
    ),
    "calculation-mode": lambda: with_change(BOOK, "<calcPr ", '<calcPr calcMode="Auto" '),
    "active-tab-nowhere": lambda: with_change(
        BOOK, "<workbookView ", '<workbookView activeTab="99" '
    ),
    "names-of-nothing": lambda: with_change(
        BOOK, "</sheets>", '</sheets><definedNames><definedName localSheetId="x"/></definedNames>'
    ),
    "sheet-visible-in-capitals": lambda: with_change(BOOK, "<sheet ", '<sheet state="Visible" '),
    "sheet-without-an-id": lambda: with_change(BOOK, 'sheetId="1"', 'sheetId=""'),
    "font-family": lambda: with_change(STYLES, "<family[^>]*>", '<family val="15"/>'),
    "font-size": lambda: with_change(STYLES, "<sz[^>]*>", '<sz val="11,5"/>'),
    "empty-fill": lambda: with_change(STYLES, "</fills>", "<fill/></fills>"),
    "fill-of-softmaker": lambda: with_change(
        STYLES,
        "</patternFill>",
        '</patternFill><extLst><ext uri="{SM}"><sm:x xmlns:sm="s"/></ext></extLst>',
    ),
    "colour-that-is-none": lambda: with_change(STYLES, 'rgb="[^"]*"', 'rgb="yellow"'),
    "no-style-styles": lambda: with_change(STYLES, "<cellStyleXfs.*?</cellStyleXfs>", ""),
    "styles-of-styles-cut": lambda: with_change(STYLES, "<cellStyles.*?</cellStyles>", ""),
    "style-empty": lambda: with_change(SHEET, '<c r="A2"', '<c r="A2" s=""'),
    "style-beyond-the-list-of-a-text": lambda: with_change(SHEET, '<c r="B2"', '<c r="B2" s="99"'),
    "theme-no-xml": lambda: {**base(), "xl/theme/theme1.xml": b"\0"},
    "kind-empty": lambda: with_change(SHEET, '<c r="A2"', '<c r="A2" t=""'),
    "drawing-nowhere": lambda: with_change(
        SHEET, "</worksheet>", '<drawing xmlns:r="r" r:id="rId9"/></worksheet>'
    ),
    "merged-nonsense": lambda: with_change(
        SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="?"/></mergeCells>'
    ),
    "widths-of-nothing": lambda: with_change(
        SHEET, "<sheetData>", '<cols><col min="a" width="wide"/></cols><sheetData>'
    ),
}
"""Things that spoil nothing that we use."""

PACKAGES: dict[str, Callable[[], Parts]] = {
    "small-letters": lambda: renamed(str.lower),
    "capitals": lambda: renamed(lambda name: name if "[" in name else name.upper()),
    "backslashes": lambda: renamed(lambda name: name.replace("/", "\\")),
    "capital-targets": lambda: with_change(LINKS, 'Target="w', 'Target="W'),
    "backslash-targets": lambda: with_change(LINKS, "worksheets/", r"worksheets\\\\"),
    "at-the-root": lambda: moved("", absolute=False),
    "at-the-root-absolute": lambda: moved("", absolute=True),
    "in-another-folder": lambda: moved("excel/book/", absolute=False),
    "in-another-folder-absolute": lambda: moved("excel/book/", absolute=True),
    "absolute-targets": lambda: moved("xl/", absolute=True),
    "targets-with-dots": lambda: with_change(LINKS, 'Target="w', 'Target="./../xl/w'),
    "targets-from-the-root-without-a-slash": lambda: with_change(LINKS, 'Target="', 'Target="xl/'),
    "percent-in-names": lambda: {
        **{n: p for n, p in with_change(LINKS, "sheet1", "my%20sheet").items() if n != SHEET},
        "xl/worksheets/my sheet.xml": base()[SHEET],
    },
    "links-from-outside": lambda: with_change(
        LINKS,
        "</Relationships>",
        '<Relationship Id="x" TargetMode="External" Type="a/styles" Target="http://127.0.0.1:9/"/>'
        "</Relationships>",
    ),
    "no-types": lambda: without(TYPES),
    "types-without-an-entry": lambda: with_change(TYPES, "<Override[^>]*sheet[^>]*>", ""),
    "types-no-xml": lambda: {**base(), TYPES: b""},
    "no-links-of-the-package": lambda: without(ROOT),
    "links-of-the-package-no-xml": lambda: {**base(), ROOT: b"<"},
    "numbered-workbook": lambda: {
        **{n.replace("workbook.xml", "workbook22.xml"): p for n, p in base().items()},
        ROOT: base()[ROOT].replace(b"workbook.xml", b"workbook22.xml"),
    },
    "inline-though-shared-are-declared": with_inline,
    "inline-and-an-empty-shared-part": lambda: {**with_inline(), STRINGS: b""},
    "inline-and-a-broken-shared-part": lambda: {**with_inline(), STRINGS: b"<sst>"},
    "spoken-without-text": lambda: with_change(
        STRINGS, "(<t>RA123456785RU</t>)", r'\1<rPh sb="0" eb="1"/><phoneticPr fontId="x"/>'
    ),
    "spoken-with-text": lambda: with_change(
        STRINGS, "(<t>RA123456785RU</t>)", r'\1<rPh sb="0" eb="1"><t>spoken</t></rPh>'
    ),
    "runs-with-odd-fonts": lambda: with_change(
        STRINGS,
        "<t>RA123456785RU</t>",
        '<r><rPr><sz val="11,5"/><family val="15"/></rPr><t>RA123456</t></r><r><t>785RU</t></r>',
    ),
    "prefix": with_prefix,
    "indented": lambda: indented(base()),
    "prefix-indented": lambda: indented(with_prefix()),
    "strict": strict,
    "strict-absolute-indented": lambda: indented(
        {n: p.replace(b'Target="w', b'Target="/xl/w') for n, p in strict().items()}
    ),
    "strict-dates-as-text": lambda: {
        **strict(),
        SHEET: re.sub(
            rb'(<c r="C\d" s="\d+")><v>46346</v>', rb'\1 t="d"><v>2026-11-20</v>', strict()[SHEET]
        ),
    },
    "strict-moments-as-text": lambda: {
        **strict(),
        SHEET: re.sub(
            rb'(<c r="C\d" s="\d+")><v>46346</v>',
            rb'\1 t="d"><v>2026-11-20T00:00:00.000Z</v>',
            strict()[SHEET],
        ),
    },
    "strict-of-1904-with-dates-as-text": lambda: {
        **strict(),
        BOOK: strict()[BOOK].replace(b"<workbookPr ", b'<workbookPr date1904="true" '),
        SHEET: re.sub(
            rb'(<c r="C\d" s="\d+")><v>46346</v>', rb'\1 t="d"><v>2026-11-20</v>', strict()[SHEET]
        ),
    },
    "namespace-of-its-own": lambda: {
        n: p.replace(b"spreadsheetml/2006/main", b"spreadsheetml/2006/5/main")
        for n, p in base().items()
    },
    "comments-between": lambda: with_change(SHEET, "</row>", '<!-- <row r="9"/> --></row>'),
    "rows-with-fractions": lambda: with_change(SHEET, r'<row r="(\d)"', r'<row r="\1.0"'),
    "rows-without-numbers": lambda: with_change(SHEET, r'<row r="\d"', "<row"),
    "cells-in-small-letters": lambda: with_change(SHEET, 'r="D2"', 'r="d2"'),
    "cells-with-dollars": lambda: with_change(SHEET, 'r="D2"', 'r="$D$2"'),
    "cells-without-places": lambda: with_change(SHEET, r'<c r="[A-D]\d"', "<c"),
}
"""Packages of other programs, all of the same sheet."""


@pytest.mark.parametrize(
    "make", [*IRRELEVANT.values(), *PACKAGES.values()], ids=[*IRRELEVANT, *PACKAGES]
)
def test_the_sheet_is_read_however_it_is_packed(tmp_path: Path, make: Callable[[], Parts]) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(make()))
    found = read(path)
    assert found.name == "Parcels"
    assert described(found) == GOOD


def test_all_of_them_go_through_the_command_line_and_nothing_else_is_printed(
    tmp_path: Path,
) -> None:
    files = {**IRRELEVANT, **PACKAGES}
    for name, make in files.items():
        (tmp_path / f"{name}.xlsx").write_bytes(packed(make()))
    done = subprocess.run(
        [COMMAND, "--dry-run", "--json", tmp_path],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert [file["rows"] for file in report["files"]] == [2] * len(files)


TEXTS = {
    "RAx005F_123456": "RAx005F_123456",
    "RA_x005F_123456": "RA_123456",
    "_x005F_x000D_": "_x000D_",
    "_x005F_x005F_x0041_": "_x005FA",
    "_x000D_": "\r",
    "_x0052_A1": "RA1",
    "_x0052__x0041_1": "RA1",
    "_x52_A1": "_x52_A1",
    "_X0052_A1": "_X0052_A1",
    "_x00zz_": "_x00zz_",
    "_xD83D__xDCE6_": "\U0001f4e6",
    "_xD83D_": "\ufffd",
    "RA&amp;_x0031_": "RA&1",
}


@pytest.mark.parametrize(("written", "text"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_unescaped_once_wherever_it_stands(
    tmp_path: Path, written: str, text: str
) -> None:
    cells = (
        f'<c r="C2" t="inlineStr"><is><t>{written}</t></is></c>',
        f'<c r="C2" t="inlineStr"><is><r><t>{written}</t></r></is></c>',
        f'<c r="C2" t="str"><f>X</f><v>{written}</v></c>',
        '<c r="C2" t="s"><v>0</v></c>',
        '<c r="C2" t="s"><v>1</v></c>',
        f'<c r="C2"><is><t>{written}</t></is></c>',
    )
    strings = f"<si><t>{written}</t></si><si><r><t>{written}</t></r></si>"
    for cell in cells:
        assert value_of(tmp_path, cell, strings) == text


def value_of(folder: Path, cell: str, strings: str = "", styles: str = "") -> CellValue:
    """Give what is read of a cell in column C."""
    return read(write_cell(folder, cell, strings, styles)).rows[0].cell(2)


def write_cell(folder: Path, cell: str, strings: str = "", styles: str = "") -> Path:
    row = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>cancel</t></is></c>'
    page = sheet(text_row(1, "order", "status", "note"), f"{row}{cell}</row>")
    parts = {**base(), SHEET: page, STRINGS: f'<sst xmlns="{NAMESPACE}">{strings}</sst>'.encode()}
    if styles:
        parts[STYLES] = f'<styleSheet xmlns="{NAMESPACE}">{styles}</styleSheet>'.encode()
    path = folder / "a.xlsx"
    path.write_bytes(packed(parts))
    return path


DATES = '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs>'


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        pytest.param('t="d"><v>2026-11-20</v>', dt.date(2026, 11, 20), id="day"),
        pytest.param('t="d"><v>2026-11-20T10:30</v>', dt.datetime(2026, 11, 20, 10, 30), id="time"),
        pytest.param(
            't="d"><v>2026-11-20T10:30:00+03:00</v>',
            dt.datetime(2026, 11, 20, 10, 30),
            id="offset",
        ),
        pytest.param('t="d"><v>T10:30:00</v>', dt.time(10, 30), id="time-alone"),
        pytest.param('t="d"><v>PT25H0M0S</v>', dt.timedelta(hours=25), id="length"),
        pytest.param('t="d"><v>20.11.2026</v>', ErrorCell(text="#VALUE!"), id="no-iso"),
        pytest.param('t="d"><v>2026</v>', ErrorCell(text="#VALUE!"), id="year"),
        pytest.param('t="d"><v>P</v>', ErrorCell(text="#VALUE!"), id="no-length"),
        pytest.param('t="d"><v>P999999999999D</v>', ErrorCell(text="#VALUE!"), id="too-long"),
        pytest.param('t="d"><v>2026-13-45</v>', ErrorCell(text="#VALUE!"), id="no-day"),
        pytest.param('s="1"><v>46346.4375</v>', dt.datetime(2026, 11, 20, 10, 30), id="serial"),
        pytest.param('s="2"><v>1.5</v>', dt.timedelta(hours=36), id="serial-length"),
        pytest.param('s="1"><v>1e9</v>', ErrorCell(text="#VALUE!"), id="serial-too-far"),
        pytest.param('s="1"><v>20.11.2026</v>', "20.11.2026", id="text-in-a-date-cell"),
        pytest.param("><v>RA123456785RU</v>", "RA123456785RU", id="text-without-kind"),
        pytest.param("><v>1_000</v>", "1_000", id="underscore"),
        pytest.param("><v>11,5</v>", "11,5", id="comma"),
        pytest.param("><v>NaN</v>", "NaN", id="nan"),
        pytest.param("><v> 7 </v>", 7, id="spaces"),
        pytest.param(f"><v>{'9' * 5000}</v>", "9" * 5000, id="endless"),
        pytest.param("><v>٣</v>", "٣", id="digits-of-others"),
        pytest.param('t="b"><v>true</v>', True, id="true"),
        pytest.param('t="b"><v>0</v>', False, id="false"),
        pytest.param('t="b"><v>yes</v>', ErrorCell(text="yes"), id="no-boolean"),
        pytest.param('t="e"><v>#N/A</v>', ErrorCell(text="#N/A"), id="error"),
        pytest.param('t="b"><f>A1</f><v/>', UnsavedFormula(text="=A1"), id="formula"),
        pytest.param("><f>A1</f>", UnsavedFormula(text="=A1"), id="formula-without-value"),
        pytest.param('t="str"><f>""</f><v></v>', None, id="formula-of-nothing"),
        pytest.param('t="inlineStr"><v>x</v>', "x", id="inline-as-value"),
        pytest.param('t="str"><is><t>x</t></is>', "x", id="value-as-inline"),
        pytest.param('t="odd"><v>x</v>', "x", id="unknown-kind"),
    ],
)
def test_a_cell_is_what_it_says_and_never_empty(
    tmp_path: Path, cell: str, value: CellValue
) -> None:
    assert value_of(tmp_path, f'<c r="C2" {cell}</c>', styles=DATES) == value


@pytest.mark.parametrize("index", ["-1", "1", "x"])
def test_a_text_that_is_not_there_is_no_other_text(tmp_path: Path, index: str) -> None:
    path = write_cell(tmp_path, f'<c r="C2" t="s"><v>{index}</v></c>', "<si><t>a</t></si>")
    with pytest.raises(InputFileError, match="not all of its parts"):
        read(path)


FORMATS = {
    "none": ("", "0", "General"),
    "no-styles-beyond": ("<cellXfs/>", "1", "?"),
    "no-styles": ("<cellXfs/>", "0", "General"),
    "built-in": ('<cellXfs><xf numFmtId="49"/></cellXfs>', "0", "@"),
    "unused-built-in": ('<cellXfs><xf numFmtId="27"/></cellXfs>', "0", "General"),
    "own": (
        '<numFmts><numFmt numFmtId="164" formatCode="000"/></numFmts>'
        '<cellXfs><xf numFmtId="164"/></cellXfs>',
        "0",
        "000",
    ),
    "own-of-a-built-in": (
        '<numFmts><numFmt numFmtId="14" formatCode="0000"/></numFmts>'
        '<cellXfs><xf numFmtId="14"/></cellXfs>',
        "0",
        "0000",
    ),
    "escaped": (
        '<numFmts><numFmt numFmtId="164" formatCode="000_x0020_0"/></numFmts>'
        '<cellXfs><xf numFmtId="164"/></cellXfs>',
        "0",
        "000 0",
    ),
    "not-declared": ('<cellXfs><xf numFmtId="200"/></cellXfs>', "0", "?"),
    "no-number": ('<cellXfs><xf numFmtId="x"/></cellXfs>', "0", "?"),
    "without-code": (
        '<numFmts><numFmt numFmtId="164"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>',
        "0",
        "?",
    ),
    "empty-code": (
        '<numFmts><numFmt numFmtId="164" formatCode=""/></numFmts>'
        '<cellXfs><xf numFmtId="164"/></cellXfs>',
        "0",
        "General",
    ),
    "no-style": ("<cellXfs><xf/></cellXfs>", "x", "?"),
    "beyond": ("<cellXfs><xf/></cellXfs>", "99", "?"),
    "far-beyond": ("<cellXfs><xf/></cellXfs>", "9" * 30, "?"),
    "below": ("<cellXfs><xf/></cellXfs>", "-1", "?"),
    "broken": ("<cellXfs>", "0", "?"),
}


@pytest.mark.parametrize(("styles", "style", "code"), FORMATS.values(), ids=FORMATS)
def test_a_number_format_that_cannot_be_read_is_unknown(
    tmp_path: Path, styles: str, style: str, code: str
) -> None:
    cell = f'<c r="C2" s="{style}"><v>7</v></c>'
    row = read(write_cell(tmp_path, cell, styles=styles or "<fonts/>")).rows[0]
    assert (row.cell(2), row.number_format(2)) == (7, code)


@pytest.mark.parametrize("style", ["99", "x"])
def test_a_tracking_number_of_unknown_format_is_refused(tmp_path: Path, style: str) -> None:
    path = tmp_path / "a.xlsx"
    changed = with_change(SHEET, r'<c r="D3" s="\d+"', f'<c r="D3" s="{style}"')
    path.write_bytes(packed(changed))
    assert described(read(path))[3].startswith("rpo_")


@pytest.mark.parametrize(
    ("written", "is_1904"),
    [(word, True) for word in ("1", "true", "True", "on", " TRUE ")]
    + [(word, False) for word in ("0", "false", "False", "off", "")],
)
def test_the_date_system_is_a_boolean(tmp_path: Path, written: str, *, is_1904: bool) -> None:
    path = tmp_path / "a.xlsx"
    parts = with_change(BOOK, "<workbookPr ", f'<workbookPr date1904="{written}" ')
    serial = b"44884" if is_1904 else b"46346"
    path.write_bytes(packed({**parts, SHEET: parts[SHEET].replace(b"46346", serial)}))
    assert described(read(path)) == GOOD


def test_a_date_system_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(with_change(BOOK, "<workbookPr ", '<workbookPr date1904="maybe" ')))
    with pytest.raises(InputFileError, match="is damaged: date1904 is maybe"):
        read(path)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param(lambda: without(BOOK), "not all of its parts", id="no-workbook"),
        pytest.param(lambda: without(LINKS), "not all of its parts", id="no-links"),
        pytest.param(lambda: without(SHEET), "has no worksheet", id="no-sheet"),
        pytest.param(lambda: without(STRINGS), "not all of its parts", id="no-shared-texts"),
        pytest.param(lambda: {**base(), BOOK: b"<"}, "not all of its parts", id="workbook-no-xml"),
        pytest.param(
            lambda: with_change(BOOK, 'r:id="rId1"', 'r:id="rId9"'),
            "not all of its parts",
            id="sheet-without-a-link",
        ),
        pytest.param(
            lambda: with_change(BOOK, 'r:id="rId1"', ""), "has no worksheet", id="sheet-unlinked"
        ),
        pytest.param(
            lambda: {**base(), STYLES: b"<!DOCTYPE x>" + base()[STYLES].partition(b"?>")[2]},
            "not all of its parts",
            id="document-type",
        ),
    ],
)
def test_what_is_used_and_not_there_is_told(
    tmp_path: Path, parts: Callable[[], Parts], words: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(parts()))
    with pytest.raises(InputFileError, match=words):
        read(path)


def test_a_sheet_has_the_name_that_is_escaped_or_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(with_change(BOOK, 'name="Parcels"', 'name="_x0410__x0412_"')))
    assert read(path).name == "АВ"
    path.write_bytes(packed(with_change(BOOK, 'name="Parcels"', "")))
    assert read(path).name == "sheet 1"


def test_hidden_sheets_are_known_in_any_capitals(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(with_change(BOOK, "<sheet ", '<sheet state="VeryHidden" ')))
    with pytest.raises(InputFileError, match="no visible sheet"):
        read(path)
    assert described(read(path, "Parcels")) == GOOD


EMPTY_ROWS = {
    "closed": '<row r="{n}" s="1" customFormat="1"/>',
    "with-cells": '<row r="{n}" spans="1:4"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>',
    "open": "<row s='1' r='{n}'></row>",
    "indented": '<row r="{n}">\n <c r="A{n}" s="1"/>\n</row>\n',
    "without-places": "<row><c/></row>",
    "with-empty-values": '<row r="{n}"><c r="A{n}"><v/></c></row>',
}


@pytest.mark.parametrize("row", EMPTY_ROWS.values(), ids=EMPTY_ROWS)
def test_empty_rows_move_no_other(tmp_path: Path, row: str) -> None:
    rows = [row.format(n=number) for number in range(2, 7000)]
    for number in (1500, 4000, 4001):
        cells = text_row(number, str(number), "cancel")
        rows[number - 2] = cells if "r=" in row else cells.replace(f' r="{number}"', "")
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed({**base(), SHEET: sheet(text_row(1, "order", "status"), *rows)}))
    assert [(found.number, found.cell(0)) for found in read(path).rows] == [
        (number, str(number)) for number in (1500, 4000, 4001)
    ]


def test_what_only_looks_like_an_empty_row_is_kept(tmp_path: Path) -> None:
    text = '<![CDATA[<row r="5"/><row r="6"/>]]>'
    page = sheet(text_row(1, "order", "status", "note"), text_row(2, "1", "cancel", text))
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed({**base(), SHEET: page}))
    assert read(path).rows[0].cell(2) == '<row r="5"/><row r="6"/>'
    # In this encoding the same bytes could be other characters.
    other = b'<?xml version="1.0" encoding="windows-1251"?>' + page.decode().encode("cp1251")
    path.write_bytes(packed({**base(), SHEET: other.replace(text.encode(), "ж".encode("cp1251"))}))
    assert read(path).rows[0].cell(2) == "ж"


def test_rows_that_are_counted_go_on_behind_empty_ones(tmp_path: Path) -> None:
    counted = text_row(9, "1", "cancel").replace(' r="9"', "", 1)
    bare = re.sub(' r="[AB]9"', "", counted)
    page = sheet(text_row(1, "order", "status"), '<row r="7"/>', bare)
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed({**base(), SHEET: page}))
    assert [row.number for row in read(path).rows] == [8]
    path.write_bytes(packed({**base(), SHEET: page.replace(bare.encode(), counted.encode())}))
    assert [row.number for row in read(path).rows] == [9]


def test_more_empty_rows_than_a_sheet_can_have_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = '<row r="3"/>' * 1_048_577
    path.write_bytes(packed({**base(), SHEET: sheet(text_row(1, "order", "status"), rows)}))
    with pytest.raises(InputFileError, match="more than 1048576 empty rows"):
        read(path)


@pytest.mark.parametrize("kind", ["closed", "with-cells"])
def test_a_million_formatted_empty_rows_are_passed_over_quickly(tmp_path: Path, kind: str) -> None:
    rows = (EMPTY_ROWS[kind].format(n=number) for number in range(3, 1_000_003))
    page = sheet(text_row(1, "order", "status"), text_row(2, "1", "cancel"), *rows)
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed({**base(), SHEET: page}))
    start = time.process_time()
    assert len(read(path).rows) == 1
    assert time.process_time() - start < 5 * slowness()
