"""No request costs over a second of the processor, whatever sizes its parameters have."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.http.control.requests import matches_wildcards
from codat_mock.http.middleware_log import nearest

MOST_SECONDS = 1.0
LONG = "a" * 40_000
MANY_LETTERS = "".join(chr(0x4E00 + number % 150) for number in range(4000))
WILD = "*a" * 2000 + "*b"


@given(
    st.text("ab/", max_size=12),
    st.lists(st.text("ab/", max_size=3), min_size=2, max_size=5),
)
def test_a_wildcard_stands_for_any_characters(text, parts):
    pattern = "*".join(parts)
    expected = re.fullmatch(".*".join(map(re.escape, parts)), text) is not None
    assert matches_wildcards(text, pattern) == expected


@pytest.fixture
def many(http, driver):
    """A sandbox with requests to find, one of them to a long path."""
    for number in range(50):
        http.get(f"/companies/{driver.company_id}/data/history/{number}")
    http.get(f"/{'a' * 4000}")
    return http


RULES = "/_mock/alerts/rules"
FAULTS = [{"kind": "slow", "operation": f"push-order{number}"} for number in range(20_000)]
LONG_NAME = {"faults": [{"kind": "slow", "operation": LONG}]}
POSITIONS = {"faults": [{"kind": "slow", "at": [1] * 100_000}]}
FLOW = "/config/sync/commerce/lqai/gbol/start?redirectUrl=http://"
RULE_SETTINGS = {"rules": {f"X{number}": "off" for number in range(20_000)}}
DURATIONS = {"target": "dataset", "durations": [1] * 100_000}
SECRETS = {
    "type": "Data sync completed",
    "url": "http://127.0.0.1:1/",
    "secrets": ["whsec_QQ=="] * 100_000,
}
CLAUSES = "name~a||" * 255 + "name~a"
HOSTILE = {
    "wildcards": ("GET", f"/_mock/requests?path={WILD}", None),
    "an unknown operation with a long path": ("GET", f"/{LONG}", None),
    "a long path like a known one": ("GET", f"/companies/{LONG}/data/histories", None),
    "an unknown operation with many steps": ("GET", "/a" * 20_000, None),
    "20,000 unknown operations": ("PUT", "/_mock/faults", {"faults": FAULTS}),
    "999 unknown operations": ("PUT", "/_mock/faults", {"faults": FAULTS[:999]}),
    "a long operation name": ("PUT", "/_mock/faults", LONG_NAME),
    "many positions": ("PUT", "/_mock/faults", POSITIONS),
    "the end of the calendar": ("POST", "/_mock/clock/set", {"to": "9999-12-29T00:00:00Z"}),
    "a long advance": ("POST", "/_mock/clock/advance", {"days": 2_900_000}),
    "a query of many clauses": ("GET", f"/meta/companies?query={CLAUSES}", None),
    "a query nested deeply": ("GET", "/meta/companies?query=" + "{" * 1000 + "name~a", None),
    "a long order": ("GET", f"/meta/companies?orderBy={LONG}", None),
    "a page far away": ("GET", "/meta/companies?page=2147483647&pageSize=5000", None),
    "a long limit": ("GET", f"/_mock/requests?limit={'9' * 4000}", None),
    "a long request number": ("GET", f"/_mock/requests/{'9' * 4000}", None),
    "a long name": ("POST", "/meta/companies/sync", {"name": LONG * 25}),
    "deep nesting": ("POST", "/meta/companies/sync", b"[" * 100_000),
    "a long redirect URL": ("GET", FLOW + LONG, None),
    "many rule settings": ("PUT", "/_mock/rules", RULE_SETTINGS),
    "many durations": ("POST", "/_mock/outcomes", DURATIONS),
    "a great count": ("POST", "/_mock/outcomes", {"target": "dataset", "count": 10**9}),
    "many secrets": ("POST", RULES, SECRETS),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_request_of_any_size_costs_less_than_a_second(many, what):
    method, path, body = HOSTILE[what]
    content = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    began = process_time()
    answer = many.request(method, path, **content)
    seconds = process_time() - began
    print(f"{what}: {answer.status_code} in {seconds * 1000:.0f} ms")
    assert answer.status_code < 500
    assert seconds < MOST_SECONDS


def test_a_move_of_the_clock_over_very_many_syncs_is_a_conflict_that_says_what_to_do(many):
    http = many
    before = http.get("/_mock/clock").json()["now"]
    answer = http.post("/_mock/clock/set", json={"to": "9999-12-29T00:00:00Z"})
    assert answer.status_code == 409
    assert "move it in smaller steps" in answer.json()["detail"]
    assert http.get("/_mock/clock").json()["now"] == before
    assert http.post("/_mock/clock/advance", json={"days": 400}).status_code == 200


def test_the_nearest_operation_of_a_path_of_any_length_is_found_quickly():
    began = process_time()
    found = nearest("GET", f"/companies/{MANY_LETTERS * 10}/data/histories")
    assert process_time() - began < MOST_SECONDS
    assert found is None or found.startswith("GET /companies/")


def test_unknown_operations_are_named_up_to_a_number(many):
    answer = many.put("/_mock/faults", json={"faults": FAULTS[:999]})
    assert answer.status_code == 400
    assert len(answer.json()["problems"]) == 20
