"""The README is held to the program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from batch_update.cli import main
from batch_update.errors import ExitStatus
from batch_update.headers import RESULT_COLUMNS
from batch_update.model import Outcome
from batch_update.settings.options import OPTIONS
from tests.conftest import KEY, LOGIN, OpenSandbox
from tests.make_samples import SAMPLES
from tests.test_end_to_end import COMMAND, PATIENCE_S

ROOT = SAMPLES.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """Give the text of a marked block of the README."""
    found = re.search(rf"<!-- {name} -->\n```\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert found, name
    return found[1]


def table_after(heading: str, page: str = README) -> list[list[str]]:
    """Give the cells of the first table below a heading, without its first two lines."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "samples")
    (tmp_path / "build").mkdir()
    shown = block("demo")
    command = shown.partition("\n")[0].removeprefix("$ batch-update ").split()
    done = subprocess.run(
        [COMMAND, *command],
        cwd=tmp_path,
        # Said in full, since readline puts a width into the environment behind Python's back.
        env=dict(os.environ),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    # As the years go by, the sample's dates grow old, and the program rightly warns of them.
    assert done.stdout.partition("\nWarnings (")[0] == shown.partition("\n")[2]
    assert f"$(BIN)/batch-update {' '.join(command)} " in (ROOT / "Makefile").read_text()


def test_the_config_file_of_the_readme_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"<!-- config -->\n```toml\n(.*?)```", README, re.DOTALL)
    assert found
    path = tmp_path / "readme.toml"
    path.write_text(found[1], encoding="utf-8")
    for profile, username in ((), "myshop"), (("--profile", "second"), "othershop"):
        assert main(["--config", str(path), *profile, "--show-settings"]) == 0
        assert re.search(rf"^username +{username} ", capsys.readouterr().out, re.MULTILINE)
    likewise = REFERENCE.partition("\n## Config file\n")[2]
    documented = set(re.findall(r"\b[a-z_]+\b", found[1] + likewise))
    assert {
        option.key for option in OPTIONS if option.table and not option.is_repeated
    } <= documented


def test_every_exit_status_stands_in_the_readme() -> None:
    assert [int(row[0]) for row in table_after("Exit status")] == [int(s) for s in ExitStatus]


def test_every_outcome_and_result_column_stands_in_the_readme() -> None:
    assert [row[0].strip("`") for row in table_after("What can become of a row")] == list(Outcome)
    for name in RESULT_COLUMNS:
        assert f"`{name}`" in README


@pytest.mark.skipif(os.name == "nt", reason="cron and systemd are not of Windows")
def test_the_commands_for_every_day_run_as_a_scheduler_runs_them(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    program = tmp_path / ".local" / "bin" / "batch-update"
    program.parent.mkdir(parents=True)
    program.symlink_to(COMMAND)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "may.csv").write_text("order,status\n1,cancel\n")
    config = tmp_path / ".config" / "batch-update" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'[account]\nusername = "{LOGIN}"\nsecret_key = "{KEY}"\nbase_url = "{sandbox.base_url}"\n'
    )
    config.chmod(0o600)
    in_cron = re.search(r"^    (?:[0-9*]+ ){5}(.*)$", README, re.MULTILINE)
    in_systemd = re.search(r"^    ExecStart=(.*)$", README, re.MULTILINE)
    assert in_cron
    assert in_systemd
    said = []
    for command in in_cron[1], in_systemd[1].replace("%h", str(tmp_path)):
        done = subprocess.run(
            ["/bin/sh", "-c", command.replace("/srv/warehouse", str(inbox))],
            cwd="/",
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    assert re.findall(r"  ([a-z ]+?) +1\n", "".join(said)) == ["updated", "already updated"]
    assert len(sandbox.requests) == 1
    assert "Ended with exit status 0" in (tmp_path / "batch-update.log").read_text()


_SYSTEMD = shutil.which("systemd-analyze")


@pytest.mark.skipif(_SYSTEMD is None, reason="there is no systemd here")
def test_the_units_of_the_readme_are_units(tmp_path: Path) -> None:
    parts = re.split(r"^    # .*/(batch-update\.\w+)\n", README, flags=re.MULTILINE)[1:]
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        lines = text.partition("\n\n")[0].replace("%h/.local/bin/batch-update", "/bin/true")
        (tmp_path / name).write_text(re.sub("^    ", "", lines, flags=re.MULTILINE) + "\n")
    units = [tmp_path / "batch-update.service", tmp_path / "batch-update.timer"]
    done = subprocess.run(
        [str(_SYSTEMD), "verify", "--user", *units],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_files_that_the_readme_names_are_there() -> None:
    for name in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`([a-z]+(?:/[a-z]+)?\.py)`", README):
        assert (ROOT / "batch_update" / name).exists(), name
    targets = re.search(r"targets: `([a-z -]+)`", README)
    assert targets
    for target in targets[1].split():
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 200


def test_the_figures_of_speed_are_those_that_were_measured() -> None:
    section = README.partition("\n## Speed\n")[2].partition("\n## ")[0]
    said = re.findall(r"\*\*([0-9][0-9.,]*)\*\*", section)
    report = (ROOT / ".github" / "SPEED.md").read_text(encoding="utf-8")
    lines = [line for line in report.splitlines() if line.startswith("| ")]
    measured = {number for line in lines for number in re.findall(r"[0-9][0-9.,]*", line)}
    assert len(said) > 10
    assert set(said) <= measured
    assert (ROOT / ".github" / "speed.png").stat().st_size > 1000
