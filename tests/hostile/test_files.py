"""Files that are more than bytes: links, pipes, devices, names, and what changes meanwhile."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import listening
from tests.conftest import OpenSandbox, RunCli
from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.posix import needs_links
from tools.make_damaged import changed, open_document, packed, parts_of, workbook, xml_2003

LINES = "order,status\n1,cancel\n2,return\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes and rights are another matter there")


def check(folder: Path, *arguments: str | bytes | Path) -> tuple[int, str, str]:
    """Run a dry run in a folder; give its status and what it said."""
    done = subprocess.run(
        [COMMAND, "--dry-run", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_dangling(path: Path) -> None:
    path.symlink_to("gone.csv")


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_full(path: Path) -> None:
    path.symlink_to("/dev/full")


def make_standard_input(path: Path) -> None:
    path.symlink_to("/dev/stdin")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_vast(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 40)


def make_folder_link(path: Path) -> None:
    (path.parent / "empty").mkdir()
    path.symlink_to("empty")


@needs_links
@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(make_pipe, "not a file", id="pipe"),
        pytest.param(make_socket, "not a file", id="socket"),
        pytest.param(make_loop, "link to may.csv: too many links", id="link-to-itself"),
        pytest.param(make_dangling, "link to gone.csv: no such file", id="link-to-nothing"),
        pytest.param(make_device, "not a file", id="link-to-a-device"),
        pytest.param(make_full, "not a file", id="link-to-a-full-device"),
        pytest.param(make_standard_input, "not a file", id="link-to-the-standard-input"),
        pytest.param(make_folder, "holds no sheet", id="folder"),
        pytest.param(make_vast, "larger than 1024 MB", id="file-of-terabytes"),
        pytest.param(make_folder_link, "holds no sheet", id="link-to-a-folder"),
    ],
)
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / "may.csv")
    status, out, err = check(tmp_path, "may.csv")
    assert (status, out) == (2, "")
    assert re.search(words, err)
    assert err.count("\n") == 1


@needs_links
@pytest.mark.parametrize("make", [make_pipe, make_full, make_device])
def test_what_is_no_file_is_refused_as_a_place_before_anything_is_sent(
    tmp_path: Path,
    make: Callable[[Path], None],
    run_cli: RunCli,
    open_sandbox: OpenSandbox,
) -> None:
    """A pipe would be read without end, and a device until there is no memory."""
    sheet = tmp_path / "may.csv"
    sheet.write_text(LINES, encoding="utf-8")
    shop = open_sandbox()
    for option, name in (
        ("--output", "x.csv"),
        ("--output", "x.xlsx"),
        ("--failures", "x.csv"),
        *([("--log-file", "x.log")] if make is make_pipe else []),
    ):
        place = tmp_path / name
        if not place.is_symlink() and not place.exists():
            make(place)
        for mode in ([], ["--dry-run"], ["--sandbox"]):
            run = run_cli(sheet, option, place, *mode, shop=shop)
            assert (run.status, run.out, shop.requests) == (2, "", [])
            assert run.err == (
                f"batch-update: {option} {place}: this is not a file. Name another place.\n"
            )
    # Where the usual results would go.
    make(tmp_path / "may.results.csv")
    run = run_cli(sheet, shop=shop)
    assert (run.status, shop.requests) == (2, [])
    assert "may.results.csv: this is not a file" in run.err
    (tmp_path / "may.results.csv").unlink()
    assert run_cli(sheet, shop=shop).status == 0
    run = run_cli("--report", tmp_path / "x.xlsx", shop=shop)
    assert run.status == 2
    assert f"--report {tmp_path / 'x.xlsx'}: this is not a file" in run.err
    run = run_cli("--template", tmp_path / "x.xlsx")
    assert (run.status, "is there already" in run.err) == (2, True)


@needs_links
def test_a_link_to_a_sheet_is_read_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "may.csv").symlink_to("real.csv")
    status, out, _ = check(tmp_path, "may.csv")
    assert (status, "2 rows" in out) == (0, True)
    assert (tmp_path / "may.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == LINES
    assert (tmp_path / "may.dry-run.csv").is_file()


@needs_links
def test_a_folder_is_searched_without_following_what_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "good.csv").write_text(LINES, encoding="utf-8")
    make_pipe(folder / "pipe.csv")
    make_socket(folder / "socket.xlsx")
    (folder / "self.csv").symlink_to(folder, target_is_directory=True)
    status, out, err = check(tmp_path, "inbox")
    assert "2 rows" in out
    assert status in {0, 2}
    assert "hang" not in err


_MIGHTY = hasattr(os, "geteuid") and os.geteuid() == 0
_SETPRIV = shutil.which("setpriv")


@pytest.mark.skipif(_MIGHTY and not _SETPRIV, reason="who may read everything cannot try it")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text(LINES, encoding="utf-8")
    sheet.chmod(0)
    # Even the mightiest user is one of many without these.
    weak = (str(_SETPRIV), "--bounding-set", "-dac_override,-dac_read_search") if _MIGHTY else ()
    done = subprocess.run(
        [*weak, str(COMMAND), "--dry-run", "may.csv"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("batch-update: may.csv cannot be read: access is denied.")


NAMES = {
    "lines": "a\nb.csv",
    "escape": "\x1b[2J.csv",
    "dash": "-rf.csv",
    "percent": "%s%n%d{0}.csv",
    "braces": "{name}{0.__class__}.csv",
    "emoji": "\U0001f4e6.csv",
    "longest": "x" * 251 + ".csv",
    "spaces": "  .csv",
    "dots": "...csv",
    "shell": "$(touch evil);`touch evil`|touch evil.csv",
    "quotes": "'\"\\.csv",
    "bytes": b"\xff\xfe.csv",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_sheet_may_have_any_name(tmp_path: Path, name: str | bytes) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    encoded = name if isinstance(name, bytes) else name.encode()
    with open(os.fsencode(folder) + b"/" + encoded, "w", encoding="utf-8") as file:  # noqa: PTH123 bytes are no Path
        file.write(LINES)
    status, out, err = check(folder, "--output", "o.csv", b"./" + encoded)
    assert (status, "2 rows" in out, err) == (0, True, "")
    assert all(char.isprintable() or char == "\n" for char in out)
    assert {path.name for path in folder.iterdir()} == {"o.csv", os.fsdecode(encoded)}
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("letter", ["x", "ж"])
def test_the_results_of_a_sheet_with_the_longest_name_have_a_shorter_one(
    tmp_path: Path, letter: str
) -> None:
    name = letter * (251 // len(letter.encode())) + ".csv"
    (tmp_path / name).write_text(LINES, encoding="utf-8")
    status, out, err = check(tmp_path, name)
    assert (status, err) == (0, "")
    (results,) = tmp_path.glob("*.dry-run.csv")
    assert f"Dry run file: {results.name}" in out
    assert check(tmp_path, name)[0] == 0


def test_a_folder_of_very_many_files_is_worked_through(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(3000):
        (inbox / f"note-{number}.txt").touch()
    (inbox / "may.csv").write_text(LINES, encoding="utf-8")
    status, out, _ = check(tmp_path, "inbox")
    assert (status, "2 rows" in out) == (0, True)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on the loopback for whatever a file wants to have fetched."""
    calls: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    calls.append(connection.recv(1000))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", calls
        listening.stop(server)
        thread.join(PATIENCE_S)


