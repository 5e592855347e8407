"""Long work holds nobody by collections of garbage, and leaves them as they were."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from tests.mock_server.sandbox.test_interrupted_sessions import ORDERS, order

from codat_mock.garbage_collection import Collections
from codat_mock.sandbox import evaluation, pushes, session
from codat_scenarios.sandbox_driver import SandboxDriver


@pytest.fixture(autouse=True, scope="module")
def thawed() -> Iterator[None]:
    """Begin as a new process does, with nothing frozen; freeze again what the tests consist of."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave collections on."""
    gc.enable()
    yield
    gc.enable()


@pytest.mark.parametrize("many", [1, 10**9])
def test_collections_wait_while_many_records_are_judged(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(session, "MANY_RECORDS", many)
    judge = evaluation.judge
    enabled = []

    def judging(subject: Any, *choices: Any) -> Any:
        enabled.append(gc.isenabled())
        return judge(subject, *choices)

    monkeypatch.setattr(evaluation, "judge", judging)
    driver.push(ORDERS, [order(1), order(2)])
    assert gc.isenabled()
    assert (False in enabled) == (many == 1)


@pytest.mark.parametrize("largest", [1, 10**9])
def test_collections_wait_while_a_large_body_is_decoded(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    read_push = pushes.read_push
    enabled = []

    def reading(*given: Any, **more: Any) -> Any:
        enabled.append(gc.isenabled())
        return read_push(*given, **more)

    monkeypatch.setattr(pushes, "LARGE_BYTES", largest)
    monkeypatch.setattr(pushes, "read_push", reading)
    driver.push(ORDERS, [order(1)])
    assert enabled == [largest > 1]
    assert gc.isenabled()


def test_they_wait_for_the_last_work_and_stay_off_where_they_were_off() -> None:
    collections = Collections()
    first, second = collections.waiting(), collections.waiting()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
    gc.disable()
    with pytest.raises(ValueError, match="it fails"), collections.waiting():
        raise ValueError("it fails")
    assert not gc.isenabled()


def test_what_the_work_leaves_is_not_looked_at_when_it_ends() -> None:
    with Collections().waiting():
        left = [[] for _ in range(1000)]
    assert not {id(each) for each in gc.get_objects(generation=0)} & {*map(id, left)}
    assert not gc.get_freeze_count()


def test_what_somebody_has_frozen_stays_frozen_and_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, counts = gc.get_freeze_count, []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counts.append(count()) or counts[-1])
    collections = Collections()
    gc.freeze()
    try:
        for _ in range(2):
            with collections.waiting():
                pass
            assert count()
    finally:
        gc.unfreeze()
    assert len(counts) == 1
