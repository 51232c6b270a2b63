"""A machine's way to the database, which can be cut, and to the shops, which stay in reach."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tests.link import Link
from tests.postgres import PostgresServer
from tools.torture_team.meters import Meters
from tools.torture_team.namespaces import Namespace


class Way(Protocol):
    """How a machine reaches others."""

    @property
    def command(self) -> tuple[str, ...]:
        """What to put before a command that is to run on the machine."""

    @property
    def is_cut(self) -> bool:
        """Whether something does not pass to the database."""

    def cut(self, *, requests: bool) -> None:
        """Cut the way to the database, at least for what it answers."""

    def heal(self) -> None:
        """Let everything pass."""

    def ledger(self, database: str) -> str:
        """Give the address of a database, seen from the machine."""

    def shop(self, address: str) -> str:
        """Give the address of a shop, seen from the machine."""


class LinkWay:
    """By links on one and the same machine, of which only that to the database is cut.

    Args:
        target: the socket of the database, or of its pooler.
        opening: ends what is opened.
        meters: before the shops, the same for all machines.
    """

    command = ()

    def __init__(self, target: Path, opening: contextlib.ExitStack, meters: Meters) -> None:
        self._link = opening.enter_context(Link(target))
        self._meters = meters

    @property
    def is_cut(self) -> bool:
        return self._link.is_cut

    def cut(self, *, requests: bool) -> None:
        self._link.cut(requests=requests)

    def heal(self) -> None:
        self._link.heal()

    def ledger(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._link.port}/{database}"

    def shop(self, address: str) -> str:
        return f"http://127.0.0.1:{self._meters.port(address)}"


class CableWay:
    """By the cable of a network namespace, over TLS; shops are reached past it.

    Args:
        machine: the namespace.
        server: the database.
        authority: the file with the authority of the database's certificate.
        meters: before the shops.
    """

    def __init__(
        self, machine: Namespace, server: PostgresServer, authority: Path, meters: Meters
    ) -> None:
        self._machine = machine
        self._server = server
        self._authority = authority
        self._meters = meters
        self._shops: set[str] = set()

    @property
    def command(self) -> tuple[str, ...]:
        return self._machine.command

    @property
    def is_cut(self) -> bool:
        return self._machine.is_cut

    def cut(self, *, requests: bool) -> None:  # noqa: ARG002 a cable is cut both ways
        self._machine.cut()

    def heal(self) -> None:
        self._machine.heal()

    def ledger(self, database: str) -> str:
        url = self._server.url(database, tcp=True)
        return f"{url}?sslmode=verify-full&sslrootcert={self._authority}"

    def shop(self, address: str) -> str:
        # The same for all machines: a shop at another address would be another shop.
        if address not in self._shops:
            port = urlsplit(address).port
            assert port is not None
            self._meters.port(address, self._machine.listen(port))
            self._shops.add(address)
        return address
