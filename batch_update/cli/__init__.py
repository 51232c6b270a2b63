"""The command line: the one boundary where errors become words and an exit status."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from batch_update import languages, wording
from batch_update.cli import output, parser, preflight
from batch_update.cli.language import choose_language
from batch_update.errors import BatchUpdateError, ExitStatus
from batch_update.i18n import _

_SEARCH_AFTER = 50_000
"""Number of new objects."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments; None for those of the process.

    Returns:
        The exit status; its meanings stand in `ExitStatus`.
    """
    output.prepare()
    _begin_language(sys.argv[1:] if argv is None else argv)
    # Libraries would write the keys of a connection to a proxy into the file that it names.
    os.environ.pop("SSLKEYLOGFILE", None)
    # All files that are written hold customers' data, so they are made for their owner alone.
    mask = os.umask(0o077)
    try:
        return _run(parser.parse(argv))
    except BatchUpdateError as error:
        output.complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        output.complain(_("Interrupted."))
        return ExitStatus.INTERRUPTED
    finally:
        os.umask(mask)


def _begin_language(argv: Sequence[str]) -> None:
    language = choose_language(argv, os.environ)
    if reason := languages.begin(language):
        output.note(
            _(
                "The messages are in English: the catalogue of {language} cannot be read: {reason}."
            ).format(language=language, reason=wording.printable(reason))
        )


def _run(arguments: argparse.Namespace) -> ExitStatus:
    preflight.refuse_addresses(arguments)
    preflight.refuse_what_is_not_there(arguments)
    # Loaded when needed: the modules of a run take longer to load than --help may take.
    from batch_update.cli import messages
    from batch_update.settings.arguments import read_settings, show_settings

    if arguments.show_settings:
        output.say(messages.describe_settings(show_settings(arguments, os.environ)))
        return ExitStatus.DONE
    if arguments.configure:
        from batch_update.cli.configure import configure

        return configure(arguments)
    if arguments.template is not None:
        from batch_update.writer import write_template

        path = Path(arguments.template)
        write_template(path)
        output.say(messages.describe_template(path))
        return ExitStatus.DONE
    settings = read_settings(arguments, os.environ)
    from batch_update.cli import program

    # Loaded modules stay, and rows do not refer to each other: to search for circles more often
    # would take a sixth of the time.
    gc.freeze()
    gc.set_threshold(_SEARCH_AFTER)
    return program.run(settings)
