"""Which recorded requests are the integration's, and which operations they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from codat_mock.har.exchange import Recorded
from codat_mock.http.middleware_log import OTHERS
from codat_mock.replay.routes import call_of, calls, patterns


def request(
    method: str, path: str, status: int = 200, host: str = "https://api.codat.io"
) -> Recorded:
    return Recorded(
        started=datetime(2022, 3, 21, tzinfo=UTC), seconds=0, method=method, url=f"{host}{path}",
        status=status,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("GET", "/companies/c", "get-company", {"companyId": "c"}),
        ("POST", "/companies", "create-company", {}), ("POST", "/companies/c", "", {}),
        ("GET", "/companies/c/", "", {}), ("GET", "/companies//data/history", "", {}),
        ("GET", "/companies/a%20b/data/history/d%2F1?x=1", "", {}),
        ("GET", "/companies/a%20b/data/history/d?x=/", "get-dataset-later",
         {"companyId": "a b", "datasetId": "d"}),
        ("GET", "/companies/c/sync/commerce/syncs/latest/status", "get-latest-sync",
         {"companyId": "c"}),
        ("GET", "/companies/c/sync/commerce/syncs/s/status", "get-sync",
         {"companyId": "c", "syncId": "s"}),
        ("GET", "/sandbox/name/companies/c", "get-company", {"companyId": "c"}),
        ("GET", "/sandbox/one/sandbox/two/companies/c", "", {}),
        ("GET", "/v1/companies/c", "", {}), ("get", "/companies/c", "", {}),
    ],
)  # fmt: skip
def test_a_request_is_the_operation_of_its_method_and_path(
    method: str, path: str, operation: str, parameters: dict[str, str]
) -> None:
    call = call_of(request(method, path))
    assert (call.operation, call.parameters) == (operation, parameters)
    assert call.company_id == parameters.get("companyId", "")


def test_the_most_specific_operations_are_looked_at_first() -> None:
    counts = [pattern.pattern.count("(?P<") for _, pattern, _ in patterns()]
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("other", "is_kept"),
    [
        (request("GET", "/odd", 404), True), (request("GET", "/odd", 405), True),
        (request("GET", "/odd", 400), False), (request("GET", "/odd", 403), False),
        (request("GET", "/odd", 406), False), (request("GET", "/odd", 0), False),
        (request("OPTIONS", "/odd", 404), False), (request("HEAD", "/odd", 404), True),
        (request("GET", "/odd", 404, "https://api.codat.io:444"), False),
        (request("GET", "/odd", 404, "https://example.com"), False),
        *((request("GET", f"{each}x", 404), False) for each in OTHERS),
        (request("GET", "/companies/c", 404, "https://example.com"), True),
    ],
)  # fmt: skip
def test_beside_operations_only_what_their_hosts_refused_as_unknown_is_kept(
    other: Recorded, is_kept: bool
) -> None:
    known = request("GET", "/companies/c", 500)
    assert [call.recorded for call in calls([other, known])] == [*[other] * is_kept, known]


def test_where_no_operation_was_asked_for_nothing_is_kept() -> None:
    assert calls([request("GET", "/odd", 404)]) == []
