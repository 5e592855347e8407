"""Every operation of the document is answered with each status it declares, in the vendor's form.

The requests are made from the document, so that an operation or a status that is added to it is
held against the vendor's schemas as well, or fails for want of one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import vendor_records
import vendor_schemas
from jsonschema import Draft202012Validator
from openapi_conformance import BASE, document_of, resolved
from vendor_schemas import Schema

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
UNKNOWN = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
LARGEST_BODY = 1 << 16
COMPANY_LIMIT = 2
APP = create_app(
    SandboxRegistry(
        Settings(start_at=NOON, speed=0, company_limit=COMPANY_LIMIT, largest_body=LARGEST_BODY)
    )
)
DOCUMENT = document_of(APP)
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
JSON = {"Content-Type": "application/json"}
# What a query parameter cannot be, by its name.
WRONG = {
    "page": "0",
    "pageSize": "5001",
    "query": "colour=red",
    "orderBy": "colour",
    "locale": "xx",
    "merchantIdentifier": "()",
    "redirectUrl": "javascript:alert(1)",
}


class Shop:
    """A sandbox with a company that is synced, and the ids of what is in it."""

    def __init__(self, http: httpx.Client, operation: str) -> None:
        self.http = http
        key = base64.b64encode(operation.encode()).decode()
        http.headers["Authorization"] = f"Basic {key}"
        made = self.call("POST", "/_mock/companies", json={"name": "Corner Coffee"})
        company = made["id"]
        dataset = self.call("POST", f"/data/companies/{company}/sync/commerce-orders", json={})
        sync = self.call("POST", f"/companies/{company}/sync/commerce/latest")
        rule = {"type": "Data sync completed", "notifiers": {"emails": ["a@example.com"]}}
        self.ids = {
            "companyId": company,
            "connectionId": made["dataConnections"][0]["id"],
            "datasetId": dataset["datasetId"],
            "syncId": sync["commerceSyncId"],
            "ruleId": self.call("POST", "/rules", json=rule)["id"],
            "clientId": UNKNOWN,
            "platformKey": "gbol",
            "commerceKey": "lqai",
            "accountingKey": "gbol",
        }

    def call(self, method: str, path: str, **sent: Any) -> Any:
        """A request of the preparation, which has to succeed."""
        return self.http.request(method, path, **sent).raise_for_status().json()

    def send(self, operation: str, unknown: str = "", **sent: Any) -> httpx.Response:
        """A good request of an operation, made of its example.

        Args:
            operation: as `METHOD /path/{template}`.
            unknown: the parameter of the path that names what does not exist.
            sent: what to send in place of the example.
        """
        method, _, path = operation.partition(" ")
        for name in vendor_schemas.names_in(path):
            nothing = "no-id" if name == "clientId" else UNKNOWN
            path = path.replace(f"{{{name}}}", nothing if name == unknown else self.ids[name])
        declared = OPERATIONS[operation]
        if "requestBody" in declared and "content" not in sent and "json" not in sent:
            sent["json"] = declared["requestBody"]["content"]["application/json"]["example"]
        if path.endswith("/start") and "params" not in sent:
            sent["params"] = {"merchantIdentifier": self.ids["companyId"]}
        return self.http.request(method, path, **sent)

    def refused(self, operation: str, status: int) -> Iterator[httpx.Response]:
        """Answers of an operation with the status of an error: one for each way to it.

        Raises:
            LookupError: no way to that status is known here.
        """
        declared = OPERATIONS[operation]
        has_body = "requestBody" in declared
        if status == 400:
            if has_body:
                yield self.send(operation, content=b"{", headers=JSON)
                yield self.send(operation, json=[[]])
            for parameter in declared.get("parameters", ()):
                name = resolved(DOCUMENT, parameter)["name"]
                if name not in self.ids:
                    yield self.send(operation, params={name: WRONG[name]})
        elif status == 401:
            for key in ("", "Basic", "Basic !", "Bearer x"):
                yield self.send(operation, headers={"Authorization": key})
        elif status == 402:
            second = self.call("POST", "/companies", json={"name": "Second"})["id"]
            yield self.send(operation, params={"merchantIdentifier": "Third"})
            self.http.delete(f"/companies/{second}").raise_for_status()
        elif status == 403:
            yield self.send(operation, headers={"Host": "api.example.com"})
            yield self.send(operation, headers={"Origin": "https://example.com"})
        elif status == 404:
            for name in vendor_schemas.names_in(operation):
                yield self.send(operation, unknown=name)
            if operation.endswith("/rules"):
                example = declared["requestBody"]["content"]["application/json"]["example"]
                yield self.send(operation, json={**example, "companyId": UNKNOWN})
        elif status == 409:
            good = {**self.ids}
            yield self.conflict(operation)
            self.ids = good
        elif status == 413:
            yield self.send(operation, content=b" " * (LARGEST_BODY + 1), headers=JSON)
        elif status == 415:
            yield self.send(operation, content=b"{}", headers={"Content-Type": "text/plain"})
            yield self.send(operation, content=b"{}", headers={**JSON, "Content-Encoding": "br"})
        elif status == 500:
            name = declared["operationId"]
            fault = {"kind": "refuse", "status": 500, "operation": name, "at": [1]}
            self.call("POST", "/_mock/faults", json={"faults": [fault]})
            yield self.send(operation)
        else:
            raise LookupError(f"{operation} declares {status}, and nothing here leads to it")

    def conflict(self, operation: str) -> httpx.Response:
        """An answer where the state of what there is does not allow the operation."""
        if operation.startswith("PATCH"):
            path = f"/meta/companies/{self.ids['companyId']}/connections"
            self.ids["connectionId"] = self.call("POST", path, json="gbol")["id"]
        else:
            self.ids["companyId"] = self.call("POST", "/companies", json={"name": "Bare"})["id"]
        return self.send(operation)


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with httpx.Client(transport=httpx.WSGITransport(app=APP), base_url=BASE) as http:
        yield Shop(http, request.node.name)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_answered_with_each_status_it_declares(shop: Shop, operation: str) -> None:
    statuses = {int(status) for status in OPERATIONS[operation]["responses"]}
    for status in sorted(statuses - {200, 204}):
        answers = [*shop.refused(operation, status)]
        assert answers, status
        for answer in answers:
            assert_vendors(operation, answer, status)
    # The good answer comes last: it may delete what the others are about.
    [good] = statuses & {200, 204}
    answer = shop.send(operation)
    assert_vendors(operation, answer, good)
    assert wrong_records(operation, answer.json() if answer.content else None) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/config/integrations", 405),
        ("PATCH", f"/companies/{UNKNOWN}", 405),
        ("GET", "/companies/", 200),
        ("GET", "/nothing", 404),
        ("POST", f"/data/companies/{UNKNOWN}/sync/commerce-refunds", 404),
    ],
)
def test_what_is_no_operation_is_refused_in_the_vendors_form(
    shop: Shop, method: str, path: str, status: int
) -> None:
    answer = shop.http.request(method, path, json={})
    assert_vendors("GET /companies", answer, status)


def assert_vendors(operation: str, answer: httpx.Response, status: int) -> None:
    """Fails where an answer has another status, or another form than the vendor's."""
    assert answer.status_code == status, f"{operation}: {answer.text}"
    body = answer.json() if answer.content else None
    assert vendor_schemas.problems(operation, status, body) == [], operation


