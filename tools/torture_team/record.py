"""What the shops saw: every request and every change, with the moment, in one file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self


class Seen(NamedTuple):
    """A request that came, or a change that was made.

    Args:
        at: when, in seconds of the machine's steady clock, which all its processes share.
        order: of which order.
        status: which was asked for or is now; empty for a question.
    """

    at: float
    order: int
    status: str


@dataclass
class ShopRecord:
    """What one shop saw, each in the order of its coming.

    Args:
        requests: what was asked of it, questions too.
        changes: what it did.
        arrivals: when requests came to the machine, however long after the shop took them up; not
            written down.
    """

    requests: list[Seen] = field(default_factory=list)
    changes: list[Seen] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)


@dataclass
class Record:
    """What all shops saw.

    Args:
        shops: by the shop's name.
    """

    shops: dict[str, ShopRecord] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write it down for another process."""
        with path.open("w", encoding="utf-8") as file:
            for name, shop in self.shops.items():
                line = {"shop": name, "requests": shop.requests, "changes": shop.changes}
                file.write(json.dumps(line) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        record = cls()
        with path.open(encoding="utf-8") as file:
            for line in map(json.loads, file):
                record.shops[line["shop"]] = ShopRecord(
                    requests=[Seen(*one) for one in line["requests"]],
                    changes=[Seen(*one) for one in line["changes"]],
                )
        return record
