"""Cells of the tracking number."""

from __future__ import annotations

from tests.cases.case import DAY, tracking

CASES = (
    tracking("international", "RA123456785RU", "RA123456785RU"),
    tracking("14 digits as a number", 10100110020184, "10100110020184"),
    tracking("14 digits as text", "10100110020184", "10100110020184"),
    tracking("text of a float", "10100110020184.0", "10100110020184"),
    tracking("zeros in front, as text", "00012345678901", "00012345678901"),
    tracking("zeros that the format shows", 12345678901, "00012345678901", "0" * 14),
    tracking("groups with spaces", "1234 5678 9012", "123456789012"),
    tracking("22 digits as text", "9400111899223197428490", "9400111899223197428490"),
    tracking("22 digits as a number", 9400111899223197428490, "rpo_digits_lost"),
    tracking("shortened by a spreadsheet", "1.00000E+13", "rpo_digits_lost"),
    tracking("shortened by a Russian one", "1,01E+13", "rpo_digits_lost"),
    tracking("rounded by a spreadsheet", "9400111899223190000000", "rpo_digits_lost"),
    tracking("begins like a formula", "+RA123456785RU", "rpo_formula_like"),
    tracking("error word of a Russian Excel", "#Н/Д", "rpo_error_cell"),
    tracking("date", DAY, "rpo_not_valid"),
    tracking("yes/no value", False, "rpo_not_valid"),
    tracking("Cyrillic letter that looks Latin", "RА123456785RU", "rpo_not_valid"),
    tracking("two numbers in one cell", "RA123456785RU RA123456799RU", "rpo_not_valid"),
    tracking("word for nothing", "нет", "rpo_missing"),
)
