from __future__ import annotations

import pytest

from batch_update import shops


@pytest.mark.parametrize(
    "address",
    [
        "https://myshop.justclick.io",
        "https://MyShop.JustClick.io",
        "https://myshop.justclick.ru",
        "https://myshop.influencersoft.com",
        "https://myshop.justclick.io:443",
        "https://myshop.justclick.io:0443/",
        "https://myshop.justclick.io.",
        "https://myshop.justclick.io/api/",
        "https://myshop.justclick.io//x/../api",
    ],
)
def test_at_the_vendors_domains_a_shop_is_its_login(address: str) -> None:
    assert shops.identify("MyShop", address) == "myshop"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://Shop.Example", "https://shop.example:443/", id="port"),
        pytest.param("https://shop.example.", "https://shop.example", id="dot"),
        pytest.param("https://shop.example/a/", "https://shop.example//a", id="slashes"),
        pytest.param("https://shop.example/%61", "https://shop.example/a", id="percent"),
        pytest.param("https://магазин.рф", "https://xn--80aairftm.xn--p1ai", id="idna"),
        pytest.param("http://localhost:8080", "http://127.0.0.1:8080", id="loopback"),
        pytest.param("http://[::1]:8080", "http://127.0.0.1:8080", id="ipv6"),
        pytest.param("http://127.0.0.2:8080", "http://shop.localhost:8080", id="loopback-names"),
        pytest.param("http://localhost:080", "http://127.0.0.1", id="usual-port"),
    ],
)
def test_the_ways_of_writing_an_address_are_one(one: str, other: str) -> None:
    assert shops.identify("myshop", one) == shops.identify("myshop", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://shop.example", "https://shop.example:8443", id="port"),
        pytest.param("https://shop.example", "https://other.example", id="host"),
        pytest.param("https://shop.example/a", "https://shop.example/A", id="path"),
        pytest.param("http://localhost:80", "http://localhost:81", id="loopback-port"),
        pytest.param("https://other.justclick.io", "https://myshop.justclick.io", id="login"),
        pytest.param("https://justclick.io", "https://myshop.justclick.io", id="no-login"),
    ],
)
def test_addresses_that_differ_are_different_shops(one: str, other: str) -> None:
    assert shops.identify("myshop", one) != shops.identify("myshop", other)


def test_a_name_of_the_users_goes_before_any_address() -> None:
    for address in ("https://shop.example", "https://myshop.justclick.io"):
        assert shops.identify("login", address, "  My   Shop ") == "my shop"
    assert shops.identify("login", "https://shop.example", " ") == "login@shop.example"


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("myshop", "myshop"),
        ("myshop@shop.example:443", "myshop@shop.example"),
        ("myshop@myshop.justclick.io:443", "myshop"),
        ("myshop@127.0.0.1:80", "myshop@localhost"),
        ("myshop@[::1]:8080", "myshop@localhost:8080"),
        ("myshop@shop.example:80", "myshop@shop.example:80"),
        ("myshop@[broken", "myshop@[broken"),
    ],
)
def test_accounts_of_older_ledgers_are_known(account: str, name: str) -> None:
    assert shops.identify_account(account) == name
