"""Machines as network namespaces, whose way to this one can be cut as a cable is. It takes root.

A bridge joins them. A partition takes a machine's cable off the bridge: what it sends is neither
answered nor refused nor confirmed, so the kernel's own patience (`tcp_user_timeout`, keepalives) is
tried too, which the link of tests/link.py cannot do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Self

from filelock import FileLock

_NETWORK = "10.201.77"
HERE = f"{_NETWORK}.1"
"""The address of this machine, seen from the others."""
_NEW_NETWORK = 0x4000_0000
_NAMES = "buteam"
_PATIENCE_S = 20.0


def can_make_namespaces() -> bool:
    """Tell whether this process may make network namespaces."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"{_NAMES}try"
    with contextlib.suppress(subprocess.CalledProcessError):
        _ip("link", "add", name, "type", "bridge")
        _ip("link", "del", name)
        return True
    return False


class Namespace:
    """One machine of a network.

    Args:
        number: which one, from 0 to 200.
    """

    def __init__(self, number: int) -> None:
        self.name = f"{_NAMES}{number}"
        self.address = f"{_NETWORK}.{number + 10}"
        self.is_cut = False
        self._cable = f"{_NAMES}c{number}"

    @property
    def command(self) -> tuple[str, ...]:
        """What to put before a command that is to run there."""
        return ("ip", "netns", "exec", self.name)

    def create(self) -> None:
        """Make it, and put its cable into the bridge."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", device, "up")
        self.heal()

    def remove(self) -> None:
        """Take it away, with its cable, if it is there."""
        # The cable by itself: it would outlive the name as long as a process lives in there.
        for command in (("link", "del", self._cable), ("netns", "del", self.name)):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(*command)

    def cut(self) -> None:
        """Let nothing pass to or from it."""
        self.is_cut = True
        _ip("link", "set", self._cable, "nomaster")

    def heal(self) -> None:
        """Let everything pass."""
        _ip("link", "set", self._cable, "master", _NAMES, "up")
        self.is_cut = False

    def listen(self, port: int = 0) -> socket.socket:
        """Give a socket that listens on its loopback, whoever takes the connections."""
        made: list[socket.socket] = []
        # A socket stays where it was made; a thread moves there alone, and ends there.
        thread = threading.Thread(target=lambda: made.append(self._listen_there(port)))
        thread.start()
        thread.join(_PATIENCE_S)
        return made[0]

    def _listen_there(self, port: int) -> socket.socket:
        with Path("/run/netns", self.name).open(encoding="utf-8") as there:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(there.fileno(), _NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
        return socket.create_server(("127.0.0.1", port), backlog=128)


class Network:
    """So many machines and this one, joined as long as the block.

    One at a time on a machine: the next waits, and takes away what one that was killed has left.

    Args:
        machines: how many.
    """

    def __init__(self, machines: int) -> None:
        self.machines = [Namespace(number) for number in range(machines)]
        self._lock = FileLock(Path(tempfile.gettempdir()) / f"{_NAMES}.lock")

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._remove()
        try:
            _ip("link", "add", _NAMES, "type", "bridge")
            _ip("addr", "add", f"{HERE}/24", "dev", _NAMES)
            _ip("link", "set", _NAMES, "up")
            for machine in self.machines:
                machine.create()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()
        self._lock.release()

    def _remove(self) -> None:
        for machine in self.machines:
            machine.remove()
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "del", _NAMES)


def _ip(*arguments: str) -> None:
    subprocess.run(
        ("ip", *arguments),  # noqa: S607 where it stands differs
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=_PATIENCE_S,
    )
