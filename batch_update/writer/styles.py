"""Styles of a results workbook, and safe writing of text as nothing but text."""

from __future__ import annotations

import re
from typing import Any

from batch_update.model import UNKNOWN_FORMAT, Outcome, RunKind, limits
from batch_update.writer.table import FORMULA_SIGNS

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Source: Extensible Markup Language (XML) 1.0, 2.2."""

OUTCOME_FILLS = {
    Outcome.UPDATED: "#E2F0D9",
    Outcome.ALREADY_UPDATED: "#F0F7EC",
    Outcome.REJECTED: "#F8CBAD",
    Outcome.INVALID: "#FFE699",
    Outcome.UNCONFIRMED: "#D9C9EC",
    Outcome.NOT_SENT: "#D9D9D9",
    Outcome.SKIPPED: "#F5F5F5",
}
"""Distinct by lightness too; the words beside them repeat the meaning."""

_PRACTICE_FILLS = OUTCOME_FILLS | {
    Outcome.UPDATED: "#C6DDF2",
    Outcome.ALREADY_UPDATED: "#E1EDF8",
}
"""Green is what the shop has confirmed, and nothing else is."""

_PRACTICE_SHAPES: dict[str, dict[str, object]] = {
    "header": {"font_color": "#FFFFFF", "bg_color": "#C0006A"},
    "our_header": {"text_wrap": True, "bg_color": "#C0006A"},
}
_LINK = "#0563C1"

_SHAPES: dict[str, dict[str, object]] = {
    "": {},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#D9D9D9", "bottom": 1},
    "our_header": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E78", "bottom": 1},
    "list_header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#1F4E78",
        "bottom": 1,
        "text_wrap": True,
        "valign": "vcenter",
    },
    "count_header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#1F4E78",
        "bottom": 1,
        "text_wrap": True,
        "valign": "vcenter",
        "align": "center",
    },
    "wrapped": {"text_wrap": True},
    "wrong": {"bold": True, "font_color": "#C00000", "border": 2, "border_color": "#C00000"},
    "example": {"italic": True, "font_color": "#7F7F7F"},
    "title": {"bold": True, "font_size": 14},
    "count": {"num_format": "#,##0", "align": "center"},
    "code": {"align": "left"},
    "label": {"bold": True},
    "sum": {"bold": True, "num_format": "#,##0", "align": "center", "top": 1},
    "sum_label": {"bold": True, "top": 1},
    "link": {"underline": 1, "font_color": _LINK},
}


class Styles:
    """Formats of one workbook, each made once.

    Args:
        book: the workbook of XlsxWriter.
        kind: the kind of run whose results it holds.
    """

    def __init__(self, book: Any, kind: RunKind = RunKind.REAL) -> None:
        self._book = book
        self.kind = kind
        self.fills = _PRACTICE_FILLS if kind is RunKind.PRACTICE else OUTCOME_FILLS
        self._shapes = _PRACTICE_SHAPES if kind is RunKind.PRACTICE else {}
        self._made: dict[tuple[str, str, bool], Any] = {}
        self._plain_run = book.add_format({})

    def of(self, number_format: str, style: str = "", *, is_quoted: bool = False) -> Any:
        """Return the format of cells with a number format and a style of ours.

        Args:
            number_format: as the spreadsheet program knows it.
            style: the kind of cell; empty for the input's own.
            is_quoted: whether the cell is marked as text, whatever it begins with.
        """
        number_format = fit_text(number_format)
        if number_format in {"", UNKNOWN_FORMAT} or len(number_format) > limits.LONGEST_FORMAT:
            number_format = "General"
        key = (number_format, style, is_quoted)
        if key not in self._made:
            look = {"valign": "top", **_SHAPES[style], **self._shapes.get(style, {})}
            if number_format != "General":
                look["num_format"] = number_format
            if is_quoted:
                look["quote_prefix"] = True
            self._made[key] = self._book.add_format(look)
        return self._made[key]

    def fill(self, outcome: Outcome) -> Any:
        """Return the format that colours a row by its outcome; a border would hide the frames."""
        key = ("fill", outcome.value, False)
        if key not in self._made:
            self._made[key] = self._book.add_format({"bg_color": self.fills[outcome]})
        return self._made[key]

    def swatch(self, outcome: Outcome, *, is_link: bool = False) -> Any:
        """Return the format of a cell that shows an outcome's colour and word."""
        key = ("swatch", outcome.value, is_link)
        if key not in self._made:
            look = {"bg_color": self.fills[outcome], "bold": True, "valign": "top"}
            if is_link:
                look |= {"underline": 1, "font_color": _LINK}
            self._made[key] = self._book.add_format(look)
        return self._made[key]

    def bar_chart(self) -> Any:
        """Make a chart of horizontal bars."""
        return self._book.add_chart({"type": "bar"})

    def write_text(
        self, page: Any, place: tuple[int, int], text: str, style: str = "", shown: str = "General"
    ) -> None:
        """Write a text that is never taken for anything else, without characters no cell may hold.

        Args:
            page: the worksheet.
            place: row and column from 0.
            text: any text.
            style: the kind of cell.
            shown: the cell's number format.
        """
        text = fit_text(text)
        shape = self.of(shown, style, is_quoted=text[:1] in FORMULA_SIGNS)
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take it for its own markup and write it as it stands.
            plain = self._plain_run
            page.write_rich_string(*place, plain, text[:1], plain, text[1:], shape)
        else:
            page.write_string(*place, text, shape)


def fit_text(text: str) -> str:
    """Remove characters that a cell cannot hold from a text."""
    return _UNFIT.sub("", text).encode("utf-8", "replace").decode()[: limits.LONGEST_CELL]
