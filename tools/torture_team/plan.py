"""What is to be done: shops, their orders, and the sheets in which they come."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tools.torture import KEY, LIVES, LOGIN

Lives = dict[int, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class ShopPlan:
    """A shop and what its sheets say.

    Args:
        name: how the record names it.
        seed: for the faults of its calls.
        rate: the most requests in any second, from all runs together.
        sheets: for each sheet, its orders with the statuses of their rows, in order.
    """

    name: str
    seed: int
    rate: int
    sheets: tuple[Lives, ...]

    @property
    def login(self) -> str:
        """The account's user name."""
        return f"{LOGIN}-{self.name}"

    @property
    def secret_key(self) -> str:
        """The account's key."""
        return KEY

    @property
    def lives(self) -> Lives:
        """All orders; no two sheets have one in common."""
        return {order: life for sheet in self.sheets for order, life in sheet.items()}

    def write_sheet(self, number: int, path: Path) -> None:
        """Write a sheet as a warehouse would: the orders' rows lie between each other."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("order", "status", "date", "rpo"))
            writer.writerows(
                (order, status, "2026-11-20", f"RA{order}")
                for order, status in _mixed(self.sheets[number])
            )


def _mixed(lives: Lives) -> Iterator[tuple[int, str]]:
    chance = random.Random(len(lives))  # noqa: S311 repeatable, not a secret
    turns = [order for order, life in lives.items() for _ in life]
    chance.shuffle(turns)
    left = {order: iter(life) for order, life in lives.items()}
    for order in turns:
        yield order, next(left[order])


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is to be done.

    Args:
        shops: the shops.
    """

    shops: tuple[ShopPlan, ...]

    @classmethod
    def draw(cls, chance: random.Random, *, shops: int, rows: int, rate: int) -> Self:
        """Make up so many shops with so many rows in all, or a few more."""
        return cls(
            shops=tuple(
                ShopPlan(
                    name=f"shop{number}",
                    seed=chance.randrange(10**9),
                    rate=rate,
                    # Every other shop has two sheets, for two runs that meet in the pace alone.
                    sheets=_sheets(chance, rows // shops, 1 + number % 2),
                )
                for number in range(shops)
            )
        )

    @property
    def rows(self) -> int:
        """How many rows all sheets hold."""
        return sum(len(life) for shop in self.shops for life in shop.lives.values())

    def save(self, path: Path) -> None:
        """Write it down for another process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        return cls(
            shops=tuple(
                ShopPlan(
                    name=shop["name"],
                    seed=shop["seed"],
                    rate=shop["rate"],
                    sheets=tuple(
                        {int(order): tuple(life) for order, life in sheet.items()}
                        for sheet in shop["sheets"]
                    ),
                )
                for shop in json.loads(path.read_text(encoding="utf-8"))["shops"]
            )
        )


def _sheets(chance: random.Random, rows: int, sheets: int) -> tuple[Lives, ...]:
    made: list[Lives] = []
    first = 1
    for _ in range(sheets):
        lives: Lives = {}
        while sum(map(len, lives.values())) < rows // sheets:
            lives[first] = chance.choice(LIVES)
            first += 1
        made.append(lives)
    return tuple(made)
