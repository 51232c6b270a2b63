from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_update import languages, wording
from batch_update.cli import findings
from batch_update.errors import LedgerError
from batch_update.ledger import Ledger
from tests.words import latin_words

USUAL = (
    *(errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOTDIR),
    *(errno.EEXIST, errno.EXDEV, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT, errno.EPIPE),
    *(errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EBUSY),
)


@pytest.fixture
def in_russian() -> Iterator[None]:
    languages.begin("ru")
    yield
    languages.begin(languages.ENGLISH)


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


@pytest.mark.usefixtures("in_russian")
@pytest.mark.parametrize("number", USUAL, ids=lambda number: errno.errorcode[number])
def test_usual_reasons_of_the_system_are_in_the_language_in_force(number: int) -> None:
    said = wording.reason_of(OSError(number, os.strerror(number), "day.xlsx"))
    assert said
    assert not latin_words(said)


@pytest.mark.usefixtures("in_russian")
def test_other_reasons_are_as_they_were_said() -> None:
    unusual = os.strerror(errno.ENOTEMPTY)
    assert wording.reason_of(OSError(errno.ENOTEMPTY, unusual)) == unusual.lower()
    # Errors of TLS and of name lookup have numbers of their own.
    assert wording.reason_of(OSError(1, "Wrong version number")) == "wrong version number"
    assert wording.reason_of(OSError("No room")) == "no room"


@pytest.mark.usefixtures("in_russian")
def test_a_ledger_without_room_says_so_in_the_language_in_force(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path):
        pass
    # SQLite counts pages of a file that may not grow as a full disk.
    with Ledger(path) as ledger, ledger.transaction() as database:
        database.execute("CREATE TABLE more (content)")
    with Ledger(path) as ledger:
        ledger._database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(LedgerError) as refused:
            ledger.execute("INSERT INTO more SELECT zeroblob(?)", (1_000_000,))
    assert "на диске нет места" in str(refused.value)
    assert isinstance(refused.value.__cause__, sqlite3.OperationalError)


def test_the_reason_of_a_stop_begins_as_a_sentence() -> None:
    text = findings.describe_stop("the ledger l.sqlite3 is away.")
    assert text == "stopped early. The ledger l.sqlite3 is away."
