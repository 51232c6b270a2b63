"""The errors, and the policy that each of them carries.

    BatchUpdateError               one line for the user, one exit status
    ├── SettingsError              arguments or environment make no sense           exit 2
    ├── InputFileError             cannot be read, or lacks a needed column         exit 2
    │   ├── HeaderError            lacks a needed column, or its header is not clear    exit 2
    │   └── PracticeFileError      a practice run's file, which is no input             exit 2
    ├── OutputFileError            results cannot be written                        exit 2
    ├── LedgerError                cannot be opened, or is damaged                  exit 2
    │   ├── LedgerInUseError       another program keeps it from being opened       exit 4
    │   │   └── ShopHeldError      another run is at work with the shop             exit 4
    │   ├── LedgerAwayError        a team's, whose database cannot be reached       exit 5
    │   └── LeaseLostError         a team's, in which this run counts as lost       exit 3
    ├── SpoolError                 no room for data that does not fit in memory     exit 2
    └── SendError                  about one update; stops the batch at last        exit 3

A `SendError` says how much of the run it concerns (`scope`), whether the same call may be made
again (`is_retriable`), and whether the shop may have acted on it (`may_have_acted`):

    SendError                                                    scope       again  acted
    ├── NotDeliveredError          certainly not acted on        connection  yes    no
    │   └── OverloadedError        signed: the limit is used up  overload    yes    no
    ├── OutcomeUnknownError        no answer                     connection  yes    maybe
    │   ├── BusyError              429 or 503, a gateway's page  connection  yes    maybe
    │   ├── NotShownError          not in the shop, or not yet   row         yes    maybe
    │   └── UnexpectedAnswerError  not one of the API's          answer      yes    maybe
    │       └── UntrustedAnswerError   redirect, flood, forgery  answer      no     maybe
    │           └── WrongKeyError  signed with another key       account     no     maybe
    └── AccountError               every call would fail alike   account     no     no
        ├── AccountRefusedError    signed: login, address, …     account     no     no
        └── CannotConnectError     TLS, proxy, certificates      account     no     no

A refusal for one order is not an error but the shop's answer, a value. A bad row is not an
exception either: it is a `Problem`, a value that ends in the results file.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """Exit status of the program.

    Source:
        sysexits.h: 70 is an internal software error. Python's own 1 would pass for rows that need a
        person.
    """

    DONE = 0
    ROWS_NEED_A_PERSON = 1
    COULD_NOT_START = 2
    STOPPED_EARLY = 3
    LEDGER_IN_USE = 4
    LEDGER_AWAY = 5
    PROGRAM_FAULT = 70
    INTERRUPTED = 130


class FailureScope(StrEnum):
    """The part of a run that a failure concerns.

    ROW: this row alone. CONNECTION: the shop is out of reach or too busy. ANSWER: the server is
    not the shop's API, or cannot prove that it is. OVERLOAD: the account's limit is used up, or its
    API switched off. ACCOUNT: login, key, address or TLS; all others would fail alike. PROGRAM: a
    fault of the program itself.
    """

    ROW = "row"
    CONNECTION = "connection"
    ANSWER = "answer"
    OVERLOAD = "overload"
    ACCOUNT = "account"
    PROGRAM = "program"


class BatchUpdateError(Exception):
    """Base of all errors that end in one line for the user; its text is that line.

    Attributes:
        exit_status: of a run that it ends.
        kind: one word for it, for programs.
    """

    exit_status: ClassVar[ExitStatus] = ExitStatus.COULD_NOT_START
    kind: ClassVar[str] = "send"


class SettingsError(BatchUpdateError):
    """Arguments or environment that are invalid, alone or together."""

    kind = "settings"


class InputFileError(BatchUpdateError):
    """A sheet that cannot be read, or lacks a needed column."""

    kind = "input_file"


class HeaderError(InputFileError):
    """A sheet whose header row lacks a needed column or is not clear; its text quotes that row."""

    kind = "header"


class PracticeFileError(InputFileError):
    """A file that a practice run wrote, named as a sheet."""

    kind = "practice_file"


class OutputFileError(BatchUpdateError):
    """Results that cannot be written to their place."""

    kind = "output_file"


class LedgerError(BatchUpdateError):
    """A ledger that cannot be opened, or is damaged."""

    kind = "ledger"


class LedgerInUseError(LedgerError):
    """A ledger that another program has locked for longer than we wait."""

    kind = "ledger_in_use"
    exit_status = ExitStatus.LEDGER_IN_USE


class ShopHeldError(LedgerInUseError):
    """A shop that another run is sending updates to.

    Args:
        text: the message for the user.
        who: that run, in words.
    """

    kind = "shop_held"

    def __init__(self, text: str, *, who: str) -> None:
        super().__init__(text)
        self.who = who


class LedgerAwayError(LedgerError):
    """A team's ledger whose database cannot be reached; nothing is sent without it."""

    kind = "ledger_away"
    exit_status = ExitStatus.LEDGER_AWAY


