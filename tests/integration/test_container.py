"""The example of a container is built and run as the page says: by Docker, or else by its lines."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import machine
from tests.conftest import KEY, OpenSandbox
from tests.container import Container, Image
from tests.integration.test_end_to_end import PATIENCE_S
from tests.integration.test_readme import ADMINISTRATION, ROOT, block
from tests.machine import USER_ID
from tests.sandbox import Fault, Sandbox, Script
from tests.scheduled import EXAMPLES, RESULTS, ROWS, SHEET, WAREHOUSE, wait_until

DOCKERFILE = EXAMPLES / "container" / "Dockerfile"
_BUILD_S = 900


@functools.cache
def has_docker() -> bool:
    """Tell whether images can be made here; a client alone does not do."""
    program = shutil.which("docker")
    if program is None:
        return False
    done = subprocess.run([program, "info"], capture_output=True, timeout=PATIENCE_S, check=False)
    return done.returncode == 0


def commands() -> tuple[list[str], list[str]]:
    """Give the words of the two commands of the page, without `docker`."""
    build, run = block("container", ADMINISTRATION).replace("\\\n", " ").splitlines()
    return shlex.split(build)[1:], shlex.split(run)[1:]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image, made without Docker."""
    if reason := machine.why_none():
        pytest.skip(f"neither Docker nor what takes its place: {reason}")
    build, _ = commands()
    assert build == ["build", "--tag", "batch-update", "--file", *build[4:]]
    assert [ROOT / one for one in build[4:]] == [DOCKERFILE, ROOT]
    with Image(DOCKERFILE, ROOT, tmp_path_factory.mktemp("image")) as one:
        yield one


def start(image: Image, sandbox: Sandbox) -> Container:
    """Run the command of the page, on a machine with its sheets and its key."""
    there = image.last.machine
    there.write("/srv/batch-update/key", f"{KEY}\n", 0o600, USER_ID)
    there.write(SHEET, ROWS, owner=USER_ID)
    _, (run, *words) = commands()
    assert run == "run"
    return Container(image, ["--env", f"JUSTCLICK_BASE_URL={sandbox.base_url}", *words])


def test_a_container_writes_results_and_its_ledger_and_nothing_else(
    image: Image, open_sandbox: OpenSandbox
) -> None:
    sandbox = open_sandbox()
    folder = image.last.machine.root / WAREHOUSE.lstrip("/")
    for said in "updated", "already updated":
        status, out, err = start(image, sandbox).end(PATIENCE_S)
        assert (status, err) == (1, ""), out
        assert f"  {said}  " in out
        assert f"Results: /sheets/{RESULTS}" in out
        assert f"1,cancel,{said}," in (folder / RESULTS).read_text("utf-8-sig")
        assert (folder / RESULTS).stat().st_uid == USER_ID
    assert len(sandbox.requests) == 1
    volume = image.last.machine.root / "volumes" / "batch-update"
    assert (volume / "ledger.sqlite3").is_file()
    shutil.rmtree(folder)


def test_a_container_that_is_stopped_finishes_what_is_under_way(
    image: Image, open_sandbox: OpenSandbox
) -> None:
    gate = threading.Event()
    sandbox = open_sandbox(Script({1: [Fault.held(gate)]}))
    container = start(image, sandbox)
    wait_until(lambda: sandbox.requests, "a request")
    container.stop()
    assert container.process.stderr is not None
    while "Stopping: what is under way" not in container.process.stderr.readline():
        assert container.process.poll() is None
    gate.set()
    status, _, _ = container.end(PATIENCE_S)
    assert status == 130
    folder = image.last.machine.root / WAREHOUSE.lstrip("/")
    assert "1,cancel,updated," in (folder / RESULTS).read_text("utf-8-sig")
    shutil.rmtree(folder)


@pytest.mark.skipif(not has_docker(), reason="no Docker answers here; the lines are tried above")
def test_docker_builds_and_runs_the_image(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    docker = shutil.which("docker") or "docker"
    build, run = commands()
    subprocess.run([docker, *build], cwd=ROOT, timeout=_BUILD_S, check=True)
    sandbox = open_sandbox()
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "may.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_text(KEY, encoding="utf-8")
    for path in tmp_path / "key", tmp_path / "sheets":
        os.chown(path, USER_ID, USER_ID)
    volume = f"batch-update-test-{os.getpid()}"
    words = [
        word.replace("/srv/batch-update/key", str(tmp_path / "key"))
        .replace("/srv/warehouse", str(tmp_path / "sheets"))
        .replace("src=batch-update,", f"src={volume},")
        for word in run[1:]
    ]
    here = ("--network", "host", "--env", f"JUSTCLICK_BASE_URL={sandbox.base_url}")
    try:
        for said in "updated", "already updated":
            done = subprocess.run(
                [docker, "run", *here, *words],
                capture_output=True,
                encoding="utf-8",
                timeout=PATIENCE_S,
                check=False,
            )
            assert (done.returncode, done.stderr) == (1, "")
            assert f"1,cancel,{said}," in (tmp_path / "sheets" / RESULTS).read_text("utf-8-sig")
    finally:
        subprocess.run([docker, "volume", "rm", volume], timeout=PATIENCE_S, check=False)
    assert len(sandbox.requests) == 1
