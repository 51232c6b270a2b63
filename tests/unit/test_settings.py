from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from batch_update.cli import parser
from batch_update.errors import SettingsError
from batch_update.headers import NamedColumn
from batch_update.model import Field, Status
from batch_update.settings.arguments import read_settings
from batch_update.settings.defaults import default_path
from batch_update.settings.model import Settings
from batch_update.validator import DateOrder

ENVIRONMENT = {"JUSTCLICK_USERNAME": "MyShop", "JUSTCLICK_SECRET_KEY": "k3y"}


def read(*arguments: str, **environment: str) -> Settings:
    return read_settings(parser.parse(["a.xlsx", *arguments]), {**ENVIRONMENT, **environment})


def base_url(*arguments: str, **environment: str) -> str:
    account = read(*arguments, **environment).account
    assert account is not None
    return account.base_url


def test_what_is_not_said_has_its_default() -> None:
    settings = read()
    assert settings.files == (Path("a.xlsx"),)
    assert settings.calendar.zone == ZoneInfo("Europe/Moscow")
    assert settings.calendar.now.tzinfo is settings.calendar.zone
    assert (settings.calendar.order, settings.calendar.date_format) == (None, None)
    assert (settings.checks_tracking, settings.is_strict) == (False, False)
    assert (settings.retries, settings.timeout_s, settings.output) == (4, 30.0, None)
    assert settings.shows_progress
    assert settings.account is not None
    assert settings.account.base_url == "https://myshop.justclick.io"
    assert settings.account.credentials.username == "MyShop"


def test_what_is_said_is_taken() -> None:
    settings = read(
        *("--sheet", "May", "--status", "Отправлен", "--date", "20.11.2026", "--timezone", "UTC"),
        *("--retries", "0", "--timeout", "2.5", "--output", "x.csv", "--quiet", "--verbose"),
        *("--column", "rpo=Bar = code", "--column", "Date=Day"),
    )
    assert (settings.sheet_name, settings.default_status) == ("May", Status.SENT)
    assert (settings.default_date, settings.calendar.zone.key) == ("20.11.2026", "UTC")
    assert (settings.retries, settings.timeout_s, settings.output) == (0, 2.5, Path("x.csv"))
    headers = {wanted: column.headers for wanted, column in settings.named.items()}
    assert headers == {Field.RPO: ("Bar = code",), Field.DATE: ("Day",)}
    assert (settings.is_quiet, settings.is_verbose, settings.shows_progress) == (True, True, False)


def test_today_is_a_date_in_the_zone_of_the_run() -> None:
    settings = read("--date", "today", "--timezone", "Pacific/Kiritimati")
    assert settings.default_date == settings.calendar.now.date().isoformat()


def test_how_dates_are_written_can_be_said() -> None:
    assert read("--day-first").calendar.order is DateOrder.DAY_FIRST
    assert read("--month-first").calendar.order is DateOrder.MONTH_FIRST
    assert read("--date-format", "%d.%m.%y").calendar.date_format == "%d.%m.%y"
    assert read("--check-tracking", "--strict").is_strict


@pytest.mark.parametrize("option", ["--dry-run", "--sandbox"])
def test_practice_needs_no_account(option: str) -> None:
    settings = read_settings(parser.parse(["a.xlsx", option]), {})
    assert settings.account is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/api/", "https://shop.example"),
        ("https://shop.example:8443/sub/api", "https://shop.example:8443/sub"),
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_the_address_may_be_written_in_several_ways(given: str, expected: str) -> None:
    assert base_url("--base-url", given) == expected
    assert base_url(JUSTCLICK_BASE_URL=given) == expected


def test_the_option_goes_before_the_variable() -> None:
    url = base_url("--base-url", "https://a.example", JUSTCLICK_BASE_URL="https://b.example")
    assert url == "https://a.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "http://127.0.0.1.evil.example",
        "ftp://shop.example",
        "shop.example",
        "https://",
        "https://me@shop.example",
        "https://shop.example?x=1",
        "https://shop.example#x",
        "https://shop.example\\@evil.example",
        "https://shоp.example",
        "https://shop.example/ x",
        "https://shop.example:x",
        "https://[bad",
    ],
)
def test_an_address_that_could_lead_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="The address"):
        read("--base-url", url)


