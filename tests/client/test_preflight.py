"""What is read before a push: links and mapping, datasets, and the latest sync."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from client_mock import NOON, FakeClock
from given_answers import GivenAnswers, failure, lost
from sample_answers import HOUR, synced

from codat_push import Dataset, Ledger, LedgerError, NotSetUp, RequestError
from codat_push.errors import UnreadableAnswer
from codat_push.models import Configuration, Connection, ConnectionPage, DatasetPage
from codat_push.preflight import check_set_up, is_unoffered, note_datasets, note_sync, prepare

ORDERS = "commerce-orders"
NOT_OFFERED = (400, 404, 405, 501)
OTHERS = (401, 402, 403, 406, 409, 429, 500, 502, 503)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


def other_shape() -> RequestError:
    error = lost(UnreadableAnswer)
    error.__cause__ = msgspec.ValidationError("another")
    return error


def links(commerce: str | None, accounting: str | None) -> ConnectionPage:
    given = {"Commerce": commerce, "Accounting": accounting}
    return ConnectionPage([Connection(kind, each) for kind, each in given.items() if each])


def run(flow: Any, **answers: Any) -> tuple[Any, list[str]]:
    """What a flow returns, and what it asked for."""
    service = GivenAnswers(FakeClock(), **{name: [each] for name, each in answers.items()})
    return service.run(flow), service.asked


@pytest.mark.parametrize(
    ("commerce", "accounting", "mapping", "message"),
    [
        ("Linked", "Linked", True, None), ("Linked", "Linked", None, None),
        ("Linked", "Linked", False, "the merchant has not completed the mapping yet"),
        ("Linked", "PendingAuth", True, "no accounting platform is linked yet"),
        ("Linked", None, True, "no accounting platform is linked yet"),
        ("Unlinked", "Linked", True, "its commerce connection is not linked"),
        (None, "Linked", True, "its commerce connection is not linked"),
    ],
)  # fmt: skip
def test_a_company_is_set_up_when_both_platforms_are_linked_and_mapped(
    ledger: Ledger,
    commerce: str | None,
    accounting: str | None,
    mapping: bool | None,
    message: str | None,
) -> None:
    answers = {"connections": links(commerce, accounting), "configuration": Configuration(mapping)}
    if message:
        with pytest.raises(NotSetUp, match=f"^company c: {message}$"):
            run(check_set_up(ledger, "c"), **answers)
    else:
        assert run(check_set_up(ledger, "c"), **answers)[1] == ["connections", "configuration"]
    assert ledger.store.remote_state.is_set_up("c") is (message is None)


@pytest.mark.parametrize("accounting", ["Linked", "Unlinked", None])
def test_once_it_was_only_its_commerce_connection_counts(
    ledger: Ledger, accounting: str | None
) -> None:
    ledger.store.remote_state.note_set_up("c")
    _, asked = run(check_set_up(ledger, "c"), connections=links("Linked", accounting))
    assert asked == ["connections"]
    with pytest.raises(NotSetUp, match="commerce connection"):
        run(check_set_up(ledger, "c"), connections=links("Unlinked", accounting))


@pytest.mark.parametrize("operation", ["connections", "configuration"])
@pytest.mark.parametrize("error", [*map(failure, NOT_OFFERED), other_shape()])
def test_a_service_without_these_operations_shows_it_by_the_push(
    ledger: Ledger, operation: str, error: RequestError
) -> None:
    run(check_set_up(ledger, "c"), **{operation: error})
    assert not ledger.store.remote_state.is_set_up("c")
    assert is_unoffered(error)


@pytest.mark.parametrize("operation", ["connections", "configuration"])
@pytest.mark.parametrize("error", [*map(failure, OTHERS), lost(), lost(UnreadableAnswer)])
def test_any_other_failure_is_passed_on(
    ledger: Ledger, operation: str, error: RequestError
) -> None:
    with pytest.raises(type(error)):
        run(check_set_up(ledger, "c"), **{operation: error})
    assert not is_unoffered(error)


@pytest.mark.parametrize(
    ("answer", "is_listed", "seen"),
    [
        (DatasetPage(), True, set()), (DatasetPage([Dataset(id="1")]), True, {"1"}),
        *((failure(status), False, set()) for status in NOT_OFFERED), (other_shape(), False, set()),
    ],
)  # fmt: skip
def test_which_datasets_there_are_is_noted_before_the_first_push_only(
    ledger: Ledger, answer: Any, is_listed: bool, seen: set[str]
) -> None:
    stream = ledger.store.stream("c", ORDERS)
    assert run(note_datasets(ledger, "c", ORDERS), newest_datasets=answer)[1] == ["newest_datasets"]
    assert ledger.store.remote_state.lists_datasets(stream) is is_listed
    assert ledger.store.remote_state.datasets(stream) == seen
    assert run(note_datasets(ledger, "c", ORDERS), newest_datasets=answer)[1] == []


@pytest.mark.parametrize("status", OTHERS)
def test_until_they_can_be_listed_nothing_is_noted(ledger: Ledger, status: int) -> None:
    with pytest.raises(RequestError):
        run(note_datasets(ledger, "c", ORDERS), newest_datasets=failure(status))
    assert ledger.store.remote_state.lists_datasets(ledger.store.stream("c", ORDERS)) is None


@pytest.mark.parametrize(
    ("answer", "has_changed"),
    [(None, False), (synced(NOON, NOON), True),
     *((failure(status), False) for status in NOT_OFFERED)],
)  # fmt: skip
def test_whether_another_sync_has_run_is_noticed(
    ledger: Ledger, answer: Any, has_changed: bool
) -> None:
    assert run(note_sync(ledger, "c"), sync_status=answer)[0] is has_changed
    assert run(note_sync(ledger, "c"), sync_status=answer)[0] is False
    assert run(prepare(ledger, "c", ORDERS), sync_status=synced(NOON + HOUR, NOON + HOUR)) == (
        True,
        ["connections", "configuration", "newest_datasets", "sync_status"],
    )


@pytest.mark.parametrize("error", [*map(failure, OTHERS), other_shape()])
def test_a_sync_that_cannot_be_read_stops_the_push(ledger: Ledger, error: RequestError) -> None:
    with pytest.raises(type(error)):
        run(note_sync(ledger, "c"), sync_status=error)


def test_datasets_are_noted_all_or_none(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_values: Any) -> None:
        raise LedgerError("the disk is full")

    state, stream = ledger.store.remote_state, ledger.store.stream("c", ORDERS)
    monkeypatch.setattr(state, "note_dataset", fail)
    with pytest.raises(LedgerError):
        run(note_datasets(ledger, "c", ORDERS), newest_datasets=DatasetPage([Dataset(id="1")]))
    assert state.lists_datasets(stream) is None
