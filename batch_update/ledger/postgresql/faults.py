"""What is wrong with a database that cannot be used, and who must do what, in words."""

from __future__ import annotations

import logging
import re
from typing import NamedTuple

import psycopg

from batch_update import wording
from batch_update.i18n import N_, _

_logger = logging.getLogger(__name__)


class _Fault(NamedTuple):
    """A kind of fault.

    Args:
        states: the states of the server's error, or how they begin.
        says: what stands in the driver's text, which is all there is when a connection fails.
        why: what is wrong.
        advice: what to do.
    """

    states: tuple[str, ...]
    says: re.Pattern[str]
    why: str
    advice: str


def _any(*texts: str) -> re.Pattern[str]:
    return re.compile("|".join(texts), re.IGNORECASE)


# Servers may speak Russian, the driver speaks English. Of several servers, what is wrong with the
# one that answered counts more than that another did not.
_FAULTS = (
    _Fault(
        ("28P01",),
        _any("password authentication failed", "no password supplied", "по паролю"),
        N_("the user or the password is wrong"),
        N_(
            "Put the user into the address and the password into your password file (pgpass); ask "
            "the administrator of the database for both."
        ),
    ),
    _Fault(
        ("28",),
        _any(
            'role "[^"]*" (does not exist|is not permitted)',
            'роль [«"][^»"]*[»"] не существует',
            r"pg_hba\.conf",
            "authentication failed",
            "проверку подлинности",
        ),
        N_("the server does not let this user in"),
        N_(
            "Check the user in the address; if it is right, ask the administrator of the database "
            "to let it in from this machine."
        ),
    ),
    _Fault(
        ("3D",),
        _any('database "[^"]*" does not exist', 'база данных [«"][^»"]*[»"] не существует'),
        N_("the server has no such database"),
        N_(
            "Check the name of the database in the address, or ask the administrator of the "
            "database for it."
        ),
    ),
    _Fault(
        ("53300",),
        _any(
            "too many clients",
            "too many connections",
            "connection slots",
            "no more connections allowed",
            "слишком много",
            "слоты подключений",
        ),
        N_("the server has no connection left"),
        N_(
            "Wait until others have ended; if it stays so, ask the administrator of the database "
            "to allow more connections: each run needs two."
        ),
    ),
    _Fault(
        ("57P03",),
        _any(
            "the database system is",
            "not (yet )?accepting connections",
            "система баз данных",
        ),
        N_("the server is starting, stopping or being restored"),
        N_("Wait a minute; if it stays so, ask the administrator of the database."),
    ),
    _Fault(
        ("25006",),
        _any("session is read-only", "read-only transaction", "in hot standby mode"),
        N_("the server takes no notes just now"),
        N_("Name the server that takes notes, or ask the administrator of the database."),
    ),
    _Fault(
        (),
        _any("does not support SSL"),
        N_("the server takes no encrypted connections"),
        N_("Ask the administrator of the database to switch TLS on."),
    ),
    _Fault(
        ("57P01", "57P02", "25P03"),
        _any(
            "closed the connection",
            "connection reset",
            "reset by peer",
            "broken pipe",
            "terminating connection",
            "connection is (closed|lost)",
            "has been closed unexpectedly",
            "unexpected eof",
            "EOF detected",
            "could not (receive data from|send data to) server",
            "0x00002745",
            "0x00002746",
            "закрытие подключения",
        ),
        N_("the connection broke off"),
        N_("Check the network; if it stays so, ask the administrator of the database."),
    ),
    _Fault(
        ("53100", "53200"),
        _any("no space left on device", "could not extend file", "out of memory"),
        N_("the server has no room left on its disk or in its memory"),
        N_("Ask the administrator of the database to make room."),
    ),
    _Fault(
        (),
        _any("does not match host name", "hostname mismatch"),
        N_("the server's certificate is for another name than the host in the address"),
        N_(
            "Write the host into the address as the certificate names it; ask the administrator of "
            "the database for the name."
        ),
    ),
    _Fault(
        (),
        _any("root certificate file .* does not exist", "could not read root certificate"),
        N_("the file of the root certificate (sslrootcert) cannot be read"),
        N_("Check its name in the address; ask the administrator of the database for the file."),
    ),
    _Fault(
        (),
        _any("certificate has expired"),
        N_("the server's certificate has expired"),
        N_("Ask the administrator of the database to renew it."),
    ),
    _Fault(
        (),
        _any("certificate", "SSL error", "TLS"),
        N_("the server does not prove its name with a certificate that is trusted here"),
        N_(
            "Write the host into the address as the certificate names it, and name the root "
            "certificate there (sslrootcert); ask the administrator of the database for both."
        ),
    ),
    _Fault(
        (),
        _any("connection refused", "0x0000274D"),
        N_("nothing takes connections at this address"),
        N_(
            "Check the host and the port in the address; if they are right, ask the administrator "
            "of the database whether it runs."
        ),
    ),
    _Fault(
        (),
        _any("no such file or directory"),
        N_("there is no such socket on this machine"),
        N_(
            "Name the host of the database in the address; if it is this machine, ask its "
            "administrator whether the database runs."
        ),
    ),
    _Fault(
        (),
        _any("translate host name", "resolve host", "getaddrinfo", "name or service not known"),
        N_("no machine of that name is found"),
        N_("Check the host in the address, and the network."),
    ),
    _Fault(
        (),
        _any("no route to host", "network is unreachable", "0x00002743", "0x00002751"),
        N_("the network does not lead to the server"),
        N_("Check the network, and the host in the address."),
    ),
    _Fault(
        (),
        _any("timeout expired", "timed out", "0x0000274C"),
        N_("the server does not answer"),
        N_(
            "Check the network and the address; if it stays so, ask the administrator of the "
            "database."
        ),
    ),
)


def reason_of(error: psycopg.Error) -> str:
    """Return what is wrong, for people: in one line, without an end.

    The server and the driver speak languages of their own; where we know what they mean, what they
    say is in the log only.
    """
    text = error.diag.message_primary or str(error) or type(error).__name__
    # What the driver asks back after a socket that is not there.
    text = re.sub(r"Is the server running\b[^?]*\?", "", text)
    said = wording.printable(" ".join(text.split())).rstrip(".?!: ")
    fault = _fault_of(error)
    if fault is None:
        return _('"{said}"').format(said=said)
    _logger.info("the ledger's database: %s", said)
    return _(fault.why)


def advice_of(error: psycopg.Error) -> str:
    """Return who must do what, for people, in sentences."""
    fault = _fault_of(error)
    if fault is None:
        return _(
            "Check the network and the address; if it stays so, ask the administrator of the "
            "database."
        )
    return _(fault.advice)


def _fault_of(error: psycopg.Error) -> _Fault | None:
    if state := error.sqlstate:
        return next((fault for fault in _FAULTS if state.startswith(fault.states)), None)
    if not isinstance(error, psycopg.OperationalError):
        return None
    text = str(error)
    return next((fault for fault in _FAULTS if fault.says.search(text)), None)
