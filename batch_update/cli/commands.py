"""What the user does next: types a command, with the options of this run, or drops a sheet."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from batch_update import wording
from batch_update.i18n import _
from batch_update.settings.addresses import without_key
from batch_update.settings.option import Group, Option
from batch_update.settings.options import OPTIONS, Options

_PROGRAM = "batch-update"
_PLACE_OF_FILE = "FILE"
_GROUPS = {Group.SHEET, Group.CHECKS, Group.SHOP}
_OTHERS: tuple[Option[object], ...] = (
    Options.ledger_path,
    Options.keeps_going,
    Options.config,
    Options.profile,
)
_SHOP: tuple[Option[object], ...] = (Options.config, Options.profile)
_UNSAFE = re.compile(r"[^\w@%+=:,./-]" if os.name == "posix" else r"[^\w@+=:./\\-]")
_SPECIAL = re.compile(r'["$`\\!]')
"""Signs that a POSIX shell obeys between double quotes too."""

_icons: list[object] = []
"""Windows of their own, whose users know icons and no commands."""


@contextlib.contextmanager
def by_icons() -> Iterator[None]:
    """Speak during the block of icons to drop sheets on, and not of commands."""
    _icons.append(None)
    try:
        yield
    finally:
        _icons.pop()


def are_typed() -> bool:
    """Return whether the user types commands."""
    return not _icons


def command(given: Mapping[str, tuple[str, ...]], path: Path) -> str:
    """Return the command that sends a sheet as this run would have done.

    It has the options that decide what is sent, and where; not those that say what kind of run
    it is, where its files go, and what is on the screen. Who drops sheets is told on which icon,
    by the name that Setup gives it.

    Args:
        given: the texts of each option that was an argument of this run, by its name.
        path: the sheet.
    """
    if _icons:
        text = _('drop {sheet} on the icon "Send sheets to the shop".')
        return text.format(sheet=wording.printable(path.name))
    kept = [one for one in OPTIONS if one.group in _GROUPS or one in _OTHERS]
    return _joined(_file(path), *_typed(given, kept))


def trial(given: Mapping[str, tuple[str, ...]], path: Path) -> str:
    """Return the command that checks a sheet, with the shop of this run, and sends nothing."""
    return _joined("--dry-run", _file(path), *_typed(given, _SHOP))


def command_for_shop(given: Mapping[str, tuple[str, ...]]) -> str:
    """Return the command that sends a sheet, yet to be named, to the shop of this run."""
    return _joined(_PLACE_OF_FILE, *_typed(given, _SHOP))


def quote(text: str) -> str:
    """Return a word as a shell takes it: as it is if it may be, else within quotes."""
    if text and not _UNSAFE.search(text):
        return text
    if os.name != "posix":
        # The backslashes in front of a quote stand for half their number.
        return '"' + re.sub(r'(\\*)("|$)', _doubled, text) + '"'
    if _SPECIAL.search(text):
        return "'" + text.replace("'", "'\"'\"'") + "'"
    return f'"{text}"'


def _doubled(found: re.Match[str]) -> str:
    return found[1] * 2 + ('\\"' if found[2] else "")


def _joined(*words: str) -> str:
    return wording.printable(" ".join([_PROGRAM, *words]))


def _file(path: Path) -> str:
    text = str(path)
    return quote(f".{os.sep}{text}" if text.startswith("-") else text)


def _typed(
    given: Mapping[str, tuple[str, ...]],
    options: Iterable[Option[object]],
) -> Iterator[str]:
    """Yield the words of options; a value that looks like an option is joined to its own."""
    for option in options:
        for text in given.get(option.name, ()):
            # A key in an address is a mistake, and refused; it is not shown all the same.
            value = quote(without_key(text) if option.name == Options.base_url.name else text)
            if option.is_switch:
                yield option.flag
            elif text.startswith("-"):
                yield f"{option.flag}={value}"
            else:
                yield f"{option.flag} {value}"
