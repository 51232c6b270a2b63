"""A shop that does nothing but answer, quickly: a process of its own, over TLS.

python -m tools.bench.server FOLDER LATENCY_MS

Prints its port and writes the certificate of its authority to FOLDER/ca.pem. For each line of input
it prints how many requests came since the last line, and how many seconds lay between the first and
the last of them; it ends with the input.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import certifi
import trustme

from batch_update.justclick import signing

LOGIN = "myshop"
KEY = "0123456789abcdef0123456789abcdef"

_TEXT = "OK"
_BODY = (
    f'{{"error_code":0,"error_text":"{_TEXT}","result":[],'
    f'"hash":"{signing.sign_answer(0, _TEXT, KEY)}"}}'
).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY
)


class Counter:
    """When requests came."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0
        self.first = self.last = 0.0

    def add(self) -> None:
        """Note that one has come."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.count += 1


class Connection(asyncio.Protocol):
    """Answers each whole request after the latency."""

    def __init__(self, counter: Counter, latency_s: float) -> None:
        self._counter = counter
        self._latency_s = latency_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._counter.add()
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


async def serve(folder: Path, latency_s: float) -> None:
    """Answer until the input ends."""
    authority = trustme.CA()
    # With all that the world trusts, as everybody has it: it takes its time to load.
    bundle = Path(certifi.where()).read_bytes() + authority.cert_pem.bytes()
    (folder / "ca.pem").write_bytes(bundle)
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(counter, latency_s), "127.0.0.1", 0, ssl=tls, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(counter.count, counter.last - counter.first, flush=True)
        counter.reset()


def new_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that waits as long as it is told; the usual one rounds up to milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), float(sys.argv[2]) / 1000))
