"""The ledger that the settings name, opened for a run or for people."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

from batch_update import moving, wording
from batch_update.cli import events, messages, output, watch
from batch_update.cli.memories import mark_of_user, state_folder
from batch_update.delivery import SharedPace, ShopClock
from batch_update.errors import LedgerError, SettingsError
from batch_update.i18n import _
from batch_update.ledger import AccountLedger, Ledger, LedgerReader, StartedBy, open_reader
from batch_update.ledger.postgresql import driver
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.model import RunKind
from batch_update.paths import real_path
from batch_update.settings import kinds
from batch_update.settings.defaults import default_ledger
from batch_update.settings.model import Account, Settings
from batch_update.settings.options import Options

Pause: TypeAlias = Callable[[float], bool]
"""Waits for so many seconds; returns whether to go on waiting."""


class OpenLedger(Protocol):
    """A ledger, open for a run; a context that closes it."""

    @property
    def pace(self) -> SharedPace | None:
        """The pace that this run shares with others, as long as it holds a shop; None if none."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *__: object) -> None: ...

    def hold(
        self, shop: str, *former: str, by: StartedBy
    ) -> contextlib.AbstractContextManager[AccountLedger]:
        """Work with a shop.

        Args:
            shop: its name.
            former: names that it had before.
            by: whose run it is.

        Raises:
            ShopHeldError: another run does.
        """

    def look_at(self, shop: str, *former: str) -> AccountLedger:
        """Return a shop's part, only to be read."""

    def clock_behind(self) -> dt.datetime | None:
        """Return the last note's time if it is later than now; else None."""

    def check(self) -> list[str]:
        """List all damage; nothing if the ledger is whole."""


def refuse_misplaced(settings: Settings) -> None:
    """Refuse a ledger's path that is a folder, or one that is chosen and has no folder.

    A folder that is made for a slip of the pen, or for a disk that is away, would get a ledger that
    does not know what was sent.

    Raises:
        SettingsError: it is such a path, or depends on where the command is started.
    """
    place = settings.ledger
    if not isinstance(place, Path):
        return
    facts = {
        "option": settings.place_of(Options.ledger_path),
        "shown": wording.show_path(place),
    }
    # The function of a path raises where it may not be looked at.
    if os.path.isdir(place):  # noqa: PTH112
        text = _("{option} {shown}: this is a folder. Name a file in it: {example}.")
        example = wording.show_path(place / default_ledger().name)
        raise SettingsError(text.format(example=example, **facts))
    is_named = _is_named(place)
    if not is_named and not place.is_absolute():
        text = _(
            "The usual place of the ledger, {shown}, is no whole path, since this user has no home "
            "folder. Let HOME name one, or name the ledger: --ledger PATH. Nothing was sent."
        )
        raise SettingsError(text.format(**facts))
    # Here and below: the functions of a path raise where it may not be looked at.
    obstacle = _find_obstacle(place)
    if obstacle is not None and os.path.exists(obstacle):  # noqa: PTH110
        text = _(
            "{option} {shown}: something that is no folder stands where the folder should be: "
            "{obstacle}. Move it away, or check the path: another ledger would not know what was "
            "sent, and send it twice."
        )
        raise SettingsError(text.format(obstacle=wording.show_path(obstacle), **facts))
    folder = real_path(place).parent
    # Who has set a link has chosen the place, too.
    is_chosen = is_named or obstacle is not None or os.path.islink(place)  # noqa: PTH114
    if is_chosen and _is_missing(folder):
        text = _(
            "{option} {shown}: there is no folder {folder}. Check the path, and whether its disk "
            "is connected: another ledger would not know what was sent, and send it twice. For a "
            "new ledger, make the folder first."
        )
        raise SettingsError(text.format(folder=wording.show_path(folder), **facts))


def _is_named(place: Path) -> bool:
    """Return whether somebody has chosen the place of a ledger: it is not the usual one."""
    return place.absolute() != default_ledger().absolute()


def _find_obstacle(place: Path) -> Path | None:
    """Return what stands where a folder above a file should be, and is none."""
    for path in place.absolute().parents:
        if os.path.lexists(path):
            # The function of a path raises where it may not be looked at.
            return None if os.path.isdir(path) else path  # noqa: PTH112
    return None


def _is_missing(folder: Path) -> bool:
    """Return whether a folder is certainly not there."""
    try:
        return not folder.is_dir()
    except OSError:
        return False


def _note_begin(place: Path | None, was_there: bool) -> None:
    """Say that a ledger begins, unless it is where it usually is and was never looked for."""
    if place is None or not (was_there or _is_named(place)):
        return
    text = _(
        "A new ledger begins here: {path}. It does not know what was sent before; if another "
        "one does, name that: --ledger PATH."
    )
    said = text.format(path=wording.show_path(place.absolute()))
    events.tell_note(said, "ledger_begins")
    output.note(said)
    watch.keep_note(said)


def place_of(settings: Settings) -> str:
    """Return the place of the ledger, for a message, if there is one.

    Raises:
        LedgerError: there is no such file.
    """
    return str(_find(settings))


