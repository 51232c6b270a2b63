"""`--move-done`: sheets of which nothing is open go to another folder, with their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from batch_update import moving, wording, writer
from batch_update.cli import events, gone, output
from batch_update.cli.memories import mark_of_user, state_folder
from batch_update.cli.report import FileReport
from batch_update.cli.sources import Source
from batch_update.errors import ExitStatus, SettingsError
from batch_update.i18n import N_, _
from batch_update.model import RunKind, Sheet
from batch_update.moving import File, Hindrance, Moved, Unfinished
from batch_update.paths import comparable_path
from batch_update.settings.model import Settings
from batch_update.settings.options import Options
from batch_update.writer import State, files

_HINDRANCES = {
    Hindrance.AWAY: N_(
        "An earlier run was cut off while it moved sheets to {folder} ({files}), and that folder "
        "is away now, or another one has its name, so this cannot be finished. When the folder is "
        "back, the next run finishes it; if it has another name now, look there for hidden files "
        "{hidden}: they are those sheets and results."
    ),
    Hindrance.FAILED: N_(
        "An earlier run was cut off while it moved sheets to {folder} ({files}), and this cannot "
        "be finished yet: {reason}. Each run tries again; until then they may have hidden names "
        "there: {hidden}."
    ),
    Hindrance.DAMAGED: N_(
        "An earlier run was cut off while it moved sheets, and its note of that is damaged; it was "
        "put aside: {note}. Look into {folder} for hidden files {hidden}: they are those sheets "
        "and results. Give them their names again."
    ),
    Hindrance.NEWER: N_(
        "A newer batch-update was cut off while it moved sheets, and only that one can finish it "
        "({note}). Start it again."
    ),
}
"""What of an earlier run cannot be finished, by the kind of reason."""


def begin(settings: Settings) -> None:
    """Refuse a folder that is not there, and finish what a run before had begun to move.

    Raises:
        SettingsError: there is no such folder.
    """
    folder = settings.move_done
    if folder is not None and not folder.is_dir():
        raise SettingsError(_describe_no_folder(folder, settings.place_of(Options.move_done)))
    if settings.kind is RunKind.REAL:
        _finish(settings)


def _describe_no_folder(folder: Path, option: str) -> str:
    """Say why a path is no folder."""
    if text := wording.describe_broken_link(folder, option):
        return text
    text = (
        _("{option} {shown}: this is a file. Name a folder.")
        if folder.exists()
        else _("{option} {shown}: there is no such folder. Make it first.")
    )
    return text.format(option=option, shown=wording.show_path(folder))


def _finish(settings: Settings) -> None:
    """Finish what runs before had begun to move, and say once what cannot be finished."""
    notes = _notes(settings)
    try:
        finished = moving.finish(notes)
    except (TimeoutError, PermissionError) as error:
        # Another run is moving sheets; or the folder of the ledger is closed, which is told of it.
        output.write_down(f"What was begun is left for now: {wording.reason_of(error)}")
        return
    except OSError as error:
        text = _(
            "It cannot be looked up whether an earlier run was cut off while it moved sheets: "
            "{shown}: {reason}. Ask the administrator for the right to read and write there."
        )
        shown, reason = wording.show_path(notes), wording.reason_of(error)
        output.note(text.format(shown=shown, reason=reason))
        return
    for moved in finished.moved:
        _say(_("Finished what an earlier run had begun. {text}"), moved, settings)
    for one in finished.unfinished:
        text = _describe(one, settings)
        is_news = one.hindrance is Hindrance.DAMAGED or moving.is_news(one.note, text)
        (output.note if is_news else output.write_down)(text)


def _describe(one: Unfinished, settings: Settings) -> str:
    """Say what of an earlier run cannot be finished, where it is, and what to do."""
    facts = {
        "note": wording.show_path(one.note),
        "hidden": f".batch-update-{one.key}-…",
        "files": wording.printable(", ".join(one.names)),
        "folder": wording.show_path(one.folder or settings.move_done or Path("--move-done")),
        "reason": "" if one.reason is None else files.explain(one.reason),
    }
    return _(_HINDRANCES[one.hindrance]).format(**facts)


def leave_out(sources: Sequence[Source], settings: Settings) -> list[Source]:
    """Leave out the sheets that were moved before, if the folder of these was named as well.

    Raises:
        SettingsError: nothing else was named.
    """
    folder = settings.move_done
    if folder is None:
        return list(sources)
    kept = [
        source for source in sources if not (source.is_of_folder and _is_in(source.path, folder))
    ]
    if sources and not kept:
        raise SettingsError(
            _("{option} {shown} is the folder of the sheets itself. Name another folder.").format(
                option=settings.place_of(Options.move_done), shown=wording.show_path(folder)
            )
        )
    if len(kept) < len(sources):
        text = _("{path} holds sheets that are done, and is left out.")
        output.write_down(text.format(path=wording.show_path(folder)))
    return kept


def original_of(source: Source, sheet: Sheet) -> File | None:
    """Return the warehouse's file that a source stands for; None if there is none to be moved.

    That is so for the standard input, a file of ours that was named itself, and a link.
    """
    if source.origin is not None:
        found = File(path=source.origin, sha256=source.origin_sha256)
    elif source.path == source.content and not sheet.is_returned:
        found = File(path=source.path, sha256=sheet.sha256)
    else:
        return None
    return None if found.path.is_symlink() else found


def move(reports: Sequence[FileReport], settings: Settings) -> list[FileReport]:
    """Move the sheets of which nothing is open, and return the reports with the new places."""
    folder = settings.move_done
    if folder is None or settings.kind is not RunKind.REAL:
        return list(reports)
    open_paths = {path for one in reports if not _is_settled(one) for path in _paths(one)}
    found = {one.original.path: one.original for one in reports if one.original is not None}
    done = list(reports)
    for path, original in found.items():
        group = [one for one in reports if path in _paths(one)]
        if path in open_paths or _is_in(path, folder):
            continue
        try:
            moved = _move(original, group, folder, settings)
        except OSError as error:
            text = _describe_unmoved(path, folder, error)
            first = next(number for number, one in enumerate(done) if path in _paths(one))
            done[first] = done[first].with_misplaced(text)
            continue
        if moved:
            done = [_with_places(one, path, moved) for one in done]
    for one in done:
        if one.moved_to is not None:
            events.tell_move(one)
    return done


def _paths(report: FileReport) -> set[Path]:
    return {report.path, report.named}


def _is_settled(report: FileReport) -> bool:
    """Return whether nothing of a sheet is open; a sheet without a row waits for its rows."""
    if report.status is not ExitStatus.DONE or report.summary is None or report.results is None:
        return False
    return bool(report.summary.results) and not (report.held or report.missing)


def _move(
    original: File, group: Sequence[FileReport], folder: Path, settings: Settings
) -> Moved | None:
    """Move a sheet; say so, or that it has changed since it was read, or is gone.

    Raises:
        OSError: it could not be moved.
    """
    if gone.is_gone(original.path):
        # Its results may be gone with it.
        _say_gone(original.path, settings)
        return None
    try:
        files_of_it = [original, *_companions(original, group)]
        moved = moving.move(files_of_it, folder, _notes(settings))
    except moving.ChangedError:
        text = _("{path} has changed since it was read, so it was not moved; run it again.")
        _say_aloud(text.format(path=wording.show_path(original.path)), settings)
        return None
    _say("{text}", moved, settings)
    return moved


def _say_gone(path: Path, settings: Settings) -> None:
    text = _(
        "{path} is gone since it was read: probably another run has moved it, or somebody has "
        "taken it back. This run's results of it stay where they were written."
    )
    _say_aloud(text.format(path=wording.show_path(path)), settings)


def _describe_unmoved(path: Path, folder: Path, error: OSError) -> str:
    return _(
        "{path} could not be moved to {folder}: {reason}. It stays where it is, and the next run "
        "tries again."
    ).format(
        path=wording.show_path(path),
        folder=wording.show_path(folder),
        reason=files.explain(error),
    )


def _companions(original: File, group: Sequence[FileReport]) -> list[File]:
    """List what goes with a sheet: what this run has written of it, and what others left beside.

    Raises:
        ChangedError: somebody has changed it since, or its results since they were written.
        OSError: they are not there.
    """
    if any(one.original not in {None, original} for one in group):
        raise moving.ChangedError(original.path)
    written = [path for one in group for path in (one.results, one.failures) if path is not None]
    for path in written:
        if writer.state_of(path) is State.CHANGED:
            raise moving.ChangedError(path)
    paths = {
        comparable_path(path): path for path in (*written, *writer.list_companions(original.path))
    }
    found = [File(path=path, sha256=moving.fingerprint(path)) for path in paths.values()]
    return [file for file in found if file.sha256]


def _with_places(report: FileReport, sheet: Path, moved: Moved) -> FileReport:
    """Return a report of a sheet with the places where its files are now."""
    if sheet not in _paths(report):
        return report
    places = {path.absolute(): place for path, place in moved.paths.items()}

    def place_of(path: Path | None) -> Path | None:
        return None if path is None else places.get(path.absolute(), path)

    return replace(
        report,
        moved_to=place_of(sheet),
        results=place_of(report.results),
        failures=place_of(report.failures),
    )


def _say(text: str, moved: Moved, settings: Settings) -> None:
    """Say what was moved, and what stays behind."""
    places = list(moved.paths.values())
    names = ", ".join(wording.printable(path.name) for path in places)
    said = _("Moved to {folder}: {files}.").format(
        folder=wording.show_path(places[0].parent), files=names
    )
    if moved.left:
        names = ", ".join(wording.printable(path.name) for path in moved.left)
        said = " ".join((said, _("Still in its place: {files}.").format(files=names)))
    _say_aloud(text.format(text=said), settings)
    if moved.reason is not None:
        names = ", ".join(wording.printable(path.name) for path in moved.waiting)
        text = _("Not moved as a whole yet: {files} ({reason}); the next run tries again.")
        output.note(text.format(files=names, reason=files.explain(moved.reason)))


def _say_aloud(text: str, settings: Settings) -> None:
    (output.write_down if settings.is_quiet or settings.is_for_program else output.say)(text)


def _is_in(path: Path, folder: Path) -> bool:
    try:
        return path.absolute().parent.samefile(folder)
    except OSError:
        return False


def _notes(settings: Settings) -> Path:
    """Return the folder for what is about to be moved, of this user alone."""
    return state_folder(settings.ledger) / f"moving-{mark_of_user()}"
