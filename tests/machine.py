"""A machine of its own for tests, with its own systemd: namespaces of this one. It takes root.

It shares this machine's kernel, network and programs. Its root is in memory, so whatever is written
there is gone with it; what leads out (`/proc/sys`, `/sys`, devices) is closed or left out.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]
INIT = Path("/lib/systemd/systemd")
USER = "anna"
"""A person with an account on the machine."""
USER_ID = 1000
_PATIENCE_S = 60.0
_POLL_S = 0.02
_UNITS = (
    *("basic.target", "network-online.target", "paths.target", "shutdown.target", "slices.target"),
    *("sockets.target", "sysinit.target", "timers.target", "user.slice", "user-.slice.d"),
    *(
        "systemd-journald.service",
        "systemd-journald.socket",
        "systemd-journal-flush.service",
        "user@.service",
        "user@0.service.d",
    ),
    *("multi-user.target", "umount.target"),
    *(
        "dbus.service",
        "dbus.socket",
        "systemd-logind.service",
        "dbus-org.freedesktop.login1.service",
    ),
    "user-runtime-dir@.service",
)
"""What of this machine's systemd it has; nothing that sets up hardware or the kernel."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_BOOT = """
set -eu
mount --make-rprivate /
# Its processes are in a group of their own, since its systemd takes the whole of what it sees.
mount -t cgroup2 cgroup2 "$R"
mkdir "$R/$NAME"
echo $$ > "$R/$NAME/cgroup.procs"
umount "$R"
exec unshare --pid --fork --cgroup --kill-child sh -c "$BUILD"
"""
_END = """
mount -t cgroup2 cgroup2 "$R"
find "$R/$NAME" -depth -type d -exec rmdir {} ";"
"""
_BUILD = """
set -eu
mount -t tmpfs -o mode=755 root "$R"
cd "$R"
mkdir -p usr proc sys dev run tmp etc var/log/journal var/lib home srv opt root mnt
chmod 1777 tmp
for name in bin sbin lib lib32 lib64; do
    [ ! -L /$name ] || cp -P /$name $name
done
# Bound one by one, in folders that anybody may enter.
show() {
    mkdir -p ".$2"
    mount --bind "$1" ".$2"
    mount -o remount,bind,ro ".$2"
}
for folder in /usr $SHOWN; do
    show "$folder" "$folder"
done
show "$PYTHON" /opt/python
show "$LIBRARIES" /opt/libraries
show "$SOURCE" /opt/source
units=usr/lib/systemd/system
mkdir run/units
for name in $UNITS; do
    [ ! -e $units/$name ] || cp -a $units/$name run/units/
