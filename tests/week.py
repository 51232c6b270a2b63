"""Seven mornings of one folder: `python -m tests.week` lives through them and prints them.

The real command line runs as a scheduler runs it, against the stand-in of the shop and a real mail
server. Nobody looks at a screen: what matters is what was sent, mailed, moved and left.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import openpyxl

from tests.conftest import KEY, LOGIN
from tests.home import config_in, variables_of
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.integration.test_morning import Shipment, track, write_sheet
from tests.link import Link
from tests.receivers import Mailbox, books_of, text_of
from tests.sandbox import Fault, Sandbox, Script

MONDAY = dt.date(2026, 11, 16)
SENT, PAID, MISTYPED = "Отправлен", "Оплачен", "Отпрвлен"
REFUSED = 2005
WAITS = "Not all is settled: "
_PREFIXES = ("BATCH_UPDATE_", "JUSTCLICK_", "LC_", "LANG")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A letter of the program.

    Args:
        subject: without the shop.
        problems: what needs a person, a line each.
        books: the results that it carries.
    """

    subject: str
    problems: tuple[str, ...]
    books: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Day:
    """What came of a morning.

    Args:
        name: of the day.
        status: the exit status.
        sent: the orders of which the shop got an update, one for each update.
        mails: what people were sent.
        printed: what cron would have mailed.
        moved: what is new in the folder of what is done.
        left: what is in the folder of the sheets.
        tries: how often the run started itself again.
    """

    name: str
    status: int
    sent: tuple[int, ...]
    mails: tuple[Mail, ...]
    printed: str
    moved: tuple[str, ...]
    left: tuple[str, ...]
    tries: int = 0


