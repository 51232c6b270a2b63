"""The words for a server whose certificate does not hold: what is wrong, and who can mend it.

What a certificate says comes from the network: it is quoted and cut, and no message tells to
install what was met there, only to ask those for it whom the name belongs to.
"""

from __future__ import annotations

import datetime as dt
import os
import ssl
import sys
from collections.abc import Sequence
from enum import Enum, auto

from batch_update import wording
from batch_update.i18n import N_, _
from batch_update.justclick.trust import BundleError, Certificate, UntrustedServerError


class _Fault(Enum):
    UNKNOWN_ISSUER = auto()
    NOT_IN_BUNDLE = auto()
    SELF_SIGNED = auto()
    TIME = auto()
    EXPIRED = auto()
    NOT_YET_VALID = auto()
    NAME = auto()
    NO_NAME = auto()
    REVOKED = auto()
    WEAK = auto()
    OTHER = auto()


_CODES = {
    _Fault.UNKNOWN_ISSUER: frozenset({2, 19, 20, 21, 27, 0x800B0109, 0x800B010A, -67843}),
    _Fault.SELF_SIGNED: frozenset({18}),
    _Fault.TIME: frozenset({9, 10, 0x800B0101, -67818, -67819}),
    _Fault.NAME: frozenset({62, 64, 0x800B010F, -67602}),
    _Fault.REVOKED: frozenset({23, 0x800B010C, 0x80092010, -67820}),
    _Fault.WEAK: frozenset({66, 67, 68}),
}
"""The numbers that OpenSSL, Windows (as unsigned ones) and macOS (below zero) have for a fault.

Source:
    openssl/x509_vfy.h, winerror.h, Security/SecBase.h.
"""

_WHAT = {
    _Fault.UNKNOWN_ISSUER: N_(
        "The certificate of {host} comes from {issuer}, which this machine does not trust."
    ),
    _Fault.NOT_IN_BUNDLE: N_(
        "The certificate of {host} comes from {issuer}, which is not in {bundle}; {variable} names "
        "that, so nothing else is trusted."
    ),
    _Fault.SELF_SIGNED: N_(
        "The certificate of {host} is signed by nobody but itself, {issuer}, which this machine "
        "does not trust."
    ),
    _Fault.TIME: N_("The certificate of {host}, from {issuer}, has expired, or is not valid yet."),
    _Fault.EXPIRED: N_("The certificate of {host}, from {issuer}, expired on {when}."),
    _Fault.NOT_YET_VALID: N_("The certificate of {host}, from {issuer}, is valid from {when} on."),
    _Fault.NAME: N_("The certificate of {host}, from {issuer}, is for {names}, not for {host}."),
    _Fault.NO_NAME: N_(
        "The certificate of {host}, from {issuer}, does not say for which host it is (a common "
        "name does not count)."
    ),
    _Fault.REVOKED: N_("The certificate of {host} has been revoked by {issuer}."),
    _Fault.WEAK: N_("The certificate of {host}, from {issuer}, is too weak: {cause}."),
    _Fault.OTHER: N_("The certificate of {host}, from {issuer}, does not hold: {cause}."),
}

_ASK_FOR_ROOT = N_(
    "If that is your company's proxy, your antivirus or an authority of your country's, ask the "
    "administrator to get its root certificate from whoever runs it, and to install it in {place}. "
    "If nobody knows the name, do not go on: somebody may be reading along."
)
_CHECK_CLOCK = N_(
    "This machine's date is {today}: if that is wrong, ask the administrator to set it. If not, "
    "tell the shop's support, or the administrator if {issuer} is your own proxy or antivirus."
)
_CHECK_ADDRESS = N_(
    "Ask the administrator whether the address is right (--base-url), and who answers there."
)
_TELL = N_(
    "Tell the shop's support, or the administrator if {issuer} is your own proxy or antivirus."
)
_INTERMEDIATE = N_(
    "If it is a well-known authority, the server fails to send an intermediate certificate: tell "
    "the shop's support."
)
_CURES = {
    _Fault.UNKNOWN_ISSUER: _ASK_FOR_ROOT,
    _Fault.NOT_IN_BUNDLE: _ASK_FOR_ROOT,
    _Fault.SELF_SIGNED: _ASK_FOR_ROOT,
    _Fault.TIME: _CHECK_CLOCK,
    _Fault.EXPIRED: _CHECK_CLOCK,
    _Fault.NOT_YET_VALID: _CHECK_CLOCK,
    _Fault.NAME: _CHECK_ADDRESS,
    _Fault.NO_NAME: _CHECK_ADDRESS,
    _Fault.REVOKED: N_("Do not go on, and tell the shop's support."),
    _Fault.WEAK: _TELL,
    _Fault.OTHER: _TELL,
}

