"""Find rows of a sheet, however long, that share an order or a tracking number."""

from __future__ import annotations

from array import array

_AT_ONCE = 1 << 18
"""Number of keys compared at a time, which takes some 20 MB."""


class DuplicateIndex:
    """The keys of rows, two for each: 8 bytes a key, for any value."""

    def __init__(self) -> None:
        self._orders = array("q")
        self._parcels = array("q")

    def add(self, order: int, parcel: int) -> None:
        """Note the next row's keys; 0 is none."""
        self._orders.append(order)
        self._parcels.append(parcel)

    def indexes(self) -> list[int]:
        """List the rows, by index from 0, that share their order or parcel with another."""
        orders, parcels = _repeated(self._orders), _repeated(self._parcels)
        if not orders and not parcels:
            return []
        return [
            index
            for index, (order, parcel) in enumerate(zip(self._orders, self._parcels, strict=True))
            if order in orders or parcel in parcels
        ]


def _repeated(keys: array[int]) -> set[int]:
    """Return the keys that occur more than once."""
    parts = len(keys) // _AT_ONCE + 1
    repeated: set[int] = set()
    for part in range(parts):
        some = array("q", (key for key in keys if key % parts == part)) if parts > 1 else keys
        # Mostly nothing is repeated but 0, which is seen without a look at each.
        if len(set(some)) == len(some) - max(0, some.count(0) - 1):
            continue
        seen: set[int] = set()
        for key in some:
            if key in seen:
                repeated.add(key)
            else:
                seen.add(key)
    repeated.discard(0)
    return repeated