def with_links(address: str) -> bytes:
    """Write a workbook that links out of itself in every way that the format knows."""
    parts = parts_of(workbook())
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = ("externalLink", "hyperlink", "image", "oleObject", "attachedTemplate", "connections")
    links = "".join(
        f'<Relationship Id="x{n}" Type="{relation}/{kind}" Target="http://{address}/{kind}" '
        'TargetMode="External"/>'
        for n, kind in enumerate(kinds)
    )
    for name in ("xl/_rels/workbook.xml.rels", "_rels/.rels"):
        parts[name] = parts[name].replace(b"</Relationships>", links.encode() + b"</Relationships>")
    sheet = (
        f'<c r="C2"><f>WEBSERVICE("http://{address}/f")</f><v>1</v></c>'
        f'<c r="D2" t="str"><f>HYPERLINK("http://{address}/h")</f><v>x</v></c>'
    )
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b'</row><row r="3"', sheet.encode() + b'</row><row r="3"', 1
    )
    parts["xl/vbaProject.bin"] = b"Auto_Open"
    return packed(parts)


def abroad(address: str) -> dict[str, bytes]:
    doctype = (
        f'<!DOCTYPE x SYSTEM "http://{address}/dtd" [<!ENTITY e SYSTEM "http://{address}/entity">'
        f'<!ENTITY % p SYSTEM "http://{address}/parameter">%p;]>'
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="http://{address}/xi"/>'
    row = "<Row><Cell><Data>order</Data></Cell><Cell><Data>&e;</Data></Cell></Row>"
    page = (
        f'<html><head><link rel="stylesheet" href="http://{address}/css">'
        f'<script src="http://{address}/js"></script><base href="http://{address}/"></head>'
        f'<img src="http://{address}/img"><iframe src="http://{address}/frame"></iframe>'
        "<table><tr><th>order<th>status<tr><td>1<td>cancel</table></html>"
    )
    book = parts_of(workbook())
    in_parts = {
        f"{name.replace('/', '-')}.xlsx": packed({**book, name: doctype.encode() + book[name]})
        for name in book
    }
    return {
        **in_parts,
        "links.xlsx": with_links(address),
        "include.xlsx": changed(b"</sheetData>", include.encode() + b"</sheetData>"),
        "style.xlsx": changed(
            b"<sheetData>", f'<?xml-stylesheet href="http://{address}/x"?><sheetData>'.encode()
        ),
        "foreign.xls": xml_2003(row, doctype),
        "include-2003.xls": xml_2003(include),
        "foreign-open.ods": packed(
            {"content.xml": doctype.encode() + parts_of(open_document(""))["content.xml"]}
        ),
        "include-open.ods": open_document(include),
        "page.xls": page.encode(),
        "doctype.xls": doctype.encode() + page.encode(),
        "formula.csv": f'order,status,n\n1,cancel,"=WEBSERVICE(""http://{address}/"")"\n'.encode(),
    }


def test_nothing_that_a_file_points_to_is_fetched(
    tmp_path: Path, listener: tuple[str, list[bytes]]
) -> None:
    address, calls = listener
    files = abroad(address)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    status, out, err = check(tmp_path, *files)
    assert status in {1, 2}
    assert out.count("Dry run file: ") + err.count("batch-update: ") == len(files)
    assert calls == []
    # That the listener hears what calls is shown by calling.
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"here")
        assert connection.recv(1) == b""
    assert calls == [b"here"]


