"""What is to be read: files, and the standard input, which `-` stands for."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from batch_update.errors import InputFileError, SettingsError

STANDARD_INPUT = Path("-")

_ENDING_OF_HEAD = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sheet to be read.

    Args:
        path: what it is called; its results stand beside this.
        content: the file that holds it.
    """

    path: Path
    content: Path


@contextlib.contextmanager
def open_sources(files: Sequence[Path]) -> Iterator[list[Source]]:
    """Give a source for each file; what comes through the standard input is kept in one meanwhile.

    Raises:
        SettingsError: the standard input is named twice.
        InputFileError: there is no standard input, or no room for it.
    """
    if files.count(STANDARD_INPUT) > 1:
        raise SettingsError("-, the standard input, is named twice; it can be read only once.")
    if STANDARD_INPUT not in files:
        yield [Source(path=path, content=path) for path in files]
        return
    with tempfile.TemporaryDirectory(prefix="batch-update-") as folder:
        kept = _keep_standard_input(Path(folder))
        yield [
            Source(path=Path(kept.name), content=kept)
            if path == STANDARD_INPUT
            else Source(path=path, content=path)
            for path in files
        ]


def _keep_standard_input(folder: Path) -> Path:
    """Write the standard input to `stdin`, with an ending that fits what it holds."""
    if sys.stdin is None:
        raise InputFileError("-: there is no standard input. Name a file.")
    path = folder / "stdin"
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK)
        with path.open("rb") as file:
            ending = _ENDING_OF_HEAD.get(file.read(4), ".csv")
        return path.rename(path.with_suffix(ending))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputFileError(f"-: the standard input cannot be kept: {reason}.") from error
