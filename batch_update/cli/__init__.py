"""The command line: the one boundary where errors become words and an exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence

from batch_update.cli import output, parser
from batch_update.errors import BatchUpdateError, ExitStatus
from batch_update.settings import read_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments; None for those of the process.

    Returns:
        The exit status; its meanings stand in `ExitStatus`.
    """
    output.prepare()
    try:
        settings = read_settings(parser.parse(argv), os.environ)
        # Only now: pandas, openpyxl and requests take longer to load than --help may take.
        from batch_update.cli import program

        return program.run(settings)
    except BatchUpdateError as error:
        output.complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        output.complain("Interrupted.")
        return ExitStatus.INTERRUPTED
