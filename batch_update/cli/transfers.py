"""`--ledger-import` and `--ledger-prune`: a ledger carried over, and one that forgets."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from batch_update import wording
from batch_update.cli import counted, messages, output
from batch_update.cli.ledgers import of_team, place_of
from batch_update.cli.progress import show_carrying
from batch_update.cli.shop import started_by
from batch_update.errors import ExitStatus, LedgerError, SettingsError
from batch_update.i18n import _, ngettext
from batch_update.ledger import Ledger
from batch_update.ledger.entries import to_ms, utc_now
from batch_update.ledger.postgresql.address import DatabaseAddress
from batch_update.ledger.sqlite.carrying import SqliteTarget
from batch_update.ledger.sqlite.carrying import open_source as open_file
from batch_update.ledger.sqlite.pruning import PrunableFile
from batch_update.ledger.transfer.carried import Count, Source, Tally, Target
from batch_update.ledger.transfer.carry import carry_over
from batch_update.ledger.transfer.prune import Prunable, prune
from batch_update.ledger.transfer.retention import Forgotten
from batch_update.settings.model import Settings


def import_ledger(place: Path | DatabaseAddress, settings: Settings) -> ExitStatus:
    """Carry all that a ledger knows over into the one in force.

    Args:
        place: the ledger that is read.
        settings: name the one in force.

    Raises:
        LedgerInUseError: a run is at work with one of them.
        LedgerError: one cannot be used, or they contradict each other; nothing is changed.
    """
    target = settings.ledger
    if isinstance(place, Path) and not place.exists():
        raise LedgerError(
            _("--ledger-import {path}: there is no such ledger. Check the name.").format(
                path=wording.show_path(place)
            )
        )
    if str(place) == str(target):
        raise LedgerError(
            _("--ledger-import {path}: that is the ledger itself. Name another one.").format(
                path=wording.printable(str(place))
            )
        )
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_open_source(place))
        opened = stack.enter_context(_open_target(target))
        count = source.count()
        on_progress = stack.enter_context(show_carrying(count, is_wanted=settings.shows_progress))
        tally = carry_over(
            source,
            opened,
            is_pair_fresh=isinstance(target, Path),
            on_progress=on_progress,
            on_warning=lambda late: output.note(_warn_of(late)),
        )
    if settings.is_json:
        output.say_data(json.dumps(_as_json(place, target, tally), indent=2))
    else:
        _say(settings, _describe(place, target, tally))
    return ExitStatus.DONE


def prune_ledger(days: int, settings: Settings) -> ExitStatus:
    """Let the ledger in force forget what is old; say what before, and ask.

    Args:
        days: the least age of what is forgotten.
        settings: name the ledger, and whether it is only said what would be forgotten.

    Raises:
        LedgerError: it cannot be used.
        SettingsError: nobody answers.
    """
    if settings.is_json and not settings.is_dry_run:
        raise SettingsError(
            _("--ledger-prune asks before it forgets: use --json together with --dry-run only.")
        )
    shown, is_small = place_of(settings), True
    with _open_prunable(settings) as (ledger, now_ms):
        before_ms = now_ms - days * 24 * 3600 * 1000
        found = prune(ledger, before_ms, is_trial=True)
        if not settings.is_json:
            output.say(_foretell(shown, found, days))
        is_done = not settings.is_dry_run and bool(found.updates) and _is_wanted()
        if is_done:
            count = found.orders
            with show_carrying(count, is_wanted=settings.shows_progress) as on_progress:
                found = _prune(ledger, before_ms, on_progress)
            is_small = not isinstance(ledger, PrunableFile) or ledger.shrink()
    if settings.is_json:
        output.say_data(json.dumps(_forgotten_as_json(shown, found), indent=2))
    elif is_done:
        _say(settings, _tell(found, is_small=is_small))
    elif found.updates and not settings.is_dry_run:
        _say(settings, _("Nothing was forgotten."))
    return ExitStatus.DONE


def _say(settings: Settings, text: str) -> None:
    if not settings.is_quiet:
        output.say(text)


def _prune(ledger: Prunable, before_ms: int, on_progress: Callable[[int], object]) -> Forgotten:
    told = 0

    def tell(sums: Forgotten) -> None:
        nonlocal told
        on_progress(sums.orders - told)
        told = sums.orders

    return prune(ledger, before_ms, on_progress=tell)


def _open_source(
    place: Path | DatabaseAddress,
) -> contextlib.AbstractContextManager[Source]:
    if isinstance(place, Path):
        return open_file(place)
    source: contextlib.AbstractContextManager[Source] = of_team("carrying", place).open_source(
        place
    )
    return source


@contextlib.contextmanager
def _open_target(place: Path | DatabaseAddress | None) -> Iterator[Target]:
    if isinstance(place, DatabaseAddress):
        yield of_team("carrying", place).TeamTarget(place)
        return
    with Ledger(place, on_migration=messages.note_migration) as ledger:
        yield SqliteTarget(ledger)


@contextlib.contextmanager
def _open_prunable(settings: Settings) -> Iterator[tuple[Prunable, int]]:
    """Open a ledger, and give this moment by its clock."""
    place = settings.ledger
    if isinstance(place, DatabaseAddress):
        by, reason = started_by(settings), (settings.reason or "").strip()
        with of_team("pruning", place).open_prunable(place, by=by, reason=reason) as team:
            yield team, team.now_ms()
        return
    with Ledger(place, on_migration=messages.note_migration) as ledger:
        yield PrunableFile(ledger), to_ms(utc_now())


def _is_wanted() -> bool:
    question = _("Forget it for good? (y/n) ")
    try:
        return output.ask(question).casefold() in output.YES
    except SettingsError:
        raise SettingsError(
            _(
                "Nobody answers, so nothing was forgotten. Run it in a terminal; in a script, "
                "put echo y | in front of the command."
            )
        ) from None


def _warn_of(count: int) -> str:
    return ngettext(
        "{count} note of the ledger that is carried over is younger than the first one that the "
        "team made itself: both were in use at once. No order contradicts the other ledger. From "
        "now on, use the team's ledger alone.",
        "{count} notes of the ledger that is carried over are younger than the first one that the "
        "team made itself: both were in use at once. No order contradicts the other ledger. From "
        "now on, use the team's ledger alone.",
        count,
    ).format(count=wording.number(count))


def _describe(source: object, target: object, tally: Tally) -> str:
    title = _("Carried over from {source} into the ledger {target}:").format(
        source=wording.printable(str(source)), target=wording.printable(str(target))
    )
    lines = (
        (_("shops"), tally.shops),
        (_("runs"), tally.runs),
        (_("sheets"), tally.sheets),
        (_("updates"), tally.updates),
        (_("notes of attempts"), tally.events),
    )
    told = [_line(what, count) for what, count in lines]
    if not any(count.new for __, count in lines):
        told.append(_("Nothing is new; all was carried over before."))
    return "\n".join([title, *told])


def _line(what: str, count: Count) -> str:
    return _("  {what}: {new} new, {known} known already").format(
        what=what, new=wording.number(count.new), known=wording.number(count.known)
    )


def _as_json(source: object, target: object, tally: Tally) -> dict[str, object]:
    counts = {
        "shops": tally.shops,
        "runs": tally.runs,
        "sheets": tally.sheets,
        "updates": tally.updates,
        "notes": tally.events,
    }
    told = {name: {"new": one.new, "known": one.known} for name, one in counts.items()}
    return {"source": str(source), "ledger": str(target), **told}


def _foretell(shown: str, found: Forgotten, days: int) -> str:
    if not found.updates:
        return _("The ledger {path} has nothing to forget that is older than {days} days.").format(
            path=wording.printable(shown), days=days
        )
    text = ngettext(
        "The ledger {path} can forget {updates} of {count} order, older than {days} days. Payments "
        "are kept, and what is unconfirmed, and orders with a return or a cancellation.",
        "The ledger {path} can forget {updates} of {count} orders, older than {days} days. "
        "Payments are kept, and what is unconfirmed, and orders with a return or a cancellation.",
        found.orders,
    )
    warning = _("A sheet with a forgotten update would send it again: put such old sheets away.")
    said = text.format(
        path=wording.printable(shown),
        updates=counted.updates(found.updates),
        count=wording.number(found.orders),
        days=days,
    )
    return f"{said}\n{warning}"


def _tell(found: Forgotten, *, is_small: bool) -> str:
    text = ngettext(
        "{count} update was forgotten.", "{count} updates were forgotten.", found.updates
    ).format(count=wording.number(found.updates))
    if is_small:
        return text
    large = _(
        "The file stays as large as it was, since a run is at work or the disk is full; its room "
        "is used again."
    )
    return f"{text} {large}"


def _forgotten_as_json(shown: str, found: Forgotten) -> dict[str, object]:
    return {
        "ledger": shown,
        "orders": found.orders,
        "updates": found.updates,
        "notes": found.attempts,
    }
