"""Machines as network namespaces: a database over TLS, cut off as by a pulled cable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.link import Link
from tests.postgres import PostgresServer
from tools.torture_team.namespaces import HERE, Network, can_make_namespaces

PATIENCE_S = 20.0
ASK = """
import psycopg, sys
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    for line in sys.stdin:
        print(connection.execute("SELECT 1").fetchone(), flush=True)
"""


@pytest.fixture
def network() -> Iterator[Network]:
    if not can_make_namespaces():
        pytest.skip("only root may make network namespaces")
    with Network(2) as one:
        yield one


def test_a_connection_over_a_pulled_cable_ends_by_the_kernel_s_patience(
    network: Network, tmp_path: Path, authority: trustme.CA
) -> None:
    machine = network.machines[0]
    with PostgresServer(listen=HERE) as server:
        server.use_tls(authority.issue_cert(HERE))
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        url = (
            f"{server.url(tcp=True)}?sslmode=verify-full&sslrootcert={tmp_path / 'ca.pem'}"
            "&connect_timeout=5&tcp_user_timeout=700"
        )
        with subprocess.Popen(
            (*machine.command, sys.executable, "-c", ASK, url),
            env={**os.environ, "PGPASSFILE": str(server.passfile)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as client:
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdin.write("\n")
            client.stdin.flush()
            assert client.stdout.readline() == "(1,)\n"
            machine.cut()
            begun = time.monotonic()
            _, said = client.communicate("\n", timeout=PATIENCE_S)
            assert "OperationalError" in said
            assert time.monotonic() - begun < PATIENCE_S / 2
        machine.heal()
        again = subprocess.run(
            (*machine.command, sys.executable, "-c", ASK, url),
            env={**os.environ, "PGPASSFILE": str(server.passfile)},
            input="\n",
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
            timeout=PATIENCE_S,
        )
        assert again.stdout == "(1,)\n"


def test_a_link_listens_in_a_machine_and_leads_out_of_it(network: Network) -> None:
    machine = network.machines[1]
    with PostgresServer() as server, Link(server.socket, machine.listen()) as link:
        done = subprocess.run(
            (
                *(*machine.command, sys.executable, "-c", ASK),
                f"postgresql://postgres@127.0.0.1:{link.port}/postgres",
            ),
            input="\n",
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
            timeout=PATIENCE_S,
        )
    assert done.stdout == "(1,)\n"
