"""Bytes to text: a mark at the beginning, what the text says of itself, or what fits."""

from __future__ import annotations

import codecs
import re

from batch_update.errors import InputFileError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE
)
_SEARCHED_FOR_CHARSET = 4096


def decode(shown: str, data: bytes) -> tuple[str, str]:
    """Read bytes as text.

    Args:
        shown: the file's name, for the message.
        data: the whole file.

    Returns:
        The text, and the encoding by Python's name.

    Raises:
        InputFileError: no encoding fits, or not the one that the file claims.
    """
    marked = (encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark))
    declared = next(marked, "") or _utf16_without_mark(data) or _charset(data)
    if declared:
        try:
            return data.decode(declared), declared
        except UnicodeDecodeError as error:
            name = "UTF-16" if declared.startswith("utf-16") else declared.removesuffix("-sig")
            raise InputFileError(
                f"{shown} is damaged: it begins as {name.upper()}, but byte {error.start} does not "
                "fit. Ask for the file again."
            ) from error
    for encoding in ("utf-8", "cp1251"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise InputFileError(
        f"{shown} is not a spreadsheet, and as text it is neither UTF-8 nor cp1251. "
        "Save it as .xlsx, or as csv in UTF-8."
    )


def _utf16_without_mark(data: bytes) -> str:
    """Tell UTF-16 by its zero bytes: delimiters and digits have one in every pair."""
    sample = data[:2000]
    if sample[1::2].count(0) > len(sample) // 5:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 5:
        return "utf-16-be"
    return ""


def _charset(data: bytes) -> str:
    """Give the encoding that a web page names, empty if it names none that is known."""
    match = _CHARSET.search(data, 0, _SEARCHED_FOR_CHARSET)
    if match is None or not data.lstrip().startswith(b"<"):
        return ""
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
        "".encode(name)
    except LookupError:
        return ""
    # What could be searched for ASCII letters is not UTF-16, whatever it says.
    return "" if name.startswith("utf-16") else name
