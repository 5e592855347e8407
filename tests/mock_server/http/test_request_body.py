"""HTTP as the vendor's service has it: types, encodings, sizes, methods, ids."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
import zlib
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_conformance import KEY, client_of

from codat_mock.http.app import create_app
from codat_mock.http.request_body import unpack
from codat_mock.http.server import Server, listen
from codat_mock.models.errors import Malformed, TooLarge
from codat_mock.sandbox import SandboxRegistry, Settings

LIMIT = 100_000
BODY = json.dumps({"name": "Café"}).encode()
CREATE = "/meta/companies/sync"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with client_of(create_app(SandboxRegistry(Settings(largest_body=LIMIT)))) as client:
        yield client


def sent(http: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(CREATE, content=body, headers=named)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON; charset=utf-8", "text/json", "application/x+json"],
)
def test_json_is_read_by_any_of_its_names(http: httpx.Client, content_type: str) -> None:
    assert sent(http, BODY, Content_Type=content_type).status_code == 200


def test_a_body_without_a_type_is_taken_as_json(http: httpx.Client) -> None:
    assert sent(http, BODY).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_another_type_is_refused(http: httpx.Client, content_type: str) -> None:
    answer = sent(http, BODY, Content_Type=content_type)
    assert answer.status_code == 415
    assert content_type in answer.json()["error"]


def test_the_control_api_takes_what_curl_sends(http: httpx.Client) -> None:
    http.get("/companies")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.post("/_mock/clock/advance", content=b'{"hours": 1}', headers=form)
    assert answer.status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_gzip_is_unpacked(http: httpx.Client, encoding: str) -> None:
    answer = sent(http, gzip.compress(BODY), Content_Encoding=encoding)
    assert answer.json()["name"] == "Café"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_another_encoding_is_refused(http: httpx.Client, encoding: str) -> None:
    assert sent(http, BODY, Content_Encoding=encoding).status_code == 415


@pytest.mark.parametrize(
    "body", [b"", BODY, gzip.compress(BODY)[:-3], gzip.compress(BODY) + b"x"],
    ids=["empty", "plain", "broken off", "followed"],
)  # fmt: skip
def test_what_is_not_gzip_is_malformed(http: httpx.Client, body: bytes) -> None:
    answer = sent(http, body, Content_Encoding="gzip")
    assert answer.status_code == 400
    assert "not gzip" in answer.json()["error"]


@given(st.binary(max_size=500))
@settings(deadline=None)
def test_whatever_was_packed_is_unpacked_up_to_the_limit(body: bytes) -> None:
    assert unpack(gzip.compress(body), len(body)) == body
    if body:
        with pytest.raises(TooLarge):
            unpack(gzip.compress(body), len(body) - 1)


@given(st.binary(max_size=60))
def test_any_bytes_are_unpacked_or_refused(body: bytes) -> None:
    try:
        assert len(unpack(body, 100)) <= 100
    except (Malformed, TooLarge):
        assert body != gzip.compress(b"")


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(bomb, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_beyond_the_limit_is_refused(http: httpx.Client, encoding: str) -> None:
    body = json.dumps({"name": "x" * LIMIT}).encode()
    packed = gzip.compress(body) if encoding == "gzip" else body
    answer = sent(http, packed, Content_Encoding=encoding)
    assert answer.status_code == 413
    assert answer.json()["statusCode"] == 413


def test_the_key_is_asked_for_before_the_body_is_looked_at() -> None:
    answer = create_app().test_client().post(CREATE, data=b"{", content_type="text/plain")
    assert answer.status_code == 401


def test_a_path_that_leads_nowhere_is_answered_in_the_vendors_shape(http: httpx.Client) -> None:
    for path in ("/", "/company/", "/meta//companies", "/data/x"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()["service"]) == (404, "PublicApi")


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(http: httpx.Client) -> None:
    answer = http.put("/meta/companies")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.json()["statusCode"] == 405


def test_head_answers_as_get_without_the_body(http: httpx.Client) -> None:
    head, get = http.head("/meta/companies"), http.get("/meta/companies")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_options_tells_the_methods(http: httpx.Client) -> None:
    answer = http.options("/companies")
    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_every_answer_has_an_id_of_its_own(http: httpx.Client) -> None:
    answers = [http.get("/meta/companies"), http.get("/x"), http.get("/_mock/x")]
    ids = [UUID(answer.headers["X-Correlation-Id"]) for answer in answers]
    assert len(set(ids)) == 3
    assert answers[1].json()["correlationId"] == str(ids[1])


def test_unknown_data_types_are_refused_as_the_vendor_does(http: httpx.Client) -> None:
    company = http.post(CREATE, json={"name": "Shop"}).json()["id"]
    for path in (f"/data/companies/{company}/sync", f"/companies/{company}/data"):
        answer = http.post(f"{path}/commerce-products", json=[])
        assert answer.status_code == 404
        assert answer.json()["error"].startswith("Datatype [commerce-products] not supported by")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /x HT TP\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
    ids=["no HTTP", "beyond everything"],
)
def test_the_server_itself_refuses_in_the_vendors_shape(request_bytes: bytes, status: int) -> None:
    with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
        port = int(server.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(request_bytes)
            received = b"".join(iter(lambda: line.recv(4096), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    error = json.loads(body)
    assert error["statusCode"] == status
    assert error["correlationId"].encode() in head


def test_a_byte_order_mark_does_not_come_back_inside_of_the_answer(http: httpx.Client) -> None:
    company = http.post(CREATE, json={"name": "Shop"}).json()["id"]
    path = f"/data/companies/{company}/sync/commerce-orders"
    answer = http.post(path, content=b'\xef\xbb\xbf{"orders":[]}', headers=KEY)
    assert answer.json()["data"] == {"orders": []}
