"""The reference is held to the program."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from batch_update.cli import main, parser
from batch_update.headers import accepted_words
from batch_update.model import Field
from batch_update.validator import Calendar, read_date, read_status
from tests.integration.test_readme import (
    ADMINISTRATION,
    PAGES,
    REFERENCE,
    ROOT,
    anchors_of,
    table_after,
)
from tools.make_samples import SAMPLES


def test_the_reference_names_the_accepted_headers_and_formats() -> None:
    calendar = Calendar(zone=ZoneInfo("Europe/Moscow"), now=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    cells = {row[0].strip("`"): row for row in table_after("Columns", REFERENCE)}
    assert set(cells) == set(Field)
    for name, row in cells.items():
        assert row[1].split(", ") == list(accepted_words(Field(name)))
    for word in re.split("[,;] ", cells["status"][3]):
        read_status(word)
    dates = re.findall("`([^`]+)`", cells["date"][3])
    assert len(dates) == 6
    assert {read_date(text, calendar).day for text in dates} == {20}


def test_every_option_of_the_help_stands_in_the_reference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parser.parse(["--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    rows = table_after("Options", REFERENCE)
    assert set(re.findall(r"--[a-z][a-z-]+", " ".join(row[0] for row in rows))) == options
    for name in ("USERNAME", "SECRET_KEY", "BASE_URL"):
        assert f"`JUSTCLICK_{name}`" in ADMINISTRATION


def test_the_fields_of_the_json_are_those_of_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = shutil.copy(SAMPLES / "problems.xlsx", tmp_path)
    assert main([str(sheet), "--sandbox", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    sentence = re.search(r"`--json` prints (.*?); nothing if", REFERENCE)
    assert sentence
    run, _, file = sentence[1].partition(", each with ")
    run, (shop,) = re.sub(r" \((.*?)\)", "", run), re.findall(r"`shop` \((.*?)\)", run)
    file, _, problem = file.partition(" (`outcome`")
    names = re.compile(r"`([a-z0-9_]+)`")
    assert names.findall(run) == list(said)
    assert names.findall(shop) == list(said["shop"])
    assert names.findall(file) == list(said["files"][0])
    assert names.findall("`outcome`" + problem) == list(said["files"][0]["problems"][0])


def test_places_that_other_pages_point_at_are_there() -> None:
    others = "".join(text for name, text in PAGES.items() if text is not REFERENCE)
    places = re.findall(r"\((?:docs/)?reference\.md#([^)]+)\)", others)
    assert places
    assert set(places) <= anchors_of(REFERENCE)
    assert re.search(r"\(docs/reference\.md#([^)]+)\)", PAGES["README.md"])
    for name in re.findall(r"\]\(([^):#]+)\)", REFERENCE):
        assert (ROOT / "docs" / name).exists(), name
