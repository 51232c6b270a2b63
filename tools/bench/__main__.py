"""How fast whole runs are, beside what they are compared to: `make bench`, `make bench-full`.

Each figure is a ratio of two that were measured in turns in one run, so that a busy machine slows
both; the median counts. The table goes to the screen, a report with it to build/bench.md, all
figures to build/bench.json, a picture of them to build/bench.png, and one of how sending adapts to
build/adaptive.png. Report and pictures are the pages docs/speed.md, docs/speed.png and
docs/adaptive.png.
"""

from __future__ import annotations

import argparse
import compileall
import datetime as dt
import itertools
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import batch_update
from tools.bench.processes import COMMAND, PYTHON, ROOT, Command, Cost, Pair, Shop, run
from tools.bench.server import KEY, LOGIN
from tools.bench.sheets import sheet

ROUNDS, ROUNDS_WHEN_FULL = 5, 15
FEW = 3
"""Rounds of what takes long, or is far from its goal; in a full run as many as of all others."""
BUILD = ROOT / "build"
MANY, MORE, MOST = 10_000, 100_000, 1_000_000

REPORT = """# Speed

As `make bench` measured it on {date} with version {version}, in {took_s} s, on a machine with
{machine} and Python {python}.

{table}

![How much each figure takes of what its goal allows](speed.png)

Each figure is a ratio of two that were measured in turns in one run; the median counts. "Ours :
theirs" are the two by themselves; on another machine they differ. Everything that a user gets is
on: the checks, the ledger (on the disk), results with colours.

- **dry run**: the whole process, from the command to the results file beside the sheet.
- **naive**: `pandas.read_excel`, a loop of `requests.post`, `DataFrame.to_excel`; no checks, no
  second try ([naive.py](../tools/bench/naive.py)).
- **vendor**: a new connection for each call, one call after another, as the examples of the API do.
- **ideal**: workers ÷ latency. **Bare sessions**: a `requests.Session` in as many threads.
- **The server** is a separate process that only waits and answers, over TLS.
- **Default settings**: no `--workers`, against the fixed number that such a shop takes best.
- **A team's ledger** is in PostgreSQL on the same machine; runs, shop and database share its cores.
- **A ledger of 5,000,000 updates** is that of years; both runs send 1,000 rows that are new to it.

What stands in the way where a goal is not met:

- **The start**: the parts of Python itself that such a program loads (argparse, gettext, pathlib,
  re, typing) take 2.8 times as long as `python -c pass`.
- **One worker** goes strictly row by row: what became of an update is on the disk before the next
  one leaves.
- **32 and 64 workers**: one process of Python uses one core at a time, and each update takes some
  of it.
- **csv**: pandas makes no rows of what it reads, and has nothing to check, to note and to explain.

How default settings find out what a shop takes: requests in flight, and how long each took, as four
kinds of shop saw them. The dashed line is how many the shop takes at once.

![Requests in flight and latency over time at four kinds of shop](adaptive.png)
"""

