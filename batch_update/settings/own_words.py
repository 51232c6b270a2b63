"""The user's own words: status words, and affixes of order numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.model import Status, choices, listed
from batch_update.settings.options import Options
from batch_update.validator import Affixes, CellRefusedError, OwnWord, fold_affix, read_status
from batch_update.validator.statuses import (
    SKIP,
    SKIP_WORDS,
    OwnWords,
    find_own_word,
    fold_word,
)

if TYPE_CHECKING:
    from batch_update.settings.resolution import ResolvedOption

AFFIX_OPTIONS = (Options.order_prefix, Options.order_suffix)
_EXAMPLES = {Options.order_prefix.key: "ORD-", Options.order_suffix.key: "-1"}


def read_word_table(said: object, where: str, said_in: str) -> dict[str, OwnWord]:
    """Read the config file's table of status words.

    Args:
        said: the table.
        where: a name for it.
        said_in: a name for the file.

    Returns:
        By the form in which words are compared.

    Raises:
        SettingsError: it is no such table, or has invalid contents.
    """
    if not isinstance(said, dict):
        raise SettingsError(
            _(
                '{where}: write it as a table, with lines like "Вручен" = "sent", or = "skip" '
                "for rows that are none of ours."
            ).format(where=where)
        )
    words: dict[str, OwnWord] = {}
    for word, meaning in said.items():
        place = f"{where}: {wording.quote(word)}"
        _add(
            words, OwnWord(word=word, status=_read_meaning(meaning, place), said_in=said_in), place
        )
    return words


def read_word_options(said: ResolvedOption) -> dict[str, OwnWord]:
    """Read the texts that name status words, each as WORD=STATUS.

    Raises:
        SettingsError: a text is invalid.
    """
    words: dict[str, OwnWord] = {}
    for pair in said.texts:
        word, sign, meaning = pair.rpartition("=")
        if not sign:
            raise SettingsError(
                _(
                    "{where} {found}: write it as WORD=STATUS, where STATUS is one of {listed}, "
                    "skip."
                ).format(where=said.where, found=wording.quote(pair), listed=listed())
            )
        place = f"{said.where} {wording.quote(pair)}"
        status = _read_meaning(meaning, place)
        _add(words, OwnWord(word=word.strip(), status=status, said_in=said.where), place)
    return words


def _read_meaning(meaning: object, place: str) -> Status | None:
    """Read the meaning of a word; None is to skip the row."""
    if isinstance(meaning, str):
        if wording.normalise(meaning) in SKIP_WORDS:
            return None
        if (status := _known(meaning)) is not None:
            return status
    found = wording.quote(str(meaning))
    raise SettingsError(
        _(
            "{where}: {found} is no meaning of a word. Write {choices}, or skip for rows that "
            "are none of these."
        ).format(where=place, found=found, choices=choices())
    )


def _add(words: dict[str, OwnWord], own: OwnWord, place: str) -> None:
    key = fold_word(own.word)
    if not key:
        raise SettingsError(
            _(
                "{where}: there is no word in front of it. Write the word as the sheet has it."
            ).format(where=place)
        )
    known = _known(own.word)
    if known is not None and own.status not in {None, known}:
        raise SettingsError(
            _(
                "{where}: the word means {known} already, and cannot mean {status}. Choose "
                "another word, or leave it out."
            ).format(where=place, known=known, status=own.status)
        )
    if words.setdefault(key, own).status is not own.status:
        raise SettingsError(
            _("{where}: the word stands there twice, with another meaning. Keep one.").format(
                where=place
            )
        )


def read_default_status(said: ResolvedOption, own_words: OwnWords) -> Status | None:
    """Read the status of rows without one; the user's own words are known here too.

    Raises:
        SettingsError: it is none, or a word to skip.
    """
    if not said.text:
        return None
    if own := find_own_word(said.text, own_words):
        if own.status is None:
            found = wording.quote(said.text)
            raise SettingsError(
                _(
                    "{where} {found}: it means skip, as {said_in} says, so all rows that "
                    "name no status would be left out. Write {choices}."
                ).format(where=said.where, found=found, said_in=own.said_in, choices=choices())
            )
        return own.status
    if (status := _known(said.text)) is None:
        raise SettingsError(
            _("{where} {found}: write {choices}.").format(
                where=said.where, found=wording.quote(said.text), choices=choices()
            )
        )
    return status


def _known(word: str) -> Status | None:
    try:
        return read_status(word)
    except CellRefusedError:
        return None


def show_meaning(own: OwnWord) -> str:
    """Return the text for a word's meaning."""
    return own.status or SKIP


def read_affix_table(said: object, where: str) -> dict[str, tuple[str, ...]]:
    """Read the config file's table of affixes of order numbers.

    Returns:
        The affixes given, by their keys.

    Raises:
        SettingsError: an affix is invalid.
    """
    if not isinstance(said, dict):
        raise SettingsError(_("{where}: write it as a table.").format(where=where))
    affixes = {}
    for name in (option.key for option in AFFIX_OPTIONS):
        if name not in said:
            continue
        value = said[name]
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in values):
            example = _EXAMPLES[name]
            raise SettingsError(
                _(
                    '{where}: write {name} as text, such as {name} = "{example}", or as a '
                    "list of such texts."
                ).format(where=where, name=name, example=example)
            )
        affixes[name] = _checked(values, f"{where}: {name}", name)
    return affixes


def read_affixes(
    in_config: Mapping[str, tuple[str, ...]], said: Mapping[str, ResolvedOption]
) -> Affixes:
    """Merge the affixes of order numbers; what is said elsewhere goes before the config file.

    Raises:
        SettingsError: an affix is invalid.
    """
    given = dict(in_config)
    for option in AFFIX_OPTIONS:
        one = said[option.name]
        if one.texts:
            given[option.key] = _checked(one.texts, one.where, option.key)
    folded = [tuple(map(fold_affix, given.get(option.key, ()))) for option in AFFIX_OPTIONS]
    return Affixes(prefixes=folded[0], suffixes=folded[1])


def _checked(affixes: Sequence[str], where: str, name: str) -> tuple[str, ...]:
    for affix in affixes:
        if not fold_affix(affix) or fold_affix(affix).isdecimal():
            raise SettingsError(
                _(
                    "{where} {found}: it must hold a sign that is no digit, or it could "
                    "not be told from the order number. Write it as the sheet has it, such "
                    "as {example}."
                ).format(where=where, found=wording.quote(affix), example=_EXAMPLES[name])
            )
    return tuple(affixes)
