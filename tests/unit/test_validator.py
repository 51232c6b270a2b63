from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update import validator
from batch_update.model import (
    UNKNOWN_FORMAT,
    CellValue,
    CheckedRow,
    ErrorCell,
    Field,
    Layout,
    OrderUpdate,
    Row,
    Sheet,
    Status,
    UnsavedFormula,
)
from batch_update.validator import Calendar, CellRefusedError, DateOrder, Rules

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=MOSCOW)
CALENDAR = Calendar(zone=MOSCOW, now=NOW)
RULES = Rules(calendar=CALENDAR)
LAYOUT = Layout(
    header_row=1,
    names=("Order", "Status", "Date", "Tracking"),
    columns={Field.BILL_ID: 0, Field.STATUS: 1, Field.DATE: 2, Field.RPO: 3},
)
DAY = dt.datetime(2026, 11, 20)
ZERO_WIDTH = "\u200b"


def check(
    *cells: CellValue, formats: tuple[str, ...] = (), rules: Rules = RULES, layout: Layout = LAYOUT
) -> CheckedRow:
    return validator.check_row(Row(number=2, cells=cells, formats=formats), layout, rules)


def updates(*cells: CellValue, formats: tuple[str, ...] = (), rules: Rules = RULES) -> OrderUpdate:
    checked = check(*cells, formats=formats, rules=rules)
    assert checked.update is not None, checked.problems
    return checked.update


def codes(*cells: CellValue, rules: Rules = RULES) -> list[str]:
    checked = check(*cells, rules=rules)
    assert checked.update is None
    assert all(problem.row == 2 and problem.text for problem in checked.problems)
    assert not [problem.text for problem in checked.problems if "None" in problem.text]
    return [problem.code for problem in checked.problems]


@pytest.mark.parametrize(
    ("cell", "bill_id"),
    [
        pytest.param(100000, 100000, id="integer"),
        pytest.param(100000.0, 100000, id="float"),
        pytest.param("100000", 100000, id="text"),
        pytest.param(" 100\u00a0000 ", 100000, id="grouped"),
        pytest.param("100000.0", 100000, id="point-zero"),
        pytest.param("'100000", 100000, id="apostrophe"),
        pytest.param(f"100{ZERO_WIDTH}000", 100000, id="zero-width"),
        pytest.param("#1001", 1001, id="number-sign"),
        pytest.param("№ 1001", 1001, id="numero"),
        pytest.param("0000000000000000000001001", 1001, id="leading-zeros"),
        pytest.param(999999999999999, 999999999999999, id="fifteen-digits"),
        pytest.param("1 234 567", 1234567, id="grouped-twice"),
        pytest.param("1", 1, id="smallest"),
        pytest.param(str(2**63 - 1), 2**63 - 1, id="largest"),
    ],
)
def test_an_order_number_with_one_reading_is_taken(cell: CellValue, bill_id: int) -> None:
    assert updates(cell, "cancel").bill_id == bill_id


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param(None, "bill_id_missing", id="none"),
        pytest.param(" - ", "bill_id_missing", id="dash"),
        pytest.param(0, "bill_id_not_a_number", id="zero"),
        pytest.param(-5, "bill_id_not_a_number", id="negative"),
        pytest.param(1.5, "bill_id_not_a_number", id="fraction"),
        pytest.param(float("nan"), "bill_id_not_a_number", id="nan"),
        pytest.param(float("inf"), "bill_id_not_a_number", id="inf"),
        pytest.param(True, "bill_id_not_a_number", id="truth"),
        pytest.param(DAY, "bill_id_not_a_number", id="date"),
        pytest.param("1_000", "bill_id_not_a_number", id="underscore"),
        pytest.param("1000 000", "bill_id_not_a_number", id="four-before-group"),
        pytest.param("1000.", "bill_id_not_a_number", id="bare-point"),
        pytest.param("1000.5", "bill_id_not_a_number", id="fraction-text"),
        pytest.param("-1e5", "bill_id_digits_lost", id="negative-scientific"),
        pytest.param("٣٤٥", "bill_id_not_a_number", id="other-digits"),
        pytest.param("²", "bill_id_not_a_number", id="superscript"),
        pytest.param("100004-1", "bill_id_not_a_number", id="with-dash"),
        pytest.param("10 00", "bill_id_not_a_number", id="badly-grouped"),
        pytest.param("+5", "bill_id_not_a_number", id="plus"),
        pytest.param("X1001", "bill_id_not_a_number", id="letter-before"),
        pytest.param(str(2**63), "bill_id_not_a_number", id="too-large"),
        pytest.param("9" * 5000, "bill_id_not_a_number", id="very-long"),
        pytest.param("1e5", "bill_id_digits_lost", id="scientific"),
        pytest.param(1234567890123456, "bill_id_digits_lost", id="sixteen-digits"),
        pytest.param(ErrorCell(text="#N/A"), "bill_id_error_cell", id="error"),
        pytest.param("#Н/Д", "bill_id_error_cell", id="error-as-text"),
        pytest.param(UnsavedFormula(text="=A1"), "bill_id_not_calculated", id="formula"),
    ],
)
def test_an_order_number_that_is_none_is_refused(cell: CellValue, code: str) -> None:
    assert codes(cell, "cancel") == [code]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("SENT", Status.SENT),
        ("Shipped ", Status.SENT),
        ("отправлена", Status.SENT),
        ("Отгружен", Status.SENT),
        ("Paid", Status.PAID),
        ("Payment received", Status.PAID),
        ("Оплата получена.", Status.PAID),
        ("returned", Status.RETURN),
        ("ВОЗВРАЩЁН", Status.RETURN),
        ("Canceled", Status.CANCEL),
        ("отменена", Status.CANCEL),
        ("\u00a0аннулирован\n", Status.CANCEL),
    ],
)
def test_status_words_are_known_in_both_languages(cell: str, status: Status) -> None:
    assert updates(1, cell, DAY, "RA1").status is status


