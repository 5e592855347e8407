"""Sandboxes: chosen by key, header or prefix, and closed to each other."""

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import Sandbox, SandboxRegistry, Settings, companies
from codat_mock.sandbox.session import SandboxClosed
from codat_mock.storage import LinkSession, StorageError, Store


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


def test_the_sandboxes_of_a_file_are_there_from_the_start(tmp_path):
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(Settings(speed=0), Store(path))
    for name in ("b", "a"):
        registry.sandbox(name)
    registry.close()
    again = SandboxRegistry(Settings(speed=0), Store(path))
    assert again.names() == ["b", "a"]
    assert again.sandbox("a") is again.sandbox("a")
    again.close()


def test_a_session_of_a_sandbox_that_is_being_reset_is_one_of_the_new_one(registry):
    old = registry.sandbox("k")
    fresh = registry.reset("k")
    registry._sandboxes["k"] = old  # as it is while the reset goes on
    look = registry.sandbox

    def sandbox(name: str):
        found = look(name)
        registry._sandboxes["k"] = fresh
        return found

    registry.sandbox = sandbox
    with registry.session("k") as session:
        assert session.tables is fresh.tables


@pytest.mark.parametrize(
    ("error", "is_fault"), [(StorageError("full", is_passing=True), False), (ValueError("x"), True)]
)
def test_what_cannot_be_done_is_logged_once_until_it_could_be(monkeypatch, caplog, error, is_fault):
    registry = SandboxRegistry(Settings(speed=1))
    registry.sandbox("k")
    errors = [error, error, None, error, None, SandboxClosed(), error]

    def settle(_: Sandbox) -> None:
        if raised := errors.pop(0):
            raise raised

    monkeypatch.setattr(Sandbox, "settle", settle)
    logged = []
    while errors:
        registry.settle()
        logged.append(len(caplog.records))
    assert logged == [1, 1, 1, 2, 2, 2, 3]
    assert len(registry.failures.all()) == (3 if is_fault else 0)
    registry.close()


def test_what_is_left_to_delete_is_deleted_while_nothing_happens(registry):
    with registry.sandbox("k").session() as session:
        companies.delete(session, companies.create(session, "Café").id)
    db = registry._store._db
    assert db.execute("SELECT count(*) FROM companies").fetchone() == (1,)
    registry.settle()
    assert db.execute("SELECT count(*) FROM companies").fetchone() == (0,)


@pytest.mark.parametrize("chosen", [None, Settings(speed=0, seed=7)])
def test_a_reset_keeps_a_sandboxs_own_settings_only_with_a_snapshot(registry, chosen):
    registry.reset("k", Settings(speed=0, seed=5))
    content = registry.sandbox("k").snapshot()
    assert registry.reset("k", chosen, content).settings.seed == (7 if chosen else 5)
    assert registry.reset("k", chosen).settings.seed == (7 if chosen else 0)
    assert registry.names() == ["k"]


def test_a_company_and_a_code_are_found_in_whatever_sandbox_they_are(registry):
    for name in ("a", "b"):
        with registry.sandbox(name).session() as session:
            companies.create(session, "Café", company_id=f"of {name}")
            session.tables.codes.add(f"code of {name}", "flow", LinkSession("c", "d"))
    for name in ("a", "b"):
        assert registry.name_of_company(f"of {name}") == name
        assert registry.name_of_code(f"code of {name}") == name
    assert registry.name_of_company("x") is registry.name_of_code("x") is None


def test_a_server_that_ends_waits_a_second_for_all_its_requests_together(registry, monkeypatch):
    now, patience = [50.0], []
    monkeypatch.setattr("codat_mock.sandbox.registry.machine_seconds", lambda: now[0])

    def close(_: Sandbox, seconds: float) -> None:
        patience.append(seconds)
        now[0] += 0.75

    for name in "abc":
        registry.sandbox(name)
    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "close", close)
        patch.setattr(registry._store, "close", lambda: patience.append(-1))
        registry.close()
    assert patience == [1.0, 0.25, 0.0, -1]