class LeaseLostError(LedgerError):
    """A team's ledger in which this run counts as lost, so that it may note nothing more."""

    kind = "lease_lost"
    exit_status = ExitStatus.STOPPED_EARLY


class SpoolError(BatchUpdateError):
    """A folder of temporary files without room for data that does not fit in memory."""

    kind = "spool"


class SendError(BatchUpdateError):
    """One update that got no verified answer.

    Args:
        text: the message for the user.
        code: one word for it (`no_answer`, `http_503`), or the API's own number.

    Attributes:
        scope: the part of the run that it concerns.
        is_retriable: whether the same call may be made again, if it only sets a value.
        may_have_acted: whether the shop may have acted on the call, or still will.
        is_refusal: whether it is the shop's own refusal of the update.
        is_busy: whether the server reports that it is overloaded.
        retry_after_s: seconds that the server asked us to wait; None if it did not say.
    """

    exit_status = ExitStatus.STOPPED_EARLY
    scope: ClassVar[FailureScope] = FailureScope.CONNECTION
    is_retriable: ClassVar[bool] = False
    may_have_acted: ClassVar[bool] = False
    is_refusal: ClassVar[bool] = False
    is_busy: ClassVar[bool] = False
    retry_after_s: float | None = None

    def __init__(self, text: str, *, code: str | int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class NotDeliveredError(SendError):
    """The server certainly did not act, so the same update may be sent again."""

    is_retriable = True


class OverloadedError(NotDeliveredError):
    """The API's own word that the limit for this address is used up, or the API is off."""

    scope = FailureScope.OVERLOAD
    is_busy = True


class OutcomeUnknownError(SendError):
    """The server may have acted: the update must not be repeated without a check."""

    is_retriable = True
    may_have_acted = True


class BusyError(OutcomeUnknownError):
    """HTTP 429 or 503 from elsewhere: a gateway may send it though the shop has acted.

    Args:
        text: the message for the user.
        code: one word for it.
        retry_after_s: seconds that the server asked us to wait; None if it did not say.
    """

    is_busy = True

    def __init__(self, text: str, *, code: str | int, retry_after_s: float | None = None) -> None:
        super().__init__(text, code=code)
        self.retry_after_s = retry_after_s


class NotShownError(OutcomeUnknownError):
    """A payment that the shop, when asked, does not show, or not yet."""

    scope = FailureScope.ROW


class UnexpectedAnswerError(OutcomeUnknownError):
    """An answer that the API does not give, such as a page."""

    scope = FailureScope.ANSWER


class UntrustedAnswerError(UnexpectedAnswerError):
    """An answer that no retry can repair: redirect, flood, missing signature."""

    is_retriable = False


class WrongKeyError(UntrustedAnswerError):
    """An answer that is signed with another key than ours, and shows that ours is wrong."""

    scope = FailureScope.ACCOUNT


class AccountError(SendError):
    """Login, key, address, account or TLS: every further update would fail the same way."""

    scope = FailureScope.ACCOUNT


class AccountRefusedError(AccountError):
    """The shop's own refusal of everything from this account or this machine."""

    is_refusal = True


class CannotConnectError(AccountError):
    """No connection can be made with these settings: TLS, proxy, certificates."""


class HeldBackError(Exception):
    """A request that was held back at the last moment; nothing of it left, so it is no try.

    It goes from the last check before a request to whoever called, and is shown to nobody.
    """