STATUS_WORDS = {
    Status.SENT: "sent shipped dispatched despatched fulfilled отправлен отправлено отправлена "
    "отправлены отгружен отгружено отгружена отгружены выслан выслано выслана высланы",
    Status.PAID: "paid payment_received оплачен оплачено оплачена оплачены",
    Status.RETURN: "return returned возврат возвращен возвращено возвращена возвращены",
    Status.CANCEL: "cancel canceled cancelled отмена отменен отменено отменена отменены "
    "аннулирован аннулировано аннулирована",
}


@pytest.mark.parametrize(
    ("word", "status"),
    [(word, status) for status, words in STATUS_WORDS.items() for word in words.split()],
)
def test_each_status_word_is_known(word: str, status: Status) -> None:
    assert validator.read_status(word) is status


@pytest.mark.parametrize("word", ["-", "–", "—", "n/a", "нет", "none", "null"])
def test_a_word_for_nothing_is_an_empty_cell(word: str) -> None:
    assert codes(word.upper(), f" {word} ") == ["bill_id_missing", "status_missing"]


ERROR_WORDS = (
    "#N/A #REF! #VALUE! #NAME? #DIV/0! #NUM! #NULL! #SPILL! #CALC! "
    "#Н/Д #ССЫЛКА! #ЗНАЧ! #ИМЯ? #ДЕЛ/0! #ЧИСЛО! #ПУСТО!"
)


@pytest.mark.parametrize("word", ERROR_WORDS.split())
def test_an_error_is_known_by_its_word(word: str) -> None:
    assert codes(word, word.lower()) == ["bill_id_error_cell", "status_error_cell"]


MONTH_WORDS = (
    "january jan январь января янв",
    "february feb февраль февраля фев февр",
    "march mar март марта мар",
    "april apr апрель апреля апр",
    "may май мая",
    "june jun июнь июня июн",
    "july jul июль июля июл",
    "august aug август августа авг",
    "september sep sept сентябрь сентября сен сент",
    "october oct октябрь октября окт",
    "november nov ноябрь ноября ноя нояб",
    "december dec декабрь декабря дек",
)


@pytest.mark.parametrize(
    ("word", "month"),
    [(word, month) for month, words in enumerate(MONTH_WORDS, start=1) for word in words.split()],
)
def test_each_month_word_is_known(word: str, month: int) -> None:
    expected = dt.datetime(2025, month, 20, tzinfo=MOSCOW)
    assert validator.read_date(f"20 {word} 2025", CALENDAR) == expected
    assert validator.read_date(f"{word.upper()} 20, 2025", CALENDAR) == expected


@pytest.mark.parametrize("cell", ["delivered", "ожидает", "in transit", 1, True, DAY])
def test_other_status_words_are_refused_by_name(cell: CellValue) -> None:
    assert codes(1, cell) == ["status_unknown"]


