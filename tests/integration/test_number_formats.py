"""A number is read as the sheet shows it, in every kind of file, through the real command line."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update.validator.formats import shown_text
from tests.cases.case import HEADER, MIDNIGHT
from tests.cases.formats import NUMBER, SHOWN, SHOWN_ORDERS
from tests.conftest import CliRun, OpenSandbox, RunCli
from tests.integration.test_cases import sent
from tests.integration.test_end_to_end import results_of
from tools import make_biff, make_binary
from tools.make_binary import Shown

DAY = 46346
FIRST_ORDER = 100001
Line = Sequence[object]
"""Order number, status, day and tracking number; a number with its format is a pair."""


def lines_of(codes: Mapping[str, str]) -> list[Line]:
    """Write a row for each format of a tracking number."""
    return [(n, "sent", DAY, (NUMBER, code)) for n, code in enumerate(codes, start=1)]


def lines_of_orders(codes: Mapping[str, str]) -> list[Line]:
    """Write a row for each format of an order number."""
    return [((FIRST_ORDER + n, code), "cancel") for n, code in enumerate(codes)]


def write_xlsx(path: Path, lines: Sequence[Line]) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for number, line in enumerate([HEADER, *lines], start=1):
        for column, cell in enumerate(line, start=1):
            value, code = cell if isinstance(cell, tuple) else (cell, "General")
            page.cell(number, column, value).number_format = code
    book.save(path)


def write_xls(path: Path, lines: Sequence[Line]) -> None:
    # The class of cells that a writer takes is narrower than what a line may hold.
    rows = [list(line) for line in (HEADER, *lines)]
    path.write_bytes(make_biff.workbook(rows))  # type: ignore[arg-type]


def write_xlsb(path: Path, lines: Sequence[Line]) -> None:
    book = make_binary.Book()
    rows = [[Shown(*cell) if isinstance(cell, tuple) else cell for cell in line] for line in lines]
    book.add_sheet("Parcels", make_binary.numbered([HEADER, *rows]))
    path.write_bytes(book.packed())


def write_xml_2003(path: Path, lines: Sequence[Line]) -> None:
    codes: list[str] = []
    rows = ""
    for line in (HEADER, *lines):
        rows += "<Row>"
        for cell in line:
            value, code = cell if isinstance(cell, tuple) else (cell, "General")
            if code not in codes:
                codes.append(code)
            kind = "String" if isinstance(value, str) else "Number"
            data = f'<Data ss:Type="{kind}">{escape(str(value))}</Data>'
            rows += f'<Cell ss:StyleID="s{codes.index(code)}">{data}</Cell>'
        rows += "</Row>"
    styles = "".join(
        f'<Style ss:ID="s{n}"><NumberFormat ss:Format={quoteattr(code)}/></Style>'
        for n, code in enumerate(codes)
    )
    path.write_text(xml_2003(rows, styles), encoding="utf-8")


def xml_2003(rows: str, styles: str = "", columns: str = "") -> str:
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Workbook xmlns="{name}" xmlns:ss="{name}">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="Parcels"><Table>{columns}{rows}</Table>'
        "</Worksheet></Workbook>"
    )


WRITERS: dict[str, Callable[[Path, Sequence[Line]], None]] = {
    "xlsx": write_xlsx,
    "xls": write_xls,
    "xlsb": write_xlsb,
    "xml": write_xml_2003,
}


def check(run: CliRun, results: Path, shop_got: Mapping[str, list[str]], wanted: list[str]) -> None:
    """Hold a run's results and requests against what is wanted of each row."""
    assert run.err == ""
    expected: dict[str, list[str]] = {}
    for wish, (outcome, code) in zip(wanted, results_of(results).values(), strict=True):
        if " " in wish:
            assert (wish, outcome, code) == (wish, "updated", None)
            expected[wish.partition(" ")[0]] = [wish]
        else:
            assert (wish, outcome, code) == (wish, "invalid", wish)
    assert shop_got == expected


def wishes(codes: Mapping[str, str]) -> list[str]:
    return [
        text if text.startswith("rpo_") else f"{number} sent {MIDNIGHT} {text}"
        for number, text in enumerate(codes.values(), start=1)
    ]


