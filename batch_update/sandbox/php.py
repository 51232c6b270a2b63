"""The server's half of the signatures, as PHP computes it.

Deliberately not built on `batch_update.justclick.signing`: a mistake there must not vouch for
itself.
"""

from __future__ import annotations

import hashlib
import json
import string
from urllib.parse import parse_qsl

_BARE = frozenset((string.ascii_letters + string.digits + "-_.").encode())


def parse_post(body: bytes) -> dict[str, str]:
    """Read a form body as PHP fills `$_POST`: in order, the last of equal names wins."""
    pairs = parse_qsl(
        body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape"
    )
    return dict(pairs)


def build_query(fields: dict[str, str]) -> str:
    """Return the result of `http_build_query($fields)`."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in fields.items())


def request_hash(fields: dict[str, str], username: str, secret_key: str) -> str:
    """Compute the hash that a genuine request carries."""
    return _md5(f"{build_query(fields)}::{username}::{secret_key}")


def signed_answer(code: int, text: str, secret_key: str, result: object = None) -> bytes:
    """Return an answer as PHP prints it, with its signature."""
    answer: dict[str, object] = {"error_code": code, "error_text": text}
    if result is not None:
        answer["result"] = result
    answer["hash"] = _md5(f"{code}::{text}::{secret_key}")
    return json.dumps(answer, separators=(",", ":")).replace("/", "\\/").encode()


def _encode(text: str) -> str:
    signs = []
    for byte in text.encode("utf-8", "surrogateescape"):
        if byte in _BARE:
            signs.append(chr(byte))
        else:
            signs.append("+" if byte == ord(" ") else f"%{byte:02X}")
    return "".join(signs)


def _md5(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
