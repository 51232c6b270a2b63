"""Sources of sheets: files, and the standard input, which `-` stands for."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from batch_update import wording, writer
from batch_update.cli import endings
from batch_update.errors import InputFileError, SettingsError
from batch_update.i18n import _
from batch_update.model import RunKind
from batch_update.paths import comparable_path

STANDARD_INPUT = Path("-")

_ENDING_OF_HEAD = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
_CHUNK = 1 << 20
_LARGEST = 1 << 30
"""Limit of the input: endless input would fill the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Difference between results that a person has mended, and the sheet that they came from.

    Args:
        rows: numbers of their rows that the sheet does not have.
        lost: number of rows of the sheet, beyond these, that they do not have.
        unconfirmed: numbers of those of the lost rows that the shop has not confirmed.
        is_contested: whether the sheet would send something that they say otherwise.
    """

    rows: Sequence[int]
    lost: int
    unconfirmed: Sequence[int] = ()
    is_contested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sheet to be read.

    Args:
        path: its name; its results stand beside this.
        content: the file that holds it.
        is_of_folder: whether it is run because it lies in a folder that was named.
        origin: the sheet in whose place it is run, if it is that one's mended results.
        origin_sha256: of the bytes of that sheet, in hexadecimal digits; empty if not known.
        held: what its results hold that it does not, if they are not run.
        left_open: number of rows of another sheet in its results that still need a person.
        missing: number of rows that the shop has not confirmed, and that it lacks of its origin.
        refusal: why it is not run; empty if it is.
        meets: whether that is another sheet, whose results would have the same name.
        note: what is said when it is run; empty for nothing.
    """

    path: Path
    content: Path
    is_of_folder: bool = False
    origin: Path | None = None
    origin_sha256: str = ""
    held: Mended | None = None
    left_open: int = 0
    missing: int = 0
    refusal: str = ""
    meets: bool = False
    note: str = ""

    def fingerprint(self) -> str:
        """Return the SHA-256 of its bytes, in hexadecimal digits; empty if it cannot be read.

        A pipe or a device is not read, nor a file that no sheet is as large as.
        """
        try:
            status = self.content.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                return ""
            with self.content.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""


