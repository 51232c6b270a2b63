"""The story of a morning: a sheet of the warehouse, from its dry run to the second day's report."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from batch_update.sandbox import Shop
from tests.conftest import OpenSandbox
from tests.integration.test_end_to_end import (
    COMMAND,
    PATIENCE_S,
    environment_for,
    results_of,
)
from tests.sandbox import Fault, Sandbox, Script

TODAY = dt.datetime.now(dt.UTC).date()
DAY, NEXT_DAY = TODAY - dt.timedelta(days=2), TODAY - dt.timedelta(days=1)
HEADER = ("№ п/п", "Номер заказа", "Клиент", "Дата", "Трек-номер", "Статус", "Вес, кг")
HEADER_ROW = 4
SHEET = "отгрузка.xlsx"
RESULTS, DRY, PRACTICE = (f"отгрузка.{kind}.xlsx" for kind in ("results", "dry-run", "practice"))
Shipment = tuple[int, object, object, str]
"""Order, date, tracking number and status."""

MISSING, LOST_PAYMENT, LOST_PARCEL, OWN_WORD = 5404, 5031, 5102, 5036
MISTYPED, NO_SUCH_DAY, NO_NUMBER, BROKEN_NUMBER = WRONG = 5007, 5012, 5018, 5023
TWINS = 5030
NEW = range(5101, 5106)


def track(order: int) -> str:
    """Return the tracking number of an order: fourteen digits, with zeros in front."""
    return f"00{order:04d}10000{order % 1000:03d}"


def first_sheet() -> list[Shipment]:
    rows: list[Shipment] = [(order, DAY, track(order), "Отправлен") for order in range(5001, 5031)]
    faulty: dict[int, Shipment] = {
        MISTYPED: (MISTYPED, DAY, track(MISTYPED), "Отпрвлен"),
        NO_SUCH_DAY: (NO_SUCH_DAY, f"31.02.{DAY.year}", track(NO_SUCH_DAY), "Отправлен"),
        NO_NUMBER: (NO_NUMBER, DAY, None, "Отправлен"),
        BROKEN_NUMBER: (BROKEN_NUMBER, DAY, "8,01106E+13", "Отправлен"),
    }
    rows = [faulty.get(row[0], row) for row in rows]
    rows += [
        (TWINS, DAY, track(TWINS), "Отправлен"),
        (LOST_PAYMENT, DAY, None, "Оплачен"),
        (5032, DAY, None, "Оплачен"),
        (5033, None, None, "Возврат"),
        (5034, None, None, "Отмена"),
        (MISSING, DAY, track(MISSING), "Отправлен"),
        (5035, DAY, track(5035), "Отправлен"),
        (OWN_WORD, DAY, track(OWN_WORD), "Вручен"),
    ]
    return rows


def write_sheet(path: Path, day: dt.date, rows: Sequence[Shipment]) -> Path:
    """Write a sheet as a warehouse does: title rows, a header, its rows, and sums."""
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append([f"Реестр отправлений за {day:%d.%m.%Y}"])
    page.append(["Склад № 1, смена 2"])
    page.append([])
    page.merge_cells("A1:G1")
    page.merge_cells("A2:G2")
    page.append(HEADER)
    for number, (order, date, rpo, status) in enumerate(rows, start=1):
        page.append([number, order, f"Клиент {number}", date, rpo, status, 0.5])
    page.append(["Итого", None, len(rows), None, None, None, 0.5 * len(rows)])
    book.save(path)
    return path


def mend(path: Path) -> None:
    """Mend rows of the results as in Excel: correct cells, sort the rows, add a column."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    names = [cell.value for cell in page[HEADER_ROW]]
    order, date, rpo, status = (names.index(name) for name in (HEADER[1], *HEADER[3:6]))
    last = HEADER_ROW + len(first_sheet())
    lines = [[cell.value for cell in line] for line in page.iter_rows(HEADER_ROW + 1, last)]
    for line in lines:
        line[status] = {"Отпрвлен": "Отправлен"}.get(str(line[status]), line[status])
        if line[order] == NO_SUCH_DAY:
            line[date] = DAY
        if line[order] in {NO_NUMBER, BROKEN_NUMBER}:
            line[rpo] = track(int(str(line[order])))
    lines.sort(key=lambda line: -int(str(line[order])))
    for number, line in enumerate(lines, start=HEADER_ROW + 1):
        for column, value in enumerate(line, start=1):
            page.cell(row=number, column=column).value = value
    page.cell(row=HEADER_ROW, column=len(names) + 1).value = "Заметки"
    page.cell(row=HEADER_ROW + 1, column=len(names) + 1).value = "проверено, Анна"
    book.save(path)