@pytest.mark.parametrize(
    ("cell", "number_format", "rpo"),
    [
        pytest.param("RA123456785RU", "General", "RA123456785RU", id="international"),
        pytest.param("00012345678901", "General", "00012345678901", id="text-zeros"),
        pytest.param(12345678901, "00000000000000", "00012345678901", id="shown-zeros"),
        pytest.param(12345678901.0, "General", "12345678901", id="float"),
        pytest.param("12345678901.0", "General", "12345678901", id="point-zero"),
        pytest.param("1234 5678 9012", "@", "123456789012", id="groups"),
        pytest.param("'0123", "General", "0123", id="apostrophe"),
        pytest.param("RA 123\u00a0456", "General", "RA123456", id="spaces"),
        pytest.param("AB-12/3", "General", "AB-12/3", id="dashes"),
        pytest.param("RA 12345678 5 RU", "General", "RA123456785RU", id="international-groups"),
        pytest.param("1Z 12345E0205271688", "General", "1Z12345E0205271688", id="ups-groups"),
        pytest.param("RA1\n", "General", "RA1", id="line-break-behind"),
        pytest.param("9400111899223197428490", "General", "9400111899223197428490", id="22-digits"),
        pytest.param(999999999999999, "General", "999999999999999", id="fifteen-digits"),
        pytest.param(5, "00", "05", id="two-shown"),
        pytest.param(123, "00", "123", id="more-than-shown"),
        pytest.param(5, "0", "5", id="one-shown"),
        pytest.param("1" * 64, "General", "1" * 64, id="longest"),
        pytest.param("XX0", "General", "XX0", id="letters-and-zero"),
        pytest.param("1234567 12345678", "General", "123456712345678", id="groups-of-7-and-8"),
        pytest.param("123456789012345000", "General", "123456789012345000", id="three-zeros"),
        pytest.param(
            "A12345678901234500000", "General", "A12345678901234500000", id="letter-zeros"
        ),
        pytest.param("12345678900000", "General", "12345678900000", id="zeros-of-14-digits"),
    ],
)
def test_a_tracking_number_is_taken_as_the_sheet_shows_it(
    cell: CellValue, number_format: str, rpo: str
) -> None:
    formats = ("General", "General", "General", number_format)
    assert updates(1, "sent", DAY, cell, formats=formats).rpo == rpo


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param("", "rpo_missing", id="empty"),
        pytest.param("нет", "rpo_missing", id="none"),
        pytest.param("=1+1", "rpo_formula_like", id="formula"),
        pytest.param("@A1", "rpo_formula_like", id="at"),
        pytest.param("1.01E+13", "rpo_digits_lost", id="scientific"),
        pytest.param("1,01Е+13", "rpo_digits_lost", id="scientific-russian"),
        pytest.param(1e15 + 1, "rpo_digits_lost", id="sixteen-digits"),
        pytest.param(12.5, "rpo_not_a_number", id="fraction"),
        pytest.param("RА1", "rpo_not_valid", id="cyrillic-letter"),
        pytest.param("A1, A2", "rpo_not_valid", id="two-numbers"),
        pytest.param("RA123456785RU RA123456799RU", "rpo_not_valid", id="two-by-space"),
        pytest.param("RA123456785RU/1", "rpo_not_valid", id="two-by-slash"),
        pytest.param("12345678 90123456", "rpo_not_valid", id="two-of-eight"),
        pytest.param("AB1\nAB2", "rpo_not_valid", id="two-lines"),
        pytest.param("10100110020184 2", "rpo_not_valid", id="number-and-count"),
        pytest.param("9400111899223190000", "rpo_digits_lost", id="rounded"),
        pytest.param("pending", "rpo_not_valid", id="no-digits"),
        pytest.param("0", "rpo_not_valid", id="zero"),
        pytest.param(0, "rpo_not_valid", id="zero-number"),
        pytest.param(-5, "rpo_not_valid", id="negative"),
        pytest.param(-999999999999999, "rpo_not_valid", id="negative-fifteen-digits"),
        pytest.param(-1234567890123456, "rpo_digits_lost", id="negative-sixteen-digits"),
        pytest.param("-5", "rpo_formula_like", id="minus"),
        pytest.param("+5", "rpo_formula_like", id="plus"),
        pytest.param("1234567890123450000", "rpo_digits_lost", id="four-zeros"),
        pytest.param("１2", "rpo_not_valid", id="wide-digit"),
        pytest.param("\U000170001", "rpo_not_valid", id="sign-without-name"),
        pytest.param("00-0", "rpo_not_valid", id="only-zeros"),
        pytest.param("AB--12", "rpo_not_valid", id="two-dashes"),
        pytest.param("AB12-", "rpo_not_valid", id="dash-behind"),
        pytest.param("1" * 65, "rpo_not_valid", id="too-long"),
        pytest.param(True, "rpo_not_valid", id="truth"),
        pytest.param(dt.timedelta(1), "rpo_not_valid", id="duration"),
        pytest.param("#REF!", "rpo_error_cell", id="error"),
    ],
)
def test_a_damaged_tracking_number_is_refused(cell: CellValue, code: str) -> None:
    assert codes(1, "sent", DAY, cell) == [code]