_PLACES = {
    "win32": N_('"Trusted Root Certification Authorities" of the local computer ({at})'),
    "darwin": N_('the keychain "System", as always trusted'),
}
_PLACE = N_("the system's certificates ({at})")
_AT = {"win32": ["certlm.msc"], "darwin": [""]}
_FOLDERS = ["/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors"]
_LONGEST_CHAIN = 10
_NAMES_SHOWN = 3


def explain(error: UntrustedServerError) -> str:
    """Return what is wrong with the certificate, and what to do, in full sentences."""
    fault = _fault_of(error)
    cause = " ".join((error.verify_message or str(error.args[-1])).split())
    when = _ends_of(error.chain).get(fault)
    sentences = [_(_WHAT[fault]), _(_CURES[fault])]
    if fault in {_Fault.UNKNOWN_ISSUER, _Fault.NOT_IN_BUNDLE} and len(error.chain) == 1:
        sentences.append(_(_INTERMEDIATE))
    return " ".join(sentences).format(
        host=wording.printable(error.host),
        issuer=_issuer_of(error.chain),
        names=_names_of(error.chain),
        when=wording.day(when) if when else "",
        today=wording.day(dt.datetime.now(dt.UTC)),
        cause=wording.printable(cause)[:200].rstrip("."),
        place=_place(error.bundle),
        bundle=wording.quote(error.bundle or ""),
        variable=_variable(),
    )


def explain_bundle(error: BundleError) -> str:
    """Return why the certificates cannot be read, and what to do."""
    cause = error.__cause__
    return _(
        "{variable} names {bundle} for the certificates that are trusted, which cannot be read: "
        "{cause}. Ask the administrator to correct the variable, or to remove it: then those of "
        "the system are trusted."
    ).format(
        variable=_variable(),
        bundle=wording.quote(error.bundle),
        cause=wording.reason_of(cause) if isinstance(cause, OSError) else "",
    )


def is_too_old(error: BaseException) -> bool:
    """Return whether a handshake failed since the server offers older versions of TLS only."""
    return isinstance(error, ssl.SSLError) and error.reason in {
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
    }


def explain_old() -> str:
    """Return what to do about a server that offers older versions of TLS only."""
    return _(
        "It offers no TLS 1.2 or newer. Tell the shop's support, or the administrator if a proxy "
        "of your own stands between."
    )


def _fault_of(error: UntrustedServerError) -> _Fault:
    fault = next((one for one, codes in _CODES.items() if error.verify_code in codes), _Fault.OTHER)
    if fault is _Fault.UNKNOWN_ISSUER and error.bundle is not None:
        return _Fault.NOT_IN_BUNDLE
    if fault is _Fault.TIME:
        return next(iter(_ends_of(error.chain)), fault)
    if fault is _Fault.NAME and not _names_of(error.chain):
        return _Fault.NO_NAME
    return fault


def _ends_of(chain: Sequence[Certificate]) -> dict[_Fault, dt.datetime]:
    """Return on which day a certificate of a chain expired, or becomes valid."""
    now = dt.datetime.now(dt.UTC)
    expired = [when for one in chain if (when := _moment(one["notAfter"])) < now]
    to_come = [when for one in chain if (when := _moment(one["notBefore"])) > now]
    return {
        **({_Fault.EXPIRED: min(expired)} if expired else {}),
        **({_Fault.NOT_YET_VALID: max(to_come)} if to_come else {}),
    }


def _moment(text: str) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
        seconds=ssl.cert_time_to_seconds(text)
    )


def _names_of(chain: Sequence[Certificate]) -> str:
    names = [
        wording.quote(name)
        for certificate in chain[:1]
        for kind, name in certificate.get("subjectAltName", ())
        if kind.startswith(("DNS", "IP"))
    ]
    return ", ".join([*names[:_NAMES_SHOWN], *["…"][: len(names) > _NAMES_SHOWN]])


def _issuer_of(chain: Sequence[Certificate]) -> str:
    """Return who stands at the end of a chain, as far as the server has shown it."""
    if not chain:
        return _("an authority that the error does not name")
    issuers = {one["subject"]: one["issuer"] for one in chain}
    name = chain[0]["issuer"]
    for __ in range(_LONGEST_CHAIN):
        name = issuers.get(name, name)
    return _show(name)


def _show(name: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return a distinguished name by its common name and organisation, or by all that it has."""
    parts = {key: wording.quote(value) for part in name for key, value in part if value.strip()}
    known = [parts[key] for key in ("commonName", "organizationName") if key in parts]
    return ", ".join(known or parts.values()) or _("an authority without a name")


def _place(bundle: str | None) -> str:
    if bundle is not None:
        return wording.quote(bundle)
    at = wording.either(_AT.get(sys.platform, _FOLDERS))
    return _(_PLACES.get(sys.platform, _PLACE)).format(at=at)


def _variable() -> str:
    """Return which variable names a bundle; requests looks at them in this order."""
    return "REQUESTS_CA_BUNDLE" if os.environ.get("REQUESTS_CA_BUNDLE") else "CURL_CA_BUNDLE"
