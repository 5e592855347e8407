"""Sandboxes: chosen by key, header or prefix, and closed to each other."""

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings


def chosen_by_key(auth, name):
    return "", auth(name)


def chosen_by_header(auth, name):
    return "", auth("shared") | {"X-Test-Id": name}


def chosen_by_prefix(auth, name):
    return f"/sandbox/{name}", auth("shared")


@pytest.fixture(params=[chosen_by_key, chosen_by_header, chosen_by_prefix])
def choose(request, auth):
    return lambda name: request.param(auth, name)


@pytest.fixture(params=["http", "live"])
def client(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", ["other", "a.b", "a b", "x" * 200])
def test_nothing_of_a_sandbox_shows_in_another(client, choose, name):
    one, two = choose("one"), choose(name)
    ids = {}
    for prefix, headers in (one, two):
        made = client.post(f"{prefix}/meta/companies/sync", json={"name": "x"}, headers=headers)
        ids[prefix, headers["Authorization"], headers.get("X-Test-Id")] = made.json()["id"]
        client.post(f"{prefix}/_mock/clock/advance", json={"days": len(ids)}, headers=headers)
    assert len(ids) == len(set(ids.values())) == 2
    prefix, headers = one
    company = next(iter(ids.values()))
    path = f"/data/companies/{company}/sync/commerce-orders"
    assert client.post(f"{prefix}{path}", json={"orders": [{}, {}]}, headers=headers).is_success
    assert client.get(f"{prefix}/_mock/findings", headers=headers).json()["verdict"] == "findings"
    assert (
        client.get(f"{prefix}/_mock/clock", headers=headers).json()["now"].startswith("2022-03-22")
    )
    prefix, headers = two
    assert client.post(f"{prefix}{path}", json={}, headers=headers).status_code == 404
    verdict = client.get(f"{prefix}/_mock/findings", headers=headers).json()
    assert (verdict["verdict"], verdict["findings"]) == ("nothing-observed", [])
    assert (
        client.get(f"{prefix}/_mock/clock", headers=headers).json()["now"].startswith("2022-03-23")
    )
    books = client.get(f"{prefix}/_mock/books", headers=headers).json()["companies"]
    assert company not in [book["companyId"] for book in books]


def test_a_reset_touches_one_sandbox_only(client, choose):
    sandboxes = [choose("one"), choose("two")]
    for prefix, headers in sandboxes:
        client.post(f"{prefix}/meta/companies/sync", json={"name": "x"}, headers=headers)
    prefix, headers = sandboxes[0]
    assert client.post(f"{prefix}/_mock/reset", headers=headers).json()["status"] == "reset"
    left = [
        len(client.get(f"{prefix}/_mock/books", headers=headers).json()["companies"])
        for prefix, headers in sandboxes
    ]
    assert left == [0, 1]


def test_header_and_prefix_go_before_the_key_and_mean_the_same(client, auth):
    made = client.post("/meta/companies/sync", json={"name": "x"}, headers={"X-Test-Id": "here"})
    path = f"/config/companies/{made.json()['id']}/sync/commerce"
    assert client.get(path).status_code == 404
    assert client.get(f"/sandbox/here{path}").status_code == 200
    assert client.get(path, headers={"X-Test-Id": "here"} | auth("another")).status_code == 200


def test_the_api_itself_asks_for_a_key_whatever_chooses_the_sandbox(client):
    for prefix, headers in (("/sandbox/x", {}), ("", {"X-Test-Id": "x"})):
        answer = client.post(
            f"{prefix}/meta/companies/sync",
            json={"name": "x"},
            headers=headers | {"Authorization": ""},
        )
        assert answer.status_code == 401


def test_the_control_api_needs_no_key_where_there_is_one_sandbox(app):
    client = app.test_client()
    refused = client.get("/_mock/clock")
    assert (refused.status_code, refused.content_type) == (
        400,
        "application/problem+json; charset=utf-8",
    )
    assert client.get("/_mock/clock", headers={"X-Test-Id": "a"}).status_code == 200
    assert client.get("/_mock/clock").status_code == 200  # the only one there is
    assert client.get("/sandbox/b/_mock/clock").status_code == 200
    assert "There are 2 sandboxes" in client.get("/_mock/clock").json["detail"]


def test_health_makes_no_sandbox(client):
    for _ in range(2):
        assert client.get("/_mock/health").json()["sandboxes"] == 0


def test_the_one_known_key_is_the_default(auth):
    registry = SandboxRegistry(Settings(api_keys=("only",)))
    client = create_app(registry).test_client()
    client.post("/_mock/clock/set", json={"to": "2030-01-01"})
    assert client.get("/_mock/clock", headers=auth("only")).json["now"].startswith("2030-01-01")
    assert client.get("/_mock/clock", headers=auth("wrong")).status_code == 401
    registry.close()


def test_ids_are_never_given_twice(client):
    ids = []
    for name in "abc":
        for _ in range(3):
            made = client.post(
                "/meta/companies/sync", json={"name": "x"}, headers={"X-Test-Id": name}
            ).json()
            ids += [made["id"], made["dataConnections"][0]["id"]]
            for _ in range(3):
                pushed = client.post(
                    f"/data/companies/{made['id']}/sync/commerce-orders",
                    content=b"{}",
                    headers={"X-Test-Id": name},
                )
                ids.append(pushed.json()["datasetId"])
    assert len(ids) == len(set(ids)) == 45


def test_the_same_seed_and_requests_give_the_same_bytes(start_server):
    def play(seed):
        with httpx.Client(base_url=start_server(seed=seed, address="http://x").address) as client:
            client.headers["Authorization"] = "Basic aw=="
            made = client.post("/meta/companies/sync", json={"name": "x"})
            pushed = client.post(
                f"/data/companies/{made.json()['id']}/sync/commerce-orders", json={}
            )
            return made.content, pushed.content, client.get("/nope").content

    assert play(7) == play(7)
    assert play(7) != play(8)


def test_the_prefix_of_the_url_selects_the_sandbox_before_the_header(http):
    both = {"X-Test-Id": "headed"}
    made = http.post("/sandbox/prefixed/meta/companies/sync", json={"name": "x"}, headers=both)
    path = f"/companies/{made.json()['id']}"
    assert http.get(f"/sandbox/prefixed{path}").status_code == 200
    assert http.get(path, headers=both).status_code == 404