def test_the_vendors_own_example_comes_out() -> None:
    date = updates(100000, "sent", "2013-03-03", "10000000000000").date
    assert date is not None
    assert date.timestamp() == 1362254400


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        pytest.param(DAY, "2026-11-20T00:00:00+03:00", id="cell"),
        pytest.param(dt.date(2026, 11, 20), "2026-11-20T00:00:00+03:00", id="date"),
        pytest.param(
            dt.datetime(2026, 11, 20, tzinfo=dt.UTC), "2026-11-20T00:00:00+00:00", id="utc"
        ),
        pytest.param("2026-11-20", "2026-11-20T00:00:00+03:00", id="iso"),
        pytest.param("2026-11-20 10:01:00 +0000", "2026-11-20T10:01:00+00:00", id="shopify"),
        pytest.param("2009-01-05T10:50:49-08:00", "2009-01-05T10:50:49-08:00", id="amazon"),
        pytest.param("2026-11-20T10:01:00.123Z", "2026-11-20T10:01:00+00:00", id="zulu"),
        pytest.param("20.11.2026", "2026-11-20T00:00:00+03:00", id="dotted"),
        pytest.param("20.11.2026, 14:05", "2026-11-20T14:05:00+03:00", id="dotted-time"),
        pytest.param(" 2.1.2026 9:05:07", "2026-01-02T09:05:07+03:00", id="short"),
        pytest.param("20 Nov 2026", "2026-11-20T00:00:00+03:00", id="month-name"),
        pytest.param("Nov 20th, 2026 1:05 PM", "2026-11-20T13:05:00+03:00", id="american"),
        pytest.param("20 Nov 2026 1:05 pm", "2026-11-20T13:05:00+03:00", id="small-letters"),
        pytest.param("20 Nov 2026 12:05 PM", "2026-11-20T12:05:00+03:00", id="after-noon"),
        pytest.param("20 Nov 2026 1:05 AM", "2026-11-20T01:05:00+03:00", id="at-night"),
        pytest.param("13/12/2025", "2025-12-13T00:00:00+03:00", id="day-is-no-month"),
        pytest.param("12/13/2025", "2025-12-13T00:00:00+03:00", id="american-slashes"),
        pytest.param("10/10/2026", "2026-10-10T00:00:00+03:00", id="both-alike"),
        pytest.param(46346 + 86_399 / 86_400, "2026-11-20T23:59:59+03:00", id="last-second"),
        pytest.param("20-nov-2026 12:05 am", "2026-11-20T00:05:00+03:00", id="after-midnight"),
        pytest.param("2026-11-20  10:01", "2026-11-20T10:01:00+03:00", id="two-spaces"),
        pytest.param("2026-11-20 1:05PM", "2026-11-20T13:05:00+03:00", id="half-without-space"),
        pytest.param("2026-11-20 10:00UTC", "2026-11-20T10:00:00+00:00", id="zone-without-space"),
        pytest.param("11/20/2026, 10:01", "2026-11-20T10:01:00+03:00", id="slashes-comma"),
        pytest.param("20-11-2026, 10:01", "2026-11-20T10:01:00+03:00", id="dashes-comma"),
        pytest.param("пт. 20 ноября 2026", "2026-11-20T00:00:00+03:00", id="russian-weekday"),
        pytest.param("Fri 20 Nov 2026", "2026-11-20T00:00:00+03:00", id="weekday-no-comma"),
        pytest.param("Fri., Nov 20 2026", "2026-11-20T00:00:00+03:00", id="weekday-dot"),
        pytest.param("20th Nov 2026", "2026-11-20T00:00:00+03:00", id="ordinal"),
        pytest.param("20. Nov, 2026", "2026-11-20T00:00:00+03:00", id="two-signs"),
        pytest.param("20 ноября 2026 года", "2026-11-20T00:00:00+03:00", id="year-word"),
        pytest.param("20 ноября 2026г", "2026-11-20T00:00:00+03:00", id="year-letter"),
        pytest.param("Nov. 20 2026", "2026-11-20T00:00:00+03:00", id="month-dot"),
        pytest.param("Nov-20-2026", "2026-11-20T00:00:00+03:00", id="month-dashes"),
        pytest.param("20 ноября 2026 г.", "2026-11-20T00:00:00+03:00", id="russian-month"),
        pytest.param("Fri, 20 Nov 2026 10:00 +0000", "2026-11-20T10:00:00+00:00", id="rfc"),
        pytest.param("20.мая.2026", "2026-05-20T00:00:00+03:00", id="short-month"),
        pytest.param("25/04/2026", "2026-04-25T00:00:00+03:00", id="only-day-first"),
        pytest.param("04/25/2026", "2026-04-25T00:00:00+03:00", id="only-month-first"),
        pytest.param("04-04-2026", "2026-04-04T00:00:00+03:00", id="either-way-the-same"),
        pytest.param(1362254400, "2013-03-02T20:00:00+00:00", id="unix"),
        pytest.param("1362254400", "2013-03-02T20:00:00+00:00", id="unix-text"),
        pytest.param(46346, "2026-11-20T00:00:00+03:00", id="serial"),
        pytest.param(46346.5, "2026-11-20T12:00:00+03:00", id="serial-time"),
        pytest.param("46346.0", "2026-11-20T00:00:00+03:00", id="serial-text"),
        pytest.param(46346.75, "2026-11-20T18:00:00+03:00", id="serial-evening"),
        pytest.param(946684800, "2000-01-01T00:00:00+00:00", id="first-unix"),
        pytest.param("13/03/2026", "2026-03-13T00:00:00+03:00", id="thirteenth-day-first"),
        pytest.param("03/13/2026", "2026-03-13T00:00:00+03:00", id="thirteenth-month-first"),
        pytest.param("20 Nov 2026 1:05 pm", "2026-11-20T13:05:00+03:00", id="lower-afternoon"),
        pytest.param("20 Nov 2026 12:05 p.m.", "2026-11-20T12:05:00+03:00", id="noon"),
        pytest.param("20 Nov 2026 1:05 am", "2026-11-20T01:05:00+03:00", id="morning"),
        pytest.param("2026-11-20 10:00+05:30", "2026-11-20T10:00:00+05:30", id="india"),
        pytest.param("2026-11-20 10:00 -0359", "2026-11-20T10:00:00-03:59", id="odd-minutes"),
        pytest.param("2026-11-20 10:00 utc", "2026-11-20T10:00:00+00:00", id="utc-word"),
        pytest.param("20.11.2026 10:00 GMT", "2026-11-20T10:00:00+00:00", id="gmt-word"),
        pytest.param(dt.datetime(2026, 11, 22, 12), "2026-11-22T12:00:00+03:00", id="a-day-ahead"),
        pytest.param(dt.datetime(2000, 1, 1), "2000-01-01T00:00:00+03:00", id="earliest"),
    ],
)
def test_dates_are_read_in_the_zone_of_the_run(cell: CellValue, moment: str) -> None:
    assert updates(1, "paid", cell).date == dt.datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("order", "date_format", "text", "expected"),
    [
        (DateOrder.DAY_FIRST, None, "03/04/2026", "2026-04-03"),
        (DateOrder.MONTH_FIRST, None, "03-04-2026", "2026-03-04"),
        (DateOrder.DAY_FIRST, None, "04/25/2026", "date_impossible"),
        (DateOrder.DAY_FIRST, None, "2026-04-03", "2026-04-03"),
        (None, "%m.%d.%y", "04.03.26", "2026-04-03"),
        (None, "%m.%d.%Y", "13.04.2026", "date_not_a_date"),
        (None, "%m/%d/%Y", "2026-04-03", "2026-04-03"),
        (None, "%m/%d/%Y", "25/04/2026", "date_not_a_date"),
        (None, "%d/%m/%Y %H:%M %z", "03/04/2026 00:00 +0300", "2026-04-03"),
    ],
)
def test_dates_are_read_as_the_user_says(
    order: DateOrder | None, date_format: str | None, text: str, expected: str
) -> None:
    calendar = Calendar(zone=MOSCOW, now=NOW, order=order, date_format=date_format)
    checked = check(1, "paid", text, rules=Rules(calendar=calendar))
    if checked.update is None:
        assert checked.problems[0].code == expected
    else:
        assert checked.update.date == dt.datetime.fromisoformat(expected).replace(tzinfo=MOSCOW)


