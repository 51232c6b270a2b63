"""Links to the shops that note when a request came to this machine, whoever was busy then.

The stand-in of all shops is one process beside eight others on a few cores. When it stands still
for a moment, requests that came one by one are seen together, at all shops at once; so it is the
kernel that tells when they came.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from urllib.parse import urlsplit

from tests.link import Link

_IS_STAMPED = sys.platform == "linux"
_SO_TIMESTAMPNS = 35
_STAMP = struct.Struct("qq")
_METHODS = (b"POST ", b"GET ")


class Meter(Link):
    """A link that notes when each request came.

    Args:
        port: of the shop on this machine.
        listener: takes the connections; None for a new one of this machine's loopback.

    Attributes:
        moments: in seconds of the machine's steady clock.

    Source:
        Linux, Documentation/networking/timestamping.rst: SO_TIMESTAMPNS gives the time at which the
        kernel received the last byte read, also of a stream.
    """

    def __init__(self, port: int, listener: socket.socket | None = None) -> None:
        self.moments: list[float] = []
        super().__init__(("127.0.0.1", port), listener)

    def receive(self, client: socket.socket, size: int) -> bytes:
        if not _IS_STAMPED:
            data, stamp_s = super().receive(client, size), time.time()
        else:
            client.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            data, stamp_s = _receive_stamped(client, size)
        if data.startswith(_METHODS):
            self.moments.append(time.monotonic() - (time.time() - stamp_s))
        return data


class Meters:
    """Meters before all shops.

    Args:
        opening: ends what is opened.
    """

    def __init__(self, opening: contextlib.ExitStack) -> None:
        self._opening = opening
        self._meters: dict[str, list[Meter]] = {}
        self._lock = threading.Lock()

    def port(self, address: str, listener: socket.socket | None = None) -> int:
        """Put a meter before a shop, and give its port.

        Args:
            address: of the shop, on this machine.
            listener: of a machine; None for all machines that have none of their own.
        """
        port = urlsplit(address).port
        assert port is not None
        with self._lock:
            meters = self._meters.setdefault(address, [])
            if meters and listener is None:
                return meters[0].port
            meter = self._opening.enter_context(Meter(port, listener))
            meters.append(meter)
            return meter.port

    def moments(self, address: str) -> list[float]:
        """Give when the requests of a shop came, in order."""
        meters = self._meters.get(address, ())
        return sorted(moment for meter in meters for moment in meter.moments)


def _receive_stamped(client: socket.socket, size: int) -> tuple[bytes, float]:
    """Read; give when that came too, in seconds since 1970."""
    data, notes, *_ = client.recvmsg(size, socket.CMSG_SPACE(_STAMP.size))
    for level, kind, content in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _STAMP.unpack(content)
            return data, seconds + nanoseconds / 1e9
    return data, time.time()
