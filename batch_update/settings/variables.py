"""Options by the environment: the texts of their variables, and variables that are none.

Quick to load, since it comes before all else.
"""

from __future__ import annotations

from collections.abc import Mapping

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings.kinds import Texts
from batch_update.settings.option import PREFIX, Option
from batch_update.settings.options import OPTIONS

ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"0", "false", "no", "off"})
_ACCOUNT = "JUSTCLICK_"
"""Begins the variables of the shop's account."""
_OTHER_WORDS = {
    **dict.fromkeys(("LOGIN", "USER"), "USERNAME"),
    **dict.fromkeys(("KEY", "APIKEY", "SECRET", "APISECRET", "PASSWORD"), "SECRET_KEY"),
    **dict.fromkeys(("KEYFILE", "SECRETFILE"), "SECRET_KEY_FILE"),
    **dict.fromkeys(("KEYCOMMAND", "SECRETCOMMAND"), "SECRET_KEY_COMMAND"),
    **dict.fromkeys(("URL", "HOST", "ADDRESS"), "BASE_URL"),
}
"""What others call the same."""
_ALIKE = 0.8
"""Share of letters that two names have in common if one may be meant for the other."""


def read_variable(option: Option[object], text: str) -> tuple[str, ...] | None:
    """Return the texts for an option that a variable gives, as an argument would.

    Args:
        option: the option.
        text: the variable's value, which is not empty.

    Returns:
        None if it says that the option is not given.
    """
    word = text.lower()
    if option.is_switch and word in ON | OFF:
        return ("yes",) if word in ON else ("",)
    if option.is_value_optional and word in ON | OFF:
        return ("",) if word in ON else None
    if isinstance(option.kind, Texts):
        return _read_list(text)
    return (text,)


def _read_list(text: str) -> tuple[str, ...]:
    """Read a list as csv: parted by commas or lines; a text with a comma stands in quotes."""
    # Loaded for a list only.
    import csv

    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    return tuple(cell.strip() for line in lines for cell in line if cell.strip())


def find_unknown(environment: Mapping[str, str]) -> dict[str, str]:
    """Find variables that look like ours and are not, as a slip of the pen makes them.

    Returns:
        By their names, the name that may be meant; empty if none is near.

    Raises:
        SettingsError: one is, or may be, meant for an option that only an argument can say: the
            run would be another one than its user thinks.
    """
    known = {option.variable for option in OPTIONS if option.variable}
    typed = {f"{PREFIX}{option.name.upper()}": option.flag for option in OPTIONS if option.is_typed}
    unknown = {}
    for name in sorted(environment):
        if name in known or not environment[name].strip():
            continue
        meant = _find_of_account(name)
        if name.startswith(_ACCOUNT):
            # Other programs may talk to the shop too, and what is there need not be looked for.
            if meant and not environment.get(meant, "").strip():
                unknown[name] = meant
            continue
        if not name.startswith(PREFIX):
            continue
        if meant and name not in typed:
            unknown[name] = meant
            continue
        near = name if name in typed else _find_near(name, [*known, *typed])
        if near in typed:
            raise SettingsError(
                _(
                    "{variable} in the environment: only an argument of the command can say "
                    "{option}. Take the variable away; nothing was sent."
                ).format(variable=wording.printable(name), option=typed[near])
            )
        unknown[name] = near
    return unknown


def _find_of_account(name: str) -> str:
    """Return the variable of the shop's login, key or address that may be meant; empty for none."""
    for prefix in (_ACCOUNT, PREFIX):
        if name.startswith(prefix):
            word = name.removeprefix(prefix).replace("_", "").upper()
            found = {_bare(variable): variable for variable in _of_account()}
            if word in found:
                return found[word]
            if word in _OTHER_WORDS:
                return f"{_ACCOUNT}{_OTHER_WORDS[word]}"
            near = _find_near(word, list(found)) if prefix == _ACCOUNT else ""
            return found.get(near, "")
    return ""


def _of_account() -> list[str]:
    return [one.variable for one in OPTIONS if one.variable.startswith(_ACCOUNT)]


def _bare(variable: str) -> str:
    return variable.removeprefix(_ACCOUNT).replace("_", "")


def _find_near(name: str, known: list[str]) -> str:
    # Loaded for a mistake only.
    import difflib

    found = difflib.get_close_matches(name.upper(), known, n=1, cutoff=_ALIKE)
    return found[0] if found else ""


def describe_unknown(name: str, near: str) -> str:
    """Say that a variable is none of ours, and which may be meant."""
    shown = wording.printable(name)
    if near:
        return _("{variable} in the environment is not known. Did you mean {near}?").format(
            variable=shown, near=near
        )
    return _(
        "{variable} in the environment is not known, and does nothing. --help lists the options."
    ).format(variable=shown)
