"""Which pushed records change anything, and which are the same but for their ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import judged
import pytest
from judged import pushed, version
from msgspec.structs import replace

from codat_mock.accounting.comparison import OwnRecord
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.models.pushes import PushedRecord
from codat_mock.rules.contexts import KnownVersion, Request
from codat_mock.sandbox import SandboxRegistry, Settings, companies, connections, pushes
from codat_mock.sandbox.pushed_records import (
    changes_in,
    content_without_ids,
    created_date,
    excused,
    failed_keys,
    is_effective,
    is_same,
    judged_records,
    meant_keys,
    unanswered_contents,
    without_ids,
)
from codat_mock.sandbox.session import Session
from codat_mock.storage.datasets import NewVersion

ORDERS = "commerce-orders"

SAID = {"totalAmount": 3, "createdDate": "2022-03-21T10:00:00Z"}
CHANGED = SAID | {"totalAmount": 4}
AT = "2022-03-21T10:00:00Z"
BEFORE, AFTER = "2022-03-21T09:59:59.999999Z", "2022-03-21T10:00:00.000001Z"


def dated(properties: dict[str, Any], at: str | None) -> dict[str, Any]:
    return properties | {"sourceModifiedDate": at}


@pytest.mark.parametrize(
    ("known", "record", "effective"),
    [
        (None, SAID, True),
        (version(is_delete=True), SAID, True),
        (version(**SAID), SAID, False),
        (version(**SAID), CHANGED, True),
        (version(**SAID), {}, True),
        (version(is_delete=True), {}, True),
        (version(**dated(SAID, AT)), dated(CHANGED, BEFORE), False),
        (version(**dated(SAID, AT)), dated(CHANGED, AT), False),
        (version(**dated(SAID, AT)), dated(CHANGED, AFTER), True),
        (version(**dated(SAID, AT)), CHANGED, True),
        (version(**SAID), dated(CHANGED, AT), True),
        (version(**dated(SAID, AT)), dated(CHANGED, None), True),
    ],
)
def test_an_update_counts_with_a_later_date_or_without_one(known, record, effective):
    assert is_effective(pushed(context={"known": known}, **record)) is effective


@pytest.mark.parametrize(
    ("known", "is_excused"),
    [
        (None, False),
        (version(**SAID), False),
        (version(**SAID, is_answered=False), True),
        (version(**CHANGED, is_answered=False), False),
    ],
)
def test_a_repeat_is_excused_if_the_answer_was_lost(known, is_excused):
    assert excused([pushed(context={"known": known}, **SAID)]) == (["O"] if is_excused else [])


def test_ids_make_no_difference_to_a_content():
    one = judged.order(orderNumber="1", orderLineItems=[{"id": "a", "totalAmount": 5}])
    two = judged.order(id="P", orderNumber="2", orderLineItems=[{"id": "b", "totalAmount": 5}])
    assert content_without_ids(one) == content_without_ids(two)
    assert content_without_ids(one) != content_without_ids(judged.order(84, id="O"))
    assert without_ids([{"id": 1, "a": [{"id": 2, "b": 3}]}]) == [{"a": [{"b": 3}]}]


def test_a_delete_means_the_transactions_of_every_type():
    deleted = pushed(judged.TRANSACTIONS).pushed
    [(position, keys)] = meant_keys(judged.TRANSACTIONS, [deleted]).items()
    assert position == 0
    assert {"O/Payment", "O/Refund", "O/"} <= {*keys}
    assert meant_keys(judged.ORDERS, [pushed(id="").pushed]) == {}


def test_a_created_date_is_stored_in_microseconds_if_there_is_one():
    assert created_date(pushed(createdDate="1970-01-01T00:00:00.000001Z").pushed) == 1
    assert created_date(pushed(totalAmount=1).pushed) is None


START = datetime(2022, 3, 21, 8, tzinfo=UTC)
REQUEST = Request(1, "2022-03-21T08:00:00Z", "POST", "/")


def accept(session: Session, company_id: str, *bodies: bytes, is_answered: bool = True) -> None:
    """Push orders in a session, each body as one."""
    for body in bodies:
        received = pushes.receive(company_id, ORDERS, b'{"orders":[%b]}' % body)
        dataset_id = pushes.accept(session, received, REQUEST)
        if not is_answered:
            pushes.forget_answer(session, company_id, dataset_id)


def sale(key: str, total: int = 1) -> bytes:
    return b'{"id":"%b","totalAmount":%d,"createdDate":"2022-03-21"}' % (key.encode(), total)


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    with registry.sandbox("k").session() as opened:
        yield opened


def test_the_contents_of_pushes_whose_answers_were_lost_are_known_unless_records_are_declared(
    session,
):
    row = session.company(companies.create(session, "Café").id)
    accept(session, row.company.id, sale("answered", 1))
    assert unanswered_contents(session, row, ORDERS) == {}
    accept(session, row.company.id, sale("lost", 2), is_answered=False)
    accept(session, row.company.id, sale("again", 3), sale("gone", 4), is_answered=False)
    accept(session, row.company.id, sale("again", 3), b'{"id":"gone"}')
    assert [*unanswered_contents(session, row, ORDERS).values()] == ["lost"]
    assert unanswered_contents(session, row, "commerce-payments") == {}
    session.tables.declared.put(row.number, own("x"), b"{}")
    assert unanswered_contents(session, row, ORDERS) == {}


def own(key: str) -> OwnRecord:
    return OwnRecord(
        data_type=ORDERS, key=key, created=None, modified=None, amount=Decimal(0), currency="",
        state="", is_nil=False,
    )  # fmt: skip


def test_a_new_record_with_the_content_of_one_whose_answer_was_lost_is_known_as_its_retry(session):
    row = session.company(companies.create(session, "Café").id)
    accept(session, row.company.id, sale("known", 1))
    accept(session, row.company.id, sale("lost", 2), is_answered=False)
    records = pushes.receive(
        row.company.id,
        ORDERS,
        b'{"orders":[%b]}'
        % b",".join(
            [sale("new", 2), sale("lost", 2), sale("other", 3), b'{"id":"known"}', b'{"id":"x"}']
        ),
    ).records
    judged_as = judged_records(session, row, ORDERS, records)
    assert [each.retries for each in judged_as] == ["lost", "", "", "", ""]
    assert [each.known is not None for each in judged_as] == [False, True, False, True, False]


def test_a_delete_of_what_only_failed_pushes_held_is_known_as_such(session):
    row = session.company(companies.create(session, "Café").id)
    session.tables.outcomes.add(PlannedOutcome(target="dataset", outcome="MapError"))
    accept(session, row.company.id, sale("failed"), sale("good"))
    deletes = b'{"orders":[{"id":"failed"},{"id":"good"},{"id":"never"}]}'
    records = pushes.receive(row.company.id, ORDERS, deletes).records
    judged_as = judged_records(session, row, ORDERS, records)
    assert [each.has_failed for each in judged_as] == [True, False, False]
    assert failed_keys(session, row, ORDERS, []) == set()
    again = pushes.receive(row.company.id, ORDERS, b'{"orders":[%b]}' % sale("failed")).records
    assert not any(each.has_failed for each in judged_records(session, row, ORDERS, again))


@pytest.mark.parametrize(
    ("totals", "positions"), [([2], [0]), ([1], []), ([2, 3], [1]), ([2, 1], []), ([1, 2], [1])]
)
def test_of_a_record_that_a_push_holds_twice_only_the_last_counts(session, totals, positions):
    row = session.company(companies.create(session, "Café").id)
    accept(session, row.company.id, sale("a", 1))
    body = b'{"orders":[%b]}' % b",".join(sale("a", total) for total in totals)
    records = pushes.receive(row.company.id, ORDERS, body).records
    changes = changes_in(session, row, ORDERS, judged_records(session, row, ORDERS, records))
    assert [each.position for each in changes] == positions


@pytest.mark.parametrize("at_once", [1, 2, 3, 9])
def test_the_versions_of_a_push_are_stored_whole_in_however_many_portions(
    session, monkeypatch, at_once
):
    monkeypatch.setattr(pushes, "VERSIONS_AT_ONCE", at_once)
    paused = []
    monkeypatch.setattr(Session, "give_way", lambda _: paused.append(None))
    row = session.company(companies.create(session, "Café").id)
    versions = [NewVersion(key, 0, None, False) for key in "abc"]
    marks = []
    add = session.tables.datasets.add_versions

    def noting(*given: Any) -> None:
        marks.append(session.tables.preferences.find(pushes.UNFINISHED, list[int]))
        add(*given)

    monkeypatch.setattr(session.tables.datasets, "add_versions", noting)
    pushes.store_versions(session, row, ORDERS, 7, versions)
    known = session.tables.datasets.known(row.number, ORDERS, "abc")
    assert sorted(known) == [*"abc"]
    portions = -(-3 // at_once)
    assert marks == ([[row.number, 7]] * portions if portions > 1 else [None])
    assert len(paused) == (portions if portions > 1 else 0)
    assert not session.tables.preferences.find(pushes.UNFINISHED, list[int])


@pytest.mark.parametrize("mode", ["flag", "miss"])
@pytest.mark.parametrize("overlaps", [[], [Request(9, "", "POST", "/")]])
def test_only_a_push_that_overlaps_another_is_missed_and_only_where_that_is_chosen(mode, overlaps):
    registry = SandboxRegistry(Settings(start_at=START, speed=0, concurrent_pushes=mode))
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        received = pushes.receive(row.company.id, ORDERS, b'{"orders":[%b]}' % sale("a"))
        pushes.accept(session, received, REQUEST, overlaps)
        is_missed = mode == "miss" and bool(overlaps)
        assert session.tables.versions.has_any(row.number) != is_missed
    registry.close()


def test_tax_rates_stay_known_while_orders_of_another_connection_are(session):
    row = session.company(companies.create(session, "Café").id)
    taxed = b'{"id":"a","orderLineItems":[{"taxPercentage":7.5}]}'
    accept(session, row.company.id, taxed, taxed)
    [first] = [each for each in row.company.data_connections if each.source_type == "Commerce"]
    other = replace(first, id="other")
    row.company.data_connections.append(other)
    connections.delete(session, row.company.id, other.id)
    assert row.rates == {Decimal("7.5")}
    connections.delete(session, row.company.id, first.id)
    assert row.rates == set()


@pytest.mark.parametrize(
    ("raws", "position", "known", "same"),
    [
        ((b"a", b"b"), 0, 0, True),
        ((b"a", b"b"), 0, 1, False),
        ((b"a", b"a"), 0, 1, True),
        ((b"a", b"b"), 1, 1, True),
    ],
)
def test_the_bytes_of_a_record_are_those_of_a_version_where_they_stand_or_are_equal(
    raws, position, known, same
):
    shared = dict(enumerate(raws))
    record = PushedRecord(ORDERS, "a", position, None, shared, False)
    for kept in (shared, dict(shared)):
        assert (
            is_same(record, KnownVersion(ORDERS, kept, known, False, REQUEST, True, False)) is same
        )
    assert not is_same(record, KnownVersion(ORDERS, {0: b"c"}, 0, False, REQUEST, True, False))
