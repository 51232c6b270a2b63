"""Messages about runs that could not start: nobody else would tell of them."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from batch_update import channels, wording
from batch_update.cli import log, parser, streams
from batch_update.cli.language import last_value
from batch_update.cli.memories import memory_of
from batch_update.cli.messenger import UnusableAddressError, send
from batch_update.cli.notices import describe_machine
from batch_update.errors import BatchUpdateError, SettingsError
from batch_update.i18n import _
from batch_update.notify import Message
from batch_update.settings import kinds
from batch_update.settings.account import read_account
from batch_update.settings.arguments import load_config
from batch_update.settings.config import Config
from batch_update.settings.options import Options
from batch_update.settings.questions import find_question
from batch_update.settings.resolution import ResolvedOption, resolve
from batch_update.settings.secret_sources import find_channels


def tell(
    argv: Sequence[str], arguments: argparse.Namespace | None, error: BatchUpdateError | None
) -> None:
    """Tell people that a run could not start, if that is wanted.

    Args:
        argv: the words of the command line.
        arguments: the same, read; None if they are not understood.
        error: why it could not; None if the program itself failed.
    """
    if arguments is None:
        if sys.stderr is None or streams.is_terminal(sys.stderr):
            # Somebody is typing.
            return
        arguments = guess(argv)
    elif not is_for_sheets(arguments) or arguments.dry_run or arguments.sandbox:
        return
    said = resolve_known(arguments)
    with contextlib.suppress(SettingsError):
        if _is_told(arguments, said, error):
            _remember(said)


def _is_told(
    arguments: argparse.Namespace,
    said: Mapping[str, ResolvedOption],
    error: BatchUpdateError | None,
) -> bool:
    """Tell people by the channels, if there are any; return whether they know now.

    Raises:
        SettingsError: it is not known how to tell them.
    """
    addresses = Options.notify.kind.read(find_channels(said))
    if isinstance(error, UnusableAddressError):
        # That nothing gets out there was said just now.
        addresses = tuple(one for one in addresses if one != error.channel)
    if not addresses:
        # The error was printed; without --quiet, that is for who looks at the screen.
        return Options.is_quiet.kind.read(said[Options.is_quiet.name]) and streams.is_heard()
    with contextlib.ExitStack() as stack:
        # If there can be no log, that may be the very error.
        with contextlib.suppress(BatchUpdateError):
            path = Options.log_file.kind.read(said[Options.log_file.name])
            stack.enter_context(log.keep_log(path, is_verbose=False))
        return send(_compose(arguments, said, error), addresses)


def guess(argv: Sequence[str]) -> argparse.Namespace:
    """Return what is understood of arguments that are not understood as a whole."""
    arguments = parser.parse([])
    for option in (Options.config, Options.profile, Options.metrics, Options.notify_when):
        setattr(arguments, option.name, last_value(argv, option.flag))
    words = argv[: argv.index("--")] if "--" in argv else argv
    arguments.json_lines = Options.is_json_lines.flag in words
    arguments.quiet = Options.is_quiet.flag in words
    return arguments


def is_for_sheets(arguments: argparse.Namespace) -> bool:
    """Return whether a command was to work on sheets, if only to check them."""
    is_else = arguments.configure or arguments.show_settings or arguments.template is not None
    try:
        question = find_question(arguments)
    except SettingsError:
        return False
    return not (is_else or question)


def resolve_known(arguments: argparse.Namespace) -> dict[str, ResolvedOption]:
    """Resolve the options as far as they are understood."""
    if any(map(channels.carries_secret, channels.split(arguments.notify))):
        arguments.notify = []
    try:
        config = load_config(arguments, os.environ)
    except SettingsError:
        config = Config(path=Path())
    return resolve(arguments, os.environ, config)


def _compose(
    arguments: argparse.Namespace,
    said: Mapping[str, ResolvedOption],
    error: BatchUpdateError | None,
) -> Message:
    name = said[Options.profile.name].text or said[Options.username.name].text or "-"
    sheets = wording.printable(", ".join(arguments.files))
    text, title = str(error), _("{shop}: the run could not start")
    if error is None:
        title = _("{shop}: the program itself failed")
        text = _(
            "batch-update itself failed, so there may be no results. What was sent is in the "
            "ledger: start again, and it is not sent twice. Standard error has what is to be "
            "reported to the makers of batch-update."
        )
    parts = [wording.printable(text), sheets, describe_machine()]
    title = title.format(shop=wording.printable(name))
    return Message(
        title=f"batch-update: {title}", body="\n\n".join(filter(None, parts)), is_problem=True
    )


def _remember(said: Mapping[str, ResolvedOption]) -> None:
    """Remember that people were told, so that they are also told when all is well again."""
    account = read_account(said, is_needed=False)
    if account is not None and said[Options.notify_when.name].text == kinds.IF_NEW:
        ledger = Options.ledger_path.kind.read(said[Options.ledger_path.name])
        memory_of(ledger, account.name).keep_stop()
