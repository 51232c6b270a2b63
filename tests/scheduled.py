"""What the tests of schedulers share: a shop's config, a home with the program, and its sheet."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import KEY, LOGIN
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.integration.test_readme import ROOT
from tests.sandbox import Sandbox

EXAMPLES = ROOT / "docs" / "examples"
WAREHOUSE = "/srv/warehouse"
SHEET = f"{WAREHOUSE}/may.csv"
RESULTS = "may.results.csv"
ROWS = "order,status\n1,cancel\n2,потерян\n"
"""One row that is sent, and one that needs a person."""
_POLL_S = 0.02


def config_for(sandbox: Sandbox) -> str:
    """Write the config file of a shop."""
    account = {"username": LOGIN, "secret_key": KEY, "base_url": sandbox.base_url}
    return "".join(["[account]\n", *(f'{name} = "{value}"\n' for name, value in account.items())])


def put_up(home: Path, sandbox: Sandbox) -> Path:
    """Give a home the program, its config file and a warehouse; return that."""
    program = home / ".local" / "bin" / "batch-update"
    program.parent.mkdir(parents=True)
    program.symlink_to(COMMAND)
    config = home / ".config" / "batch-update" / "config.toml"
    config.parent.mkdir(parents=True)
    config.touch(0o600)
    config.write_text(config_for(sandbox), encoding="utf-8")
    inbox = home / "inbox"
    inbox.mkdir()
    (inbox / "may.csv").write_text(ROWS, encoding="utf-8")
    return inbox


def wait_until(is_so: Callable[[], object], what: str) -> None:
    """Wait for what another process does.

    Raises:
        AssertionError: it has not happened within a minute.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(_POLL_S)
