"""A week of mornings that nobody watches, day by day, as `tests.week` lives through them."""

from __future__ import annotations

import pytest

from tests.receivers import Mailbox
from tests.week import WAITS, Day, Mail, Week, describe, live_through, open_shop

# Of the library of the mail server.
pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning")


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    with open_shop() as sandbox, Mailbox() as mailbox:
        found = Week(tmp_path_factory.mktemp("week"), sandbox, mailbox)
        try:
            live_through(found)
        finally:
            found.close_shop()
    return found


def pairs(*stems: str) -> tuple[str, ...]:
    return tuple(sorted(f"{stem}.{end}" for stem in stems for end in ("xlsx", "results.xlsx")))


def facts(day: Day) -> dict[str, object]:
    return {
        "status": day.status,
        "sent": day.sent,
        "mailed": [mail.subject for mail in day.mails],
        "moved": day.moved,
        "left": day.left,
    }


def test_each_day_is_as_it_should_be(week: Week) -> None:
    assert [facts(day) for day in week.days] == [
        {
            "status": 0,
            "sent": (1001, 1002, 1003, 1004, 1005, 1006),
            "mailed": [],
            "moved": pairs("mon"),
            "left": (),
        },
        {
            "status": 1,
            "sent": (2001, 2002, 2003, 2005),
            "mailed": ["2 rows need a person"],
            "moved": (),
            "left": pairs("tue"),
        },
        # One was mended, the other is refused again, as everybody knows: no news.
        {
            "status": 1,
            "sent": (2004, 2005),
            "mailed": [],
            "moved": (),
            "left": pairs("tue"),
        },
        # What came twice was sent once.
        {
            "status": 0,
            "sent": (2006, 3001, 3002, 4001, 4002, 4003),
            "mailed": ["all is well again"],
            "moved": pairs("mon-2", "tue", "wed", "wed (1)"),
            "left": (),
        },
        {
            "status": 2,
            "sent": (5001,),
            "mailed": ["not every sheet was worked through"],
            "moved": pairs("fri"),
            "left": ("empty.xlsx",),
        },
        # Neither the shop that was away for a while nor the empty sheet is news.
        {
            "status": 0,
            "sent": (6001, 6002, 6003, 6004, 6005),
            "mailed": [],
            "moved": pairs("sat"),
            "left": ("empty.xlsx",),
        },
        {
            "status": 0,
            "sent": (7001,),
            "mailed": ["all is well again"],
            "moved": pairs("empty"),
            "left": (),
        },
    ]


def test_people_are_told_what_to_do_and_only_of_what_is_new(week: Week) -> None:
    (tuesday,), (friday,) = week.days[1].mails, week.days[4].mails
    assert tuesday.books == ("tue.results.xlsx",)
    refused, mistyped = tuesday.problems
    assert refused.startswith("tue.xlsx, row 9: rejected, 200. The shop has no order")
    assert mistyped.startswith("tue.xlsx, row 8: invalid, status_unknown. ")
    assert friday == Mail(
        subject="not every sheet was worked through",
        problems=("empty.xlsx is empty. Export the sheet again.",),
        books=(),
    )
    # cron would mail when the program does, and never else.
    assert [bool(day.printed) for day in week.days] == [bool(day.mails) for day in week.days]


def test_the_night_without_the_shop_was_waited_for(week: Week) -> None:
    assert [bool(day.tries) for day in week.days] == [
        day.name.startswith("Sat") for day in week.days
    ]


def test_the_listing_tells_all_of_it(week: Week) -> None:
    said = describe(week.days)
    for day in week.days:
        assert day.name in said
        for words in (*map(str, day.sent), *day.moved, *day.left):
            assert words in said
    assert WAITS not in said
