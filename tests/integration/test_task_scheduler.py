"""The examples for the Windows Task Scheduler: what it would start runs, with paths of Unix."""

from __future__ import annotations

import codecs
import os
import re
import subprocess
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.conftest import OpenSandbox
from tests.integration.test_end_to_end import PATIENCE_S
from tests.integration.test_readme import ADMINISTRATION, block
from tests.posix import needs_links
from tests.sandbox import Sandbox
from tests.scheduled import EXAMPLES, put_up

pytestmark = pytest.mark.skipif(os.name == "nt", reason="with paths and programs of Unix")
MOST_CHARACTERS = 261
"""Of a command that `schtasks` takes."""


def windows_words(line: str) -> list[str]:
    """Split a command line as Windows programs do: blanks part words, quotes keep them together."""
    words = re.findall(r'(?:[^\s"\\]|\\+(?!"|\\)|\\(?=\\)|\\"|"(?:[^"\\]|\\.)*")+', line)
    return [re.sub(r'(?<!\\)"', "", word).replace('\\"', '"') for word in words]


def run_by_windows(command: str, folder: str, home: Path, sandbox: Sandbox) -> Path:
    """Run a task's command with paths of this system; return its warehouse."""
    inbox = put_up(home, sandbox)
    here = {r"C:\warehouse": str(inbox), r"C:\Users\clerk": str(home), "%USERPROFILE%": str(home)}
    program, *words = windows_words(command)
    for there, place in here.items():
        words = [word.replace(there, place).replace(f"{place}\\", f"{place}/") for word in words]
        program, folder = program.replace(there, place), folder.replace(there, place)
    done = subprocess.run(
        [program.replace("\\", "/").removesuffix(".exe"), *words],
        cwd=folder,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return inbox


def check_outcome(inbox: Path, sandbox: Sandbox) -> None:
    assert "1,cancel,updated," in (inbox / "may.results.csv").read_text("utf-8-sig")
    assert "Ended with exit status 1" in (inbox / "batch-update.log").read_text("utf-8")
    assert len(sandbox.requests) == 1


def test_words_of_a_command_line_are_those_that_windows_makes_of_it() -> None:
    for words in (
        ["a", "b c", r"C:\d e\f", "--x"],
        [r"\\server\share", r"C:\x"],
        ["/TR", r'"C:\a b.exe" --log "C:\c"'],
    ):
        assert windows_words(subprocess.list2cmdline(words)) == words


@needs_links
def test_the_task_s_file_is_what_the_task_scheduler_reads_and_its_command_runs(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    content = (EXAMPLES / "windows" / "batch-update.xml").read_bytes()
    # It takes UTF-16 with its mark, as it writes it, and stumbles over others.
    assert content.startswith(codecs.BOM_UTF16_LE)
    task = ElementTree.fromstring(content)
    names = {"": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    said = {
        path: task.findtext(path, "", names)
        for path in (
            *("Principals/Principal/LogonType", "Triggers/CalendarTrigger/StartBoundary"),
            *("Settings/StartWhenAvailable", "Settings/MultipleInstancesPolicy"),
        )
    }
    assert [*said.values()] == ["Password", "2026-01-01T06:30:00", "true", "IgnoreNew"]
    first, _ = block("task", ADMINISTRATION).splitlines()
    words = windows_words(first)
    assert words[:2] == ["schtasks", "/Create"]
    assert words[words.index("/XML") + 1] == "batch-update.xml"

    sandbox = open_sandbox()
    command, arguments, folder = (
        task.findtext(f"Actions/Exec/{name}", "", names)
        for name in ("Command", "Arguments", "WorkingDirectory")
    )
    inbox = run_by_windows(f"{command} {arguments}", folder, tmp_path, sandbox)
    check_outcome(inbox, sandbox)


@needs_links
def test_the_line_that_makes_a_task_runs_it_from_any_folder(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    words = windows_words(block("task-line", ADMINISTRATION).strip())
    command = words[words.index("/TR") + 1]
    assert len(command) <= MOST_CHARACTERS
    sandbox = open_sandbox()
    check_outcome(run_by_windows(command, "/", tmp_path, sandbox), sandbox)
