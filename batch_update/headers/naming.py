"""Columns named by the user: by their header, or by their letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from batch_update import wording
from batch_update.headers import words
from batch_update.i18n import _
from batch_update.model import Field, limits

_LONGEST = 200
_LETTERS = re.compile(r"[A-Z]{1,3}")
_LOOK_LATIN = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColumn:
    """The user's name of a field's column, which goes before the known words.

    Args:
        headers: the header, or several of which one is there; or the column's letter.
        said_in: the source of the name: `--column`, or the config file's name.
        table: the table of the config file that has the name, such as `[columns]`.
    """

    headers: tuple[str, ...]
    said_in: str
    table: str = ""

    @property
    def shown(self) -> str:
        """The headers, quoted, for a message."""
        return _(" or ").join(wording.quote(header) for header in self.headers)

    def setting(self, wanted: Field) -> str:
        """Return the place of the name, for a message: the option, or the config file's line."""
        if not self.table:
            return f"{self.said_in} {wanted}"
        return _("{table} {field} in {file}").format(
            table=self.table, field=wanted, file=self.said_in
        )

    def place(self, wanted: Field) -> str:
        """Return the same, but the option without the field, for a message that names that."""
        return self.setting(wanted) if self.table else self.said_in

    def find(self, names: Sequence[str]) -> list[int]:
        """List the columns, by index from 0, that bear one of the headers.

        Of headers that differ only in case, blanks and the like, the one that is the same is meant.
        """
        found = {index for header in self.headers for index in _find(header, names)}
        return sorted(found)

    def places(self, names: Sequence[str]) -> list[int]:
        """List the columns that are meant, by index from 0: by a header, else by a letter."""
        return self.find(names) or self.letters()

    def letters(self) -> list[int]:
        """List the columns, by index from 0, whose letters are given."""
        found = {column_index(header) for header in self.headers}
        return sorted(index for index in found if index is not None)


def column_index(letters: str) -> int | None:
    """Return the index from 0 of the column with such letters; None if there is none.

    Letters of the other alphabet that look the same are taken for Latin ones.
    """
    plain = wording.tidy(letters).upper().translate(_LOOK_LATIN)
    if not _LETTERS.fullmatch(plain):
        return None
    index = 0
    for letter in plain:
        index = 26 * index + ord(letter) - ord("A") + 1
    return index - 1 if index <= limits.MOST_COLUMNS else None


def _find(header: str, names: Sequence[str]) -> list[int]:
    for form in (wording.tidy, wording.normalise, words.compact):
        wanted = form(header)
        found = [index for index, name in enumerate(names) if wanted and _reads(name, wanted, form)]
        if found:
            return found
    return []


def _reads(name: str, wanted: str, form: Callable[[str], str]) -> bool:
    # A cell may hold a very long text, which need not be looked at whole.
    return len(name) <= _LONGEST + len(wanted) and form(name) == wanted
