"""What is shown of a merchant's own records beside the books."""

from __future__ import annotations

import msgspec

from codat_mock.http.request_context import encode
from codat_mock.sandbox.ground_truth import CompanyComparison
from codat_scenarios.sandbox_driver import SandboxDriver


def test_a_comparison_has_all_its_lists_where_they_are_empty() -> None:
    lists = ("bookedOnce", "doubled", "missing", "stale", "surplus")
    shown = msgspec.json.decode(encode(CompanyComparison(company_id="c", company_name="Café")))
    assert shown == {name: [] for name in lists} | {"companyId": "c", "companyName": "Café"}


def test_nothing_is_surplus_where_nothing_is_declared(driver: SandboxDriver) -> None:
    assert driver.findings()["books"]["surplus"] == 0
