"""Each rule is broken once in a random history, and found with its consequences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.rules import rulebook
from codat_mock.rules.rule_settings import RuleSetting
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories import History, Pushed, perform
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.strategies import VIOLATIONS, broken_histories

SLOW = ("S07", "T03")  # thousands of records, or of requests
EXAMPLES = 40 if settings.get_current_profile_name() == "thorough" else 4


@contextmanager
def driver_in_process(**chosen: RuleSetting) -> Iterator[SandboxDriver]:
    """A mock in process that enforces the limits on requests, with these settings of rules."""
    registry = SandboxRegistry(Settings(speed=0, rate_limits=True, rules=chosen))
    transport = httpx.WSGITransport(create_app(registry))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        yield SandboxDriver(http, "violations")
    registry.close()


@contextmanager
def driver_on_a_socket(**chosen: RuleSetting) -> Iterator[SandboxDriver]:
    """The same over a real socket, which overlapping pushes need."""
    registry = SandboxRegistry(Settings(speed=0, rules=chosen))
    with (
        Server(registry, listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        yield SandboxDriver(http, "violations")


def driver_for(code: str, **chosen: RuleSetting) -> AbstractContextManager[SandboxDriver]:
    """A mock on which that rule can be broken."""
    return driver_on_a_socket(**chosen) if code == "S05" else driver_in_process(**chosen)


def examples(code: str) -> settings:
    return settings(
        max_examples=1 if code in SLOW else EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        database=None,
    )


def test_every_rule_has_a_violation() -> None:
    assert VIOLATIONS.keys() == {rule.code for rule in rulebook()}


@pytest.mark.long
@pytest.mark.parametrize("code", VIOLATIONS)
def test_a_violation_is_found_with_its_consequences_and_nothing_else(code: str) -> None:
    @examples(code)
    @given(broken_histories(code))
    def broken(history: History) -> None:
        result = perform(history, driver)
        assert set(result.findings) == history.broken_rules
        assert code in history.broken_rules
        assert history.corrupts_books or result.differences == ()
        pushes = sum(1 + bool(step.meanwhile) for step in history.steps if isinstance(step, Pushed))
        assert history.failed_pushes == pushes - result.datasets.count("Complete")

    with driver_for(code) as driver:
        broken()


@pytest.mark.long
@pytest.mark.parametrize("code", VIOLATIONS)
def test_a_violation_is_not_found_if_its_rule_is_off(code: str) -> None:
    once = settings(max_examples=2, phases=[Phase.generate], database=None, derandomize=True)
    history = find(broken_histories(code), lambda _: True, settings=once)
    with driver_for(code, **{code: RuleSetting(code, is_off=True)}) as driver:
        assert set(perform(history, driver).findings) == history.broken_rules - {code}
