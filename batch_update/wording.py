"""Normal forms of words in sheets, and safe display of found text."""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from batch_update.i18n import N_, _

if TYPE_CHECKING:
    import datetime as dt

_INVISIBLE = re.compile("[\x00\u00ad\u200b-\u200f\u2060\ufeff]")
_SHOWN = 40
LONGEST_NAME = 100
"""Characters of a name of a person or a machine."""
_NUMBER_SIGNS = r"1(\D)234(\D)5"
_REASONS: Mapping[str, str] = {
    "EACCES": N_("permission denied"),
    "EAGAIN": N_("the system lacks resources just now"),
    "EBUSY": N_("it is in use"),
    "ECONNREFUSED": N_("connection refused"),
    "ECONNRESET": N_("connection reset by the other side"),
    "EDQUOT": N_("disk quota exceeded"),
    "EEXIST": N_("it is there already"),
    "EFBIG": N_("file too large"),
    "EHOSTDOWN": N_("the other machine is down"),
    "EHOSTUNREACH": N_("no route to the other machine"),
    "EINVAL": N_("invalid argument"),
    "EIO": N_("input/output error"),
    "EISDIR": N_("is a directory"),
    "ELOOP": N_("too many links that lead to each other"),
    "EMFILE": N_("too many open files"),
    "EMLINK": N_("too many links to one file"),
    "ENAMETOOLONG": N_("file name too long"),
    "ENETUNREACH": N_("the network is unreachable"),
    "ENFILE": N_("too many open files in the whole system"),
    "ENODEV": N_("no such device"),
    "ENOENT": N_("no such file or directory"),
    "ENOEXEC": N_("it is not a program of this system"),
    "ENOMEM": N_("out of memory"),
    "ENOSPC": N_("no space left on device"),
    "ENOTCONN": N_("not connected"),
    "ENOTDIR": N_("a part of the path is not a directory"),
    "ENXIO": N_("no such device or address"),
    "EPERM": N_("operation not permitted"),
    "EPIPE": N_("the other side has closed the pipe"),
    "EROFS": N_("read-only file system"),
    "ESTALE": N_("the network disk no longer knows the file"),
    "ETIMEDOUT": N_("no answer in time"),
    "ETXTBSY": N_("it is a program that runs just now"),
    "EXDEV": N_("it is on another disk"),
}
"""The usual reasons of the system, by the names of their numbers."""
_OPEN_ELSEWHERE = frozenset({32, 33})
"""Windows: sharing violation, lock violation."""
_KEPT_ELSEWHERE = frozenset({362, 386, 388, 389, 393, 395, 398, 404, 426})
"""Windows: the ERROR_CLOUD_FILE_… of a file whose content is not on this machine."""
_NOT_FOUND_OR_TOO_LONG = frozenset({3, 206})
_LONGEST_PATH = 259
"""Windows: characters, unless an administrator allows more."""


def tidy(text: str) -> str:
    """Drop invisible parts: zero-width signs, spaces around, Excel's text apostrophe."""
    plain = " ".join(_INVISIBLE.sub("", text).split())
    return plain[1:].strip() if plain.startswith("'") else plain


def normalise(text: str) -> str:
    """Bring a header or a status word to the form in which words are compared.

    Compatibility forms, no-break spaces and line breaks are made plain, spaces collapsed, letters
    lowered, ё written as е, and a colon or dot at the end dropped.
    """
    plain = tidy(unicodedata.normalize("NFKC", text))
    return plain.lower().replace("ё", "е").rstrip(":.").strip()


def printable(text: str) -> str:
    """Replace signs that a terminal would obey or hide (escape sequences) by visible ones."""
    return "".join(
        char if char.isprintable() else " " if char.isspace() else f"\\x{ord(char):02x}"
        for char in text
    )


def encodable(text: str) -> str:
    r"""Write bytes of a name that are no UTF-8 as `\udcXX`; the rest stays as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def escape_json(text: str, *, is_ascii: bool) -> str:
    """Write signs of JSON as escapes if a terminal would obey or hide them, and line ends not.

    Args:
        text: JSON, in which such signs stand only within its texts.
        is_ascii: whether all letters but those of ASCII are escaped too.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(
        char if char == "\n" or (char.isprintable() and not (is_ascii and char > "~")) else _u(char)
        for char in text
    )


def _u(char: str) -> str:
    r"""Return a sign as JSON's `\uXXXX`, twice for one beyond the first 65,536.

    Half a pair is no sign, and not every reader takes it; it becomes the words for it.
    """
    if "\ud800" <= char <= "\udfff":
        return f"\\{encodable(char)}"
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def show_path(path: Path) -> str:
    """Return a path for a message: on one line, whatever its name contains."""
    return printable(str(path))


