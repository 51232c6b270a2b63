"""One call of the API over HTTP: a verified answer, or an error that tells its effect."""

from __future__ import annotations

import datetime as dt
import io
import logging
import random
import re
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from typing import Self
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidURL, RequestException
from urllib3.exceptions import HTTPError, LocationValueError, ReadTimeoutError

import batch_update
from batch_update import wording
from batch_update.errors import (
    BusyError,
    CannotConnectError,
    HeldBackError,
    NotDeliveredError,
    OutcomeUnknownError,
    SendError,
    UnexpectedAnswerError,
    UntrustedAnswerError,
)
from batch_update.i18n import _
from batch_update.justclick import protocol, signing, untrusted
from batch_update.justclick.bounded import AnswerTooLongError, BoundedResponse
from batch_update.justclick.connection import Connection
from batch_update.justclick.protocol import Answer
from batch_update.justclick.signing import Credentials
from batch_update.justclick.trust import BundleError, TlsContexts, UntrustedServerError

_logger = logging.getLogger(__name__)

_WHO_SAYS_SO = re.compile(r"\w+\(host=[^)]*\): ")
_LOGIN_IN_URL = re.compile(r"//\S*@")
_CONNECT_TIMEOUT_S = 10.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Client:
    """Calls the API of one shop, over one connection that is kept alive.

    Args:
        base_url: the address of the shop's API, without `/api`.
        credentials: login and key.
        timeout_s: seconds that a call may take, from the request to the end of the answer.
        tls_contexts: the certificates that are trusted, where several clients share them.
        before_sending: called when a request is about to leave over an open connection; may wait,
            returns whether it has, and raises HeldBackError if it must not leave now.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        timeout_s: float,
        tls_contexts: TlsContexts | None = None,
        before_sending: Callable[[], bool] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._timeout_s = timeout_s
        host = urlsplit(base_url).hostname or ""
        headers = {
            "User-Agent": f"batch-update/{batch_update.__version__}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "keep-alive",
        }
        # Addresses on this machine are reached without a proxy, whatever the environment says.
        proxies = {"no_proxy": host} if host in _LOOPBACK else {}
        self._connection = Connection(
            headers, proxies, tls_contexts or TlsContexts(), before_sending
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *__: object) -> None:
        self._connection.close()

    def call(self, name: str, fields: Iterable[tuple[str, str]]) -> Answer:
        """Post one call and verify its answer.

        Args:
            name: the API's name of the call.
            fields: names and values in the API's order, without `hash`.

        Returns:
            The verified answer; its code speaks of the order, not of the account.

        Raises:
            NotDeliveredError: the server certainly did not act.
            OutcomeUnknownError: it may have acted.
            AccountRefusedError: no call of this account can succeed.
            HeldBackError: `before_sending` held it back, or the server closed the connection
                meanwhile; nothing of it left.
        """
        fields = list(fields)
        request_id = f"{random.getrandbits(48):012x}"
        start = time.monotonic()
        said = _("no answer")
        try:
            answer = self._call(name, fields, request_id)
            said = _("code {code}").format(code=answer.code)
        except SendError as error:
            said = str(error.code)
            raise
        else:
            return answer
        finally:
            _logger.info(
                "request %s: %s of order %s, %s after %.0f ms",
                request_id,
                name,
                dict(fields).get("bill_id"),
                said,
                (time.monotonic() - start) * 1000,
            )

    def _call(self, name: str, fields: Iterable[tuple[str, str]], request_id: str) -> Answer:
        username, secret_key = self._credentials.username, self._credentials.secret_key
        body = _Body(signing.sign_request(fields, username, secret_key).encode("ascii"))
        response = None
        try:
            response = self._connection.post(
                f"{self._base_url}/api/{name}",
                body,
                {"X-Request-ID": request_id},
                (min(self._timeout_s, _CONNECT_TIMEOUT_S), self._timeout_s),
            )
            content = response.read_whole()
        except HeldBackError:
            raise
        except Exception as error:
            # For any error: only the body shows whether the server can have acted.
            if not body.was_read:
                raise _not_delivered(error, self._base_url) from error
            raise _lost(error, has_begun=response is not None) from error
        finally:
            if response is not None:
                self._connection.end(response)
        return _judge(response, content, secret_key)


class _Body(io.BytesIO):
    """A request's body that records whether any of it was handed to the connection.

    The body goes out last, after name lookup, connection, TLS handshake and headers. As long as
    nothing was read from it, the server cannot have acted, whatever went wrong.
    """

    was_read = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.was_read = True
        return super().read(size)


def _not_delivered(error: Exception, base_url: str) -> SendError:
    """Return the error for a failure before any of the request's body left."""
    shown = wording.printable(base_url)
    root = _root(error)
    if problem := _explain_tls(root):
        return CannotConnectError(
            _("The secure connection to {shown} failed, so nothing was sent. {problem}").format(
                shown=shown, problem=problem
            ),
            code="tls_failed",
        )
    if isinstance(error, requests.exceptions.SSLError) and not isinstance(root, ssl.SSLEOFError):
        return CannotConnectError(
            _(
                "The secure connection to {shown} failed, so nothing was sent: {cause}. "
                "Ask the administrator whether the address is right and the shop's "
                "certificate valid."
            ).format(shown=shown, cause=_cause(error)),
            code="tls_failed",
        )
    is_connection = isinstance(error, requests.ConnectionError | requests.Timeout)
    if isinstance(error, RequestException) and is_connection:
        return NotDeliveredError(
            _("No connection to {shown}: {cause}.").format(shown=shown, cause=_cause(error)),
            code="no_connection",
        )
    if isinstance(error, BundleError):
        return CannotConnectError(untrusted.explain_bundle(error), code="cannot_connect")
    return CannotConnectError(
        _(
            "No connection to {shown} can be made with these settings: {cause}. Ask the "
            "administrator to check the address, the proxy and the certificate settings."
        ).format(shown=shown, cause=_cause(error)),
        code="cannot_connect",
    )


