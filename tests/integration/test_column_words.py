"""Words about columns, through the real command line: each names what to type, and can be typed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.integration.test_row_words import HEADER, plain, write

TRACK = "RA123456785RU"
WIDE = ("Получатель", "Телефон", "Город", "Улица", "Дом", "Индекс", "Вес", "Мест", "Сумма", "Склад")


def test_a_missing_column_names_the_options_and_all_headers(
    tmp_path: Path, run_cli: RunCli
) -> None:
    no_status = write(
        tmp_path / "a.xlsx", ["Реестр"], [*WIDE, *HEADER[2:], HEADER[0]], [*WIDE, "", TRACK, 7]
    )
    run = run_cli("--dry-run", no_status)
    assert run.status == 2
    listed = ", ".join([*WIDE, *HEADER[2:], HEADER[0]])
    assert f"row 2 has: {listed}. Name it" in run.err
    assert "--column status=HEADER. If all rows are of one status, say it once" in run.err
    assert "for them: --status sent." in run.err
    assert run_cli("--dry-run", no_status, *shlex.split("--status cancel")).status == 0

    no_date = write(tmp_path / "b.csv", [*HEADER[:2], HEADER[3]], [1, "sent", TRACK])
    screen = plain(run_cli("--dry-run", no_date).out)
    assert "row 1 has: Номер заказа, Статус, Трек-номер." in screen
    assert "--column date=HEADER. Or say the day once for all rows that name none: --date" in screen
    assert run_cli("--dry-run", no_date, "--date", "today").status == 0

    no_track = write(tmp_path / "c.csv", HEADER[:3], [1, "sent", "20.11.2025"])
    screen = plain(run_cli("--dry-run", no_track).out)
    assert "No column for tracking number" in screen
    assert "row 1 has: Номер заказа, Статус, Дата. Name it in the header row" in screen

    neither = write(tmp_path / "d.csv", ["Код", "Дата", "Трек"], ["Т-5", "20.11.2025", TRACK])
    assert (
        "Name them in the header row, or say which columns they are: --column bill_id=HEADER "
        "--column status=HEADER. If all rows are of one status"
    ) in run_cli("--dry-run", neither).err


@pytest.mark.parametrize("numbers", [(1, 2, 3), ("00001", "00002", "00003"), ("1.", "2.", "4.")])
@pytest.mark.parametrize(
    ("other", "advice"),
    [
        ("Номера заказов клиентов", '--column bill_id="Номера заказов клиентов".'),
        ("СУММА ЗАКАЗА", "say which column it is: --column bill_id=HEADER."),
        ("Orders of the day", '--column bill_id="Orders of the day".'),
        ("Заказчик", "say which column it is: --column bill_id=HEADER."),
        ("Дата заказа", "say which column it is: --column bill_id=HEADER."),
        ("Город", '"№" (column A) counts the lines, like 1, 2, 3. Only if these are'),
    ],
)
def test_a_counter_is_not_offered_where_another_header_speaks_of_orders(
    tmp_path: Path, run_cli: RunCli, numbers: Sequence[object], other: str, advice: str
) -> None:
    rows = [(number, "cancel", 100_000 + index) for index, number in enumerate(numbers)]
    run = run_cli("--dry-run", write(tmp_path / "a.xlsx", ("№", "Статус", other), *rows))
    assert run.status == 2
    assert advice in run.err
    assert ('bill_id="№"' in run.err) == (other == "Город")


def test_what_is_no_counter_is_offered_and_a_counter_is_no_example(
    tmp_path: Path, run_cli: RunCli
) -> None:
    number = write(tmp_path / "a.csv", ("№", "Статус", "Сумма заказа"), (1001, "cancel", 5))
    assert '"№" (column A), which can also mean' in run_cli("--dry-run", number).err
    two = write(tmp_path / "b.csv", ("Заказ №", "Order ID", "Статус"), (1, 1001, "cancel"))
    assert 'such as --column bill_id="Order ID", or' in run_cli("--dry-run", two).err
    bare = write(tmp_path / "c.csv", (1, 1001, "cancel"), (2, 1002, "cancel"))
    assert "--no-header --column bill_id=B --column status=C" in run_cli("--dry-run", bare).err


def test_a_column_that_the_config_file_gives_to_another_field_is_said_with_its_place(
    tmp_path: Path, run_cli: RunCli
) -> None:
    config = tmp_path / "shop.toml"
    config.write_text(
        '[columns]\nrpo = ["ШК", "Статус"]\n[profiles.two.columns]\nrpo = "Дата"\n'
        '[profiles.three.columns]\nrpo = ["Трек-номер", "Дата"]\n'
        '[profiles.four.columns]\nrpo = "Статус"\nstatus = "Статус"\n',
        encoding="utf-8",
    )
    sheet = write(tmp_path / "a.csv", HEADER, (1, "sent", "20.11.2025", TRACK))
    run = run_cli("--dry-run", sheet, "--config", config)
    assert (run.status, "--status sent" in run.err) == (2, False)
    assert (
        'Трек-номер. "Статус" (column B) would be the status, but [columns] rpo in shop.toml names '
        "it as the tracking number. Name another column there, or leave that out."
    ) in run.err
    screen = plain(run_cli("--dry-run", sheet, "--config", config, "--profile", "two").out)
    assert (
        '"Дата" (column C) would be the date, but [profiles.two.columns] rpo in shop.toml names it '
        "as the tracking number."
    ) in screen
    run = run_cli("--dry-run", sheet, "--config", config, "--profile", "three")
    assert (
        "the header (row 1) has more than one column that [profiles.three.columns] rpo in "
        "shop.toml names as the tracking number: Дата (column C), Трек-номер (column D)."
    ) in run.err
    run = run_cli("--dry-run", sheet, "--config", config, "--profile", "four")
    assert (
        '"Статус" (column B) is named for two fields: by [profiles.four.columns] rpo in shop.toml '
        "as the tracking number, by [profiles.four.columns] status in shop.toml as the status. "
        "Each has a column of its own"
    ) in run.err
    run = run_cli("--dry-run", sheet, "--config", config, "--column", "rpo=Нет")
    assert '--column says that the tracking number stands under "Нет"' in run.err


@pytest.mark.parametrize(
    ("line", "sheets", "said"),
    [
        ('output = "none/x.xlsx"', 1, "output in shop.toml none/x.xlsx: there is no such folder"),
        ('output = "x.txt"', 1, "output in shop.toml x.txt: name a file that ends in .xlsx"),
        ('output = "x.csv"', 2, "output in shop.toml names one file, but there are several"),
        ('failures = "none/x.csv"', 1, "failures in shop.toml none/x.csv: there is no such"),
        ('output = "x.csv"\nfailures = "x.csv"', 1, "failures in shop.toml x.csv is where the"),
        ('log_file = "none/x.log"', 1, "log_file in shop.toml none/x.log: no such file"),
        ('log_file = "a.csv"', 1, "log_file in shop.toml a.csv is no log of batch-update."),
    ],
)
def test_a_wrong_path_of_the_config_file_is_said_with_its_file_and_key(
    tmp_path: Path, run_cli: RunCli, line: str, sheets: int, said: str
) -> None:
    (tmp_path / "shop.toml").write_text(f"[files]\n{line}\n", encoding="utf-8")
    for name in "ab":
        write(tmp_path / f"{name}.csv", HEADER, (1, "cancel"))
    run = run_cli("--dry-run", "--config", "shop.toml", *["a.csv", "b.csv"][:sheets])
    assert run.status == 2
    # Windows has its own sign between the parts of a path.
    assert run.err.replace(os.sep, "/").startswith(f"batch-update: {said}")
    option, _, path = line.partition("\n")[0].partition(" = ")
    if "\n" not in line:
        run = run_cli(
            *("--dry-run", f"--{option.replace('_', '-')}", path.strip('"')),
            *["a.csv", "b.csv"][:sheets],
        )
        assert run.err.startswith(f"batch-update: --{option.replace('_', '-')} ")
