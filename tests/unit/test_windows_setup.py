"""What goes into Setup for Windows, and where; `make windows` itself needs makensis."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from batch_update import languages
from batch_update.cli import commands
from tools.windows import build

MOMENT = dt.datetime(2026, 11, 20, 12, 30, 14, tzinfo=dt.UTC)
TEMPLATE = build.TEMPLATE.read_text(encoding="utf-8")
LOCKED = build.LOCK.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a small one like that which is installed."""
    made = tmp_path / "batch-update"
    for name in ("python.exe", "Lib/b/x$y.py", "Lib/b/z.py", "Lib/a.py", "samples/s.xlsx"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(name.encode())
    return made


def test_the_lock_names_all_that_the_program_needs_and_what_fits_it() -> None:
    parsed = [parse_wheel_filename(line.split()[1]) for line in LOCKED.splitlines()]
    versions = {name: version for name, version, *_ in parsed}
    for one in map(Requirement, build.requirements()):
        assert one.specifier.contains(versions[canonicalize_name(one.name)]), one
    platforms = {tag.platform for *_, tags in parsed for tag in tags}
    assert platforms == {"any", "win_amd64"}
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+\.whl", line) for line in LOCKED.splitlines())


def test_the_lock_gives_versions_and_is_written_as_it_was(tmp_path: Path) -> None:
    wheel = tmp_path / "lxml-6.1.3-cp313-cp313-win_amd64.whl"
    wheel.write_bytes(b"wheel")
    text = build.lock([wheel])
    assert text.endswith(f"  {wheel.name}\n")
    assert build.constraints(text) == ["lxml==6.1.3"]


def test_the_zip_is_the_same_whenever_it_is_made(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    build.write_zip(folder, first, MOMENT)
    for path in folder.rglob("*"):
        path.touch()
        path.chmod(0o700)
    build.write_zip(folder, second, MOMENT)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [
            "batch-update/Lib/a.py",
            "batch-update/Lib/b/x$y.py",
            "batch-update/Lib/b/z.py",
            "batch-update/python.exe",
            "batch-update/samples/s.xlsx",
        ]
        assert {one.date_time for one in archive.infolist()} == {(2026, 11, 20, 12, 30, 14)}


def test_each_file_is_installed_once_and_removed(folder: Path) -> None:
    text = "\n".join(build.script_of_files(folder))
    install, _, remove = text.partition("!macro REMOVE_FILES")
    assert re.findall(r'SetOutPath "(.*)"', install) == [
        r"$INSTDIR\Lib",
        r"$INSTDIR\Lib\b",
        "$INSTDIR",
        r"$INSTDIR\samples",
    ]
    files = re.findall(r'File "(.*)"', install)
    assert files == [str(folder / path).replace("$", "$$") for path in build.files_of(folder)]
    assert remove.splitlines()[1:] == [
        r'Delete "$INSTDIR\python.exe"',
        r'RMDir /r "$INSTDIR\Lib"',
        r'RMDir /r "$INSTDIR\samples"',
        "!macroend",
    ]


def test_setup_needs_no_administrator_and_nothing_else_is_removed() -> None:
    assert "RequestExecutionLevel user" in TEMPLATE
    assert "HKLM" not in TEMPLATE
    # Whole folders are named where the list of files is made, and there only.
    assert "RMDir /r" not in TEMPLATE
    assert "SetDateSave off" in TEMPLATE


def test_every_shortcut_is_removed_in_each_language() -> None:
    made = re.findall(r'CreateShortCut "\$(\w+)\\\$\((\w+)\)" "\$INSTDIR\\python\.exe"', TEMPLATE)
    assert made == [("DESKTOP", "SEND"), ("SENDTO", "SEND"), ("DESKTOP", "PRACTICE")]
    for place, name in made:
        for language in "EN", "RU":
            assert f'Delete "${place}\\${{{name}_{language}}}"' in TEMPLATE


def test_each_shortcut_has_an_icon_that_is_installed() -> None:
    icons = [path.name for path in build.ICONS]
    assert all(path.read_bytes().startswith(b"\0\0\1\0") for path in build.ICONS)
    assert sorted(set(re.findall(r"\$INSTDIR\\(\w+\.ico)", TEMPLATE))) == sorted(icons)


@pytest.mark.parametrize(("language", "code"), [("EN", "en"), ("RU", "ru")])
def test_the_program_calls_the_icon_that_sends_as_setup_does(language: str, code: str) -> None:
    languages.begin(code)
    with commands.by_icons():
        said = commands.command({}, Path("a.xlsx"))
    languages.begin(languages.ENGLISH)
    (name,) = re.findall(f'SEND_{language} "(.*)[.]lnk"', TEMPLATE)
    assert name in said


def test_every_sentence_of_setup_is_in_both_languages() -> None:
    said = re.findall(r"^LangString (\w+) \$\{LANG_(\w+)\} \"(.+)\"$", TEMPLATE, re.MULTILINE)
    names = {name for name, *_ in said}
    assert {(name, language) for name, language, _ in said} == {
        (name, language) for name in names for language in ("ENGLISH", "RUSSIAN")
    }
    assert set(re.findall(r"\$\((\w+)\)", TEMPLATE)) <= names


def test_launchers_are_python_that_compiles() -> None:
    for name, code in build.LAUNCHERS.items():
        compile(code, name, "exec")


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "setup.exe"
    made.write_bytes(b"12345")
    assert build.describe(made).startswith("5994471abb01112a")
    monkeypatch.setattr(build, "MOST_BYTES", 4)
    with pytest.raises(build.LockError, match=r"setup\.exe has 5 bytes, and may have 4"):
        build.describe(made)
