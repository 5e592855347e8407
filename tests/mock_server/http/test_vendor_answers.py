"""Answers that the vendor's documents describe beyond the form: errors, names, and details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import vendor_schemas
from hypothesis import given
from hypothesis import strategies as st
from openapi_conformance import client_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
UNKNOWN = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
PARAMETERS = ("companyId", "connectionId", "datasetId", "syncId", "clientId", "ruleId")


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    app = create_app(SandboxRegistry(Settings(start_at=NOON, speed=0, company_limit=3)))
    with client_of(app) as client:
        yield client


def company(http: httpx.Client) -> str:
    made = http.post("/meta/companies/sync", json={"name": "Corner Coffee"}).json()
    return str(made["id"])


def path_of(operation: str, platform: str) -> tuple[str, str]:
    method, _, path = operation.partition(" ")
    for name in PARAMETERS:
        path = path.replace(f"{{{name}}}", UNKNOWN)
    for name in ("platformKey", "commerceKey", "accountingKey"):
        path = path.replace(f"{{{name}}}", platform)
    return method, path


def assert_vendors(operation: str, answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert vendor_schemas.problems(operation, status, answer.json()) == []


@pytest.mark.parametrize("operation", vendor_schemas.ANSWERS)
def test_errors_of_every_operation_have_the_vendors_form(
    http: httpx.Client, operation: str
) -> None:
    method, path = path_of(operation, "none")
    answer = http.request(method, path, headers={"Authorization": "Basic"})
    assert_vendors(operation, answer, 401)
    if "{" in operation:
        body: Any = {"type": "Data sync completed", "notifiers": {}} if "/rules" in path else {}
        if method in ("POST", "PUT", "PATCH"):
            body = {**body, "status": "Linked", "platformKey": "gbol", "start": "2022-01-01"}
            body |= {"finish": "2022-02-01", "ProductCategories": []}
        needs_array = "/companies/" in path and "/data/commerce-" in path
        needs_array = needs_array and "productCategories" not in path
        if needs_array:
            body = []
        if operation == "POST /meta/companies/{companyId}/connections":
            body = "gbol"
        if operation.startswith("PUT") and "authorization" in path:
            body = {"token": "x"}
        known = operation.startswith("POST /data/")
        sent = {"json": body} if method in ("POST", "PUT", "PATCH") else {}
        if known:
            sent = {"json": {}}
        if "start" in path.rpartition("/")[2] and method == "GET":
            path += "?merchantIdentifier=x"
        assert_vendors(operation, http.request(method, path, **sent), 404)
    if method in ("POST", "PUT", "PATCH"):
        method, path = path_of(operation, "gbol")
        answer = http.request(
            method, path, content=b"{", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 404)
        assert vendor_schemas.problems(operation, answer.status_code, answer.json()) == []


def test_the_company_limit_has_the_vendors_validation_error(http: httpx.Client) -> None:
    for _ in range(3):
        company(http)
    answer = http.post("/companies", json={"name": "Fourth"})
    assert answer.status_code == 402
    assert answer.json()["validation"]["errors"] == [
        {
            "itemId": "Company",
            "message": "Company limit exceeded. Learn more at"
            " https://docs.codat.io/using-the-api/errors",
            "validatorName": "CreateCompany",
        }
    ]


def test_an_unknown_company_is_named_in_the_vendors_words(http: httpx.Client) -> None:
    answer = http.get(f"/companies/{UNKNOWN}")
    assert answer.json()["error"] == f"No company was found with ID {UNKNOWN}."


@pytest.mark.parametrize("status", ["PendingAuth", "Deauthorized"])
def test_only_a_linked_connection_can_be_unlinked(http: httpx.Client, status: str) -> None:
    path = f"/meta/companies/{company(http)}/connections"
    connection = http.post(path, json="gbol").json()["id"]
    http.patch(f"{path}/{connection}", json={"status": status}).raise_for_status()
    answer = http.patch(f"{path}/{connection}", json={"status": "Unlinked"})
    assert_vendors("PATCH /meta/companies/{companyId}/connections/{connectionId}", answer, 409)
    http.patch(f"{path}/{connection}", json={"status": "Linked"}).raise_for_status()
    for _ in range(2):
        answer = http.patch(f"{path}/{connection}", json={"status": "Unlinked"})
        assert answer.json()["status"] == "Unlinked"


def test_a_beta_company_has_the_betas_names_until_it_is_configured_with_later_ones(
    http: httpx.Client,
) -> None:
    path = f"/config/companies/{company(http)}/sync/commerce"
    assert "enable" not in http.get(path).json()
    changed = http.post(path, json={"enable": False, "schedule": {"syncHour": 7}}).json()
    assert (changed["enable"], changed["enabled"]) == (False, False)
    assert (changed["schedule"]["syncHour"], changed["schedule"]["syncHourUtc"]) == (7, 7)
    assert http.get(path).json() == changed
    assert http.post(path).json() == changed  # no body, as the later SDKs send none
    later = http.post("/companies", json={"name": "Later"}).json()["id"]
    shown = http.get(f"/config/companies/{later}/sync/commerce").json()
    assert (shown["enable"], shown["schedule"]["syncHour"]) == (True, 0)


def test_a_payment_inside_an_order_may_have_nulls_that_a_pushed_payment_may_not(
    http: httpx.Client,
) -> None:
    path = f"/data/companies/{company(http)}/sync/commerce-"
    payment = {"id": "p", "amount": None, "dueDate": None, "createdDate": None}
    orders = {"orders": [{"id": "o", "totalAmount": 5, "payments": [payment]}]}
    assert http.post(f"{path}orders", json=orders).json()["data"] == orders
    answer = http.post(f"{path}payments", json={"payments": [payment]})
    errors = answer.json()["validation"]["errors"]
    assert [each["message"].partition(":")[0] for each in errors] == [
        "$.payments[0].amount", "$.payments[0].dueDate", "$.payments[0].createdDate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "redirect",
    ["app.codat.io", "https://shop.example/done", "a.b:8080/x?y", "localhost:3000/done"],
)
def test_a_redirect_url_may_lack_its_scheme(http: httpx.Client, redirect: str) -> None:
    asked = {"merchantIdentifier": company(http), "redirectUrl": redirect}
    url = http.get("/config/sync/commerce/lqai/gbol/start", params=asked).json()["url"]
    query = parse_qs(urlsplit(url).query)
    assert (query["redirectUrl"], query["merchantIdentifier"]) == (
        [redirect], [asked["merchantIdentifier"]],
    )  # fmt: skip
    assert len(query["otp"][0]) == 6


@pytest.mark.parametrize("redirect", ["javascript:alert(1)", "shop", "//shop.example", "ftp://a.b"])
def test_a_redirect_url_of_another_kind_is_refused(http: httpx.Client, redirect: str) -> None:
    asked = {"merchantIdentifier": company(http), "redirectUrl": redirect}
    answer = http.get("/config/sync/commerce/lqai/gbol/start", params=asked)
    assert answer.status_code == 400


def test_a_query_may_be_encoded_twice_and_the_links_of_integrations_lack_config(
    http: httpx.Client,
) -> None:
    page = http.get("/config/integrations?query=isBeta%253Dtrue&pageSize=1").json()
    assert [each["key"] for each in page["results"]] == ["lqai"]
    first = http.get("/config/integrations?pageSize=3").json()
    assert first["_links"]["self"]["href"] == "/integrations"
    second = http.get(first["_links"]["next"]["href"]).json()
    assert [each["key"] for each in second["results"]] == ["fbrh"]


@pytest.mark.parametrize(
    "query",
    [
        "name~Corner%2520Coffee",  # encoders that leave `~` as it is
        "name%257ECorner%2520Coffee",
        "id!%253Dx%2526%2526name~corner",
        "name%253DCorner%2520Coffee%2526%2526created%253E2022-01-01",
        "%257Bname%253Dx%257C%257Cname%253DCorner%2520Coffee%257D",
    ],
)
def test_any_query_may_be_encoded_twice(http: httpx.Client, query: str) -> None:
    company(http)
    http.post("/companies", json={"name": "Other"}).raise_for_status()
    for path in ("/companies", "/meta/companies"):
        found = http.get(f"{path}?query={query}").json()["results"]
        assert [each["name"] for each in found] == ["Corner Coffee"]


def test_null_is_as_good_as_absent(http: httpx.Client) -> None:
    company_id = company(http)
    accounting = http.post(f"/meta/companies/{company_id}/connections", json="gbol").json()["id"]
    key = "configure-misc-nextButton"
    text = {key: {"text": None, "required": None}}
    for method, path, absent, null in (
        ("PATCH", "/sync/commerce/config/ui/text", {key: {}}, text),
        ("PUT", f"/companies/{company_id}/connections/{accounting}/authorization", {}, {"a": None}),
        ("POST", f"/config/companies/{company_id}/sync/commerce", None, "null"),
        ("POST", f"/companies/{company_id}/sync/commerce/latest", None, "null"),
    ):
        sent = [
            {"content": body, "headers": {"Content-Type": "application/json"}}
            if isinstance(body, str)
            else {"json": body}
            for body in (absent, null)
        ]
        first, second = (http.request(method, path, **each) for each in sent)
        ids = {"correlationId": "", "lastSync": ""}
        assert second.status_code == first.status_code
        assert {**second.json(), **ids} == {**first.json(), **ids}, path


def test_a_product_category_may_lack_a_name_and_a_version(http: httpx.Client) -> None:
    path = f"/companies/{company(http)}/data/commerce-productCategories"
    for body in (
        {"ContractVersion": None, "ProductCategories": [{"id": "a"}]},
        {"ProductCategories": [{"id": "a", "name": None}]},
    ):
        answer = http.put(path, json=body)
        operation = "PUT /companies/{companyId}/data/commerce-productCategories"
        assert_vendors(operation, answer, 200)
        assert answer.json() == body


def test_a_language_may_be_asked_for_in_capitals(http: httpx.Client) -> None:
    path = "/sync/commerce/config/ui/text"
    http.patch(path, params={"locale": "fr-FR"}, json={"configure-misc-nextButton": "Suite"})
    shown = http.get(path, params={"locale": "fr-fr"}).json()
    assert shown["configure-misc-nextButton"]["text"] == "Suite"


def test_the_initial_pull_begins_when_the_accounting_platform_is_linked(
    http: httpx.Client,
) -> None:
    company_id = company(http)
    http.post(f"/companies/{company_id}/connections", json={"platformKey": "gbol"})
    path = f"/meta/companies/{company_id}/pull/history"
    assert http.get(path).json()["totalResults"] == 0
    http.post(f"/_mock/companies/{company_id}/authorize").raise_for_status()
    shown = http.get(f"{path}/").json()["results"]
    assert {each["dataType"] for each in shown} == {
        "chartOfAccounts", "taxRates", "bankAccounts", "suppliers", "customers", "company",
    }  # fmt: skip
    assert {each["status"] for each in shown} == {"Queued"}
    http.post("/_mock/clock/advance", json={"seconds": 8})
    assert {each["status"] for each in http.get(path).json()["results"]} == {"Complete"}


def test_an_initial_pull_is_shown_by_its_id(http: httpx.Client) -> None:
    company_id = company(http)
    http.post(f"/companies/{company_id}/connections", json={"platformKey": "gbol"})
    http.post(f"/_mock/companies/{company_id}/authorize").raise_for_status()
    listed = http.get(f"/meta/companies/{company_id}/pull/history").json()["results"]
    for path, operation in (
        ("/meta/companies/{}/pull/history/{}", "/meta/companies/{companyId}/pull/history/"),
        ("/companies/{}/data/history/{}", "/companies/{companyId}/data/history/"),
    ):
        for each in listed:
            answer = http.get(path.format(company_id, each["id"]))
            assert_vendors(f"GET {operation}{{datasetId}}", answer, 200)
            assert answer.json() == each


def test_a_deleted_connection_takes_the_configuration_and_what_was_pushed_with_it(
    http: httpx.Client,
) -> None:
    made = http.post("/_mock/companies", json={"name": "Shop", "accounting": "gbol"}).json()
    sale = {"id": "A", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
    push = f"/data/companies/{made['id']}/sync/commerce-orders"
    dataset = http.post(push, json={"orders": [sale]}).json()["datasetId"]
    commerce, accounting = made["dataConnections"]
    path = f"/companies/{made['id']}"
    http.delete(f"{path}/connections/{accounting['id']}").raise_for_status()
    assert http.get(f"{path}/data/history/{dataset}").status_code == 200
    http.delete(f"{path}/connections/{commerce['id']}").raise_for_status()
    assert http.get(f"{path}/data/history/{dataset}").status_code == 404
    assert http.get(f"/meta{path}/pull/history").json()["results"] == []
    assert http.get(f"/config{path}/sync/commerce").json()["configured"] is False
    # The whole data is pushed once more, over a new connection: nothing of it is known.
    http.post(f"{path}/connections", json={"platformKey": "lqai"}).raise_for_status()
    http.post(f"/_mock{path}/authorize").raise_for_status()
    http.post("/_mock/clock/advance", json={"minutes": 10}).raise_for_status()
    http.post(push, json={"orders": [sale]}).raise_for_status()
    found = http.get("/_mock/findings").json()["findings"]
    assert "S03" not in [each["code"] for each in found]


def test_a_deleted_company_takes_its_connections_and_datasets_with_it(http: httpx.Client) -> None:
    company_id = company(http)
    http.post(f"/data/companies/{company_id}/sync/commerce-orders", json={})
    assert http.delete(f"/companies/{company_id}").status_code == 204
    for path in ("", "/connections", "/data/history"):
        assert http.get(f"/companies/{company_id}{path}").status_code == 404
    assert http.get("/companies").json()["totalResults"] == 0
    http.post("/_mock/clock/advance", json={"days": 2}).raise_for_status()


ANSWER = {  # a good answer, to spoil
    "companyId": UNKNOWN,
    "syncId": UNKNOWN,
    "syncStatusCode": 2000,
    "syncStatus": "Complete",
    "errorMessage": "",
    "syncExceptionMessage": "",
    "syncUtc": "2022-03-21T12:00:00.5Z",
    "dataPushed": True,
}
STATUS = "GET /companies/{companyId}/sync/commerce/syncs/latest/status"


def test_the_schemas_accept_a_good_answer() -> None:
    assert vendor_schemas.problems(STATUS, 200, ANSWER) == []


@given(st.sampled_from(sorted(ANSWER)), st.sampled_from([None, [], {}, "odd", 7.5]))
def test_the_schemas_see_a_wrong_value(name: str, value: Any) -> None:
    is_text = name in ("errorMessage", "syncExceptionMessage") and value == "odd"
    assert is_text or vendor_schemas.problems(STATUS, 200, {**ANSWER, name: value})


@given(st.sampled_from(sorted(ANSWER)), st.text("abc", min_size=1))
def test_the_schemas_see_a_missing_and_a_surplus_property(name: str, surplus: str) -> None:
    missing = {key: value for key, value in ANSWER.items() if key != name}
    assert vendor_schemas.problems(STATUS, 200, missing)
    assert vendor_schemas.problems(STATUS, 200, {**ANSWER, surplus: 1})


@pytest.mark.parametrize(
    "time", ["2022-03-21", "2022-03-21T12:00:00", "2022-03-21T12:00:00.50Z", "2022-03-21T12:00Z"]
)
def test_the_schemas_see_a_time_in_another_form(time: str) -> None:
    assert vendor_schemas.problems(STATUS, 200, {**ANSWER, "syncUtc": time})


def test_a_merchant_is_found_by_the_name_that_was_asked_for(http: httpx.Client) -> None:
    asked = {"merchantIdentifier": "Example Company (Codat[1])"}
    for _ in range(2):
        http.get("/config/sync/commerce/lqai/gbol/start", params=asked).raise_for_status()
    assert [each["name"] for each in http.get("/companies").json()["results"]] == [
        "Example Company Codat1"
    ]


def test_nothing_in_a_configuration_is_required(http: httpx.Client) -> None:
    path = f"/config/companies/{company(http)}/sync/commerce"
    option = {"name": "No id"}
    sales = {
        "accounts": {"sales": {"accountOptions": [option]}},
        "newTaxRates": {"commerceTaxRateOptions": [option]},
    }
    answer = http.post(path, json={"configuration": {"sales": sales}})
    assert_vendors("POST /config/companies/{companyId}/sync/commerce", answer, 200)


def test_a_date_range_that_is_null_is_as_good_as_absent(http: httpx.Client) -> None:
    path = f"/meta/companies/{company(http)}/sync/commerce/historic"
    body = {"dateRange": None, "start": "2022-01-01", "finish": "2022-02-01"}
    started = http.post(path, json=body).json()
    assert started["syncDateRangeUtc"] == {
        "start": "2022-01-01T00:00:00Z", "finish": "2022-02-01T00:00:00Z",
    }  # fmt: skip


def test_an_answer_without_a_body_has_no_content_type(http: httpx.Client) -> None:
    made = company(http)
    connection = http.get(f"/companies/{made}/connections").json()["results"][0]["id"]
    for path in (f"/companies/{made}/connections/{connection}", f"/companies/{made}"):
        answer = http.delete(path)
        assert (answer.content, answer.headers.get("Content-Type")) == (b"", None)


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/companies", {}, "Error processing request - not valid."),
        ("GET", "/companies?page=0", None, "Error processing request - not valid."),
        ("GET", "/companies?query=name", None, "Error parsing query - Malformed query."),
        (
            "GET", "/companies?query=colour=red", None,
            "Error parsing query - Could not resolve property colour on Dataset",
        ),
        ("GET", f"/companies/{UNKNOWN}/sync/commerce/syncs/list/status", None,
         f"No company was found with ID {UNKNOWN}"),
    ],
)  # fmt: skip
def test_an_error_begins_with_the_vendors_words(
    http: httpx.Client, method: str, path: str, body: Any, words: str
) -> None:
    answer = http.request(method, path, json=body)
    assert answer.json()["error"].startswith(words)
    unauthorised = http.request(method, path, json=body, headers={"Authorization": "Bearer x"})
    assert unauthorised.json()["error"].startswith("Unauthorized")


def test_an_unknown_connection_is_named_in_the_vendors_words(http: httpx.Client) -> None:
    answer = http.get(f"/companies/{company(http)}/connections/{UNKNOWN}")
    assert answer.json()["error"].startswith(f"Data connection {UNKNOWN} not found")


def test_a_webhook_that_is_not_allowed_is_named_where_it_stands(http: httpx.Client) -> None:
    notifiers = {"webhook": "https://example.com/hook"}
    answer = http.post("/rules", json={"type": "Data sync completed", "notifiers": notifiers})
    [error] = answer.json()["validation"]["errors"]
    assert error["message"].startswith("$.notifiers.webhook: ")


def test_xero_has_the_ids_of_the_documentations_sample(http: httpx.Client) -> None:
    [xero] = http.get("/config/integrations?query=key%253Dgbol").json()["results"]
    assert (xero["integrationId"], xero["sourceId"]) == (
        "0f20c943-12d0-4800-9f6c-d218f62d494c", "8a156a5a-39cb-4f9d-856e-76ef9b9a9607",
    )  # fmt: skip
    enabled = http.get("/config/integrations?query=enabled%253Dtrue").json()
    assert enabled["totalResults"] == 4


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Unauthorized"),
        (402, "Payment Required"),
        (403, "You are using an outdated API key or a key not associated with that resource."),
        (409, "The data set has not been requested."),
        (429, "You have made too many requests in a given amount of time; please retry later."),
    ],
)
def test_a_refusal_is_planned_in_the_vendors_words(
    http: httpx.Client, status: int, words: str
) -> None:
    fault = {"kind": "refuse", "status": status}
    http.post("/_mock/faults", json={"faults": [fault]}).raise_for_status()
    answer = http.get("/companies")
    assert_vendors("GET /companies", answer, status)
    assert answer.json()["error"].startswith(words)
