"""The published limits on requests, when they are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codat_mock.clock import machine_seconds
from codat_mock.models.errors import NotFound
from codat_mock.sandbox import companies
from codat_mock.sandbox.rate_limits import (
    MAX_CONCURRENT_REQUESTS,
    REQUESTS_A_DAY,
    REQUESTS_A_MINUTE,
    RateLimiter,
)

NOON = datetime(2022, 3, 21, 12, 0, 30, tzinfo=UTC)
COMPANIES = "/meta/companies"


def test_without_the_option_nothing_is_counted(live: httpx.Client):
    assert "X-Rate-Limit-Limit" not in live.get(COMPANIES).headers


@pytest.fixture
def limited(start_server, auth):
    server = start_server(rate_limits=True)
    with httpx.Client(base_url=server.address, headers=auth("k"), timeout=30) as client:
        client.registry = server.registry
        yield client


def test_every_answer_tells_what_is_left_of_the_day(limited):
    first = limited.get(COMPANIES).headers
    assert first["X-Rate-Limit-Limit"] == "1000"
    assert first["X-Rate-Limit-Remaining"] == "999"
    assert first["X-Rate-Limit-Reset"] == "2022-03-22T00:00:00Z"
    limited.post("/meta/companies/sync", json={"name": "Café"})
    second = limited.get(COMPANIES).headers
    assert second["X-Rate-Limit-Limit"] == "2000"
    assert second["X-Rate-Limit-Remaining"] == "1997"


def test_too_many_are_refused_until_the_limit_resets_in_the_sandboxs_time(limited, auth):
    registry = limited.registry
    limited.get(COMPANIES)
    sandbox = registry.sandbox(registry.names()[0])
    for _ in range(REQUESTS_A_MINUTE - 1):
        sandbox.rate_limiter.spend(NOON.replace(hour=8, minute=0), 9, "127.0.0.1")
    refused = limited.get(COMPANIES)
    assert refused.status_code == refused.json()["statusCode"] == 429
    assert refused.headers["Retry-After"] == "57600"  # the day's are used up as well
    limited.post("/meta/companies/sync", json={"name": "Café"})
    assert limited.get("/_mock/clock").status_code == 200
    limited.post("/_mock/clock/advance", json={"days": 1})
    assert limited.get(COMPANIES).status_code == 200
    assert limited.get(COMPANIES, headers=auth("other")).status_code == 200


def test_no_more_than_ten_requests_of_a_company_are_served_at_once(limited):
    company = limited.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
    limiter = limited.registry.sandbox(limited.registry.names()[0]).rate_limiter
    for _ in range(MAX_CONCURRENT_REQUESTS - 1):
        assert limiter.enter(company)
    assert limited.get(f"/companies/{company}").status_code == 200
    assert limiter.enter(company)
    refused = limited.get(f"/companies/{company}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert limited.get(COMPANIES).status_code == 200
    limiter.leave(company)
    assert limited.get(f"/companies/{company}").status_code == 200


def test_requests_that_have_ended_count_no_more(limited):
    company = limited.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: limited.get(f"/companies/{company}"), range(40))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("by", ["hang", "reset"])
def test_a_request_whose_answer_is_held_back_is_under_way_until_the_client_has_gone(
    limited, auth, by
):
    company = limited.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
    limiter = limited.registry.sandbox(limited.registry.names()[0]).rate_limiter
    for _ in range(MAX_CONCURRENT_REQUESTS - 1):
        assert limiter.enter(company)
    fault = {"kind": "lose", "by": by, "operation": "get-company", "at": [1]}
    assert limited.post("/_mock/faults", json={"faults": [fault]}).status_code == 200
    with ThreadPoolExecutor(1) as pool:

        def ask() -> type[Exception]:
            with (
                httpx.Client(base_url=limited.base_url, headers=auth("k"), timeout=1) as client,
                pytest.raises(httpx.TransportError) as caught,
            ):
                client.get(f"/companies/{company}")
            return caught.type

        waiting = pool.submit(ask)
        while not limited.get("/_mock/faults").json()["faults"][0]["hits"]:
            pass
        if by == "hang":
            refused = limited.get(f"/companies/{company}")
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert issubclass(waiting.result(), httpx.ReadTimeout if by == "hang" else httpx.ReadError)
    deadline = machine_seconds() + 20
    while limited.get(f"/companies/{company}").status_code == 429:
        assert machine_seconds() < deadline


def test_a_client_that_goes_before_its_answer_is_held_back_counts_no_more(
    start_server, auth, monkeypatch
):
    server = start_server(rate_limits=True)
    with httpx.Client(base_url=server.address, headers=auth("k"), timeout=20) as client:
        company = client.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        fault = {"kind": "lose", "by": "hang", "operation": "get-company"}
        client.post("/_mock/faults", json={"faults": [fault]})
        sandbox = server.registry.sandbox(server.registry.names()[0])
        begun, has_gone = Event(), Event()

        def late(*_: object) -> object:
            begun.set()
            assert has_gone.wait(20)
            raise NotFound("too late")

        monkeypatch.setattr(companies, "company", late)
        with (
            httpx.Client(base_url=server.address, headers=auth("k"), timeout=0.5) as gone,
            pytest.raises(httpx.ReadTimeout),
        ):
            gone.get(f"/companies/{company}")
        assert begun.wait(20)
        has_gone.set()  # what the client has closed, the server sees on loopback at once
        deadline = machine_seconds() + 20
        while sandbox.rate_limiter._under_way[company]:
            assert machine_seconds() < deadline


def test_a_delayed_answer_counts_until_it_has_come(limited):
    company = limited.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
    limiter = limited.registry.sandbox(limited.registry.names()[0]).rate_limiter
    for _ in range(MAX_CONCURRENT_REQUESTS - 1):
        assert limiter.enter(company)
    fault = {"kind": "delay", "seconds": 0.5, "operation": "get-company", "at": [1]}
    limited.post("/_mock/faults", json={"faults": [fault]})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limited.get, f"/companies/{company}")
        while not limited.get("/_mock/faults").json()["faults"][0]["hits"]:
            pass
        assert limited.get(f"/companies/{company}").status_code == 429
        assert waiting.result().status_code == 200
    assert limited.get(f"/companies/{company}").status_code == 200


@settings(max_examples=25)  # each sends a day's requests
@given(st.integers(0, 3), st.timedeltas(timedelta(0), timedelta(hours=11)))
def test_a_days_limit_grows_with_the_companies_and_is_whole_again_at_midnight(companies, passed):
    limiter = RateLimiter()
    limit = REQUESTS_A_DAY * (1 + companies)
    for number in range(limit):
        status = limiter.spend(NOON, companies, f"10.0.0.{number % 5}")
        assert not status.refused
        assert status.remaining == limit - number - 1
    late = limiter.spend(NOON + passed, companies, "10.0.0.9")
    assert late.refused == f"{limit} requests a day"
    assert late.reset == datetime(2022, 3, 22, tzinfo=UTC)
    assert NOON + passed + timedelta(seconds=late.retry_after) >= late.reset
    assert not limiter.spend(late.reset, companies, "10.0.0.9").refused


def test_a_minutes_limit_is_each_addresss_own():
    limiter = RateLimiter()
    for _ in range(REQUESTS_A_MINUTE):
        assert not limiter.spend(NOON, 9, "10.0.0.1").refused
    status = limiter.spend(NOON, 9, "10.0.0.1")
    assert status.refused == "1000 requests a minute"
    assert status.retry_after == 30
    assert not limiter.spend(NOON, 9, "10.0.0.2").refused
    assert not limiter.spend(NOON + timedelta(seconds=30), 9, "10.0.0.1").refused


@pytest.mark.parametrize(
    ("count", "moved"),
    [(REQUESTS_A_MINUTE, timedelta(minutes=1)), (REQUESTS_A_MINUTE, -timedelta(minutes=1)),
     (REQUESTS_A_DAY, timedelta(days=1)), (REQUESTS_A_DAY, -timedelta(days=1))],
)  # fmt: skip
def test_in_another_minute_and_on_another_day_all_is_whole_whichever_way_the_clock_went(
    count, moved
):
    limiter = RateLimiter()
    companies = 0 if abs(moved) == timedelta(days=1) else 9
    for _ in range(count):
        limiter.spend(NOON, companies, "10.0.0.1")
    assert limiter.spend(NOON, companies, "10.0.0.1").refused
    assert not limiter.spend(NOON + moved, companies, "10.0.0.1").refused


def test_a_wait_is_rounded_up_to_whole_seconds_and_what_is_left_is_never_below_zero():
    limiter = RateLimiter()
    for _ in range(2 * REQUESTS_A_DAY):
        limiter.spend(NOON, 1, f"{_ % 2}")
    late = NOON + timedelta(microseconds=1)
    refused = limiter.spend(late, 1, "x")
    assert (refused.remaining, refused.retry_after) == (0, 12 * 3600 - 30)
    fewer = limiter.spend(late, 0, "x")  # a company was deleted
    assert (fewer.limit, fewer.remaining) == (REQUESTS_A_DAY, 0)
    many = limiter.spend(late, 9, "x", is_entered=False)
    assert (many.refused, many.retry_after) == ("10 requests of a company at once", 1)
    assert many.remaining == 8 * REQUESTS_A_DAY


def test_ten_requests_of_a_company_may_be_under_way():
    limiter = RateLimiter()
    assert all(limiter.enter("a") for _ in range(10))
    assert not limiter.enter("a")
    assert limiter.enter("b")
    assert limiter.enter(None)
    limiter.leave(None)
    limiter.leave("a")
    assert not limiter.enter("a")  # the refused one is under way as well
    for _ in range(2):
        limiter.leave("a")
    assert limiter.enter("a")
