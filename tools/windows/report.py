"""What pytest says of the suite on Windows: failures at once, and at the end a line for each file.

The suite takes long there. Who watches it sees what fails. If it is ended, what each test came to
is in build/windows/results.txt.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

_RESULTS = Path(__file__).parents[2] / "build" / "windows" / "results.txt"
_IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
_counted: dict[str, Counter[str]] = defaultdict(Counter)
_reasons: Counter[str] = Counter()


def pytest_configure() -> None:
    """Begin anew."""
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    if not _IS_WORKER:
        _RESULTS.unlink(missing_ok=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count a test, and tell at once if it failed."""
    is_over = report.when == "call" or not report.passed
    # The process that hands out the tests hears of all of them.
    if not is_over or _IS_WORKER:
        return
    name = report.nodeid.partition("::")[0]
    _counted[name][report.outcome] += 1
    with _RESULTS.open("a", encoding="utf-8") as results:
        results.write(f"{report.outcome}\t{report.nodeid}\n")
    if report.skipped and isinstance(report.longrepr, tuple):
        _reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = str(report.longrepr) if crash is None else crash.message
        lines = " | ".join(line.strip() for line in said.splitlines()[:4])
        print(f"\nFAILED {report.nodeid}: {lines[:400]}", flush=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts of each file, and how many tests were skipped for which reason."""
    terminalreporter.section("files")
    for name, counts in sorted(_counted.items()):
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        terminalreporter.line(f"{name}: {said}")
    terminalreporter.section("skipped")
    for reason, count in _reasons.most_common():
        terminalreporter.line(f"{count:5} {reason}")
