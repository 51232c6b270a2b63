"""The form of --help: as wide as the terminal, with no option broken."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

_WIDE = 78
_USUAL, _MARGIN = 80, 2
"""Width where no terminal is, and what argparse leaves free at its edge."""

_FIRST_COLUMN, _FIRST_COLUMN_IF_NARROW = 24, 10


class HelpFormatter(argparse.HelpFormatter):
    """Wraps each line by itself, under its own beginning."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())
        is_wide = self._width >= _WIDE
        self._max_help_position = _FIRST_COLUMN if is_wide else _FIRST_COLUMN_IF_NARROW

    def _split_lines(self, text: str, width: int) -> list[str]:
        # Loaded when help is asked for, and not by each run.
        import textwrap

        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap

        lines = []
        for paragraph in text.split("\n"):
            blanks = len(paragraph) - len(paragraph.lstrip())
            lines += textwrap.wrap(
                paragraph,
                width,
                initial_indent=indent,
                subsequent_indent=indent + " " * blanks,
                break_on_hyphens=False,
            ) or [""]
        return "\n".join(lines)


def _width() -> int:
    """Return the width of a line, as argparse has it by itself.

    It asks shutil, which loads the libraries of three kinds of archives: a tenth of the time that
    --version takes.
    """
    with contextlib.suppress(ValueError):
        if (columns := int(os.environ.get("COLUMNS", "0"))) > 0:
            return columns - _MARGIN
    columns = 0
    # The stream may be none, closed, or no terminal.
    with contextlib.suppress(ValueError, OSError):
        if sys.__stdout__ is not None:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns
    return (columns or _USUAL) - _MARGIN
