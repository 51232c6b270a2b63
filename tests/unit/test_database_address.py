"""The address of a team's database: what is taken, what is refused, and what is never shown."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg.conninfo
import psycopg.pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update.errors import SettingsError
from batch_update.ledger.postgresql.address import DatabaseAddress, read_address

NOBODY = {"HOME": "/nonexistent"}
FULL = {"sslmode": "verify-full", "sslrootcert": "the system's"}
SEVERAL = {"target_session_attrs": "read-write"}
LOCAL = {"sslmode": "prefer"}
DB = "db.example.com"


def read(url: str, environment: Mapping[str, str] = NOBODY) -> DatabaseAddress:
    return read_address(url, "--ledger", environment)


def asked(url: str, environment: Mapping[str, str] = NOBODY) -> dict[str, str | int]:
    """Give what is asked of the driver, but for what is always the same."""
    fixed = read("postgresql:///").conninfo()
    conninfo = read(url, environment).conninfo()
    if conninfo.get("sslrootcert") == (ssl.get_default_verify_paths().cafile or "system"):
        conninfo["sslrootcert"] = "the system's"
    return {k: v for k, v in conninfo.items() if fixed.get(k) != v or k == "sslmode"}


def effective(address: DatabaseAddress) -> dict[str, str]:
    """Give what the driver itself makes of an address, environment and service file."""
    text = psycopg.conninfo.make_conninfo("", **address.conninfo())
    connection = psycopg.pq.PGconn.connect_start(text.encode())
    found = {one.keyword.decode(): (one.val or b"").decode() for one in connection.info}
    connection.finish()
    return found


@pytest.mark.parametrize(
    ("url", "expected", "shown"),
    [
        pytest.param("postgresql://", LOCAL, "postgresql://", id="nothing"),
        pytest.param("postgres:///team", {**LOCAL, "dbname": "team"}, "postgresql:///team", id="-"),
        pytest.param(
            "postgresql://anna@db.example.com/team",
            {**FULL, "user": "anna", "host": DB, "dbname": "team"},
            "postgresql://anna@db.example.com/team",
            id="usual",
        ),
        pytest.param(
            "PostgreSQL://DB.example.com:6432",
            {**FULL, "host": "DB.example.com", "port": "6432"},
            "postgresql://DB.example.com:6432",
            id="port",
        ),
        pytest.param(
            "postgresql://a.example.com:5433,b.example.com/team",
            {
                **FULL,
                **SEVERAL,
                "host": "a.example.com,b.example.com",
                "port": "5433,",
                "dbname": "team",
            },
            "postgresql://a.example.com:5433,b.example.com/team",
            id="several",
        ),
        pytest.param(
            "postgresql://a.example.com,127.0.0.1/",
            {**FULL, **SEVERAL, "host": "a.example.com,127.0.0.1"},
            "postgresql://a.example.com,127.0.0.1",
            id="one-of-several-is-far",
        ),
        pytest.param(
            "postgresql://a.example.com,b.example.com/?target_session_attrs=primary",
            {**FULL, "host": "a.example.com,b.example.com", "target_session_attrs": "primary"},
            "postgresql://a.example.com,b.example.com",
            id="primary",
        ),
        *(
            pytest.param(
                f"postgresql://{host}/team?sslmode=disable",
                {"sslmode": "disable", "host": host.strip("[]"), "dbname": "team"},
                f"postgresql://{host}/team",
                id=host,
            )
            for host in ("localhost", "127.0.0.1", "127.8.9.10", "[::1]")
        ),
        pytest.param(
            "postgresql:///team?host=/run/postgresql&port=5433",
            {**LOCAL, "host": "/run/postgresql", "port": "5433", "dbname": "team"},
            "postgresql:///team?host=/run/postgresql&port=5433",
            id="socket",
        ),
        pytest.param(
            "postgresql://anna@%2Frun%2Fpostgresql/team",
            {**LOCAL, "user": "anna", "host": "/run/postgresql", "dbname": "team"},
            "postgresql://anna@/team?host=/run/postgresql",
            id="encoded-socket",
        ),
        pytest.param(
            "postgresql:///?host=%40abstract",
            {**LOCAL, "host": "@abstract"},
            "postgresql:///?host=%40abstract",
            id="abstract-socket",
        ),
        pytest.param(
            "postgresql://[2001:db8::7]:5433/",
            {**FULL, "host": "2001:db8::7", "port": "5433"},
            "postgresql://[2001:db8::7]:5433",
            id="ipv6",
        ),
        pytest.param(
            "postgresql://db.example.com/?sslrootcert=/etc/team.crt&sslmode=verify-full",
            {"host": DB, "sslrootcert": "/etc/team.crt", "sslmode": "verify-full"},
            "postgresql://db.example.com",
            id="own-authority",
        ),
        pytest.param(
            "postgresql://localhost/?sslrootcert=system",
            {"host": "localhost", **FULL},
            "postgresql://localhost",
            id="system's-authorities-want-the-full-check",
        ),
        pytest.param(
            "postgresql://localhost/?hostaddr=192.0.2.7",
            {**FULL, "host": "localhost", "hostaddr": "192.0.2.7"},
            "postgresql://localhost/?hostaddr=192.0.2.7",
            id="hostaddr",
        ),
        pytest.param(
            "postgresql://%D0%B0%D0%BD%D0%BD%D0%B0@localhost/%D1%81%D0%BA%D0%BB%D0%B0%D0%B4%3F",
            {**LOCAL, "user": "анна", "host": "localhost", "dbname": "склад?"},
            "postgresql://анна@localhost/склад%3F",
            id="letters",
        ),
        pytest.param(
            "postgresql://anna:@/", {**LOCAL, "user": "anna"}, "postgresql://anna@", id=":"
        ),
    ],
)
def test_an_address_says_where_the_database_is(
    url: str, expected: dict[str, str], shown: str
) -> None:
    address = read(url)
    assert asked(url) == expected
    assert (address.shown, str(address)) == (shown, shown)
    assert repr(address) == f"DatabaseAddress(shown={shown!r})"
    named = dict(address.named)
    places = ("user", "host", "hostaddr", "port", "dbname", "service")
    again = dict(read(shown).named)
    assert again == {name: named[name] for name in places if name in named}
    # The driver knows all of the words.
    psycopg.conninfo.make_conninfo("", **address.conninfo())


def test_connections_that_hang_are_ended() -> None:
    assert read("postgresql:///").conninfo() == {
        "application_name": "batch-update",
        "connect_timeout": 5,
        "tcp_user_timeout": 8000,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "gssencmode": "disable",
        "sslmode": "prefer",
    }


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://anna:s3cret@localhost/", "holds a password"),
        ("postgresql://anna:%40@localhost/", "holds a password"),
        ("postgresql://localhost/?password=s3cret", "holds a password"),
        ("postgresql://localhost/?pass%77ord=s3cret", "holds a password"),
        ("postgresql://localhost/?sslpassword=s3cret", "holds a password"),
        ("postgresql://localhost/?password", "holds a password"),
        ("postgresql://anna:s3/cret@localhost/", "is not understood"),
        ("postgresql://anna:s3?cret@localhost/", "is not understood"),
        ("postgresql://an@na@localhost/", "is not understood"),
        ("postgresql://localhost/%zz", "is not understood"),
        ("postgresql://localhost/%ff", "is not understood"),
        ("postgresql://localhost/%00", "is not understood"),
        ("postgresql://localhost/\n", "is not understood"),
        ("postgresql://[::1/", "is not understood"),
        ("postgresql://a:1:2/", "is not understood"),
        ("postgresql://localhost:s3cret/", "is no number from 1 to 65535"),
        ("postgresql://localhost:0/", "is no number from 1 to 65535"),
        ("postgresql://localhost:65536/", "is no number from 1 to 65535"),
        ("postgresql://a,b,c/?port=1,2", "not as many ports as servers"),
        ("postgresql://localhost/?host=localhost", "says something twice"),
        ("postgresql://localhost/?sslmode=require&sslmode=disable", "says something twice"),
        ("postgresql://localhost/?ssl_mode=require", "If you mean sslmode=…, write that."),
        (
            "postgresql://localhost/?options=-c%20synchronous_commit%3Doff",
            "is not allowed. Allowed",
        ),
        ("postgresql://localhost/?sslmode=s3cret", "sslmode is one of disable, allow"),
        ("postgresql://a,b/?target_session_attrs=any", "is read-write or primary"),
        ("postgresql://localhost/?target_session_attrs=standby", "is read-write or primary"),
        *(
            (f"postgresql://{place}sslmode={mode}", f"with sslmode={mode} nobody checks")
            for place in (
                "db.example.com/?",
                "localhost,db.example.com/?",
                "localhost/?hostaddr=192.0.2.7&",
                "128.0.0.1/?",
                "127.1/?",
                "localhost.example.com/?",
                "[::ffff:127.0.0.1]/?",
            )
            for mode in ("disable", "allow", "prefer", "require", "verify-ca")
        ),
    ],
)
def test_an_address_that_is_unsafe_or_malformed_is_refused(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)) as caught:
        read(url)
    assert str(caught.value).startswith("--ledger: ")
    assert "s3" not in str(caught.value)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("postgresql:///", {"PGHOST": DB}, FULL),
        ("postgresql:///", {"PGHOST": DB, "PGSSLMODE": "disable"}, FULL),
        ("postgresql:///", {"PGHOST": "a.example.com,b.example.com"}, {**FULL, **SEVERAL}),
        ("postgresql:///", {"PGHOSTADDR": "192.0.2.7"}, FULL),
        ("postgresql:///", {"PGHOSTADDR": "127.0.0.1"}, LOCAL),
        ("postgresql://localhost/", {"PGHOSTADDR": "192.0.2.7"}, {**FULL, "host": "localhost"}),
        ("postgresql://localhost/", {"PGHOST": DB}, {**LOCAL, "host": "localhost"}),
        ("postgresql:///", {"PGSSLMODE": "require"}, {"sslmode": "require"}),
        ("postgresql:///", {"PGSSLROOTCERT": "system"}, FULL),
        (
            "postgresql://db.example.com/",
            {"SSL_CERT_FILE": "/etc/ours.pem"},
            {"sslmode": "verify-full", "sslrootcert": "system", "host": DB},
        ),
        ("postgresql://db.example.com/", {"PGSSLMODE": "allow"}, {**FULL, "host": DB}),
        (
            "postgresql://db.example.com/",
            {"PGSSLROOTCERT": "/etc/team.crt"},
            {"sslmode": "verify-full", "host": DB},
        ),
    ],
)
def test_the_rule_holds_on_what_the_environment_says(
    url: str, environment: dict[str, str], expected: dict[str, str]
) -> None:
    if not ssl.get_default_verify_paths().cafile and expected.get("sslrootcert") == "system":
        # Where the system names no file, as on Windows, the driver is told to look itself.
        expected = {**expected, "sslrootcert": "the system's"}
    assert asked(url, {**NOBODY, **environment}) == expected


@pytest.mark.parametrize(
    "environment",
    [{"PGHOST": DB}, {"PGHOSTADDR": "192.0.2.7"}, {"PGSERVICE": "unknown"}],
    ids=str,
)
def test_a_weak_mode_is_refused_wherever_the_host_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="nobody checks which server answers"):
        read("postgresql:///team?sslmode=require", {**NOBODY, **environment})


@pytest.mark.parametrize(
    "environment", [{"PGOPTIONS": "-c synchronous_commit=off"}, {"PGSERVICE": "loose"}], ids=str
)
def test_options_of_the_session_are_refused(environment: dict[str, str], tmp_path: Path) -> None:
    services = tmp_path / "services.conf"
    services.write_text("[loose]\noptions=-c synchronous_commit=off\n")
    with pytest.raises(SettingsError, match="sets options for the session"):
        read("postgresql:///", {"PGSERVICEFILE": str(services), **environment})


SERVICES = """\
# The team's.
[far]
host=db.example.com
hostaddr=127.0.0.1
port=1
sslmode=disable
password=s3cret

