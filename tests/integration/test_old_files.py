"""Files of old Excel, of programs that write like it, and locked ones: what goes on the wire."""

from __future__ import annotations

import io
import random
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest

from tests.cases.case import MIDNIGHT
from tests.conftest import OpenSandbox, RunCli
from tests.hostile.test_damaged import slowness
from tests.integration.test_cases import sent
from tests.integration.test_formats import read
from tests.integration.test_number_formats import write_xlsb
from tests.sandbox import Sandbox
from tools.make_damaged import packed, parts_of, saved, workbook
from tools.make_old import (
    Book,
    Cell,
    container,
    lock_records,
    locked_as_2007,
    locked_package,
    oldest,
    record,
    snippet,
    wide,
)

DAY = 46346.0
"""The 20th of November 2026."""
HEADER: tuple[Cell, ...] = ("Номер заказа", "Статус", "Дата отправки", "Трек-номер", "Город")
ROWS: tuple[tuple[Cell, ...], ...] = (
    HEADER,
    ("100001", "отправлен", DAY, "RA123456785RU", "Тверь"),
    (100002.0, "отменён", None, None, "Орёл"),
    (100003.0, "sent", DAY, 12345678901.0, "Ёлкино"),
)
WIRE = {
    "100001": [f"100001 sent {MIDNIGHT} RA123456785RU"],
    "100002": ["100002 cancel"],
    "100003": [f"100003 sent {MIDNIGHT} 00012345678901"],
}
FOUND = "says it wrongly"


def run(
    data: bytes, run_cli: RunCli, sandbox: Sandbox, *options: str, name: str = "a.xls"
) -> tuple[int, str]:
    """Run the command line on a file; give its status and all that it said."""
    Path(name).write_bytes(data)
    done = run_cli(name, "--output", "results.csv", *options, shop=sandbox)
    return done.status, done.out + done.err


