"""What is told of a run to people who did not watch it: by channels, and by --quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from batch_update import wording
from batch_update.cli import counted, identity, output, streams, titles, unread, watch
from batch_update.cli.findings import (
    find_open,
    is_stopped,
    list_errors,
    list_problems,
    list_sheet_errors,
    list_unread,
)
from batch_update.cli.memories import memory_of
from batch_update.cli.messenger import send
from batch_update.cli.report import FileReport, worst_status
from batch_update.errors import BatchUpdateError, ExitStatus
from batch_update.i18n import _, ngettext
from batch_update.ledger import machine
from batch_update.model import RunKind
from batch_update.notify import Attachment, Message, News
from batch_update.settings import kinds
from batch_update.settings.model import Settings

_MOST_LINES = 3
"""Lines about what needs a person; the results have the rest."""
_MOST_SHEETS = 8
_MOST_BYTES = 10_000_000
"""Of all attachments; mail servers take some 20 MB, and a file takes a third more room there."""
_MIME = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A run that has ended.

    Args:
        reports: of its files.
        settings: of the user.
        news: what of it was not told before; None if that does not matter.
        notes: what people must know beside that, such as that a ledger begins.
    """

    reports: Sequence[FileReport]
    settings: Settings
    news: News | None = None
    notes: Sequence[str] = field(default_factory=watch.list_notes)

    @property
    def status(self) -> ExitStatus:
        """Its exit status."""
        return worst_status(self.reports)

    @property
    def is_well_again(self) -> bool:
        """Whether all is well, and was not when people were told last."""
        return self.news is not None and self.news.is_well_again

    @property
    def fresh(self) -> Mapping[str, frozenset[str]] | None:
        """The fingerprints to tell of; None for all."""
        # What befell the run is told with all that needs a person, as nobody may know of it.
        is_all = self.news is None or self.news.is_back or is_stopped(self.reports)
        return None if self.news is None or is_all else self.news.fresh

    def is_due(self) -> bool:
        """Return whether people are to be told of it."""
        if self.notes:
            return True
        if self.news is not None:
            is_new = bool(self.news.fresh) or self.news.is_well_again or self.news.is_back
            return is_new or is_stopped(self.reports)
        is_wanted = self.settings.notify_when == kinds.ALWAYS and self.settings.kind is RunKind.REAL
        return is_wanted or bool(self.status)


def tell(reports: Sequence[FileReport], settings: Settings) -> None:
    """Tell people how a run ended, if that is wanted; its outcome stays what it is."""
    try:
        if _tell_news(reports, settings):
            unread.keep(reports, settings)
    except (BatchUpdateError, OSError) as error:
        reason = wording.reason_of(error) if isinstance(error, OSError) else str(error)
        output.complain(
            _(
                "Nobody could be told how the run ended: {reason}. That changes nothing of the "
                "run; read the results."
            ).format(reason=reason)
        )


def _tell_news(reports: Sequence[FileReport], settings: Settings) -> bool:
    """Tell people how a run ended; return whether that was done, or need not be."""
    is_real = settings.kind is RunKind.REAL
    addresses = settings.notify if is_real else ()
    if not (addresses or settings.is_quiet):
        return streams.is_heard()
    if not is_real or settings.notify_when != kinds.IF_NEW:
        return _tell(_Ended(reports=reports, settings=settings), addresses)
    memory = memory_of(settings.ledger, identity.identify(settings).name or "")
    now, stopped = find_open(reports), is_stopped(reports)
    news = memory.compare(now, is_stopped=stopped)
    is_told = _tell(_Ended(reports=reports, settings=settings, news=news), addresses)
    if is_told:
        memory.keep(find_open(reports, is_lasting=True), is_stopped=stopped)
    return is_told


def is_held_back(settings: Settings) -> bool:
    """Return whether the screen is to show an error at the end only, if it is new at all."""
    is_real = settings.kind is RunKind.REAL
    return settings.is_quiet and is_real and settings.notify_when == kinds.IF_NEW


def _tell(ended: _Ended, addresses: Sequence[str]) -> bool:
    """Tell of a run if it is due; return whether that was done, or need not be."""
    if not ended.is_due():
        return True
    settings = ended.settings
    if settings.is_quiet:
        _say(ended)
    return send(_compose(ended), addresses) if addresses else streams.is_heard()


def _say(ended: _Ended) -> None:
    """Print what cron should mail: what errors on the screen do not say already."""
    # What is not held back is on the screen already.
    is_held = is_held_back(ended.settings)
    errors = list_sheet_errors(ended.reports, ended.fresh) if is_held else []
    problems = list_problems(ended.reports, ended.settings.kind, ended.fresh, errors=errors)
    if problems or ended.is_well_again:
        lines = [_title(ended), *_first(problems, ended), *_places(ended)]
        output.note("\n".join(lines))


