"""The example of a crontab runs as cron runs it, from docs/."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import LOGIN, OpenSandbox
from tests.integration.test_end_to_end import PATIENCE_S
from tests.machine import USER
from tests.posix import needs_links
from tests.scheduled import EXAMPLES, WAREHOUSE, put_up

need_cron = pytest.mark.skipif(os.name == "nt", reason="cron is not of Windows")


@dataclass(frozen=True)
class Job:
    """A line of a crontab, as cron understands it."""

    schedule: str
    command: str
    stdin: str


def read_crontab(text: str) -> tuple[dict[str, str], list[Job]]:
    """Read a crontab by the rules of crontab(5): its variables, and its jobs."""
    variables, jobs = {}, []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if said := re.fullmatch(r"\s*(\w+)\s*=\s*(.*?)\s*", line):
            variables[said[1]] = re.sub(r"^(['\"])(.*)\1$", r"\2", said[2])
            continue
        *times, command = line.split(None, 5)
        command, *stdin = re.split(r"(?<!\\)%", command)
        jobs.append(
            Job(" ".join(times), command.replace(r"\%", "%"), "".join(f"{one}\n" for one in stdin))
        )
    return variables, jobs


def run_by_cron(text: str, home: Path) -> tuple[int, str]:
    """Run the one job of a crontab as cron does; give its exit status and the letter's text."""
    variables, (job,) = read_crontab(text)
    done = subprocess.run(
        ["/bin/sh", "-c", job.command],
        cwd=home,
        env={
            "HOME": str(home),
            "LOGNAME": USER,
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            **variables,
        },
        input=job.stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_crontab_is_read_as_cron_reads_it() -> None:
    variables, (job,) = read_crontab('A = "1 "\n\n # no job\n30 6 * * 1-5 date +\\%F; cat%a%b\n')
    assert variables == {"A": "1 "}
    assert job == Job("30 6 * * 1-5", "date +%F; cat", "a\nb\n")


@needs_links
@need_cron
@pytest.mark.parametrize(
    ("language", "words"),
    [("C.UTF-8", "1 row needs a person"), ("ru_RU.UTF-8", "1 строка требует внимания")],
)
def test_cron_mails_what_is_new_and_nothing_the_next_day(
    tmp_path: Path, open_sandbox: OpenSandbox, language: str, words: str
) -> None:
    sandbox = open_sandbox()
    inbox = put_up(tmp_path, sandbox)
    text = (EXAMPLES / "crontab").read_text().replace(WAREHOUSE, str(inbox))
    text = f"LANG={language}\n{text}"
    variables, (job,) = read_crontab(text)
    assert variables["MAILTO"]
    assert job.schedule == "30 6 * * *"

    status, letter = run_by_cron(text, tmp_path)
    assert status == 1
    assert letter.startswith(f"{LOGIN}: {words}\n")
    assert str(inbox / "may.results.csv") in letter
    said = (inbox / "may.results.csv").read_text(encoding="utf-8-sig")
    assert "status_unknown" in said
    assert len(sandbox.requests) == 1
    assert run_by_cron(text, tmp_path) == (1, "")
    assert len(sandbox.requests) == 1
    (inbox / "june.csv").write_text("order,status\n3,cancel\n")
    assert run_by_cron(text, tmp_path) == (1, "")
    assert len(sandbox.requests) == 2
    assert (tmp_path / "batch-update.log").read_text().count("Ended with exit status 1") == 3
