"""Decoding: members of mappings are named in the paths of mistakes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.http.request_context import decode
from codat_mock.models import decoding
from codat_mock.models.configuration import Configuration
from codat_mock.models.decoding import decoder
from codat_mock.models.errors import Malformed
from codat_mock.models.sync_flow import Localization

TEXTS = decoder(dict[str, Localization])
CARD = {"card": {"selectedAccountId": 5}}
SALES = {"sales": {"selectedAccountId": None}, "a b": {"accountOptions": [{"id": "1"}, {"id": 2}]}}


def refused(sent: bytes, read: Any) -> str:
    with pytest.raises(Malformed) as refusal:
        decode(sent, read)
    [problem] = refusal.value.problems
    assert problem.path in refusal.value.message
    return problem.path


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"payments": {"accounts": CARD}}, "payments.accounts.card.selectedAccountId"),
        ({"sales": {"accounts": SALES}}, "sales.accounts['a b'].accountOptions[1].id"),
        ({"sales": {"taxRates": {"5": {}, "17.5": 3}}}, "sales.taxRates['17.5']"),
    ],
)
def test_a_wrong_value_in_a_mapping_is_named(mapping: dict[str, Any], path: str) -> None:
    sent = json.dumps({"configuration": mapping}).encode()
    assert refused(sent, decoder(Configuration)) == f"$.configuration.{path}"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.booleans(), min_size=1))
def test_the_first_wrong_member_is_named(members: dict[str, bool]) -> None:
    sent = {name: {"text": "x" if is_good else 5} for name, is_good in members.items()}
    wrong = [name for name, is_good in members.items() if not is_good]
    if wrong:
        assert refused(json.dumps(sent).encode(), TEXTS) == f"$.{wrong[0]}.text"


def test_a_member_before_broken_json_stays_unnamed() -> None:
    assert refused(b'{"a": 5, "b": nonsense', TEXTS) == "$[...]"


def test_a_large_body_is_not_searched_for_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_SEARCHED_BYTES", 7)
    assert refused(b'{"a": 5}', TEXTS) == "$[...]"
    assert refused(b'{"a":5}', TEXTS) == "$.a"
