"""The form of --help: as wide as the terminal, with no option broken."""

from __future__ import annotations

import argparse

_WIDE = 78
_FIRST_COLUMN, _FIRST_COLUMN_IF_NARROW = 24, 10


class HelpFormatter(argparse.HelpFormatter):
    """Wraps each line by itself, under its own beginning."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
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