def _compose(ended: _Ended) -> Message:
    errors = [*list_errors(ended.reports), *list_sheet_errors(ended.reports, ended.fresh)]
    problems = list_problems(ended.reports, ended.settings.kind, ended.fresh, errors=errors)
    attachments, note = _attach(ended)
    shop = _("Shop: {shop}").format(shop=identity.describe(ended.settings))
    parts = [
        [shop, *_sheets(ended.reports)],
        list(ended.notes),
        _first(problems, ended),
        [*_places(ended), *note],
        [describe_machine()],
    ]
    return Message(
        title=f"batch-update: {_title(ended)}",
        body="\n\n".join("\n".join(lines) for lines in parts if lines),
        is_problem=bool(ended.status or ended.notes),
        attachments=attachments,
    )


def describe_machine() -> str:
    """Name the machine, since several may send to the same people."""
    return _("From: {host}").format(host=wording.printable(machine.host_name()))


def _title(ended: _Ended) -> str:
    shop = identity.identify(ended.settings)
    name = wording.printable(shop.profile or shop.login or "-")
    end = titles.describe_end(ended.reports, ended.fresh, is_well_again=ended.is_well_again)
    if ended.notes and not ended.status:
        end = _("a new ledger begins")
    return f"{name}: {end}"


def _first(problems: Sequence[str], ended: _Ended) -> list[str]:
    """Return the first of the lines; then how many more there are, and what has no results.

    A sheet that cannot be read is told once, so each is named then, however many there are.
    """
    if len(problems) <= _MOST_LINES:
        return list(problems)
    more = len(problems) - _MOST_LINES + 1
    text = ngettext(
        "… and {count} more reason: see the results.",
        "… and {count} more reasons: see the results.",
        more,
    )
    lines = [*problems[: _MOST_LINES - 1], text.format(count=more)]
    if names := list_unread(ended.reports, ended.fresh, lines):
        text = _("Not worked through, so without results: {files}")
        lines.append(text.format(files=", ".join(names)))
    return lines


def _sheets(reports: Sequence[FileReport]) -> list[str]:
    """Return a line for each sheet with its counts, those that need a person first."""
    ordered = sorted(reports, key=lambda report: not report.status)
    lines = []
    for report in ordered[:_MOST_SHEETS]:
        name = wording.printable(report.path.name)
        if report.summary is None:
            lines.append(_missed(report).format(file=name))
            continue
        counts = counted.outcomes(
            (outcome.value, count) for outcome, count in report.summary.counts.items()
        )
        rows = counted.rows(len(report.summary.results))
        line = f"{name}: {rows}: {counts}" if counts else f"{name}: {rows}"
        if report.moved_to is not None:
            folder = wording.show_path(report.moved_to.parent)
            line = _("{line}; moved to {folder}").format(line=line, folder=folder)
        lines.append(line)
    if more := len(ordered) - _MOST_SHEETS:
        text = ngettext("… and {count} more sheet", "… and {count} more sheets", more)
        lines += [text.format(count=more)] if more > 0 else []
    return lines


def _missed(report: FileReport) -> str:
    """Say why a sheet has no counts."""
    if report.gone:
        return _("{file}: gone before its turn")
    if report.is_known:
        return _("{file}: not worked through, as before")
    return _("{file}: not worked through")


def _with_results(ended: _Ended) -> list[tuple[FileReport, Path]]:
    """List the results that matter: those that need a person, or all if none does."""
    wanted = [one for one in ended.reports if one.status] or list(ended.reports)
    found = [(one, one.results) for one in wanted[:_MOST_SHEETS] if one.results is not None]
    return [] if ended.is_well_again else found


def _places(ended: _Ended) -> list[str]:
    text = _("Results: {written}")
    return [text.format(written=wording.show_path(path)) for _one, path in _with_results(ended)]


def _attach(ended: _Ended) -> tuple[list[Attachment], list[str]]:
    """Return the results as attachments, and a line on those that are too large."""
    attachments: list[Attachment] = []
    left = _MOST_BYTES
    omitted = []
    for _one, path in _with_results(ended):
        try:
            content = path.read_bytes() if path.stat().st_size <= left else b""
        except OSError:
            content = b""
        if not content:
            omitted.append(wording.printable(path.name))
            continue
        left -= len(content)
        kind = _MIME.get(path.suffix.lower(), "application/octet-stream")
        attachments.append(
            Attachment(name=wording.encodable(path.name), kind=kind, content=content)
        )
    note = _("Not attached, being too large: {files}").format(files=", ".join(omitted))
    return attachments, [note] if omitted else []


def say_aloud(text: str, settings: Settings) -> None:
    """Print a text to the screen, unless that is for something else; the log has it always.

    An empty text parts what is said of one sheet from the next.
    """
    (output.write_down if settings.is_quiet or settings.is_for_program else output.say)(text)


def complain(text: str, settings: Settings, code: str = "") -> None:
    """Print an error of a sheet, at the end only if the screen is for what is new."""
    if is_held_back(settings):
        output.write_down(text, is_error=True, code=code)
    else:
        output.complain(text, code=code)
