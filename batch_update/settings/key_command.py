"""The command that prints the secret key, such as that of a password manager."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from batch_update import signals, wording
from batch_update.errors import SettingsError
from batch_update.i18n import _
from batch_update.settings import keys
from batch_update.settings.secret_files import decode

_PATIENCE_S = 60.0
"""Time for a person to unlock a password manager."""
_LOOK_S = 0.01
_TO_END_ITSELF_S = 0.25
"""Time for a program at the terminal, which has heard Ctrl-C too, to leave that as it was."""
_MOST_TO_END_S = 5.0
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
        _refuse_unrunnable(words[0], name, where)
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
    if status < 0:
        raise SettingsError(
            _(
                "{where}: {program} was ended by signal {number}, so there is no secret key. "
                "Start it by itself, as the user of this run, to see why."
            ).format(where=where, program=name, number=-status)
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


def _refuse_unrunnable(name: str, shown: str, where: str) -> None:
    """Refuse a program that is there, but that this user may not run.

    Raises:
        SettingsError: it is so.
    """
    is_path = bool(os.path.dirname(name))  # noqa: PTH120 as above
    folders = [""] if is_path else filter(None, os.get_exec_path())
    # The function of a path raises where this one is False.
    if any(os.path.isfile(os.path.join(one, name)) for one in folders):  # noqa: PTH113, PTH118
        raise SettingsError(
            _(
                "{where}: {program} may not be run by this user. Let its owner make it "
                "executable (chmod +x)."
            ).format(where=where, program=shown)
        )


def _run(words: Sequence[str], patience_s: float) -> tuple[bytes, int | None]:
    """Return what a program prints, as far as that may be a key, and its exit status.

    Returns:
        The status is None if the program was stopped, since it took too long.
    """
    is_alone = not _has_terminal()
    reading, writing = os.pipe()
    said = _Said(reading)
    process = None
    try:
        with signals.Held():
            process = subprocess.Popen(  # noqa: S603 the user's own command, and no shell
                words,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.DEVNULL,
                start_new_session=is_alone,
            )
            said.start()
        status = _wait(process, patience_s)
    except KeyboardInterrupt:
        if process is not None and (sys.platform == "win32" or not is_alone):
            _wait(process, _TO_END_ITSELF_S)
        raise
    finally:
        if process is not None and process.poll() is None:
            _end(process, is_alone=is_alone)
        said.end(writing)
    if status is None:
        return b"", None
    return said.text, status


def _wait(process: subprocess.Popen[bytes], patience_s: float) -> int | None:
    """Return the exit status of a program; None if it is not done by then.

    After a signal, `Popen.wait` would not return at once.
    """
    until_s = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < until_s:
        time.sleep(_LOOK_S)
    return process.returncode


def _has_terminal() -> bool:
    """Return whether a person at a terminal may be asked for something, and may press Ctrl-C.

    In a session of its own, a program could not ask; and Ctrl-C reaches all that are asking.
    """
    if sys.platform == "win32":
        return False
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


def _end(process: subprocess.Popen[bytes], *, is_alone: bool) -> None:
    """End a program, and what it has started, if that can be told from ourselves."""
    # Another user's, such as one by sudo, is left to itself.
    with contextlib.suppress(OSError):
        if is_alone and sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_MOST_TO_END_S)


class _Said:
    """What a program prints until its end, though others that it has started keep the pipe.

    Args:
        reading: the end of the pipe that is read.
    """

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self._mark = os.urandom(16)
        self._found = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)

    @property
    def text(self) -> bytes:
        """What was printed; cut off, but still too long, if it was too long."""
        return bytes(self._found).partition(self._mark)[0]

    def start(self) -> None:
        """Read in a thread: pipes of Windows cannot be waited for."""
        self._thread.start()

    def end(self, writing: int) -> None:
        """Stop to read behind what is in the pipe.

        Args:
            writing: the other end, which the program had too.
        """
        # Nobody reads any more if there was too much.
        with contextlib.suppress(OSError):
            os.write(writing, self._mark)
        os.close(writing)
        if self._thread.ident is None:
            os.close(self._reading)
        else:
            self._thread.join()

    def _read(self) -> None:
        try:
            while len(self._found) <= _MOST_BYTES and self._mark not in self._found:
                part = os.read(self._reading, _MOST_BYTES)
                if not part:
                    return
                self._found += part
        finally:
            os.close(self._reading)


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
