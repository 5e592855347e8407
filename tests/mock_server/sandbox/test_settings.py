"""What a server starts from where nothing is chosen."""

from __future__ import annotations

from datetime import timedelta

from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.sandbox import Settings


def test_the_defaults_are_those_of_the_reference() -> None:
    given = Settings()
    assert (given.api_keys, given.start_at, given.speed, given.seed) == ((), None, 1.0, 0)
    assert (given.concurrent_pushes, given.sync_delay) == ("flag", timedelta(0))
    assert given.durations == PROFILES["realistic"]
    assert (given.rate_limits, given.company_limit) == (False, None)
    assert given.largest_body == 64 * 1024 * 1024
    assert given.journal_limit == 256 * 1024 * 1024
    assert (given.alert_hosts, given.alert_rules, given.rules) == ((), (), {})
    assert (given.tax_rates, given.payment_types) == (None, None)


def test_a_delay_of_syncs_is_in_seconds() -> None:
    assert Settings(sync_delay_seconds=90).sync_delay == timedelta(seconds=90)
