"""A secret under a name that says so shows in no output, wherever a request carries it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codat_mock.http.access_log import ACCESS_LOG, JsonFormatter
from codat_mock.http.app import create_app
from codat_mock.reports.formats import FORMATS
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver

WORDS = ["key", "secret", "token", "password", "pwd", "session", "auth", "signature", "jwt"]
OTHERS = ["id", "user", "x", "api", "shop", "my"]
PAGES = ["", "/findings", "/requests", "/companies", "/timeline", "/books", "/controls", "/alerts"]


@st.composite
def names(draw: st.DrawFn) -> str:
    """A name whose words have one for a secret among them."""
    parts = [draw(st.sampled_from(WORDS)), *draw(st.lists(st.sampled_from(OTHERS), max_size=2))]
    parts = list(draw(st.permutations(parts)))
    joint = draw(st.sampled_from(["_", "-", ".", ""]))
    if not joint:
        return "".join(part.title() for part in parts)
    return joint.join(draw(st.sampled_from([str.lower, str.upper]))(part) for part in parts)


def push(name: str, secret: str, amount: float) -> bytes:
    """A push with the secret in properties of a record, and within a text."""
    order = {
        "id": "A-1", "orderNumber": f"n?{name}={secret}", "totalAmount": amount,
        "currency": "GBP", "createdDate": "2022-03-21T08:00:00Z", name: secret,
        "customer": {"id": "c", name: {"inner": [secret]}},
        "note": json.dumps({"deep": {name: secret}}),
    }  # fmt: skip
    return json.dumps({"orders": [order], name: secret}).encode()


def send_everywhere(http: httpx.Client, driver: SandboxDriver, name: str, secret: str) -> None:
    """Send requests that carry the secret in every kind of place, some of them refused."""
    company, field = driver.company_id, urlencode({name: secret})
    orders = f"/data/companies/{company}/sync/commerce-orders"
    nested = quote(f"https://shop.example/?{field}")
    for amount in (5, 6):
        http.post(orders, content=push(name, secret, amount))
        http.post("/_mock/clock/advance", json={"minutes": 1})
    for path in (
        f"/companies?page=1&{field}", f"/companies?query=name={name}={secret}",
        f"/companies?orderBy={field}", f"/nowhere?{field}", f"/nowhere%3F{field}",
        f"/config/sync/commerce/lqai/gbol/start?redirectUrl={nested}",
    ):  # fmt: skip
        http.get(path, headers={"Codat-Mock-Source": f"sync.py?{field}", "Cookie": f"a={secret}"})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    http.post("/meta/companies/sync", content=field, headers=form)
    http.post("/meta/companies/sync", json={name: secret})
    http.post(orders, content=push(name, secret, 7)[:-9])
    http.post(orders, content=push(name, secret, 7) + b"\xff")
    http.post(orders, content=push(name, secret, 7).decode().encode("utf-16"))
    rule = {"type": "Data sync completed", "url": f"http://127.0.0.1:9/?{field}"}
    http.post("/rules", json=rule)
    http.post("/_mock/alerts/rules", json=rule | {"secrets": [f"whsec_{secret}"]})


def outputs(http: httpx.Client, driver: SandboxDriver) -> Iterator[tuple[str, str]]:
    """Everything that shows requests, records and findings."""
    log = http.get("/_mock/requests").json()
    paths = [f"/_mock/report?format={name}" for name in FORMATS]
    paths += ["/_mock/requests", "/_mock/requests?format=har", "/_mock/findings", "/_mock/books"]
    paths += [f"/_mock/requests/{each['number']}" for each in log["requests"]]
    paths += [f"/portal/requests/{each['number']}" for each in log["requests"]]
    paths += [f"/portal{page}" for page in PAGES]
    paths += [f"/portal/companies/{driver.company_id}", "/_mock/metrics", "/_mock/health"]
    for path in paths:
        yield path, http.get(path, headers={"Accept": "text/html"}).text


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names(), st.integers(0, 2**32))
def test_a_planted_secret_is_in_no_output(
    caplog: pytest.LogCaptureFixture, name: str, seed: int
) -> None:
    secret = f"S{Random(seed).getrandbits(64):016x}"  # noqa: S311  (looked for, not kept)
    registry = SandboxRegistry(Settings(speed=0))
    transport: Any = httpx.WSGITransport(app=create_app(registry))
    caplog.clear()
    with (
        caplog.at_level(logging.DEBUG, logger=ACCESS_LOG.name),
        httpx.Client(base_url="http://127.0.0.1:4620", transport=transport) as http,
    ):
        http.headers["Authorization"] = "Basic azpr"
        driver = SandboxDriver(http, "k:k")
        driver.create_company("Bean There")
        driver.link_accounting()
        send_everywhere(http, driver, name, secret)
        shown = [place for place, text in outputs(http, driver) if secret in text]
    lines = [JsonFormatter().format(each) for each in caplog.records if "request" in each.__dict__]
    registry.close()
    assert shown == []
    assert lines
    assert [line for line in lines if secret in line] == []