RAW_CSV = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str).to_csv(sys.argv[2])"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table.

    Args:
        what: what was measured, against what.
        figure: what came of it.
        goal: what it should be.
        is_most: whether it should be at most that, or at least.
        detail: the figures behind it.
        rounds: of how many it is the median.
    """

    what: str
    figure: float
    goal: float
    is_most: bool = True
    detail: str = ""
    rounds: int

    @property
    def is_met(self) -> bool:
        """Whether it is good enough, as far as the table shows it."""
        shown = round(self.figure, 2)
        return shown <= self.goal if self.is_most else shown >= self.goal

    def as_row(self) -> str:
        """Give a row of a Markdown table."""
        sign = "≤" if self.is_most else "≥"
        met = "met" if self.is_met else "**not met**"
        return f"| {self.what} | {self.figure:.2f} | {sign} {self.goal:g} | {met} | {self.detail} |"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One run of the benchmark.

    Args:
        folder: where its files go.
        environment: that of the processes.
        rounds: how often each pair is measured.
        is_full: whether it may take an hour.
        pictures: what draws them, at the end: a library for that makes this process large, and
            others that it starts would count that as their memory.
    """

    folder: Path
    environment: Mapping[str, str]
    rounds: int
    is_full: bool
    pictures: list[Callable[[], None]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def fresh(self, ending: str) -> Path:
        """Give a path that nobody has used."""
        return self.folder / f"{next(self.numbers)}{ending}"

    @property
    def few(self) -> int:
        """Rounds of what takes long."""
        return self.rounds if self.is_full else FEW

    def pair(self, ours: Command, theirs: Command, *, status: int = 0, times: float = 1) -> Pair:
        """Time two commands in turns, so many times the usual rounds; ours ends with a status."""
        figures = [
            (
                run(ours, self.environment, status=status).seconds,
                run(theirs, self.environment).seconds,
            )
            for _ in range(round(times * self.rounds))
        ]
        return Pair.of(figures)

    def dry_run(self, source: Path, ending: str) -> list[str | Path]:
        """Give the command that checks a sheet and writes results."""
        return [
            COMMAND,
            source,
            "--dry-run",
            "--no-progress",
            "--output",
            self.folder / f"o{ending}",
        ]


def start(bench: Bench) -> Iterator[Line]:
    """How long it takes until anything is said."""
    nothing = [PYTHON, "-c", "pass"]
    for what, command, status, goal in (
        ("`--version`", [COMMAND, "--version"], 0, 3),
        ("`--help`", [COMMAND, "--help"], 0, 3),
        ("an argument error", [COMMAND, "--no-such-option"], 2, 3),
        ("no such file", [COMMAND, "no-such-file.xlsx"], 2, 6),
    ):
        pair = bench.pair(command, nothing, status=status, times=3)
        yield against(f"{what}, against `python -c pass`", pair, goal)
    russian, english = ([COMMAND, "--help", "--lang", language] for language in ("ru", "en"))
    pair = bench.pair(russian, english, times=5)
    yield against("`--help` in Russian, against in English", pair, 1.1)


def against(what: str, pair: Pair, goal: float) -> Line:
    """Make a line of two times."""
    detail = f"{pair.ours:.2f} s : {pair.theirs:.2f} s"
    return Line(what=what, figure=pair.ratio, goal=goal, detail=detail, rounds=pair.rounds)


def offline(bench: Bench) -> Iterator[Line]:
    """Reading, checking and writing workbooks."""
    imports = [PYTHON, "-c", "import pandas, openpyxl"]
    pair = bench.pair(bench.dry_run(sheet("xlsx", 1000), ".xlsx"), imports)
    yield against("1,000 rows xlsx, dry run, against importing pandas and openpyxl", pair, 0.9)
    for count, goal, rounds in ((MANY, 0.35, bench.rounds), (MORE, 0.3, bench.few)):
        source = sheet("xlsx", count)
        naive = [PYTHON, "-m", "tools.bench.naive", str(source), str(bench.folder / "naive.xlsx")]
        times = rounds / bench.rounds
        pair = bench.pair(bench.dry_run(source, ".xlsx"), naive, times=times)
        yield against(f"{count:,} rows xlsx, dry run, against naive without sending", pair, goal)


def large(bench: Bench) -> Iterator[Line]:
    """A million rows, in time and in memory."""
    source = sheet("csv", MOST)
    raw = [PYTHON, "-c", RAW_CSV, str(source), str(bench.folder / "raw.csv")]
    costs: list[tuple[Cost, Cost, Cost]] = []
    for _ in range(bench.few):
        less = run(bench.dry_run(sheet("csv", MORE), ".csv"), bench.environment)
        ours = run(bench.dry_run(source, ".csv"), bench.environment)
        costs.append((ours, run(raw, bench.environment), less))
    pair = Pair.of([(ours.seconds, theirs.seconds) for ours, theirs, _ in costs])
    yield against("1,000,000 rows csv, dry run, against pandas reading and writing it", pair, 4)
    memory = Pair.of([(ours.peak_mb, less.peak_mb) for ours, _, less in costs])
    detail = f"{memory.ours:.0f} MB : {memory.theirs:.0f} MB"
    for what, figure, goal in (
        ("1,000,000 rows csv, peak memory in MB", memory.ours, 400),
        ("1,000,000 rows csv, peak memory against 100,000", memory.ratio, 2),
    ):
        yield Line(what=what, figure=figure, goal=goal, detail=detail, rounds=bench.few)
    rate = Pair.of([(ours.seconds / MOST, less.seconds / MORE) for ours, _, less in costs])
    detail = f"{rate.ours * 1e6:.0f} µs : {rate.theirs * 1e6:.0f} µs"
    what = "csv, time per row at 1,000,000 against 100,000"
    yield Line(what=what, figure=rate.ratio, goal=1.3, detail=detail, rounds=bench.few)
    rounds = bench.rounds if bench.is_full else 1
    longest = bench.dry_run(sheet("xlsx", MOST), ".csv")
    ends = [run(longest, bench.environment) for _ in range(rounds)]
    peak_mb = statistics.median(cost.peak_mb for cost in ends)
    what = "1,000,000 rows xlsx, csv results, peak memory in MB"
    detail = f"{statistics.median(cost.seconds for cost in ends):.0f} s"
    yield Line(what=what, figure=peak_mb, goal=1024, detail=detail, rounds=rounds)
    count = MOST if bench.is_full else MANY * 2
    with Shop(bench.folder, 0) as shop:
        costs_of_sending = [send_all(bench, shop, number, 8) for number in (MANY // 5, count)]
        shop.calls_per_s(8, MANY // 5 + count)
    less_mb, more_mb = (cost.peak_mb for cost in costs_of_sending)
    detail = f"{more_mb:.0f} MB : {less_mb:.0f} MB"
    what = f"{count:,} rows sent, 0 ms, peak memory in MB"
    yield Line(what=what, figure=more_mb, goal=200, detail=detail, rounds=1)
    what = f"{count:,} rows sent, peak memory against {MANY // 5:,}"
    yield Line(what=what, figure=more_mb / less_mb, goal=1.5, detail=detail, rounds=1)


def send(bench: Bench, shop: Shop, count: int, workers: int) -> float:
    """Send a sheet with the whole program; its pace in calls per second, as the shop sees it."""
    send_all(bench, shop, count, workers)
    return shop.calls_per_s(workers, count)


def send_all(bench: Bench, shop: Shop, count: int, workers: int) -> Cost:
    """Send a sheet with the whole program; what that took."""
    environment = {
        **bench.environment,
        "JUSTCLICK_BASE_URL": shop.base_url,
        "REQUESTS_CA_BUNDLE": str(shop.authority),
    }
    command = (COMMAND, sheet("csv", count), "--no-progress", "--workers", str(workers))
    target = ("--output", bench.folder / "sent.csv", "--ledger", bench.fresh(".sqlite3"))
    return run((*command, *target), environment)


def loop(bench: Bench, shop: Shop, kind: str, count: int, workers: int = 1) -> float:
    """Post as many with another loop; its pace."""
    environment = {**bench.environment, "REQUESTS_CA_BUNDLE": str(shop.authority)}
    arguments = (kind, shop.url, str(count), str(workers))
    run([PYTHON, "-m", "tools.bench.loops", *arguments], environment)
    return shop.calls_per_s(workers, count)


def ledger_cost(bench: Bench, shop: Shop, count: int, workers: int) -> Pair:
    """Send without the program around it, with the ledger and without."""
    environment = {**bench.environment, "REQUESTS_CA_BUNDLE": str(shop.authority)}

    def pace(place: str) -> float:
        arguments = (place, shop.base_url, str(count), str(workers))
        run([PYTHON, "-m", "tools.bench.inside", *arguments], environment)
        return shop.calls_per_s(workers, count)

    return Pair.of([(pace(str(bench.fresh(".sqlite3"))), pace("-")) for _ in range(bench.rounds)])


def paces(what: str, pair: Pair, goal: float) -> Line:
    """Make a line of two paces, of which ours should be the quicker."""
    detail = f"{pair.ours:.0f}/s : {pair.theirs:.0f}/s"
    return Line(
        what=what, figure=pair.ratio, goal=goal, is_most=False, detail=detail, rounds=pair.rounds
    )


def sending(bench: Bench) -> Iterator[Line]:
    """Sending over TLS, the ledger on."""
    latency_ms = 50
    with Shop(bench.folder, latency_ms) as shop:
        for workers, count, goal in (
            (1, 100, 0.97),
            (8, 1200, 0.97),
            (32, 3200, 0.96),
            (64, 3200, 0.9),
        ):
            ideal = workers / latency_ms * 1000
            figures = [(send(bench, shop, count, workers), ideal) for _ in range(bench.rounds)]
            what = f"sending, {latency_ms} ms, {workers} worker{'s' * (workers > 1)}, against ideal"
            yield paces(what, Pair.of(figures), goal)
        yield from against_scripts(bench, shop, latency_ms, 10)
    with Shop(bench.folder, 0) as shop:
        figures = [
            (send(bench, shop, 3000, 8), loop(bench, shop, "bare", 3000, 8))
            for _ in range(bench.rounds)
        ]
        yield paces("sending, 0 ms, 8 workers, against bare sessions", Pair.of(figures), 1.5)
        yield from against_scripts(bench, shop, 0, 15)
        pair = ledger_cost(bench, shop, 2000, 8)
        yield paces("sending, 0 ms, 8 workers, with the ledger against without", pair, 0.9)
        figures = [
            (loop(bench, shop, "raw", 8000, 8), send(bench, shop, 1000, 8))
            for _ in range(bench.rounds)
        ]
        yield paces(
            "the server alone, against our sending: it is not what is measured", Pair.of(figures), 2
        )


def default(bench: Bench) -> Iterator[Line]:
    """Sending with default settings, to shops that take only so many requests at once."""
    from tools.bench import adaptive

    rounds = 3 if bench.is_full else 1
    runs = [adaptive.run_all(bench.fresh(""), bench.environment) for _ in range(rounds)]
    for place, (first, _) in enumerate(runs[0]):
        pairs = [run[place] for run in runs]
        pair = Pair.of([(ours.pace, best.pace) for ours, best in pairs])
        what = f"default settings, {adaptive.LATENCY_MS} ms, {first.what}"
        yield paces(f"{what}, against the best number", pair, 0.9)
        if first.kind == "refuses":
            refused = statistics.median(ours.refused for ours, _ in pairs)
            yield Line(what=f"{what}, refused, in %", figure=refused * 100, goal=2, rounds=rounds)
    courses = [ours for ours, _ in runs[-1]]
    bench.pictures.append(lambda: adaptive.draw(courses, BUILD / "adaptive.png"))


def team(bench: Bench) -> Iterator[Line]:
    """Sending with one ledger for several runs, in PostgreSQL."""
    from tools.bench.team import CLAIMS_GOAL, claims_of, paces_together

    with Shop(bench.folder, 50) as shop:
        alone, together = paces_together(
            shop, bench.folder, dict(bench.environment), bench.few, 1600
        )
    yield paces("a team's ledger, 50 ms, 8 workers, against ideal", alone, 0.95)
    yield paces("a team's ledger, 50 ms, four runs of 8 workers, against one", together, 3.6)
    for runs in (1, 4):
        figures = [(claims_of(runs), 1.0) for _ in range(bench.rounds)]
        what = f"a team's ledger, claims in a second, {runs} run{'s' * (runs > 1)}"
        yield paces(what, Pair.of(figures), CLAIMS_GOAL)


def years(bench: Bench) -> Iterator[Line]:
    """A ledger of years: what a run on it takes, and how large it is."""
    from batch_update import shops
    from tools.bench import ledger

    count = 1000
    with Shop(bench.folder, 0) as shop:
        environment = {
            **bench.environment,
            "JUSTCLICK_BASE_URL": shop.base_url,
            "REQUESTS_CA_BUNDLE": str(shop.authority),
        }

        def seconds(place: Path, first: int) -> float:
            command = (COMMAND, sheet("csv", count, first), "--no-progress", "--workers", "8")
            target = ("--output", bench.folder / "sent.csv", "--ledger", place)
            took_s = run((*command, *target), environment).seconds
            shop.calls_per_s(8, count)
            return took_s

        full = bench.fresh(".sqlite3")
        account = shops.identify(LOGIN, shop.base_url)
        command = (PYTHON, "-m", "tools.bench.ledger", full, str(MOST * 5), account)
        run(command, environment)
        size = ledger.bytes_per_update(full)
        # Their orders are the next ones, and each sheet has others.
        begins = [ledger.FIRST_ORDER + MOST * 5 + count * number for number in range(bench.rounds)]
        pair = Pair.of(
            [(seconds(full, first), seconds(bench.fresh(".sqlite3"), first)) for first in begins]
        )
    yield against("a ledger of 5,000,000 updates, 1,000 rows more, against an empty one", pair, 1.1)
    what = "a ledger of 5,000,000 updates, bytes for each"
    yield Line(what=what, figure=size, goal=150, rounds=1)


def against_scripts(bench: Bench, shop: Shop, latency_ms: int, goal: float) -> Iterator[Line]:
    """Compare to the vendor's way and to the naive loop."""
    count = 320 if latency_ms else 1000
    for kind in ("vendor", "naive"):
        figures = [
            (send(bench, shop, count, 8), loop(bench, shop, kind, 30)) for _ in range(bench.few)
        ]
        what = f"sending, {latency_ms} ms, 8 workers, against {kind}"
        yield paces(what, Pair.of(figures), goal)


PARTS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "start": start,
    "offline": offline,
    "sending": sending,
    "default": default,
    "team": team,
    "ledger": years,
    "large": large,
}


def draw(lines: list[Line], path: Path) -> None:
    """Draw how far each figure is from its goal; 1 is the goal, less is better."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(10, 0.4 * len(lines) + 1.2))
    shares = [
        line.figure / line.goal if line.is_most else line.goal / line.figure for line in lines
    ]
    colours = ["#4C9F70" if line.is_met else "#C0504D" for line in lines]
    axes.barh([line.what.replace("`", "") for line in lines], shares, color=colours)
    axes.axvline(1, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel("share of what the goal allows")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> int:
    """Measure, and say what came of it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--full", action="store_true", help="more rounds and more rows")
    arguments.add_argument("--only", choices=PARTS, action="append")
    said = arguments.parse_args()
    BUILD.mkdir(exist_ok=True)
    # As pip does with what it installs, except with what is used from where it lies.
    compileall.compile_dir(ROOT / "batch_update", quiet=1)
    began = time.monotonic()
    lines: list[Line] = []
    head = "| what | figure | goal | | ours : theirs |\n| --- | --- | --- | --- | --- |"
    print(head, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        environment = {
            **os.environ,
            "HOME": str(folder),
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
        }
        rounds = ROUNDS_WHEN_FULL if said.full else ROUNDS
        bench = Bench(folder=folder, environment=environment, rounds=rounds, is_full=said.full)
        for name in said.only or PARTS:
            for line in PARTS[name](bench):
                lines.append(line)
                print(line.as_row(), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = {
        "version": batch_update.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "took_s": round(time.monotonic() - began),
        "lines": [{**asdict(line), "is_met": line.is_met} for line in lines],
    }
    table = "\n".join([head, *(line.as_row() for line in lines)])
    report = REPORT.format(table=table, date=f"{dt.datetime.now(dt.UTC):%d.%m.%Y}", **about)
    (BUILD / "bench.md").write_text(report, encoding="utf-8")
    (BUILD / "bench.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    draw(lines, BUILD / "bench.png")
    for drawing in bench.pictures:
        drawing()
    met = sum(line.is_met for line in lines)
    print(f"\n{met} of {len(lines)} goals met, in {about['took_s']} s; also in build/bench.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
