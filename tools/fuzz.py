"""Hostile input by the million, led by coverage: `make fuzz`, or `python -m tools.fuzz SECONDS`.

What fails is kept under build/fuzz, a file each; `python -m tools.fuzz --again FILE` shows how. The
seeds are the samples and the test data; a target runs in a process of its own, since libFuzzer ends
its process.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
DATA = ROOT / "tests" / "data"
KEPT = ROOT / "build" / "fuzz"
KEY = "0123456789abcdef0123456789abcdef"
SECONDS = 600
_PLACES = re.compile(rb'(?=(<[^<>]*>|(?<==")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)))')
"""Tags, values of attributes and texts between tags, wherever they begin."""

_ODD = (
    b"0", b"-1", b"1.5", b"1e999", b"NaN", b"1048577", b"16385", b"99999999999999999999", b"TRUE",
    b"s", b"str", b"e", b"d", b"General", b"@", b"[$-419]dd.mm", b"A1:XFD1048576", b"ZZZZ1", b"A0",
    b"_x0000_", b"&#xD800;", b"&#0;", b"&x;", b"]]>", b"<!--", b"<![CDATA[", b"\xff\xfe", b"../x",
    b"http://127.0.0.1:9/x", b"2026-11-20", b"9999-12-31T23:59:59", b"PT1H", b"=1+1", b"sent",
)  # fmt: skip

_EDIT_BYTES = 64
"""More edits would leave nothing of the good markup."""

LIMITS = ("-len_control=0", "-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1")


def work_through(data: bytes, ending: str) -> None:
    """Read a file, check its rows and write its results: all that a run does without a shop."""
    from batch_update import batch, reader, validator, writer
    from batch_update.errors import InputFileError
    from batch_update.model import Field
    from batch_update.reader import SheetQuery
    from tests.conftest import StopSignal

    zone = ZoneInfo("Europe/Moscow")
    path = _folder() / f"input{ending}"
    path.write_bytes(data)
    try:
        sheet = reader.read_sheet(path, SheetQuery())
    except InputFileError as refusal:
        _must_be_one_line(str(refusal))
        return
    assert {Field.BILL_ID, Field.STATUS} <= set(sheet.layout.columns)
    now = dt.datetime(2026, 11, 20, tzinfo=zone)
    calendar = validator.Calendar(zone=zone, now=now, epoch=sheet.epoch)
    rows = validator.check_sheet(sheet, validator.Rules(calendar=calendar))
    assert [row.row for row in rows] == [row.number for row in sheet.rows]
    options = batch.RunOptions(wall=lambda: now, passed_s=lambda _: 0.0, steady=time.monotonic)
    summary = batch.run_dry(
        rows,
        ledger=None,
        stop_signal=StopSignal(),
        on_result=lambda result: _must_be_one_line(result.error_text),
        options=options,
    )
    writer.write_results(sheet, summary, _folder() / "results.csv", zone)


def of_edits(
    ending: str, *texts: bytes, wrap: Callable[[int, bytes], bytes] = lambda _, text: text
) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Give a target that takes its input for edits of good markup, and its seeds.

    Args:
        ending: what kind of file it is.
        texts: the good markup, of which the input's first byte chooses one.
        wrap: makes a file of an edited text, given its place.
    """
    spans = [[match.span(1) for match in _PLACES.finditer(text)] for text in texts]

    def target(data: bytes) -> None:
        place = data[0] % len(texts) if data else 0
        work_through(wrap(place, _edited(texts[place], spans[place], data[1:])), ending)

    return target, [bytes([place, 7, 7, 7, 7]) for place in range(len(texts))]


def _edited(text: bytes, spans: list[tuple[int, int]], edits: bytes) -> bytes:
    """Replace, repeat or drop tags, attributes and values of a text, from its end to its start."""
    chosen = {}
    for at in range(0, min(len(edits), _EDIT_BYTES) - 3, 4):
        place, kind, value = edits[at] | edits[at + 1] << 8, edits[at + 2], edits[at + 3]
        chosen[place % len(spans)] = kind, value
    for place in sorted(chosen, reverse=True):
        (start, end), (kind, value) = spans[place], chosen[place]
        old = text[start:end]
        new = (b"", old * 2, _ODD[value % len(_ODD)], edits, bytes([value]))[kind % 5]
        text = text[:start] + new + text[end:]
    return text


def of_archive(
    book: Path, pattern: str, ending: str
) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Give a target that edits the parts of an archive whose names fit, and its seeds."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = [name for name in parts if re.search(pattern, name)]

    def wrap(place: int, text: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, text if name == names[place] else content)
        return buffer.getvalue()

    return of_edits(ending, *(parts[name] for name in names), wrap=wrap)


