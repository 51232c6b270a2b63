"""The tool that holds the program against itself sees what is planted in one of two programs."""

from __future__ import annotations

from pathlib import Path

import pytest

import batch_update
from tests.posix import needs_links
from tools.sameness.__main__ import ROOT, Program, compare
from tools.sameness.sheets import Made

# Both programs are processes of their own.
pytestmark = pytest.mark.no_cover

_PLANTED = "writer/result_words.py"


def _with_planted(tree: Path, old: str, new: str) -> Path:
    """Lay out the program with one module changed; all else are links."""
    package = Path(batch_update.__file__).parent
    changed = package / _PLANTED
    for folder, source in ((tree / "batch_update", package), (tree / "w", changed.parent)):
        folder.mkdir(parents=True)
        for path in source.iterdir():
            (folder / path.name).symlink_to(path)
    (tree / "batch_update" / "writer").unlink()
    (tree / "w").rename(tree / "batch_update" / "writer")
    planted = tree / "batch_update" / _PLANTED
    planted.unlink()
    text = changed.read_text(encoding="utf-8")
    assert old in text
    planted.write_text(text.replace(old, new), encoding="utf-8")
    return tree


@needs_links
def test_a_difference_that_is_planted_is_found(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Order,Status\n100001,cancel\n", encoding="utf-8")
    other = _with_planted(tmp_path / "tree", "return status.label", "return status.value.upper()")
    programs = [Program(ROOT, tmp_path / "1"), Program(other, tmp_path / "2")]
    try:
        found = list(compare(Made(path=sheet, options=()), programs))
    finally:
        for program in programs:
            program.close()
    names = ["sheet.dry-run.csv", "sheet.results.csv"]
    assert [any(name in one for one in found) for name in names] == [True, True]
    assert len(found) == len(names)