def test_serial_numbers_count_from_the_workbooks_epoch() -> None:
    calendar = Calendar(zone=MOSCOW, now=NOW, epoch=dt.date(1904, 1, 1))
    assert validator.read_date(44884, calendar) == dt.datetime(2026, 11, 20, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param(None, "date_missing", id="none"),
        pytest.param("03/04/2026", "date_ambiguous", id="slashes"),
        pytest.param("03-04-2026 10:00", "date_ambiguous", id="dashes"),
        pytest.param("03/12/2026", "date_ambiguous", id="second-of-twelve"),
        pytest.param("12/03/2026", "date_ambiguous", id="first-of-twelve"),
        pytest.param("20 Nov 2026 0:30 AM", "date_impossible", id="no-hour-zero-of-twelve"),
        pytest.param("2026-01-01 10:60", "date_impossible", id="no-such-minute"),
        pytest.param(946684799, "date_not_a_date", id="before-unix"),
        pytest.param(4102444799, "date_in_future", id="last-unix"),
        pytest.param(4102444800, "date_not_a_date", id="after-unix"),
        pytest.param(34999, "date_not_a_date", id="before-serial"),
        pytest.param(35000, "date_too_early", id="first-serial"),
        pytest.param(73050, "date_in_future", id="last-serial"),
        pytest.param(73051, "date_not_a_date", id="after-serial"),
        pytest.param("1" * 5000, "date_not_a_date", id="endless-number"),
        pytest.param(dt.datetime(2026, 11, 22, 12, 0, 1), "date_in_future", id="a-second-too-far"),
        pytest.param("31.02.2026", "date_impossible", id="no-such-day"),
        pytest.param("2026-01-01 25:00", "date_impossible", id="no-such-hour"),
        pytest.param("2026-01-01 10:00+03:60", "date_impossible", id="no-such-offset"),
        pytest.param("2026-01-01 10:00+99:00", "date_impossible", id="offset-too-far"),
        pytest.param("13/13/2026", "date_impossible", id="no-month"),
        pytest.param("20 Foo 2026", "date_not_a_date", id="no-month-name"),
        pytest.param("20 Nov 2026 13:00 PM", "date_impossible", id="no-hour-of-twelve"),
        pytest.param("yesterday", "date_not_a_date", id="words"),
        pytest.param("20.11.26", "date_short_year", id="two-digit-year"),
        pytest.param("20/11-2026", "date_not_a_date", id="two-kinds-of-signs"),
        pytest.param("²⁰.11.2026", "date_not_a_date", id="superscript"),
        pytest.param(5, "date_not_a_date", id="small-number"),
        pytest.param(True, "date_not_a_date", id="truth"),
        pytest.param(float("inf"), "date_not_a_date", id="infinite"),
        pytest.param(dt.time(10), "date_not_a_date", id="time"),
        pytest.param(dt.datetime(1999, 12, 31), "date_too_early", id="last-century"),
        pytest.param(dt.datetime(1, 1, 1), "date_impossible", id="year-one"),
        pytest.param(dt.datetime(2026, 11, 23), "date_in_future", id="future"),
        pytest.param(dt.datetime(9999, 12, 31, 23, 59), "date_in_future", id="last-day"),
        pytest.param("2014-10-26 01:30", "date_clock_change", id="twice"),
        pytest.param("2010-03-28 02:30", "date_clock_change", id="never"),
        pytest.param(ErrorCell(text="#VALUE!"), "date_error_cell", id="error"),
    ],
)
def test_a_date_without_one_reading_is_refused(cell: CellValue, code: str) -> None:
    assert codes(1, "paid", cell) == [code]


