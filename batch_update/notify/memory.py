"""Memory of what people were told of each sheet, so that the same is not news the next day.

It is a small file for each shop and user, beside the ledger. It knows rows by fingerprints alone,
and files that cannot be read by that of their bytes. Without it, or if it is damaged, all is news.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from batch_update import wording
from batch_update.writer import files

_VERSION = 1
_KEPT_DAYS = 90
_MOST_ROWS = 10_000
"""Rows of a sheet; of one with more, all together have one fingerprint."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSheet:
    """What of a sheet needs a person.

    Args:
        path: the sheet, to notice that it is gone.
        found: the fingerprints of what needs a person.
        is_read: whether its rows are known; if not, those that were open stay so.
    """

    path: str
    found: frozenset[str]
    is_read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a run has found that was not told before.

    Args:
        fresh: fingerprints that are new, by sheet.
        is_well_again: whether something needed a person when people were told last, and nothing
            does any more.
        is_back: whether the run before stopped or could not start, and this one went through.
    """

    fresh: Mapping[str, frozenset[str]]
    is_well_again: bool = False
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    path: str
    seen: dt.date
    found: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unread:
    sha256: str
    seen: dt.date


class Memory:
    """What people were told of a shop.

    Args:
        folder: of the file.
        shop: the shop's name in the ledger.
        user: of the operating system, as a file is its owner's alone.
        today: the day of the run.
    """

    def __init__(self, folder: Path, shop: str, user: str, today: dt.date) -> None:
        name = hashlib.sha256(f"{shop}\0{user}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self._path = folder / f"told-{name}.json"
        self._today = today
        self._unread: dict[str, _Unread] = {}
        self._sheets, self._is_stopped = self._load()

    def compare(self, now: Mapping[str, OpenSheet], *, is_stopped: bool) -> News:
        """Compare what a run has found to what was told.

        Args:
            now: the sheets that were run, by name.
            is_stopped: whether the run stopped before its end.
        """
        fresh = {
            name: one.found - self._sheets[name].found if name in self._sheets else one.found
            for name, one in now.items()
        }
        was_open = self._is_stopped or any(one.found for one in self._sheets.values())
        is_open = is_stopped or any(one.found for one in self._after(now).values())
        return News(
            fresh={name: found for name, found in fresh.items() if found},
            is_well_again=was_open and not is_open,
            is_back=self._is_stopped and not is_stopped,
        )

    def keep(self, now: Mapping[str, OpenSheet], *, is_stopped: bool) -> None:
        """Remember what a run has found; that it cannot be kept is only logged."""
        self._sheets, self._is_stopped = self._after(now), is_stopped
        self._save()

    def keep_stop(self) -> None:
        """Remember that a run could not start."""
        self._is_stopped = True
        self._save()

    def knows_unread(self, path: Path, sha256: str) -> bool:
        """Return whether people were told that a file cannot be read, and it has not changed."""
        told = self._unread.get(str(path.absolute()))
        return told is not None and told.sha256 == sha256

    def keep_unread(self, found: Mapping[Path, str], read: Sequence[Path]) -> None:
        """Remember files that cannot be read, of which people were told.

        Args:
            found: the SHA-256 of each, in hexadecimal digits.
            read: files that were read, so that it is news if they cannot be read again.
        """
        if not (found or self._unread):
            return
        over = {str(path.absolute()) for path in read}
        self._unread = {
            path: told
            for path, told in self._unread.items()
            if path not in over and not self._is_gone(path) and not self._is_old(told.seen)
        } | {
            str(path.absolute()): _Unread(sha256=sha256, seen=self._today)
            for path, sha256 in found.items()
        }
        self._save()

    def _after(self, now: Mapping[str, OpenSheet]) -> dict[str, _Told]:
        """Return what is open after a run, without what is gone or was not met for long."""
        after = {
            name: told
            for name, told in self._sheets.items()
            if name not in now and not self._is_over(told)
        }
        for name, one in now.items():
            told = self._sheets.get(name)
            stays = told.found if told and not one.is_read else frozenset()
            if found := one.found | stays:
                after[name] = _Told(path=one.path, seen=self._today, found=found)
        return after

    def _is_over(self, told: _Told) -> bool:
        return self._is_gone(told.path) or self._is_old(told.seen)

    def _is_old(self, seen: dt.date) -> bool:
        return (self._today - seen).days > _KEPT_DAYS

    @staticmethod
    def _is_gone(name: str) -> bool:
        """Return whether a name is certainly not there; a link to an away disk is."""
        try:
            Path(name).lstat()
        except FileNotFoundError:
            # The function of a path raises where it may not be looked at.
            return os.path.isdir(Path(name).parent)  # noqa: PTH112
        except (OSError, ValueError):
            return False
        return False

    def _load(self) -> tuple[dict[str, _Told], bool]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["version"] != _VERSION:
                return {}, False
            unread = kept.get("unread", {})
            self._unread = {path: _read_unread(one) for path, one in unread.items()}
            return {name: _read(one) for name, one in kept["sheets"].items()}, bool(kept["stopped"])
        except FileNotFoundError:
            return {}, False
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _logger.info("What was told before is not known: %s.", type(error).__name__)
            return {}, False

    def _save(self) -> None:
        sheets = {
            name: {"path": one.path, "seen": one.seen.isoformat(), "open": sorted(one.found)}
            for name, one in self._sheets.items()
        }
        unread = {
            path: {"sha256": one.sha256, "seen": one.seen.isoformat()}
            for path, one in self._unread.items()
        }
        text = json.dumps(
            {
                "version": _VERSION,
                "stopped": self._is_stopped,
                "sheets": sheets,
                "unread": unread,
            }
        )
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with files.temporary_file(self._path.parent, ".json") as new:
                new.write_text(text, encoding="utf-8")
                files.flush(new)
                files.move(new, self._path)
        except OSError as error:
            _logger.info("What was told cannot be kept: %s.", wording.reason_of(error))


def fingerprint(*parts: object) -> str:
    """Return a short fingerprint of what needs a person."""
    text = "\0".join(map(str, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def bounded(sheet: OpenSheet) -> OpenSheet:
    """Return a sheet with one fingerprint in place of very many."""
    if len(sheet.found) <= _MOST_ROWS:
        return sheet
    return replace(sheet, found=frozenset({fingerprint(*sorted(sheet.found))}))


def _read(one: Mapping[str, Any]) -> _Told:
    found = one["open"]
    if not (isinstance(found, list) and all(isinstance(item, str) for item in found)):
        raise ValueError
    return _Told(
        path=str(one["path"]), seen=dt.date.fromisoformat(one["seen"]), found=frozenset(found)
    )


def _read_unread(one: Mapping[str, Any]) -> _Unread:
    return _Unread(sha256=str(one["sha256"]), seen=dt.date.fromisoformat(one["seen"]))
