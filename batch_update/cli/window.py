"""A window of its own, for sheets dropped on an icon: `python -m batch_update.cli.window FILE…`.

Takes the program's arguments. Shows the plan and asks, as `--ask` does, opens the results, and
stays open until Enter is pressed. Asks for login and key if none are known yet.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from batch_update.cli import commands, main, output, parser, watch
from batch_update.cli.language import begin_language
from batch_update.errors import BatchUpdateError, ExitStatus
from batch_update.i18n import _
from batch_update.settings.arguments import load_config
from batch_update.settings.options import Options
from batch_update.settings.resolution import resolve

_MOST_OPENED = 3
"""Of more results than these, the folders are opened."""
_QUOTES = "\"'"


def show(argv: Sequence[str], open_file: Callable[[Path], None] | None = None) -> int:
    """Run the program in a window that stays open.

    Args:
        argv: its arguments; without a sheet, one is asked for.
        open_file: opens a file as a double click on it does; None where there is no such thing.

    Returns:
        The exit status of the run.
    """
    output.prepare()
    begin_language(argv)
    try:
        with commands.by_icons():
            return _run(argv, open_file)
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    finally:
        _wait()


def _run(argv: Sequence[str], open_file: Callable[[Path], None] | None) -> int:
    words, options = list(argv), _options_of(argv)
    if options == words:
        sheet = _ask_for_sheet()
        if not sheet:
            output.complain(_("No sheet was named, so nothing was sent."))
            return ExitStatus.COULD_NOT_START
        words.append(sheet)
    if _lacks_account(options) and (status := main(["--configure", *options])):
        return status
    status = main([Options.asks_to_send.flag, *words])
    if open_file is not None:
        _open(watch.list_results(), open_file)
    return status


def _options_of(argv: Sequence[str]) -> list[str]:
    """Return the arguments that are no sheets; the run itself says which it does not understand."""
    try:
        files = parser.parse(argv).files
    except BatchUpdateError:
        return []
    return [word for word in argv if word not in files]


def _ask_for_sheet() -> str:
    """Ask for a path; a file that is dragged into the window comes within quotes."""
    answer = output.ask_aloud(
        _("Drag a sheet, or a folder of them, into this window and press Enter: ")
    )
    return (answer or "").strip(_QUOTES)


def _lacks_account(options: Sequence[str]) -> bool:
    """Return whether no shop is known yet; what else is wrong is said by the run."""
    try:
        arguments = parser.parse(options)
        config = load_config(arguments, os.environ)
        said = resolve(arguments, os.environ, config)
    except BatchUpdateError:
        return False
    is_known = bool(said[Options.username.name].text) or bool(config.profiles)
    return not (arguments.sandbox or arguments.dry_run or is_known)


def _open(results: Sequence[Path], open_file: Callable[[Path], None]) -> None:
    """Open results; of many, the folders that they are in."""
    if len(results) > _MOST_OPENED:
        results = sorted({path.absolute().parent for path in results})
    for path in results:
        try:
            open_file(path)
        except OSError as error:
            text = _("Open {path} yourself: Windows did not. {reason}")
            output.complain(text.format(path=path, reason=error.strerror or error))


def _wait() -> None:
    """Keep the window, so that what stands in it can be read."""
    if output.has_person():
        try:
            output.ask_aloud(_("Press Enter to close this window."))
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit(show(sys.argv[1:], os.startfile))
    sys.exit(show(sys.argv[1:]))
