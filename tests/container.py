"""Images and containers where no Docker is: a Dockerfile's lines, done by a machine of the tests.

Each stage of the file is a machine, whose base image is this one's Python. What is not understood
is an error, so that nothing of the examples is passed over. Packages come from the environment of
the tests, without a network.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.machine import USER, Machine, this_python

_LENT = {
    "PATH": "/opt/base:/usr/local/bin:/usr/bin:/bin:/usr/sbin",
    "LD_LIBRARY_PATH": "/opt/python/lib",
    "PYTHONPATH": "/opt/libraries",
}
"""What a base image has: Python, and here its packages too."""
_PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
_VOLUMES = "/volumes"
_START = """
set -eu
for tmpfs in $TMPFS; do mount -t tmpfs tmpfs "$tmpfs"; done
while read -r source target mode; do
    mkdir -p "$(dirname "$target")"
    [ -e "$target" ] || if [ -d "$source" ]; then mkdir "$target"; else touch "$target"; fi
    mount --bind "$source" "$target"
    mount -o "remount,bind,$mode" "$target"
done < "$MOUNTS"
mount -t proc proc /proc
[ -z "$READ_ONLY" ] || mount -o remount,bind,ro /
cd "$WORKDIR"
exec setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --clear-groups $RIGHTS env -i "$@"
"""


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Give the instructions of a Dockerfile, with what each is about."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.strip().partition(" ")
        yield word.upper(), rest.strip()


@dataclass
class Stage:
    """A stage of a Dockerfile: a machine, and what a container of it begins with."""

    machine: Machine
    env: dict[str, str] = field(default_factory=lambda: dict(_LENT))
    user: str = "root"
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


class Image:
    """What a Dockerfile makes, as long as the block.

    Args:
        dockerfile: the file; what it copies must be in its list beside it.
        context: the folder that it copies from.
        folder: an empty one.
    """

    def __init__(self, dockerfile: Path, context: Path, folder: Path) -> None:
        self._text, self._context, self._folder = (
            dockerfile.read_text(encoding="utf-8"),
            context,
            folder,
        )
        ignored = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text()
        self._kept = {line[1:] for line in ignored.splitlines() if line.startswith("!")}
        self._stack = ExitStack()
        self._stages: dict[str, Stage] = {}

    def __enter__(self) -> Self:
        with self._stack as stack:
            for word, rest in instructions(self._text):
                getattr(self, f"_do_{word.lower()}")(rest)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def last(self) -> Stage:
        """The stage that the image is."""
        return list(self._stages.values())[-1]

    def _do_from(self, rest: str) -> None:
        base, *alias = re.split(r"\s+AS\s+", rest, flags=re.IGNORECASE)
        assert re.fullmatch(r"python:3\.\d+-slim", base), base
        number = str(len(self._stages))
        machine = self._stack.enter_context(Machine(self._folder / number))
        assert machine.run("userdel", USER).returncode == 0
        for name, call in ("python", ""), ("pip", "-m pip "):
            script = f'#!/bin/sh\nexec {this_python()} {call}"$@"\n'
            machine.write(f"/opt/base/{name}", script, 0o755)
        self._stages[alias[0] if alias else number] = Stage(machine)

    def _do_copy(self, rest: str) -> None:
        *sources, target = rest.split()
        root = self.last.machine.root
        place = root / target.lstrip("/")
        if sources[0].startswith("--from="):
            stage = self._stages[sources.pop(0).partition("=")[2]]
            folders = [stage.machine.root / one.lstrip("/") for one in sources]
        else:
            assert self._kept.issuperset(sources)
            folders = [self._context / one for one in sources]
        for source in folders:
            if source.is_dir():
                shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)

    def _do_run(self, rest: str) -> None:
        stage = self.last
        assert stage.user == "root"
        done = stage.machine.run("sh", "-c", rest, env={**stage.env, **_PIP})
        assert done.returncode == 0, f"{rest}: {done.stderr}"

    def _do_env(self, rest: str) -> None:
        self.last.env |= dict(word.split("=", 1) for word in shlex.split(rest))

    def _do_user(self, rest: str) -> None:
        self.last.user = rest

    def _do_workdir(self, rest: str) -> None:
        (self.last.machine.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        self.last.workdir = rest

    def _do_entrypoint(self, rest: str) -> None:
        self.last.entrypoint = json.loads(rest)

    def _do_cmd(self, rest: str) -> None:
        self.last.command = json.loads(rest)


def _parse(words: list[str]) -> argparse.Namespace:
    """Read the options of `docker run` that the examples use; others are an error."""
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    for switch in "--rm", "--read-only":
        parser.add_argument(switch, action="store_true")
    for repeated in "--tmpfs", "--env", "--mount", "--cap-drop", "--security-opt":
        parser.add_argument(repeated, action="append", default=[])
    for option in "--user", "--hostname", "--stop-timeout":
        parser.add_argument(option)
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args(words)


class Container:
    """What `docker run` starts, until it has ended.

    Args:
        image: what it is started from.
        words: those behind `docker run`.
        lent: more variables, which a machine with a Docker would not need.
    """

    def __init__(self, image: Image, words: list[str]) -> None:
        said, stage = _parse(words), image.last
        machine = stage.machine
        assert (said.rm, said.image) == (True, "batch-update")
        assert said.cap_drop in ([], ["ALL"])
        assert said.security_opt in ([], ["no-new-privileges"])
        user, _, group = (said.user or stage.user).partition(":")
        rights = ["--bounding-set=-all", "--inh-caps=-all"] if said.cap_drop else []
        rights += ["--no-new-privs"] if said.security_opt else []
        mounts = "".join(f"{self._mount(machine, one)}\n" for one in said.mount)
        machine.write("/run/mounts", mounts)
        variables = stage.env | dict(one.split("=", 1) for one in said.env)
        self.process = subprocess.Popen(
            [
                *machine.entering("/"),
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *(
                    "sh",
                    "-c",
                    _START,
                    "sh",
                    *(f"{name}={value}" for name, value in variables.items()),
                ),
                *(stage.entrypoint + (said.command or stage.command)),
            ],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "TMPFS": " ".join(said.tmpfs),
                "MOUNTS": "/run/mounts",
                "READ_ONLY": "yes" if said.read_only else "",
                "WORKDIR": stage.workdir,
                "USER_ID": user,
                "GROUP_ID": group or user,
                "RIGHTS": " ".join(rights),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def stop(self) -> None:
        """Send SIGTERM to its first process, as `docker stop` does."""
        pid = self.process.pid
        # Those who enter and those who set it up stand above it, each with one child.
        while (
            children := Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        ):
            pid = int(children[0])
        os.kill(pid, signal.SIGTERM)

    def end(self, timeout_s: float) -> tuple[int, str, str]:
        """Wait for its end; return the exit status, and what it said."""
        out, err = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, out, err

    @staticmethod
    def _mount(machine: Machine, text: str) -> str:
        """Give source, target and mode of a mount; a new volume begins as the image has it."""
        parts = text.split(",")
        mode = "ro" if "readonly" in parts else "rw"
        said = dict(part.split("=", 1) for part in parts if part != "readonly")
        assert {*said} == {"type", "src", "dst"}
        source = said["src"]
        if said["type"] == "volume":
            source = f"{_VOLUMES}/{source}"
            if not (machine.root / source.lstrip("/")).exists():
                machine.run("mkdir", "-p", _VOLUMES)
                machine.run("cp", "-a", said["dst"], source)
        else:
            assert said["type"] == "bind"
            assert (machine.root / source.lstrip("/")).exists(), source
        return f"{source} {said['dst']} {mode}"
