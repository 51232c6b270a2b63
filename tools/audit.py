"""Known vulnerabilities of what is installed: `make audit`, a part of `make check`.

Where the registry keeps no advisories, or cannot be reached, that is said and nothing is claimed:
a machine without the internet can still check the code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--local", "--skip-editable"),
    *("--progress-spinner", "off", "--format", "json", "--timeout", "20"),
)


PATIENCE_S = 120


def ask() -> list[dict[str, Any]]:
    """Look up every package that is installed.

    Raises:
        LookupError: nobody answers; the text says why.
    """
    try:
        done = subprocess.run(
            COMMAND, capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise LookupError(f"no answer in {PATIENCE_S} seconds") from None
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise LookupError(done.stderr.strip().rpartition("\n")[2][:200]) from None
    return packages


def main() -> int:
    """Ask for every package, and tell of each advisory; 1 if there is one."""
    try:
        packages = ask()
    except LookupError as error:
        print(f"audit: NOT DONE, the advisories cannot be asked for: {error}")
        return 0
    told = [package for package in packages if "vulns" in package]
    for package in told:
        for flaw in package["vulns"]:
            mended = ", ".join(flaw["fix_versions"]) or "no version yet"
            print(
                f"audit: {package['name']} {package['version']}: {flaw['id']}, mended in {mended}"
            )
    unknown = len(packages) - len(told)
    rest = f"; NOT DONE for {unknown}, of which the registry tells nothing" if unknown else ""
    print(f"audit: {len(told)} of {len(packages)} packages looked up{rest}")
    return 1 if any(package["vulns"] for package in told) else 0


if __name__ == "__main__":
    sys.exit(main())
