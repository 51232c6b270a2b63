"""One number, whatever stands around it: what is sent is that number, or nothing."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_update.orders import Field, Layout, Row
from batch_update.validator import Calendar, Rules, check_row

RULES = Rules(
    calendar=Calendar(zone=ZoneInfo("Europe/Moscow"), now=dt.datetime(2026, 11, 27, tzinfo=dt.UTC))
)
LAYOUT = Layout(
    header_row=1,
    names=("order", "status", "date", "number"),
    columns={Field.BILL_ID: 0, Field.STATUS: 1, Field.DATE: 2, Field.RPO: 3},
)


def sent(cell: str) -> str | None:
    """Give the tracking number that would be sent for a cell; None if the row is refused."""
    row = Row(number=2, cells=(1, "sent", "2026-11-20", cell))
    update = check_row(row, LAYOUT, RULES).update
    return None if update is None else update.rpo


def digits(count: int) -> st.SearchStrategy[str]:
    # No zeros: of many at the end of a long number a spreadsheet is suspected.
    return st.text("123456789", min_size=count, max_size=count)


NUMBERS = st.one_of(
    st.builds("R{}{}RU".format, st.sampled_from("ABCX"), digits(9)),
    digits(14),
    st.builds("1Z{}{}".format, st.sampled_from(("999AA1", "12345E")), digits(10)),
    digits(22),
    digits(10),
    digits(12),
    st.builds("JJD{}".format, digits(16)),
    st.builds("TBA{}".format, digits(12)),
    st.builds("{}-{}".format, digits(3), digits(8)),
)
GROUPED = st.lists(digits(4), min_size=2, max_size=5)
HARMLESS = st.sampled_from(("{}", " {} ", "\u00a0{}", "'{}", "{}\u200b", "{}\n", "\ufeff{}"))
NAMES = ("CDEK", "СДЭК", "UPS", "USPS", "FedEx", "DHL", "Почта России", "Russian Post", "DPD")
LABELS = ("№", "# ", "Трек: ", "трек-номер ", "Tracking number: ", "ТТН ")
OTHERS = (
    *(f"{name}{sign}{{}}" for name in NAMES for sign in (" ", ": ", " - ", ", ", " № ")),
    *(f"{{}}{sign}{name}{end}" for name in NAMES for sign, end in ((" ", ""), (" (", ")"))),
    *(f"{label}{{}}" for label in LABELS),
    "{} 1/2", "{} x2", "{} 2 pcs", "{} 1 of 2", "{} (2 шт)", "{} 1 из 2", "{} 2 места", "{} 2шт",
    "{} 2026-11-20", "20.11.2026 {}", "{} 20/11/2026", "{} от 20.11.2026", "{} 20 Nov",
    "picked up {}", "{} sent", "order 100030 {}", "{} коробка 2", "see {}", "{} box 2",
    "2 boxes {}",
    "{}.", "{}*", "{},", "({})", "[{}]", "*{}*", "{}?", "{}!", "~{}", "{}/", "{}-", "-{}", "{}_1",
    "https://track.example/{}", "https://track.example/?n={}&l=ru", "www.track.example/#{}",
)  # fmt: skip


@given(NUMBERS, HARMLESS)
def test_what_cannot_be_seen_changes_nothing(number: str, around: str) -> None:
    assert sent(around.format(number)) == number


@given(GROUPED)
def test_groups_of_four_digits_are_one_number(groups: list[str]) -> None:
    assert sent(" ".join(groups)) == "".join(groups)


@settings(max_examples=300)
@given(NUMBERS, st.sampled_from(OTHERS))
@example("1234567890", "CDEK {}")
def test_what_stands_beside_a_number_is_never_sent_with_it(number: str, around: str) -> None:
    assert sent(around.format(number)) in {None, number}


@settings(max_examples=300)
@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from((" ", "/", ", ", ";", "\n", " | ", " и ", " and ", " - ", "+", "  ")),
)
def test_of_two_numbers_none_is_sent(one: str, other: str, between: str) -> None:
    assert sent(one + between + other) is None


@settings(max_examples=300)
@given(NUMBERS, st.text(min_size=1, max_size=8), st.sampled_from(("{} {}", "{1} {0}")))
def test_no_word_beside_a_number_is_glued_to_it(number: str, beside: str, way: str) -> None:
    """Of letters and signs, that is; what holds a digit may be a group of the number."""
    if not any(char.isdigit() for char in beside) and sum(map(str.isalpha, beside)) > 2:
        assert sent(way.format(number, beside)) in {None, number}
