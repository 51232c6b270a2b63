"""Every language's catalogue: whole, up to date, and true to the sentences that it translates."""

from __future__ import annotations

import argparse
import datetime as dt
import fnmatch
import gettext
import inspect
import io
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from batch_update import i18n, wording
from batch_update.cli import counted
from tools import messages

ROOT = Path(__file__).parents[2]
RUSSIAN = messages.LOCALES / "ru" / "LC_MESSAGES" / "batch-update.po"
BY_LANGUAGE = pytest.mark.parametrize(
    "path", messages.catalogues(), ids=lambda path: str(path.parent.parent.name)
)


def sentences(path: Path) -> list[Message]:
    return [message for message in messages.read(path) if message.id]


def pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Give each sentence with its translation, and each form of one that a number decides."""
    for message in sentences(path):
        for said in messages.forms(message.string):
            yield messages.forms(message.id)[-1], said


def loaded(compiled: bytes) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(compiled))


@pytest.fixture
def russian() -> Iterator[gettext.GNUTranslations]:
    """Let the program speak Russian."""
    catalogue = loaded(RUSSIAN.with_suffix(".mo").read_bytes())
    i18n.use(catalogue)
    yield catalogue
    i18n.use(gettext.NullTranslations())


@BY_LANGUAGE
def test_every_sentence_is_translated_and_none_is_a_guess(path: Path) -> None:
    translation = messages.read(path)
    assert messages.lacking(translation) == []
    assert [message.id for message in translation if message.fuzzy] == []
    assert dict(translation.obsolete) == {}


@BY_LANGUAGE
def test_what_is_loaded_is_what_the_code_says_and_the_translator_wrote(path: Path) -> None:
    """If this fails, run `make messages`."""
    translation = messages.updated(messages.read(path), messages.extract())
    assert path.read_text(encoding="utf-8") == messages.as_translation(translation)
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(translation)


def test_the_compiled_catalogues_are_shipped() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    left_out = [*wheel["exclude"], *(ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    assert wheel["packages"] == [messages.PACKAGE.name]
    assert messages.catalogues() != []
    for path in messages.catalogues():
        assert not any(fnmatch.fnmatch(path.with_suffix(".mo").name, one) for one in left_out)


Fields = dict[str, str | None]
PERCENT = re.compile(r"%(?:\(\w+\))?[a-z]")


def fields(text: str) -> Fields:
    return {name: spec for _, name, spec, conversion in string.Formatter().parse(text) if name}


def directives(spec: str | None) -> set[str]:
    return set(re.findall("%[A-Za-z]", spec or ""))


@BY_LANGUAGE
def test_a_translation_names_what_its_sentence_names(path: Path) -> None:
    """A date may be written in another order; it tells the same."""
    by_argparse = {form for said in messages.ARGPARSE for form in messages.forms(said)}
    for said, translated in pairs(path):
        if said in by_argparse:
            assert sorted(PERCENT.findall(said)) == sorted(PERCENT.findall(translated)), said
            continue
        wanted, found = fields(said), fields(translated)
        assert wanted.keys() == found.keys(), translated
        for name, spec in wanted.items():
            assert directives(spec) == directives(found[name]), translated
            assert directives(spec) or spec == found[name], translated


def edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@BY_LANGUAGE
def test_a_translation_begins_and_ends_as_its_sentence_does(path: Path) -> None:
    wrong = [translated for said, translated in pairs(path) if edges(said) != edges(translated)]
    assert wrong == []
    broken = [
        translated
        for said, translated in pairs(path)
        if "  " in translated.strip() and "  " not in said.strip()
    ]
    assert broken == []


def test_russian_has_three_forms_of_what_a_number_decides() -> None:
    assert messages.read(RUSSIAN).num_plurals == 3
    several = [message for message in sentences(RUSSIAN) if message.pluralizable]
    assert len(several) > 10
    for message in several:
        one, few, many = messages.forms(message.string)
        assert one != few or few != many, message.id


NUMBERS = {
    0: "0 строк",
    1: "1 строка",
    2: "2 строки",
    5: "5 строк",
    11: "11 строк",
    21: "21 строка",
    22: "22 строки",
    25: "25 строк",
    111: "111 строк",
}


@pytest.mark.usefixtures("russian")
def test_rows_are_counted_as_russian_counts() -> None:
    assert {count: counted.rows(count) for count in NUMBERS} == NUMBERS


@pytest.mark.usefixtures("russian")
def test_numbers_and_dates_are_written_as_russian_writes_them() -> None:
    moment = dt.datetime(2026, 11, 20, 9, 5, 30, tzinfo=dt.UTC)
    assert wording.number(1234567) == "1\u00a0234\u00a0567"
    assert wording.number(1234.56, 1) == "1\u00a0234,6"
    assert wording.day(moment) == "20.11.2026"
    assert wording.moment(moment) == "20.11.2026 09:06 UTC"
    assert wording.quote("№") == "«№»"


def test_numbers_and_dates_are_written_as_english_writes_them() -> None:
    moment = dt.datetime(2026, 11, 20, 9, 5, 30, tzinfo=dt.UTC)
    assert wording.number(1234567) == "1,234,567"
    assert wording.number(1234.56, 1) == "1,234.6"
    assert wording.moment(moment) == "2026-11-20 09:06 UTC"
    assert wording.quote("№") == '"№"'


KEPT = re.compile(
    r"""(?x)
    \bpostgresql://[\w@/…]* | %APPDATA%[\w\\]+ | %[0-9A-F]{2}   # addresses, and files beside them
    | \{[^{}]*\} | %\(\w+\)[a-z] | %[A-Za-z]                    # what is filled in
    | \b\w+\.xlsx\b | /srv/\w+ | --profile[ ]second            # files of examples
    | --[a-z-]+(=-?[\w,%]+)? | \[[^]]*\] | https?://[\w.]*    # options, sections, addresses
    | \bPYTHONIOENCODING=utf-8\b | «shipped»                   # what is set or typed as it stands
    | [A-Z]+_[A-Z_]+ | \b[a-z]+(?:_[a-z]+)+\b | \.[a-z]+\b    # variables, fields, endings
    | \bdd\.mm\.yyyy(?:[ ]hh:mm(?::ss)?)?                      # formats of cells
    | \bo-w\b | \+x\b | -wal\b | -shm\b | \b\d+[smhdy]\b | Europe/Moscow | Asia/\w+ | America/\w+
    """
)
NAMES = re.compile(
    r"""(?x)
    API | Ctrl-C | EAN-13 | Enter | Excel | HTTP | JSON | JustClick | LibreOffice | ORD | PDF
    | PowerPoint | SYLK | TLS | TMPDIR | TOML | UTC | UTF-8 | Visio | Word | XML | batch-update
    | PGOPTIONS | PGPASSFILE | PostgreSQL | Windows | cp1251 | csv | options | pgpass | sslmode
    | sslrootcert | HOME                                                  # names
    | always | apprise | auto | keyring | mailtos | new | notify | problems | tgram | url | verify
    | LOGIN | chmod | date | echo | en | false | justclick.io | mht | rpo | ru | sent | skip
    | status | today | true | y
    | A | B | C | D | N | S | URL                                       # what is typed
    """
)


def latin(text: str) -> list[str]:
    """List the words in Latin letters that are no names, codes or options."""
    plain = KEPT.sub(" ", text)
    return re.findall(r"[A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", plain)


def test_russian_is_russian() -> None:
    """No word of a sentence is left in English, but names, codes, options and what is typed."""
    english = {
        (word, translated)
        for _, translated in pairs(RUSSIAN)
        for word in latin(translated)
        if not NAMES.fullmatch(word)
    }
    assert english == set()


WITHOUT_DOTS = re.compile(
    r"\b(?:еще|ее|нее|обновлен|отклонен|подтвержден|возвращен|отменен|поврежден|удален|учет|отчет"
    r"|придет|идет|дойдет|прочтен|найдено еще)\b",
    re.IGNORECASE,
)
STIFF = re.compile(r"пожалуйста|осуществля|произвед|данн(?:ый|ая|ое|ого)\b|\bВы\b|\bВас?ш?\b")


def test_russian_is_spelled_with_care() -> None:
    for said, translated in pairs(RUSSIAN):
        assert not WITHOUT_DOTS.search(translated), translated
        assert not STIFF.search(translated), translated
        if "=" not in translated and "--" not in translated:
            assert '"' not in translated, translated
        assert " - " not in translated.replace(" - или /", ""), translated
        assert translated.endswith(".") == said.endswith("."), translated


def test_a_half_finished_catalogue_says_the_rest_in_english() -> None:
    text = """