@pytest.mark.parametrize(
    "username", ["evil.example/", "me@host", "a b", "-shop", "shop-", "mаgazin", "x" * 64, "a/b"]
)
def test_a_login_that_is_no_host_label_is_refused(username: str) -> None:
    with pytest.raises(SettingsError, match="which is no login"):
        read(JUSTCLICK_USERNAME=username)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "JUSTCLICK_USERNAME and JUSTCLICK_SECRET_KEY not set"),
        ({"JUSTCLICK_USERNAME": "a"}, "^JUSTCLICK_SECRET_KEY not set"),
        ({"JUSTCLICK_SECRET_KEY": "a", "JUSTCLICK_USERNAME": " "}, "^JUSTCLICK_USERNAME not set"),
    ],
)
def test_missing_credentials_are_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_settings(parser.parse(["a.xlsx"]), environment)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sandbox", "--base-url", "https://a.example"], "leave --base-url out"),
        (["--timezone", "Mars/Base"], "no such time zone"),
        (["--timezone", "../../etc/passwd"], "no such time zone"),
        (["--timezone", ""], "no such time zone"),
        (["--timezone", "Europe"], "no such time zone"),
        (["--column", "rpo"], "FIELD=HEADER"),
        (["--column", "colour=Red"], "FIELD=HEADER"),
        (["--column", "rpo= "], "FIELD=HEADER"),
        (["--column", "rpo=A", "--column", "rpo=B"], "names rpo twice"),
        (["--status", "delivered"], "write sent, paid, return or cancel"),
        (["--date", "03/04/2026"], "can be read two ways"),
        (["--retries", "21"], "from 0 to 20"),
        (["--retries", "-1"], "from 0 to 20"),
        (["--retries", "many"], "from 0 to 20"),
        (["--timeout", "0"], "more than 0"),
        (["--timeout", "nan"], "more than 0"),
        (["--timeout", "soon"], "more than 0"),
        (["--timeout", "601"], "at most 600"),
        (["--day-first", "--month-first"], "--day-first and --month-first exclude each other"),
        (["--day-first", "--date-format", "%d.%m.%y"], "exclude each other"),
        (["--date-format", "%d.%m"], "must hold day, month and year"),
        (["--date-format", "%Y-%m"], "must hold day, month and year"),
        (["--date-format", "%Q %Y"], "must hold day, month and year"),
        (["--colour"], "unrecognized arguments: --colour. See: batch-update --help"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(*arguments)


def write_config(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_config_file_names_headers(tmp_path: Path) -> None:
    path = write_config(
        tmp_path / "shop.toml", '[columns]\nrpo = "Barcode"\ndate = ["Day", "День"]\n'
    )
    named = read("--config", str(path), "--column", "rpo=Label").named
    assert named == {
        Field.RPO: NamedColumn(headers=("Label",), said_in="--column"),
        Field.DATE: NamedColumn(headers=("Day", "День"), said_in="shop.toml", table="[columns]"),
    }


def test_the_config_file_in_its_usual_place_is_read() -> None:
    assert read().named == {}
    write_config(default_path(), '\ufeff[columns]\nbill_id = "Nr"\n')
    assert read().named[Field.BILL_ID].headers == ("Nr",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("colums = 1", '"colums" is not known. Did you mean columns?', id="table"),
        pytest.param("x = 1", '"x" is not known. Known: columns, statuses, orders', id="far-off"),
        pytest.param("[columns]\nrp = 'a'", '"rp" is not known. Did you mean rpo?', id="field"),
        pytest.param("columns = 3", "write it as a table", id="no-table"),
        pytest.param("[columns]\nrpo = 3", 'such as rpo = "Barcode", or a list', id="number"),
        pytest.param("[columns]\nrpo = []", "or a list", id="empty-list"),
        pytest.param("[columns]\nrpo = ' '", "or a list", id="blank"),
        pytest.param("[columns", "is not TOML: Expected", id="no-toml"),
        pytest.param(b"\xff", "is not UTF-8: byte 0", id="no-text"),
    ],
)
def test_a_config_file_that_makes_no_sense_is_refused(
    tmp_path: Path, text: str | bytes, words: str
) -> None:
    path = write_config(tmp_path / "shop.toml", text)
    with pytest.raises(SettingsError) as caught:
        read("--config", str(path))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_config_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--config none.toml: there is no such file"):
        read("--config", "none.toml")
    with pytest.raises(SettingsError, match="cannot be read: is a directory"):
        read("--config", str(tmp_path))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param("", "myshop", id="standard"),
        pytest.param("https://MyShop.justclick.ru/api", "myshop", id="other-domain"),
        pytest.param("https://myshop.influencersoft.com", "myshop", id="other-name"),
        pytest.param("https://orders.example", "myshop@orders.example", id="own-domain"),
        pytest.param(
            "https://other.justclick.io", "myshop@other.justclick.io", id="another-login's"
        ),
    ],
)
def test_a_shop_has_one_name_on_all_of_the_vendors_domains(address: str, name: str) -> None:
    account = read(JUSTCLICK_BASE_URL=address).account
    assert account is not None
    assert account.name == name
