"""The parser of the command line."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import batch_update
from batch_update import wording
from batch_update.cli import output
from batch_update.cli.help import HelpFormatter
from batch_update.errors import ExitStatus, SettingsError
from batch_update.i18n import _, ngettext
from batch_update.settings.kinds import empty_value, is_duration
from batch_update.settings.option import Group, Option
from batch_update.settings.options import OPTIONS, Options

_HELP = "help"
_LONG_DASHES = ("\N{EN DASH}", "\N{EM DASH}")
_DASHES = "-\N{EN DASH}\N{EM DASH}"
_ALIKE = 0.8
"""Share of letters that two options have in common if one may be meant for the other."""


# What the standard library says of arguments comes from the catalogue in force. Its own way to one,
# by the environment, looks for the file at every sentence.
vars(argparse).update(_=_, ngettext=ngettext)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise an error, so that the one boundary chooses the words and the exit status."""
        raise SettingsError(
            _("{message}. See: batch-update --help").format(message=wording.printable(message))
        )

    def _print_message(self, message: str, _file: object = None) -> None:
        """Print help or version as all else is printed."""
        output.say(message.rstrip("\n"))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End, but not as if all were well if help or version could not be printed."""
        super().exit(output.settle(ExitStatus(status), is_run=False), message)


class _Once(argparse.Action):
    """An option that has one value: a second one would be dropped, or the first."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            raise SettingsError(
                _("{option} is given twice, and only one can count. Write it once.").format(
                    option=option
                )
            )
        setattr(namespace, self.dest, values)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments.

    Raises:
        SettingsError: they are not understood.
    """
    parser = _build()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    arguments, unknown = parser.parse_known_args(
        _with_values(sys.argv[1:] if argv is None else argv)
    )
    if unknown:
        # A user who gives the key to an unknown option must not see it printed.
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        _refuse(parser, options or unknown)
    if dashed := [name for name in arguments.files if name[0:1] in _LONG_DASHES]:
        # Programs that correct texts write one long dash for two short ones.
        _refuse(parser, [name for name in dashed if not os.path.lexists(name)])
    if arguments.files == [_HELP] and not os.path.lexists(_HELP):
        parser.print_help()
        parser.exit()
    return arguments


def _refuse(parser: argparse.ArgumentParser, unknown: Sequence[str]) -> None:
    """Refuse words that are no options, and name the option that may be meant."""
    if not unknown:
        return
    names = wording.printable(" ".join(unknown))
    near = nearest_option(unknown[0])
    if not near:
        parser.error(_("unrecognized arguments: {names}").format(names=names))
    raise SettingsError(
        _(
            "unrecognized arguments: {names}. Did you mean {option}? See: batch-update --help"
        ).format(names=names, option=near)
    )


def nearest_option(word: str) -> str:
    """Return the option that is like a word; nothing if none is."""
    # Loaded for a mistake only.
    import difflib

    known = ["--help", "--version", *(option.flag for option in OPTIONS if option.flag)]
    bare = word.partition("=")[0].lstrip(_DASHES).lower().replace("_", "-")
    near = difflib.get_close_matches(f"--{bare}", known, n=1, cutoff=_ALIKE)
    return near[0] if near else ""


def _with_values(argv: Sequence[str]) -> list[str]:
    """Give an option whose value may be left out an empty one, so that it takes no file for it.

    Raises:
        SettingsError: it was given an empty one, which is not the same.
    """
    flags = {option.flag for option in OPTIONS if option.is_value_optional}
    words: list[str] = []
    for word in argv:
        if "--" not in words and word.endswith("=") and word[:-1] in flags:
            raise empty_value(word[:-1])
        if words and words[-1] in flags and "--" not in words:
            if not word.strip():
                raise empty_value(words[-1])
            is_value = is_duration(word) and not os.path.lexists(word)
            words[-1] += f"={word}" if is_value else "="
            if is_value:
                continue
        words.append(word)
    if words and words[-1] in flags and "--" not in words:
        words[-1] += "="
    return words


def _complete(parser: argparse.ArgumentParser) -> None:
    """Complete words for the shell that asks for it, if the library for it is installed."""
    with contextlib.suppress(ImportError):
        import argcomplete

        argcomplete.autocomplete(parser)


def _epilog() -> str:
    return _(
        "examples:\n"
        "  batch-update --dry-run shipments.xlsx\n"
        "      check a sheet, and send nothing\n"
        "  batch-update shipments.xlsx --failures mend.xlsx\n"
        "      send it, and also write the rows that need a person into a file\n"
        "  batch-update /srv/warehouse --profile second --wait\n"
        "      send all sheets of a folder to the second shop, and wait for a run at work there\n\n"
        "The shop's login and secret key: run --configure once, or set {username} and "
        "{secret_key} in the environment, and {base_url} if the shop's address is not "
        "https://LOGIN.justclick.io.\n\n"
        "Exit status: 0 all rows updated or skipped; 1 some rows need a person, or the results "
        "are elsewhere; 2 could not start; 3 stopped early, the rest not sent; 4 another run is "
        "at work, or the ledger is in use; 5 the team's ledger cannot be reached; 130 interrupted."
    ).format(
        username=Options.username.variable,
        secret_key=Options.secret_key.variable,
        base_url=Options.base_url.variable,
    )


def _about_variables() -> str:
    return _(
        "Environment: {variable}=8 stands for {option} 8, and so on; not for options that say what "
        "a command does, such as {typed} or {forced}."
    ).format(
        variable=Options.workers.variable,
        option=Options.workers.flag,
        typed=Options.is_dry_run.flag,
        forced=Options.is_forced.flag,
    )


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-update",
        description=_(
            "Carry a warehouse's shipment sheet into a JustClick shop, one signed "
            "order update per row, and write beside it what happened to each row."
        ),
        epilog=f"{_epilog()}\n\n{_about_variables()}",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar=_("FILE"),
        help=_("a spreadsheet or csv, or a folder of them; - for the standard input"),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=batch_update.__version__,
        help=_("show program's version number and exit"),
    )
    groups = {group: parser.add_argument_group(_(group.value)) for group in Group}
    for option in OPTIONS:
        if option.group is not None:
            _add(groups[option.group], option)
    return parser


def _add(group: argparse._ArgumentGroup, option: Option[object]) -> None:
    default = option.default
    home = os.path.expanduser("~")  # noqa: PTH111 which raises where there is no home
    if option.is_path and default.startswith(home + os.sep):
        default = f"~{default.removeprefix(home)}"
    shown = _(option.help_text).format(default=wording.printable(default))
    # For argparse a percent sign means more than that.
    shown = shown.replace("%", "%%")
    if option.is_switch:
        group.add_argument(option.flag, action="store_true", help=shown)
    elif option.is_repeated:
        group.add_argument(
            option.flag, action="append", default=[], metavar=_(option.metavar), help=shown
        )
    else:
        group.add_argument(option.flag, action=_Once, metavar=_(option.metavar), help=shown)