msgid "There are no rows under the header."
msgstr "Под шапкой нет ни одной строки."

msgid "Interrupted."
msgstr ""

#, fuzzy
msgid "no answer"
msgstr "ответ"

msgid "{count} row"
msgid_plural "{count} rows"
msgstr[0] "{count} строка"
msgstr[1] "{count} строки"
msgstr[2] ""

msgid "Said no longer."
msgstr "Больше не говорится."
"""
    half = messages.updated(read_po(io.StringIO(text), locale="ru"), messages.extract())
    catalogue = loaded(messages.compiled(half))
    assert catalogue.gettext("There are no rows under the header.").startswith("Под шапкой")
    assert catalogue.gettext("Interrupted.") == "Interrupted."
    assert catalogue.gettext("no answer") == "no answer"
    assert catalogue.ngettext("{count} row", "{count} rows", 2) == "{count} rows"
    assert catalogue.gettext("Said no longer.") == "Said no longer."
    assert "no answer" in messages.lacking(half)
    again = read_po(io.BytesIO(messages.as_translation(half).encode()), locale="ru")
    assert messages.as_translation(messages.updated(again, messages.extract())) == (
        messages.as_translation(half)
    )


@pytest.mark.skipif(
    not Path(argparse.__file__).is_file(), reason="this Python comes without its own sources"
)
def test_the_words_of_the_argument_parser_are_those_of_the_standard_library() -> None:
    source = inspect.getsource(argparse)
    for said in messages.ARGPARSE:
        for form in messages.forms(said):
            assert repr(form) in source or f'"{form}"' in source, form


def test_a_catalogue_has_the_same_bytes_on_each_day() -> None:
    translation: Catalog = messages.read(RUSSIAN)
    translation.creation_date = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    assert messages.compiled(translation) == RUSSIAN.with_suffix(".mo").read_bytes()
