"""A compiled catalogue says what the standard library's says, or that it is damaged."""

from __future__ import annotations

import gettext
import io
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import example, given
from hypothesis import strategies as st

from batch_update import i18n, languages
from batch_update.catalogue import Catalogue
from tools import messages

DAMAGED = (OSError, ValueError, LookupError)
RUSSIAN = messages.LOCALES / "ru" / "LC_MESSAGES" / "batch-update.po"
BY_LANGUAGE = pytest.mark.parametrize(
    "path", messages.catalogues(), ids=lambda path: str(path.parent.parent.name)
)
COUNTS = range(201)
STEP = 997
"""Bytes between two lengths to which a long file is cut."""


def small() -> bytes:
    """Compile a catalogue with a sentence of each sort."""
    catalogue = Catalog(locale="ru", charset="utf-8", fuzzy=False)
    catalogue.add("no answer", "нет ответа")
    catalogue.add("May", "мая", context="in a date")
    catalogue.add(("{count} row", "{count} rows"), ("строка", "строки", "строк"))
    catalogue.add(("{count} day", "{count} days"), ("день", "дня", "дней"), context="left")
    catalogue.add("ответ", "answer")
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


SMALL = small()


def both(content: bytes) -> tuple[Catalogue, gettext.GNUTranslations]:
    return Catalogue(io.BytesIO(content)), gettext.GNUTranslations(io.BytesIO(content))


def all_said(catalogue: gettext.NullTranslations) -> Iterator[str]:
    """Say all that is in the small catalogue, and something that is not."""
    for said in ("", "no answer", "May", "ответ", "{count} row", "{count} rows", "\udc80", "no\0"):
        yield catalogue.gettext(said)
        yield catalogue.pgettext("in a date", said)
    for count in COUNTS:
        yield catalogue.ngettext("{count} row", "{count} rows", count)
        yield catalogue.ngettext("{count} day", "{count} days", count)
        yield catalogue.ngettext("no answer", "no answers", count)
        yield catalogue.npgettext("left", "{count} day", "{count} days", count)


@BY_LANGUAGE
def test_each_sentence_is_what_the_standard_library_finds(path: Path) -> None:
    ours, theirs = both(path.with_suffix(".mo").read_bytes())
    assert (ours.info(), ours.charset()) == (theirs.info(), theirs.charset())
    translated = 0
    for message in messages.read(path):
        one, *many = messages.forms(message.id)
        assert ours.gettext(one) == theirs.gettext(one)
        translated += ours.gettext(one) != one
        for count in COUNTS if many else ():
            found = ours.ngettext(one, many[0], count)
            assert found == theirs.ngettext(one, many[0], count)
            assert found in messages.forms(message.string)
    assert translated > 100
    assert ours.gettext("Said nowhere.") == "Said nowhere."
    assert ours.ngettext("{count} elk", "{count} elks", 5) == "{count} elks"


def turned(content: bytes) -> bytes:
    """Write a catalogue as machines do that begin a number with its large end."""
    magic, version, count, said, translated, *_hashes = struct.unpack_from("<7I", content)
    head = (magic, version, count, said, translated, 0, 0)
    tables = struct.unpack_from(f"<{4 * count}I", content, said)
    assert translated == said + 8 * count
    numbers = struct.pack(f">{7 + 4 * count}I", *head, *tables)
    return numbers + content[len(numbers) :]


@pytest.mark.parametrize("content", [SMALL, turned(SMALL)], ids=["little", "big"])
def test_contexts_forms_and_missing_sentences_are_as_in_the_standard_library(
    content: bytes,
) -> None:
    ours, theirs = both(content)
    assert list(all_said(ours)) == list(all_said(theirs))
    assert ours.gettext("no answer") == "нет ответа"
    assert ours.pgettext("in a date", "May") == "мая"
    assert ours.npgettext("left", "{count} day", "{count} days", 22) == "дня"


def test_a_sentence_that_is_missing_is_asked_of_the_next_catalogue() -> None:
    ours = Catalogue(io.BytesIO(SMALL))
    ours.add_fallback(Catalogue(io.BytesIO(RUSSIAN.with_suffix(".mo").read_bytes())))
    assert ours.gettext("Interrupted.") == "Прервано."
    assert ours.gettext("no answer") == "нет ответа"


def test_a_catalogue_cut_off_at_any_length_is_known_as_damaged() -> None:
    for length in range(len(SMALL)):
        with pytest.raises(DAMAGED):
            Catalogue(io.BytesIO(SMALL[:length]))
    whole = RUSSIAN.with_suffix(".mo").read_bytes()
    for length in [*range(0, len(whole), STEP), len(whole) - 1]:
        with pytest.raises(DAMAGED):
            Catalogue(io.BytesIO(whole[:length]))


@given(place=st.integers(0, len(SMALL) - 1), noise=st.binary(min_size=1, max_size=8))
@example(place=490, noise=b"!")
@example(place=491, noise=b" ")
def test_a_damaged_catalogue_is_known_as_damaged_or_says_some_text(
    place: int, noise: bytes
) -> None:
    content = SMALL[:place] + noise + SMALL[place + len(noise) :]
    try:
        catalogue = Catalogue(io.BytesIO(content))
    except DAMAGED:
        return
    for said in ("no answer", "May", "ответ", "{count} row"):
        assert isinstance(catalogue.gettext(said), str)
    assert isinstance(catalogue.ngettext("{count} row", "{count} rows", 1), str)


def test_a_translation_that_is_no_text_damages_all_of_the_catalogue() -> None:
    """Not only its sentence: a run would say half of its words in another language."""
    broken = SMALL.replace("нет".encode(), b"\xff" * 6)
    with pytest.raises(UnicodeDecodeError):
        Catalogue(io.BytesIO(broken))


def test_a_place_within_a_letter_leaves_its_sentence_in_english() -> None:
    ours = Catalogue(io.BytesIO(SMALL))
    place = SMALL.index("нет ответа".encode())
    before = struct.pack("<2I", len("нет ответа".encode()), place)
    within = struct.pack("<2I", len("нет ответа".encode()) - 1, place + 1)
    assert SMALL.count(before) == 1
    damaged = Catalogue(io.BytesIO(SMALL.replace(before, within)))
    assert damaged.gettext("no answer") == "no answer"
    assert damaged.gettext("ответ") == ours.gettext("ответ") == "answer"


@pytest.mark.parametrize("length", [0, 3, 20, 30, 1000, -1])
def test_a_program_with_a_damaged_catalogue_begins_in_english_and_says_why(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "xx" / "LC_MESSAGES" / "batch-update.mo"
    file.parent.mkdir(parents=True)
    file.write_bytes(RUSSIAN.with_suffix(".mo").read_bytes()[:length])
    monkeypatch.setattr(languages, "_FOLDER", tmp_path)
    assert languages.begin("xx") != ""
    assert i18n.language() == languages.ENGLISH
    assert i18n._("Interrupted.") == "Interrupted."
