"""What can be said on the command line."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from typing import NoReturn

import batch_update
from batch_update import settings
from batch_update.errors import SettingsError

_DESCRIPTION = """\
Carry a warehouse's shipment sheet into a JustClick shop, one signed order
update per row, and write beside it what happened to each row.
"""

_EPILOG = f"""\
The shop's login and secret key: run --configure once, or set
{settings.USERNAME_VARIABLE} and {settings.SECRET_KEY_VARIABLE} in the environment, and
{settings.BASE_URL_VARIABLE} if the shop's address is not https://LOGIN.justclick.io.

Exit status: 0 every row updated; 1 some rows need a person; 2 could not start;
3 stopped early, the rest not sent; 130 interrupted.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Leave the words and the exit status to the one boundary."""
        raise SettingsError(f"{message}. See: batch-update --help")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments.

    Raises:
        SettingsError: they are not understood.
    """
    parser = _build()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    return parser.parse_args(argv)


def _complete(parser: argparse.ArgumentParser) -> None:
    """Complete words for the shell that asks for it, if the library for it is installed."""
    with contextlib.suppress(ImportError):
        import argcomplete

        argcomplete.autocomplete(parser)


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-update",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a spreadsheet or csv, or a folder of them; - for the standard input",
    )
    parser.add_argument("--version", action="version", version=batch_update.__version__)
    _add_run(parser.add_argument_group("the run"))
    _add_sheet(parser.add_argument_group("the sheet"))
    _add_checks(parser.add_argument_group("the checks"))
    _add_shop(parser.add_argument_group("the shop"))
    _add_settings(parser.add_argument_group("the settings"))
    _add_screen(parser.add_argument_group("the screen"))
    return parser


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--dry-run", action="store_true", help="read and check; send nothing")
    group.add_argument(
        "--plan", metavar="P", help="send only if the sheet still says what --dry-run planned"
    )
    group.add_argument(
        "--sandbox", action="store_true", help="practise: send to a stand-in on this machine"
    )
    group.add_argument(
        "--output", metavar="PATH", help="results file, .xlsx or .csv (default: beside FILE)"
    )
    group.add_argument(
        "--failures",
        metavar="PATH",
        help="also write only the rows that need a person, with the reason",
    )
    group.add_argument(
        "--ledger",
        metavar="PATH",
        help=f"the record of what was sent (default: {settings.default_ledger()})",
    )
    group.add_argument(
        "--force", action="store_true", help="send also what the ledger says was updated"
    )
    group.add_argument(
        "--keep-going", action="store_true", help="go on though the shop refuses all rows alike"
    )
    group.add_argument(
        "--history", metavar="ORDER", help="show what the ledger knows of an order; send nothing"
    )


def _add_sheet(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sheet", metavar="NAME", help="the worksheet to read")
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help="which header means bill_id, status, date or rpo; may be repeated",
    )
    group.add_argument("--status", metavar="S", help="status of rows that name none")
    group.add_argument(
        "--date", metavar="D", help="date of rows that name none: 2026-11-20, or today"
    )
    group.add_argument(
        "--timezone",
        metavar="TZ",
        help=f"zone of dates that name none (default: {settings.DEFAULT_TIMEZONE})",
    )


def _add_checks(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--day-first", action="store_true", help="03/04/2026 is the 3rd of April")
    group.add_argument("--month-first", action="store_true", help="03/04/2026 is the 4th of March")
    group.add_argument(
        "--date-format", metavar="F", help="how written dates look, such as %%d.%%m.%%y"
    )
    group.add_argument(
        "--check-tracking",
        action="store_true",
        help="warn of tracking numbers whose check digit is wrong",
    )
    group.add_argument("--strict", action="store_true", help="refuse rows that deserve a warning")


def _add_shop(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--base-url", metavar="URL", help="the shop's address")
    group.add_argument(
        "--workers",
        metavar="N",
        help=f"how many updates may be under way at once (default: {settings.DEFAULT_WORKERS})",
    )
    group.add_argument("--rate", metavar="N", help="requests per second at most, over all workers")
    group.add_argument(
        "--retries",
        metavar="N",
        help=f"how often a failed call is repeated at most (default: {settings.DEFAULT_RETRIES})",
    )
    group.add_argument(
        "--timeout",
        metavar="S",
        help=f"seconds that a call may take (default: {settings.DEFAULT_TIMEOUT_S:g})",
    )


def _add_settings(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--configure", action="store_true", help="ask for login and key, try them, keep them"
    )
    group.add_argument(
        "--config",
        metavar="PATH",
        help=f"config file (default: {settings.default_path()})",
    )
    group.add_argument("--profile", metavar="NAME", help="a shop of several in the config file")
    group.add_argument(
        "--show-settings", action="store_true", help="show what every option is, and who says so"
    )
    group.add_argument(
        "--template", metavar="PATH", help="write a blank sheet to fill in, .xlsx; send nothing"
    )


def _add_screen(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--quiet", action="store_true", help="say nothing but errors")
    group.add_argument("--verbose", action="store_true", help="say why a call was repeated")
    group.add_argument(
        "--json", action="store_true", help="describe the run in JSON in place of words"
    )
    group.add_argument(
        "--log-file", metavar="PATH", help="also write down there what happens, call by call"
    )
    group.add_argument("--no-progress", action="store_true", help="draw no progress bar")
