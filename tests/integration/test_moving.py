"""Files that are moved together: killed at every step, onto another disk, under names in use."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch_update import moving
from batch_update.moving import File, Hindrance
from tests.posix import needs_links

SHEET, RESULTS = b"sheet" * 1000, b"results" * 1000
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 only looked at
PATIENCE_S = 60
HELD: tuple[type[OSError], ...] = () if os.name == "posix" else (PermissionError,)
"""What saving or moving raises where a file that somebody reads can be neither."""
KILLED = getattr(signal, "SIGKILL", -1)

# Moves again and again, each time killed in front of a later one of all that is done to files, and
# finishes that. A fork for each, since a new process takes a second. Without forks, on Windows, it
# is an error that ends the move there, one that nothing in it catches.
_BEGIN = """if True:
    import json, os, signal, sys
    from pathlib import Path
    from batch_update import moving
    how, places = sys.argv[1], [Path(name) for name in sys.argv[2:]]
    inbox, done, notes = places
    EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.utime", "os.chmod"}
    left = 0
    class Killed(BaseException): pass
    def count(event, arguments):
        global left
        if left and event in EVENTS and str(arguments[0]).startswith(tuple(map(str, places))):
            left -= 1
            if not left:
                if os.name != "posix":
                    raise Killed
                os.kill(os.getpid(), signal.SIGKILL)
    def move(number):
        global left
        group = []
        for name, content in ("day.csv", b"sheet" * 1000), ("day.results.csv", b"results" * 1000):
            (inbox / name).write_bytes(content)
            group.append(moving.File(path=inbox / name, sha256=moving.fingerprint(inbox / name)))
        child = os.fork() if os.name == "posix" else 0
        if child:
            return os.waitpid(child, 0)[1]
        left = number
        try:
            moving.move(group, done, notes)
        except Killed:
            return -1
        if os.name == "posix":
            os._exit(0)
        left = 0
        return 0
    def found(*folders):
        return {
            f"{folder.name}/{path.name}": path.read_bytes()[:7].decode()
            for folder in folders
            for path in folder.iterdir()
        }
    sys.addaudithook(count)
    stories = []
    for number in range(1, 200):
        for path in (*inbox.iterdir(), *done.iterdir()):
            path.unlink()
        status = move(number)
        killed = found(inbox, done)
"""

_KILLED = (
    _BEGIN
    + """
        if how == "gone":
            (inbox / "day.csv").unlink(missing_ok=True)
        elif how:
            (inbox / "day.csv").write_text(how)
        again = [len(moving.finish(notes).moved) for _ in range(2)][1]
        stories.append([status, killed, found(inbox, done), len(list(notes.glob("*.json"))), again])
        if not status:
            break
    json.dump(stories, sys.stdout)
"""
)

# The folder has another name, while two runs look for it, and then its own again.
_KILLED_AND_AWAY = (
    _BEGIN
    + """
        kept = done.with_name("kept")
        done.rename(kept)
        if how != "gone":
            done.mkdir()
        if how == "replaced":
            (done / "day.csv").write_text("another")
        finished = [moving.finish(notes) for _ in range(2)]
        away = found(inbox, done) if done.exists() else found(inbox)
        hindrances = [one.hindrance for each in finished for one in each.unfinished]
        if done.exists():
            for path in done.iterdir():
                path.unlink()
            done.rmdir()
        kept.rename(done)
        moving.finish(notes)
        left = len(list(notes.glob("*.json")))
        here = {text for name, text in killed.items() if name.startswith("inbox/")}
        hidden = any(name.startswith("done/.") for name in killed) and "sheetsh" not in here
        stories.append([status, killed, away, found(inbox, done), hindrances, left, hidden])
        if not status:
            break
    json.dump(stories, sys.stdout)
