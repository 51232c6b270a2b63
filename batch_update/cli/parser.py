"""What can be said on the command line."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import batch_update
from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.settings import defaults
from batch_update.texts import options as texts

_EPILOG = texts.EPILOG.format(
    username=defaults.USERNAME_VARIABLE,
    secret_key=defaults.SECRET_KEY_VARIABLE,
    base_url=defaults.BASE_URL_VARIABLE,
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Leave the words and the exit status to the one boundary."""
        raise SettingsError(texts.SEE_HELP.format(message=wording.printable(message)))


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
        # Whoever gives the key to an option that there is not does not see it again.
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        parser.error(texts.UNRECOGNIZED.format(names=" ".join(options or unknown)))
    return arguments


def _complete(parser: argparse.ArgumentParser) -> None:
    """Complete words for the shell that asks for it, if the library for it is installed."""
    with contextlib.suppress(ImportError):
        import argcomplete

        argcomplete.autocomplete(parser)


def _place(path: Path) -> str:
    """Show a path in a help text, in which argparse takes a percent sign for more than that."""
    return wording.show_path(path).replace("%", "%%")


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-update",
        description=texts.DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help=texts.FILE,
    )
    parser.add_argument("--version", action="version", version=batch_update.__version__)
    _add_run(parser.add_argument_group(texts.GROUP_RUN))
    _add_sheet(parser.add_argument_group(texts.GROUP_SHEET))
    _add_checks(parser.add_argument_group(texts.GROUP_CHECKS))
    _add_shop(parser.add_argument_group(texts.GROUP_SHOP))
    _add_settings(parser.add_argument_group(texts.GROUP_SETTINGS))
    _add_screen(parser.add_argument_group(texts.GROUP_SCREEN))
    return parser


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--dry-run", action="store_true", help=texts.DRY_RUN)
    group.add_argument("--plan", metavar="P", help=texts.PLAN)
    group.add_argument("--sandbox", action="store_true", help=texts.SANDBOX)
    group.add_argument("--output", metavar="PATH", help=texts.OUTPUT)
    group.add_argument(
        "--failures",
        metavar="PATH",
        help=texts.FAILURES,
    )
    group.add_argument(
        "--ledger",
        metavar="PATH",
        help=texts.LEDGER.format(default=_place(defaults.default_ledger())),
    )
    group.add_argument("--force", action="store_true", help=texts.FORCE)
    group.add_argument("--keep-going", action="store_true", help=texts.KEEP_GOING)
    group.add_argument("--check-ledger", action="store_true", help=texts.CHECK_LEDGER)
    group.add_argument("--history", metavar="ORDER", help=texts.HISTORY)


def _add_sheet(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sheet", metavar="NAME", help=texts.SHEET)
    group.add_argument("--no-header", action="store_true", help=texts.NO_HEADER)
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help=texts.COLUMN,
    )
    group.add_argument("--status", metavar="S", help=texts.STATUS)
    group.add_argument(
        "--status-word",
        action="append",
        default=[],
        metavar="WORD=STATUS",
        help=texts.STATUS_WORD,
    )
    affixes = {"--order-prefix": texts.ORDER_PREFIX, "--order-suffix": texts.ORDER_SUFFIX}
    for name, shown in affixes.items():
        group.add_argument(name, action="append", default=[], metavar="TEXT", help=shown)
    group.add_argument("--date", metavar="D", help=texts.DATE)
    group.add_argument(
        "--timezone",
        metavar="TZ",
        help=texts.TIMEZONE.format(default=defaults.DEFAULT_TIMEZONE),
    )


def _add_checks(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--day-first", action="store_true", help=texts.DAY_FIRST)
    group.add_argument("--month-first", action="store_true", help=texts.MONTH_FIRST)
    group.add_argument("--date-format", metavar="F", help=texts.DATE_FORMAT)
    group.add_argument(
        "--check-tracking",
        action="store_true",
        help=texts.CHECK_TRACKING,
    )
    group.add_argument("--strict", action="store_true", help=texts.STRICT)


def _add_shop(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--base-url", metavar="URL", help=texts.BASE_URL)
    group.add_argument(
        "--workers",
        metavar="N",
        help=texts.WORKERS.format(default=defaults.DEFAULT_WORKERS),
    )
    group.add_argument("--rate", metavar="N", help=texts.RATE)
    group.add_argument(
        "--retries",
        metavar="N",
        help=texts.RETRIES.format(default=defaults.DEFAULT_RETRIES),
    )
    group.add_argument(
        "--timeout",
        metavar="S",
        help=texts.TIMEOUT.format(default=defaults.DEFAULT_TIMEOUT_S),
    )
    group.add_argument(
        "--settle", metavar="T", help=texts.SETTLE.format(default=defaults.DEFAULT_SETTLE)
    )
    group.add_argument("--no-read-back", action="store_true", help=texts.NO_READ_BACK)


def _add_settings(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--configure", action="store_true", help=texts.CONFIGURE)
    group.add_argument(
        "--config",
        metavar="PATH",
        help=texts.CONFIG.format(default=_place(defaults.default_path())),
    )
    group.add_argument("--profile", metavar="NAME", help=texts.PROFILE)
    group.add_argument("--show-settings", action="store_true", help=texts.SHOW_SETTINGS)
    group.add_argument("--template", metavar="PATH", help=texts.TEMPLATE)


def _add_screen(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--quiet", action="store_true", help=texts.QUIET)
    group.add_argument("--verbose", action="store_true", help=texts.VERBOSE)
    group.add_argument("--json", action="store_true", help=texts.JSON)
    group.add_argument("--log-file", metavar="PATH", help=texts.LOG_FILE)
    group.add_argument("--no-progress", action="store_true", help=texts.NO_PROGRESS)
