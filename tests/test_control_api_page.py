"""The page about the control API lists exactly what the server serves, and its examples work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openapi_conformance import errors_in
from openapi_spec_validator import validate

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

PAGE = (Path(__file__).parents[1] / "docs" / "control-api.md").read_text(encoding="utf-8")
ROWS: list[tuple[str, str, str]] = re.findall(
    r"^\| `([A-Z]+) (/_mock/\S+)`(?: `(.*?)`)? \|", PAGE, re.M
)
KEY = {"Authorization": "Basic a2V5"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    start = datetime(2022, 3, 21, 21, tzinfo=UTC)
    registry = SandboxRegistry(Settings(start_at=start, speed=0))
    yield create_app(registry).test_client()
    registry.close()


def prepare(client: FlaskClient) -> dict[str, str]:
    """Make what the placeholders of the paths stand for; gives the id of each."""
    company = client.post("/meta/companies/sync", headers=KEY, json={"name": "Café"})
    company_id = str(company.get_json()["id"])
    client.post(f"/meta/companies/{company_id}/connections", headers=KEY, json="gbol")
    rule = {"type": "Data sync completed", "url": "http://127.0.0.1:1/"}
    rules = client.post("/_mock/alerts/rules", headers=KEY, json=rule).get_json()["rules"]
    client.post(f"/data/companies/{company_id}/sync/commerce-orders", headers=KEY, json={})
    own = f"/_mock/companies/{company_id}/merchant-records"
    client.put(own, headers=KEY, json={"orders": [{"id": "o", "totalAmount": 5}]})
    client.post("/_mock/clock/advance", headers=KEY, json={"seconds": 8})
    client.post(f"/data/companies/{company_id}/sync/commerce-orders", headers=KEY, json={})
    alerts = client.get("/_mock/alerts", headers=KEY).get_json()["alerts"]
    client.put("/_mock/snapshots/day", headers=KEY)
    return {
        "{name}": "day",
        "{companyId}": company_id,
        "{number}": "1",
        "{ruleId}": rules[-1]["ruleId"],
        "{alertId}": alerts[-1]["alertId"],
    }


@pytest.mark.parametrize(("method", "path", "body"), ROWS, ids=lambda part: part or "no body")
def test_a_request_of_the_page_succeeds(
    method: str, path: str, body: str, client: FlaskClient
) -> None:
    ids = prepare(client)
    full = re.sub(r"\{\w+\}", lambda placeholder: ids[placeholder[0]], path)
    answer = client.open(full, method=method, headers=KEY, data=body or None)
    assert answer.status_code == 200, answer.get_json()


def test_the_page_lists_exactly_the_requests_that_are_served(client: FlaskClient) -> None:
    served = {
        (method, re.sub(r"<(?:int:)?(\w+?)(?:_(id))?>", placeholder, rule.rule))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/_mock")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(method, path) for method, path, _ in ROWS} == served


@pytest.mark.parametrize(("method", "path", "body"), ROWS, ids=lambda part: part or "no body")
def test_a_request_of_the_page_is_as_the_document_says(
    method: str, path: str, body: str, client: FlaskClient
) -> None:
    ids = prepare(client)
    document = client.get("/_mock/control-openapi.json").get_json()
    operation = document["paths"][path.partition("?")[0]][method.lower()]
    assert operation["summary"]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    assert bool(content) is bool(body) or path.endswith("/authorize")
    if content and body:
        assert errors_in(document, content["schema"], json.loads(body)) == []
        assert errors_in(document, content["schema"], content["example"]) == []
        body = json.dumps(content["example"])
    full = re.sub(r"\{\w+\}", lambda found: ids[found[0]], path)
    answer = client.open(full, method=method, headers=KEY, data=body or None)
    assert answer.status_code == 200
    if answer.mimetype == "application/json":
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert errors_in(document, schema, answer.get_json()) == []


def test_the_document_is_valid_and_names_a_refusal(client: FlaskClient) -> None:
    document = client.get("/_mock/control-openapi.json").get_json()
    validate(document)
    served = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert served == {(method, path) for method, path, _ in ROWS}
    refused = client.post("/_mock/clock/advance", headers=KEY, json={"weeks": 1})
    described = document["paths"]["/_mock/clock/advance"]["post"]["responses"]["default"]
    schema = described["content"]["application/problem+json"]["schema"]
    assert refused.status_code == 400
    assert errors_in(document, schema, refused.get_json()) == []


def placeholder(parameter: re.Match[str]) -> str:
    """A parameter of a path as the page writes it: `<rule_id>` is `{ruleId}`."""
    return f"{{{parameter[1]}{'Id' if parameter[2] else ''}}}"