@pytest.mark.parametrize(
    ("cell", "zone", "date_format", "said"),
    [
        pytest.param(
            dt.date(2018, 11, 4), "America/Sao_Paulo", None, "2018-11-04 did not exist", id="day"
        ),
        pytest.param(
            "04.11.2018", "America/Sao_Paulo", None, '"04.11.2018" did not exist', id="text"
        ),
        pytest.param(41938.0625, "Europe/Moscow", None, "41938.0625 happened twice", id="serial"),
        pytest.param(
            "10/26/14 01:30",
            "Europe/Moscow",
            "%m/%d/%y %H:%M",
            '"10/26/14 01:30" happened twice',
            id="users-format",
        ),
    ],
)
def test_what_a_clock_change_does_to_a_date_is_said(
    cell: CellValue, zone: str, date_format: str | None, said: str
) -> None:
    calendar = Calendar(zone=ZoneInfo(zone), now=NOW, date_format=date_format)
    with pytest.raises(CellRefusedError) as caught:
        validator.read_date(cell, calendar)
    assert caught.value.code == "clock_change"
    assert caught.value.text.startswith(f"{said} in {zone}, where the clocks were changed.")


@pytest.mark.parametrize(
    ("date_format", "is_whole"),
    [
        ("%d.%m.%y", True),
        ("%d.%m.%Y %H:%M", True),
        ("%Y-%m-%d %z", True),
        ("%d.%m", False),
        ("%m/%Y", False),
        ("%Y-%d", False),
        ("%Y-%Q", False),
    ],
)
def test_a_date_format_must_tell_the_whole_date(date_format: str, is_whole: bool) -> None:
    assert validator.tells_whole_date(date_format) is is_whole


@pytest.mark.parametrize(
    ("cell", "date_format", "said"),
    [
        pytest.param("123456", None, '"123456" is not a date: it is neither', id="digits"),
        pytest.param("5", None, '"5" is not a date: it is neither', id="one-digit"),
        pytest.param("9" * 30, None, f'"{"9" * 30}" is not a date: it is', id="many-digits"),
        pytest.param(5, None, "5 is not a date: it is neither", id="number"),
        pytest.param(5.25, None, "5.25 is not a date: it is neither", id="fraction"),
        pytest.param("46347.0.0", None, '"46347.0.0" is not a date. Write', id="no-number"),
    ],
)
def test_what_is_no_date_is_shown_as_the_cell_has_it(
    cell: CellValue, date_format: str | None, said: str
) -> None:
    calendar = Calendar(zone=MOSCOW, now=NOW, date_format=date_format)
    with pytest.raises(CellRefusedError) as caught:
        validator.read_date(cell, calendar)
    assert caught.value.text.startswith(said)


def test_all_problems_of_a_row_are_told_together() -> None:
    assert codes("x", "sent", "y", "z") == [
        "bill_id_not_a_number",
        "date_not_a_date",
        "rpo_not_valid",
    ]
    problem = check(1, "sent", "soon", "RA1").problems[0]
    assert problem.column == LAYOUT.columns[Field.DATE]
    assert problem.text.startswith('Date: "soon" is not a date. Write it like')


def test_return_and_cancel_do_not_look_at_date_and_tracking_number() -> None:
    expected = OrderUpdate(bill_id=1, status=Status.CANCEL)
    assert updates(1, "cancel", ErrorCell(text="#N/A"), "=1+1") == expected


def test_paid_does_not_send_a_stray_tracking_number() -> None:
    assert updates(1, "paid", DAY, "RA1").rpo is None


def test_a_missing_column_is_told_as_such() -> None:
    layout = Layout(
        header_row=1, names=("Order", "Status"), columns={Field.BILL_ID: 0, Field.STATUS: 1}
    )
    problems = check(1, "sent", layout=layout).problems
    assert [problem.code for problem in problems] == ["date_no_column", "rpo_no_column"]
    assert problems[1].text == (
        "tracking number: the sheet has no column for it. Add it, or name it: --column rpo=HEADER."
    )


def test_defaults_fill_what_the_sheet_leaves_out() -> None:
    rules = Rules(calendar=CALENDAR, default_status=Status.SENT, default_date="2026-11-19")
    update = updates(1, None, "", "RA1", rules=rules)
    assert update.status is Status.SENT
    assert update.date == dt.datetime(2026, 11, 19, tzinfo=MOSCOW)
    assert update.is_date_assumed
    assert updates(1, "cancel", rules=rules).status is Status.CANCEL
    assert not updates(1, "cancel", rules=rules).is_date_assumed
    assert not updates(1, "sent", DAY, "RA1", rules=rules).is_date_assumed


CELLS = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.builds(ErrorCell, text=st.text()),
    st.builds(UnsavedFormula, text=st.text()),
    st.from_regex(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}( [0-9]{1,2}:[0-9]{2})?"),
)
STATUSES = st.one_of(st.sampled_from(["sent", "paid", "return", "cancel"]), CELLS)


@given(CELLS, STATUSES, CELLS, CELLS, st.text())
def test_no_row_makes_the_validator_raise(
    bill_id: CellValue, status: CellValue, date: CellValue, rpo: CellValue, number_format: str
) -> None:
    checked = check(bill_id, status, date, rpo, formats=("General",) * 3 + (number_format,))
    assert (checked.update is None) == bool(checked.problems)


