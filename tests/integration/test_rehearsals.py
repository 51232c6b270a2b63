"""Practice and dry runs, which are never mistaken for the real thing, nor take its place."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from batch_update.model import CellValue
from tests.conftest import KEY, LOGIN, CliRun, OpenSandbox, RunCli
from tests.sandbox import Fault, Sandbox, Script
from tests.unit.test_reader import HEADER, rows_of, write_book

DAY = "2026-11-20"
ROWS = ((1, "sent", DAY, "RA1"), (2, "sent", DAY, "RA2"), (3, "cancel"), (990404, "cancel"))
KINDS = ("xlsx", "csv")


def write(path: Path, rows: Sequence[Sequence[CellValue]] = ROWS) -> Path:
    if path.suffix == ".xlsx":
        return write_book(path, rows_of(HEADER, *map(tuple, rows)))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def read(path: Path) -> list[list[str]]:
    """Read the cells of a results file of either kind as texts, as they stand."""
    if path.suffix == ".xlsx":
        page = openpyxl.load_workbook(path).worksheets[0]
        return [
            ["" if value is None else str(value) for value in line]
            for line in page.iter_rows(values_only=True)
        ]
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def column(path: Path, name: str) -> list[str]:
    header, *lines = read(path)
    return [line[header.index(name)] for line in lines]


def files(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refusing(open_sandbox: OpenSandbox) -> Sandbox:
    """Open a shop that refuses order 2."""
    return open_sandbox(Script({2: [Fault.refuse(200, "нет заказа")] * 9}))


def in_a_line(run: CliRun) -> str:
    return " ".join(run.out.split())


@pytest.mark.parametrize("kind", KINDS)
def test_practice_leaves_the_real_results_and_is_practice_in_every_row(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    sheet = write(tmp_path / f"s.{kind}")
    shop = refusing(open_sandbox)
    assert run_cli(sheet, "--failures", tmp_path, shop=shop).status == 1
    before = files(tmp_path)
    sent = len(shop.requests)
    for _ in range(2):
        run = run_cli(sheet, "--sandbox", "--failures", tmp_path)
        assert run.status == 1
        first, *others = run.out.splitlines()
        assert first.startswith("PRACTICE: nothing is sent to the shop.")
        assert "  practice: updated              3" in others
        assert f"when its rows are right: batch-update {sheet} Warnings" in in_a_line(run)
        assert "practice: rejected, 200: row 5\n" in run.out
        assert run.err == ""
    assert len(shop.requests) == sent
    after = files(tmp_path)
    assert after.items() >= before.items()
    assert set(after) - set(before) == {f"s.practice.{kind}", f"s.practice.failures.{kind}"}
    header, *lines = read(tmp_path / f"s.practice.{kind}")
    assert all(name.startswith("PRACTICE: ") for name in header)
    assert [line[4] for line in lines] == ["practice: updated"] * 3 + ["practice: rejected"]
    # No row was added: each stands in its own row number, as texts name it.
    assert [line[0] for line in lines] == [str(row[0]) for row in ROWS]
    everything = "\n".join("\n".join(line) for line in lines)
    assert "confirmed" not in everything
    assert all(line[6].startswith("Practice: ") for line in lines)
    if kind == "xlsx":
        book = openpyxl.load_workbook(tmp_path / "s.practice.xlsx")
        assert book.sheetnames == ["PRACTICE Sheet", "Summary"]
        assert book["Summary"]["A1"].value == "PRACTICE with s.xlsx: nothing was sent to the shop"
        assert book.properties.subject == "practice"
        for page in book.worksheets:
            color, line = page.sheet_properties.tabColor, page.oddHeader
            assert color is not None
            assert color.rgb == "FFC0006A"
            assert line is not None
            assert "PRACTICE: a stand-in answered" in str(line.center.text)
            # It stands in the margin, not over the rows.
            assert page.page_margins.top > page.page_margins.header + 0.3


def test_practice_of_several_sheets_never_speaks_of_what_the_shop_confirmed(
    tmp_path: Path, run_cli: RunCli
) -> None:
    first, second = (write(tmp_path / name, [(3, "cancel")]) for name in ("a.csv", "b.csv"))
    run = run_cli(first, second, "--sandbox")
    assert run.out.count("PRACTICE: nothing is sent") == 1
    assert run.out.splitlines()[-1] == (
        "All 2 files: 2 rows: 1 practice: updated, 1 practice: already updated."
    )
    (line,) = read(tmp_path / "b.practice.csv")[1:]
    assert line[4] == "practice: already updated"
    assert line[6] == "Practice: the stand-in had it already. Nothing was sent to the shop."


def saved_again(path: Path) -> None:
    """Save a practice file as somebody does who saw nothing but a table in it."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        book.properties.creator = book.properties.subject = None
        book.save(path)
    else:
        path.write_bytes(path.read_bytes().replace(b",", b";"))