class LaterSheets:
    """The sheets that come later in a run, known by their bytes; read only if that matters.

    Args:
        sources: those sheets.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._found: frozenset[str] | None = None

    def fingerprints(self) -> frozenset[str]:
        """Return the SHA-256 of each, in hexadecimal digits; unreadable ones have none."""
        if self._found is None:
            found = (source.fingerprint() for source in self._sources if not source.refusal)
            self._found = frozenset(filter(None, found))
        return self._found


def list_origins(path: Path) -> list[str]:
    """List the possible names of a sheet whose results or failures have this path."""
    return [f"{stem}{ending}" for stem in writer.origins_of(path.stem) for ending in endings.SHEETS]


def find_origin(path: Path) -> Path | None:
    """Find the sheet of which results, failures, a dry run or practice have this path."""
    return next(filter(Path.is_file, map(path.with_name, list_origins(path))), None)


@contextlib.contextmanager
def open_sources(named: Sequence[Path], *, may_be_empty: bool = False) -> Iterator[list[Source]]:
    """Return a source for each file; the standard input is kept in a file meanwhile.

    Args:
        named: files, folders of sheets, and `-` for the standard input.
        may_be_empty: whether a folder may hold no sheet.

    Raises:
        SettingsError: the standard input is named twice.
        InputFileError: there is no standard input, or no room for it, or no sheet in a folder.
    """
    if named.count(STANDARD_INPUT) > 1:
        raise SettingsError(_("-, the standard input, is named twice; it can be read only once."))
    found = [source for path in named for source in _expand(path, may_be_empty=may_be_empty)]
    if STANDARD_INPUT not in named:
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="batch-update-") as folder:
        kept = _keep_standard_input(Path(folder))
        yield [
            Source(path=Path(kept.name), content=kept) if source.path == STANDARD_INPUT else source
            for source in found
        ]


def _expand(path: Path, *, may_be_empty: bool) -> list[Source]:
    """List the sheets in a folder, by name; anything else stands for itself."""
    if not path.is_dir():
        return [Source(path=path, content=path)]
    try:
        found = sorted(file for file in path.iterdir() if _is_sheet(file))
    except OSError as error:
        reason = wording.reason_of(error)
        raise InputFileError(
            _("{path} cannot be read: {reason}. Ask for the right to read it.").format(
                path=wording.show_path(path), reason=reason
            )
        ) from error
    if not found and not may_be_empty:
        raise InputFileError(
            _(
                "{path} holds no sheet: no file that ends in {endings}, other than files "
                "of results, practice and dry runs."
            ).format(path=wording.show_path(path), endings=", ".join(endings.SHEETS))
        )
    return [Source(path=file, content=file, is_of_folder=True) for file in found]


def _is_sheet(file: Path) -> bool:
    is_ours = bool(writer.origins_of(file.stem))
    # Excel puts a file whose name begins with ~$ beside one that is open.
    is_hidden = file.name.startswith((".", "~$"))
    return (
        file.suffix.lower() in endings.SHEETS and not is_ours and not is_hidden and _is_there(file)
    )


def _is_there(file: Path) -> bool:
    """Return whether what is listed is a file, or cannot be looked at, as a link to an away disk.

    A link to another name in its folder that is not there is neither: that sheet was moved.

    Raises:
        OSError: nothing in its folder may be looked at.
    """
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except OSError:
        try:
            file.lstat()
        except FileNotFoundError:
            # It was taken away meanwhile.
            return False
        return os.path.dirname(comparable_path(file)) != comparable_path(file.parent)  # noqa: PTH120 texts


def settle_meetings(
    sources: Sequence[Source], output: Path | None, failures: Path | None, kind: RunKind
) -> tuple[list[Source], list[Source]]:
    """Refuse a file that is named twice, and files whose results would replace each other.

    Args:
        sources: the files.
        output: where the results go, if the user said so.
        failures: where the files of failures go, if they are wanted.
        kind: the kind of run.

    Returns:
        The sources to work through; and those that are the results of others, to be left alone.

    Raises:
        SettingsError: as said above; of files of a folder, those alone have a refusal instead.
    """
    folder = output if output and output.is_dir() else None
    _refuse_named_twice(sources)
    # A rehearsal leaves out what the real run would.
    others = {comparable_path(writer.choose_target(source.path, folder)) for source in sources}
    writers: dict[str, tuple[Path, list[Source]]] = {}
    for source in sources:
        if comparable_path(source.content) in others:
            continue
        wanted = [writer.choose_target(source.path, folder, kind=kind)]
        if failures is not None and failures.is_dir():
            wanted.append(writer.choose_failures_target(source.path, failures, kind=kind))
        for target in wanted:
            writers.setdefault(comparable_path(target), (target, []))[1].append(source)
    refused = {
        comparable_path(source.content): refusal
        for target, meeting in writers.values()
        if len(meeting) > 1
        for source, refusal in _refuse_meeting(target, meeting)
    }
    results = [
        source for source in sources if comparable_path(source.content) in {*writers, *others}
    ]
    kept = [
        replace(source, refusal=refused[comparable_path(source.content)], meets=True)
        if comparable_path(source.content) in refused
        else source
        for source in sources
        if source not in results
    ]
    return kept, results


def _refuse_named_twice(sources: Sequence[Source]) -> None:
    contents: set[str] = set()
    for source in sources:
        if comparable_path(source.content) in contents:
            raise SettingsError(
                _("{path} is named twice. Name each sheet once.").format(
                    path=wording.show_path(source.path)
                )
            )
        contents.add(comparable_path(source.content))


def _refuse_meeting(target: Path, meeting: Sequence[Source]) -> Iterator[tuple[Source, str]]:
    """Say of each of the sheets that would write one file why it is not sent.

    Raises:
        SettingsError: one of them was named itself, so the command is to be corrected.
    """
    if not all(source.is_of_folder for source in meeting):
        first, second, *_others = meeting
        raise SettingsError(
            _(
                "{first} and {second} would both write {target}. Rename one of them, or run one "
                "each, with an --output or --failures of its own."
            ).format(
                first=wording.show_path(first.path),
                second=wording.show_path(second.path),
                target=wording.printable(target.name),
            )
        )
    for source in meeting:
        others = ", ".join(wording.show_path(one.path) for one in meeting if one is not source)
        yield (
            source,
            _(
                "{path} was not sent, since {others} would write {target} as well. Rename one of "
                "them; another ending, or another end of a very long name, is not enough."
            ).format(
                path=wording.show_path(source.path),
                others=others,
                target=wording.printable(target.name),
            ),
        )


def _keep_standard_input(folder: Path) -> Path:
    """Write the standard input to `stdin`, with an ending that fits its contents."""
    if sys.stdin is None:
        raise InputFileError(_("-: there is no standard input. Name a file."))
    path = folder / "stdin"
    try:
        with path.open("wb") as file:
            while chunk := sys.stdin.buffer.read(_CHUNK):
                file.write(chunk)
                if file.tell() > _LARGEST:
                    raise InputFileError(
                        _(
                            "-: more than {limit} MB came through the standard input, as no "
                            "list of shipments is. Name the sheet itself."
                        ).format(limit=_LARGEST >> 20)
                    )
        with path.open("rb") as file:
            ending = _ENDING_OF_HEAD.get(file.read(4), ".csv")
        return path.rename(path.with_suffix(ending))
    except OSError as error:
        reason = wording.reason_of(error)
        raise InputFileError(
            _("-: the standard input cannot be kept: {reason}. Name a file.").format(reason=reason)
        ) from error