def open_ledger(
    settings: Settings, clock: ShopClock | None = None, pause: Pause | None = None
) -> OpenLedger:
    """Open the ledger that the settings name, and report oddities in it.

    Args:
        settings: name its place.
        clock: dates the notes; None for the machine's. A team's is that of its database.
        pause: waits for a database that is away; None to wait until Ctrl-C ends the program.

    Raises:
        LedgerAwayError: its database cannot be reached.
        LedgerError: it cannot be opened.
    """
    place = settings.ledger
    ledger: OpenLedger
    if isinstance(place, DatabaseAddress):
        team, away = of_team("ledger", place), of_team("absence", place)
        waiting = away.WhileAway(
            on_away=partial(_say_away, settings),
            on_back=partial(_say_back, settings),
            **({} if pause is None else {"pause": pause}),
        )
        ledger = shared = team.TeamLedger(place, clocks=clock, while_away=waiting)
        if clock is not None:
            clock.follow(lambda: shared.now().astimezone(settings.calendar.zone))
    else:
        ledger = Ledger(
            place,
            clocks=clock,
            on_migration=messages.note_migration,
            on_begin=partial(_note_begin, place),
        )
    last = ledger.clock_behind()
    if last is not None:
        _note_clock(last, settings)
    return ledger


def _note_clock(last: dt.datetime, settings: Settings) -> None:
    """Say that the clock contradicts the ledger: once, if people want to know what is new only."""
    text = messages.describe_clock(last, settings.calendar.zone)
    is_once = settings.kind is RunKind.REAL and settings.notify_when == kinds.IF_NEW
    note = state_folder(settings.ledger) / f"clock-{mark_of_user()}"
    if is_once and not moving.is_news(note, last.date().isoformat()):
        output.write_down(text)
        return
    events.tell_note(text, "clock")
    output.note(text)


def hold(
    ledger: OpenLedger, account: Account, settings: Settings, by: StartedBy
) -> contextlib.AbstractContextManager[AccountLedger]:
    """Work with a shop: alone if the ledger is a file, beside the team's other runs if not.

    Raises:
        ShopHeldError: another run does.
    """
    names = (account.name, account.former_name)
    if isinstance(settings.ledger, DatabaseAddress):
        team: Any = ledger
        held: contextlib.AbstractContextManager[AccountLedger] = team.hold(
            *names,
            by=by,
            address=account.base_url,
            rate=settings.rate,
            reason=(settings.reason or "").strip(),
        )
        return held
    return ledger.hold(*names, by=by)


def open_to_read(settings: Settings) -> LedgerReader:
    """Open the ledger for questions about the shop in force, or about all if none is set up.

    Raises:
        LedgerAwayError: its database cannot be reached.
        LedgerError: it is not there, or cannot be read.
    """
    place, shops = _find(settings), shops_of(settings)
    if isinstance(place, DatabaseAddress):
        reader: LedgerReader = of_team("reading", place).open_reader(place, shops)
        return reader
    return open_reader(place, shops)


def shops_of(settings: Settings) -> list[str]:
    """List the names of the shop in force; nothing if none is set up."""
    account = settings.account
    return [] if account is None else list(dict.fromkeys((account.name, account.former_name)))


def is_begun(settings: Settings) -> bool:
    """Return whether there may be a ledger already, which knows something of the shop."""
    place = settings.ledger
    return place.exists() if isinstance(place, Path) else place is not None


def refuse_empty(settings: Settings) -> None:
    """Refuse a file without a byte in it, which would only be taken for a new ledger.

    Raises:
        LedgerError: it is empty, or not there.
    """
    place = _find(settings)
    if isinstance(place, Path) and place.stat().st_size == 0:
        raise LedgerError(
            _(
                "The ledger {path} is empty: it does not know what was sent before. If there was "
                "something in it, put a copy from a backup in its place."
            ).format(path=wording.show_path(place))
        )


def _find(settings: Settings) -> Path | DatabaseAddress:
    place = settings.ledger
    if place is None or not is_begun(settings):
        raise LedgerError(
            _(
                "There is no ledger at {path}: nothing was sent from here yet, or it is elsewhere. "
                "Name its place: --ledger PATH."
            ).format(path=wording.printable(str(place)))
        )
    return place


def _say_away(settings: Settings, reason: str) -> None:
    text = _(
        "The ledger {path} is away: {reason}. Nothing is sent until it is back; Ctrl-C ends the "
        "wait."
    ).format(path=settings.ledger, reason=wording.printable(reason))
    (output.write_down if settings.is_quiet else output.note)(text)


def _say_back(settings: Settings) -> None:
    text = _("The ledger {path} is back; the run goes on.").format(path=settings.ledger)
    (output.write_down if settings.is_quiet else output.note)(text)


def of_team(module: str, place: object) -> Any:
    """Load a module for a team's ledger, which takes longer to load than --help may take."""
    driver.require(str(place))
    return importlib.import_module(f"batch_update.ledger.postgresql.{module}")
