"""Kinds of files of ours: those of a real run, of practice and of a dry run, which never mix."""

from __future__ import annotations

import re
from pathlib import Path

from batch_update import wording
from batch_update.errors import OutputFileError
from batch_update.i18n import _
from batch_update.model import RunKind
from batch_update.writer import delimited, ownership

_NAMED = re.compile(
    r"\.(?:(?P<kind>results|practice|dry-run)(?:\.failures)?|failures)(?:\.edited-[0-9]+|-[0-9]+)?$",
    re.IGNORECASE,
)
_INPUTS = frozenset({RunKind.REAL, RunKind.DRY_RUN})
"""Kinds whose files, with all rows, may be an input."""


def name_after(stem: str, kind: RunKind, *, is_of_failures: bool = False) -> str:
    """Return the name, without its ending, of a file that a run makes of a sheet.

    If the input is itself such a file of another kind of run, it is named after its sheet.

    Args:
        stem: the sheet's name without its ending.
        kind: the kind of run.
        is_of_failures: whether the file has only the rows that need a person.
    """
    for other in _INPUTS - {kind}:
        if is_named(stem, other):
            stem = stem[: -len(f".{other}")]
            break
    if kind is RunKind.REAL:
        return f"{stem}.failures" if is_of_failures else f"{stem}.results"
    return f"{stem}.{kind}.failures" if is_of_failures else f"{stem}.{kind}"


def is_named(stem: str, kind: RunKind) -> bool:
    """Return whether a name, without its ending, is that of a file with all rows of such a run."""
    return stem.lower().endswith(f".{kind}")


def origins_of(stem: str) -> list[str]:
    """List the possible names of the sheet that a file of this name was made of, nearest first."""
    found = []
    while (match := _NAMED.search(stem)) and match.start():
        stem = stem[: match.start()]
        found.append(stem)
    return found


def kind_of(path: Path) -> RunKind | None:
    """Return the kind of run that made a file, by its content; None if it is not one of ours."""
    if path.suffix.lower() == ".csv":
        return delimited.kind_of(path)
    return ownership.kind_of(path)


def refuse_place_of_another(option: str, target: Path, kind: RunKind, example: str) -> None:
    """Keep files that a run makes from the places of another kind of run's.

    Args:
        option: which names the place.
        target: the place.
        kind: the kind of run.
        example: a name that fits.

    Raises:
        OutputFileError: it is another kind's, by its name or by what is there.
    """
    match = _NAMED.search(target.stem)
    named = RunKind((match["kind"] or RunKind.REAL).lower()) if match else None
    if kind is RunKind.REAL:
        text = _(
            "{option} {shown}: this is a name for the files of practice and dry runs, and these "
            "are not taken as results. Name another file, such as {example}."
        )
        is_wrong = named not in {None, kind}
    else:
        text = (
            _(
                "{option} {shown}: practice may not take the place of results of a real run. "
                "Name another file, such as {example}."
            )
            if kind is RunKind.PRACTICE
            else _(
                "{option} {shown}: a dry run may not take the place of results of a real run. "
                "Name another file, such as {example}."
            )
        )
        is_wrong = named is RunKind.REAL or kind_of(target) is RunKind.REAL
    if is_wrong:
        shown = wording.printable(str(target))
        raise OutputFileError(text.format(option=option, shown=shown, example=example))
