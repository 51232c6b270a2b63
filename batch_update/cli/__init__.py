"""The command line: the one boundary where errors become words and an exit status.

Nothing else is loaded until signals are minded.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
try:
    from batch_update import signals
except KeyboardInterrupt:
    os.write(2, b"batch-update: Interrupted.\n")
    os._exit(130)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from batch_update.cli.watch import Watch
    from batch_update.errors import BatchUpdateError, ExitStatus

_SEARCH_AFTER = 50_000
"""Number of new objects after which circles of them are searched for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments; None for those of the process.

    Returns:
        The exit status; its meanings stand in `ExitStatus`.
    """
    with signals.Watched(is_whole=argv is None):
        return _carry_out(argv)


def _carry_out(argv: Sequence[str] | None) -> int:
    # Loaded modules stay, and rows do not refer to each other: to search for circles more often
    # would take a sixth of the time of a run, and some of that of --help.
    gc.set_threshold(_SEARCH_AFTER)
    from batch_update.cli import output, streams
    from batch_update.cli.language import begin_language
    from batch_update.cli.watch import Watch
    from batch_update.errors import BatchUpdateError, ExitStatus
    from batch_update.i18n import _

    output.prepare()
    if os.environ.get("HOME") == "":
        # As none: what is kept for a user would lie at the root of the disk.
        del os.environ["HOME"]
    begin_language(argv)
    # Libraries would write the keys of a connection to a proxy into the file that it names.
    os.environ.pop("SSLKEYLOGFILE", None)
    # All files that are written hold customers' data, so they are made for their owner alone.
    mask = os.umask(0o077)
    watch = Watch()
    words = sys.argv[1:] if argv is None else argv
    arguments = None
    status: int = ExitStatus.PROGRAM_FAULT
    try:
        with signals.Heeded():
            arguments = _parse(argv)
            if arguments.files:
                streams.begin_run()
            _check(arguments)
            status = output.settle(_run(arguments, watch), is_run=bool(arguments.files))
    except BatchUpdateError as error:
        watch.begin_late(words, arguments)
        output.complain(str(error), code=error.kind)
        status = error.exit_status
        _tell(words, arguments, error)
    except KeyboardInterrupt:
        watch.begin_late(words, arguments)
        output.complain(_("Interrupted."), code="interrupted")
        streams.hurry()
        status = ExitStatus.INTERRUPTED
    except Exception:  # noqa: BLE001 the last place where it can be told
        import traceback

        output.complain(
            _(
                "batch-update itself failed, so there may be no results. What was sent is in "
                "the ledger: start again, and it is not sent twice. Report this to the makers "
                "of batch-update, with what follows."
            ),
            code="program_fault",
        )
        output.note(traceback.format_exc())
        if arguments is not None:
            _tell_fault(words, arguments)
    finally:
        watch.end(status)
        status = output.end_run(status)
        os.umask(mask)
    return status


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    with signals.Held():
        from batch_update.cli import parser
    return parser.parse(argv)


def _check(arguments: argparse.Namespace) -> None:
    with signals.Held():
        from batch_update.cli import preflight
    preflight.note_unknown_variables(arguments)
    preflight.refuse_empty(arguments)
    preflight.refuse_secrets(arguments)
    preflight.refuse_addresses(arguments)
    preflight.refuse_what_is_not_there(arguments)


def _run(arguments: argparse.Namespace, watch: Watch) -> ExitStatus:
    # Loaded when needed: the modules of a run take longer to load than --help may take.
    with signals.Held():
        from batch_update.cli import messages, output
        from batch_update.errors import ExitStatus
        from batch_update.settings.arguments import read_settings, show_settings

    if arguments.show_settings:
        output.say(messages.describe_settings(show_settings(arguments, os.environ)))
        return ExitStatus.DONE
    if arguments.configure:
        with signals.Held():
            from batch_update.cli.configure import configure

        return configure(arguments, os.environ)
    if arguments.template is not None:
        return _write_template(arguments)
    settings = read_settings(arguments, os.environ)
    with signals.Held():
        from batch_update.cli import program

    gc.freeze()
    with signals.Held():
        watch.begin(settings)
    return program.run(settings)


def _tell_fault(words: Sequence[str], arguments: argparse.Namespace) -> None:
    """Tell people that the program failed, unless that fails as well: it was said already."""
    import contextlib

    with contextlib.suppress(Exception):
        _tell(words, arguments, None)


def _tell(
    words: Sequence[str], arguments: argparse.Namespace | None, error: BatchUpdateError | None
) -> None:
    """Tell those who do not look at the screen that a run could not start, if there are any.

    Where the screen is only for what is new, it is remembered that they were told.

    Args:
        words: of the command line.
        arguments: the same, read; None if they are not understood.
        error: why it could not; None if the program itself failed.
    """
    from batch_update.settings.defaults import default_path
    from batch_update.settings.option import CREDENTIALS
    from batch_update.settings.options import Options

    # The function of a path raises where this one is False.
    is_configured = os.path.exists(default_path())  # noqa: PTH110
    ours = (Options.notify, Options.notify_file, Options.notify_when, Options.config)
    named = {word.partition("=")[0] for word in words}.intersection(one.flag for one in ours)
    variables = (CREDENTIALS, *(option.variable for option in ours))
    if named or is_configured or any(map(os.environ.get, variables)):
        import contextlib

        from batch_update.cli import nonstarts

        # The run has its end already.
        with contextlib.suppress(KeyboardInterrupt), signals.Heeded():
            nonstarts.tell(words, arguments, error)


def _write_template(arguments: argparse.Namespace) -> ExitStatus:
    from pathlib import Path

    from batch_update.cli import commands, messages, output
    from batch_update.errors import ExitStatus
    from batch_update.settings.resolution import list_arguments
    from batch_update.writer import write_template

    path = Path(arguments.template)
    write_template(path)
    output.say(messages.describe_template(path, commands.trial(list_arguments(arguments), path)))
    return ExitStatus.DONE
