"""The configuration on the wire: nulls, defaults, and the names of both generations."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.http.api.examples import CONFIGURATION
from codat_mock.models.configuration import (
    Configuration,
    Schedule,
    from_wire,
    has_later_names,
    to_wire,
)

STORED = Configuration(enabled=True, schedule=Schedule(sync_hour_utc=3))
CHANGED = {
    "schedule": {"startDate": "2023-03-01", "syncHour": 7},
    "configuration": {"sales": {"taxRates": {"17.5": {"selectedTaxRateId": "t"}}}},
}
HOURS = st.integers(0, 23)


def decoded(sent: Any) -> Configuration:
    configuration: Configuration = msgspec.convert(from_wire(sent, STORED), Configuration)
    return configuration


def nulls_in(value: Any) -> Any:
    """Every object of a JSON value with each of its members replaced by null."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield {**value, name: None}
            for other in nulls_in(part):
                yield {**value, name: other}


def test_null_counts_as_absent_wherever_it_is_sent() -> None:
    whole = to_wire(CONFIGURATION, has_later_names=False)
    changed = list(nulls_in(whole))
    assert len(changed) > 150
    for sent in changed:
        assert decoded(sent)


def test_a_schedule_has_the_vendors_defaults() -> None:
    schedule = decoded({"schedule": {"syncHourUtc": None}}).schedule
    assert (schedule.sync_hour_utc, schedule.time_zone) == (0, "Etc/UTC")


@pytest.mark.parametrize("sent", [{"enabled": True}, {"schedule": None, "configuration": None}])
def test_without_schedule_and_configuration_both_stay_as_they_are_stored(
    sent: dict[str, Any],
) -> None:
    stored: Configuration = msgspec.convert(from_wire(CHANGED, STORED), Configuration)
    kept: Configuration = msgspec.convert(from_wire(sent, stored), Configuration)
    assert (kept.schedule, kept.configuration) == (stored.schedule, stored.configuration)
    assert kept.schedule.start_date is not None
    assert kept.configuration.sales.tax_rates["17.5"].selected_tax_rate_id == "t"


def test_a_company_without_a_schedule_has_the_defaults_of_one() -> None:
    schedule = msgspec.convert(from_wire({}, Configuration()), Configuration).schedule
    assert (schedule.sync_hour_utc, schedule.time_zone) == (0, "Etc/UTC")


@pytest.mark.parametrize(
    ("sent", "enabled"),
    [
        ({"enable": False}, False),
        ({"enabled": False}, False),
        ({"enable": True, "enabled": False}, False),
        ({"enable": False, "enabled": True}, False),
        ({"enable": False, "enabled": False}, False),
        ({"enable": None}, True),
        ({}, True),
    ],
)
def test_the_name_that_a_client_changed_counts(sent: dict[str, Any], enabled: bool) -> None:
    assert decoded(sent).enabled is enabled


@given(HOURS, HOURS)
def test_of_two_hours_the_changed_one_counts_and_the_later_name_if_both_are(
    beta: int, later: int
) -> None:
    sent = {"schedule": {"syncHourUtc": beta, "syncHour": later}}
    expected = later if later != 3 else beta
    assert decoded(sent).schedule.sync_hour_utc == expected


@given(st.booleans(), st.one_of(st.none(), HOURS))
def test_what_is_answered_is_read_back_unchanged(later: bool, hour: int | None) -> None:
    before = Configuration(enabled=later, schedule=Schedule(sync_hour_utc=hour, time_zone="UTC"))
    shown = to_wire(before, has_later_names=later)
    assert ("enable" in shown) is ("syncHour" in shown["schedule"]) is later
    assert has_later_names(shown) is later
    after: Configuration = msgspec.convert(from_wire(shown, before), Configuration)
    assert after.schedule.sync_hour_utc == (hour or 0)
    assert after.enabled is before.enabled


@pytest.mark.parametrize("sent", [None, 5, "text", [], [1, None], {"schedule": [None]}])
def test_what_is_not_a_configuration_is_left_to_the_decoder(sent: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(sent)
