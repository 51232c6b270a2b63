"""What `--workers auto` makes of shops that take only so many requests at once.

All shops are tried at the same time, since all that is done is to wait for them: each in a process
of its own, once with default settings and once with the number that is the best for it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.processes import COMMAND, Shop, run
from tools.bench.sheets import sheet

LATENCY_MS = 300
ORDERS = 1000
SHOPS = (
    ("queues", 16),
    ("refuses", 2),
    ("refuses", 4),
    ("refuses", 8),
    ("slows", 2),
    ("slows", 4),
    ("slows", 8),
)
WORDS = {
    "queues": "a shop that takes {room} at once",
    "refuses": "a shop that answers 503 beyond {room} at once",
    "slows": "a shop that slows down beyond {room} at once",
}
Seen = Sequence[tuple[float, int, float, bool]]


@dataclass(frozen=True, kw_only=True)
class Course:
    """One run through a shop.

    Args:
        kind: the kind of shop.
        room: how many it takes at once.
        seen: the requests, as the shop saw them.
    """

    kind: str
    room: int
    seen: Seen

    @property
    def what(self) -> str:
        """Describe the shop."""
        return WORDS[self.kind].format(room=self.room)

    @property
    def pace(self) -> float:
        """Orders per second, from the first request to the last answer."""
        began = min(came for came, *_ in self.seen)
        ended = max(came + took_s for came, _, took_s, _ in self.seen)
        return ORDERS / (ended - began)

    @property
    def refused(self) -> float:
        """Share of the requests that the shop was too busy for."""
        return sum(is_refused for *_, is_refused in self.seen) / len(self.seen)


def run_all(folder: Path, environment: Mapping[str, str]) -> list[tuple[Course, Course]]:
    """Send a sheet to every shop; give each run with default settings and that with the best."""
    source = sheet("csv", ORDERS)
    found: dict[tuple[str, int, str], Course] = {}
    threads = [
        threading.Thread(
            target=_send, args=(folder, environment, source, (kind, room, said), found)
        )
        for kind, room in SHOPS
        for said in ("auto", str(room))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [(found[kind, room, "auto"], found[kind, room, str(room)]) for kind, room in SHOPS]


def _send(
    folder: Path,
    environment: Mapping[str, str],
    source: Path,
    key: tuple[str, int, str],
    found: dict[tuple[str, int, str], Course],
) -> None:
    kind, room, said = key
    own = folder / "-".join(map(str, key))
    own.mkdir(parents=True, exist_ok=True)
    with Shop(own, LATENCY_MS, kind, str(room)) as shop:
        settings = {
            **environment,
            "JUSTCLICK_BASE_URL": shop.base_url,
            "REQUESTS_CA_BUNDLE": str(shop.authority),
        }
        named = () if said == "auto" else ("--workers", said)
        target = ("--output", own / "sent.csv", "--ledger", own / "ledger.sqlite3")
        run((COMMAND, source, "--no-progress", *named, *target), settings)
        found[key] = Course(kind=kind, room=room, seen=shop.seen(own / "seen.csv"))


def draw(courses: Sequence[Course], path: Path) -> None:
    """Draw requests in flight and their latency over time, as four of the shops saw them."""
    from matplotlib import pyplot

    chosen = [("queues", 16), ("refuses", 8), ("slows", 4), ("refuses", 2)]
    figure, rows = pyplot.subplots(2, len(chosen), figsize=(14, 5), sharex="col", squeeze=False)
    for place, key in enumerate(chosen):
        course = next(one for one in courses if (one.kind, one.room) == key)
        began = min(came for came, *_ in course.seen)
        seen = sorted(
            (came - began, there, took_s, busy) for came, there, took_s, busy in course.seen
        )
        times = [one[0] for one in seen]
        upper, lower = rows[0][place], rows[1][place]
        upper.step(times, [one[1] for one in seen], where="post", linewidth=0.8)
        upper.axhline(course.room, color="black", linewidth=0.8, linestyle="--")
        upper.set_title(course.what, fontsize=9)
        lower.plot(times, [one[2] * 1000 for one in seen], ".", markersize=2)
        refused = [one[0] for one in seen if one[3]]
        lower.plot(refused, [0.0] * len(refused), "x", color="#C0504D", markersize=5)
        lower.set_xlabel("seconds")
    rows[0][0].set_ylabel("requests in flight")
    rows[1][0].set_ylabel("latency in ms; x: 503")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
