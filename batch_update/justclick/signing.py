"""PHP's query encoding and the API's two md5 signatures.

md5 is the vendor's choice. It guards against a wrong key, not against a determined forger, which
is why the client insists on TLS as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A shop's login and its secret key; the key never shows in a repr."""

    username: str
    secret_key: str = field(repr=False)


def encode_query(fields: Iterable[tuple[str, str | None]]) -> str:
    """Encode pairs in their order, byte for byte as PHP's `http_build_query` does.

    Args:
        fields: names and values; a value of None is left out, an empty one stays as `name=`.

    Returns:
        The query string: letters, digits and `-_.` as they are, a space as `+`, every other byte
        of the UTF-8 text as `%XX` in upper case.

    Source:
        PHP manual, http_build_query, RFC 1738 mode. Python leaves `~` bare, PHP does not.
    """
    return "&".join(
        f"{_encode(name)}={_encode(value)}" for name, value in fields if value is not None
    )


def sign_request(fields: Iterable[tuple[str, str | None]], username: str, secret_key: str) -> str:
    """Build the body of a request: the encoded fields and, last, their signature.

    Args:
        fields: names and values in the API's order, without `hash`.
        username: the shop's login.
        secret_key: the shop's secret key.

    Returns:
        The body to send as it is. The very string that was signed stands in front of `&hash=`,
        so body and signature cannot disagree.

    Source:
        Vendor's help, "General principles of working with API":
        md5(query + "::" + username + "::" + key).
    """
    query = encode_query(fields)
    return f"{query}&hash={_md5(f'{query}::{username}::{secret_key}')}"


def sign_answer(error_code: int | str, error_text: str, secret_key: str) -> str:
    """Compute the signature that a genuine answer carries.

    Args:
        error_code: the answer's code as it came, number or text.
        error_text: the answer's text, decoded.
        secret_key: the shop's secret key.

    Returns:
        32 lower-case hexadecimal digits.

    Source:
        Vendor's help, "General principles of working with API".
    """
    return _md5(f"{error_code}::{error_text}::{secret_key}")


@lru_cache(maxsize=1024)  # Names, statuses and days come again with each row.
def _encode(text: str) -> str:
    # surrogatepass: half a character pair, as a damaged file can hold, must not end the run.
    return quote_plus(text, errors="surrogatepass").replace("~", "%7E")


def _md5(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
