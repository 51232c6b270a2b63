"""Text in encodings of other systems and in ones that were lost on the way, named as sheets."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest

from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_cases import sent
from tests.integration.test_old_files import run
from tools.make_damaged import saved, xml_2003, xml_row
from tools.make_old import Book, Cell

HEADER = ("Номер заказа", "Статус", "Дата отправки", "Трек-номер", "Город")
ROWS = (
    HEADER,
    ("1", "отправлен", "20.11.2026", "RA123456785RU", "Шуя"),
    ("2", "отменён", "", "", "Ёлкино"),
)
WIRE = {"1": [f"1 sent {MIDNIGHT} RA123456785RU"], "2": ["2 cancel"]}
ENGLISH = (("order", "status", "city"), ("1", "cancel", "Нижний Новгород"), ("2", "cancel", "Шуя"))


def lines(rows: tuple[tuple[str, ...], ...], delimiter: str = "\t") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("name", ["a.xls", "a.csv"])
@pytest.mark.parametrize(
    ("encoding", "delimiter", "is_said"),
    [
        pytest.param("utf-16", "\t", False, id="utf-16"),
        pytest.param("utf-16-le", "\t", False, id="utf-16-le-without-a-mark"),
        pytest.param("utf-16-be", "\t", False, id="utf-16-be-without-a-mark"),
        pytest.param("cp1251", "\t", False, id="cp1251"),
        pytest.param("cp1251", ";", False, id="cp1251-semicolons"),
        pytest.param("utf-8", "\t", False, id="utf-8"),
        pytest.param("utf-8-sig", "\t", False, id="utf-8-with-a-mark"),
        pytest.param("cp866", "\t", True, id="cp866"),
        pytest.param("cp866", ";", True, id="cp866-semicolons"),
        pytest.param("koi8-r", "\t", True, id="koi8-r"),
        pytest.param("koi8-r", ",", True, id="koi8-r-commas"),
        pytest.param("mac-cyrillic", "\t", True, id="mac"),
    ],
)
def test_text_named_as_a_workbook_is_read_as_text_is(
    name: str,
    encoding: str,
    delimiter: str,
    *,
    is_said: bool,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    sandbox = open_sandbox()
    status, said = run(lines(ROWS, delimiter).encode(encoding), run_cli, sandbox, name=name)
    assert (status, sent(sandbox)) == (0, WIRE)
    assert (f"read as {encoding}, since that makes words" in said) == is_said
    # The results are in the sheet's own encoding, or in UTF-8 if that lacks a sign.
    data = Path("results.csv").read_bytes()
    written = data.decode("utf-8" if data.startswith(codecs.BOM_UTF8) else encoding)
    assert "Шуя" in written
    assert "Ёлкино" in written
    # And are the next input.
    assert run_cli("results.csv", shop=sandbox).status == 0
    assert sent(sandbox) == WIRE


@pytest.mark.parametrize("encoding", ["cp866", "koi8-r", "mac-cyrillic"])
def test_text_that_seems_to_be_in_another_encoding_is_said_to_be(
    encoding: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    rows = (*ENGLISH, *((str(n), "cancel", "Казань") for n in range(3, 9)))
    data = lines(rows[:2] + rows[3:], ";").encode(encoding)
    status, said = run(data, run_cli, sandbox, name="a.csv")
    assert status == 0
    assert len(sent(sandbox)) == 7
    assert f"was read as cp1251, but seems to be {encoding}" in said


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param("Москва", "cp1251", id="russian"),
        pytest.param("МОСКВА", "cp1251", id="capitals"),
        pytest.param("москва", "cp1251", id="small-letters"),
        pytest.param("КамАЗ, МойСклад", "cp1251", id="capitals-within"),
        pytest.param("Müller, Straße", "cp1252", id="german"),
        pytest.param("déjà vu", "cp1252", id="french"),
        pytest.param("Москва", "utf-8", id="utf-8"),
        pytest.param("№ 5 – «А»", "cp1251", id="signs"),
    ],
)
def test_usual_text_is_not_doubted(
    text: str, encoding: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    data = lines((("order", "status", "city"), ("1", "cancel", text)), ";").encode(encoding)
    status, said = run(data, run_cli, sandbox, name="a.csv")
    assert (status, sent(sandbox)) == (0, {"1": ["1 cancel"]})
    assert "read as" not in said


def in_workbook(rows: tuple[tuple[str, ...], ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return saved(book)


def in_xls(rows: tuple[tuple[str, ...], ...]) -> bytes:
    cells: list[tuple[Cell, ...]] = [tuple(row) for row in rows]
    return Book(version=8).file(cells)


def in_xml(rows: tuple[tuple[str, ...], ...]) -> bytes:
    return xml_2003("".join(xml_row(*row) for row in rows))


def garbled(written_as: str, read_as: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell.encode(written_as).decode(read_as) for cell in row) for row in ROWS)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(in_workbook(garbled("cp1251", "cp1252")), "Íîìåð çàêàçà", id="xlsx"),
        pytest.param(in_xls(garbled("cp1251", "cp1252")), "Íîìåð çàêàçà", id="xls"),
        pytest.param(in_xml(garbled("cp1251", "cp1252")), "Íîìåð çàêàçà", id="xml"),
        pytest.param(
            lines(garbled("cp1251", "cp1252")).encode("utf-8"), "Íîìåð çàêàçà", id="twice-encoded"
        ),
        pytest.param(
            lines(garbled("utf-8", "latin-1")).encode("utf-8"), "Ð\x9dÐ¾Ð¼Ðµ", id="utf-8-twice"
        ),
        pytest.param(in_workbook(garbled("koi8-r", "cp1251")), "оПНЕТ ЪБЛБЪБ", id="koi8"),
        pytest.param(in_workbook(garbled("cp1251", "koi8-r")), "мНЛЕП ГЮЙЮГЮ", id="as-koi8"),
        pytest.param(in_workbook(garbled("cp1251", "cp866")), "═юьхЁ чрърчр", id="as-dos"),
    ],
)
def test_a_header_that_was_garbled_on_the_way_is_refused_in_words_of_that(
    data: bytes, found: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, said = run(data, run_cli, sandbox)
    assert (status, sent(sandbox)) == (2, {})
    assert said.count("\n") == 1
    assert "The encoding was lost on the way" in said
    assert 'was "Номер заказа" once. Export the sheet again' in said
    assert found.replace("\x9d", "\\x9d") in said


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(("Заказик", "Статус"), id="unknown-words"),
        pytest.param(("größe", "Status"), id="german"),
        pytest.param(("Íîìåð", "city"), id="part-of-it"),
    ],
)
def test_other_headers_are_not_said_to_be_garbled(
    header: tuple[str, ...], run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    status, said = run(in_workbook((header, ("1", "x"))), run_cli, open_sandbox())
    assert status == 2
    assert re.search("no column for", said)
    assert "encoding" not in said
