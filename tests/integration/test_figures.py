"""`--metrics`: figures for Prometheus, read by its own parser."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from batch_update.cli import figures
from batch_update.cli.figures import Figures
from batch_update.errors import ExitStatus
from tests.conftest import KEY, LOGIN, OpenSandbox, RunCli
from tests.integration.test_readme import REFERENCE
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

SECTION = REFERENCE.partition("\n## Figures\n")[2]
Samples = dict[tuple[str, str], float]
COMPLETION = ("batch_update_last_completion_timestamp_seconds", "")
SUCCESS = ("batch_update_last_success_timestamp_seconds", "")


def figures_in(path: Path, shop: str | None = None) -> Samples:
    """Read a file as Prometheus does: by name and outcome; all of one shop."""
    found: Samples = {}
    shops = set()
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            shops.add(sample.labels["shop"])
            assert f"`{sample.name}`" in SECTION
            key = (sample.name, sample.labels.get("outcome", ""))
            assert key not in found
            found[key] = sample.value
    assert len(shops) == 1
    assert shop is None or shops == {shop}
    return found


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return write_book(tmp_path / "day.xlsx", rows_of(HEADER, (5, "cancel"), (6, "lost")))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_book(tmp_path / "good.xlsx", rows_of(HEADER, (7, "cancel")))


@pytest.fixture
def sandbox(open_sandbox: OpenSandbox) -> Sandbox:
    return open_sandbox()


def test_the_file_tells_of_the_last_run_and_of_the_last_good_one(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, sheet: Path, good: Path
) -> None:
    path = tmp_path / "out.prom"
    begun = time.time()
    assert run_cli(good, "--metrics", path, shop=sandbox).status == 0
    first = figures_in(path)
    assert begun - 1 < first[SUCCESS] == first[COMPLETION] < time.time() + 1
    assert run_cli(good, sheet, tmp_path / "c.csv", "--metrics", path, shop=sandbox).status == 2
    assert run_cli(sheet, "--metrics", path, shop=sandbox).status == 1
    found = figures_in(path)
    assert found["batch_update_rows", "updated"] == 1
    assert found["batch_update_rows", "already updated"] == 0
    assert found["batch_update_rows", "invalid"] == 1
    assert found["batch_update_rows_need_person", ""] == 1
    assert found["batch_update_sheets", ""] == 1
    assert found["batch_update_exit_status", ""] == 1
    assert 0 < found["batch_update_duration_seconds", ""] < 60
    assert found[SUCCESS] == first[SUCCESS]
    assert found[COMPLETION] > first[COMPLETION]
    names = {name for name, _ in found}
    assert all(f"`{name}`" in SECTION for name in names)
    assert [one.name for one in tmp_path.iterdir() if ".prom" in one.name] == ["out.prom"]


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_node_exporter_may_read_it(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, good: Path
) -> None:
    path = tmp_path / "out.prom"
    assert run_cli(good, "--metrics", path, shop=sandbox).status == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("words", "status"),
    [
        pytest.param(["day.xlsx", "--workers", "0"], 2, id="settings"),
        pytest.param(["missing.xlsx"], 2, id="no-sheet"),
        pytest.param(["day.xlsx", "--ledger", "folder"], 2, id="no-ledger"),
        pytest.param(["day.xlsx", "--config", "none.toml"], 2, id="no-config"),
    ],
)
def test_a_run_that_could_not_start_keeps_the_times(
    tmp_path: Path,
    run_cli: RunCli,
    sandbox: Sandbox,
    good: Path,
    sheet: Path,
    words: list[str],
    status: int,
) -> None:
    path = tmp_path / "out.prom"
    assert sheet.exists()
    (tmp_path / "folder").mkdir()
    assert run_cli(good, "--metrics", path, shop=sandbox).status == 0
    first = figures_in(path)
    assert run_cli(*words, "--metrics", path, shop=sandbox).status == status
    found = figures_in(path)
    assert found["batch_update_exit_status", ""] == status
    assert (found[SUCCESS], found[COMPLETION]) == (first[SUCCESS], first[COMPLETION])
    assert found["batch_update_last_run_timestamp_seconds", ""] > first[SUCCESS]


def test_a_run_that_stopped_is_told_and_is_not_complete(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, good: Path
) -> None:
    path = tmp_path / "out.prom"
    sandbox = open_sandbox(Script(always=Fault.refuse(7, "off")))
    assert run_cli(good, "--metrics", path, shop=sandbox).status == 3
    found = figures_in(path)
    assert found["batch_update_exit_status", ""] == 3
    assert not {SUCCESS, COMPLETION} & set(found)


def test_wrong_words_that_a_scheduler_says_are_told(
    tmp_path: Path, run_cli: RunCli, good: Path, sandbox: Sandbox
) -> None:
    path = tmp_path / "out.prom"
    assert run_cli(good, "--wrong", "--metrics", path, shop=sandbox).status == 2
    assert figures_in(path)["batch_update_exit_status", ""] == 2
    # The shop is known by the next run, and its figures take the place of these.
    assert run_cli(good, f"--metrics={path}", shop=sandbox).status == 0
    assert figures_in(path)["batch_update_exit_status", ""] == 0


def test_what_sends_nothing_leaves_the_file_as_it_is(
    tmp_path: Path, run_cli: RunCli, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.prom"
    monkeypatch.setenv("BATCH_UPDATE_METRICS", str(path))
    for words in ([good, "--dry-run"], [good, "--sandbox"], ["--show-settings"], ["--runs"]):
        run_cli(*words)
    assert run_cli(tmp_path / "missing.csv", "--dry-run").status == 2
    assert not path.exists()


def test_each_shop_has_a_file_of_its_own(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, sandbox: Sandbox, good: Path
) -> None:
    path = tmp_path / "out.prom"
    assert run_cli(good, "--metrics", path, shop=sandbox).status == 0
    before = path.read_bytes()
    other = open_sandbox()
    run = run_cli(good, "--metrics", path, shop=other)
    assert (run.status, "has the figures of another shop" in run.err) == (2, True)
    assert path.read_bytes() == before
    assert other.requests == []


def test_each_profile_of_a_shop_has_one_too(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, good: Path
) -> None:
    path, config = tmp_path / "out.prom", tmp_path / "config.toml"
    account = f'username = "{LOGIN}"\nsecret_key = "{KEY}"\nbase_url = "{sandbox.base_url}"\n'
    config.write_text(
        "".join(f"[profiles.{one}.account]\n{account}" for one in ("a", "b")), encoding="utf-8"
    )
    config.chmod(0o600)
    words = ("--config", config, "--metrics", path)
    assert run_cli(good, *words, "--profile", "a").status == 0
    before = path.read_bytes()
    sent = len(sandbox.requests)
    for more in ((), ("--workers", "0"), ("--wrong",)):
        run = run_cli(good, *words, "--profile", "b", *more)
        assert run.status == 2
        assert more or "has the figures of another shop or profile" in run.err
        assert path.read_bytes() == before
    assert len(sandbox.requests) == sent
    assert run_cli(good, *words, "--profile", "a", "--wrong").status == 2
    assert figures_in(path)["batch_update_exit_status", ""] == 2


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_one(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, good: Path, *, is_there: bool
) -> None:
    target, link = tmp_path / "collector" / "shop.prom", tmp_path / "out.prom"
    target.parent.mkdir()
    if is_there:
        target.touch()
    link.symlink_to(target)
    assert run_cli(good, "--metrics", link, shop=sandbox).status == 0
    assert link.is_symlink()
    assert figures_in(target)["batch_update_exit_status", ""] == 0
    assert [one.name for one in target.parent.iterdir()] == ["shop.prom"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("out.txt", None, "write a name that ends in .prom"),
        ("out.prom", b"precious", "is something else"),
        ("out.prom", b"\xff\xfe", "is something else"),
        ("json://x/out.prom", None, "is an address"),
    ],
)
def test_nothing_else_is_replaced(
    tmp_path: Path,
    run_cli: RunCli,
    sandbox: Sandbox,
    good: Path,
    name: str,
    content: bytes | None,
    words: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = run_cli(good, "--metrics", name, shop=sandbox)
    assert (run.status, words in run.err) == (2, True), run.err
    assert content is None or (tmp_path / name).read_bytes() == content
    assert sandbox.requests == []


def test_neither_a_folder_nor_the_log_is_replaced(
    tmp_path: Path, run_cli: RunCli, sandbox: Sandbox, good: Path
) -> None:
    (tmp_path / "folder.prom").mkdir()
    run = run_cli(good, "--metrics", "folder.prom", shop=sandbox)
    assert (run.status, "is something else" in run.err) == (2, True)
    log = tmp_path / "a.prom"
    for words in ((), ("--dry-run",)):
        run = run_cli(good, "--metrics", "a.prom", "--log-file", log, *words, shop=sandbox)
        assert run.status == 2
        assert run.err == (
            "batch-update: --metrics and --log-file name the same file, a.prom. "
            "Name another one for the log.\n"
        )
    assert not log.exists()
    assert sandbox.requests == []


def test_that_it_cannot_be_written_changes_nothing_of_the_run(
    run_cli: RunCli, sandbox: Sandbox, good: Path
) -> None:
    run = run_cli(good, "--metrics", "nowhere/out.prom", shop=sandbox)
    assert run.status == 0
    assert f"The figures cannot be written to {Path('nowhere/out.prom')}: " in run.err
    assert len(sandbox.requests) == 1


def test_names_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "out.prom"
    name = 'a "b" \\ c\\n, x="y"} é'
    for status in (ExitStatus.DONE, ExitStatus.STOPPED_EARLY):
        figures.write(path, {"shop": name, "profile": None}, Figures(status, 1.5, ()))
    found = figures_in(path, name)
    assert SUCCESS in found
    assert found["batch_update_duration_seconds", ""] == 1.5
    assert LOGIN not in path.read_text(encoding="utf-8")