def check_rows(
    *rows: tuple[CellValue, ...], delimiter: str = "", rules: Rules = RULES
) -> Sequence[CheckedRow]:
    sheet = Sheet(
        path=Path("sheet.csv"),
        name="",
        layout=LAYOUT,
        rows=[Row(number=number, cells=cells) for number, cells in enumerate(rows, start=2)],
        delimiter=delimiter,
    )
    checked = validator.check_sheet(sheet, rules)
    noted = [problem for row in checked for problem in (*row.problems, *row.warnings)]
    assert not [problem.text for problem in noted if "None" in problem.text]
    return checked


def test_identical_rows_point_to_the_first() -> None:
    rows = check_rows((1, "sent", DAY, "RA1"), (1, "Sent", "20.11.2026", "RA 1"), (2, "cancel"))
    assert [row.same_as for row in rows] == [None, 2, None]
    assert all(row.update for row in rows)


def test_rows_that_contradict_each_other_are_all_refused() -> None:
    rows = check_rows((1, "sent", DAY, "RA1"), (1, "sent", DAY, "RA2"), (1, "sent", DAY, "RA1"))
    assert [row.problems[0].code for row in rows] == ["contradiction"] * 3
    assert [row.problems[0].row for row in rows] == [2, 3, 4]
    assert {row.problems[0].column for row in rows} == {LAYOUT.columns[Field.RPO]}
    assert "in row 3: two parcels?" in rows[0].problems[0].text
    assert "in rows 2, 4: several parcels?" in rows[1].problems[0].text
    rows = check_rows((1, "sent", DAY, "RA1"), (1, "sent", "19.11.2026", "RA2"))
    assert "another date or tracking number, in row 3. Keep" in rows[0].problems[0].text


def test_a_contradiction_of_many_rows_names_some_of_them() -> None:
    rows = check_rows(*((1, "sent", DAY, f"RA{number}") for number in range(40)))
    assert {row.problems[0].code for row in rows} == {"contradiction"}
    assert "in rows 2, 3, " in rows[30].problems[0].text
    assert " 21 and others: several parcels?" in rows[30].problems[0].text


def test_different_statuses_of_an_order_are_no_contradiction() -> None:
    rows = check_rows((1, "paid", DAY), (1, "sent", DAY, "RA1"), (1, "return"))
    assert all(row.update and row.same_as is None for row in rows)


def test_a_repetition_after_another_status_is_refused() -> None:
    rows = check_rows((1, "cancel"), (1, "return"), (1, "cancel"))
    assert [len(row.problems) for row in rows] == [0, 0, 1]
    assert rows[2].problems[0].code == "order_unclear"


def test_a_csv_row_longer_than_the_header_is_refused() -> None:
    long = (1, "sent", DAY, "RA1", "moved")
    refused = check_rows(long, delimiter=";")[0]
    assert refused.update is None
    assert refused.problems[0].code == "row_too_long"
    assert refused.problems[0].text.startswith("the row has 5 cells and the header 4, so")
    assert check_rows((*long[:4], ""), delimiter=";")[0].update is not None
    assert check_rows((*long[:4], None), delimiter=";")[0].update is not None
    assert check_rows((*long[:4], " ", "\u00a0\t"), delimiter=";")[0].update is not None
    assert check_rows(long)[0].update is not None


def test_a_long_csv_row_is_told_with_all_else_that_is_wrong() -> None:
    checked = check_rows(("x", "sent", DAY, "RA1", "moved"), delimiter=";")[0]
    assert [problem.code for problem in checked.problems] == [
        "bill_id_not_a_number",
        "row_too_long",
    ]


def test_a_refusal_has_a_code_and_words() -> None:
    with pytest.raises(CellRefusedError) as caught:
        validator.read_date("x", CALENDAR)
    assert caught.value.code == "not_a_date"
    assert str(caught.value) == caught.value.text
    assert caught.value.text == '"x" is not a date. Write it like 2026-11-20 or 20.11.2026.'


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, "0.5"), (10**15, str(10**15)), (float("inf"), "inf")]
)
def test_a_number_that_is_no_date_is_told(value: float, shown: str) -> None:
    with pytest.raises(CellRefusedError) as caught:
        validator.read_date(value, CALENDAR)
    assert caught.value.text == (
        f"{shown} is not a date: it is neither a date cell nor seconds since 1970. Write it like "
        "2026-11-20 or 20.11.2026."
    )


@pytest.mark.parametrize("value", ["12/12.5/2026", "12/11/2026", "1/2/2026"])
def test_a_date_of_two_readings_or_none_is_refused(value: str) -> None:
    with pytest.raises(CellRefusedError) as caught:
        validator.read_date(value, CALENDAR)
    assert caught.value.code in {"ambiguous", "not_a_date"}


