"""Files that hold something secret for services: of Docker, of systemd, or the user's own."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.paths import real_path
from batch_update.settings import access, keys

_MOST_BYTES = 65_536


def read_secret(path: Path, where: str, *, is_guarded: bool) -> str:
    """Read the text of a file with a secret; it is in no message.

    Args:
        path: the file.
        where: a name for what names it, such as `JUSTCLICK_SECRET_KEY_FILE`.
        is_guarded: whether the system keeps others from it, whatever its rights look like.

    Raises:
        SettingsError: it cannot be read, is open to others, or has no text in it.
    """
    shown = keys.shown_path(path)
    try:
        content = _read(path, where, shown, is_guarded=is_guarded)
    except (OSError, ValueError) as error:
        reason = wording.reason_of(error) if isinstance(error, OSError) else str(error)
        raise SettingsError(
            _(
                "{where}: the file {shown} cannot be read: {reason}. Correct the name, or let "
                "the administrator put the file there."
            ).format(where=where, shown=shown, reason=reason)
        ) from None
    text = decode(content)
    if len(content) > _MOST_BYTES or text is None:
        raise SettingsError(
            _(
                "{where}: the file {shown} is no text in UTF-8, or too long. Put only what is "
                "secret into it."
            ).format(where=where, shown=shown)
        )
    if not text.strip():
        raise SettingsError(
            _("{where}: the file {shown} is empty. Put what is secret into it.").format(
                where=where, shown=shown
            )
        )
    return text.strip()


def decode(content: bytes) -> str | None:
    """Decode what editors and shells write, those of Windows too; None if it is no text."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def _read(path: Path, where: str, shown: str, *, is_guarded: bool) -> bytes:
    # A pipe is opened without waiting for its writer, and then refused.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise SettingsError(
                _("{where}: {shown} is no plain file. Name a file.").format(
                    where=where, shown=shown
                )
            )
        if os.name == "posix" and not is_guarded:
            _refuse_open(path, about, where, shown)
        elif not is_guarded and access.is_open_to_many(path):
            raise _open_error(where, shown)
        return file.read(_MOST_BYTES + 1)


def _open_error(where: str, shown: str) -> SettingsError:
    return SettingsError(
        _(
            "{where}: the file {shown} holds something secret, and others can read or change "
            "it. Make it yours alone: {command}"
        ).format(where=where, shown=shown, command=access.advice(shown))
    )


def _refuse_open(path: Path, about: os.stat_result, where: str, shown: str) -> None:
    """Refuse a file that others can read, change or replace."""
    if about.st_uid not in {0, os.geteuid()}:
        raise SettingsError(
            _(
                "{where}: the file {shown} is another user's, who knows what is in it. Make it "
                "your own, or copy it and name the copy."
            ).format(where=where, shown=shown)
        )
    if stat.S_IMODE(about.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise _open_error(where, shown)
    for folder in (path.absolute().parent, real_path(path).parent):
        mode = folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise SettingsError(
                _(
                    "{where}: the file {shown} can be replaced by others, since all may write in "
                    "its folder. Make that yours alone: chmod o-w {folder}"
                ).format(where=where, shown=shown, folder=wording.show_path(folder))
            )
