"""Checks for the commonest mistakes, before a run's modules are loaded."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from batch_update import channels, wording
from batch_update.cli import endings, output
from batch_update.cli.parser import nearest_option
from batch_update.errors import InputFileError, SettingsError
from batch_update.i18n import _, ngettext
from batch_update.settings import kinds, variables
from batch_update.settings.addresses import refuse_address
from batch_update.settings.options import OPTIONS, Options
from batch_update.settings.questions import find_question


def note_unknown_variables(arguments: argparse.Namespace) -> None:
    """Say which variables look like ours and are not.

    Raises:
        SettingsError: one may be meant for an option that only an argument can say.
    """
    said = os.environ.get(Options.is_quiet.variable, "").strip().lower()
    is_quiet = arguments.quiet or said in variables.ON
    for name, near in variables.find_unknown(os.environ).items():
        # One that is like no other may be the user's own, and cron need not mail it each day.
        if near or not is_quiet:
            output.note(variables.describe_unknown(name, near))


def refuse_empty(arguments: argparse.Namespace) -> None:
    """Refuse arguments that are empty, as variables of a script leave them that were not set.

    Raises:
        SettingsError: one is.
    """
    said = {"FILE": arguments.files}
    for option in OPTIONS:
        # One whose value may be left out is refused where its words are still apart.
        if option.flag and not (option.is_switch or option.is_value_optional):
            given = getattr(arguments, option.name)
            said[option.flag] = given if option.is_repeated else [given]
    for where, texts in said.items():
        if any(text is not None and not text.strip() for text in texts):
            raise kinds.empty_value(where)


def refuse_addresses(arguments: argparse.Namespace) -> None:
    """Refuse addresses where files are expected.

    Raises:
        SettingsError: one is there.
    """
    for name in arguments.files:
        refuse_address(name, "FILE")
    for option in OPTIONS:
        if option.is_path and option.flag:
            text = getattr(arguments, option.name) or ""
            refuse_address(text, option.flag, takes_database=option.takes_database)


def refuse_secrets(arguments: argparse.Namespace) -> None:
    """Refuse passwords and tokens in arguments, where other users of the machine see them.

    Raises:
        SettingsError: one is there, or may be there in what is no address.
    """
    for number, address in enumerate(channels.split(arguments.notify), start=1):
        if not channels.is_address(address):
            raise kinds.no_channel(Options.notify.flag, number)
        if channels.carries_secret(address):
            raise SettingsError(
                _(
                    "{option} {channel}: an address with a password or token is no argument, since "
                    "others on this machine see it there. Put it into the config file (url under "
                    "[notify]) or into {variable}, or let the key store keep it: {option} "
                    "{store}NAME. Change the password if others may have seen it."
                ).format(
                    option=Options.notify.flag,
                    channel=channels.shown(address),
                    variable=Options.notify.variable,
                    store=channels.KEY_STORE,
                )
            )


def refuse_what_is_not_there(arguments: argparse.Namespace) -> None:
    """Refuse to begin if a named file is missing, if only the screen needs the message.

    Raises:
        InputFileError: there is no such file.
    """
    is_for_others = arguments.json or arguments.log_file
    if is_for_others or find_question(arguments):
        return
    if text := describe_missing(arguments.files):
        raise InputFileError(text)


def list_missing(names: Sequence[str]) -> list[str]:
    """List the named files that are not there."""
    # The function of a path raises where this one is False.
    return [name for name in names if name != "-" and not os.path.exists(name)]  # noqa: PTH110


def describe_missing(names: Sequence[str]) -> str:
    """Say which of the named files are missing; nothing if none is.

    An option whose dashes were forgotten, or that stands behind --, looks like a file.
    """
    missing = list_missing(names)
    for name in missing:
        if option := nearest_option(name.lstrip("/")):
            return _(
                "{name}: there is no such file. Did you mean {option}? Nothing was sent."
            ).format(name=wording.printable(name), option=option)
        if text := wording.describe_broken_link(Path(name)):
            return _("{problem} Nothing was sent.").format(problem=text)
    if not missing:
        return ""
    may_be_folder = not all(name.lower().endswith(endings.SHEETS) for name in missing)
    if len(names) == 1:
        text = (
            _(
                "{path}: there is no such file or folder. Check the name, and whether its disk or "
                "network share is connected."
            )
            if may_be_folder
            else _("{path}: there is no such file. Check the name.")
        )
        return text.format(path=wording.printable(missing[0]))
    text = _of_several(len(missing), may_be_folder=may_be_folder)
    return text.format(names=wording.printable(", ".join(missing)))


def _of_several(count: int, *, may_be_folder: bool) -> str:
    if may_be_folder:
        return ngettext(
            "{names}: there is no such file or folder. Check the name, and whether its disk or "
            "network share is connected. Nothing was sent, of the other files neither.",
            "{names}: there are no such files or folders. Check the names, and whether their disks "
            "or network shares are connected. Nothing was sent, of the other files neither.",
            count,
        )
    return ngettext(
        "{names}: there is no such file. Check the name. Nothing was sent, of the other files "
        "neither.",
        "{names}: there are no such files. Check the names. Nothing was sent, of the other files "
        "neither.",
        count,
    )
