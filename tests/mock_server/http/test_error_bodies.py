"""Every way of saying no: in the vendor's shape, and in our own under /_mock/."""

from base64 import b64encode
from uuid import UUID

import httpx
import pytest

from codat_mock.sandbox import companies

SHAPE = {
    "statusCode", "service", "error", "correlationId", "validation", "canBeRetried",
    "detailedErrorCode",
}  # fmt: skip
NOWHERE = "6f87fad8-862b-4e6d-ab67-1c8d49ebb5ee"
ORDERS = "commerce-orders"


@pytest.fixture(params=["http", "live"])
def client(request):
    """A client of the application in process, and of a server on a real socket."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def company(client):
    return client.post("/meta/companies/sync", json={"name": "Bean There"}).json()["id"]


def assert_refused(answer, status, *words):
    """The answer is the vendor's error body, and its text says what is wrong."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert body.keys() == SHAPE
    assert body["statusCode"] == status
    assert body["service"] == "PublicApi"
    assert body["canBeRetried"] == "False"
    assert body["detailedErrorCode"] == 0
    assert str(UUID(body["correlationId"])) == body["correlationId"]
    assert (body["validation"] is None) == (status != 400)
    for word in words:
        assert word in body["error"]
    return body


def assert_problem(answer, status, *words):
    """The answer is a problem document that says what is wrong."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    for word in words:
        assert word in body["detail"]


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic", "Bearer dGVzdA==", "dGVzdA==", "Basic !!!", "Basic dGVzd", "Basic /w==",
        "Basic dGVz dA==", "basicdGVzdA==",
    ],
)  # fmt: skip
def test_a_key_that_is_missing_or_malformed_is_401(client, header):
    answer = client.get(
        f"/meta/companies/{NOWHERE}/sync/commerce/status", headers={"Authorization": header}
    )
    assert_refused(answer, 401, "Authorization header")


@pytest.mark.parametrize("encoded", ["é".encode(), b"\xff\xfe", "ключ".encode()])
def test_a_key_in_no_ascii_is_401(live, encoded):
    answer = live.get(
        "/config/companies/x/sync/commerce", headers={"Authorization": b"Basic " + encoded}
    )
    assert_refused(answer, 401, "malformed")


def test_a_key_that_is_not_known_is_401(start_server, auth):
    address = start_server(api_keys=("one", "two")).address
    with httpx.Client(base_url=address) as client:
        body = {"name": "x"}
        wrong = client.post("/meta/companies/sync", json=body, headers=auth("three"))
        assert_refused(wrong, 401, "not known")
        for key in ("one", "two"):
            answer = client.post("/meta/companies/sync", json=body, headers=auth(key))
            assert answer.status_code == 200


@pytest.mark.parametrize("key", ["k", "with:colon", "ключ", "k" * 4000, "a b", "/"])
def test_any_well_formed_key_is_accepted_by_default(client, auth, key):
    answer = client.post("/meta/companies/sync", json={"name": "x"}, headers=auth(key))
    assert answer.status_code == 200


def test_the_scheme_may_be_in_any_case(client):
    header = {"Authorization": f"BASIC {b64encode(b'k').decode()}"}
    answer = client.post("/meta/companies/sync", json={"name": "x"}, headers=header)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/meta/companies/{}/connections", "gbol"),
        ("PATCH", "/meta/companies/{}/connections/x", {"status": "Unlinked"}),
        ("GET", "/config/companies/{}/sync/commerce", None),
        ("POST", "/config/companies/{}/sync/commerce", {}),
        ("POST", "/data/companies/{}/sync/commerce-orders", {"orders": []}),
        ("POST", "/data/companies/{}/sync/commerce-orders", {"orders": 5}),
        ("POST", "/data/companies/{}/sync/commerce-payments", {}),
        ("POST", "/data/companies/{}/sync/commerce-transactions", {}),
        ("GET", f"/meta/companies/{{}}/pull/history/{NOWHERE}", None),
        ("GET", "/meta/companies/{}/sync/commerce/status", None),
        ("POST", "/companies/{}/sync/commerce/latest", {}),
    ],
)
def test_a_company_that_does_not_exist_is_404(client, method, path, body):
    answer = client.request(method, path.format(NOWHERE), json=body)
    assert_refused(answer, 404, f"No company was found with ID {NOWHERE}.")


@pytest.mark.parametrize("company_id", ["x", "%00", "a%20b", "é", "x" * 3000])
def test_a_company_id_of_any_form_is_looked_for(client, company_id):
    assert_refused(
        client.get(f"/config/companies/{company_id}/sync/commerce"),
        404,
        "No company was found with ID",
    )


@pytest.mark.parametrize("path", ["/config/companies/%FF/sync/commerce", "/%FF", "/sandbox/%FF/x"])
def test_a_path_that_is_not_utf_8_leads_nowhere(live, path):
    assert_refused(live.get(path), 404)


def test_a_company_of_another_sandbox_does_not_exist(client, company, auth):
    path = f"/config/companies/{company}/sync/commerce"
    assert client.get(path).status_code == 200
    assert_refused(client.get(path, headers=auth("other")), 404, company)


@pytest.mark.parametrize("name", ["orders", "commerce-products", "Commerce-Orders", "invoices"])
def test_a_data_type_that_cannot_be_pushed_is_404_in_the_vendors_words(client, company, name):
    answer = client.post(f"/data/companies/{company}/sync/{name}", json={})
    assert_refused(answer, 404, f"Datatype [{name}] not supported by platform(s) [")


def test_a_dataset_that_does_not_exist_is_404(client, company):
    answer = client.get(f"/meta/companies/{company}/pull/history/{NOWHERE}")
    assert_refused(answer, 404, NOWHERE)


def test_an_integration_or_connection_that_does_not_exist_is_404(client, company):
    path = f"/meta/companies/{company}/connections"
    assert_refused(client.post(path, json="nope"), 404, "nope", "gbol")
    answer = client.patch(f"{path}/{NOWHERE}", json={"status": "Unlinked"})
    assert_refused(answer, 404, NOWHERE)


def test_a_company_that_was_never_synced_has_no_status(client, company):
    answer = client.get(f"/meta/companies/{company}/sync/commerce/status")
    assert_refused(answer, 404, "not been synced yet")


def test_a_sync_without_a_configuration_is_a_conflict(client, company):
    assert_refused(client.post(f"/companies/{company}/sync/commerce/latest"), 409, "configuration")


@pytest.mark.parametrize("path", ["/", "/nope", "/meta/companies/x/y/", "//", "/sandbox/x"])
def test_a_path_outside_the_api_is_404(client, path):
    assert_refused(client.get(path), 404, "no operation")


def test_a_method_that_a_path_does_not_take_is_405(client, company):
    answer = client.delete(f"/data/companies/{company}/sync/commerce-orders")
    assert_refused(answer, 405, "does not take DELETE")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/meta/companies/sync", b"", "empty"),
        ("/meta/companies/sync", b"{", "line 1, column 2"),
        ("/meta/companies/sync", b"[]", "$"),
        ("/meta/companies/sync", b"{}", "name"),
        ("/meta/companies/sync", b'{"name":null}', "$.name"),
        ("/meta/companies/sync", b'{"name":5}', "$.name"),
        ("/meta/companies/sync", b'{"name":""}', "name"),
        ("/meta/companies/sync", b'{"name":" \\t"}', "name"),
        ("/meta/companies/sync", b'{"name":"\xff"}', "UTF-8"),
        ("/meta/companies/{}/connections", b"gbol", "line 1, column 1"),
        ("/meta/companies/{}/connections", b'{"key":"gbol"}', "Expected a string"),
        ("/config/companies/{}/sync/commerce", b'{"schedule":{"startDate":"x"}}', "$.schedule.sta"),
        ("/config/companies/{}/sync/commerce", b'{"enabled":"yes"}', "$.enabled"),
        ("/companies/{}/sync/commerce/latest", b'{"syncTo":5}', "$.syncTo"),
        ("/data/companies/{}/sync/commerce-orders", b'{"orders":[{"id":5}]}', "$.orders[0].id"),
        ("/data/companies/{}/sync/commerce-orders", b"\xef\xbb\xbf{", "line 1, column 2"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_400_and_says_where(client, company, path, body, place):
    answer = client.post(path.format(company), content=body)
    said = assert_refused(answer, 400, place)
    assert said["validation"]["warnings"] == []
    for error in said["validation"]["errors"]:
        assert error.keys() == {"itemId", "message", "validatorName"}


def test_a_wrong_value_is_reported_with_its_record(client, company):
    orders = [{"id": f"o{n}"} for n in range(5)] + [{"id": "bad", "payments": [{"amount": "5"}]}]
    answer = client.post(f"/data/companies/{company}/sync/{ORDERS}", json={"orders": orders})
    (error,) = assert_refused(answer, 400, "$.orders[5].payments[0].amount")["validation"]["errors"]
    assert error["itemId"] == "bad"
    assert error["message"].startswith("$.orders[5].payments[0].amount: ")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("é" * 5000, "é" * 5000),
        ("Tea & Co. - Smith's, @home?!", "Tea & Co. - Smith's, @home?!"),
        ("Example Company (Codat[1])", "Example Company Codat1"),
        ("a\u0000b🫖\u202e", "ab"),
        ("'; DROP TABLE companies", "' DROP TABLE companies"),
    ],
)
def test_characters_that_the_service_does_not_allow_are_removed_from_a_name(client, sent, kept):
    assert client.post("/meta/companies/sync", json={"name": sent}).json()["name"] == kept


@pytest.mark.parametrize("name", ["", " ", "🫖", "\u202e", "()"])
def test_a_name_without_an_allowed_character_is_refused(client, name):
    answer = client.post("/meta/companies/sync", json={"name": name})
    assert answer.status_code == 400
    assert answer.json()["validation"]["errors"][0]["message"].startswith("$.name: ")


def test_a_byte_order_mark_is_no_part_of_a_body(client, company):
    answer = client.post("/meta/companies/sync", content=b'\xef\xbb\xbf{"name":"x"}')
    assert answer.json()["name"] == "x"
    answer = client.post(
        f"/data/companies/{company}/sync/{ORDERS}", content=b'\xef\xbb\xbf{"orders":[]}'
    )
    assert answer.json()["data"] == {"orders": []}


@pytest.mark.parametrize("body", ["{}", '{"orders":null}', '{"orders":[]}'])
def test_an_empty_push_makes_a_dataset(client, company, body):
    answer = client.post(f"/data/companies/{company}/sync/{ORDERS}", content=body)
    assert answer.status_code == 200
    history = client.get(f"/meta/companies/{company}/pull/history/{answer.json()['datasetId']}")
    assert history.json()["status"] == "Queued"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_mock/nope", b"", 404),
        ("GET", "/_mock/reset", b"", 405),
        ("POST", "/_mock/clock/advance", b"", 400),
        ("POST", "/_mock/clock/advance", b"[", 400),
        ("POST", "/_mock/clock/advance-to-next-event", b"", 409),
        ("POST", f"/_mock/companies/{NOWHERE}/authorize", b"", 404),
        ("GET", f"/_mock/books?companyId={NOWHERE}", b"", 404),
    ],
)
def test_the_control_api_refuses_with_a_problem_document(client, method, path, body, status):
    assert_problem(client.request(method, path, content=body), status)


@pytest.mark.parametrize("path", ["/_mock/findings", "/_mock/clock", "/meta/companies/x/y"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "["])
def test_a_request_that_names_another_host_is_refused(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:4620"]
)
def test_a_request_that_names_this_machine_is_taken(client, host):
    assert client.get("/_mock/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "http://[", "x", "file://"]
)
def test_a_page_of_another_origin_may_not_drive_the_mock(client, origin):
    answer = client.post("/_mock/reset", headers={"Origin": origin})
    assert_problem(answer, 403, origin)


@pytest.mark.parametrize(
    "change", ["http://evil.{}", "http://evil{}", "https://{}", "x://{}", "{}"]
)
def test_an_origin_that_only_resembles_the_mocks_own_is_another(client, change):
    own = str(client.base_url).rstrip("/").removeprefix("http://")
    answer = client.post("/_mock/reset", headers={"Origin": change.format(own)})
    assert_problem(answer, 403, change.format(own))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Referer": "https://evil.example/page"},
        {"Referer": "http://127.0.0.1.evil.example/"},
    ],
)
@pytest.mark.parametrize("path", ["/meta/companies", "/_mock/requests", "/_mock/findings", "/x"])
def test_a_request_of_another_site_changes_nothing_and_leaves_no_trace(client, path, headers):
    client.get("/_mock/clock", headers={"X-Test-Id": "only"})
    assert client.get(path, headers=headers | {"X-Test-Id": "only"}).status_code == 403
    own = {"X-Test-Id": "only"}
    assert client.get("/_mock/requests", headers=own).json()["count"] == 0
    assert client.get("/_mock/findings", headers=own).json()["findings"] == []


def test_a_link_of_another_site_may_lead_to_the_pages_for_people(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/portal/alerts", headers=headers).status_code == 200
    assert client.post("/portal/alerts", headers=headers).status_code == 403
    headers["Sec-Fetch-Mode"] = "no-cors"
    assert client.get("/portal/alerts", headers=headers).status_code == 403


def test_a_page_of_the_mocks_own_may(client):
    origin = {"Origin": str(client.base_url).rstrip("/")}
    assert client.post("/_mock/reset", headers=origin).status_code == 200


def test_an_error_has_the_same_id_in_header_and_body(client):
    answer = client.get("/nope")
    assert answer.headers["X-Correlation-Id"] == answer.json()["correlationId"]
    again = client.get("/nope")
    assert again.json()["correlationId"] != answer.json()["correlationId"]


def test_a_fault_of_the_mock_is_a_500_in_the_vendors_shape(http, monkeypatch):
    monkeypatch.delattr(companies, "create")
    answer = http.post("/meta/companies/sync", json={"name": "x"})
    assert answer.status_code == 500
    assert answer.json().keys() == SHAPE
