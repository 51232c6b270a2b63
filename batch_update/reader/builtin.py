"""Number formats that workbooks name by number only."""

from __future__ import annotations

from openpyxl.styles.numbers import BUILTIN_FORMATS

FIRST_OWN = 164
"""From here on a workbook has to say what its formats are. Source: ECMA-376, part 1, 18.8.30."""

_ACCOUNTING = 44
_OF_NUMBER = {
    **BUILTIN_FORMATS,
    # openpyxl lacks the semicolons of this one.
    _ACCOUNTING: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
}


def builtin_format(number: int) -> str:
    """Give the format code of a number; those that differ from country to country are no codes."""
    return _OF_NUMBER.get(number, "General")
