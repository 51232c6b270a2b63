"""What the ledger tells, in words; every time is in the zone that the first line names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from batch_update import wording
from batch_update.cli import counted
from batch_update.cli.messages import wrapped
from batch_update.errors import ExitStatus
from batch_update.i18n import N_, _, ngettext
from batch_update.ledger import (
    AttemptRecord,
    OpenUpdate,
    RunKind,
    RunRecord,
    RunState,
    SheetRecord,
    losses,
)
from batch_update.model import OrderUpdate, Outcome
from batch_update.reporting.totals import ReportTotals

_SENDING = "sending"
_ENDS: dict[int, str] = {
    ExitStatus.DONE: N_("all rows updated or skipped"),
    ExitStatus.ROWS_NEED_A_PERSON: N_("some rows need a person"),
    ExitStatus.COULD_NOT_START: N_("something could not be read or written"),
    ExitStatus.STOPPED_EARLY: N_("stopped early, the rest not sent"),
    ExitStatus.LEDGER_IN_USE: N_("the ledger is in use"),
    ExitStatus.LEDGER_AWAY: N_("the team's ledger cannot be reached"),
    ExitStatus.INTERRUPTED: N_("interrupted"),
}


def describe_scope(ledger: str, shop: str, others: Sequence[str], zone: dt.tzinfo) -> str:
    """Say what is looked at, and in which zone the times are.

    Args:
        ledger: where it is.
        shop: the shop in force; empty for all.
        others: further shops of the ledger, which are left out.
        zone: the zone.
    """
    shown = wording.printable(ledger)
    if not shop:
        return _("All shops of the ledger {ledger}; times in {zone}.").format(
            ledger=shown, zone=zone
        )
    text = _("Shop {shop} in the ledger {ledger}; times in {zone}.").format(
        shop=wording.printable(shop), ledger=shown, zone=zone
    )
    if not others:
        return text
    left_out = _("Not shown here: {shops} (--profile names another shop).")
    return f"{text}\n{left_out.format(shops=wording.printable(', '.join(others)))}"


def describe_run(run: RunRecord, zone: dt.tzinfo) -> str:
    """Describe a run in a few lines."""
    lines = ["", _describe_end(run, zone)]
    lines += wrapped(_describe_start(run))
    if run.by.kind == RunKind.FORCE:
        lines += wrapped(_("With --force: what was confirmed before was sent again."))
    if run.reason:
        lines += wrapped(
            _("The reason given: {reason}").format(reason=wording.printable(run.reason))
        )
    if run.loss is not None:
        lines += wrapped(_("Taken for lost: {why}").format(why=losses.describe(run.loss)))
    if not run.sheets:
        lines += wrapped(_("No sheet was begun."))
    for sheet in run.sheets:
        lines += wrapped(_describe_sheet(run, sheet))
    return "\n".join(lines)


def count_runs(count: int) -> str:
    """Say how many runs were listed."""
    return "\n" + ngettext("{count} run", "{count} runs", count).format(count=count)


def describe_attempts(
    bill_id: int, attempts: Sequence[AttemptRecord], head: str, zone: dt.tzinfo
) -> str:
    """Describe every attempt for an order, oldest first."""
    if not attempts:
        nothing = _("Order {bill_id}: nothing was sent, as far as this ledger knows.").format(
            bill_id=bill_id
        )
        return f"{nothing}\n{head}"
    known = {(attempt.shop, _key(attempt.update)) for attempt in attempts}
    updates = _("Order {bill_id}: {updates}").format(
        bill_id=bill_id, updates=counted.updates(len(known))
    )
    lines = [updates, head]
    for attempt in attempts:
        moment = attempt.ended_at or attempt.begun_at
        what, outcome = _show_update(attempt.update, zone), _show_outcome(attempt)
        lines.append(f"  {_show(moment, zone)}  {what}: {outcome}")
        lines += wrapped(_describe_place(attempt))
        lines += wrapped(
            " ".join(filter(None, [attempt.code and f"{attempt.code}:", attempt.text]))
        )
    return "\n".join(lines)


def describe_open(found: Sequence[OpenUpdate], head: str, zone: dt.tzinfo) -> str:
    """Describe the updates whose outcome is not known, with advice for each."""
    if not found:
        nothing = _("Nothing is open: of every update that was begun, the outcome is known.")
        return f"{head}\n{nothing}"
    lines = [head]
    for one in found:
        update = _show_update(one.last.update, zone)
        order = _("Order {bill_id}: {what}")
        lines += ["", order.format(bill_id=one.last.update.bill_id, what=update)]
        tries = ngettext("{count} try", "{count} tries", one.tries).format(count=one.tries)
        lines += wrapped(
            _("Not known since {since} ({tries}).").format(
                since=_show(one.since, zone), tries=tries
            )
        )
        lines += wrapped(_describe_place(one.last))
        lines += wrapped(advise(one.last))
    lines += ["", _("Open: {updates}").format(updates=counted.updates(len(found)))]
    return "\n".join(lines)


def advise(attempt: AttemptRecord) -> str:
    """Say what to do about an attempt of unknown outcome."""
    if attempt.is_under_way:
        return _("It is being sent now. Wait until the run has ended, then look again.")
    if attempt.text:
        return attempt.text
    file, update = wording.printable(attempt.sheet), attempt.update
    if not update.status.rule.is_repeatable:
        return _(
            "The run was cut off before the answer came. Run {file} again: the shop is asked "
            "first, and the payment is sent only if it is not there."
        ).format(file=file)
    return _(
        "The run was cut off before the answer came. Run {file} again: it is sent once more, "
        "which changes nothing if order {bill_id} is {state} already."
    ).format(file=file, bill_id=update.bill_id, state=_(update.status.rule.state))


def describe_report(path: Path, totals: ReportTotals) -> str:
    """Say where the report is, and what it counts."""
    counts = counted.outcomes(totals.updates.items())
    return _("Report of {first} to {last} ({zone}): {counts}. Written: {path}").format(
        first=wording.day(totals.first),
        last=wording.day(totals.last),
        zone=totals.zone,
        counts=counts or counted.updates(0),
        path=wording.show_path(path),
    )


def _describe_end(run: RunRecord, zone: dt.tzinfo) -> str:
    start = _show(run.started_at, zone)
    if run.state is RunState.GOING_ON:
        return _("Run {run}, since {start}: going on; last sign of life {alive}").format(
            run=run.id, start=start, alive=_show(run.alive_at, zone)
        )
    if run.state is RunState.CUT_OFF:
        return _("Run {run}, begun {start}: cut off; last sign of life {alive}").format(
            run=run.id, start=start, alive=_show(run.alive_at, zone)
        )
    end = _show(run.ended_at, zone)
    if run.exit_status is None:
        return _("Run {run}, {start} to {end}: ended; its exit status was not noted").format(
            run=run.id, start=start, end=end
        )
    return _("Run {run}, {start} to {end}: exit status {status} ({meaning})").format(
        run=run.id,
        start=start,
        end=end,
        status=run.exit_status,
        meaning=_(_ENDS.get(run.exit_status, "")),
    )


def _describe_start(run: RunRecord) -> str:
    operator = wording.show_name(run.by.operator)
    facts = {
        "shop": wording.show_name(run.shop),
        "host": wording.show_name(run.host),
        "pid": run.pid,
        "version": run.version,
    }
    if not operator:
        text = _("{shop}; on {host}, process {pid}, version {version}").format(**facts)
    elif run.by.operator == run.by.os_user:
        text = _("{shop}; by {operator} on {host}, process {pid}, version {version}").format(
            operator=operator, **facts
        )
    else:
        text = _(
            "{shop}; by {operator} (user {os_user}) on {host}, process {pid}, version {version}"
        ).format(operator=operator, os_user=wording.show_name(run.by.os_user), **facts)
    return wording.printable(text)


def _describe_sheet(run: RunRecord, sheet: SheetRecord) -> str:
    name = wording.printable(sheet.name)
    counts = counted.outcomes((word, sheet.counts.get(word, 0)) for word in Outcome)
    if sheet.is_whole:
        return _("{file}: {counts}").format(file=name, counts=counts or counted.rows(0))
    sending = sheet.counts.get(_SENDING, 0)
    known = counts or _("no outcome")
    if run.state is RunState.GOING_ON:
        return _("{file}, so far: {counts}; being sent: {sending}").format(
            file=name, counts=known, sending=sending
        )
    if sending:
        return _("{file}, as far as noted: {counts}; cut off without an answer: {sending}").format(
            file=name, counts=known, sending=sending
        )
    return _("{file}, as far as noted: {counts}").format(file=name, counts=known)


def _describe_place(attempt: AttemptRecord) -> str:
    run = attempt.run
    operator, host = wording.show_name(run.by.operator), wording.show_name(run.host)
    facts = {
        "shop": wording.show_name(attempt.shop),
        "row": attempt.row,
        "file": attempt.sheet,
        "run": run.id,
    }
    if operator:
        text = _("{shop}, from row {row} of {file}; run {run} by {operator} on {host}").format(
            operator=operator, host=host, **facts
        )
    else:
        text = _("{shop}, from row {row} of {file}; run {run} on {host}").format(host=host, **facts)
    return wording.printable(text)


def _show_outcome(attempt: AttemptRecord) -> str:
    if attempt.is_under_way:
        return _("being sent now")
    if attempt.outcome is None:
        return _("sending, and cut off before the answer came")
    if attempt.posts is None:
        return _(attempt.outcome.value)
    sent = ngettext("sent {count} time", "sent {count} times", attempt.posts)
    return f"{_(attempt.outcome.value)} ({sent.format(count=attempt.posts)})"


def _show_update(update: OrderUpdate, zone: dt.tzinfo) -> str:
    date = wording.stamp(update.date.astimezone(zone)) if update.date else ""
    return wording.printable(" · ".join(filter(None, [update.status.label, date, update.rpo])))


def _show(moment: dt.datetime | None, zone: dt.tzinfo) -> str:
    if moment is None:
        return _("(not known)")
    return wording.to_the_second(moment.astimezone(zone))


def _key(update: OrderUpdate) -> tuple[object, ...]:
    return update.status, update.date, (update.rpo or "").upper()
