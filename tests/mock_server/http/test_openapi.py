"""The document: valid, whole, and with examples that hold."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_conformance import document_of, errors_in, resolved
from openapi_spec_validator import validate

from codat_mock.http.app import create_app

DOCUMENT = document_of(create_app())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
BETA = """
GET /meta/companies
POST /meta/companies/sync
GET /meta/companies/{companyId}/connections
POST /meta/companies/{companyId}/connections
PATCH /meta/companies/{companyId}/connections/{connectionId}
GET /config/integrations
GET /config/integrations/{platformKey}/branding
GET /config/sync/commerce/{commerceKey}/{accountingKey}/start
GET /config/companies/{companyId}/sync/commerce
POST /config/companies/{companyId}/sync/commerce
POST /data/companies/{companyId}/sync/commerce-orders
POST /data/companies/{companyId}/sync/commerce-payments
POST /data/companies/{companyId}/sync/commerce-transactions
GET /meta/companies/{companyId}/pull/history/{datasetId}
GET /meta/companies/{companyId}/sync/commerce/status
POST /companies/{companyId}/sync/commerce/latest
"""
LATER = """
GET /companies
POST /companies
GET /companies/{companyId}
GET /companies/{companyId}/connections
POST /companies/{companyId}/connections
PATCH /companies/{companyId}/connections/{connectionId}
PUT /companies/{companyId}/connections/{connectionId}/authorization
POST /meta/companies/{companyId}/sync/commerce/historic
GET /companies/{companyId}/sync/commerce/syncs/latest/status
GET /companies/{companyId}/sync/commerce/syncs/lastSuccessful/status
GET /companies/{companyId}/sync/commerce/syncs/list/status
GET /companies/{companyId}/sync/commerce/syncs/{syncId}/status
GET /companies/{companyId}/data/history/{datasetId}
GET /companies/{companyId}/data/history
GET /sync/commerce/config/ui/text
PATCH /sync/commerce/config/ui/text
GET /clients/{clientId}/config/ui/accounts/platform/{platformKey}
POST /sync/commerce/config/ui/accounts/platform/{platformKey}
POST /companies/{companyId}/data/commerce-orders
POST /companies/{companyId}/data/commerce-payments
POST /companies/{companyId}/data/commerce-transactions
"""
OTHERS = """
PATCH /sync/commerce/config/ui/accounts/platform/{platformKey}
GET /meta/companies/{companyId}/pull/history/
GET /companies/{companyId}/sync/status/lastSuccessful
POST /companies/{companyId}/sync/historic
DELETE /companies/{companyId}
GET /companies/{companyId}/connections/{connectionId}
DELETE /companies/{companyId}/connections/{connectionId}
PUT /companies/{companyId}/data/commerce-locations
PUT /companies/{companyId}/data/commerce-products
PUT /companies/{companyId}/data/commerce-taxComponents
PUT /companies/{companyId}/data/commerce-paymentMethods
PUT /companies/{companyId}/data/commerce-productCategories
GET /rules
POST /rules
PUT /rules/{ruleId}
"""


def test_it_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_it_holds_every_operation_of_both_generations_and_no_other() -> None:
    declared = {f"{method} {path}" for method, path, _ in OPERATIONS.values()}
    assert declared == {*BETA.splitlines(), *LATER.splitlines(), *OTHERS.splitlines()} - {""}


def test_each_operation_is_served_at_its_path() -> None:
    rules = {
        (method, re.sub(r"<(\w+)>", "{}", rule.rule))
        for rule in create_app().url_map.iter_rules()
        for method in rule.methods or ()
    }
    for method, path, _ in OPERATIONS.values():
        assert (method, re.sub(r"{\w+}", "{}", path)) in rules


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_has_a_summary_a_source_and_refusals(name: str) -> None:
    _, path, operation = OPERATIONS[name]
    assert operation["summary"]
    assert re.match("Known from the (guide|reference)", operation["description"])
    assert operation["responses"].keys() & {"200", "204"}
    assert {"401", "403", "500"} <= operation["responses"].keys()
    if "{" in path:
        assert "404" in operation["responses"]
    if "requestBody" in operation:
        assert {"400", "413", "415"} <= operation["responses"].keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_example_is_valid(name: str) -> None:
    operation = OPERATIONS[name][2]
    answers = [resolved(DOCUMENT, each) for each in operation["responses"].values()]
    contents = [answer["content"] for answer in answers if "content" in answer]
    if "requestBody" in operation:
        contents.append(operation["requestBody"]["content"])
    for content in contents:
        media = content["application/json"]
        assert errors_in(DOCUMENT, media["schema"], media["example"]) == []


@pytest.mark.parametrize(
    "spoilt",
    [{"id": 1}, {"created": "yesterday"}, {"dataConnections": None}],
    ids=["number", "moment", "null"],
)
def test_the_check_of_examples_sees_what_is_wrong(spoilt: dict[str, Any]) -> None:
    media = OPERATIONS["get-company"][2]["responses"]["200"]["content"]["application/json"]
    assert errors_in(DOCUMENT, media["schema"], {**media["example"], **spoilt})


def test_under_a_prefix_it_names_the_prefix_as_its_server() -> None:
    served = create_app().test_client().get("/sandbox/shop/_mock/openapi.json").get_json()
    assert served["servers"] == [{"url": "/sandbox/shop"}]
