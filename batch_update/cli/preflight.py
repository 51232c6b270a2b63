"""Checks for the commonest mistakes, before a run's modules are loaded."""

from __future__ import annotations

import argparse
import os

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.i18n import _
from batch_update.settings.addresses import refuse_address
from batch_update.settings.options import OPTIONS
from batch_update.settings.questions import find_question


def refuse_addresses(arguments: argparse.Namespace) -> None:
    """Refuse addresses where files are expected.

    Raises:
        SettingsError: one is there.
    """
    for name in arguments.files:
        refuse_address(name, "FILE")
    for option in OPTIONS:
        if option.is_path:
            refuse_address(getattr(arguments, option.name) or "", option.flag)


def refuse_what_is_not_there(arguments: argparse.Namespace) -> None:
    """Refuse a single named file that is missing, if only the screen needs the message.

    Raises:
        InputFileError: there is no such file.
    """
    is_for_others = arguments.json or arguments.log_file
    if len(arguments.files) != 1 or is_for_others or find_question(arguments):
        return
    (name,) = arguments.files
    if name != "-" and not os.path.exists(name):  # noqa: PTH110 which raises where this is False
        raise InputFileError(
            _("{path}: there is no such file. Check the name.").format(path=wording.printable(name))
        )
