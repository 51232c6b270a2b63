"""Disk-backed lists of any length; only the last few thousand items stay in memory."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

from batch_update import wording
from batch_update.errors import SpoolError
from batch_update.i18n import _

T = TypeVar("T")

CHUNK = 4096
"""Number of items kept in memory, and read back from the disk at a time."""


class Spool(Sequence[T]):
    """A list that grows at its end, and can be gone through again and again.

    Its file has no name, so that no other user can read or change it, and ends with the list.

    Args:
        pack: turns items into values that are quick to pickle.
        unpack: the way back.
        must_keep: whether items stay in memory when the disk has no room for them.
    """

    def __init__(
        self,
        pack: Callable[[Sequence[T]], object],
        unpack: Callable[[Any], list[T]],
        *,
        must_keep: bool = False,
    ) -> None:
        self._pack = pack
        self._unpack = unpack
        self._must_keep = must_keep
        self._chunk = CHUNK
        self._file: Any = None
        self._starts = array("Q")
        self._end = 0
        self._last: list[T] = []
        self._replaced: dict[int, T] = {}
        self._seen: tuple[int, list[T]] = (-1, [])

    def __len__(self) -> int:
        return len(self._starts) * self._chunk + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._starts)):
            yield from self._read(number)
        first = len(self._starts) * self._chunk
        for index in range(len(self._last)):
            yield self._replaced.get(first + index, self._last[index])

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        if place in self._replaced:
            return self._replaced[place]
        number, offset = divmod(place, self._chunk)
        if number >= len(self._starts):
            return self._last[place - len(self._starts) * self._chunk]
        if self._seen[0] != number:
            self._seen = (number, self._read(number))
        return self._seen[1][offset]

    def append(self, item: T) -> None:
        """Add an item.

        Raises:
            SpoolError: there is no room for it on the disk, and it need not be kept.
        """
        self._last.append(item)
        if len(self._last) == self._chunk:
            self._write_if_full()

    def extend(self, items: Sequence[T]) -> None:
        """Add items, as `append` does one."""
        start = 0
        while start < len(items):
            room = self._chunk - len(self._last)
            # Where the disk has no room, there is no end of a chunk any more.
            end = start + room if room > 0 else len(items)
            self._last += items[start:end]
            start = end
            self._write_if_full()

    def replace(self, index: int, item: T) -> None:
        """Replace one item by another; all of these stay in memory."""
        self._replaced[index] = item
        self._seen = (-1, [])

    def _write_if_full(self) -> None:
        if len(self._last) == self._chunk:
            try:
                self._write()
            except SpoolError:
                if not self._must_keep:
                    raise

    def _write(self) -> None:
        data = pickle.dumps(self._pack(self._last), pickle.HIGHEST_PROTOCOL)
        try:
            if self._file is None:
                # Without a buffer: one that could not be written would be tried again at each seek.
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 ends with the list
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            reason = wording.reason_of(error)
            raise SpoolError(
                _(
                    "The sheet is long, and there is no room for it in the folder of "
                    "temporary files, {folder}: {reason}. Make room there, or name another "
                    "folder by TMPDIR."
                ).format(folder=wording.printable(_folder()), reason=reason)
            ) from error
        self._starts.append(self._end)
        self._end += len(data)
        self._last = []

    def _read(self, number: int) -> list[T]:
        """Read a chunk back.

        Raises:
            OSError: the disk has failed.
        """
        start, *after = self._starts[number : number + 2]
        self._file.seek(start)
        left = (after[0] if after else self._end) - start
        data = bytearray()
        while left and (part := self._file.read(left)):
            data += part
            left -= len(part)
        items = self._unpack(pickle.loads(data))  # noqa: S301 no other program has this file
        if self._replaced:
            first = number * self._chunk
            for index, item in enumerate(items, start=first):
                items[index - first] = self._replaced.get(index, item)
        return items


def _folder() -> str:
    """Return the folder of temporary files; where there is none, the usual one."""
    try:
        return tempfile.gettempdir()
    except OSError:
        return "/tmp"  # noqa: S108 only named
