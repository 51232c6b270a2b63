"""Tell stories by the thousand, one of them, or those of planted faults."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from tools.simulation import planted
from tools.simulation.drawing import draw
from tools.simulation.rules import Rule, Violation
from tools.simulation.shrinking import shrink
from tools.simulation.world import play

_STORIES = 100_000
_AT_ONCE = 100
_SHOWN = (
    "starts",
    "rows",
    "calls",
    "posts",
    "reads",
    "payments",
    "forced",
    "kills",
    "interruptions",
    "dry runs",
    "runs that stopped early",
    "late acts",
    "lost answers",
    "calls: page of a gateway",
    "calls: no answer in time",
    "calls: connection lost",
    "calls: no connection",
    "calls: overload",
)
Found = list[tuple[int, Violation]]


def tell_many(seeds: Iterable[int]) -> tuple[Counter[str], Found]:
    """Let the stories of some seeds happen; give the figures, and what was violated in which."""
    # What is left of a story is let go at its end; to look for more after each takes long.
    gc.collect()
    gc.disable()
    figures: Counter[str] = Counter()
    found: Found = []
    for seed in seeds:
        ending = play(draw(seed))
        figures.update(ending.figures)
        figures["stories"] += 1
        if ending.violation is not None:
            found.append((seed, ending.violation))
    return figures, found


def _batches(first: int, stories: int) -> Iterator[range]:
    for start in range(first, first + stories, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, first + stories))


def _tell_all(first: int, stories: int, processes: int) -> int:
    begin = time.perf_counter()
    figures: Counter[str] = Counter()
    found: Found = []
    with multiprocessing.Pool(processes) as pool:
        for some, violated in pool.imap_unordered(tell_many, _batches(first, stories)):
            figures.update(some)
            found += violated
            if sys.stderr.isatty():
                print(f"\r{figures['stories']}", end="", file=sys.stderr)
    took_s = time.perf_counter() - begin
    print(f"{figures['stories']} stories from seed {first} on in {took_s:.0f} s")
    print(", ".join(f"{name} {figures[name]}" for name in _SHOWN))
    _report(found)
    return int(bool(found))


def _report(found: Found) -> None:
    by_rule: dict[Rule, Found] = {}
    for seed, violation in sorted(found, key=lambda one: one[0]):
        by_rule.setdefault(violation.rule, []).append((seed, violation))
    for rule, cases in by_rule.items():
        print(f"\n{rule.name}: {rule}: {len(cases)} stories")
        for seed, violation in cases[:5]:
            print(f"  seed {seed}: {violation.text}")
        tell_one(cases[0][0])


def tell_one(seed: int, *, shrinks: bool = True) -> int:
    """Tell one story, as short as it can be if it breaks a rule; give the exit status."""
    story = draw(seed)
    violation = play(story).violation
    if violation is not None and shrinks:
        story = shrink(story, violation.rule)
    ending = play(story, tells=True)
    print(f"\nseed {seed}\n{story}\n")
    print("\n".join(ending.lines))
    if violation is not None:
        print(f"\nagain: python -m tools.simulation --seed {seed}")
    return int(violation is not None)


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stories", nargs="?", type=int, default=_STORIES)
    parser.add_argument("--first", type=int, help="the first seed; else one by chance")
    parser.add_argument("--seed", type=int, help="tell the story of this seed")
    parser.add_argument("--whole", action="store_true", help="do not shorten it")
    parser.add_argument("--planted", nargs="?", const="", help="plant faults (whose name has this)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.seed is not None:
        return tell_one(options.seed, shrinks=not options.whole)
    if options.planted is not None:
        return planted.plant_all(options.planted, options.processes)
    first = random.SystemRandom().randrange(10**9) if options.first is None else options.first
    return _tell_all(first, options.stories, options.processes)


if __name__ == "__main__":
    sys.exit(main())
