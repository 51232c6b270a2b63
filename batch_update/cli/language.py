"""The choice of the language, before anything is said; quick to load, for --help."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from batch_update import languages, wording
from batch_update.cli import output
from batch_update.i18n import _
from batch_update.languages import ENGLISH, available
from batch_update.settings.defaults import default_path
from batch_update.settings.option import Option
from batch_update.settings.options import Options

_KEY = Options.language.key
_LONGEST_CONFIG = 1 << 20
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Source: POSIX, "Environment Variables", 8.2: the first that is set decides."""


def begin_language(argv: Sequence[str] | None) -> None:
    """Say everything from now on in the language that the user wants.

    Args:
        argv: the arguments; None for those of the process.
    """
    language = choose_language(sys.argv[1:] if argv is None else argv, os.environ)
    if reason := languages.begin(language):
        output.note(
            _(
                "The messages are in English: the catalogue of {language} cannot be read: {reason}."
            ).format(language=language, reason=wording.printable(reason))
        )
    if encoding := _too_small():
        languages.begin(ENGLISH)
        output.note(
            _(
                "The messages are in English: the encoding of this output, {encoding}, has no "
                "letters for {language}. Set PYTHONIOENCODING=utf-8, or use --lang en."
            ).format(encoding=wording.printable(encoding), language=language)
        )


def _too_small() -> str:
    """Return the encoding of the output if it lacks the letters of the language in force."""
    letters = "".join(filter(str.isalpha, _("Interrupted.")))
    for stream in (sys.stdout, sys.stderr):
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            letters.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            return encoding
    return ""


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Choose the language; the words of --help need it already.

    The argument goes before our own variable, that before the config file, and that before the
    system's language. What is wrong with any of them is not said here, but where they are read.

    Args:
        arguments: the words of the command line.
        environment: the variables of the process.
    """
    said = _said(Options.language, arguments, environment)
    if said is None:
        said = _in_config(arguments, environment) or ""
    if code := said.strip().lower():
        return code if code in available() else ENGLISH
    return _of_system(environment)


def last_value(arguments: Sequence[str], flag: str) -> str | None:
    """Return what is said of an option on the command line; None for nothing."""
    value = None
    for index, word in enumerate(arguments):
        if word == "--":
            break
        if word == flag and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif word.startswith(f"{flag}="):
            value = word.partition("=")[2]
    return value


def _said(
    option: Option[object], arguments: Sequence[str], environment: Mapping[str, str]
) -> str | None:
    """Return what an argument or the environment says of an option; None for nothing."""
    value = last_value(arguments, option.flag)
    return value if value is not None else environment.get(option.variable, "").strip() or None


def _in_config(arguments: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Return the language that the config file names, in the profile or for all; None for none."""
    path = _said(Options.config, arguments, environment) or default_path()
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LONGEST_CONFIG)
        if _KEY.encode() not in content:
            return None
        import tomllib

        said = tomllib.loads(content.decode("utf-8"))
    except (OSError, ValueError):
        return None
    profile = _said(Options.profile, arguments, environment)
    return _in_table(said, "profiles", profile, "screen", _KEY) or _in_table(said, "screen", _KEY)


def _in_table(said: object, *keys: str | None) -> str | None:
    """Return a text from tables in tables; None if there is none."""
    for key in keys:
        said = said.get(key) if isinstance(said, dict) else None
    return said if isinstance(said, str) else None


def _of_system(environment: Mapping[str, str]) -> str:
    """Return the language of the system, if there is a catalogue for it; else English."""
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    said = said or _of_windows()
    code = said.partition(".")[0].partition("@")[0].partition("_")[0].lower()
    return code if code in available() else ENGLISH


def _of_windows() -> str:
    """Return the language of the user's interface, such as `ru_RU`; empty if unknown."""
    if sys.platform == "win32":
        import ctypes
        import locale

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return ""
