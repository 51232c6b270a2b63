"""A shop that does nothing but answer, quickly: a process of its own, over TLS.

python -m tools.bench.server FOLDER LATENCY_MS [KIND ROOM]

Prints its port and writes the certificate of its authority to FOLDER/ca.pem. For each line of input
it prints how many requests came since the last line, and how many seconds lay between the first and
the last of them; it ends with the input.

With a kind, it takes so many requests at once well. Of more, a shop that `refuses` answers the rest
with 503 at once; one that `queues` lets them wait; one that `slows` down works on all of them, each
the slower the more there are. A file that the line of input names gets what it saw: for each
request, a line with the moment it came in seconds, how many were there then, the seconds until its
answer, and whether it was refused.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from collections import deque
from collections.abc import Callable
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


_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbusy"
)


class Counter:
    """When requests came."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0
        self.first = self.last = 0.0
        self.seen: list[tuple[float, int, float, bool]] = []

    def add(self) -> None:
        """Note that one has come."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.count += 1


class Room:
    """How many requests a shop takes at once, and what becomes of the others.

    Args:
        kind: `refuses`, `queues` or `slows`.
        room: so many.
        latency_s: seconds that a request takes when there are no more than that.
    """

    def __init__(self, kind: str, room: int, latency_s: float) -> None:
        self._kind = kind
        self._room = room
        self._latency_s = latency_s
        self._waiting: deque[Callable[[], None]] = deque()
        self.under_way = 0

    def take(self, answer: Callable[[bytes], None]) -> bool:
        """Take a request; return whether it is refused."""
        if self._kind == "refuses" and self.under_way >= self._room:
            answer(_BUSY)
            return True
        self.under_way += 1
        if self._kind == "queues" and self.under_way > self._room:
            self._waiting.append(lambda: self._work(answer))
        else:
            self._work(answer)
        return False

    def _work(self, answer: Callable[[bytes], None]) -> None:
        crowd = max(1.0, self.under_way / self._room) if self._kind == "slows" else 1.0
        asyncio.get_running_loop().call_later(self._latency_s * crowd, self._end, answer)

    def _end(self, answer: Callable[[bytes], None]) -> None:
        self.under_way -= 1
        answer(_ANSWER)
        if self._waiting:
            self._waiting.popleft()()


class Connection(asyncio.Protocol):
    """Answers each whole request after the latency."""

    def __init__(self, counter: Counter, latency_s: float, room: Room | None = None) -> None:
        self._counter = counter
        self._latency_s = latency_s
        self._room = room
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
            if self._room is not None:
                self._take(self._room)
            elif self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._answer, _ANSWER)
            else:
                self._answer(_ANSWER)

    def _take(self, room: Room) -> None:
        came, there = time.perf_counter(), room.under_way + 1

        def answer(text: bytes) -> None:
            took_s = time.perf_counter() - came
            self._counter.seen.append((came, there, took_s, text is _BUSY))
            self._answer(text)

        room.take(answer)

    def _answer(self, text: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(text)


async def serve(folder: Path, latency_s: float, kind: str = "", size: str = "0") -> None:
    """Answer until the input ends."""
    room = Room(kind, int(size), latency_s) if kind else None
    authority = trustme.CA()
    # With all that the world trusts, as everybody has it: it takes its time to load.
    bundle = Path(certifi.where()).read_bytes() + authority.cert_pem.bytes()
    (folder / "ca.pem").write_bytes(bundle)
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(counter, latency_s, room), "127.0.0.1", 0, ssl=tls, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if name := line.strip():
            text = "".join(f"{a:.4f},{b},{c:.4f},{d:d}\n" for a, b, c, d in counter.seen)
            Path(name).write_text(text, encoding="ascii")
        print(counter.count, counter.last - counter.first, flush=True)
        counter.reset()


def new_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that waits as long as it is told; the usual one rounds up to milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), float(sys.argv[2]) / 1000, *sys.argv[3:]))
