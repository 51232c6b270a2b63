"""Sheets whose names are no UTF-8, as archives and shares of Windows bring them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import OpenSandbox, RunCli
from tests.receivers import Mailbox, text_of

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes there"),
    # Of the library for messages.
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]

NAME = b"\xee\xf2\xe3\xf0.csv"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name, order in ((NAME, 1), (b"\xf2\xe3.csv", 2), (b"zz.csv", 3)):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(
            f"order,status\n{order},cancel\n", encoding="utf-8"
        )
    return folder


def test_they_are_sent_kept_in_the_ledger_and_mailed(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    with Mailbox() as box:
        run = run_cli(inbox, "--notify", box.address, "--notify-when", "always", shop=sandbox)
    assert (run.status, run.err) == (0, "")
    assert sorted(request.fields["bill_id"] for request in sandbox.requests) == ["1", "2", "3"]
    (letter,) = box.letters
    assert "zz.csv" in text_of(letter)
    assert len(list(letter.iter_attachments())) == 3
    again = run_cli(inbox)
    assert (again.status, len(sandbox.requests)) == (0, 3)
    assert r"\udcee\udcf2\udce3\udcf0.csv: 1 updated" in run_cli("--runs").out


def test_events_are_text_that_every_reader_takes(
    inbox: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    run = run_cli(inbox, "--json-lines", shop=open_sandbox())
    assert run.status == 0
    events = [json.loads(line) for line in run.out.splitlines()]
    names = {event["file"] for event in events if event["event"] == "row"}
    assert names == {r"\udcee\udcf2\udce3\udcf0.csv", r"\udcf2\udce3.csv", "zz.csv"}


def test_an_operator_of_no_utf_8_is_no_damaged_ledger(
    inbox: Path,
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATCH_UPDATE_OPERATOR", os.fsdecode(b"\xee\xeb\xff"))
    run = run_cli(inbox, shop=open_sandbox())
    assert (run.status, run.err) == (0, "")