def wishes_of_orders(codes: Mapping[str, str]) -> list[str]:
    return [
        text if text.startswith("bill_id_") else f"{FIRST_ORDER + n} cancel"
        for n, text in enumerate(codes.values())
    ]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_tracking_number_is_what_the_sheet_shows(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    sandbox = open_sandbox()
    WRITERS[kind](tmp_path / f"a.{kind}", lines_of(SHOWN))
    run = run_cli(f"a.{kind}", "--output", "o.xlsx", shop=sandbox)
    check(run, tmp_path / "o.xlsx", sent(sandbox), wishes(SHOWN))


@pytest.mark.parametrize("kind", WRITERS)
def test_an_order_number_is_what_the_sheet_shows(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    sandbox = open_sandbox()
    WRITERS[kind](tmp_path / f"a.{kind}", lines_of_orders(SHOWN_ORDERS))
    run = run_cli(f"a.{kind}", "--output", "o.xlsx", shop=sandbox)
    check(run, tmp_path / "o.xlsx", sent(sandbox), wishes_of_orders(SHOWN_ORDERS))


@pytest.mark.parametrize("results", ["o.xlsx", "o.csv"])
def test_results_are_read_again_as_the_same(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, results: str
) -> None:
    sandbox = open_sandbox()
    lines = [*lines_of(SHOWN), *lines_of_orders(SHOWN_ORDERS)]
    write_xlsx(tmp_path / "a.xlsx", lines)
    run_cli("a.xlsx", "--output", results, shop=sandbox)
    first = sent(sandbox)
    run = run_cli(results, "--output", "again.csv", shop=sandbox)
    assert sent(sandbox) == first
    assert run.status == 1
    with (tmp_path / "again.csv").open(encoding="utf-8-sig", newline="") as file:
        outcomes = [row["result"] for row in csv.DictReader(file)]
    wanted = [*SHOWN.values(), *SHOWN_ORDERS.values()]
    assert outcomes == [
        "invalid" if text.startswith(("rpo_", "bill_id_")) else "already updated" for text in wanted
    ]


def test_other_numbers_stand_in_a_csv_as_they_are(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    header = ("order", "status", "tracking", "share", "count", "code")
    line = ((1, '"A"0'), "cancel", (5, "0%"), (1, "0%"), (7, '0" шт."'), (7, "000"))
    book = openpyxl.Workbook()
    book.worksheets[0].append(header)
    for column, cell in enumerate(line, start=1):
        value, code = cell if isinstance(cell, tuple) else (cell, "General")
        book.worksheets[0].cell(2, column, value).number_format = code
    book.save(tmp_path / "a.xlsx")
    run_cli("a.xlsx", "--output", "o.csv", shop=open_sandbox())
    with (tmp_path / "o.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert [row[name] for name in header] == ["A1", "cancel", "5", "1", "7", "007"]


ODF = "urn:oasis:names:tc:opendocument:xmlns"
DIGITS = '<number:number number:min-integer-digits="{}" number:decimal-places="0"/>'
ELEVEN = DIGITS.format(11)
TEXT = "<number:text>{}</number:text>"


def data_style(parts: str, kind: str = "number", name: str = "N1") -> str:
    return f'<number:{kind}-style style:name="{name}">{parts}</number:{kind}-style>'


def under(condition: str, name: str) -> str:
    asked = quoteattr(f"value(){condition}")
    return f'<style:map style:condition={asked} style:apply-style-name="{name}"/>'


def embedded(digits: int, **texts: str) -> str:
    parts = "".join(
        f'<number:embedded-text number:position="{place[1:]}">{text}</number:embedded-text>'
        for place, text in texts.items()
    )
    return DIGITS.format(digits).replace("/>", f">{parts}</number:number>")


OPEN: dict[str, tuple[str, str]] = {
    "zeros": (data_style(ELEVEN), "00123456785"),
    "zeros and a text format": (
        data_style(ELEVEN, name="P")
        + data_style("<number:text-content/>" + under(">=0", "P"), "text"),
        "00123456785",
    ),
    "zeros and a text format, as LibreOffice has it": (
        data_style(ELEVEN, name="P")
        + data_style("<number:text-content/>" + under("<=1.7976931348623157E+308", "P"), "text"),
        "00123456785",
    ),
    "zeros above and below 0": (
        data_style(ELEVEN, name="P") + data_style(TEXT.format("-") + ELEVEN + under(">=0", "P")),
        "00123456785",
    ),
    "zeros above, below and at 0": (
        data_style(ELEVEN, name="P")
        + data_style(TEXT.format("-") + ELEVEN, name="M")
        + data_style(TEXT.format("none") + under(">0", "P") + under("<0", "M")),
        "00123456785",
    ),
    "zeros of large numbers": (
        data_style(ELEVEN, name="P") + data_style(DIGITS.format(1) + under(">100", "P")),
        "00123456785",
    ),
    "zeros of other numbers": (
        data_style(DIGITS.format(1), name="P") + data_style(ELEVEN + under("<=100", "P")),
        "00123456785",
    ),
    "zeros in colour with a blank": (
        data_style('<style:text-properties fo:color="#ff0000"/>' + ELEVEN + TEXT.format(" ")),
        "00123456785",
    ),
    "zeros with decimals": (
        data_style('<number:number number:min-integer-digits="11" number:decimal-places="2"/>'),
        "00123456785",
    ),
    "zeros in groups of thousands": (
        data_style('<number:number number:min-integer-digits="11" number:grouping="true"/>'),
        "00123456785",
    ),
    "zeros behind what fills the cell": (
        data_style("<number:fill-character> </number:fill-character>" + ELEVEN),
        "00123456785",
    ),
    "hyphens": (data_style(embedded(11, p5="-", p8="-")), "001-234-56785"),
    "hyphen further left than its digits": (data_style(embedded(1, p6="-")), "123-456785"),
    "blanks": (data_style(embedded(11, p3=" ", p6=" ", p9=" ")), "00123456785"),
    "letters": (
        data_style(TEXT.format("RA") + DIGITS.format(9) + TEXT.format("RU")),
        "RA123456785RU",
    ),
    "letters around a usual number": (
        data_style(TEXT.format("RA") + "<number:number/>" + TEXT.format("RU")),
        "RA123456785RU",
    ),
    "currency": (
        data_style(
            '<number:number number:min-integer-digits="1" number:decimal-places="2" '
            'number:grouping="true"/>'
            + TEXT.format(" ")
            + "<number:currency-symbol>₽</number:currency-symbol>",
            "currency",
        ),
        "123456785",
    ),
    "usual": (data_style('<number:number number:min-integer-digits="1"/>'), "123456785"),
    "text": (data_style("<number:text-content/>", "text"), "123456785"),
    "scientific": (
        data_style('<number:scientific-number number:min-exponent-digits="2"/>'),
        "123456785",
    ),
    "fraction": (
        data_style('<number:fraction number:min-integer-digits="0"/>'),
        "123456785",
    ),
    "improper fraction": (data_style("<number:fraction/>"), "rpo_shown_otherwise"),
    "percentage": (
        data_style(DIGITS.format(1) + TEXT.format("%"), "percentage"),
        "rpo_shown_otherwise",
    ),
    "thousands left out": (
        data_style('<number:number number:decimal-places="0" number:display-factor="1000"/>'),
        "rpo_shown_otherwise",
    ),
    "date": (data_style("<number:year/>", "date"), "rpo_shown_otherwise"),
    "time": (data_style("<number:hours/>", "time"), "rpo_shown_otherwise"),
    "truth": (data_style("<number:boolean/>", "boolean"), "rpo_shown_otherwise"),
    "a text only": (data_style(TEXT.format('a"b')), "rpo_shown_otherwise"),
    "digits as words": (
        data_style(ELEVEN)
        .replace("name=", 'x="" number:transliteration-format="一" style:name=', 1)
        .replace('style:x="" ', ""),
        "rpo_shown_otherwise",
    ),
    "too many conditions": (
        "".join(data_style(ELEVEN, name=f"P{n}") for n in range(3))
        + data_style(ELEVEN + "".join(under(f">{n}", f"P{n}") for n in range(3))),
        "rpo_zeros_unknown",
    ),
    "style that is not there": ("", "123456785"),
}


def names_of_open_document() -> str:
    names = {
        "office": "office", "style": "style", "table": "table", "text": "text",
        "number": "datastyle", "fo": "xsl-fo-compatible", "draw": "drawing",
    }  # fmt: skip
    return " ".join(f'xmlns:{short}="{ODF}:{name}:1.0"' for short, name in names.items())


def open_sheet(cells: str, before: str = "", columns: str = "") -> str:
    """Write the body of a document: the header, and a row with these cells behind three."""
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in HEADER
    )
    row = (
        '<table:table-cell office:value-type="float" office:value="1"/>'
        '<table:table-cell office:value-type="string"><text:p>sent</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2026-11-20"/>'
    )
    return (
        f"<office:body><office:spreadsheet>{before}<table:table table:name='One'>{columns}"
        f"<table:table-row>{head}</table:table-row><table:table-row>{row}{cells}</table:table-row>"
        "</table:table></office:spreadsheet></office:body>"
    )


def cell_style(name: str, data: str = "", parent: str = "") -> str:
    more = f' style:data-style-name="{data}"' if data else ""
    more += f' style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="table-cell"{more}/>'


def write_ods(path: Path, body: str, styles: str, own: str | None = None) -> None:
    names = names_of_open_document()
    content = (
        f"<office:document-content {names}><office:automatic-styles>{styles}"
        f"</office:automatic-styles>{body}</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        if own is not None:
            archive.writestr(
                "styles.xml",
                f"<office:document-styles {names}><office:styles>{own}</office:styles>"
                "</office:document-styles>",
            )


def write_fods(path: Path, body: str, styles: str) -> None:
    names = names_of_open_document()
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {names}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>{body}</office:document>",
        encoding="utf-8",
    )


def shown_cell(style: str = "C", more: str = "") -> str:
    named = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{named} office:value-type="float" office:value="{NUMBER}"{more}/>'


@pytest.mark.parametrize("kind", ["ods", "fods"])
@pytest.mark.parametrize(("style", "expected"), OPEN.values(), ids=OPEN)
def test_an_open_document_shows_what_its_styles_say(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    kind: str,
    style: str,
    expected: str,
) -> None:
    sandbox = open_sandbox()
    styles = style + cell_style("C", "N1")
    write = write_ods if kind == "ods" else write_fods
    write(tmp_path / f"a.{kind}", open_sheet(shown_cell()), styles)
    run = run_cli(f"a.{kind}", "--output", "o.xlsx", shop=sandbox)
    check(run, tmp_path / "o.xlsx", sent(sandbox), wishes({"": expected}))


COLUMN = '<table:table-column table:number-columns-repeated="{}"{}/>'
DEFAULT = ' table:default-cell-style-name="C"'
ZEROS = data_style(ELEVEN)
PLACES: dict[str, tuple[str, str | None, str, str]] = {
    # Automatic styles, the document's own, the columns, the cell.
    "of the column": (
        ZEROS + cell_style("C", "N1"),
        None,
        COLUMN.format(3, "") + COLUMN.format(1021, DEFAULT),
        shown_cell(""),
    ),
    "of another column": (
        ZEROS + cell_style("C", "N1"),
        None,
        COLUMN.format(3, DEFAULT) + COLUMN.format(1021, ""),
        shown_cell(""),
    ),
    "of a style of the document's own": (
        "",
        ZEROS + cell_style("C", "N1"),
        "",
        shown_cell(),
    ),
    "of the style that it is made after": (
        cell_style("C2", parent="C"),
        ZEROS + cell_style("C", "N1"),
        "",
        shown_cell("C2"),
    ),
    "by a name that means another thing elsewhere": (
        data_style(DIGITS.format(20)),
        ZEROS + cell_style("C", "N1"),
        "",
        shown_cell(),
    ),
    "of a style made after itself": (cell_style("C", parent="C"), None, "", shown_cell()),
    "of styles that cannot be read": ("", "<oops>", "", shown_cell()),
}
FOUND = {
    "of another column": "123456785",
    "of a style made after itself": "123456785",
    "of styles that cannot be read": "rpo_zeros_unknown",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_style_of_a_cell_is_found_wherever_it_stands(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, place: str
) -> None:
    sandbox = open_sandbox()
    styles, own, columns, cell = PLACES[place]
    write_ods(tmp_path / "a.ods", open_sheet(cell, columns=columns), styles, own)
    run = run_cli("a.ods", "--output", "o.xlsx", shop=sandbox)
    check(run, tmp_path / "o.xlsx", sent(sandbox), wishes({"": FOUND.get(place, "00123456785")}))


def xml_row(style: str = "") -> str:
    texts = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in HEADER)
    row = (
        '<Cell ss:StyleID="own"><Data ss:Type="Number">1</Data></Cell>'
        '<Cell><Data ss:Type="String">sent</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-11-20T00:00:00.000</Data></Cell>'
        f'<Cell><Data ss:Type="Number">{NUMBER}</Data></Cell>'
    )
    return f"<Row>{texts}</Row><Row{style}>{row}</Row>"


def xml_style(name: str, code: str = "", parent: str = "") -> str:
    more = f' ss:Parent="{parent}"' if parent else ""
    inside = f'<NumberFormat ss:Format="{code}"/>' if code else ""
    return f'<Style ss:ID="{name}"{more}>{inside}</Style>'


XML_PLACES: dict[str, tuple[str, str, str, str]] = {
    # Styles, columns, the row's style, and what is sent.
    "row": (xml_style("z", "0" * 11), "", ' ss:StyleID="z"', "00123456785"),
    "column": (
        xml_style("z", "0" * 11),
        '<Column ss:Index="3" ss:Span="1" ss:StyleID="z"/>',
        "",
        "00123456785",
    ),
    "next column": (
        xml_style("z", "0" * 11),
        '<Column/><Column ss:Span="1"/><Column ss:StyleID="z"/>',
        "",
        "00123456785",
    ),
    "another column": (
        xml_style("z", "0" * 11),
        '<Column ss:Index="5" ss:StyleID="z"/>',
        "",
        "123456785",
    ),
    "parent": (
        xml_style("z", "0" * 11) + xml_style("y", parent="z"),
        "",
        ' ss:StyleID="y"',
        "00123456785",
    ),
    "parent of itself": (xml_style("y", parent="y"), "", ' ss:StyleID="y"', "123456785"),
    "default": (xml_style("Default", "0" * 11), "", "", "00123456785"),
    "fixed": (xml_style("z", "Fixed"), "", ' ss:StyleID="z"', "123456785"),
    "standard": (xml_style("z", "Standard"), "", ' ss:StyleID="z"', "123456785"),
    "general": (xml_style("z", "General Number"), "", ' ss:StyleID="z"', "123456785"),
    "scientific": (xml_style("z", "Scientific"), "", ' ss:StyleID="z"', "123456785"),
    "currency": (xml_style("z", "Currency"), "", ' ss:StyleID="z"', "123456785"),
    "percent": (xml_style("z", "Percent"), "", ' ss:StyleID="z"', "rpo_shown_otherwise"),
    "yes or no": (xml_style("z", "Yes/No"), "", ' ss:StyleID="z"', "rpo_shown_otherwise"),
    "date": (xml_style("z", "Short Date"), "", ' ss:StyleID="z"', "rpo_shown_otherwise"),
}


@pytest.mark.parametrize(
    ("styles", "columns", "row", "expected"), XML_PLACES.values(), ids=XML_PLACES
)
def test_an_xml_spreadsheet_shows_what_its_styles_say(
    tmp_path: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    styles: str,
    columns: str,
    row: str,
    expected: str,
) -> None:
    sandbox = open_sandbox()
    styles += xml_style("own", "0")
    (tmp_path / "a.xml").write_text(xml_2003(xml_row(row), styles, columns), encoding="utf-8")
    run = run_cli("a.xml", "--output", "o.xlsx", shop=sandbox)
    check(run, tmp_path / "o.xlsx", sent(sandbox), wishes({"": expected}))


@given(st.integers(1, 10**15 - 1), st.text(alphabet='0#?.,;"\\_*-/[]$<>=%@ eEaRU№\n', max_size=30))
def test_whatever_a_format_is_it_ends_in_a_text_or_in_none(number: int, code: str) -> None:
    shown = shown_text(number, code)
    assert shown is None or shown


@given(st.integers(1, 10**15 - 1), st.integers(1, 20), st.sampled_from(["{}", "{};@", "[Red]{}_-"]))
def test_formats_of_zeros_show_so_many_digits(number: int, count: int, form: str) -> None:
    assert shown_text(number, form.format("0" * count)) == str(number).zfill(count)
