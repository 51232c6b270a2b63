"""Advice for people who drop sheets on icons, and so cannot type an option."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from batch_update import wording
from batch_update.i18n import _
from batch_update.settings.option import Option
from batch_update.settings.options import OPTIONS

_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def settings_for(advice: Iterable[str], config: Path) -> list[str]:
    """Return where the config file says what options of advice say on the command line.

    Args:
        advice: texts that may name options.
        config: the config file.

    Returns:
        A sentence, and a line for each option; nothing if no option is named.
    """
    flags = {flag for text in advice for flag in _FLAG.findall(text)}
    named = [option for option in OPTIONS if option.flag in flags]
    lines = [
        f"  {option.flag}: [{option.table.value}] {_setting(option)}"
        for option in named
        if option.table
    ]
    if not lines:
        return []
    text = _(
        "What begins with -- is a setting. Write it into the config file {config}: the word in "
        "brackets as a line of its own, if it is not there, and the rest below it."
    )
    return [text.format(config=wording.show_path(config)), *lines]


def _setting(option: Option[object]) -> str:
    if option.is_switch:
        return f"{option.key} = true"
    key, is_pair, value = _(option.metavar).partition("=")
    return f'"{key}" = "{value}"' if is_pair else f'{option.key} = "{key}"'
