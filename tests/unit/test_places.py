"""Where the files of a user lie, on each system; tests that start the program rely on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePath, PureWindowsPath

import pytest
from platformdirs import PlatformDirsABC
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from batch_update.cli.memories import state_folder
from batch_update.settings.defaults import default_ledger, default_path
from tests.conftest import KEY, LOGIN, OpenSandbox
from tests.home import config_in, ledger_in, variables_of

PATIENCE_S = 60
SYSTEMS: dict[str, type[PlatformDirsABC]] = {"linux": Unix, "darwin": MacOS, "win32": Windows}


@pytest.mark.parametrize("platform", SYSTEMS)
def test_config_and_ledger_lie_in_the_home_by_the_rules_of_each_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """The rules are the library's own, with the variables alone."""
    if platform != sys.platform == "win32":
        pytest.skip("~ is USERPROFILE on Windows, whatever the rules")
    home: PurePath = tmp_path / "a home"
    kind: type[PurePath] = PurePath
    if platform == "win32":
        kind = PureWindowsPath
        home = home if sys.platform == "win32" else PureWindowsPath(r"C:\Users\Анна Б")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables_of(home, platform).items():
        monkeypatch.setenv(name, value)
    places = [default_path(SYSTEMS[platform]), default_ledger(SYSTEMS[platform])]
    assert [place.name for place in places] == ["config.toml", "ledger.sqlite3"]
    for place in places:
        assert kind(place).is_relative_to(home), place
        assert kind(place).parent.name == "batch-update"


def test_a_program_with_these_variables_keeps_all_of_a_user_in_the_home(
    tmp_path: Path, open_sandbox: OpenSandbox
) -> None:
    """What is there before and after says it: without them, it would lie in the test's own home."""
    sandbox, home = open_sandbox(), tmp_path / "one"
    home.mkdir()
    variables = {
        **os.environ,
        **variables_of(home),
        "JUSTCLICK_SECRET_KEY": KEY,
        "JUSTCLICK_BASE_URL": sandbox.base_url,
    }
    config = config_in(home)
    config.parent.mkdir(parents=True)
    config.write_text(
        f'[account]\nusername = "{LOGIN}"\n[files]\nlog_file = "day.log"\n', encoding="utf-8"
    )
    config.chmod(0o600)
    (home / "a.csv").write_text("order,status\n1,cancel\n")
    before = set(tmp_path.rglob("*"))
    subprocess.run(
        [sys.executable, "-m", "batch_update", "a.csv"],
        cwd=home,
        env=variables,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )
    made = set(tmp_path.rglob("*")) - before
    assert {ledger_in(home), home / "day.log", home / "a.results.csv"} <= made
    assert all(path.is_relative_to(home) for path in made)


def test_the_tests_themselves_have_a_home_each(tmp_path: Path) -> None:
    places = (default_path(), default_ledger(), state_folder(None))
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert (config_in(tmp_path), ledger_in(tmp_path)) == places[:2]


def test_the_tests_have_no_key_store() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keyring", "get", "batch-update", LOGIN],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode != 0
    assert "NoKeyringError" in done.stderr
