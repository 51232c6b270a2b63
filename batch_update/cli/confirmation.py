"""`--ask`: a person sees the plan of all sheets on the terminal, and nothing is sent without a yes.

The plan is made as a dry run makes it, with the ledger open to look only, so that no other run has
to wait for the answer. Each sheet is then held to the plan that was agreed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from batch_update import batch, wording
from batch_update.cli import counted, identity, messages, output, plans
from batch_update.cli.interruption import Interruption
from batch_update.cli.progress import show_progress
from batch_update.cli.report import FileReport
from batch_update.cli.shop import Shop, open_shop
from batch_update.cli.sources import LaterSheets, Source
from batch_update.errors import BatchUpdateError, ExitStatus, InputFileError, SettingsError
from batch_update.i18n import _, ngettext
from batch_update.model import CheckedRow, Outcome, RunKind, Sheet, Status, Summary
from batch_update.settings.defaults import default_path
from batch_update.settings.model import Settings
from batch_update.settings.options import Options

_NO = frozenset({"", "n", "no", "н", "нет"})
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the question needs of the rest of the program.

    Args:
        choose: returns the sheets that the run will work through.
        prepare: reads and checks one of them; returns it, its rows, and the options for them.
    """

    choose: Callable[[Shop], Sequence[Source]]
    prepare: Callable[
        [Source, Shop, LaterSheets], tuple[Sheet, Sequence[CheckedRow], batch.RunOptions]
    ]


class _Plan:
    """What all sheets together would send.

    Attributes:
        agreed: the plan of each sheet, by its name.
        planned: number of updates of each status.
        unconfirmed: number of payments without an answer, which the shop is asked for first.
    """

    def __init__(self) -> None:
        self.agreed: dict[Path, str] = {}
        self.planned = Counter(dict.fromkeys(Status, 0))
        self.unconfirmed = 0

    def add(self, path: Path, summary: Summary) -> None:
        """Add a sheet by the summary of its dry run."""
        self.agreed[path] = summary.fingerprint
        for totals in summary.planned:
            self.planned[totals.status] += totals.count
        self.unconfirmed += summary.counts[Outcome.UNCONFIRMED]


def refuse_nobody(settings: Settings) -> None:
    """Refuse a run that is to ask where nobody can answer.

    Raises:
        SettingsError: stdin or stderr is no terminal.
    """
    if _is_wanted(settings) and not output.has_person():
        raise _nobody(settings)


def confirm(settings: Settings, means: Means) -> Settings:
    """Show what would be sent, and ask whether to send it, if that is wanted.

    If there is nothing to send, nothing is asked.

    Returns:
        The settings, which hold each sheet to the plan agreed to.

    Raises:
        KeyboardInterrupt: the user does not want to send.
        SettingsError: nobody answers.
        LedgerError: the ledger cannot be read.
    """
    if not _is_wanted(settings):
        return settings
    plan = _show_plans(settings, means)
    if (plan.planned.total() or plan.unconfirmed) and not _ask(plan, settings):
        output.note(_("Nothing was sent, since you did not say yes."))
        raise KeyboardInterrupt
    return replace(settings, agreed=plan.agreed)


def ends_run(report: FileReport, settings: Settings) -> bool:
    """Return whether no other sheet is to be begun after one.

    What comes after a sheet was agreed to as if that were sent, so it is not sent without it.
    """
    if report.status in {ExitStatus.INTERRUPTED, ExitStatus.STOPPED_EARLY}:
        return True
    return report.summary is None and report.path in (settings.agreed or {})


def _is_wanted(settings: Settings) -> bool:
    return settings.asks_to_send and not settings.is_dry_run


def _nobody(settings: Settings) -> SettingsError:
    return SettingsError(
        _(
            "{option}: nobody can answer here, so nothing was sent. Run it in a terminal, with "
            "the sheet named and not piped in; where nobody watches, leave {option} out."
        ).format(option=settings.place_of(Options.asks_to_send))
    )


def _show_plans(settings: Settings, means: Means) -> _Plan:
    """Show the plan of each sheet, and give that of all."""
    plan = _Plan()
    dry = replace(settings, values={**settings.values, Options.is_dry_run.name: True})
    output.note(identity.first_line(settings))
    # Ctrl-C ends all at once, since nothing is under way.
    with open_shop(dry, Interruption()) as shop:
        sources = means.choose(shop)
        foreseen = batch.Foreseen() if len(sources) > 1 else None
        for number, source in enumerate(sources, start=1):
            later = LaterSheets(sources[number:])
            try:
                if source.refusal:
                    raise InputFileError(source.refusal)
                sheet, rows, options = means.prepare(source, shop, later)
                summary = _foretell(rows, options, shop, settings, foreseen)
            except BatchUpdateError as error:
                output.note(
                    _("{sheet} will not be sent. {error}").format(
                        sheet=wording.show_path(source.path), error=error
                    )
                )
                continue
            lines = [*_describe(sheet, summary), *filter(None, [source.note])]
            lines += messages.what_to_set(summary, settings.config or default_path())
            output.note("\n".join(lines))
            plan.add(sheet.path, summary)
    return plan


def _foretell(
    rows: Sequence[CheckedRow],
    options: batch.RunOptions,
    shop: Shop,
    settings: Settings,
    foreseen: batch.Foreseen | None,
) -> Summary:
    with show_progress(len(rows), is_wanted=settings.shows_progress) as on_row:
        return batch.run_dry(
            rows,
            ledger=shop.ledger_for(options.file, options.sha256, [*options.origins]),
            stop_signal=Interruption(),
            on_result=on_row,
            options=options,
            foreseen=foreseen,
        )


def _describe(sheet: Sheet, summary: Summary) -> list[str]:
    """Describe what of a sheet would be sent, what not, and what is wrong with it."""
    others = Counter(summary.counts)
    others[Outcome.NOT_SENT] -= summary.ready
    head = f"{messages.describe_sheet(sheet)}: {counted.rows(len(summary.results))}"
    lines = [head, *plans.list_planned(summary)]
    if left := counted.outcomes((outcome.value, count) for outcome, count in others.items()):
        lines.append(_("  will not be sent: {rows}").format(rows=left))
    return [*lines, *messages.what_to_do(summary, RunKind.DRY_RUN)]


def _ask(plan: _Plan, settings: Settings) -> bool:
    """Ask whether to send; whoever does not say yes means no.

    Raises:
        SettingsError: nobody answers.
    """
    output.note(f"\n{_sum_up(plan, settings)}")
    for _again in range(_TRIES):
        answer = output.ask_aloud(_("Send? (y/n) "))
        if answer is None:
            raise _nobody(settings)
        if answer.casefold() in output.YES:
            return True
        if answer.casefold() in _NO:
            return False
    return False


def _sum_up(plan: _Plan, settings: Settings) -> str:
    """Say in a line or two what is asked about."""
    each = ", ".join(f"{count} {status.label}" for status, count in plan.planned.items() if count)
    text = _("{updates} to {shop}: {each}.") if each else _("{updates} to {shop}.")
    lines = [
        text.format(
            updates=counted.updates(plan.planned.total()),
            shop=identity.describe(settings),
            each=each,
        )
    ]
    if plan.unconfirmed:
        lines.append(
            ngettext(
                "{count} payment got no answer in an earlier run: the shop is asked for it, and "
                "it is sent again only if the shop does not have it.",
                "{count} payments got no answer in an earlier run: the shop is asked for them, "
                "and they are sent again only if the shop does not have them.",
                plan.unconfirmed,
            ).format(count=plan.unconfirmed)
        )
    return "\n".join(lines)