done
mount -t tmpfs units $units
mv run/units/* $units
rmdir run/units
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
for name in $DEVICES; do
    touch dev/$name
    mount --bind /dev/$name dev/$name
done
mkdir dev/shm dev/mqueue dev/hugepages
ln -s pts/ptmx dev/ptmx
chmod 1777 dev/shm
cp -a "$ETC"/. etc
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
# Not only chroot, from where the kernel allows no namespaces of users.
pivot_root . mnt
exec /usr/bin/env -i container=tests PATH=$path chroot . sh -c "umount -l /mnt
mount --make-rshared /
exec $INIT --system --unit=multi-user.target --log-target=journal"
"""
_ETC = {
    "passwd": f"root:x:0:0::/root:/bin/sh\n{USER}:x:{USER_ID}:{USER_ID}::/home/{USER}:/bin/sh\n"
    "messagebus:x:989:989::/nonexistent:/bin/false\n"
    "nobody:x:65534:65534::/nonexistent:/bin/false\n",
    "group": f"root:x:0:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\nmessagebus:x:989:\n"
    "systemd-journal:x:988:\n",
    "shadow": f"root:*:::::::\n{USER}:*:::::::\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
    "machine-id": "0123456789abcdef0123456789abcdef\n",
    "systemd/system/multi-user.target.d/more.conf": "[Unit]\n"
    "Wants=systemd-journal-flush.service systemd-logind.service dbus.socket\n",
    "systemd/journald.conf": "[Journal]\nAudit=no\nReadKMsg=no\n",
    "pam.d/systemd-user": "account required pam_permit.so\nsession required pam_systemd.so\n",
}


@functools.cache
def why_none() -> str:
    """Say why there can be no such machine here; empty if there can."""
    if sys.platform != "linux" or not INIT.exists():
        return "there is no systemd here"
    if os.geteuid() != 0:
        return "only root may start a machine of its own"
    lacking = [
        name for name in ("unshare", "nsenter", "setpriv", "chroot") if not shutil.which(name)
    ]
    if lacking:
        return f"no machine of its own without {', '.join(lacking)}"
    done = subprocess.run(
        [_program("unshare"), "-m", "-p", "-f", "-C", "sh", "-c", "mount -t cgroup2 cgroup2 /mnt"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=_PATIENCE_S,
        check=False,
    )
    return done.stderr.strip()


class Machine:
    """One machine, as long as the block.

    Args:
        folder: an empty one, for what it is started from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._init = 0

    def __enter__(self) -> Self:
        etc, root = self._folder / "etc", self._folder / "root"
        root.mkdir(parents=True)
        for name, text in _ETC.items():
            path = etc / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for one in (self._folder, etc, *etc.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)
        self._process = subprocess.Popen(
            [_program("setpriv"), "--pdeathsig=KILL", "unshare", "--mount", "sh", "-c", _BOOT],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        # With its first process all others end; only then it is waited for no longer.
        if self._init:
            os.kill(self._init, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.communicate(timeout=_PATIENCE_S)
        subprocess.run(
            [_program("unshare"), "--mount", "sh", "-c", _END],
            env=self._environment(),
            timeout=_PATIENCE_S,
            check=True,
        )

    @property
    def root(self) -> Path:
        """Its root folder, seen from here."""
        return Path(f"/proc/{self._init}/root")

    def entering(self, folder: str) -> tuple[str, ...]:
        """Return what to put before a command that is to run there, in this folder."""
        return ("nsenter", f"--target={self._init}", "--all", f"--wd={self.root}{folder}")

    def run(
        self, *command: str | Path, user: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on it, as root or as another user, with nothing else in the environment."""
        as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **(env or {})}
        return subprocess.run(
            [*self.entering("/"), *(as_user if user else ()), *command],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE_S,
            check=False,
        )

    def write(self, path: str, text: str | bytes, mode: int = 0o644, owner: int = 0) -> None:
        """Write a file there; its folders too, for the same owner."""
        target = self.root / path.lstrip("/")
        missing = [one for one in target.parents if not one.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            os.chown(folder, owner, owner)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        target.chmod(mode)
        os.chown(target, owner, owner)

    def install(self, folder: str) -> None:
        """Make a virtual environment there, with the program in it, as pip would.

        Its Python is in no home, and its libraries are those of the tests.
        """
        done = self.run(this_python(), "-m", "venv", "--without-pip", folder)
        if done.returncode:
            raise RuntimeError(done.stderr)
        (packages,) = (self.root / folder.lstrip("/")).glob("lib/python*/site-packages")
        (packages / "tests.pth").write_text("/opt/libraries\n/opt/source\n")
        call = "import sys; from batch_update.cli import main; sys.exit(main())"
        # A Python that was built for another folder looks for its own library there.
        script = f"LD_LIBRARY_PATH=/opt/python/lib exec {folder}/bin/python -c '{call}' \"$@\""
        self.write(f"{folder}/bin/batch-update", f"#!/bin/sh\n{script}\n", 0o755)

    def _wait(self) -> None:
        """Wait until its systemd answers.

        Raises:
            RuntimeError: it has not started.
        """
        assert self._process is not None
        deadline = time.monotonic() + _PATIENCE_S
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while time.monotonic() < deadline and self._process.poll() is None:
            self._init = int((children.read_text(encoding="utf-8").split() or ["0"])[0])
            if self._init and (self.root / "run/systemd/private").exists():
                done = self.run("systemctl", "is-active", "multi-user.target")
                if done.stdout == "active\n":
                    return
            time.sleep(_POLL_S)
        self._process.kill()
        raise RuntimeError(f"the machine did not start: {self._process.communicate()[1]}")

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "NAME": f"batch-update-{os.getpid()}-{id(self)}",
            "R": str(self._folder / "root"),
            "ETC": str(self._folder / "etc"),
            "BUILD": _BUILD,
            "INIT": str(INIT),
            "PYTHON": sys.base_prefix,
            "LIBRARIES": sysconfig.get_path("purelib"),
            "SOURCE": str(ROOT),
            "SHOWN": " ".join(map(str, _shown())),
            "UNITS": " ".join(_UNITS),
            "DEVICES": " ".join(_DEVICES),
        }


def this_python() -> str:
    """Return the Python of the tests, as it is seen there."""
    return f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"


def _program(name: str) -> str:
    """Return the path of a program of this machine."""
    return shutil.which(name) or name


def _shown() -> list[Path]:
    """List the folders of this machine that the other one sees: the program and its Python."""
    folders = (Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT)
    kept: list[Path] = []
    for folder in sorted({*folders}):
        inside = folder.is_relative_to("/usr") or any(map(folder.is_relative_to, kept))
        if not inside:
            kept.append(folder)
    return kept
