"""The name of this machine, by which runs know each other's."""

from __future__ import annotations

import socket


def host_name() -> str:
    """Return the name of this machine.

    `platform.node` gives the same, but on Windows starts `cmd /c ver` for it, with all of our
    environment, the secret key included.
    """
    return socket.gethostname()
