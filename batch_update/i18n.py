"""The language in force: sentences stand in English where they are said, a catalogue has the rest.

A sentence is looked up when it is said. One that must stand in a table is marked by `N_` there, and
looked up by `_` where it is shown.
"""

from __future__ import annotations

from gettext import NullTranslations

_catalogue = NullTranslations()
_language = "en"


def use(catalogue: NullTranslations, language: str = "en") -> None:
    """Say everything from now on in the language of a catalogue."""
    global _catalogue, _language
    _catalogue, _language = catalogue, language


def language() -> str:
    """Return the code of the language in force, such as `en`."""
    return _language


def _(message: str) -> str:
    """Give a sentence in the language in force; an empty one stays so."""
    return _catalogue.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Give the form of a sentence that goes with a number, in the language in force."""
    return _catalogue.ngettext(one, many, count)


def N_(message: str) -> str:  # noqa: N802 the usual name, which extraction looks for
    """Mark a sentence for the catalogues, and give it as it is."""
    return message
