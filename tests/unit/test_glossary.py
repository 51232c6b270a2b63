"""The glossary: a term of it has the same translation wherever it is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.test_catalogue import RUSSIAN, pairs
from tools import messages

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ROW = re.compile(r"\| ([a-z ]+) \| ([^|]+) \|[^|]*\|")
TYPED = re.compile(
    r"--[a-z-]+(?: [a-z_]+=\w+)?|\{\w+[^}]*\}|[a-z]+_[a-z_]+|batch-update|\[[^]]*\]|https?://\S+"
)
"""Options, names and addresses, which are the same in every language."""
RESULTS = "## Results of a row"
OTHERWISE = {
    "cell": ("million cells",),
    "login": ("perhaps a login or error page",),
    "order": ("Dry run: in order",),
    "parcel": ("Write the parcel's number only",),
    "row": ("s in a row got", "rows that are sent and rows that are paid have their dates"),
    "status": ("xit status", "which header, or letter"),
    "update": ("Bringing the ledger up to date",),
}
"""Terms that a sentence names in another way, by a part of the sentence."""


def terms(part: str) -> dict[str, list[str]]:
    return {english: russian.split(" / ") for english, russian in ROW.findall(part)}


THINGS, OUTCOMES = map(terms, GLOSSARY.read_text(encoding="utf-8").split(RESULTS))


def stem(word: str) -> str:
    """Cut off what changes with the case."""
    return word.lower()[: max(4, len(word) - 3) if len(word) > 4 else 3]


def has_term(text: str, russian: str) -> bool:
    return all(stem(word) in text.lower() for word in russian.split())


def names_term(text: str, english: str) -> bool:
    """Return whether a sentence has the term, not as part of a longer one nor of what is typed."""
    longer = [term for term in THINGS if english in term and term != english]
    plain = TYPED.sub(" ", text.lower())
    for term in longer:
        plain = plain.replace(term, " ")
    return re.search(rf"\b{english}(?:e?s)?\b", plain) is not None


@pytest.mark.parametrize("english", THINGS)
def test_a_term_is_translated_alike_everywhere(english: str) -> None:
    named = [(said, to) for said, to in pairs(RUSSIAN) if names_term(said, english)]
    assert named != [], "the glossary has a term that nobody says"
    wrong = [
        (said, translated)
        for said, translated in named
        if not any(has_term(translated, russian) for russian in THINGS[english])
        and not any(part in said for part in OTHERWISE.get(english, ()))
    ]
    assert wrong == []


def test_the_words_of_the_results_are_those_of_the_glossary() -> None:
    translation = messages.read(RUSSIAN)
    assert len(OUTCOMES) == 7
    for english, (russian,) in OUTCOMES.items():
        message = translation[english]
        assert message is not None
        assert message.string == russian
