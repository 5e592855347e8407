"""Rules that are judged by declared records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from codat_mock.clock import format_moment, parse_moment

ORDERS = "commerce-orders"


def push_gaps(driver, *, is_deleted):
    """Push on one day, and have the merchant sell, but push nothing, on the next five."""
    now = parse_moment(driver.call("GET", "/_mock/clock")["now"])
    own = [
        {"id": name, "createdDate": format_moment(now + timedelta(hours=hours))}
        for name, hours in (("o", 0), ("p", 6))
    ]
    driver.push(ORDERS, own[:1])
    path = f"/_mock/companies/{driver.company_id}"
    driver.call("PUT", f"{path}/merchant-records", {"orders": own})
    if is_deleted:
        driver.call("POST", f"{path}/delete-connection")
    driver.call("POST", "/_mock/clock/advance", {"days": 5})
    return [each["count"] for each in driver.findings()["findings"] if each["code"] == "S10"]


@pytest.mark.parametrize(("is_deleted", "expected"), [(False, [1]), (True, [])])
def test_nobody_waits_for_pushes_once_the_connection_is_deleted(driver, is_deleted, expected):
    assert push_gaps(driver, is_deleted=is_deleted) == expected