def results() -> str:
    return Path("results.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("data", "is_said"),
    [
        pytest.param(Book(version=8).file(ROWS), False, id="unicode"),
        pytest.param(Book(codepage=1251).file(ROWS), False, id="right-record"),
        pytest.param(Book(encoding="cp866", codepage=866).file(ROWS), False, id="cp866"),
        pytest.param(Book(encoding="mac-cyrillic", codepage=10007).file(ROWS), False, id="mac"),
        pytest.param(Book(charsets=(204,)).file(ROWS), True, id="fonts-alone"),
        pytest.param(Book(charsets=(0, 204, 0)).file(ROWS), True, id="some-fonts"),
        pytest.param(Book().file(ROWS), True, id="neither-record-nor-fonts"),
        pytest.param(Book(codepage=1252, charsets=(204,)).file(ROWS), True, id="wrong-record"),
        pytest.param(Book(codepage=1252).file(ROWS), True, id="wrong-record-alone"),
        pytest.param(Book(codepage=866).file(ROWS), True, id="wrong-cyrillic-record"),
        pytest.param(Book(codepage=9999, encoding="cp866").file(ROWS), True, id="unknown-record"),
        pytest.param(Book(codepage=1200).file(ROWS), True, id="record-that-cannot-be"),
        pytest.param(Book(encoding="utf-8").file(ROWS), True, id="utf-8-where-none-can-be"),
        pytest.param(oldest(2, ROWS), True, id="excel-2"),
        pytest.param(oldest(3, ROWS), True, id="excel-3"),
        pytest.param(oldest(4, ROWS), True, id="excel-4"),
        pytest.param(oldest(2, ROWS, "cp866", codepage=866), False, id="excel-2-of-dos"),
        pytest.param(oldest(4, ROWS, codepage=1251), False, id="excel-4-with-a-record"),
        pytest.param(Book(codepage=1251).stream(ROWS), False, id="no-container"),
        pytest.param(Book(version=8).stream(ROWS), False, id="no-container-unicode"),
    ],
)
def test_old_workbooks_are_read_in_their_alphabet(
    data: bytes, is_said: bool, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, said = run(data, run_cli, sandbox)
    assert (status, sent(sandbox)) == (0, WIRE)
    assert (FOUND in said) == is_said
    assert all(city in results() for city in ("Тверь", "Орёл", "Ёлкино"))


def test_the_few_lines_of_php_that_shops_export_with_are_read(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    rows = [HEADER, (100001.0, "отправлен", "20.11.2026", "RA123456785RU", "Тверь")]
    status, said = run(snippet(rows), run_cli, sandbox)
    assert (status, sent(sandbox)) == (0, {"100001": WIRE["100001"]})
    assert FOUND in said


@pytest.mark.parametrize(
    ("text", "book"),
    [
        pytest.param("Müller, Größe, Straße", Book(encoding="cp1252", codepage=1252), id="german"),
        pytest.param("été, Élan, déjà", Book(encoding="cp1252"), id="french-without-a-record"),
        pytest.param("Łódź, Gdańsk", Book(encoding="cp1250", charsets=(0, 238)), id="polish"),
        pytest.param("Αθήνα", Book(encoding="cp1253", codepage=1253), id="greek"),
        pytest.param(
            "Müller", Book(encoding="cp1252", codepage=1252, charsets=(0, 204)), id="stray-font"
        ),
        pytest.param("№ 5", Book(encoding="cp1251", charsets=(204, 204)), id="a-sign-alone"),
    ],
)
def test_other_alphabets_are_not_taken_for_cyrillic(
    text: str, book: Book, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    run(book.file([("order", "status", "city"), (1.0, "cancel", text)]), run_cli, sandbox)
    assert sent(sandbox) == {"1": ["1 cancel"]}
    assert text in results()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(struct.pack("<HHHHH", 0x409, 6, 0, 0x100, 0), id="several-sheets"),
        pytest.param(struct.pack("<HHHH", 0x09, 4, 2, 0x20), id="chart"),
        pytest.param(struct.pack("<HHHHH", 0x209, 6, 3, 0x40, 0), id="macros"),
    ],
)
def test_what_is_no_sheet_of_excel_4_is_refused_by_name(
    head: bytes, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    status, said = run(head + record(0x0A), run_cli, open_sandbox())
    assert status == 2
    assert said.startswith("batch-update: a.xls is of Excel 2 to 4, and not a single worksheet")


LINK = struct.pack("<HHHH", 1, 1, 3, 3) + bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
TIP = struct.pack("<5H", 0x800, 1, 1, 3, 3) + "tip".encode("utf-16-le") + b"\0\0"


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(Book(version=8, after=record(0x800, TIP)), id="tip-of-no-link"),
        pytest.param(
            Book(version=8, after=record(0x1B8, LINK + bytes(8)) + record(0x800, TIP)), id="tip"
        ),
        pytest.param(Book(version=8, after=record(0x1B8, LINK)), id="link-cut-off"),
        pytest.param(Book(version=8, after=record(0x1C, bytes(9))), id="note-cut-off"),
        pytest.param(
            Book(
                version=8, after=record(0x1C, struct.pack("<4H", 1, 1, 0, 1) + wide("me") + b"xyz")
            ),
            id="note-with-more-behind",
        ),
        pytest.param(Book(after=record(0x1C, struct.pack("<HHH", 1, 1, 99) + b"x")), id="old-note"),
        pytest.param(Book(version=8, after=record(0x1B6, bytes(18) + b"x")), id="text-of-a-note"),
        pytest.param(Book(version=8, before=record(0x18, b"\xff" * 20)), id="name-that-is-none"),
        pytest.param(
            Book(
                before=record(0x18, struct.pack("<HBBHHH4B", 0, 0, 1, 0, 9, 9, 0, 0, 0, 0) + b"x")
            ),
            id="name-of-a-sheet-elsewhere",
        ),
        pytest.param(Book(version=8, before=record(0x17, b"\xff\xff")), id="outer-sheets"),
        pytest.param(Book(version=8, before=record(0x1AE, b"\x05\0\xff\xff")), id="outer-book"),
        pytest.param(Book(version=8, before=record(0x23, b"\0")), id="outer-name"),
        pytest.param(Book(version=8, before=record(0x92, b"\xff\xff\0")), id="palette"),
        pytest.param(
            Book(version=8, before=2 * record(0x92, struct.pack("<Hi", 1, 0))), id="two-palettes"
        ),
        pytest.param(Book(version=8, before=record(0x31, b"\0")), id="font-cut-off"),
        pytest.param(Book(version=8, before=record(0x293, b"\0\x80\xff\xff")), id="style"),
        pytest.param(
            Book(version=8, before=record(0x8C, b"\x07\0\x07\0") + record(0x8C, bytes(4))),
            id="two-countries",
        ),
        pytest.param(Book(version=8, before=record(0x5C, b"\xff\xff\1")), id="user"),
        pytest.param(Book(version=8, after=record(0x5D, b"\x15\0\x12\0")), id="object-cut-off"),
        pytest.param(Book(version=8, after=record(0x1B0, b"\0")), id="conditional-format"),
        pytest.param(Book(version=8, after=record(0xE5, b"\x09\0")), id="merged-cells"),
        pytest.param(Book(version=8, after=record(0x1B, b"\x09\0")), id="page-breaks"),
        pytest.param(Book(version=8, after=record(0x23E, b"\0")), id="window"),
        pytest.param(Book(version=8, after=record(0xAB, b"\0")), id="widths"),
        pytest.param(Book(version=8, after=record(0x200, bytes(14))), id="size-behind-the-cells"),
        pytest.param(Book(version=8, before=record(0x42, b"\x63\x27")), id="unknown-code-page"),
    ],
)
def test_a_slip_in_what_is_of_no_use_costs_nothing(
    book: Book, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, _ = run(book.file(ROWS), run_cli, sandbox)
    assert (status, sent(sandbox)) == (0, WIRE)


def strings(*counts: int, behind: bytes = b"") -> bytes:
    texts = [cell for row in ROWS for cell in row if isinstance(cell, str)]
    return record(0xFC, struct.pack("<II", *counts) + b"".join(map(wide, texts)) + behind)


def split_strings(at: int) -> bytes:
    """Write the shared texts in two records, cut within the first text."""
    whole = strings(0, 0)[4:]
    return record(0xFC, whole[:at]) + record(0x3C, b"\x01" + whole[at:])


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param(strings(0, 0), id="none"),
        pytest.param(strings(3, 3), id="too-few"),
        pytest.param(strings(999, 999), id="too-many"),
        pytest.param(strings(2**31, 2**32 - 1), id="billions"),
        pytest.param(strings(12, 12, behind=b"\0\0"), id="something-behind"),
        pytest.param(strings(12, 12, behind=b"\xff\xff\x01x"), id="one-cut-off-behind"),
        pytest.param(split_strings(8 + 3 + 6), id="cut-between-characters"),
    ],
)
def test_shared_texts_are_read_whatever_is_counted(
    shared: bytes, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, _ = run(Book(version=8, strings=shared).file(ROWS), run_cli, sandbox)
    assert (status, sent(sandbox)) == (0, WIRE)


def test_a_shared_text_may_be_cut_within_a_character_and_change_its_width(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    rows: list[tuple[Cell, ...]] = [("order", "status", "note"), (1.0, "cancel", "x😀abc")]
    words = b"".join(map(wide, ("order", "status", "note", "cancel")))
    # The first half of the face stands in one record, the other in the next.
    face = struct.pack("<HB", 6, 1 | 8) + struct.pack("<H", 1) + "x😀".encode("utf-16-le")[:4]
    shared = record(0xFC, bytes(8) + words + face)
    shared += record(0x3C, b"\x01" + "x😀".encode("utf-16-le")[4:]) + record(0x3C, b"\0abc")
    shared += record(0x3C, bytes(4))
    run(Book(version=8, strings=shared).file(rows), run_cli, sandbox)
    assert sent(sandbox) == {"1": ["1 cancel"]}
    assert "x😀abc" in results()


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param(record(0xFC, bytes(8)), id="no-texts"),
        pytest.param(record(0xFC, strings(12, 12)[4:-40]), id="cut-off"),
    ],
)
def test_a_cell_whose_shared_text_is_not_there_stops_the_file(
    shared: bytes, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    status, said = run(
        Book(version=8, strings=shared).file(ROWS), run_cli, sandbox := open_sandbox()
    )
    assert (status, sent(sandbox)) == (2, {})
    assert "is damaged" in said
    assert said.count("\n") == 1


def test_another_stream_may_claim_a_part_of_the_workbook(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    data = bytearray(Book(version=8).file(ROWS))
    # The root claims the sectors of the workbook for its short streams.
    data[1024 + 116 : 1024 + 124] = struct.pack("<II", 2, 512)
    sandbox = open_sandbox()
    assert run(bytes(data), run_cli, sandbox)[0] == 0
    assert sent(sandbox) == WIRE


WAYS = ("rc4", "cryptoapi", "xor")


@pytest.mark.parametrize("way", WAYS)
def test_an_xls_that_excel_opens_without_asking_is_read(
    way: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    rows = [*ROWS, *((f"{n}", "отменён", None, None, "Город " * 20) for n in range(200001, 200030))]
    stream = lock_records(Book(version=8).stream(rows), way)
    # The library stumbles over what fills the last sector unless it is in whole fours.
    stream += record(0xFFF0, bytes(-len(stream) % 4))
    assert b"RA123456785RU".decode().encode("utf-16-le") not in stream
    data = container({"Workbook": stream})
    target = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(data))
    office.load_key(password="VelvetSweatshop")
    office.decrypt(target)
    # The library reads what is locked here as we mean it.
    assert "RA123456785RU".encode("utf-16-le") in target.getvalue()
    sandbox = open_sandbox()
    assert run(data, run_cli, sandbox)[0] == 0
    assert sent(sandbox) == WIRE | {f"{n}": [f"{n} cancel"] for n in range(200001, 200030)}


def test_an_xls_of_excel_95_that_is_locked_is_read(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    stream = lock_records(Book(codepage=1251).stream(ROWS), "xor-95")
    sandbox = open_sandbox()
    assert run(container({"Book": stream}), run_cli, sandbox)[0] == 0
    assert sent(sandbox) == WIRE


@pytest.mark.parametrize("way", WAYS)
def test_an_xls_with_a_password_of_its_own_is_refused(
    way: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    stream = lock_records(Book(version=8).stream(ROWS), way, "secret")
    status, said = run(container({"Workbook": stream}), run_cli, sandbox := open_sandbox())
    assert (status, sent(sandbox)) == (2, {})
    assert "is protected by a password. Open it in Excel, save it without" in said


def workbook_of_rows() -> bytes:
    """Write an xlsx whose rows are those of the other files."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in ROWS:
        page.append(row)
    page["D4"].number_format = "0" * 14
    return saved(book)


@pytest.mark.parametrize(
    ("lock", "name"),
    [
        pytest.param(locked_package, "a.xlsx", id="agile"),
        pytest.param(locked_package, "a.xls", id="another-name"),
        pytest.param(locked_as_2007, "a.xlsx", id="standard"),
    ],
)
def test_a_workbook_that_excel_opens_without_asking_is_read(
    lock: Callable[[bytes], bytes], name: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run(lock(workbook_of_rows()), run_cli, sandbox, name=name)[0] == 0
    assert sent(sandbox) == WIRE


def test_a_locked_binary_workbook_is_read(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    write_xlsb(tmp_path / "b.xlsb", [(1.0, "cancel")])
    parts = parts_of((tmp_path / "b.xlsb").read_bytes())
    # The library locks what names its parts rightly.
    parts |= {"[Content_Types].xml": TYPES, "filling": FILLING}
    sandbox = open_sandbox()
    assert run(locked_package(packed(parts)), run_cli, sandbox, name="a.xlsb")[0] == 0
    assert sent(sandbox) == {"1": ["1 cancel"]}


TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


FILLING = random.Random(1).randbytes(5000)  # noqa: S311 so that it packs to no less
"""The library that locks for these tests writes short packages where nobody looks for them."""


def changed(old: bytes, new: bytes) -> bytes:
    """Lock a workbook and change what is said of how."""
    data = locked_package(workbook())
    assert data.count(old) == 1
    assert len(new) <= len(old)
    return data.replace(old, new.ljust(len(old)))


PROLOG = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(locked_package(workbook(), "secret"), "protected by a password", id="secret"),
        pytest.param(changed(PROLOG, b"<!DOCTYPE x []>"), "protected", id="declares-entities"),
        pytest.param(changed(PROLOG, b"<"), "protected", id="no-xml"),
        pytest.param(
            changed(b'spinCount="100000" saltSize="16"', b'spinCount="9000000" saltSize="6"'),
            "protected",
            id="takes-minutes",
        ),
        pytest.param(locked_package(workbook())[:-2000], "protected|damaged", id="cut-off"),
        pytest.param(
            container({"EncryptionInfo": b"", "EncryptedPackage": b""}), "protected", id="nothing"
        ),
        pytest.param(container({"EncryptedPackage": b"x" * 5000}), "protected", id="no-key-at-all"),
        pytest.param(
            locked_package(
                packed({"[Content_Types].xml": TYPES, "xl/workbook.xml": bytes(90 << 20)})
            ),
            "unpacks to 90 MB",
            id="bomb",
        ),
        pytest.param(
            locked_package(packed({"[Content_Types].xml": TYPES, "word/document.xml": FILLING})),
            "is a text document of Word",
            id="letter",
        ),
        pytest.param(
            locked_package(packed({"[Content_Types].xml": TYPES, "content.xml": FILLING})),
            "damaged",
            id="another-kind-inside",
        ),
    ],
)
def test_what_is_locked_otherwise_or_damaged_is_one_line(
    data: bytes, words: str, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    status, said = run(data, run_cli, sandbox, name="a.xlsx")
    assert (status, sent(sandbox)) == (2, {})
    assert said.count("\n") == 1
    assert re.search(words, said)


def test_a_locked_file_that_is_larger_than_can_be_is_refused(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    data = container({"EncryptedPackage": b"x" * 5000}) + bytes(65 << 20)
    status, said = run(data, run_cli, open_sandbox(), name="a.xlsx")
    assert status == 2
    assert "is larger than 64 MB" in said


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            Book(version=8).file(ROWS).replace(b"\xa4\0" + b"\x0e", b"\xa5\0\x0e"), id="excel-97"
        ),
        pytest.param(
            Book(codepage=1251).file(ROWS).replace(b"\xa4\0\x0e", b"\xa5\0\x0e"), id="excel-5"
        ),
        pytest.param(
            oldest(4, ROWS).replace(
                record(0x443, b"\0\2" + bytes(10)), record(0x443, b"\0\x09" + bytes(10))
            ),
            id="excel-4",
        ),
        pytest.param(
            oldest(2, ROWS).replace(record(0x43, b"\0\0\2\0"), record(0x43, b"\0\0\x09\0")),
            id="excel-2",
        ),
    ],
)
def test_a_number_format_that_is_not_defined_is_not_taken_for_the_usual_one(
    data: bytes, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    assert run(data, run_cli, sandbox)[0] == 1
    assert sent(sandbox) == {number: WIRE[number] for number in ("100001", "100002")}
    assert "rpo_zeros_unknown" in results()


def test_a_number_of_a_style_that_is_not_there_stops_the_file(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    number = record(0x203, struct.pack("<HHHd", 4, 3, 99, 12345678901.0))
    rows = [*ROWS, ("100004", "sent", DAY)]
    status, said = run(Book(version=8, after=number).file(rows), run_cli, sandbox)
    assert (status, sent(sandbox)) == (2, {})
    assert "a.xls is damaged" in said


def test_a_locked_xls_that_is_larger_than_can_be_is_refused(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    stream = lock_records(Book(version=8).stream(ROWS), "rc4") + bytes(17 << 20)
    # As some programs write it: in no container.
    status, said = run(stream, run_cli, open_sandbox())
    assert status == 2
    assert "is larger than 16 MB" in said


@pytest.mark.parametrize("way", ["rc4", "xor"])
def test_many_small_locked_records_take_no_time(way: str, tmp_path: Path) -> None:
    locked = lock_records(Book(version=8).stream(ROWS), way)
    path = tmp_path / "a.xls"
    # A quarter of what may be locked.
    path.write_bytes(locked + b"\xf0\xff\1\0x" * ((4 << 20) // 5))
    start = time.process_time()
    assert len(read(path).rows) == 3
    assert time.process_time() - start < 2.5 * slowness()


def test_words_in_a_cell_do_not_make_an_xls_a_locked_one(
    run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    rows: list[tuple[Cell, ...]] = [("order", "status", "EncryptedPackage"), (1.0, "cancel", "x")]
    assert run(Book(version=8).file(rows), run_cli, sandbox)[0] == 0
    assert sent(sandbox) == {"1": ["1 cancel"]}


def test_many_empty_cells_with_a_style_are_passed_over(tmp_path: Path) -> None:
    blank = bytes(2 * 256)
    after = b"".join(
        record(0xBE, struct.pack("<HH", row, 0) + blank + struct.pack("<H", 255))
        for row in range(4, 65536)
    )
    stream = Book(version=8, after=after).stream(ROWS)
    path = tmp_path / "a.xls"
    path.write_bytes(stream)
    start = time.process_time()
    assert len(read(path).rows) == 3
    assert time.process_time() - start < 5 * slowness()
