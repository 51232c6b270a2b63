"""Setup tried as wine shows Windows: installed, a sheet carried over, and removed again.

    python -m tools.windows.trial

Takes the Setup that `make windows` has made. What it installed practises with a sheet whose name
has a blank, Cyrillic letters and `&`; the results must show what those of this system show. The
window of the icons asks before that, which takes a person. After the removal nothing may be left
but the user's own files, and the copy of itself from which the uninstaller runs.
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

import openpyxl

from tools.sameness import looks
from tools.windows import fetch

_SHEET = "Заказы a&b.xlsx"
_RESULTS = "Заказы a&b.practice.xlsx"
_COPY = "Un.exe"
_PATIENCE_S = 60
_PACKAGES = "Lib/site-packages"
_LACKING = ("_wmi.pyd", *(f"{_PACKAGES}/{name}" for name in ("numpy", "numpy.libs", "pandas")))
"""What the program can do without, and wine 8 has not all that they ask of Windows."""


def main() -> int:
    """Try the Setup; return 0 if all is as it should be."""
    (setup,) = fetch.ROOT.glob("build/batch-update-*-setup.exe")
    with tempfile.TemporaryDirectory() as scratch:
        wine = fetch.Wine(Path(scratch) / "wine")
        # Its desktop is that of this home.
        wine.environment["HOME"] = scratch
        with wine:
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
        program = (installed / "python.exe", "-m", "batch_update")
        status = wine.run(*program, where, "--sandbox", "--lang", "en", check=False)
    print(f"practised with the sheet: exit status {status}")
    yield from _compare(desktop / _RESULTS, status, wine.prefix.parent)
    wine.run(installed / "uninstall.exe", "/S")
    # It goes on as a copy of itself, since it removes itself as well.
    until = time.monotonic() + _PATIENCE_S
    while installed.exists() and time.monotonic() < until:
        time.sleep(0.5)
    left = sorted(_files(wine.prefix) - before)
    print("left after the removal:", *left, sep="\n  ")
    expected = {_SHEET, _RESULTS, _COPY}
    yield from (f"left: {one}" for one in left if Path(one).name not in expected)
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
    shown = [list(_cells(path)) for path in (here.with_name(_RESULTS), results)]
    found = [(one, other) for one, other in zip(*shown, strict=False) if one != other]
    print(f"the results: {len(shown[0])} and {len(shown[1])} cells, {len(found)} differ")
    yield from (f"{one} here, {other} there" for one, other in found)


def _cells(path: Path) -> Iterator[tuple[str, str, str]]:
    """List the cells of a workbook, without moments and without the folder of the sheet."""
    for page in openpyxl.load_workbook(path).worksheets:
        for row in page.iter_rows():
            for cell in row:
                text = looks.without_moments(str(cell.value).encode()).decode()
                if text.endswith(_SHEET):
                    text = _SHEET
                yield page.title, cell.coordinate, text


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
    paths = [path for name in _LACKING if (path := installed / name).exists()]
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
