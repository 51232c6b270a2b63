"""Lines as wide as the terminal; words, options, quoted texts and paths are not broken."""

from __future__ import annotations

import os
import re
from typing import TextIO

_NARROWEST = 20
_UNBROKEN = r"""(?x)
    [(]?"[^"\n]*"\S*                                  # what was found, in quotes
    | [(]?(?:[A-Za-z]:[\\/]|~?/|\\\\)[^"\n]*?\.\w{1,8}(?!\w)\S*  # a path with blanks, to its ending
    | --[a-z-]+\ [A-Z]{2,}\S*                          # an option and what it takes
    | \S+
"""
"""Compiled when it is needed first: by a message that is long, on a terminal."""


def fit(text: str, stream: TextIO) -> str:
    """Wrap a text at the width of a terminal; it stays as it is if that does not know it."""
    width = _width_of(stream)
    if width is None:
        return text
    return "\n".join(_wrap(line, width) for line in text.split("\n"))


def _width_of(stream: TextIO) -> int | None:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return None
    # Some terminals do not know their size; some begin a line of their own after a full one.
    return max(columns - 1, _NARROWEST) if columns else None


def _wrap(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    lines = [line[: len(line) - len(line.lstrip())]]
    for word in re.findall(_UNBROKEN, line):
        pieces = [word] if len(word) <= width else word.split()
        for piece in pieces:
            longer = f"{lines[-1]} {piece}" if lines[-1].strip() else f"{lines[-1]}{piece}"
            if len(longer) <= width or not lines[-1].strip():
                lines[-1] = longer
            else:
                lines.append(piece)
    return "\n".join(lines)
