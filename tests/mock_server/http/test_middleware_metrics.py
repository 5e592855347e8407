"""The metrics and the access log of a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from codat_mock.http.app import create_app
from codat_mock.http.middleware_metrics import BUCKETS_SECONDS
from codat_mock.sandbox import SandboxRegistry, Settings

KEY = {"Authorization": "Basic a2V5"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    registry = SandboxRegistry(Settings(speed=0))
    yield create_app(registry).test_client()
    registry.close()


def samples(client: FlaskClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/_mock/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_requests_are_counted_by_operation_and_status(client: FlaskClient) -> None:
    company = client.post("/_mock/companies", json={"name": "A"}, headers=KEY).get_json()["id"]
    path = f"/data/companies/{company}/sync/commerce-orders"
    client.post(path, json={"orders": []}, headers=KEY)
    client.post(path, json={"orders": 5}, headers=KEY)
    client.get("/nowhere", headers=KEY)
    found = samples(client)
    assert found["codat_mock_requests_total", "push-orders", "200"] == 1
    assert found["codat_mock_requests_total", "push-orders", "400"] == 1
    assert found["codat_mock_requests_total", "other", "404"] == 1
    assert found["codat_mock_requests_total", "control", "200"] == 1
    assert found["codat_mock_request_seconds_count", "push-orders"] == 2
    assert found["codat_mock_request_seconds_bucket", "+Inf", "push-orders"] == 2
    assert found["codat_mock_sandboxes",] == 1
    assert found["codat_mock_internal_errors",] == 0


def test_requests_that_break_a_rule_are_counted_by_its_code(client: FlaskClient) -> None:
    company = client.post("/_mock/companies", json={"name": "A"}, headers=KEY).get_json()["id"]
    body = {"orders": [{"id": "A-1", "totalAmount": 5}]}
    for _ in range(3):
        client.post(f"/data/companies/{company}/sync/commerce-orders", json=body, headers=KEY)
        client.post("/_mock/clock/advance", json={"minutes": 1}, headers=KEY)
    assert samples(client)["codat_mock_requests_with_findings_total", "S03"] == 2


def test_labels_do_not_grow_with_sandboxes_or_paths(client: FlaskClient) -> None:
    def labels() -> set[tuple[str, ...]]:
        return set(samples(client))

    client.get("/nowhere", headers=KEY)
    client.get("/_mock/health")
    samples(client)
    before = labels()
    for number in range(20):
        client.get(f"/nowhere/{number}", headers={"Authorization": f"Basic a2V5{number:04}"})
    assert labels() == before


def test_buckets_are_cumulative(client: FlaskClient) -> None:
    for _ in range(5):
        client.get("/meta/companies", headers=KEY)
    buckets = [
        value
        for labels, value in samples(client).items()
        if labels[0].endswith("seconds_bucket") and labels[-1] == "list-companies"
    ]
    assert len(buckets) == len(BUCKETS_SECONDS) + 1
    assert buckets == sorted(buckets)
    assert buckets[-1] == 5
