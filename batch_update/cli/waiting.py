"""`--wait`: one run after another, where only one may work with a shop at a time."""

from __future__ import annotations

import contextlib
import math
import time

from batch_update.cli import events, output
from batch_update.cli.interruption import Interruption
from batch_update.cli.ledgers import OpenLedger, hold
from batch_update.errors import ShopHeldError
from batch_update.i18n import _
from batch_update.ledger import AccountLedger, StartedBy
from batch_update.settings.model import Account, Settings

_LOOK_AGAIN_S = 0.25


def hold_shop(
    ledger: OpenLedger,
    account: Account,
    settings: Settings,
    interruption: Interruption,
    stack: contextlib.ExitStack,
    *,
    by: StartedBy,
) -> AccountLedger:
    """Hold the shop for this run; wait for another run that does, if the user wants that.

    Args:
        ledger: the open ledger.
        account: the shop.
        settings: how long to wait, and whether to speak of it.
        interruption: ends the wait.
        stack: lets go of the shop at its end.
        by: whose run this one is.

    Raises:
        ShopHeldError: another run works with it, still.
        KeyboardInterrupt: the user has ended the wait.
    """
    if settings.wait_s is None:
        return stack.enter_context(hold(ledger, account, settings, by))
    with interruption.idle():
        until = time.monotonic() + settings.wait_s
        is_waiting = False
        while not interruption.stop_requested():
            try:
                held = stack.enter_context(hold(ledger, account, settings, by))
            except ShopHeldError as error:
                _refuse_after(until, settings.wait_s, error)
                if not is_waiting:
                    text = _wait_for(error.who, settings.wait_s)
                    _note(settings, text)
                    events.tell("waiting", reason="shop_held", updates=None, text=text)
                is_waiting = True
                interruption.stop.wait(_LOOK_AGAIN_S)
                continue
            if is_waiting:
                _note(settings, _("The other run has ended; this one goes on."))
            return held
    raise KeyboardInterrupt


def _refuse_after(until: float, wait_s: float, error: ShopHeldError) -> None:
    if time.monotonic() < until:
        return
    raise ShopHeldError(
        _(
            "{who} was still sending updates to this shop after a wait of {seconds:g} s, so "
            "nothing was sent. Start again later; what it has sent is not sent twice."
        ).format(who=error.who, seconds=wait_s),
        who=error.who,
    ) from error


def _wait_for(who: str, wait_s: float) -> str:
    if math.isinf(wait_s):
        return _("Waiting until {who} has ended. Ctrl-C ends the wait.").format(who=who)
    return _("Waiting {seconds:g} s at most until {who} has ended. Ctrl-C ends the wait.").format(
        seconds=wait_s, who=who
    )


def _note(settings: Settings, text: str) -> None:
    (output.write_down if settings.is_quiet else output.note)(text)
