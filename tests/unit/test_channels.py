"""Addresses of channels: what of them is secret, and what is shown."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from batch_update import channels

RELAY = "mailto://relay.example.com:25?from=a@example.com&to=ops@example.com"
HOOK = "json://hook.example.com:8080/orders"
WITH_SECRET = {
    "mailtos://robot:S3cret@mail.example.com?to=ops@example.com": "mailtos://mail.example.com",
    "mailtos://robot:p%40ss/word@mail.example.com": "mailtos://mail.example.com",
    "mailtos://robot:p/ss@w@mail.example.com/ops@example.com": "mailtos://example.com",
    "jsons://hook.example.com/T0kenOfManyLetters1": "jsons://hook.example.com",
    "jsons://hook.example.com/x?+Authorization=Bearer": "jsons://hook.example.com",
    "tgram://123456789:AAbbCCdd/-100200": "tgram://…",
    "slack://AAA/BBB/CCC": "slack://…",
    "sendgrid://SG.key.more:from@example.com/to@example.com": "sendgrid://…",
    "no address": "…",
}


@pytest.mark.parametrize(
    "address", [RELAY, HOOK, "keyring:ops", "mailto://relay.local/a@b.example"]
)
def test_an_address_without_a_secret_may_be_an_argument(address: str) -> None:
    assert channels.is_address(address)
    assert not channels.carries_secret(address)


@pytest.mark.parametrize("address", WITH_SECRET)
def test_what_is_secret_is_known_and_not_shown(address: str) -> None:
    assert channels.carries_secret(address)
    for part in ("S3cret", "p%40ss", "p/ss", "T0ken", "Bearer", "AAbb", "123456789", "AAA", "SG."):
        assert part not in channels.shown(address)


@pytest.mark.parametrize("address", WITH_SECRET)
def test_the_server_is_shown_where_it_is_no_secret(address: str) -> None:
    assert channels.shown(address) == WITH_SECRET[address]


@pytest.mark.parametrize("text", ["", "ops@example.com", "mailto:ops", "keyring:", "a b://c", "x"])
def test_what_is_no_address_is_known(text: str) -> None:
    assert not channels.is_address(text)


@pytest.mark.parametrize(
    ("query", "is_off"),
    [("verify=no", True), ("to=x&verify=FALSE", True), ("verify=", True), ("verify=yes", False)],
)
def test_a_check_that_is_turned_off_is_seen(query: str, is_off: bool) -> None:
    assert channels.is_unchecked(f"mailtos://mail.example.com?{query}") == is_off
    assert not channels.is_unchecked("mailtos://verify=no@mail.example.com")


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("mailtos://robot:S3cretWord@mail.example.com", "S3cretWord"),
        ("mailtos://robot:p%40ss%2Fword@mail.example.com", "p@ss/word"),
        ("mailtos://robot:pw@mail.example.com", "pw"),
        ("tgram://123456789:AAbbCCddEE/-100200", "AAbbCCddEE"),
        ("jsons://u:S3cret@hook.example.com/T0kenOfManyLetters1", "T0kenOfManyLetters1"),
        ("jsons://hook.example.com/?+X-Token=abcdef", "abcdef"),
    ],
)
def test_a_secret_is_hidden_in_what_others_say_of_it(address: str, secret: str) -> None:
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    forms = [secret, quote(secret, safe=""), *([coded] if len(secret) > 4 else [])]
    for form in forms:
        text = f"no route for {form}, says mail.example.com: (535, b'{form}')"
        hidden = channels.without_secrets(text, address)
        assert form not in hidden
        assert hidden.startswith("no route for …, says")
    assert channels.without_secrets("mail.example.com is away", address).endswith(" is away")


def test_a_short_secret_does_not_garble_words() -> None:
    address = "mailtos://robot:pw@mail.example.com"
    said = channels.without_secrets("pwned hosts: pw, (pw) and npw", address)
    assert said == "pwned hosts: …, (…) and npw"