def _explain_tls(root: BaseException) -> str:
    """Return the words for a failed handshake, with the shop or a proxy; empty for others."""
    if isinstance(root, UntrustedServerError):
        return untrusted.explain(root)
    return untrusted.explain_old() if untrusted.is_too_old(root) else ""


def _lost(error: Exception, *, has_begun: bool) -> OutcomeUnknownError:
    """Return the error for a failure after the request's body had left."""
    root = _root(error)
    is_late = isinstance(root, TimeoutError | ReadTimeoutError)
    if isinstance(root, AnswerTooLongError):
        return UntrustedAnswerError(str(root), code="answer_too_long")
    if has_begun:
        return OutcomeUnknownError(
            _("The answer began, but did not come to its end in time.")
            if is_late
            else _("The answer broke off."),
            code="half_answer",
        )
    is_broken = isinstance(root, ConnectionError | IncompleteRead)
    if isinstance(root, HTTPException | HTTPError) and not (is_late or is_broken):
        return UnexpectedAnswerError(
            _("What came back is not the answer of a web server: {cause}.").format(
                cause=_cause(error)
            ),
            code="not_http",
        )
    return OutcomeUnknownError(
        _("No answer came in time.")
        if is_late
        else _("The connection broke before an answer came."),
        code="no_answer",
    )


def _root(error: BaseException) -> BaseException:
    """Find the innermost of a chain of wrapped errors."""
    reason = error
    for __ in range(8):
        args = getattr(reason, "args", ())
        inner = getattr(reason, "reason", None) or next(
            (arg for arg in args if isinstance(arg, Exception)), None
        )
        if not isinstance(inner, Exception):
            break
        reason = inner
    return reason


def _cause(error: BaseException) -> str:
    """Find the plainest words in a chain of wrapped errors; a proxy's password is not repeated."""
    reason = _root(error)
    if isinstance(reason, LocationValueError | InvalidURL):
        # Our own address was checked before; theirs may be cut up so that a password is laid bare.
        return _("the proxy's address is malformed")
    text = " ".join((getattr(reason, "verify_message", "") or str(reason)).split())
    text = _LOGIN_IN_URL.sub("//…@", _WHO_SAYS_SO.sub("", text, count=1))
    return wording.printable(text)[:200].rstrip(".")


def _judge(response: BoundedResponse, content: bytes, secret_key: str) -> Answer:
    status = response.status
    if 300 <= status < 400 and (target := response.getheader("Location")):
        raise UntrustedAnswerError(
            _(
                "The shop's address sends us on to {target} instead of answering. Ask the "
                "administrator for the right address (--base-url)."
            ).format(target=wording.quote(target)),
            code="redirect",
        )
    try:
        answer = protocol.parse_answer(content, secret_key)
    except UnexpectedAnswerError as error:
        if status in _BUSY:
            raise BusyError(
                _("The shop is too busy to take updates (HTTP {status}).").format(status=status),
                code=f"http_{status}",
                retry_after_s=_retry_after_s(response),
            ) from error
        if status < 300 or not error.is_retriable:
            raise
        raise UnexpectedAnswerError(
            _("HTTP {status} came instead of an answer. {problem}").format(
                status=status, problem=error.text
            ),
            code=f"http_{status}",
        ) from error
    return replace(_check(answer, status), shop_time=_date_of(response))


def _check(answer: Answer, status: int) -> Answer:
    """Return an answer that is about the order, and raise the error of any other."""
    error = answer.meaning.error
    if error is not None:
        raise error(answer.explain(), code=answer.code)
    if answer.is_success and status >= 300:
        raise OutcomeUnknownError(
            _("The answer contradicts itself: HTTP {status}, and yet success.").format(
                status=status
            ),
            code=f"http_{status}",
        )
    return answer


def _retry_after_s(response: BoundedResponse) -> float | None:
    """Read `Retry-After`: seconds, or an HTTP date.

    Source:
        RFC 9110, 10.2.3.
    """
    text = response.getheader("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        # The server's own clock, if it shows one, tells the wait without regard to ours.
        shown = response.getheader("Date")
        now = parsedate_to_datetime(shown) if shown else dt.datetime.now(dt.UTC)
        return max(0.0, (_aware(until) - _aware(now)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _date_of(response: BoundedResponse) -> dt.datetime | None:
    """Read the time of the server's answer.

    Source:
        RFC 9110, 6.6.1.
    """
    try:
        return _aware(parsedate_to_datetime(response.getheader("Date", "")))
    except (ValueError, OverflowError):
        return None


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
