"""Unit tests of paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch_update.paths import comparable_path, real_path
from tests.posix import needs_links


@needs_links
def test_a_link_leads_to_its_file_and_one_to_itself_ends_nothing(tmp_path: Path) -> None:
    sheet, link, loop = tmp_path / "sheet.csv", tmp_path / "link.csv", tmp_path / "loop.csv"
    sheet.touch()
    link.symlink_to(sheet)
    loop.symlink_to(loop)
    assert real_path(link) == real_path(sheet)
    assert comparable_path(link) == comparable_path(sheet)
    assert real_path(loop).is_absolute()


@pytest.mark.parametrize("name", ["x" * 300, "long/" * 8_000])
def test_a_path_that_no_system_takes_is_told_and_is_no_error(tmp_path: Path, name: str) -> None:
    """Windows raises an error for it."""
    path = tmp_path / name
    assert real_path(path).name == path.name
    assert comparable_path(path) == comparable_path(tmp_path / "." / name)
