"""Check of the ledger's file before it is used, and its faults in words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from batch_update import wording
from batch_update.errors import LedgerError, LedgerInUseError
from batch_update.i18n import N_, _
from batch_update.ledger.sqlite import sharing, sql

_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_RIGHTS = frozenset({sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})
"""What SQLite says where the right to a file, or to those beside it, is missing."""
_REASONS: Mapping[int, str] = {
    sqlite3.SQLITE_CANTOPEN: N_("the file cannot be opened"),
    sqlite3.SQLITE_FULL: N_("no space left on device"),
    sqlite3.SQLITE_IOERR: N_("input/output error"),
    sqlite3.SQLITE_NOMEM: N_("out of memory"),
    sqlite3.SQLITE_PERM: N_("permission denied"),
    sqlite3.SQLITE_READONLY: N_("it may only be read"),
}


class Guard:
    """What is said of one ledger that cannot be used.

    Args:
        path: its file; None for a record that ends with the run.

    Attributes:
        shown: its name in messages.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.shown = (
            _("the ledger")
            if path is None
            else _("the ledger {path}").format(path=wording.printable(str(path)))
        )

    def examine(self, path: Path) -> None:
        """Check a file without changing it, and refuse it if it is no ledger of ours."""
        if not path.exists() or path.stat().st_size == 0:
            return
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as db:
            self.version_of(db)

    def version_of(self, db: sqlite3.Connection) -> int:
        """Return the version of an open ledger; 0 for one that is empty.

        Raises:
            LedgerError: it is another program's, or a newer version's.
        """
        (application_id,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        is_ours = application_id == sql.APPLICATION_ID
        if is_ours and version <= sql.VERSION:
            # Only here and there, so that it takes no longer as the ledger grows.
            for query in sql.GLANCE_AT_VERSION_1 if version == 1 else sql.GLANCE:
                db.execute(query).fetchone()
        if not is_ours and tables:
            raise LedgerError(
                _(
                    "{shown} is a file of another program. Name another place: --ledger PATH."
                ).format(shown=self.shown)
            )
        if version > sql.VERSION:
            raise LedgerError(
                _(
                    "{shown} was written by a newer batch-update. Install that one here too; "
                    "nothing was sent."
                ).format(shown=self.shown)
            )
        return int(version) if tables else 0

    @contextlib.contextmanager
    def told_when_read(self) -> Iterator[None]:
        """Turn errors of reading alone into a line for the user."""
        with self.told(_("read")):
            try:
                yield
            except sqlite3.OperationalError as error:
                if _code_of(error) in _IN_USE:
                    raise
                raise LedgerError(
                    _(
                        "{shown} cannot be read: {reason}. Ask for the right to read it, or name "
                        "another place: --ledger PATH."
                    ).format(shown=self.shown, reason=_reason_of(error))
                ) from error

    def in_use(self) -> LedgerInUseError:
        """Return the error of a ledger that another program keeps to itself."""
        return LedgerInUseError(
            _(
                "{shown} is in use by another program that does not let go of it. Wait a "
                "minute and start again; if it stays so, ask the administrator which program "
                "holds it (another batch-update, a backup, an editor). Nothing more is sent."
            ).format(shown=self.shown)
        )

    @contextlib.contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn errors of SQLite and the file system into a line for the user."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if _code_of(error) in _IN_USE:
                raise self.in_use() from error
            is_right = _code_of(error) in _RIGHTS
            raise self._unusable(what, _reason_of(error), is_right=is_right) from error
        except (sqlite3.DatabaseError, ValueError, OverflowError, TypeError) as error:
            raise self._damaged(str(error)) from error
        except OSError as error:
            import filelock

            if isinstance(error, filelock.Timeout):
                raise
            is_right, reason = isinstance(error, PermissionError), wording.reason_of(error)
            raise self._unusable(what, reason, is_right=is_right) from error

    def _unusable(self, what: str, reason: str, *, is_right: bool) -> LedgerError:
        """Name another place only where no ledger is: another one would not know what was sent."""
        path = self._path
        if path is None or sharing.is_absent(path):
            text = _(
                "{shown} cannot be {what}: {reason}. Make room or ask for the right to write "
                "there, or name another place: --ledger PATH. Nothing more is sent."
            )
        elif is_right:
            text = _(
                "{shown} cannot be {what}: {reason}. Ask its owner or the administrator for the "
                "right to read and write it, the files beside it and its folder. Do not take "
                "another ledger: it would not know what was sent, and send it twice. Nothing "
                "more is sent."
            )
        else:
            text = _(
                "{shown} cannot be {what}: {reason}. Make room on its disk, or ask the "
                "administrator. Do not take another ledger: it would not know what was sent, and "
                "send it twice. Nothing more is sent."
            )
        return LedgerError(text.format(shown=self.shown, what=what, reason=reason))

    def _damaged(self, what: str) -> LedgerError:
        return LedgerError(
            _(
                "{shown} is damaged ({what}), so it cannot tell what was sent before. Nothing "
                "was sent. Put a copy from a backup in its place, and delete the files beside "
                "it that end in -wal and -shm; or move all three away and run only rows that "
                "no run has sent before."
            ).format(shown=self.shown, what=" ".join(what.split()))
        )


def _code_of(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _reason_of(error: sqlite3.Error) -> str:
    usual = _REASONS.get(_code_of(error), "")
    return _(usual) if usual else wording.printable(str(error))
