"""The languages that there are; quick to load, for --help.

A language is a folder in `locales` with a catalogue in it. English needs none: it stands in the
code.
"""

from __future__ import annotations

import contextlib
import gettext
from functools import cache
from pathlib import Path

from batch_update import i18n

ENGLISH = "en"

_FOLDER = Path(__file__).parent / "locales"
_FILE = Path("LC_MESSAGES", "batch-update.mo")
_UNREADABLE = (OSError, ValueError, LookupError)


@cache
def available() -> tuple[str, ...]:
    """List the codes of the languages, English first."""
    try:
        folders = sorted(entry.name for entry in _FOLDER.iterdir() if entry.is_dir())
    except OSError:
        folders = []
    return ENGLISH, *folders


def begin(language: str) -> str:
    """Say everything from now on in a language; in English if its catalogue cannot be read.

    Returns:
        The reason why the catalogue cannot be read; empty if all is well.
    """
    try:
        i18n.use(catalogue_of(language), language)
    except _UNREADABLE as error:
        i18n.use(gettext.NullTranslations())
        return str(error) or type(error).__name__
    return ""


@cache
def catalogue_of(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; it says in English what it does not have.

    Raises:
        OSError: it is not there.
        ValueError, LookupError: it is damaged.
    """
    if language == ENGLISH:
        return gettext.NullTranslations()
    # Loaded for languages other than English only.
    from batch_update.catalogue import Catalogue

    with (_FOLDER / language / _FILE).open("rb") as file:
        return Catalogue(file)


@cache
def catalogues() -> tuple[gettext.NullTranslations, ...]:
    """Return the catalogue of every language, for what is read back from files of ours."""
    found = []
    for language in available():
        # A damaged one adds nothing; where it is in force, that has been said.
        with contextlib.suppress(*_UNREADABLE):
            found.append(catalogue_of(language))
    return tuple(found)