def of_file(ending: str, *seeds: bytes) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Give a target that takes its input for a whole file, and its seeds."""
    return lambda data: work_through(data, ending), list(seeds)


def of_answers() -> tuple[Callable[[bytes], None], list[bytes]]:
    """Give a target that takes its input for the shop's answer, and its seeds."""
    from batch_update.errors import UnexpectedAnswerError
    from batch_update.justclick import protocol
    from batch_update.justclick.signing import sign_answer
    from batch_update.model import PaymentState

    def target(data: bytes) -> None:
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            # Half of the inputs are signed, so that what comes behind the signature is tried too.
            if data[:1] == b" ":
                said = json.loads(data)
                said["hash"] = sign_answer(said["error_code"], said["error_text"], KEY)
                data = json.dumps(said).encode()
        try:
            answer = protocol.parse_answer(data, KEY)
        except UnexpectedAnswerError as refusal:
            _must_be_one_line(str(refusal))
            return
        _must_be_one_line(answer.explain())
        assert protocol.payment_state(answer, 1) is not PaymentState.PAID or b'"paid"' in data

    signed = sign_answer(0, "OK", KEY)
    good = {"error_code": 0, "error_text": "OK", "hash": signed, "result": [{"pay_status": "paid"}]}
    vectors = json.loads((DATA / "php_vectors.json").read_text("utf-8"))
    texts = re.findall(r'\{\\"[^{}]*\}', json.dumps(vectors))
    seed = json.dumps(good).encode()
    return target, [seed, b" " + seed, *(text.encode() for text in texts[:20])]


def of_configs() -> tuple[Callable[[bytes], None], list[bytes]]:
    """Give a target that takes its input for a config file, and its seeds."""
    from batch_update.cli import parser
    from batch_update.errors import SettingsError
    from batch_update.settings.arguments import read_settings, show_settings

    def target(data: bytes) -> None:
        path = _folder() / "config.toml"
        path.touch(mode=0o600)
        path.write_bytes(data)
        arguments = parser.parse(["--config", str(path), "--dry-run", "sheet.xlsx"])
        try:
            show_settings(arguments, {})
            read_settings(arguments, {})
        except SettingsError as refusal:
            _must_be_one_line(str(refusal))

    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    return target, [text.encode() for text in re.findall(r"```toml\n(.*?)```", pages, re.DOTALL)]


TARGETS: dict[str, Callable[[], tuple[Callable[[bytes], None], list[bytes]]]] = {
    "csv": lambda: of_file(".csv", *(path.read_bytes() for path in SAMPLES.glob("*.csv"))),
    "xlsx": lambda: of_archive(DATA / "kinds.xlsx", r"\.(xml|rels)$", ".xlsx"),
    "ods": lambda: of_archive(DATA / "kinds.ods", r"(content|styles|manifest)\.xml$", ".ods"),
    "markup": lambda: of_edits(".xls", *_pages()),
    "xls": lambda: of_file(".xls", (DATA / "kinds.xls").read_bytes()),
    "answer": of_answers,
    "config": of_configs,
}


def _pages() -> Iterator[bytes]:
    yield b"<table><tr><th>order<th>status<tr><td x:num=1 colspan=2>1<td>cancel</table>"
    yield (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        b'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
        b'<Row ss:Index="2"><Cell><Data ss:Type="String">order</Data></Cell><Cell><Data '
        b'ss:Type="String">status</Data></Cell></Row><Row><Cell><Data ss:Type="Number">1</Data>'
        b'</Cell><Cell ss:Index="2"><Data ss:Type="String">cancel</Data></Cell></Row></Table>'
        b"</Worksheet></Workbook>"
    )
    yield (DATA / "kinds.fods").read_bytes()


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=os.environ.get("FUZZ_TMP")))


def _must_be_one_line(text: str) -> None:
    assert "\n" not in text
    assert "Traceback" not in text


def fuzz(name: str, seconds: int) -> None:
    """Drive one target; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["batch_update", "openpyxl", "tomllib"]):
        for module in pkgutil.walk_packages([str(ROOT / "batch_update")], "batch_update."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    target, seeds = TARGETS[name]()
    corpus = KEPT / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    found = f"-artifact_prefix={KEPT / name}/"
    atheris.Setup(["fuzz", *LIMITS, f"-max_total_time={seconds}", found, str(corpus)], target)
    atheris.Fuzz()


def run_all(seconds: int) -> bool:
    """Drive every target in turn, as many at once as there are cores, and say what came of it."""
    cores = os.cpu_count() or 1
    share = max(1, seconds * cores // len(TARGETS))

    def one(name: str) -> tuple[str, int, str]:
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "tools.fuzz", "--target", name, str(share)]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "FUZZ_TMP": scratch},
                capture_output=True,
                check=False,
            )
        return name, done.returncode, done.stderr.decode("utf-8", "replace")

    is_good = True
    print(f"{len(TARGETS)} targets, {share} s each, {cores} at once", flush=True)
    with ThreadPoolExecutor(cores) as pool:
        for name, status, said in pool.map(one, TARGETS):
            count = re.search(r"number_of_executed_units: (\d+)", said)
            edges = re.findall(r" cov: (\d+)", said)
            kept = re.findall(r"Test unit written to (\S+)", said)
            is_good = is_good and status == 0
            print(
                f"{name:<8}{int(count[1]) if count else 0:>10,} inputs, coverage "
                f"{edges[0] if edges else '?'} -> {edges[-1] if edges else '?'}: "
                + ("nothing found" if status == 0 else f"FAILED ({status}) {' '.join(kept)}"),
                flush=True,
            )
            if status:
                print(said[-3000:])
    return is_good


def main() -> int:
    """Fuzz, or do one kept input again."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", type=int, nargs="?", default=SECONDS)
    arguments.add_argument("--target", choices=TARGETS)
    arguments.add_argument("--again", type=Path, help="a file that an earlier run has kept")
    said = arguments.parse_args()
    if said.again:
        name = said.target or said.again.resolve().parent.name
        TARGETS[name]()[0](said.again.read_bytes())
        shutil.rmtree(_folder(), ignore_errors=True)
        return 0
    if said.target:
        fuzz(said.target, said.seconds)
    return 0 if run_all(said.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
