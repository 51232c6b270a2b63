"""Setup tried as wine shows Windows: installed, a sheet dropped on its icon, and removed again.

    python -m tools.windows.trial

Takes the Setup that `make windows` has made. The practice icon carries a sheet with a name of
blanks, Cyrillic letters and `&`; its results must show what those of this system show. After the
removal nothing may be left but the user's own files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.sameness import looks
from tools.windows import fetch

_SHEET = "Заказы a&b.xlsx"
_RESULTS = "Заказы a&b.practice.xlsx"
_PATIENCE_S = 60
_LACKING = ("_wmi.pyd", "numpy", "numpy.libs", "pandas")
"""What the program can do without, and wine 8 has not all that they ask of Windows."""


def main() -> int:
    """Try the Setup; return 0 if all is as it should be."""
    (setup,) = fetch.ROOT.glob("build/batch-update-*-setup.exe")
    with tempfile.TemporaryDirectory() as scratch, fetch.Wine(Path(scratch) / "wine") as wine:
        faults = list(_try(setup, wine))
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _try(setup: Path, wine: fetch.Wine) -> Iterator[str]:
    home = next((wine.prefix / "drive_c" / "users").glob("[!P]*"))
    desktop = home / "Desktop"
    before = _files(wine.prefix)
    wine.run(setup, "/S")
    installed = home / "AppData" / "Local" / "Programs" / "batch-update"
    made = _files(wine.prefix) - before
    print(f"installed: {len(made)} files, {len(list(desktop.glob('*.lnk')))} icons on the desktop")
    shutil.copy(fetch.ROOT / "samples" / "shipments.xlsx", desktop / _SHEET)
    with _without(installed, Path(wine.prefix.parent)):
        where = f"C:\\users\\{home.name}\\Desktop\\{_SHEET}"
        window = ("-m", "batch_update.cli.window", "--sandbox", where)
        status = wine.run(installed / "python.exe", *window, check=False)
    print(f"the sheet dropped on the practice icon: exit status {status}")
    yield from _compare(desktop / _RESULTS, status, wine.prefix.parent)
    wine.run(installed / "uninstall.exe", "/S")
    # It goes on as a copy of itself, since it removes itself as well.
    until = time.monotonic() + _PATIENCE_S
    while installed.exists() and time.monotonic() < until:
        time.sleep(0.5)
    left = sorted(_files(wine.prefix) - before)
    print("left after the removal:", *left, sep="\n  ")
    own = {_SHEET, _RESULTS}
    yield from (f"left: {one}" for one in left if Path(one).name not in own)
    if "batch-update" in (wine.prefix / "user.reg").read_text(encoding="latin-1"):
        yield "it is still in the registry"


def _compare(results: Path, status: int, folder: Path) -> Iterator[str]:
    """Carry the same sheet here, and compare the results."""
    here = folder / _SHEET
    shutil.copy(fetch.ROOT / "samples" / "shipments.xlsx", here)
    command = [
        str(Path(sys.executable).with_name("batch-update")),
        str(here),
        "--sandbox",
        "--lang",
        "en",
    ]
    run = subprocess.run(command, check=False, capture_output=True)
    if run.returncode != status:
        yield f"exit status {run.returncode} here, {status} there"
    if not results.exists():
        yield f"no results: {results}"
        return
    found = looks.difference(here.with_name(_RESULTS), results)
    print("the results:", found or "as here, but for the moments of the updates")
    if found:
        yield f"the results differ: {found}"


def _files(prefix: Path) -> set[str]:
    """List all files of that Windows, without what it keeps for itself."""
    roots = (prefix / "drive_c" / name for name in ("users", "ProgramData", "Program Files"))
    return {
        os.path.relpath(path, prefix)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() or path.is_symlink()
    }


@contextmanager
def _without(installed: Path, folder: Path) -> Iterator[None]:
    """Put aside what wine lacks something for."""
    paths = [path for name in _LACKING for path in installed.rglob(name)]
    moved = {path: folder / str(number) for number, path in enumerate(paths)}
    for path, aside in moved.items():
        path.rename(aside)
    try:
        yield
    finally:
        for path, aside in moved.items():
            aside.rename(path)


if __name__ == "__main__":
    sys.exit(main())
