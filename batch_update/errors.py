"""What can go wrong, and what each kind means for the run.

    BatchUpdateError               one line for the user, one exit status
    ├── SettingsError              arguments or environment make no sense           exit 2
    ├── InputFileError             cannot be read, or lacks a needed column         exit 2
    ├── OutputFileError            results cannot be written                        exit 2
    ├── LedgerError                cannot be opened, is damaged, or another run holds it  exit 2
    │   └── LedgerInUseError       another program keeps it from being opened       exit 4
    ├── SpoolError                 no room for what does not fit in memory          exit 2
    └── SendError                  about one update
        ├── NotDeliveredError      the server certainly did not act: try again
        │   └── OverloadedError    its own signed word: limit used up           exit 3 at last
        ├── OutcomeUnknownError    it may have acted
        │   ├── UnexpectedAnswerError  the answer is not one of the API's
        │   └── BusyError          HTTP 429 or 503 with another's words: all workers slow down
        └── AccountRefusedError    login, key, address, TLS: the batch stops        exit 3

A bad row is not an exception: it is a `Problem`, a value that ends in the results file.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """What the shell is told when the program ends."""

    DONE = 0
    ROWS_NEED_A_PERSON = 1
    COULD_NOT_START = 2
    STOPPED_EARLY = 3
    LEDGER_IN_USE = 4
    INTERRUPTED = 130


class BatchUpdateError(Exception):
    """Anything that ends in one line for the user; its text is that line."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.COULD_NOT_START


class SettingsError(BatchUpdateError):
    """Arguments or environment that make no sense together or alone."""


class InputFileError(BatchUpdateError):
    """A sheet that cannot be read, or lacks a column without which no row means anything."""


class OutputFileError(BatchUpdateError):
    """Results that cannot be written where they should go."""


class LedgerError(BatchUpdateError):
    """A ledger that cannot be opened, is damaged, or is held by another run."""


class LedgerInUseError(LedgerError):
    """A ledger that another program keeps to itself for longer than is waited for."""

    exit_status = ExitStatus.LEDGER_IN_USE


class SpoolError(BatchUpdateError):
    """A folder of temporary files without room for what does not fit in memory."""


class SendError(BatchUpdateError):
    """One update that got no verified answer.

    Args:
        text: what happened, for the user.
        code: one word for it (`no_answer`, `http_503`), or the API's own number.

    Attributes:
        is_busy: whether it says that the server has too much to do.
        retry_after_s: how long the server asked us to wait, in seconds; None if it did not say.
    """

    exit_status = ExitStatus.STOPPED_EARLY
    is_busy: ClassVar[bool] = False
    retry_after_s: float | None = None

    def __init__(self, text: str, *, code: str | int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class NotDeliveredError(SendError):
    """The server certainly did not act, so the same update may be sent again."""


class OverloadedError(NotDeliveredError):
    """The API's own answer 8: the limit for this address is used up, or the API is off."""

    is_busy = True


class OutcomeUnknownError(SendError):
    """The server may have acted: the update must not be repeated without thought.

    Args:
        text: what happened, for the user.
        code: one word for it.
        retriable: whether another try may settle it; never so for a signature that fails, since
            an answer is not to be retried into success.
    """

    def __init__(self, text: str, *, code: str | int, retriable: bool = True) -> None:
        super().__init__(text, code=code)
        self.retriable = retriable


class UnexpectedAnswerError(OutcomeUnknownError):
    """An answer that the API does not give: a page, a redirect, a wrong signature."""


class BusyError(OutcomeUnknownError):
    """HTTP 429 or 503 with another's words: a gateway may say so though the shop has acted.

    Args:
        text: what happened, for the user.
        code: one word for it.
        retry_after_s: how long the server asked us to wait, in seconds; None if it did not say.
    """

    is_busy = True

    def __init__(self, text: str, *, code: str | int, retry_after_s: float | None = None) -> None:
        super().__init__(text, code=code)
        self.retry_after_s = retry_after_s


class AccountRefusedError(SendError):
    """Login, key, address, account or TLS: every further update would fail the same way."""
