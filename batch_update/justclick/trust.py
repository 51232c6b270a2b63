"""Whose certificates a connection trusts: the system's and certifi's, or those of one bundle alone.

Every use of the inside of ssl is here: the handshake under a socket (`_sslobj`), which alone keeps
the certificates of a server that is not trusted. Without them a message could not name the issuer,
and to ask the server a second time, without a check, would be one connection too many.
"""

from __future__ import annotations

import contextlib
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import certifi

Certificate = Mapping[str, Any]
"""A certificate as `ssl.SSLSocket.getpeercert` shows it."""

_CHECKED_BY_SYSTEM = frozenset({"win32", "darwin"})
"""Where not OpenSSL but the system itself judges a certificate."""


class BundleError(Exception):
    """A file or folder of certificates that cannot be read.

    Args:
        bundle: its path.
    """

    def __init__(self, bundle: str) -> None:
        super().__init__(bundle)
        self.bundle = bundle


class UntrustedServerError(ssl.SSLCertVerificationError):
    """A server's certificate that does not hold.

    Args:
        error: the error of the check.
        host: the name or address that the certificate had to prove.
        chain: the certificates that the server has shown, its own first; empty if not known.
        bundle: the file or folder whose certificates alone are trusted; None for the system's.
    """

    def __init__(
        self,
        error: ssl.SSLCertVerificationError,
        *,
        host: str,
        chain: Sequence[Certificate],
        bundle: str | None,
    ) -> None:
        super().__init__(*error.args)
        self.verify_code = getattr(error, "verify_code", 0)
        self.verify_message = getattr(error, "verify_message", "")
        self.host = host
        self.chain = chain
        self.bundle = bundle


@contextlib.contextmanager
def plain_timeouts() -> Iterator[None]:
    """Turn the errors of TLS for a time that is over into the one of sockets.

    Python's ssl raises its own if no time is left to the tick: it then takes the socket for one
    that never waits. The clock of Windows has 64 ticks a second, so there it is no rare thing.

    Raises:
        TimeoutError: the time is over.
    """
    try:
        yield
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
        raise TimeoutError("timed out") from error


class CheckedContext:
    """A TLS context whose checks cannot be turned off, and whose errors show the certificates.

    It has what urllib3 asks of a context. What urllib3 sets in it has no effect.

    Args:
        context: the context that checks.
        bundle: the file or folder whose certificates alone it trusts; None for the system's.
    """

    def __init__(self, context: ssl.SSLContext, bundle: str | None) -> None:
        self._context = context
        self._bundle = bundle
        self.verify_mode = ssl.CERT_REQUIRED
        self.check_hostname = True

    def set_alpn_protocols(self, protocols: list[str]) -> None:
        """Set what is spoken over TLS."""
        self._context.set_alpn_protocols(protocols)

    def wrap_socket(self, sock: Any, *, server_hostname: str, **named: Any) -> ssl.SSLSocket:
        """Speak TLS over a connection.

        Raises:
            UntrustedServerError: the certificate does not hold.
            TimeoutError: the server did not answer in time.
        """
        named["do_handshake_on_connect"] = False
        wrapped = self._context.wrap_socket(sock, server_hostname=server_hostname, **named)
        try:
            with plain_timeouts():
                self._shake_hands(wrapped, wrapped.do_handshake, server_hostname)
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        *,
        server_hostname: str,
        **named: Any,
    ) -> ssl.SSLObject:
        """Speak TLS over a connection that speaks TLS already, to a proxy."""
        wrapped = self._context.wrap_bio(
            incoming, outgoing, server_hostname=server_hostname, **named
        )
        handshake = wrapped.do_handshake
        wrapped.do_handshake = lambda: (  # type: ignore[method-assign]
            self._shake_hands(wrapped, handshake, server_hostname)
        )
        return wrapped

    def _shake_hands(
        self, wrapped: ssl.SSLSocket | ssl.SSLObject, handshake: Callable[[], None], host: str
    ) -> None:
        # Kept, since truststore closes the socket before it raises its error.
        inside = wrapped._sslobj  # type: ignore[union-attr]
        try:
            handshake()
        except ssl.SSLCertVerificationError as error:
            raise UntrustedServerError(
                error, host=host, chain=_read_chain(inside), bundle=self._bundle
            ) from error


def _read_chain(inside: Any) -> Sequence[Certificate]:
    try:
        return [certificate.get_info() for certificate in inside.get_unverified_chain() or ()]
    except (AttributeError, ValueError):
        # Another Python's ssl, or a certificate that it cannot read: the message is poorer by it.
        return ()


class TlsContexts:
    """The certificates that are trusted, loaded as seldom as can be for the connections of a run.

    Loading them takes longer than many a call, and requests would do it for each connection.
    """

    def __init__(self) -> None:
        self._contexts: dict[str | None, CheckedContext] = {}
        self._lock = threading.Lock()

    def context(self, bundle: str | None) -> CheckedContext:
        """Return the context that checks a server's certificate.

        Args:
            bundle: a file or a folder whose certificates alone are trusted; None for the system's
                and certifi's.

        Raises:
            BundleError: the bundle cannot be read.
        """
        with self._lock:
            if bundle is None and sys.platform in _CHECKED_BY_SYSTEM:
                # One for each connection: truststore lets only one at a time shake hands in each.
                return CheckedContext(_trust_system(), None)
            if bundle not in self._contexts:
                context = _load_system() if bundle is None else _trust_bundle(bundle)
                self._contexts[bundle] = CheckedContext(context, bundle)
            return self._contexts[bundle]


def _trust_bundle(bundle: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _strengthen(context)
    is_folder = Path(bundle).is_dir()
    try:
        context.load_verify_locations(*((None, bundle) if is_folder else (bundle, None)))
    except OSError as error:
        raise BundleError(bundle) from error
    return context


def _trust_system() -> ssl.SSLContext:
    """Trust whom the system trusts, and whom certifi does, for containers without certificates."""
    # Loaded here, since nothing but a connection has a use for it.
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _strengthen(context)
    context.load_verify_locations(certifi.where())
    return context


def _load_system() -> ssl.SSLContext:
    """Let truststore load the system's certificates, for all connections.

    By itself it loads them for each, in 20 milliseconds, and lets one at a time shake hands. Where
    OpenSSL checks, neither is needed: the context within has all that it takes.
    """
    unused = ssl.MemoryBIO()
    context = _trust_system().wrap_bio(unused, unused, server_hostname="localhost").context
    context.sslsocket_class = ssl.SSLSocket
    context.sslobject_class = ssl.SSLObject
    return context


def _strengthen(context: ssl.SSLContext) -> None:
    """Set what is asked of every server, the same with each version of Python.

    As with curl and pip, a company's root need not keep to the letter of RFC 5280, which Python
    asks for since 3.13, and any certificate that is trusted may end a chain. As urllib3 does, but
    without the file that SSLKEYLOGFILE names: the keys of each connection would be written into it,
    for others to read along.
    """
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