def wrong_records(operation: str, body: Any) -> list[str]:
    """Where the records in a good answer differ from what the vendor's documents allow."""
    schema = vendor_records.record_of(operation)
    if schema is None:
        return []
    found = body if isinstance(body, list) else next(iter(body["data"].values()))
    assert found
    validator = Draft202012Validator({"type": "array", "items": schema})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)]


def test_the_vendors_schemas_name_every_operation_of_the_document_and_no_other() -> None:
    assert OPERATIONS.keys() == vendor_schemas.ANSWERS.keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_answers_no_property_that_the_vendor_does_not_have(operation: str) -> None:
    answers = OPERATIONS[operation]["responses"]
    for status, declared in answers.items():
        content = resolved(DOCUMENT, declared).get("content")
        if content is None:
            assert int(status) < 300
            assert vendor_schemas.ANSWERS[operation] is None
            continue
        ours = content["application/json"]["schema"]
        vendors = vendor_schemas.ANSWERS[operation] if int(status) < 300 else vendor_schemas.ERROR
        assert vendors is not None
        surplus = {*property_paths(ours)} - {*property_paths(vendors, operation)}
        assert surplus == set(), f"{operation} {status}"


def property_paths(schema: Schema, operation: str = "", path: str = "$") -> Iterator[str]:
    """The paths of all properties that a schema names.

    Args:
        schema: ours, with references into the document, or the vendor's.
        operation: the schema's, where it is the vendor's: its pushed records are named elsewhere.
        path: of the schema itself.
    """
    if schema == vendor_schemas.RECORD and operation:
        schema = vendor_records.record_of(operation) or schema
    if "$ref" in schema:
        schema = resolved(DOCUMENT, schema)
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from property_paths(part, operation, f"{path}.{name}")
    members = schema.get("additionalProperties")
    if isinstance(members, dict):
        yield from property_paths(members, operation, f"{path}[any]")
    if isinstance(schema.get("items"), dict):
        yield from property_paths(schema["items"], operation, f"{path}[]")
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, ()):
            yield from property_paths(part, operation, path)


@pytest.mark.parametrize("name", ["surplus", "SyncId", "companyName"])
def test_the_comparison_of_properties_sees_a_surplus_one(name: str) -> None:
    operation = "POST /companies/{companyId}/sync/commerce/latest"
    vendors = vendor_schemas.ANSWERS[operation]
    assert vendors is not None
    ours = {**vendors, "properties": {**vendors["properties"], name: {"type": "string"}}}
    assert {*property_paths(ours)} - {*property_paths(vendors, operation)} == {f"$.{name}"}