def describe_broken_link(path: Path, where: str = "") -> str:
    """Say of a link that nothing can be found where it leads; empty if it is no such link.

    Args:
        path: the link, or whatever it is.
        where: a name for the place where it was given, such as `--output`.
    """
    try:
        path.stat()
    except PermissionError:
        return ""
    except OSError as error:
        try:
            target = path.readlink()
        except OSError:
            return ""
        return _(
            "{path} is a link to {target}: {reason}. Check whether the disk or network share of "
            "that is connected."
        ).format(
            path=f"{where} {show_path(path)}".lstrip(),
            target=show_path(target),
            reason=reason_of(error),
        )
    return ""


def reason_of(error: OSError) -> str:
    """Return the reason of an error of the system, if it is usual in the language in force.

    Others stay in the system's words, and so do those of name lookup and TLS, which count by
    themselves.
    """
    if os.name == "nt" and isinstance(error, PermissionError) and _names_folder(error):
        # Windows says of a folder that is opened as a file that one may not.
        return reason_of(IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        return _("it is open in another program")
    if getattr(error, "winerror", None) in _KEPT_ELSEWHERE:
        return _("the cloud that keeps it does not give it just now")
    if _is_too_long(error):
        return _("the path is too long for Windows; a folder with a shorter one helps")
    said = error.strerror or str(error)
    # Windows has numbers of its own for what happens to connections.
    name = errno.errorcode.get(error.errno or 0, "").removeprefix("WSA")
    usual = _REASONS.get(name, "")
    is_of_system = getattr(error, "winerror", None) or said == os.strerror(error.errno or 0)
    return _(usual) if usual and is_of_system else printable(said).lower()


def has_no_reader(error: OSError) -> bool:
    """Return whether a pipe has no reader any more, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def _is_too_long(error: OSError) -> bool:
    """Return whether Windows finds no such path since it has too many characters for it."""
    is_meant = getattr(error, "winerror", None) in _NOT_FOUND_OR_TOO_LONG
    names = (error.filename, error.filename2)
    return is_meant and any(
        isinstance(name, str) and len(str(Path(name).absolute())) > _LONGEST_PATH for name in names
    )


def _names_folder(error: OSError) -> bool:
    return isinstance(error.filename, str) and Path(error.filename).is_dir()


def moment(when: dt.datetime) -> str:
    """Return a moment in words: to the minute, not before it, with its zone."""
    rounded = when.replace(second=0, microsecond=0)
    if rounded < when:
        # Loaded here, since --help knows no dates.
        from datetime import timedelta

        rounded += timedelta(minutes=1)
    return stamp(rounded)


def day(when: dt.date) -> str:
    """Return a day as the language in force writes it."""
    return _("{when:%Y-%m-%d}").format(when=when)


def stamp(when: dt.datetime) -> str:
    """Return a moment, with its zone, as the language in force writes it."""
    return _("{when:%Y-%m-%d %H:%M %Z}").format(when=when)


def to_the_second(when: dt.datetime) -> str:
    """Return a moment with its seconds, without its zone, as the language in force writes it."""
    return _("{when:%Y-%m-%d %H:%M:%S}").format(when=when)


def number(value: float, digits: int = 0) -> str:
    """Return a number with the signs of thousands and of decimals of the language in force.

    Args:
        value: the number.
        digits: how many decimals are shown.
    """
    found = re.search(_NUMBER_SIGNS, _("1,234.5"))
    signs = "".join(found.groups()) if found else ",."
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", signs))


def quote(text: str) -> str:
    """Quote found text for a message: on one line, printable, not too long."""
    visible = printable(text)
    shown = f"{visible[:_SHOWN]}…" if len(visible) > _SHOWN else visible
    return _('"{text}"').format(text=shown)


def show_name(text: str) -> str:
    """Return the name of a person or a machine for a message: printable, and not too long."""
    visible = printable(text)
    return f"{visible[:LONGEST_NAME]}…" if len(visible) > LONGEST_NAME else visible


def either(words: Iterable[str]) -> str:
    """List words of which one is meant, like `a, b or c`."""
    return _listed(words, _(" or "))


def every(words: Iterable[str]) -> str:
    """List words of which all are meant, like `a, b and c`."""
    return _listed(words, _(" and "))


def _listed(words: Iterable[str], between: str) -> str:
    *front, last = words
    return between.join(filter(None, [", ".join(front), last]))
