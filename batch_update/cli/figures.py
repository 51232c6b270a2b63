"""`--metrics`: figures of the last run for Prometheus, in the format of node_exporter's textfiles.

Source: Prometheus, "Exposition formats", text-based format; "Metric and label naming".
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import batch_update
from batch_update import wording
from batch_update.cli import output
from batch_update.cli.report import FileReport, total_counts
from batch_update.errors import ExitStatus, OutputFileError
from batch_update.i18n import _
from batch_update.paths import comparable_path, real_path

_START = "# HELP batch_update_"
_RIGHTS = 0o644
"""For node_exporter, which is another user; the file holds counts only."""
_MOST_BYTES = 1 << 20
_SUCCESS = "batch_update_last_success_timestamp_seconds"
_COMPLETION = "batch_update_last_completion_timestamp_seconds"
_KEPT = re.compile(rf"({_SUCCESS}|{_COMPLETION})(\{{.*\}}) ([0-9.]+)")
_LABELS = re.compile(r"batch_update_exit_status(\{.*\}) ")
_COMPLETE = frozenset({ExitStatus.DONE, ExitStatus.ROWS_NEED_A_PERSON})


class Figures(NamedTuple):
    """What is told of a run.

    Args:
        status: its exit status.
        took_s: how long it took, in seconds.
        reports: of its sheets.
    """

    status: ExitStatus
    took_s: float
    reports: Sequence[FileReport]


class _Metric(NamedTuple):
    name: str
    help_text: str
    samples: Sequence[tuple[Mapping[str, str], float]]


def refuse_log(path: Path, where: str, log: Path, said_in: str) -> None:
    """Refuse one file for the figures and for the log: each would spoil the other.

    Args:
        path: the file of the figures.
        where: a name for what names it.
        log: the log file.
        said_in: a name for what names that.

    Raises:
        OutputFileError: they are the same.
    """
    figures, lines = (comparable_path(one) for one in (path, log))
    if figures == lines:
        raise OutputFileError(
            _(
                "{where} and {said_in} name the same file, {shown}. Name another one for the log."
            ).format(where=where, said_in=said_in, shown=wording.show_path(path))
        )


def refuse_other(path: Path, where: str, shop: Mapping[str, str | None]) -> None:
    """Refuse a file that is none of ours, or another shop's.

    Args:
        path: the file.
        where: a name for what names it.
        shop: the shop of this run.

    Raises:
        OutputFileError: it must not be replaced.
    """
    former = _read(path)
    if former is None or (former and not former.startswith(_START)):
        raise OutputFileError(
            _("{where} {shown} is something else, and is not replaced. Name another file.").format(
                where=where, shown=wording.show_path(path)
            )
        )
    if not _is_same(_labels_in(former), shop):
        raise OutputFileError(
            _(
                "{where} {shown} has the figures of another shop or profile. Name another file for "
                "each."
            ).format(where=where, shown=wording.show_path(path))
        )


def write(path: Path, shop: Mapping[str, str | None], figures: Figures) -> None:
    """Replace the file as a whole; that it cannot be written changes nothing of the run.

    Args:
        path: the file.
        shop: the shop of the run; of one that is not known, the file's own.
        figures: what to tell.
    """
    former = _read(path) or ""
    labels, in_file = _labels(_clean(shop)), _labels_in(former)
    if not _is_same(in_file, shop):
        # It was refused already, or the run could not start for something else.
        return
    if in_file and not shop["shop"]:
        labels = in_file
    try:
        _replace(path, _text(figures, labels, dict(_kept(former))))
    except OSError as error:
        output.complain(
            _(
                "The figures cannot be written to {shown}: {reason}. That changes nothing of the "
                "run; let the administrator look at it."
            ).format(shown=wording.show_path(path), reason=wording.reason_of(error)),
            code="metrics",
        )


def _text(figures: Figures, labels: str, kept: Mapping[str, float]) -> str:
    now = round(time.time(), 3)
    times = dict(kept)
    if figures.status in _COMPLETE:
        times[_COMPLETION] = now
    if figures.status is ExitStatus.DONE:
        times[_SUCCESS] = now
    metrics = _metrics(figures, now)
    for name, help_text in (
        (_COMPLETION, "When a run last worked through all of its sheets (exit status 0 or 1)."),
        (_SUCCESS, "When a run last ended with nothing left to do (exit status 0)."),
    ):
        if name in times:
            metrics.append(_Metric(name, help_text, [({}, times[name])]))
    return "".join(line for metric in metrics for line in _lines(metric, labels))


def _metrics(figures: Figures, now: float) -> list[_Metric]:
    counts = total_counts(figures.reports)
    rows = [({"outcome": outcome.value}, float(count)) for outcome, count in counts.items()]
    failed = sum(one.summary.failed for one in figures.reports if one.summary is not None)
    unread = sum(one.summary is None and not one.gone for one in figures.reports)
    misplaced = sum(bool(one.misplaced) for one in figures.reports)

    def one(name: str, help_text: str, value: float) -> _Metric:
        return _Metric(f"batch_update_{name}", help_text, [({}, value)])

    return [
        _Metric("batch_update_rows", "Rows of the last run, by outcome.", rows),
        one("rows_need_person", "Rows of the last run that need a person.", failed),
        one("sheets", "Sheets of the last run.", len(figures.reports)),
        one("sheets_unread", "Sheets of the last run that were not worked through.", unread),
        one(
            "sheets_misplaced",
            "Sheets that are, or have results, elsewhere than wanted.",
            misplaced,
        ),
        one("exit_status", "Exit status of the last run.", int(figures.status)),
        one("duration_seconds", "How long the last run took.", round(figures.took_s, 3)),
        one("last_run_timestamp_seconds", "When the last run ended.", now),
        _Metric(
            "batch_update_info",
            "The program.",
            [({"version": batch_update.__version__}, 1.0)],
        ),
    ]


def _lines(metric: _Metric, labels: str) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help_text}\n# TYPE {metric.name} gauge\n"
    for more, value in metric.samples:
        joined = labels if not more else f"{labels[:-1]},{_labels(more)[1:]}"
        yield f"{metric.name}{joined} {value:.15g}\n"


def _clean(shop: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value or "" for name, value in shop.items()}


def _labels(values: Mapping[str, str]) -> str:
    r"""Write labels; in a value, \, " and a line end are escaped."""
    escaped = (
        f'{name}="{wording.printable(value).translate(_ESCAPES)}"' for name, value in values.items()
    )
    return "{" + ",".join(escaped) + "}"


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def _labels_in(former: str) -> str:
    """Return the labels of the shop whose figures a file has; empty for none."""
    found = _LABELS.search(former)
    return found[1] if found else ""


def _is_same(labels: str, shop: Mapping[str, str | None]) -> bool:
    """Return whether a file's figures are of this shop and profile, so far as both are known."""
    name = _labels({"shop": shop["shop"] or ""})[1:-1]
    profile = _labels({"profile": shop["profile"] or ""})[1:-1]
    unknown = _labels({"shop": ""})[1:-1]
    if not labels or f"{{{unknown}," in labels:
        return True
    if name == unknown:
        return not shop["profile"] or f",{profile}}}" in labels
    return f"{{{name},{profile}}}" == labels


def _kept(former: str) -> Iterator[tuple[str, float]]:
    """Yield the times that stay though a run fails."""
    for name, _same, value in _KEPT.findall(former):
        with contextlib.suppress(ValueError):
            yield name, float(value)


def _read(path: Path) -> str | None:
    """Return the text of the file; empty if it is not there, None if it cannot be ours."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None if path.exists() else ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _replace(path: Path, text: str) -> None:
    # A link stays one: what it leads to is replaced.
    path = real_path(path)
    # node_exporter reads what ends in .prom only.
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as temporary:
            temporary.write(text)
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(name).chmod(_RIGHTS)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
