"""The parser of the command line."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from typing import NoReturn

import batch_update
from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings.option import Group, Option
from batch_update.settings.options import OPTIONS, Options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise an error, so that the one boundary chooses the words and the exit status."""
        raise SettingsError(
            _("{message}. See: batch-update --help").format(message=wording.printable(message))
        )


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments.

    Raises:
        SettingsError: they are not understood.
    """
    parser = _build()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        # A user who gives the key to an unknown option must not see it printed.
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        parser.error(
            _("unrecognized arguments: {names}").format(names=" ".join(options or unknown))
        )
    return arguments


def _complete(parser: argparse.ArgumentParser) -> None:
    """Complete words for the shell that asks for it, if the library for it is installed."""
    with contextlib.suppress(ImportError):
        import argcomplete

        argcomplete.autocomplete(parser)


def _epilog() -> str:
    return _(
        "The shop's login and secret key: run --configure once, or set\n{username} and "
        "{secret_key} in the environment, and\n{base_url} if the shop's address is not "
        "https://LOGIN.justclick.io.\n\nExit status: 0 all rows updated or skipped; 1 some "
        "rows need a person; 2 could not start;\n3 stopped early, the rest not sent; 4 the "
        "ledger is in use; 130 interrupted.\n"
    ).format(
        username=Options.username.variable,
        secret_key=Options.secret_key.variable,
        base_url=Options.base_url.variable,
    )


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-update",
        description=_(
            "Carry a warehouse's shipment sheet into a JustClick shop, one signed "
            "order\nupdate per row, and write beside it what happened to each row.\n"
        ),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help=_("a spreadsheet or csv, or a folder of them; - for the standard input"),
    )
    parser.add_argument("--version", action="version", version=batch_update.__version__)
    groups = {group: parser.add_argument_group(_(group.value)) for group in Group}
    for option in OPTIONS:
        if option.group is not None:
            _add(groups[option.group], option)
    return parser


def _add(group: argparse._ArgumentGroup, option: Option[object]) -> None:
    shown = _(option.help_text).format(default=wording.printable(option.default))
    # For argparse a percent sign means more than that.
    shown = shown.replace("%", "%%")
    if option.is_switch:
        group.add_argument(option.flag, action="store_true", help=shown)
    elif option.is_repeated:
        group.add_argument(
            option.flag, action="append", default=[], metavar=option.metavar, help=shown
        )
    else:
        group.add_argument(option.flag, metavar=option.metavar, help=shown)
