"""Find the alphabet of texts in an old xls: by its record, by fonts, or by trial.

From Excel 97 on they are Unicode. Before that they are bytes, and a record names the code page; but
programs other than Excel leave it out, or write the one of another country.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from xlrd import biffh

from batch_update.i18n import _
from batch_update.reader.cyrillic import makes_words
from batch_update.reader.xlsrecords import FIRST_OF_CONTAINERS, FIRST_OF_UNICODE, Workbook

_CYRILLIC = ("cp1251", "cp866", "mac-cyrillic")
_CANDIDATES = ("utf-8", *_CYRILLIC)
"""The likeliest first."""
_OF_CHARSETS = {
    161: "cp1253", 162: "cp1254", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
"""Source: Microsoft, [MS-XLS], 2.4.122, bCharSet."""
_WESTERN = frozenset({"cp1252", "iso8859-1", "ascii", "cp437", "cp850", "mac-roman"})
"""Code pages that programs write without knowing better."""
_UNSAID = "latin-1"
_MOST_SAMPLE = 1 << 18
_TEXT_AT = {
    biffh.XL_LABEL: 8, biffh.XL_RSTRING: 8, biffh.XL_LABEL_B2: 8, biffh.XL_STRING: 2,
    biffh.XL_STRING_B2: 1, biffh.XL_BOUNDSHEET: 7,
}  # fmt: skip
_CHARSET_AT = 12


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Decoding of bytes to text.

    Args:
        encoding: by Python's name; empty if the texts are Unicode already.
        notes: notes on the choice, for the user.
    """

    encoding: str = ""
    notes: Sequence[str] = ()

    def read(self, text: str) -> str:
        """Return a text from its bytes, which stand in it as one character each."""
        if not self.encoding or text.isascii():
            return text
        return text.encode("latin-1").decode(self.encoding, "replace")


def find_alphabet(book: Workbook) -> Alphabet:
    """Find the alphabet of a workbook's texts."""
    if book.biff_version >= FIRST_OF_UNICODE:
        return Alphabet()
    said = _said(book.codepage)
    by_fonts, sample = _look_through(book)
    found = _choose(said, by_fonts, sample) if sample else said
    if found == said:
        return Alphabet(said or _UNSAID)
    return Alphabet(
        found,
        [
            _(
                "The workbook does not say which alphabet its texts are in, or says it wrongly. "
                "They were read as {encoding}, which makes words of them. Look at the results "
                "before you rely on them."
            ).format(encoding=found)
        ],
    )


def _choose(said: str, by_fonts: set[str], sample: bytes) -> str:
    """Choose an encoding: that of the record, unless the texts contradict it."""
    if said in _CYRILLIC:
        is_right = makes_words(sample, said)
    else:
        is_right = bool(said) and said not in _WESTERN
        # Where all fonts are Cyrillic, a sign or two will do.
        if not is_right and by_fonts == {"cp1251"} and makes_words(sample, "cp1251", least=0):
            return "cp1251"
    if is_right:
        return said
    likely = by_fonts.pop() if len(by_fonts) == 1 and not said else said
    return next((name for name in _CANDIDATES if makes_words(sample, name)), likely)


def _said(codepage: int | None) -> str:
    """Return the encoding that the record names; empty if there is none, or it cannot be that."""
    try:
        name = codecs.lookup(biffh.encoding_from_codepage.get(codepage or 0, f"cp{codepage}")).name
    except LookupError:
        return ""
    return "" if name.startswith("utf-16") else name


def _look_through(book: Workbook) -> tuple[set[str], bytes]:
    """Return the encodings of the fonts, and some of the texts that are more than ASCII."""
    encodings: set[str] = set()
    sample: list[bytes] = []
    room = _MOST_SAMPLE
    # Fonts of Excel 2 to 4 do not tell.
    at = _CHARSET_AT if book.biff_version >= FIRST_OF_CONTAINERS else None
    for kind, data in book.raw_records():
        if kind == biffh.XL_FONT:
            if at is not None and len(data) > at and data[at] in _OF_CHARSETS:
                encodings.add(_OF_CHARSETS[data[at]])
        elif kind in _TEXT_AT and room > 0 and not (text := data[_TEXT_AT[kind] :]).isascii():
            sample.append(text)
            room -= len(text)
    return encodings, b"\n".join(sample)