[near]
 host=/nonexistent
sslmode=disable
[near]
host=db.example.com
[rooted]
host=db.example.com
sslrootcert=/etc/team.crt
[directory]
ldap://ldap.example.com/dc=team
"""


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("far", FULL),
        ("near", {"sslmode": "disable"}),
        ("rooted", {"sslmode": "verify-full"}),
        # It may be in a file, or in a directory, that only the driver finds.
        ("directory", {"sslmode": "verify-full"}),
        ("elsewhere", {"sslmode": "verify-full"}),
    ],
)
@pytest.mark.parametrize("is_in_url", [True, False])
def test_the_rule_holds_on_what_a_service_file_says(
    service: str, expected: dict[str, str], *, is_in_url: bool, tmp_path: Path
) -> None:
    services = tmp_path / ".pg_service.conf"
    if os.name == "nt":
        services = tmp_path / "postgresql" / ".pg_service.conf"
        services.parent.mkdir()
    services.write_text(SERVICES, encoding="utf-8")
    environment = {"HOME": str(tmp_path), "APPDATA": str(tmp_path)} | (
        {} if is_in_url else {"PGSERVICE": service}
    )
    url = f"postgresql:///?service={service}" if is_in_url else "postgresql:///"
    named = {"service": service} if is_in_url else {}
    assert asked(url, environment) == {**named, **expected}
    if is_in_url:
        assert read(url, environment).shown == url


@pytest.mark.skipif(os.name == "nt", reason="the files are elsewhere on Windows")
@pytest.mark.parametrize("service", ["far", "near"])
def test_the_driver_uses_what_the_rule_says(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".pg_service.conf").write_text(SERVICES, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGSSLMODE", "allow")
    monkeypatch.setenv("PGSSLROOTCERT", "/nonexistent/root.crt")
    monkeypatch.setenv("PGGSSENCMODE", "prefer")
    address = read(f"postgresql:///?service={service}", os.environ)
    used = effective(address)
    assert used["sslmode"] == dict(address.secured)["sslmode"]
    assert used["sslmode"] == ("verify-full" if service == "far" else "disable")
    assert used["gssencmode"] == "disable"
    assert used["host"] == ("db.example.com" if service == "far" else "/nonexistent")


def test_the_usual_root_certificate_is_used_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    environment = {"HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    if os.name == "nt":
        (tmp_path / ".postgresql").rename(tmp_path / "postgresql")
    url = "postgresql://db.example.com/"
    assert asked(url, environment) == {"sslmode": "verify-full", "host": DB}


WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=5, max_size=12)
PLACES = (
    "postgresql://anna:{secret}@db.example.com/team",
    "postgresql://:{secret}@localhost:5433,b/team?sslmode=verify-full",
    "postgres://db.example.com/team?password={secret}",
    "postgresql://anna@localhost/team?sslmode=disable&sslpassword={secret}&user=anna",
    "postgresql://{secret}@anna:{secret}@db.example.com/",
    "postgresql://db.example.com/?sslmode={secret}",
    "postgresql://db.example.com:{secret}/",
    "postgresql://db.example.com/?{secret}",
    "postgresql://db.example.com/?{secret}=1",
)


@given(secret=WORD, place=st.sampled_from(PLACES), is_encoded=st.booleans())
def test_no_secret_of_an_address_is_ever_shown(
    secret: str, place: str, *, is_encoded: bool
) -> None:
    written = quote(secret, safe="") if is_encoded else secret
    # A mark that stands nowhere else, whatever the rest of the secret means within an address.
    url = place.format(secret=f"Zq7{written}Zq8")
    try:
        address = read(url)
    except SettingsError as error:
        said = f"{error} {error!r} {error.__cause__} {error.__context__}"
    else:
        said = f"{address} {address!r} {address.shown} {address.conninfo()}"
    assert "Zq7" not in said
    assert "Zq8" not in said
