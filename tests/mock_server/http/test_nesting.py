"""JSON that is nested very deeply is a 400 at every operation, also at those that take no body."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from flask import Flask

from codat_mock.models.decoding import MAX_DEPTH
from codat_scenarios.sandbox_driver import SandboxDriver

BODIES = {
    "arrays": b"[" * 1000 + b"]" * 1000,
    "objects": b'{"orders":' * 1000 + b"0" + b"}" * 1000,
    "an unknown property": b'{"name":"x","extra":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "an unknown property of a record": b'{"orders":[{"id":"x","extra":%b}]}'
    % (b"[" * 1000 + b"]" * 1000),
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "no end": b'{"a":[' * 5000,
    "just too deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
}
METHODS = ("POST", "PUT", "PATCH")
PAGES = ("/link/", "/flow/", "/portal")


def operations(app: Flask, driver: SandboxDriver) -> list[tuple[str, str]]:
    """Every method and path that may have a body."""
    found = []
    for rule in app.url_map.iter_rules():
        values = dict.fromkeys(rule.arguments, "1") | {
            "company_id": driver.company_id, "data_type": "commerce-orders",
        }  # fmt: skip
        path = rule.build(values, append_unknown=False)[1]
        if not path.startswith(PAGES):
            found += [(method, path) for method in rule.methods or () if method in METHODS]
    return found


@pytest.mark.parametrize(
    "path",
    ["/meta/companies/sync", "/_mock/faults", "/data/companies/{}/sync/commerce-orders"],
)
def test_a_body_that_is_deep_once_it_is_unpacked_is_refused_too(
    http: httpx.Client, driver: SandboxDriver, path: str
) -> None:
    packed, headers = gzip.compress(BODIES["objects"]), {"Content-Encoding": "gzip"}
    answer = http.post(path.format(driver.company_id), content=packed, headers=headers)
    assert answer.status_code == 400
    assert "nested too deeply" in answer.text


@pytest.mark.parametrize("what", BODIES)
def test_deep_nesting_is_a_400_at_every_operation(
    app: Flask, http: httpx.Client, driver: SandboxDriver, what: str
) -> None:
    asked = operations(app, driver)
    assert len(asked) > 25
    statuses: dict[Any, int] = {}
    for method, path in asked:
        answer = http.request(method, path, content=BODIES[what])
        statuses[method, path] = answer.status_code
    assert {asked: status for asked, status in statuses.items() if status != 400} == {}
    assert http.get("/_mock/health").json()["failures"] == []
