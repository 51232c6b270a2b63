"""Known vulnerabilities of what is installed: `make audit`, a part of `make check`.

Where the registry keeps no advisories, or cannot be reached, that is said and nothing is claimed:
a machine without the internet can still check the code.
"""

from __future__ import annotations

import json
import subprocess
import sys

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--local", "--skip-editable"),
    *("--progress-spinner", "off", "--format", "json", "--timeout", "20"),
)


def main() -> int:
    """Ask for every package, and tell of each advisory; 1 if there is one."""
    done = subprocess.run(COMMAND, capture_output=True, encoding="utf-8", check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = done.stderr.strip().rpartition("\n")[2]
        print(f"audit: NOT DONE, the advisories cannot be asked for: {reason[:200]}")
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
