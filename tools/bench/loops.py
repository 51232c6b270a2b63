"""Other ways of posting the same updates, to compare with.

python -m tools.bench.loops KIND URL COUNT WORKERS

`vendor`: a new connection for each call, one after another, as the vendor's PHP examples do.
`naive`: `requests.post` in a loop. `bare`: a session per thread. `raw`: bytes made beforehand over
bare sockets, which shows what the server could do.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from batch_update.justclick import signing
from tools.bench.server import KEY, LOGIN

WAIT_S = 30


def body_of(number: int) -> str:
    """Give the signed request of an update."""
    fields = [("bill_id", str(number)), ("status", "sent"), ("date", "1763586000")]
    return signing.sign_request([*fields, ("rpo", f"RA{number}")], LOGIN, KEY)


HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def vendor(url: str, numbers: range) -> None:
    """Open a connection, call, close it, and so on."""
    for number in numbers:
        with requests.Session() as session:
            session.post(url, data=body_of(number), headers=HEADERS, timeout=WAIT_S).json()


def naive(url: str, numbers: range) -> None:
    """Call what everybody calls first."""
    for number in numbers:
        requests.post(url, data=body_of(number), headers=HEADERS, timeout=WAIT_S).json()


def bare(url: str, numbers: range) -> None:
    """Keep one connection."""
    with requests.Session() as session:
        for number in numbers:
            session.post(url, data=body_of(number), headers=HEADERS, timeout=WAIT_S).json()


def raw(url: str, numbers: range) -> None:
    """Send the same bytes again and again, and count what comes back."""
    parts = urlsplit(url)
    body = body_of(1).encode()
    request = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    context = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    with (
        socket.create_connection(("127.0.0.1", parts.port or 443)) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as connection,
    ):
        for _ in numbers:
            connection.sendall(request)
            if not connection.recv(65536):
                raise ConnectionError


KINDS: dict[str, Callable[[str, range], None]] = {
    "vendor": vendor,
    "naive": naive,
    "bare": bare,
    "raw": raw,
}


def main(kind: str, url: str, count: str, workers: str) -> None:
    """Share the calls out to threads."""
    threads = [
        threading.Thread(
            target=KINDS[kind], args=(url, range(first + 1, int(count) + 1, int(workers)))
        )
        for first in range(int(workers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
