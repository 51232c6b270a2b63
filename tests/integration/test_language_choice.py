"""The choice of the language: argument, config file, environment; and what cannot be shown."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_end_to_end import COMMAND, PATIENCE_S
from tests.words import in_language

MISSING = "{path}: there is no such file. Check the name."
CONFIG = """\
[screen]
language = "ru"
[profiles.abroad.screen]
language = "en"
"""


def answer(*arguments: str, **environment: str) -> tuple[int, str]:
    """Ask for a sheet that is not there; give exit status and what is said of it."""
    done = subprocess.run(
        [COMMAND, *arguments, "none.xlsx"],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    assert done.stdout == b""
    return done.returncode, done.stderr.decode(encoding).replace(os.linesep, "\n")


def missing(language: str) -> str:
    return f"batch-update: {in_language(language, MISSING).format(path='none.xlsx')}\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ((), {}, "en"),
        ((), {"LANG": "ru_RU.UTF-8"}, "ru"),
        ((), {"LANG": "ru"}, "ru"),
        ((), {"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ((), {"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ((), {"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ((), {"LANG": "en_US.UTF-8", "LC_ALL": "ru_RU.UTF-8@euro"}, "ru"),
        # A set variable that is empty counts as none; an unknown language is English.
        ((), {"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
        ((), {"LANG": "fr_FR.UTF-8"}, "en"),
        (("--lang", "en"), {"LANG": "ru_RU.UTF-8"}, "en"),
        (("--lang=ru",), {"LANG": "en_US.UTF-8"}, "ru"),
        (("--config", "config.toml"), {"LANG": "en_US.UTF-8"}, "ru"),
        (("--config", "config.toml", "--profile", "abroad"), {"LANG": "ru_RU.UTF-8"}, "en"),
        (("--config", "config.toml", "--profile", "abroad", "--lang", "ru"), {}, "ru"),
        (("--config=config.toml", "--lang", "en"), {}, "en"),
        (("--lang", "RU"), {}, "ru"),
    ],
    ids=str,
)
def test_argument_config_file_and_environment_choose_in_this_order(
    arguments: tuple[str, ...], environment: dict[str, str], language: str, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    assert answer(*arguments, **environment) == (2, missing(language))


@pytest.mark.parametrize("value", ["fr", "russian", "../ru"])
def test_a_language_that_there_is_not_is_refused(value: str, tmp_path: Path) -> None:
    (tmp_path / "none.xlsx").write_bytes(b"x")
    status, error = answer("--dry-run", f"--lang={value}", LANG="ru_RU.UTF-8")
    assert (status, error.count("\n")) == (2, 1)
    assert "--lang" in error
    assert "en, ru" in error


def test_a_language_of_the_config_file_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.xlsx").write_bytes(b"x")
    (tmp_path / "config.toml").write_text('[screen]\nlanguage = "fr"\n', encoding="utf-8")
    status, error = answer("--dry-run", "--config", "config.toml")
    assert status == 2
    assert "config.toml" in error
    assert "en, ru" in error


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_english_is_spoken_where_russian_letters_cannot_be_shown(encoding: str) -> None:
    for wanted in ({"LANG": "ru_RU.UTF-8"}, {"LC_ALL": "ru_RU"}):
        status, error = answer(PYTHONIOENCODING=encoding, **wanted)
        assert status == 2
        first, _, rest = error.partition("\n")
        assert first.startswith("The messages are in English: the encoding of this output, ")
        assert first.endswith(
            " has no letters for ru. Set PYTHONIOENCODING=utf-8, or use --lang en."
        )
        assert (rest, "?" in error) == (missing("en"), False)
    assert answer("--lang", "en", PYTHONIOENCODING=encoding) == (2, missing("en"))


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_russian_is_spoken_in_every_encoding_of_it(encoding: str, tmp_path: Path) -> None:
    assert answer("--lang", "ru", PYTHONIOENCODING=encoding) == (2, missing("ru"))
    # Quotes and dashes of Russian print are written as those that the encoding has.
    (tmp_path / "none.xlsx").write_bytes(b"x")
    status, error = answer("--lang", "ru", "--workers", "x", PYTHONIOENCODING=encoding)
    assert status == 2
    assert ("«x»" if encoding == "cp1251" else '"x"') in error
