"""The end of a server of a test that waits for connections."""

from __future__ import annotations

import contextlib
import socket


def stop(listener: socket.socket) -> None:
    """Wake whoever waits in `accept()`, with an error, and let no one connect any more.

    Linux wakes it at a shutdown, which Windows refuses for a listener; Windows wakes it at a close.
    """
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