def test_nothing_is_written_outside_of_the_folder_of_the_results(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    names = ("../../evil", "../evil.xlsx", "/evil", "xl/../../../evil", "..\\evil", "C:\\evil")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts_of(workbook()).items():
            archive.writestr(name, content)
        for name in names:
            archive.writestr(name, b"evil")
    (inside / "may.xlsx").write_bytes(buffer.getvalue())
    status, _, _ = check(inside, "may.xlsx")
    assert status == 0
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {name for name in made if not name.startswith(("config-home", "state-home"))} == {
        *("a", "a/b", "a/b/c", "a/b/c/may.xlsx", "a/b/c/may.dry-run.xlsx")
    }


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    sheet = tmp_path / "may.csv"
    lines = "".join(f"{number},cancel\n" for number in range(1, 40_000))
    sheet.write_text("order,status\n" + lines, encoding="utf-8")
    is_over = threading.Event()

    def write_on() -> None:
        with sheet.open("a") as file:
            number = 100_000
            while not is_over.wait(0.001):
                number += 1
                file.write(f"{number},cancel\n")
                file.flush()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        status, out, err = check(tmp_path, "may.csv")
    finally:
        is_over.set()
        writer.join()
    assert (status, out) == (2, "")
    assert "was changed while it was read" in err


def test_a_file_that_is_rewritten_with_its_old_date_is_refused(tmp_path: Path) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text("order,status\n" + "1,cancel\n" * 200_000, encoding="utf-8")
    about = sheet.stat()
    is_over = threading.Event()

    def rewrite() -> None:
        while not is_over.wait(0.001):
            with sheet.open("r+") as file:
                file.seek(13)
                file.write("2,return\n")
            os.utime(sheet, ns=(about.st_atime_ns, about.st_mtime_ns))

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        status, out, err = check(tmp_path, "may.csv")
    finally:
        is_over.set()
        writer.join()
    assert (status, out) == (2, "")
    assert "was changed while it was read" in err


@needs_links
@pytest.mark.parametrize("option", ["--output", "--failures"])
def test_a_link_in_the_place_of_what_is_written_is_not_followed(
    tmp_path: Path, option: str
) -> None:
    (tmp_path / "may.csv").write_text(LINES + "x,cancel\n", encoding="utf-8")
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "o.csv").symlink_to("precious")
    check(tmp_path, "may.csv", option, "o.csv")
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize(
    "part",
    ["xl/workbook.bin", "xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml"],
    ids=["binary-workbook", "macros", "links"],
)
def test_what_stands_beside_the_sheets_is_left_alone(tmp_path: Path, part: str) -> None:
    parts = {**parts_of(workbook()), part: b"Auto_Open <a href='file:///etc/passwd'/>"}
    (tmp_path / "may.xlsm").write_bytes(packed(parts))
    status, out, err = check(tmp_path, "may.xlsm")
    assert (status, "2 rows" in out, err) == (0, True, "")


@needs_links
def test_an_output_folder_that_is_a_link_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "may.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    status, _, _ = check(tmp_path, "may.csv", "--output", "out")
    assert status == 0
    assert (tmp_path / "real" / "may.dry-run.csv").is_file()


def test_a_hard_link_in_the_place_of_the_results_keeps_the_other_name(tmp_path: Path) -> None:
    (tmp_path / "may.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "precious").write_text("mine")
    os.link(tmp_path / "precious", tmp_path / "o.csv")
    status, _, _ = check(tmp_path, "may.csv", "--output", "o.csv")
    assert status == 0
    assert (tmp_path / "precious").read_text() == "mine"
