"""The link that tests can cut."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.link import Link
from tools.torture_team.meters import Meter

NOTHING_S = 0.1
PATIENCE_S = 10.0


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            heard.append(line)
            arrived.set()
            self.wfile.write(line)


heard: list[bytes] = []
arrived = threading.Event()


@pytest.fixture
def link() -> Iterator[Link]:
    heard.clear()
    arrived.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with Link(("127.0.0.1", server.server_address[1])) as one:
            yield one
        server.shutdown()


@pytest.fixture
def meter(link: Link) -> Iterator[Meter]:
    with Meter(link.port) as one:
        yield one


def call(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), PATIENCE_S)


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(NOTHING_S)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_S)
    return False


def test_a_cut_link_lets_nothing_pass_closes_nothing_and_heals(link: Link) -> None:
    with call(link) as client:
        client.sendall(b"one\n")
        assert client.recv(10) == b"one\n"
        link.cut()
        client.sendall(b"two\n")
        assert hears_nothing(client)
        assert heard == [b"one\n"]
        link.heal()
        assert client.recv(10) == b"two\n"


def test_a_connection_made_while_it_is_cut_waits(link: Link) -> None:
    link.cut()
    with call(link) as client:
        client.sendall(b"one\n")
        assert hears_nothing(client)
        link.heal()
        assert client.recv(10) == b"one\n"


def test_a_request_arrives_whose_answer_is_lost(link: Link) -> None:
    with call(link) as client:
        link.cut(requests=False)
        client.sendall(b"one\n")
        assert arrived.wait(PATIENCE_S)
        assert hears_nothing(client)


def test_a_drop_ends_connections_and_new_ones_are_taken(link: Link) -> None:
    with call(link) as client:
        client.sendall(b"one\n")
        assert client.recv(10) == b"one\n"
        link.drop()
        assert client.recv(10) == b""
    with call(link) as client:
        client.sendall(b"two\n")
        assert client.recv(10) == b"two\n"


def test_it_ends_with_its_block_also_while_it_is_cut(link: Link) -> None:
    with call(link) as client:
        client.sendall(b"one\n")
        assert client.recv(10) == b"one\n"
        link.cut()
        link.__exit__()
        assert client.recv(10) == b""
        with pytest.raises(OSError, match="refused"):
            call(link)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does not tell when bytes came")
def test_a_meter_notes_when_a_request_came_and_not_when_it_was_read(meter: Meter) -> None:
    with call(meter) as client:
        client.sendall(b"one\n")
        assert client.recv(10) == b"one\n"
        meter.cut()
        client.sendall(b"POST two\n")
        assert hears_nothing(client)
        client.sendall(b"POST three\n")
        assert hears_nothing(client)
        healed = time.monotonic()
        meter.heal()
        with client.makefile("rb") as answers:
            assert [answers.readline(), answers.readline()] == [b"POST two\n", b"POST three\n"]
    first, second = meter.moments
    assert second - first >= NOTHING_S
    assert healed - second >= NOTHING_S
