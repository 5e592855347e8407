"""Whether the answer to a push was sent, across the end of a server."""

from __future__ import annotations

import signal

import pytest

from codat_mock.http import request_context
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import Store

KEY = {"Authorization": "Basic a2V5"}
ORDER = {"id": "A-1", "totalAmount": 5}


def codes(client):
    return [each["code"] for each in client.get("/_mock/findings", headers=KEY).json["findings"]]


@pytest.mark.parametrize("is_sent", [False, True])
def test_a_push_killed_before_its_answer_was_sent_may_be_repeated_after_the_restart(
    tmp_path, is_sent
):
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(Settings(speed=0), Store(path))
    app, environs = create_app(registry), []
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: (environs.append(environ), inner(environ, start))[1]
    client = app.test_client()
    company = client.post("/meta/companies/sync", json={"name": "x"}, headers=KEY).json["id"]
    push = f"/data/companies/{company}/sync/commerce-orders"
    environ = {request_context.DELIVER: lambda *_: None}
    sent = client.post(push, json={"orders": [ORDER]}, headers=KEY, environ_overrides=environ)
    assert sent.status_code == 200
    if is_sent:  # as the server does, once the bytes are out
        environs[-1][request_context.SENT]()
        registry.sandbox(registry.names()[0]).close()
    registry._store.close()  # and nothing more: it is killed
    again = SandboxRegistry(Settings(speed=0), Store(path))
    client = create_app(again).test_client()
    client.post("/_mock/clock/advance", json={"minutes": 1}, headers=KEY)
    assert client.post(push, json={"orders": [ORDER]}, headers=KEY).status_code == 200
    assert ("S03" in codes(client)) is is_sent
    again.close()


def test_while_the_server_runs_an_answer_counts_as_received_from_the_first(registry):
    client = create_app(registry).test_client()
    company = client.post("/meta/companies/sync", json={"name": "x"}, headers=KEY).json["id"]
    push = f"/data/companies/{company}/sync/commerce-orders"
    environ = {request_context.DELIVER: lambda *_: None}
    for _ in range(2):
        client.post("/_mock/clock/advance", json={"minutes": 1}, headers=KEY)
        client.post(push, json={"orders": [ORDER]}, headers=KEY, environ_overrides=environ)
    assert "S03" in codes(client)


@pytest.mark.parametrize("pushes", [1, 120])
def test_answers_that_a_server_sent_are_known_to_the_next_one(serve, tmp_path, pushes):
    path = tmp_path / "shop.db"
    first = serve("--db", str(path), "--speed", "frozen")
    company = first.http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    push = f"/data/companies/{company}/sync/commerce-orders"
    for number in range(pushes):
        first.http.post(push, json={"orders": [{"id": str(number), "totalAmount": 5}]})
        first.http.post("/_mock/clock/advance", json={"minutes": 1})
    # A server that is stopped writes all of them; one that is killed, all but the last ones.
    assert first.end(signal.SIGTERM if pushes == 1 else signal.SIGKILL) in (0, -signal.SIGKILL)
    second = serve("--db", str(path), "--speed", "frozen")
    second.http.post(push, json={"orders": [{"id": "0", "totalAmount": 5}]})
    found = second.http.get("/_mock/findings").json()["findings"]
    assert "S03" in [each["code"] for each in found]