"""
)


class Places:
    def __init__(self, inbox: Path, done: Path, notes: Path) -> None:
        self.inbox, self.done, self.notes = inbox, done, notes
        for folder in (inbox, done):
            folder.mkdir(exist_ok=True)

    def fill(self) -> None:
        (self.inbox / "day.csv").write_bytes(SHEET)
        (self.inbox / "day.results.csv").write_bytes(RESULTS)

    def group(self) -> list[File]:
        paths = [self.inbox / "day.csv", self.inbox / "day.results.csv"]
        return [File(path=path, sha256=moving.fingerprint(path)) for path in paths]

    def found(self) -> list[tuple[str, bytes]]:
        """List all files, hidden ones too, with their folder."""
        return sorted(
            (f"{folder.name}/{path.name}", path.read_bytes())
            for folder in (self.inbox, self.done)
            for path in folder.iterdir()
        )

    def killed_everywhere(self, since: str = "") -> list[tuple[dict[str, str], dict[str, str]]]:
        """Return what is where after each kill, and after the next run's work.

        Args:
            since: what came under the sheet's name between the two; "gone" if it was taken away.
        """
        said = subprocess.run(
            [sys.executable, "-c", _KILLED, since, *self._words()],
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
        *stories, (status, _, _, _, _) = json.loads(said.stdout)
        assert status == 0
        assert len(stories) > 8
        for status, _, _, notes, again in stories:
            assert (status, notes, again) == (KILLED, 0, 0)
        return [(killed, mended) for _, killed, mended, _, _ in stories]

    def killed_everywhere_and_away(self, how: str) -> list[tuple[dict[str, str], ...]]:
        """Return what is where after each kill, while the folder is away, and when it is back.

        Args:
            how: what is in its place meanwhile: "unmounted" for an empty folder, "replaced" for one
                with files of its own, "gone" for nothing.
        """
        said = subprocess.run(
            [sys.executable, "-c", _KILLED_AND_AWAY, how, *self._words()],
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
        *stories, (status, *_) = json.loads(said.stdout)
        assert status == 0
        assert len(stories) > 8
        for status, _, _, _, hindrances, notes, has_hidden in stories:
            assert status == KILLED
            # What is hidden there is told in each run, and never forgotten.
            assert hindrances == (["away", "away"] if has_hidden else hindrances)
            assert notes == 0
        return [(killed, away, back) for _, killed, away, back, _, _, _ in stories]

    def _words(self) -> list[str]:
        return list(map(str, (self.inbox, self.done, self.notes)))

    def notes_left(self) -> list[Path]:
        return list(self.notes.glob("*.json"))


DONE = [("done/day.csv", SHEET), ("done/day.results.csv", RESULTS)]
UNTOUCHED = [("inbox/day.csv", SHEET), ("inbox/day.results.csv", RESULTS)]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "inbox", tmp_path / "done", tmp_path / "notes")


@pytest.fixture(params=["same disk", "other disk"])
def any_places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    if request.param == "same disk":
        return request.getfixturevalue("places")  # type: ignore[no-any-return]
    if not _SHARED_MEMORY.is_dir() or _SHARED_MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    return request.getfixturevalue("far_places")  # type: ignore[no-any-return]


@pytest.fixture
def far_places(tmp_path: Path) -> Iterator[Places]:
    with tempfile.TemporaryDirectory(dir=_SHARED_MEMORY) as far:
        yield Places(tmp_path / "inbox", Path(far) / "done", tmp_path / "notes")


def test_they_are_moved_with_their_names(any_places: Places) -> None:
    places = any_places
    places.fill()
    os.utime(places.inbox / "day.csv", ns=(0, 1_500_000_000))
    group = places.group()
    moved = moving.move(group, places.done, places.notes)
    assert moved.left == []
    assert moved.paths == {file.path: places.done / file.path.name for file in group}
    assert places.found() == DONE
    assert (places.done / "day.csv").stat().st_mtime_ns == 1_500_000_000
    assert places.notes_left() == []
    assert moving.finish(places.notes) == moving.Finished()


def test_a_name_in_use_is_never_taken_and_pairs_stay_pairs(any_places: Places) -> None:
    places = any_places
    (places.done / "DAY.results.csv").write_bytes(b"somebody's")
    for _ in range(3):
        places.fill()
        moving.move(places.group(), places.done, places.notes)
    assert [name for name, _ in places.found()] == [
        "done/DAY.results.csv",
        *(f"done/day-{number}.{end}" for number in (2, 3, 4) for end in ("csv", "results.csv")),
    ]
    assert (places.done / "DAY.results.csv").read_bytes() == b"somebody's"


def test_results_with_a_name_of_their_own_keep_it(places: Places) -> None:
    for _ in range(2):
        places.fill()
        (places.inbox / "day.results.csv").rename(places.inbox / "daily.csv")
        paths = [places.inbox / "day.csv", places.inbox / "daily.csv"]
        group = [File(path=path, sha256=moving.fingerprint(path)) for path in paths]
        moving.move(group, places.done, places.notes)
    names = [name for name, _ in places.found()]
    assert names == ["done/daily-2.csv", "done/daily.csv", "done/day-2.csv", "done/day.csv"]


@pytest.mark.parametrize("content", [b"changed", None])
def test_a_sheet_that_has_changed_stays_with_its_results(
    any_places: Places, content: bytes | None
) -> None:
    places = any_places
    places.fill()
    group = places.group()
    sheet = places.inbox / "day.csv"
    sheet.unlink() if content is None else sheet.write_bytes(content)
    before = places.found()
    with pytest.raises(moving.ChangedError):
        moving.move(group, places.done, places.notes)
    assert places.found() == before
    assert places.notes_left() == []


def test_results_that_have_changed_stay_alone(places: Places) -> None:
    places.fill()
    group = places.group()
    (places.inbox / "day.results.csv").write_bytes(b"mended")
    moved = moving.move(group, places.done, places.notes)
    assert moved.left == [places.inbox / "day.results.csv"]
    assert places.found() == [("done/day.csv", SHEET), ("inbox/day.results.csv", b"mended")]
    assert places.notes_left() == []


@needs_links
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "without fingerprint"])
def test_what_is_no_file_is_not_moved(places: Places, kind: str) -> None:
    path, other = places.inbox / "day.csv", places.inbox.parent / "other.csv"
    other.write_bytes(SHEET)
    makers: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(other),
        "pipe": lambda: os.mkfifo(path),
        "folder": lambda: path.mkdir(),
        "without fingerprint": lambda: path.write_bytes(SHEET),
    }
    makers[kind]()
    assert bool(moving.fingerprint(path)) == (kind == "without fingerprint")
    sha256 = "" if kind == "without fingerprint" else moving.fingerprint(other)
    with pytest.raises(moving.ChangedError):
        moving.move([File(path=path, sha256=sha256)], places.done, places.notes)
    assert list(places.done.iterdir()) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may do all")
def test_a_folder_that_takes_nothing_costs_nothing(places: Places) -> None:
    places.fill()
    places.done.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            moving.move(places.group(), places.done, places.notes)
    finally:
        places.done.chmod(0o700)
    assert places.found() == UNTOUCHED
    assert places.notes_left() == []


def test_a_folder_that_is_gone_costs_nothing(places: Places) -> None:
    places.fill()
    with pytest.raises(FileNotFoundError):
        moving.move(places.group(), places.done / "gone", places.notes)
    assert places.found() == UNTOUCHED
    assert places.notes_left() == []


def test_a_file_that_is_saved_anew_all_the_time_is_never_lost(places: Places) -> None:
    """Somebody saves the sheet anew, as office programs do, while it is moved again and again."""
    sheet, is_over = places.inbox / "day.csv", threading.Event()
    saved = itertools.count()
    last = b""

    def save() -> None:
        nonlocal last
        while not is_over.is_set():
            new = places.inbox / ".new"
            content = b"version %d" % next(saved)
            new.write_bytes(content)
            with contextlib.suppress(*HELD):
                new.replace(sheet)
                last = content

    writer = threading.Thread(target=save)
    writer.start()
    try:
        for _ in range(300):
            sha256 = moving.fingerprint(sheet)
            with contextlib.suppress(moving.ChangedError, *HELD):
                moving.move([File(path=sheet, sha256=sha256)], places.done, places.notes)
                # What was moved is what was read.
            for path in places.done.glob("day*"):
                path.rename(places.inbox.parent / f"kept-{next(saved)}")
    finally:
        is_over.set()
        writer.join()
    everywhere = [
        path.read_bytes() for path in (*places.inbox.iterdir(), *places.inbox.parent.glob("kept-*"))
    ]
    assert last in everywhere
    assert list(places.done.iterdir()) == []
    assert places.notes_left() == []


def test_a_kill_at_any_moment_is_mended_by_the_next_run(any_places: Places) -> None:
    done = {"done/day.csv": "sheetsh", "done/day.results.csv": "results"}
    untouched = {"inbox/day.csv": "sheetsh", "inbox/day.results.csv": "results"}
    ends = []
    for killed, mended in any_places.killed_everywhere():
        assert {"sheetsh", "results"} <= set(killed.values())
        assert mended in (done, untouched)
        ends.append(mended == done)
    # Once it is written down that they are to be moved, they are.
    assert ends == sorted(ends)
    assert set(ends) == {True, False}


@pytest.mark.parametrize("since", ["new", "gone"])
def test_what_has_come_since_a_kill_is_left_alone(places: Places, since: str) -> None:
    """The next sheet of the same name is there already when the next run begins."""
    for killed, mended in places.killed_everywhere(since):
        was_moved = "inbox/day.csv" not in killed
        assert mended.pop("inbox/day.csv", "gone") == since
        assert mended == (
            {"done/day.csv": "sheetsh", "done/day.results.csv": "results"}
            if was_moved
            else {"inbox/day.results.csv": "results"}
        )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, '{"version": 1, "files": [{}]}', '{"version": "x"}', "\xff"],
    ids=range(7),
)
def test_a_note_that_is_damaged_is_told_and_put_aside(places: Places, text: str) -> None:
    places.fill()
    places.notes.mkdir()
    (places.notes / "moving-x.json").write_text(text, encoding="latin-1")
    (one,) = moving.finish(places.notes).unfinished
    assert (one.hindrance, one.key) == (Hindrance.DAMAGED, "x")
    assert one.note.read_text(encoding="latin-1") == text
    assert places.notes_left() == []
    assert places.found() == UNTOUCHED
    assert moving.finish(places.notes) == moving.Finished()


def test_a_note_of_a_newer_version_is_left_to_that(places: Places) -> None:
    places.notes.mkdir()
    (places.notes / "moving-x.json").write_text('{"version": 2}')
    (one,) = moving.finish(places.notes).unfinished
    assert one.hindrance is Hindrance.NEWER
    assert len(places.notes_left()) == 1
    assert [moving.is_news(one.note, text) for text in ("a", "a", "b", "b")] == [
        *(True, False),
        *(True, False),
    ]


@pytest.mark.parametrize("how", ["unmounted", "replaced", "gone"])
def test_what_is_hidden_in_a_folder_that_is_away_waits_for_it(any_places: Places, how: str) -> None:
    """A run is killed at each step, and the folder comes back after two more runs."""
    for killed, meanwhile, mended in any_places.killed_everywhere_and_away(how):
        assert {"sheetsh", "results"} <= set(killed.values())
        everywhere = {*meanwhile.values(), *mended.values()}
        assert {"sheetsh", "results"} <= everywhere
        # A copy of what has never left its place may stay.
        hidden = [name for name in mended if "/.batch-update" in name]
        assert all(name.endswith(".copy") and "inbox/day.csv" in mended for name in hidden)
