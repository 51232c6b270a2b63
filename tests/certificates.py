"""Certificates of every kind, made on the spot, good ones and bad."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def make(
    name: str,
    issuer: Made | None = None,
    *,
    hosts: Sequence[str] = (),
    is_authority: bool = False,
    days: tuple[float, float] = (-1, 30),
    bits: int | None = None,
    use: ObjectIdentifier | None = SERVER,
    is_by_the_letter: bool = True,
    only_for: str | None = None,
) -> Made:
    """Make a certificate.

    Args:
        name: its common name.
        issuer: who signs it; None for itself.
        hosts: the names and addresses that it is for.
        is_authority: whether it may sign others.
        days: from when until when it is valid, in days from now.
        bits: of an RSA key; None for another, good one.
        use: what a server's certificate may be used for.
        is_by_the_letter: whether it says all that RFC 5280 wants of it.
        only_for: the domain that an authority is limited to.
    """
    key: Key = (
        rsa.generate_private_key(public_exponent=65537, key_size=bits)
        if bits
        else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
    )
    if is_authority or is_by_the_letter:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=is_authority, path_length=None), critical=is_by_the_letter
        )
    if is_by_the_letter:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False
        )
    if only_for:
        builder = builder.add_extension(
            x509.NameConstraints([x509.DNSName(only_for)], None), critical=True
        )
    if use and not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    return Made(builder.sign(signer, hashes.SHA256()), key)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def serve(folder: Path, own: Made, *others: Made) -> ssl.SSLContext:
    """Make a server's TLS context that shows these certificates, weak ones too."""
    path = folder / f"{own.certificate.serial_number}.pem"
    key = own.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(key + own.pem + b"".join(other.pem for other in others))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(path)
    return context
