"""The command that prints the secret key, such as that of a password manager."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from batch_update import wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings import keys
from batch_update.settings.secret_files import decode

_PATIENCE_S = 60.0
"""Time for a person to unlock a password manager."""
_MOST_BYTES = 65_536


def find_key(words: Sequence[str], where: str, patience_s: float = _PATIENCE_S) -> str:
    """Run the command, without a shell, and return the first line that it prints.

    What it prints is in no message, whatever becomes of it: that may be the key.

    Args:
        words: the program and its arguments.
        where: a name for what names the command, such as `JUSTCLICK_SECRET_KEY_COMMAND`.
        patience_s: how long it may take, in seconds.

    Raises:
        SettingsError: it is not there, fails, takes too long or prints nothing.
    """
    name = keys.shown_path(Path(words[0]))
    program = _find_program(words[0])
    if program is None:
        raise SettingsError(
            _("{where}: there is no program {program}. Write its whole path.").format(
                where=where, program=name
            )
        )
    try:
        output, status = _run([program, *words[1:]], patience_s)
    except (OSError, ValueError) as error:
        reason = wording.reason_of(error) if isinstance(error, OSError) else str(error)
        raise SettingsError(
            _("{where}: {program} cannot be started: {reason}. Correct the command.").format(
                where=where, program=name, reason=reason
            )
        ) from None
    if status is None:
        raise SettingsError(
            _(
                "{where}: {program} was not done after {seconds:g} s, and was stopped. Start it "
                "by itself, as the user of this run, to see what it waits for."
            ).format(where=where, program=name, seconds=patience_s)
        )
    if status:
        raise SettingsError(
            _(
                "{where}: {program} ended with exit status {status}, so there is no secret key. "
                "Start it by itself, as the user of this run, to see why."
            ).format(where=where, program=name, status=status)
        )
    return _first_line(output, where, name)


def split_command(text: str, *, is_windows: bool = os.name == "nt") -> list[str] | None:
    r"""Split a command into words as a shell would; nothing in it is expanded.

    Args:
        text: the command.
        is_windows: whether a backslash is part of a path, and only " quotes.

    Returns:
        The words; None if a quote is not closed.
    """
    import shlex

    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if is_windows:
        lexer.escape = ""
        lexer.quotes = '"'
    try:
        return list(lexer)
    except ValueError:
        return None


def _find_program(name: str) -> str | None:
    """Return the path of a program; what lies in the current folder must be named as such.

    Windows would look there first, where a sheet's folder may hold anything.
    """
    if os.path.dirname(name):  # noqa: PTH120 a name alone has the folder . as a path
        return shutil.which(name)
    folders = filter(None, os.get_exec_path())
    return next(filter(None, (shutil.which(os.path.join(one, name)) for one in folders)), None)  # noqa: PTH118


def _run(words: Sequence[str], patience_s: float) -> tuple[bytes, int | None]:
    """Return what a program prints, as far as that may be a key, and its exit status.

    Returns:
        The status is None if the program was stopped, since it took too long.
    """
    end = time.monotonic() + patience_s
    process = subprocess.Popen(  # noqa: S603 the user's own command, and no shell
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    said: list[bytes] = []
    stream = cast("IO[bytes]", process.stdout)

    def read() -> None:
        with stream:
            said.append(stream.read(_MOST_BYTES + 1))

    # A program that was started by this one may hold the pipe open for ever.
    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        reader.join(patience_s)
        status = process.wait(timeout=max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return (said[0] if said else b""), status if said else None


def _first_line(output: bytes, where: str, program: str) -> str:
    text = decode(output)
    line = re.split(r"[\r\n]", text or "", maxsplit=1)[0].strip()
    if len(output) > _MOST_BYTES or not line:
        raise SettingsError(
            _(
                "{where}: {program} did not print the secret key: its first line must be the key, "
                "and nothing else. Correct the command."
            ).format(where=where, program=program)
        )
    return line