def cut(path: Path) -> None:
    """Leave only the columns of the sheet itself."""
    write(path, [line[:4] for line in read(path)[1:]])
    lines = read(path)
    lines[0] = [f"PRACTICE: {name}" for name in lines[0]]
    if path.suffix == ".xlsx":
        write_book(path, rows_of(*map(tuple, lines)))
    else:
        path.write_text("".join(f"{','.join(line)}\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_a_practice_file_is_known_under_any_name_and_never_sent(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    sheet = write(tmp_path / f"s.{kind}")
    run_cli(sheet, "--sandbox", "--failures", tmp_path)
    practice = tmp_path / f"s.practice.{kind}"
    shop = open_sandbox()
    for name in (practice.name, f"s.practice.failures.{kind}"):
        run = run_cli(tmp_path / name, shop=shop)
        assert (run.status, run.out) == (2, "")
        assert "is a file of a practice run, which is never sent" in run.err
        assert f"Do this instead: batch-update {sheet}" in run.err
    copy = tmp_path / f"monday.{kind}"
    for change in (lambda _: None, saved_again, cut):
        shutil.copy(practice, copy)
        change(copy)
        for options in ((), ("--no-header", "--column=bill_id=A", "--status=sent"), ("--sandbox",)):
            run = run_cli(copy, *options, shop=shop)
            assert (run.status, run.out) == (2, "")
            assert "is a file of a practice run, which is never sent" in run.err
    assert shop.requests == []


def test_a_folder_leaves_rehearsals_out(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    write(folder / "s.csv", [(1, "cancel"), (2, "what")])
    for option in ("--sandbox", "--dry-run"):
        assert run_cli(folder, option, "--failures", folder).status == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        *("s.csv", "s.dry-run.csv", "s.dry-run.failures.csv"),
        *("s.practice.csv", "s.practice.failures.csv"),
    ]
    run = run_cli(folder, "--json", shop=open_sandbox())
    assert [Path(file["file"]).name for file in json.loads(run.out)["files"]] == ["s.csv"]
    (folder / "s.csv").unlink()
    run = run_cli(folder)
    assert "holds no sheet: no file that ends in" in run.err


@pytest.mark.parametrize("mode", ["--sandbox", "--dry-run"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_rehearsal_takes_the_place_of_real_results(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str, mode: str
) -> None:
    sheet = write(tmp_path / f"s.{kind}")
    real, failures = tmp_path / f"real.{kind}", tmp_path / f"back.{kind}"
    shop = refusing(open_sandbox)
    assert run_cli(sheet, "--output", real, "--failures", failures, shop=shop).status == 1
    before = files(tmp_path)
    for option, path in (
        ("--output", real),
        ("--output", tmp_path / f"day.results.{kind}"),
        ("--failures", failures),
        ("--failures", tmp_path / f"day.failures.{kind}"),
    ):
        run = run_cli(sheet, mode, option, path)
        assert (run.status, run.out) == (2, "")
        assert f"{option} {path}: " in run.err
        assert "may not take the place of results of a real run. Name another file" in run.err
    assert files(tmp_path) == before
    # Under a name of its own it may be written again and again.
    for _ in range(2):
        mine = ("--output", tmp_path / f"x.{kind}", "--failures", tmp_path / f"y.{kind}")
        run = run_cli(sheet, mode, *mine)
        assert "kept as" not in run.err
    # Real results that somebody gave such a name are put aside.
    name = f"s{'.practice' if mode == '--sandbox' else '.dry-run'}.{kind}"
    real.replace(tmp_path / name)
    run_cli(sheet, mode)
    assert files(tmp_path)[name.replace(f".{kind}", f".edited-1.{kind}")] == before[real.name]


@pytest.mark.parametrize("name", ["day.practice.csv", "day.dry-run.csv", "x.practice.failures.csv"])
def test_no_real_results_bear_the_name_of_a_rehearsal(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, name: str
) -> None:
    shop = open_sandbox()
    option = "--failures" if "failures" in name else "--output"
    run = run_cli(write(tmp_path / "s.csv"), option, tmp_path / name, shop=shop)
    assert (run.status, run.out, shop.requests) == (2, "", [])
    assert "this is a name for the files of practice and dry runs" in run.err
    assert "such as s." in run.err


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_leaves_the_results_and_shows_what_was_said_before(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    rows = [(1, "sent", DAY, "RA1"), (2, "sent", DAY, "RA2"), (3, "sent", DAY, "RA3")]
    sheet = write(tmp_path / f"s.{kind}", rows)
    shop = open_sandbox(
        Script({2: [Fault.refuse(200, "нет заказа")], 3: [Fault.lost_answer()] * 9})
    )
    run_cli(sheet, "--retries", "0", shop=shop)
    result = tmp_path / f"s.results.{kind}"
    before = result.read_bytes()
    sent = len(shop.requests)
    write(sheet, [*rows, (4, "cancel"), (1, "return")])
    run = run_cli(sheet, "--dry-run", "--settle", "0s")
    assert result.read_bytes() == before
    assert len(shop.requests) == sent
    said = column(tmp_path / f"s.dry-run.{kind}", "said_before")
    place = rf"\({DAY[:2]}\d\d-\d\d-\d\d \d\d:\d\d MSK, row {{}} of s\.{kind}\)"
    assert re.fullmatch(f"updated before {place.format(2)}", said[0])
    assert re.match(
        f"refused before: 200 {place.format(3)}. The shop has no order with this number", said[1]
    )
    assert re.match(rf"unconfirmed before: \w+ {place.format(4)}\. ", said[2])
    assert said[3] == ""
    assert re.fullmatch(f"of this order, sent {DAY} RA1: updated before {place.format(2)}", said[4])
    assert "What earlier runs said of rows: rejected, 200: row 3 refused before: 200 (" in (
        in_a_line(run)
    )
    kinds = json.loads(run_cli(sheet, "--dry-run", "--json").out)["files"][0]["before"]
    assert [(one["outcome"], one["code"], one["rows"]) for one in kinds] == [
        ("updated", None, [2]),
        ("rejected", "200", [3]),
        ("unconfirmed", said[2].split()[2], [4]),
        (None, None, [6]),
    ]
    assert "нет заказа" in kinds[1]["text"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_runs_file_is_mended_and_run_like_its_sheet(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, kind: str
) -> None:
    sheet = write(tmp_path / f"s.{kind}", [(1, "sent", DAY, "RA1"), (2, "sent", DAY, "-")])
    shop = open_sandbox()
    assert run_cli(sheet, "--dry-run", shop=shop).status == 1
    dry = tmp_path / f"s.dry-run.{kind}"
    if kind == "xlsx":
        book = openpyxl.load_workbook(dry)
        book.worksheets[0]["D3"] = "RA2"
        book.save(dry)
    else:
        mended = dry.read_text("utf-8-sig").replace(f"{DAY},'-", f"{DAY},RA2", 1)
        dry.write_text(mended, encoding="utf-8")
    # Mended, it may be tried again in its place.
    assert run_cli(dry, "--dry-run").status == 0
    assert set(files(tmp_path)) == {dry.name, sheet.name}
    run = run_cli(dry, shop=shop)
    assert (run.status, run.err) == (0, "")
    assert column(tmp_path / f"s.results.{kind}", "result") == ["updated"] * 2
    assert "said_before" not in read(tmp_path / f"s.results.{kind}")[0]
    assert [request.fields["rpo"] for request in shop.requests] == ["RA1", "RA2"]
    assert set(files(tmp_path)) == {dry.name, f"s.results.{kind}", sheet.name}
    # A dry run of the results is one of their sheet too, and leaves them as they are.
    before = (tmp_path / f"s.results.{kind}").read_bytes()
    assert run_cli(tmp_path / f"s.results.{kind}", "--dry-run").status == 0
    assert (tmp_path / f"s.results.{kind}").read_bytes() == before
    assert set(files(tmp_path)) == {dry.name, f"s.results.{kind}", sheet.name}


def test_screen_json_log_and_summary_name_the_shop_and_never_its_key(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    config = tmp_path / "shops.toml"
    config.write_text(
        f'[profiles.second.account]\nusername = "{LOGIN}"\nsecret_key = "{KEY}"\n'
        f'base_url = "{shop.base_url}"\n',
        encoding="utf-8",
    )
    config.chmod(0o600)
    sheet = write(tmp_path / "s.xlsx", [(1, "cancel")])
    said = [sheet, "--config", config, "--profile", "second", "--log-file", tmp_path / "day.log"]
    named = f"{LOGIN} at {shop.base_url}, profile second"
    identity = {"login": LOGIN, "address": shop.base_url, "profile": "second"}
    run = run_cli(*said)
    assert run.out.splitlines()[0] == f"Shop: {named}"
    assert f"Shop: {named}" in (tmp_path / "day.log").read_text()
    page = openpyxl.load_workbook(tmp_path / "s.results.xlsx")["Summary"]
    facts = {line[0]: line[1] for line in page.iter_rows(values_only=True)}
    assert (facts["Shop"], facts["Kind of run"]) == (named, "sent to the shop")
    dry = run_cli(*said, "--dry-run")
    assert dry.out.splitlines()[0] == f"Dry run, nothing is sent. Shop: {named}"
    described = json.loads(run_cli(*said, "--json").out)
    assert {**identity, **described["shop"]} == described["shop"]
    assert described["shop"]["name"]
    practised = json.loads(run_cli(*said, "--sandbox", "--json").out)
    assert practised["practice"]
    assert practised["shop"] == {
        "login": "practice",
        "address": "sandbox",
        "profile": None,
        "name": "sandbox",
    }
    everything = run.out + dry.out + str(facts) + (tmp_path / "day.log").read_text()
    assert KEY not in everything + json.dumps(described)


def test_a_dry_run_of_several_sheets_says_what_would_be_and_not_what_was(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    old, new = (1, "sent", DAY, "RA1"), (1, "sent", "2026-11-21", "RB1")
    sheets = [
        write(tmp_path / name, rows)
        for name, rows in (
            ("a.csv", [(2, "cancel"), old]),
            ("b.csv", [new]),
            ("c.csv", [(2, "cancel"), (2, "cancel"), (3, "cancel"), old]),
        )
    ]
    run = run_cli(*sheets, "--dry-run", shop=shop)
    assert (run.status, shop.requests) == (1, [])
    codes = column(tmp_path / "c.dry-run.csv", "error_code")
    texts = column(tmp_path / "c.dry-run.csv", "error_text")
    assert codes == ["dry_run_twin", "dry_run_twin", "dry_run", "superseded"]
    assert texts[0] == (
        "Dry run: an earlier row of this dry run, row 2 of a.csv, would send this update; it "
        "would be sent once."
    )
    assert texts[3].startswith(
        "Dry run: an earlier row of this dry run, row 2 of b.csv, would send sent 2026-11-21 RB1"
    )
    everything = run.out + "".join(map("".join, read(tmp_path / "c.dry-run.csv")))
    assert "confirmed" not in everything
    assert "already updated" not in everything
    # The real run decides as foretold.
    assert run_cli(*sheets, shop=shop).status == 1
    assert column(tmp_path / "c.results.csv", "result") == [
        *("already updated", "already updated", "updated", "not sent"),
    ]


@pytest.mark.parametrize("option", ["--force", "--no-read-back"])
def test_a_plan_holds_only_with_the_options_that_decide(
    tmp_path: Path, run_cli: RunCli, open_sandbox: OpenSandbox, option: str
) -> None:
    sheet = write(tmp_path / "s.csv", [(1, "cancel")])
    shop = open_sandbox()

    def plan(*options: str) -> str:
        return str(
            json.loads(run_cli(sheet, "--dry-run", "--json", *options).out)["files"][0]["plan"]
        )

    with_it, without = plan(option), plan()
    assert with_it != without
    for planned, options in ((without, [option]), (with_it, [])):
        run = run_cli(sheet, "--plan", planned, *options, shop=shop)
        assert (run.status, run.out, shop.requests) == (2, "", [])
        assert f"--plan {planned} was made with or without --force or --no-read-back" in run.err
    assert run_cli(sheet, "--plan", with_it, option, shop=shop).status == 0
    assert len(shop.requests) == 1