def changes(shop: Sandbox) -> list[tuple[int, str, str | None]]:
    """List what the shop did, by order."""
    return sorted(
        (order, change.status, change.rpo)
        for order in shop.shop.changed_orders()
        for change in shop.shop.history(order)
    )


def expected(rows: Sequence[Shipment], without: Sequence[int]) -> list[tuple[int, str, str | None]]:
    words = {"Отправлен": "sent", "Оплачен": "paid", "Возврат": "return", "Отмена": "cancel"}
    return sorted(
        (order, words[status], None if rpo is None else str(rpo))
        for order, _, rpo, status in set(rows)
        if order not in without
    )


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


class Morning:
    """One clerk, her folder and her shop."""

    def __init__(self, folder: Path, shop: Sandbox) -> None:
        self.folder, self.shop = folder, shop
        self.inbox, self.transcript = folder / "inbox", folder / "screen" / "said.txt"
        self.plan = ""
        self.done: list[tuple[int, str, str | None]] = []
        self.inbox.mkdir()
        self.transcript.parent.mkdir()

    def types(self, *arguments: str | Path, status: int) -> str:
        """Let her type a command, and return what it says."""
        done = subprocess.run(
            [COMMAND, *arguments],
            env=environment_for(self.shop),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        said = done.stdout
        with self.transcript.open("a", encoding="utf-8") as file:
            command = " ".join(["$ batch-update", *map(str, arguments)])
            file.write(f"{command}\n{said}(exit status {done.returncode})\n\n")
        assert "Traceback" not in said
        assert done.returncode == status
        return said

    def rehearse(self) -> None:
        """Dry run, questions to the shop, practice."""
        write_sheet(self.folder / SHEET, DAY, first_sheet())
        said = self.types(SHEET, "--dry-run", status=1)
        assert "invalid              5\n  not sent            33\n" in said
        assert "Row 43 is a totals row and was skipped." in said
        assert self.shop.requests == []
        assert names_in(self.folder) == {SHEET, DRY}

        said = self.types(SHEET, "--dry-run", "--check-orders", status=1)
        assert "not sent, order_missing: row 40\n" in said
        assert "rows of orders that the shop does not have are sent too, and refused" in " ".join(
            said.split()
        )
        assert (len(self.shop.requests), changes(self.shop)) == (37, [])
        self.plan = re.findall(r"--plan ([0-9a-f]{12})", said)[0]

        said = self.types(SHEET, "--sandbox", status=1)
        assert said.startswith("PRACTICE: nothing is sent to the shop.")
        assert (len(self.shop.requests), changes(self.shop)) == (37, [])
        assert names_in(self.folder) == {SHEET, DRY, PRACTICE}

    def send(self) -> None:
        """Send exactly the plan."""
        said = self.types(SHEET, "--plan", self.plan, status=1)
        assert (
            "updated             31\n  already updated      1\n  rejected             1\n" in said
        )
        self.done = expected(first_sheet(), [*WRONG, MISSING, OWN_WORD])
        assert changes(self.shop) == self.done
        assert names_in(self.folder) == {SHEET, DRY, PRACTICE, RESULTS}
        found = results_of(self.folder / RESULTS, row=HEADER_ROW)
        assert found[40] == ("rejected", 200)
        assert [number for number, (outcome, _) in found.items() if outcome == "invalid"] == [
            *(11, 16, 22, 27, 42)
        ]

    def mend(self) -> None:
        """Mend the results, and put both into the folder that is run each morning."""
        mend(self.folder / RESULTS)
        for name in (SHEET, RESULTS):
            (self.folder / name).rename(self.inbox / name)
        mended = (self.inbox / RESULTS).read_bytes()
        for option, first in (
            ("--dry-run", "Dry run, nothing"),
            ("--sandbox", "PRACTICE: nothing"),
        ):
            said = self.types("inbox", option, status=1)
            assert said.startswith(first)
            sheet = Path("inbox", SHEET)
            assert f"was mended (4 rows that {sheet} does not have" in said
        assert (changes(self.shop), (self.inbox / RESULTS).read_bytes()) == (self.done, mended)
        assert names_in(self.inbox) == {SHEET, RESULTS, DRY, PRACTICE}

    def run_folder(self) -> None:
        """Run the folder: only what was mended goes out."""
        said = self.types("inbox", status=1)
        assert (
            "updated              4\n  already updated     32\n  rejected             1\n" in said
        )
        corrected = [(order, DAY, track(order), "Отправлен") for order in WRONG]
        self.done = sorted([*self.done, *expected(corrected, [])])
        assert changes(self.shop) == self.done
        assert names_in(self.inbox) == {SHEET, RESULTS, DRY, PRACTICE}
        note = openpyxl.load_workbook(self.inbox / RESULTS).worksheets[0][HEADER_ROW + 1]
        assert "проверено, Анна" in [cell.value for cell in note]

    def go_on(self) -> None:
        """Run the next day's sheet, which has rows of the first; one answer is lost."""
        second = [
            *first_sheet()[:6],
            *((order, NEXT_DAY, track(order), "Отправлен") for order in NEW),
        ]
        write_sheet(self.inbox / "отгрузка 2.xlsx", NEXT_DAY, second)
        said = self.types("inbox", "--retries", "0", status=1)
        assert (
            "updated              4\n  already updated      6\n  unconfirmed          1\n" in said
        )
        assert (
            "already updated     36\n  rejected             1\n  invalid              1\n" in said
        )
        self.done = sorted([*self.done, *expected(second[6:], [])])
        assert changes(self.shop) == self.done
        of_second = {"отгрузка 2.xlsx", "отгрузка 2.results.xlsx"}
        assert names_in(self.inbox) == {SHEET, RESULTS, DRY, PRACTICE, *of_second}
        assert (
            results_of(self.inbox / "отгрузка 2.results.xlsx", row=HEADER_ROW)[12][0]
            == "unconfirmed"
        )

    def look_back(self) -> None:
        """Look at what is open, at the runs, at one order, and at the report."""
        asked = len(self.shop.requests)
        said = self.types("--unconfirmed", status=1)
        assert f"Order {LOST_PARCEL}: sent" in said
        assert "from row 12 of отгрузка 2.xlsx" in said
        assert said.endswith("Open: 1 update\n")
        said = self.types("--runs", status=0)
        assert "отгрузка.xlsx: 31 updated, 1 already updated, 1 rejected, 5 invalid" in said
        assert "отгрузка.results.xlsx: 4 updated, 32 already updated, 1 rejected, 1 invalid" in said
        assert said.endswith("3 runs\n")
        said = self.types("--history", str(MISTYPED), status=0)
        assert f"Order {MISTYPED}: 1 update\n" in said
        assert f"{track(MISTYPED)}: updated (sent 1 time)" in said
        said = self.types("--report", "отчёт.xlsx", "--since", f"{DAY}", status=0)
        assert "39 updated, 1 rejected, 1 unconfirmed. Written: отчёт.xlsx" in said
        pages = openpyxl.load_workbook(self.folder / "отчёт.xlsx").sheetnames
        assert pages == ["Report", "Days", "Data", "Refusals", "Open", "Runs"]
        assert len(self.shop.requests) == asked


def test_a_morning(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    lost = {LOST_PAYMENT: [Fault.lost_answer()], LOST_PARCEL: [Fault.lost_answer()]}
    shop = open_sandbox(Script(lost), shop=Shop(missing={MISSING}))
    morning = Morning(tmp_path, shop)
    morning.rehearse()
    morning.send()
    morning.mend()
    morning.run_folder()
    morning.go_on()
    morning.look_back()
