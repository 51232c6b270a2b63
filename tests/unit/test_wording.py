from __future__ import annotations

import pytest

from batch_update import wording


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("  a \u00a0 b\n", "a b"),
        ("\ufeff\u200b12\u00ad3", "123"),
        ("'00123", "00123"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_dropped(text: str, tidy: str) -> None:
    assert wording.tidy(text) == tidy


@pytest.mark.parametrize(
    "text", ["ТРЁК-НОМЕР:", " трек-номер ", "Трек-номер.", "\uff34\uff32\uff21".join(["", ""])]
)
def test_words_are_compared_without_case_and_dots(text: str) -> None:
    assert wording.normalise(text) in {"трек-номер", "tra"}


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    assert wording.printable("a\x1b[2Jb\tc\u202e") == "a\\x1b[2Jb c\\x202e"


def test_long_text_is_shortened_in_quotes() -> None:
    assert wording.quote("x" * 41) == f'"{"x" * 40}…"'
    assert wording.quote("short") == '"short"'