class Week:
    """A folder, a shop, and the people's mailbox.

    Args:
        folder: an empty folder for all of it.
        sandbox: the shop.
        mailbox: the people's.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, mailbox: Mailbox) -> None:
        self.inbox = folder / "warehouse"
        self.done = self.inbox / "done"
        self.done.mkdir(parents=True)
        self.days: list[Day] = []
        self._sandbox, self._mailbox = sandbox, mailbox
        self._log = folder / "batch-update.log"
        self._way: Link | None = None
        self._port = 0
        self.open_shop()
        config = config_in(folder)
        config.parent.mkdir(parents=True)
        config.write_text(
            f"""
            [files]
            move_done = '{self.done}'
            log_file = '{self._log}'
            [sending]
            retries = 0
            retry_for = "40s"
            [notify]
            url = "{mailbox.address}"
            when = "new"
            [screen]
            quiet = true
            language = "en"
            """,
            encoding="utf-8",
        )
        config.chmod(0o600)
        self._environment = {
            **{name: one for name, one in os.environ.items() if not _is_set_up(name)},
            **variables_of(folder),
            "PYTHONIOENCODING": "utf-8",
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
            "JUSTCLICK_BASE_URL": f"http://127.0.0.1:{self._port}",
        }

    def open_shop(self) -> None:
        """Let the shop be reached, at the same address as ever."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = int(listener.getsockname()[1])
        self._way = Link(("127.0.0.1", self._sandbox.port), listener).__enter__()

    def close_shop(self) -> None:
        """Let nobody be at the shop's address."""
        if self._way is not None:
            self._way.__exit__()
            self._way = None

    def sheet(self, name: str, *rows: tuple[int, str], of_monday: Sequence[int] = ()) -> Path:
        """Let the warehouse send a sheet.

        Args:
            name: of the sheet.
            rows: orders of the day, and their statuses.
            of_monday: orders that were sent on Monday.
        """
        day = MONDAY + dt.timedelta(days=len(self.days))
        shipments: list[Shipment] = [
            (order, day, None if said == PAID else track(order), said) for order, said in rows
        ]
        shipments += [(order, MONDAY, track(order), SENT) for order in of_monday]
        return write_sheet(self.inbox / name, day, shipments)

    def mend_results(self, name: str, wrong: str | int, right: str | int) -> None:
        """Let somebody correct a cell in results."""
        book = openpyxl.load_workbook(self.inbox / name)
        cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
        next(cell for cell in cells if cell.value == wrong).value = right
        book.save(self.inbox / name)

    def morning(self, name: str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Let the scheduler run the program, and keep what came of it.

        Args:
            name: of the day.
            meanwhile: called when the run has begun to wait for the shop, if it does.
        """
        letters, requests = len(self._mailbox.letters), len(self._sandbox.requests)
        moved, waits = set(_files(self.done)), self._waits()
        process = subprocess.Popen(
            [COMMAND, self.inbox],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        until = time.monotonic() + PATIENCE_S
        while process.poll() is None and self._waits() == waits and time.monotonic() < until:
            time.sleep(0.05)
        meanwhile()
        printed, _ = process.communicate(timeout=PATIENCE_S)
        self.days.append(
            Day(
                name=name,
                status=process.returncode,
                sent=tuple(
                    sorted(
                        int(request.fields["bill_id"])
                        for request in self._sandbox.requests[requests:]
                        if request.call == "UpdateOrderStatus"
                    )
                ),
                mails=tuple(map(_mail, self._mailbox.letters[letters:])),
                printed=printed.strip(),
                moved=tuple(sorted(set(_files(self.done)) - moved)),
                left=tuple(_files(self.inbox)),
                tries=self._waits() - waits,
            )
        )

    def _waits(self) -> int:
        return self._log.read_text("utf-8").count(WAITS) if self._log.exists() else 0


def live_through(week: Week) -> None:
    """Live through the week."""
    week.sheet("mon.xlsx", *((order, SENT) for order in range(1001, 1007)))
    week.morning("Monday: all is well")

    rows = [(2001, SENT), (2002, PAID), (2003, SENT), (2004, MISTYPED), (REFUSED, SENT)]
    week.sheet("tue.xlsx", *rows)
    week.morning("Tuesday: two rows are wrong")

    # Nothing is new but that one of the two was corrected in the results.
    week.mend_results("tue.results.xlsx", MISTYPED, SENT)
    week.morning("Wednesday: one is mended, the sheet of the day is late")

    week.sheet("wed.xlsx", (3001, SENT), (3002, PAID))
    shutil.copy(week.inbox / "wed.xlsx", week.inbox / "wed (1).xlsx")
    week.sheet("mon.xlsx", *((order, SENT) for order in range(4001, 4004)))
    week.mend_results("tue.results.xlsx", REFUSED, 2006)
    week.morning("Thursday: two sheets, one twice, one under Monday's name; the rest is mended")

    week.sheet("fri.xlsx", (5001, SENT), of_monday=[1001])
    (week.inbox / "empty.xlsx").touch()
    week.morning("Friday: an empty sheet, and an order of Monday once more")

    week.sheet("sat.xlsx", *((order, SENT) for order in range(6001, 6006)))
    week.close_shop()
    week.morning("Saturday: the shop is away at first", meanwhile=week.open_shop)

    week.sheet("empty.xlsx", (7001, PAID))
    week.morning("Sunday: the empty sheet is sent again, with an order in it")


def describe(days: list[Day]) -> str:
    """List what came of each day."""
    lines = []
    for day in days:
        again = f", started again: {day.tries}" if day.tries else ""
        lines += [day.name, f"  exit status  {day.status}{again}"]
        lines.append(f"  sent         {', '.join(map(str, day.sent)) or '-'}")
        for mail in day.mails:
            lines.append(f"  mailed       {mail.subject}")
            lines += [f"               | {line}" for line in mail.problems]
            lines += [f"               + {name}" for name in mail.books]
        lines += [] if day.mails else ["  mailed       -"]
        lines.append(f"  moved        {', '.join(day.moved) or '-'}")
        lines.append(f"  left         {', '.join(day.left) or '-'}")
    return "\n".join(lines)


def open_shop() -> Sandbox:
    """Open the shop of the week, which refuses one order."""
    script = Script({REFUSED: [Fault.refuse(200, "order not found")] * 9})
    return Sandbox(username=LOGIN, secret_key=KEY, script=script)


def main() -> None:
    """Live through the week and print it."""
    with tempfile.TemporaryDirectory() as folder, open_shop() as sandbox, Mailbox() as mailbox:
        week = Week(Path(folder), sandbox, mailbox)
        try:
            live_through(week)
        finally:
            week.close_shop()
            print(describe(week.days))


def _is_set_up(name: str) -> bool:
    """Return whether a variable would say something to the program that the week does not."""
    return name.startswith(_PREFIXES) or name.lower().endswith("_proxy")


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def _mail(letter: EmailMessage) -> Mail:
    parts = text_of(letter).replace("\r", "").strip().split("\n\n")
    problems = [part for part in parts[1:] if not part.startswith(("Results: ", "From: "))]
    return Mail(
        subject=str(letter["subject"]).removeprefix(f"batch-update: {LOGIN}: "),
        problems=tuple(line for part in problems for line in part.splitlines()),
        books=tuple(books_of(letter)),
    )


if __name__ == "__main__":
    main()