def test_a_strict_refusal_names_row_and_column_and_leaves_nothing_to_send() -> None:
    rules = Rules(calendar=CALENDAR, checks_tracking=True, is_strict=True)
    cells = (1, "sent", DAY, "RA123456795RU")
    first, second = check_rows(cells, cells, rules=rules)
    for row, checked in ((2, first), (3, second)):
        assert (checked.update, checked.same_as) == (None, None)
        (problem,) = checked.problems
        assert (problem.row, problem.code) == (row, "rpo_check_digit")
        assert problem.column == LAYOUT.columns[Field.RPO]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        pytest.param(
            (dt.datetime(2026, 11, 20, 10, 30), "cancel"),
            "Order: the date or time 2026-11-20 10:30:00 is not an order number.",
            id="moment",
        ),
        pytest.param((DAY, "cancel"), "Order: the date or time 2026-11-20 is not", id="day"),
        pytest.param((True, "cancel"), "Order: the yes/no value True is not", id="truth"),
        pytest.param((1, "sent", DAY, "1" * 65), 'Tracking: "111', id="long-number"),
        pytest.param((1, "sent", None, "RA1"), "Write the day it was posted, like", id="posted"),
        pytest.param((1, "paid", None), "Write the day it was paid, like", id="paid"),
        pytest.param((1, "cancel\n" * 20), 'Status: "cancel cancel cancel', id="long-word"),
    ],
)
def test_a_refusal_shows_the_cell_and_the_way_out(cells: tuple[CellValue, ...], said: str) -> None:
    assert said in check(*cells).problems[0].text


def test_a_file_that_keeps_no_formats_is_asked_for_another() -> None:
    formats = ("General", "General", "General", UNKNOWN_FORMAT)
    problem = check(1, "sent", DAY, 12345, formats=formats).problems[0]
    assert problem.code == "rpo_zeros_unknown"
    assert problem.text.startswith("Tracking: 12345 stands in a number cell, and this kind of")


def test_a_date_that_is_not_like_the_users_format_is_told_so() -> None:
    calendar = Calendar(zone=MOSCOW, now=NOW, date_format="%m/%d/%Y")
    with pytest.raises(CellRefusedError, match=r'^"soon" is not a date nor like %m/%d/%Y'):
        validator.read_date("soon", calendar)
    with pytest.raises(CellRefusedError, match=r'^"soon" is not a date[.] Write'):
        validator.read_date("soon", CALENDAR)


@pytest.mark.parametrize(
    ("mark", "is_void"),
    [("Y", True), (True, True), (1, True), ("Voided", True), ("N", False), (False, False)],
)
def test_a_withdrawn_shipment_is_none(mark: CellValue, is_void: bool) -> None:
    layout = Layout(
        header_row=1,
        names=(*LAYOUT.names, "Void Flag"),
        columns=LAYOUT.columns,
        void_column=4,
    )
    row = Row(number=2, cells=(1, "sent", DAY, "RA1", mark))
    sheet = Sheet(path=Path("a.xlsx"), name="", layout=layout, rows=[row])
    checked = validator.check_sheet(sheet, RULES)[0]
    assert [problem.code for problem in checked.problems] == (["voided"] if is_void else [])
    assert (checked.update is None) is is_void


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        pytest.param([(1, "paid", "2026-09-21")], [["date_old"]], id="old-date"),
        pytest.param([(1, "paid", "2026-09-22 11:59:59")], [["date_old"]], id="just-old"),
        pytest.param([(1, "paid", "2026-09-22 12:00")], [[]], id="not-yet-old"),
        pytest.param([(1, "paid", "2026-09-23")], [[]], id="not-so-old"),
        pytest.param(
            [(1, "sent", DAY, "A100001"), (2, "sent", DAY, "A100001"), (3, "sent", DAY, "A100002")],
            [["rpo_shared"], ["rpo_shared"], []],
            id="one-parcel-two-orders",
        ),
        pytest.param(
            [(1, "sent", DAY, "A100001"), (1, "cancel")],
            [[], ["status_after_sent"]],
            id="cancelled",
        ),
        pytest.param(
            [(1, "cancel"), (1, "sent", DAY, "A100001")],
            [[], ["status_newest_first"]],
            id="sent-after-cancel",
        ),
        pytest.param([(1, "sent", DAY, "A100001"), (1, "return")], [[], []], id="returned"),
    ],
)
def test_what_is_odd_is_sent_with_a_warning_or_refused(
    rows: list[tuple[CellValue, ...]], codes: list[list[str]]
) -> None:
    checked = check_rows(*rows)
    assert [[warning.code for warning in row.warnings] for row in checked] == codes
    assert all(row.update for row in checked)
    strict = check_rows(*rows, rules=Rules(calendar=CALENDAR, is_strict=True))
    assert [[problem.code for problem in row.problems] for row in strict] == codes
    assert [row.update is None for row in strict] == [bool(wanted) for wanted in codes]


@pytest.mark.parametrize(
    ("rpo", "is_wrong"),
    [
        ("RA123456785RU", False),
        ("RA123456795RU", True),
        ("ra123456785ru", False),
        ("ra123456795ru", True),
        ("EE123456785RU", False),
        ("RA123456860RU", False),
        ("RA123456861RU", True),
        ("RA123456895RU", False),
        ("RA123456896RU", True),
        ("RA123456790RU", True),
        ("13000011123549", False),
        ("13000011123541", True),
        ("01010011002015", False),
        ("01010011002016", True),
        ("01010011020015", True),
        ("1Z9999999999999999", False),
        ("12345678901", False),
    ],
)
def test_check_digits_are_proved_when_asked_for(rpo: str, is_wrong: bool) -> None:
    rules = Rules(calendar=CALENDAR, checks_tracking=True)
    warned = check_rows((1, "sent", DAY, rpo), rules=rules)[0].warnings
    assert [warning.code for warning in warned] == (["rpo_check_digit"] if is_wrong else [])
    assert check_rows((1, "sent", DAY, rpo))[0].warnings == ()
