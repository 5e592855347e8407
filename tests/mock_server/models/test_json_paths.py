"""The members that the decoder leaves unnamed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.http.request_context import decode
from codat_mock.models import json_paths
from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import Malformed
from codat_mock.models.preferences import Localization
from codat_mock.models.pushes import decoder

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
def test_a_wrong_place_in_a_mapping_is_named(mapping: dict[str, Any], path: str) -> None:
    sent = json.dumps({"configuration": mapping}).encode()
    assert refused(sent, decoder(Configuration)) == f"$.configuration.{path}"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.booleans(), min_size=1))
def test_the_first_wrong_member_is_named(members: dict[str, bool]) -> None:
    sent = {name: {"text": "x" if is_good else 5} for name, is_good in members.items()}
    wrong = [name for name, is_good in members.items() if not is_good]
    if wrong:
        assert refused(json.dumps(sent).encode(), TEXTS) == f"$.{wrong[0]}.text"


def test_a_place_before_broken_json_keeps_its_path_as_far_as_it_is_known() -> None:
    assert refused(b'{"a": 5, "b": nonsense', TEXTS) == "$[...]"


def test_a_large_body_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_paths, "LONGEST", 7)
    assert refused(b'{"a": 5}', TEXTS) == "$[...]"
    assert refused(b'{"a":5}', TEXTS) == "$.a"
