"""The floors: an import only points down, and each room touches only what is its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import batch_update

PACKAGE = Path(batch_update.__file__).parent

FLOORS = {
    "errors": 0,
    "catalogue": 0,
    "channels": 0,
    "i18n": 0,
    "languages": 0,
    "shops": 0,
    "model": 0,
    "paths": 0,
    "quiet": 0,
    "signals": 0,
    "spool": 0,
    "wording": 0,
    "headers": 1,
    "validator": 1,
    "justclick": 2,
    "ledger": 2,
    "reader": 2,
    "writer": 2,
    "delivery": 3,
    "reporting": 3,
    "moving": 3,
    "batch": 4,
    "notify": 5,
    "sandbox": 5,
    "settings": 5,
    "cli": 6,
    "__main__": 7,
}

PURE_MODULES = {PACKAGE / "justclick" / name for name in ("protocol.py", "signing.py")}

THIRD_PARTY = {
    "pandas": {"reporting"},
    "python_calamine": set(),
    "platformdirs": {"settings"},
    "defusedxml": {"reader"},
    "lxml": {"reader"},
    "xlrd": {"reader"},
    "msoffcrypto": {"reader"},
    "olefile": {"reader"},
    "openpyxl": {"reader"},
    "xlsxwriter": {"writer"},
    "keyring": {"settings"},
    "tomlkit": {"settings"},
    "argcomplete": {"cli"},
    "requests": {"justclick"},
    "tenacity": {"delivery"},
    "urllib3": {"justclick"},
    "truststore": {"justclick"},
    "certifi": {"justclick"},
    "tqdm": {"cli"},
    "apprise": {"notify"},
    "http": {"sandbox", "justclick"},
    "sqlite3": {"ledger"},
    "filelock": {"ledger", "moving"},
    "psycopg": {"ledger"},
    # Only for this machine's name, and to shut a connection to a database that does not answer.
    "socket": {"ledger"},
    "ssl": {"justclick", "ledger"},
    "pickle": {"spool"},
    "tempfile": {"cli", "settings", "spool", "writer"},
    # Only for the user's own command that prints the secret key.
    "subprocess": {"settings"},
}


def rooms() -> dict[Path, str]:
    """Give each module's room; the package's own `__init__` belongs to none."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            found[path] = parts[0]
    return found


def imports(path: Path) -> list[str]:
    """List the full names of all that a module imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def local_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the parameters and the names that functions assign, each with its line."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.arg):
                    yield node.lineno, node.arg
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.lineno, node.id


def test_every_room_has_a_floor() -> None:
    assert set(rooms().values()) == set(FLOORS)


def test_imports_only_point_down() -> None:
    wrong = []
    for path, room in rooms().items():
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != "batch_update" or len(parts) == 1 or parts[1] == room:
                continue
            # The ground floor's rooms are plain values and may know each other.
            if FLOORS[parts[1]] >= max(FLOORS[room], 1):
                wrong.append(f"{path.name} of {room} imports {name}")
    assert wrong == []


def test_each_library_is_touched_only_where_it_belongs() -> None:
    wrong = [
        f"{path.name} of {room} imports {name}"
        for path, room in rooms().items()
        for name in imports(path)
        if room not in THIRD_PARTY.get(name.partition(".")[0], {room})
    ]
    assert wrong == []


def test_delivery_and_the_loop_know_neither_the_vendor_nor_http() -> None:
    unknown = {"requests", "urllib3", "http", "socket", "ssl", "batch_update.justclick"}
    wrong = [
        f"{path.name} of {room} imports {name}"
        for path, room in rooms().items()
        if room in {"batch", "delivery"}
        for name in imports(path)
        if any(f"{name}.".startswith(f"{one}.") for one in unknown)
    ]
    assert wrong == []


def test_only_the_command_line_prints() -> None:
    printing = [
        path.relative_to(PACKAGE).as_posix()
        for path in rooms()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert printing == ["cli/streams.py"]


def test_the_room_of_sums_and_strings_does_no_input_or_output() -> None:
    pure = {room for room, floor in FLOORS.items() if floor in {0, 1, 4}}
    wrong = [
        f"{path.name}: {node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id}"
        for path, room in rooms().items()
        if room in pure or path in PURE_MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"})
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in {"read_text", "read_bytes", "write_text", "now", "sleep"}
            )
        )
    ]
    assert wrong == []


def test_no_local_name_hides_what_is_imported() -> None:
    wrong = []
    for path in (*rooms(), *Path(__file__).parents[1].rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        wrong += [f"{path}:{line}: {name}" for line, name in local_names(tree) if name in imported]
    assert wrong == []


def test_private_parts_of_others_are_touched_in_one_module_for_each_library() -> None:
    # The kind of a group of options has no other name in argparse.
    not_foreign = {"self", "cls", "other", "argparse"}
    touching = {
        path.relative_to(PACKAGE).as_posix()
        for path in rooms()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        # Documented, for all the sign in front: named tuples keep their names free for fields.
        and node.attr not in {"_replace", "_exit"}
        and not (isinstance(node.value, ast.Name) and node.value.id in not_foreign)
    }
    assert touching == {
        "catalogue.py",
        "justclick/bounded.py",
        "justclick/trust.py",
        "reader/xlsrecords.py",
        "writer/streaming_sheet.py",
    }
