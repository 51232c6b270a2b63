"""The languages that there are; quick to load, for --help.

A language is a folder in `locales` with a catalogue in it. English needs none: it stands in the
code.
"""

from __future__ import annotations

import contextlib
import gettext
import os
import struct
from functools import cache
from pathlib import Path

from batch_update import i18n

ENGLISH = "en"

_DOMAIN = "batch-update"
_NO_DOMAIN = "messages"
"""That of the standard library, for which there is no catalogue."""
_FOLDER = Path(__file__).parent / "locales"


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
    except (OSError, ValueError, LookupError, struct.error) as error:
        i18n.use(gettext.NullTranslations())
        gettext.textdomain(_NO_DOMAIN)
        return str(error) or type(error).__name__
    if language == ENGLISH:
        gettext.textdomain(_NO_DOMAIN)
    else:
        # What the standard library says, as of arguments, comes from the same catalogue.
        os.environ["LANGUAGE"] = language
        gettext.bindtextdomain(_DOMAIN, _FOLDER)
        gettext.textdomain(_DOMAIN)
    return ""


def catalogue_of(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; it says in English what it does not have.

    Raises:
        OSError: it is not there.
        ValueError, LookupError, struct.error: it is damaged.
    """
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(_DOMAIN, _FOLDER, languages=[language])


@cache
def catalogues() -> tuple[gettext.NullTranslations, ...]:
    """Return the catalogue of every language, for what is read back from files of ours."""
    found = []
    for language in available():
        # A damaged one adds nothing; where it is in force, that has been said.
        with contextlib.suppress(OSError, ValueError, LookupError, struct.error):
            found.append(catalogue_of(language))
    return tuple(found)
