"""Cells of the date."""

from __future__ import annotations

import datetime as dt

from tests.cases.case import DAY, MIDNIGHT, date

CASES = (
    date("date cell", DAY, MIDNIGHT),
    date("date cell with a time", dt.datetime(2026, 11, 20, 10, 30), "1795159800"),
    date("date cell of the 1904 system", DAY, MIDNIGHT, is_1904=True),
    date("serial number without its format", 46346, MIDNIGHT),
    date("serial number of the 1904 system", 44884, MIDNIGHT, is_1904=True),
    date("unix seconds", 1795122000, MIDNIGHT),
    date("unix seconds as text", "1795122000", MIDNIGHT),
    date("ISO", "2026-11-20", MIDNIGHT),
    date("ISO with a zone", "2026-11-20T10:30:00+05:00", "1795152600"),
    date("Shopify's way", "2026-11-20 10:30:00 +0000", "1795170600"),
    date("dotted", "20.11.2026", MIDNIGHT),
    date("dotted with a time", "20.11.2026 10:30", "1795159800"),
    date("English month", "20 Nov 2026", MIDNIGHT),
    date("Russian month", "20 ноября 2026 г.", MIDNIGHT),
    date("in another zone", "20.11.2026", "1795114800", "--timezone", "Asia/Yekaterinburg"),
    date("two readings", "03/04/2026", "date_ambiguous"),
    date("two readings, day first", "03/04/2026", "1775163600", "--day-first"),
    date("two readings, month first", "03/04/2026", "1772571600", "--month-first"),
    date("in the user's way", "20-11-26", MIDNIGHT, "--date-format", "%d-%m-%y"),
    date("year of two digits", "20.11.26", "date_not_a_date"),
    date("impossible", "31.02.2026", "date_impossible"),
    date("before 2000", dt.datetime(1999, 12, 31), "date_too_early"),
    date("far ahead", dt.datetime(2096, 11, 20), "date_in_future"),
    date("hour that a clock change skipped", "2011-03-27 02:30", "date_clock_change"),
    date("hour that a clock change repeated", "2014-10-26 01:30", "date_clock_change"),
    date("only a time", dt.time(10, 30), "date_not_a_date"),
    date("digits of another script", "٢٠٢٦-11-20", "date_not_a_date"),
    date("error cell", "#N/A", "date_error_cell"),
    date("empty", None, "date_missing"),
)
