"""Number formats that workbooks name by number only."""

from __future__ import annotations

from openpyxl.styles.numbers import BUILTIN_FORMATS

FIRST_OWN = 164
"""First number of formats that a workbook must define. Source: ECMA-376, part 1, 18.8.30."""

_ACCOUNTING = 44
_OF_NUMBER = {
    **BUILTIN_FORMATS,
    # openpyxl lacks the semicolons of this one.
    _ACCOUNTING: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
}


def builtin_format(number: int) -> str:
    """Return the format code of a number; those that differ between countries are no codes."""
    return _OF_NUMBER.get(number, "General")
