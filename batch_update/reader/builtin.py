"""Number formats that workbooks name by number only."""

from __future__ import annotations

FIRST_OWN = 164
"""First number of formats that a workbook must define. Source: ECMA-376, part 1, 18.8.30."""

_OF_NUMBER = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);[Red]("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    41: r'_(* #,##0_);_(* \(#,##0\);_(* "-"_);_(@_)',
    42: r'_("$"* #,##0_);_("$"* \(#,##0\);_("$"* "-"_);_(@_)',
    43: r'_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)',
    44: r'_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
    48: "##0.0E+0",
    49: "@",
}

_DATES = frozenset(_OF_NUMBER[number] for number in (*range(14, 23), *range(45, 48)))
_CODES = frozenset(_OF_NUMBER.values())


def is_built_in_date(code: str) -> bool | None:
    """Return whether a built-in format shows a day, a time or a length; None if it is not one."""
    return code in _DATES if code in _CODES else None


def builtin_format(number: int) -> str:
    """Return the format code of a number; those that differ between countries are no codes."""
    return _OF_NUMBER.get(number, "General")
