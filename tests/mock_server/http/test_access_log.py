"""The log of `codat-mock serve`: a line per request, for a person or as JSON, by level."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from flask.testing import FlaskClient

from codat_mock.http import access_log
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry

KEY = {"Authorization": "Basic a2V5"}
Lines = Callable[[], list[str]]


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    registry = SandboxRegistry()
    yield create_app(registry).test_client()
    registry.close()


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str, str], Lines]]:
    """Starts the log in a form and with a level; gives what reads its lines."""
    before = logging.CRITICAL, access_log.ACCESS_LOG.propagate

    def start(form: str, level: str = "info") -> Lines:
        access_log.start(form, level)
        return lambda: capsys.readouterr().err.splitlines()

    yield start
    for handler in list(access_log.ACCESS_LOG.handlers):
        access_log.ACCESS_LOG.removeHandler(handler)
    access_log.ACCESS_LOG.setLevel(before[0])
    access_log.ACCESS_LOG.propagate = before[1]


def use(client: FlaskClient) -> str:
    """One request of each kind; gives the company's id."""
    company = str(client.post("/_mock/companies", json={"name": "A"}, headers=KEY).get_json()["id"])
    orders = {"orders": [{"id": f"o-{number}", "totalAmount": 5} for number in range(3)]}
    for _ in range(2):
        client.post(f"/data/companies/{company}/sync/commerce-orders", json=orders, headers=KEY)
    client.get(f"/companies/{company}", headers=KEY)
    client.get("/meta/nothing/of/this/kind", headers=KEY)
    client.get("/portal", headers=KEY)
    return company


def test_a_line_says_what_was_pushed_and_which_rules_it_broke(client, log):
    lines = log("text")
    company = use(client)
    first, second, read, unknown = lines()
    assert first.startswith("POST …/commerce-orders 200 3 records")
    assert second.startswith("POST …/commerce-orders 200 3 records S03 ")
    assert read == f"GET /companies/{company[:8]}… 200"
    assert unknown.startswith("GET …/kind 404")


@pytest.mark.parametrize(
    ("level", "count"), [("debug", 6), ("info", 4), ("warning", 3), ("error", 0)]
)
def test_the_level_chooses_requests(client, log, level, count):
    lines = log("text", level)
    use(client)
    assert len(lines()) == count


def test_a_line_fits_a_terminal_whatever_the_request(client, log):
    lines = log("text")
    client.get("/meta/companies/" + "long-" * 200, headers=KEY)
    client.get("/meta/%1b%5b31m%0a", headers=KEY)
    written = lines()
    assert len(written) == 2
    assert all(len(line) <= 80 and line.isprintable() for line in written)


def test_quiet_writes_nothing(client, log):
    lines = log("quiet")
    use(client)
    assert lines() == []


def test_a_server_in_a_test_writes_nothing(client, capsys):
    use(client)
    assert capsys.readouterr().err == ""


def test_json_has_a_line_per_request_without_the_key(serve):
    served = serve(CODAT_MOCK_LOG="json")
    answer = httpx.get(f"{served.http.base_url}/meta/companies", headers=KEY, trust_env=False)
    served.process.terminate()
    _, errors = served.process.communicate()
    [entry] = [json.loads(each) for each in errors.splitlines()]
    assert entry["method"] == "GET"
    assert entry["level"] == "info"
    assert entry["path"] == "/meta/companies"
    assert entry["operation"] == "list-companies"
    assert entry["status"] == 200
    assert entry["seconds"] > 0
    assert entry["correlationId"] == answer.headers["X-Correlation-Id"]
    assert "a2V5" not in errors
