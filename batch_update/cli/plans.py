"""The plan of a sheet: what a dry run shows, and what --plan holds a run to."""

from __future__ import annotations

from collections.abc import Sequence

from batch_update import batch, wording
from batch_update.cli import messages
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.model import CheckedRow, RunKind, Sheet, Summary
from batch_update.settings.model import Settings


def describe(sheet: Sheet, summary: Summary, *, is_alone: bool) -> str:
    """Describe a sheet's plan: number of updates of each status, and their first and last days.

    Args:
        sheet: the sheet.
        summary: of its dry run.
        is_alone: whether it is the only sheet of the dry run.
    """
    name, plan = wording.printable(sheet.path.name), summary.fingerprint
    if not summary.planned:
        return _("Plan of {file}: there is nothing to send.").format(file=name)
    lines = [_("Plan of {file}: {plan}").format(file=name, plan=plan), *list_planned(summary)]
    lines += messages.wrapped(_how_to_send(sheet, summary, is_alone=is_alone), "")
    return "\n".join(lines)


def list_planned(summary: Summary) -> list[str]:
    """List the number of updates of each status, and their first and last days."""
    lines = []
    width = messages.width_of_words(RunKind.DRY_RUN)
    for totals in summary.planned:
        span = ""
        if totals.first is not None:
            span = _(", dated {first:%Y-%m-%d} to {last:%Y-%m-%d}").format(
                first=totals.first, last=totals.last
            )
        lines.append(f"  {totals.status.label:<{width}}{totals.count:>6}{span}")
    return lines


def _how_to_send(sheet: Sheet, summary: Summary, *, is_alone: bool) -> str:
    """Say what to type to send the plan, and what it sends beyond the counts."""
    if is_alone:
        text = _("Send exactly this: add --plan {plan} in place of {options}.")
    else:
        text = _("Send exactly this: name only {sheet}, with --plan {plan} in place of {options}.")
    if any(kind.error_code == batch.ORDER_MISSING for kind in summary.failures):
        text = _(
            "With --plan {plan} in place of {options}, rows of orders that the shop does not have "
            "are sent too, and refused. To send only the others, correct or delete these rows and "
            "look again."
        )
    asking = [] if summary.asked is None else ["--check-orders"]
    options = " ".join(["--dry-run", *asking])
    path = wording.show_path(sheet.path)
    return text.format(plan=summary.fingerprint, options=options, sheet=path)


def check(sheet: Sheet, rows: Sequence[CheckedRow], settings: Settings) -> None:
    """Refuse to send anything else than what was planned, and what a person agreed to.

    Raises:
        SettingsError: the sheet, or what decides about its rows, is another.
    """
    if settings.plan is None and settings.agreed is None:
        return
    found = batch.fingerprint_of(rows, is_forced=settings.is_forced, asks_first=settings.asks_first)
    if settings.agreed is not None and settings.agreed.get(sheet.path) != found:
        raise SettingsError(
            _(
                "{sheet} does not say any more what you agreed to, so nothing of it was sent. "
                "Start again, and look at its plan anew."
            ).format(sheet=wording.show_path(sheet.path))
        )
    if settings.plan is not None and settings.plan != found:
        raise SettingsError(
            _describe_changed(
                sheet,
                settings.plan,
                found,
                is_of_other_options=batch.is_of_other_options(rows, settings.plan),
            )
        )


def _describe_changed(sheet: Sheet, planned: str, found: str, *, is_of_other_options: bool) -> str:
    """Report that a sheet, or what decides about its rows, has changed since it was planned."""
    if is_of_other_options:
        return _(
            "{sheet}: --plan {planned} was made with or without --force or --no-read-back, "
            "other than this run, which would send other rows; so nothing was sent. Say the "
            "same as with --dry-run, or look at it again with --dry-run."
        ).format(sheet=wording.show_path(sheet.path), planned=planned)
    return _(
        "{sheet} does not say what was planned (--plan {planned}; it is {found} now), so "
        "nothing was sent. Look at it again with --dry-run."
    ).format(sheet=wording.show_path(sheet.path), planned=planned, found=found)
