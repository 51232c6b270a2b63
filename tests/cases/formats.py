"""Numbers that the sheet shows otherwise than as their bare digits."""

from __future__ import annotations

from tests.cases.case import MIDNIGHT, Case, order, tracking

NUMBER = 123456785
SHOWN: dict[str, str] = {
    # Zeros in front.
    "00000000000": "00123456785",
    "00000000000;@": "00123456785",
    "00000000000;-00000000000": "00123456785",
    "00000000000;;": "00123456785",
    "00000000000;-00000000000;0;@": "00123456785",
    "[$-419]00000000000": "00123456785",
    "[Blue]00000000000": "00123456785",
    "[Color 5]00000000000": "00123456785",
    "[>100]00000000000;0": "00123456785",
    "[<=100]0;00000000000": "00123456785",
    "00000000000_-": "00123456785",
    "_(00000000000_)": "00123456785",
    "* 00000000000": "00123456785",
    '"№ "00000000000': "00123456785",
    "00000000000.00": "00123456785",
    "00,000,000,000": "00123456785",
    "0########": "123456785",
    r"00\ 000\ 000\ 000": "00123456785",
    # Signs and letters within and around.
    r"00000\-000000": "00123-456785",
    "000-000-00000": "001-234-56785",
    '"RA"000000000"RU"': "RA123456785RU",
    r"\R\A000000000\R\U": "RA123456785RU",
    "[$RA]000000000[$RU-419]": "RA123456785RU",
    '"RA"General"RU"': "RA123456785RU",
    '[>999]"RA"000000000"RU";0': "RA123456785RU",
    # The same number.
    "General": "123456785",
    "@": "123456785",
    '"x"@': "123456785",
    "0": "123456785",
    "#": "123456785",
    "???????????": "123456785",
    "0.00": "123456785",
    "#,##0": "123456785",
    "#,##0.00": "123456785",
    "# ##0": "123456785",
    "0.00E+00": "123456785",
    "# ?/?": "123456785",
    '_-* #,##0.00\xa0"₽"_-;-* #,##0.00\xa0"₽"_-;_-* "-"??\xa0"₽"_-;_-@_-': "123456785",
    "(0)": "123456785",
    ";;;": "123456785",
    # Something else.
    "0%": "rpo_shown_otherwise",
    "#,##0,": "rpo_shown_otherwise",
    "?/?": "rpo_shown_otherwise",
    "*00": "rpo_shown_otherwise",
    '#,##0" kg"': "rpo_shown_otherwise",
    '"RA1"': "rpo_shown_otherwise",
    "0##########": "rpo_shown_otherwise",
    "0??????????0": "rpo_shown_otherwise",
    "r0": "rpo_shown_otherwise",
    "[DBNum1]0": "rpo_shown_otherwise",
    "[<5]0;[>999999999]0": "rpo_shown_otherwise",
    '0" шт."': "rpo_not_valid",
}
"""What is sent for the tracking number 123456785 in cells of these formats, or why nothing is."""

ORDER = 100004
SHOWN_ORDERS: dict[str, str] = {
    "000000000": "100004",
    "000000000;@": "100004",
    "#,##0": "100004",
    "# ##0": "100004",
    r"000\ 000\ 000": "100004",
    "0.00": "100004",
    '"№ "0': "100004",
    '#,##0.00" ₽"': "100004",
    "0.00E+00": "100004",
    '"ORD-"0000': "bill_id_not_a_number",
    "000-000": "bill_id_not_a_number",
    '"A"0': "bill_id_not_a_number",
    "0%": "bill_id_shown_otherwise",
    "0,": "bill_id_shown_otherwise",
    '"ORD"': "bill_id_shown_otherwise",
}
"""The same for the order number 100004."""

DATES: tuple[tuple[int, str, str], ...] = (
    # Signs between the digits make a date of them.
    (20112026, r"00\.00\.0000", MIDNIGHT),
    (20112026, '00"."00"."0000', MIDNIGHT),
    (20112026, "00-00-0000", MIDNIGHT),
    (20261120, "0000-00-00", MIDNIGHT),
    (20261120, r'0000\.00\.00" г."', MIDNIGHT),
    (1042026, r"00\.00\.0000", "1774990800"),
    (20132026, r"00\.00\.0000", "date_impossible"),
    (20261120, r"00\.00\.0000", "date_impossible"),
    (3042026, "00-00-0000", "date_ambiguous"),
    (201126, r"00\.00\.00", "date_short_year"),
    # As a serial number it would be a day of 2009.
    (40126, r"00\.00\.00", "date_short_year"),
    (46346, '0" kg"', "date_not_a_date"),
    # It is the same number.
    (20112026, "00000000", "date_impossible"),
    (20112026, "General", "date_impossible"),
    (20261120, "00000000", MIDNIGHT),
    (46346, "0", MIDNIGHT),
    (46346, "000000", MIDNIGHT),
    (46346, "#,##0.00", MIDNIGHT),
    (46346, "0%", MIDNIGHT),
    (1795122000, "# ##0", MIDNIGHT),
)
"""Numbers in cells of dates, with their formats, and what is sent for them or why nothing is."""


def shown_date(number: int, code: str, expected: str, *options: str) -> Case:
    """Make a case of a date in a number cell."""
    return Case(
        name=f"date: {number} shown by {code}{' '.join(('', *options))}",
        rows=((1, "paid", number),),
        expected=(expected if expected.startswith("date_") else f"1 paid {expected}",),
        formats={"C2": code},
        options=options,
    )


CASES: tuple[Case, ...] = (
    *(tracking(f"shown by {code}", NUMBER, sent, code) for code, sent in SHOWN.items()),
    *(order(f"shown by {code}", ORDER, sent, code) for code, sent in SHOWN_ORDERS.items()),
    *(shown_date(*one) for one in DATES),
    shown_date(201126, r"00\.00\.00", MIDNIGHT, "--date-format=%d.%m.%y"),
    tracking("16 digits with zeros that the format shows", 10**15, "rpo_digits_lost", "0" * 20),
    tracking("fraction that the format hides", 123456785.5, "rpo_not_a_number", "0" * 11),
    tracking("fewer digits than the format has groups", 1234, "001234", r"00\ 00\ 00"),
    tracking("zero in a format of zeros", 0, "rpo_not_valid", "0" * 11),
    tracking("below zero in a format without a sign", -123456785, "rpo_not_valid", "0;0"),
)
