from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_update.justclick import signing
from batch_update.justclick.signing import Credentials
from batch_update.sandbox import php

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "php_vectors.json").read_text(encoding="utf-8")
)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS["requests"]]
)
def test_requests_are_signed_as_php_signs_them(vector: dict[str, Any]) -> None:
    fields = [(name, value) for name, value in vector["params"]]
    body = signing.sign_request(fields, vector["username"], vector["secret"])
    assert signing.encode_query(fields) == vector["query"]
    assert body == vector["body"]
    assert body.endswith(f"&hash={vector['hash']}")


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS["responses"]]
)
def test_answers_are_signed_as_php_signs_them(vector: dict[str, Any]) -> None:
    signature = signing.sign_answer(vector["error_code"], vector["error_text"], vector["secret"])
    assert signature == vector["hash"]


def test_tilde_is_encoded_and_a_field_without_value_is_left_out() -> None:
    fields = [("a", "~"), ("b", None), ("c", ""), ("d e", "1 2")]
    assert signing.encode_query(fields) == "a=%7E&c=&d+e=1+2"


def test_half_a_character_pair_is_signed_by_its_bytes() -> None:
    assert signing.encode_query([("a", "\ud800")]) == "a=%ED%A0%80"
    assert signing.sign_answer(0, "\ud800", "k") == "95f5adf245fe6e5a42bceb77b7091b24"


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT)), ANY_TEXT, ANY_TEXT)
def test_any_text_is_signed_and_comes_back_from_a_form_decoder(
    fields: list[tuple[str, str]], username: str, secret_key: str
) -> None:
    body = signing.sign_request(fields, username, secret_key)
    body.encode("ascii")
    query, _, signature = body.rpartition("&hash=")
    assert len(signature) == 32
    decoded = parse_qsl(query, keep_blank_values=True, errors="surrogatepass")
    assert decoded == fields


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1), st.text(), st.text())
def test_the_stand_in_reckons_the_same_signature_by_itself(
    fields: dict[str, str], username: str, secret_key: str
) -> None:
    fields.pop("hash", None)
    body = signing.sign_request(fields.items(), username, secret_key)
    received = php.parse_post(body.encode("ascii"))
    signature = received.pop("hash")
    assert received == fields
    assert php.request_hash(received, username, secret_key) == signature


def test_the_key_is_not_shown() -> None:
    assert "very secret" not in repr(Credentials(username="shop", secret_key="very secret"))
