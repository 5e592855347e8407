"""Rules that are judged by declared records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from codat_mock.clock import format_moment, parse_moment

ORDERS = "commerce-orders"


def silences(stage, *, is_deleted):
    """Push on one day, and have the merchant sell, but push nothing, on the next five."""
    now = parse_moment(stage.call("GET", "/_mock/clock")["now"])
    own = [
        {"id": name, "createdDate": format_moment(now + timedelta(hours=hours))}
        for name, hours in (("o", 0), ("p", 6))
    ]
    stage.push(ORDERS, own[:1])
    path = f"/_mock/companies/{stage.company_id}"
    stage.call("PUT", f"{path}/merchant-records", {"orders": own})
    if is_deleted:
        stage.call("POST", f"{path}/delete-connection")
    stage.call("POST", "/_mock/clock/advance", {"days": 5})
    return [each["count"] for each in stage.findings()["findings"] if each["code"] == "S10"]


@pytest.mark.parametrize(("is_deleted", "expected"), [(False, [1]), (True, [])])
def test_nobody_waits_for_pushes_once_the_connection_is_deleted(stage, is_deleted, expected):
    assert silences(stage, is_deleted=is_deleted) == expected
