"""A machine of the team: a home, a clock and a link to the database of its own, and one run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from tests.home import variables_of
from tools.torture import OPTIONS
from tools.torture_team.plan import ShopPlan
from tools.torture_team.ways import Way

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300.0


class Ledger(NamedTuple):
    """The team's ledger.

    Args:
        database: its name.
        passfile: with the password.
    """

    database: str
    passfile: Path


class Machine:
    """One machine.

    Args:
        folder: its home.
        number: which one.
        shift_s: how far its clock is wrong, in seconds.
        way: how it reaches shops and database.
        ledger: the team's.
    """

    def __init__(self, folder: Path, number: int, shift_s: float, way: Way, ledger: Ledger) -> None:
        folder.mkdir()
        self.folder = folder
        self.number = number
        self.way = way
        self.shop = ""
        """Whose sheet its run is at work on; empty for none."""
        self._shift_s = shift_s
        self._ledger = ("--ledger", way.ledger(ledger.database))
        self._passfile = ledger.passfile
        self._run: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_paused = False

    def results(self, sheet: Path) -> Path:
        """Give where the results of a sheet are."""
        return sheet.with_name(f"{sheet.stem}.results.csv")

    def work(self, shop: ShopPlan, address: str, sheet: Path) -> tuple[int, str]:
        """Run the program over a sheet; give its exit status, and what it said."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PYTHONPATH": str(ROOT),
            "JUSTCLICK_USERNAME": shop.login,
            "JUSTCLICK_SECRET_KEY": shop.secret_key,
            "JUSTCLICK_BASE_URL": self.way.shop(address),
            "PGPASSFILE": str(self._passfile),
            **variables_of(self.folder),
            "BATCH_UPDATE_OPERATOR": f"operator {self.number}",
        }
        with self._lock:
            self._run = subprocess.Popen(
                (
                    *self.way.command,
                    *(sys.executable, "-m", "tools.torture_team.shifted", str(self._shift_s)),
                    *(sheet.name, "--quiet", "--rate", str(shop.rate), *OPTIONS, *self._ledger),
                ),
                cwd=sheet.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            self.shop = shop.name
        _, said = self._run.communicate(timeout=_PATIENCE_S)
        with self._lock:
            self.shop = ""
            self._is_paused = False
        return self._run.returncode, said.decode(errors="replace")

    @property
    def is_disturbed(self) -> bool:
        """Whether its run stands still, or its way to the database is cut."""
        return self._is_paused or self.way.is_cut

    def kill(self) -> None:
        """Kill its run."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        """Let its run stand still."""
        self._is_paused = self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let its run go on."""
        self._signal(signal.SIGCONT)
        self._is_paused = False

    def _signal(self, sign: signal.Signals) -> bool:
        with self._lock:
            if self._run is None or not self.shop:
                return False
            self._run.send_signal(sign)
            return True
