"""Find the encoding of a text file: by its mark, by its declaration, or by trial."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from batch_update import wording
from batch_update.errors import InputFileError
from batch_update.i18n import _
from batch_update.reader.cyrillic import makes_words

BLANK = "\ufeff\0 \t\r\n"
"""Characters without meaning that a file may hold."""

_BYTE_ORDER_MARKS = (
    # The first of these begins like a mark of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE
)
_PLAIN = re.compile(
    r"utf-8|ascii|cp\d+|iso8859-\d+|koi8[-_][rut]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_ji\w+"
)
"""Encodings of pages; Python knows more, some of which take hours."""
OF_OTHER_SYSTEMS = ("cp866", "koi8-r", "mac-cyrillic")
"""Encodings of Russian text on DOS, Unix and the Macintosh."""
_HEAD = 4096
_BEGINNING = 10_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file that is text from its first byte to its last.

    Args:
        path: the file.
        encoding: by Python's name.
        beginning: its first characters, without meaningless ones; empty if all of it is blank.
    """

    path: Path
    encoding: str
    beginning: str

    def read(self) -> str:
        """Return the whole text."""
        return self.path.read_bytes().decode(self.encoding)


def find_encoding(path: Path) -> TextFile:
    """Find the encoding that fits the whole file, without keeping it in memory.

    Raises:
        InputFileError: none fits, or not the one that the file claims.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    marked = (encoding for mark, encoding in _BYTE_ORDER_MARKS if head.startswith(mark))
    declared = next(marked, "") or _utf16_without_mark(head) or _charset(head)
    shown = wording.printable(path.name)
    for encoding in [declared] if declared else ["utf-8", "cp1251", *_likely(head)]:
        beginning, misfit = _decode(path, encoding)
        if misfit is None:
            return TextFile(path=path, encoding=encoding, beginning=beginning)
        if declared:
            name = "UTF-16" if declared.startswith("utf-16") else declared.removesuffix("-sig")
            raise InputFileError(
                _(
                    "{shown} is damaged: it begins as {encoding}, but byte {misfit} does "
                    "not fit. Ask for the file again."
                ).format(shown=shown, encoding=name.upper(), misfit=misfit)
            )
    raise InputFileError(
        _(
            "{shown} is not a spreadsheet, and as text it is neither UTF-8 nor cp1251. Save it "
            "as .xlsx, or as csv in UTF-8."
        ).format(shown=shown)
    )


def _decode(path: Path, encoding: str) -> tuple[str, int | None]:
    """Try an encoding; return the beginning of the text, and the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    beginning = ""
    place = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return "", place - waiting + error.start
            if len(beginning) < _BEGINNING:
                beginning = (beginning + text).lstrip(BLANK)[:_BEGINNING]
            if not chunk:
                return beginning, None
            place += len(chunk)


def _likely(head: bytes) -> Iterator[str]:
    """Find the encodings of other systems that make Russian words of a text."""
    # KOI8 makes words of cp1251's small letters too, though no known ones.
    if not makes_words(head, "cp1251"):
        yield from (name for name in OF_OTHER_SYSTEMS if makes_words(head, name))


def _utf16_without_mark(head: bytes) -> str:
    """Detect UTF-16 by every second byte: that of digits and delimiters is 0, of Cyrillic 4."""
    for encoding, begin in (("utf-16-le", 1), ("utf-16-be", 0)):
        high = head[begin::2]
        zeros = high.count(0)
        if zeros > len(head) // 5 or (zeros and zeros + high.count(4) > len(high) * 0.9):
            return encoding
    return ""


def _charset(head: bytes) -> str:
    """Return the encoding that a web page names; empty if it names none that is known."""
    match = _CHARSET.search(head)
    if match is None or not head.lstrip().startswith(b"<"):
        return ""
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except LookupError:
        return ""
    # A text that could be searched for ASCII letters is not UTF-16, whatever it declares.
    return name if _PLAIN.fullmatch(name) else ""
