"""The source of what is secret: said itself, in a file, or printed by a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings import key_command, keys
from batch_update.settings.option import Option
from batch_update.settings.options import ALTERNATIVES, Options
from batch_update.settings.resolution import Origin, ResolvedOption
from batch_update.settings.secret_files import read_secret

_KEY, _CHANNELS = ALTERNATIVES


def find_key(said: Mapping[str, ResolvedOption]) -> ResolvedOption:
    """Return the secret key with its source; the file or the command is read only here.

    Raises:
        SettingsError: it is given in two ways at one place, or cannot be found as it should.
    """
    chosen = _choose(said, _KEY)
    if chosen is None:
        return said[Options.secret_key.name]
    if chosen.option is Options.secret_key_command:
        words = Options.secret_key_command.kind.read(chosen)
        key = key_command.find_key(words, chosen.where) if words else ""
        return replace(said[Options.secret_key.name], texts=(key,), where=chosen.where)
    if chosen.option is Options.secret_key:
        return chosen
    key = _read(chosen)
    if len(key.splitlines()) > 1:
        raise SettingsError(
            _("{where}: the secret key has several lines. Leave nothing there but the key.").format(
                where=chosen.where
            )
        )
    return replace(said[Options.secret_key.name], texts=(key,), where=chosen.where)


def find_channels(said: Mapping[str, ResolvedOption]) -> ResolvedOption:
    """Return the addresses of channels, from their file if that is named.

    Raises:
        SettingsError: they are given in two ways at one place, or cannot be read.
    """
    chosen = _choose(said, _CHANNELS)
    if chosen is None or chosen.option is Options.notify:
        return said[Options.notify.name]
    return replace(said[Options.notify.name], texts=(_read(chosen),), where=chosen.where)


def show_sources(said: Mapping[str, ResolvedOption]) -> dict[str, ResolvedOption]:
    """Return the options with what counts of each secret, as far as that is known unread.

    Raises:
        SettingsError: it is given in two ways at one place.
    """
    shown = dict(said)
    for options in ALTERNATIVES:
        chosen = _choose(said, options)
        if chosen is not None and chosen.option is not options[0]:
            is_file = chosen.option is not Options.secret_key_command
            origin = Origin.KEY_FILE if is_file else Origin.KEY_COMMAND
            name = options[0].name
            shown[name] = replace(said[name], texts=(chosen.text,), origin=origin)
    command = said[Options.secret_key_command.name]
    if command.text:
        # The words behind the program may be secret.
        words = Options.secret_key_command.kind.read(command) or ("",)
        program = _("(hidden)") if keys.looks_like_key(Path(words[0]).name) else words[0]
        hidden = f"{program} …" if words[1:] else program
        shown[command.option.name] = replace(command, texts=(hidden,))
    return shown


def _choose(
    said: Mapping[str, ResolvedOption], options: tuple[Option[object], ...]
) -> ResolvedOption | None:
    """Return what counts of options that exclude each other; None if none is given."""
    given = [said[option.name] for option in options if said[option.name].text]
    if not given:
        return None
    nearest = min(one.origin.value for one in given)
    chosen = [one for one in given if one.origin.value == nearest]
    if len(chosen) > 1:
        raise SettingsError(
            _("{listed} exclude each other. Say one of them.").format(
                listed=wording.every([one.where for one in chosen])
            )
        )
    return chosen[0]


def _read(chosen: ResolvedOption) -> str:
    is_guarded = chosen.origin is Origin.CREDENTIAL
    return read_secret(Path(chosen.text).expanduser(), chosen.where, is_guarded=is_guarded)
