"""Which records belong to others, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from codat_mock.accounting.comparison import OwnRecord
from codat_mock.accounting.reconciliation import Earlier
from codat_mock.models.errors import Conflict
from codat_mock.models.pushes import RECORDS
from codat_mock.rules.contexts import Request, SyncedRecord
from codat_mock.sandbox import (
    SandboxRegistry,
    companies,
    ground_truth,
    known_records,
    open_records,
    pushes,
)
from codat_mock.sandbox.known_records import Requests, known, known_rows, named_by, others
from codat_mock.sandbox.open_records import declared_before, unbooked
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

ORDERS, PAYMENTS, TRANSACTIONS = "commerce-orders", "commerce-payments", "commerce-transactions"
START = datetime(2022, 3, 21, 8, tzinfo=UTC)
NAMES = {ORDERS: "orders", PAYMENTS: "payments", TRANSACTIONS: "transactions"}


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    with registry.sandbox("k").session() as opened:
        yield opened


@pytest.fixture
def row(session: Session) -> CompanyRow:
    return session.company(companies.create(session, "Café").id)


def push(session: Session, row: CompanyRow, data_type: Any, *records: bytes) -> str:
    body = b'{"%b":[%b]}' % (NAMES[data_type].encode(), b",".join(records))
    received = pushes.receive(row.company.id, data_type, body)
    number = session.tables.row.requests + 1
    return pushes.accept(session, received, Request(number, "", "POST", "/"))


def synced(data_type: Any, key: str, record: bytes) -> SyncedRecord:
    return SyncedRecord(data_type, key, RECORDS[data_type](record), Request(1, "", "POST", "/"))


def of(source: str, kind: str, type_: str = "Payment") -> bytes:
    text = (
        f'{{"id":"T","type":"{type_}","transactionSourceRef":{{"id":"{source}","type":"{kind}"}}}}'
    )
    return text.encode()


def test_a_transaction_belongs_to_its_payment_and_source_and_a_payment_to_its_transactions():
    assert [*named_by([synced(ORDERS, "A", b'{"id":"A"}')])] == []
    transactions = [*named_by([synced(PAYMENTS, "P", b'{"id":"P"}')])]
    assert transactions
    assert {data_type for data_type, _ in transactions} == {TRANSACTIONS}
    assert all(key.startswith("P/") for _, key in transactions)
    assert [*named_by([synced(TRANSACTIONS, "T/Payment", of("A", "Order"))])] == [
        (PAYMENTS, "T"), (ORDERS, "A"),
    ]  # fmt: skip
    assert [*named_by([synced(TRANSACTIONS, "T/Payment", b'{"id":"T","type":"Payment"}')])] == [
        (PAYMENTS, "T")
    ]
    of_payment = [*named_by([synced(TRANSACTIONS, "T/Payment", of("P", "Payment"))])]
    assert of_payment == [(PAYMENTS, "T"), (PAYMENTS, "P"), *transactions]
    fee = [*named_by([synced(TRANSACTIONS, "T/x", of("P", "Payment", "PaymentFee"))])]
    assert fee == [*of_payment, (TRANSACTIONS, "P/PaymentFee")]


def test_a_payment_belongs_to_no_other_transaction_than_the_first_that_is_taken_with_it():
    paid = synced(PAYMENTS, "P", b'{"id":"P"}')
    link = synced(TRANSACTIONS, "P/Payment", b'{"id":"P","type":"Payment"}')
    back = synced(TRANSACTIONS, "P/Refund", b'{"id":"P","type":"Refund"}')
    assert [*named_by([paid, link])] == []
    assert [*named_by([paid, back])] == [(TRANSACTIONS, "P/Payment")]
    fee = synced(TRANSACTIONS, "F/PaymentFee", of("P", "Payment", "PaymentFee"))
    assert [*named_by([paid, link, fee])] == [(PAYMENTS, "T"), (TRANSACTIONS, "P/PaymentFee")]


def test_the_others_are_those_that_a_sync_did_not_take(session, row):
    push(session, row, ORDERS, b'{"id":"A","totalAmount":1}', b'{"id":"B","totalAmount":2}')
    push(session, row, PAYMENTS, b'{"id":"T","amount":1}')
    transaction = synced(TRANSACTIONS, "T/Payment", of("A", "Order"))
    found = others(session, row, [transaction])
    assert {*found} == {(ORDERS, "A"), (PAYMENTS, "T")}
    taken = [transaction, synced(ORDERS, "A", b'{"id":"A"}')]
    assert {*others(session, row, taken)} == {(PAYMENTS, "T")}
    assert others(session, row, []) == {}


@pytest.mark.parametrize("at_once", [1, 2, 9])
def test_known_records_are_looked_up_in_portions(session, row, monkeypatch, at_once):
    push(session, row, ORDERS, *(b'{"id":"%c","totalAmount":1}' % letter for letter in b"ABC"))
    monkeypatch.setattr(known_records, "MANY_RECORDS", at_once)
    assert sorted(known_rows(session, row, ORDERS, "ABCX")) == [*"ABC"]
    found = known(session, row, ORDERS, "AXC")
    assert sorted(found) == ["A", "C"]
    assert found["C"].raw == b'{"id":"C","totalAmount":1}'
    assert known(session, row, ORDERS, []) == {}


def test_a_known_record_says_who_accepted_it_and_whether_anybody_received_the_answer(session, row):
    first = push(session, row, ORDERS, b'{"id":"A","totalAmount":1}')
    pushes.forget_answer(session, row.company.id, first)
    version = known(session, row, ORDERS, ["A"])["A"]
    assert (version.is_answered, version.accepted_by.number, version.is_synced) == (False, 1, False)
    push(session, row, ORDERS, b'{"id":"A","totalAmount":1}')  # the same: it is carried once more
    version = known(session, row, ORDERS, ["A"])["A"]
    assert (version.is_answered, version.accepted_by.number) == (True, 1)
    push(session, row, ORDERS, b'{"id":"A"}')
    version = known(session, row, ORDERS, ["A"])["A"]
    assert (version.is_delete, version.accepted_by.number) == (True, 3)
    kept = known(session, row, ORDERS, ["A"], condition="NOT is_delete")["A"]
    assert (kept.is_delete, kept.accepted_by.number) == (False, 1)


def test_the_request_of_a_dataset_is_looked_up_once(session, row):
    push(session, row, ORDERS)
    requests = Requests(session)
    [dataset] = session.tables.datasets.all(row.number)
    assert requests[dataset.number].number == 1
    session.tables.datasets.delete_push(row.number, dataset.number)
    assert requests[dataset.number].number == 1


def declare(session: Session, row: CompanyRow, key: str, created: datetime | None) -> None:
    at = "" if created is None else f',"createdDate":"{created.isoformat()}"'
    own = OwnRecord(
        data_type=ORDERS, key=key, created=created, modified=None, amount=Decimal(1),
        currency="GBP", state="", is_nil=False,
    )  # fmt: skip
    body = f'{{"id":"{key}","totalAmount":1{at}}}'.encode()
    session.tables.declared.put(row.number, own, body)


def test_declared_records_of_before_the_start_date_are_known_where_others_belong_to_them(
    session, row
):
    records = [
        synced(TRANSACTIONS, f"{key}/Payment", of(key, "Order")) for key in ("early", "at", "no")
    ]
    assert declared_before(session, row, records, START) == {}
    declare(session, row, "early", START.replace(hour=7))
    declare(session, row, "at", START)
    declare(session, row, "no", None)
    declare(session, row, "unnamed", START.replace(hour=7))
    assert [*declared_before(session, row, records, START)] == [(ORDERS, "early")]
    assert declared_before(session, row, [], START) == {}


def test_orders_and_payments_are_unbooked_until_a_sync_has_booked_them(session, row, monkeypatch):
    names = [(ORDERS, "A"), (PAYMENTS, "A"), (ORDERS, "P"), (PAYMENTS, "P"), (TRANSACTIONS, "A/x")]
    known_of = dict.fromkeys(names)
    assert unbooked(session, row, known_of) == {*names[:4]}
    assert unbooked(session, row, {}) == frozenset()
    booked = Earlier(orders={"A": None}, payments={"P": None}, documents=[])
    monkeypatch.setattr(open_records, "booked_earlier", lambda *_: booked)
    assert unbooked(session, row, known_of) == {(PAYMENTS, "A"), (ORDERS, "P")}


def test_nothing_is_compared_before_records_are_declared(session, row):
    for company_id in (None, row.company.id):
        with pytest.raises(Conflict, match="nothing to compare with"):
            ground_truth.comparisons(session, company_id)
    declare(session, row, "A", START)
    other = session.company(companies.create(session, "Bar").id)
    for company_id in (None, row.company.id):
        found = ground_truth.comparisons(session, company_id).companies
        assert [each.company_id for each in found] == [row.company.id]
    with pytest.raises(Conflict):
        ground_truth.comparisons(session, other.company.id)


def test_declared_records_are_counted_by_their_types(session, row):
    counts = ground_truth.declare(session, row.company.id, [], replaces=False)
    assert (counts.orders, counts.payments, counts.transactions) == (0, 0, 0)
    declare(session, row, "A", START)
    counts = ground_truth.declare(session, row.company.id, [], replaces=False)
    assert (counts.orders, counts.payments, counts.transactions) == (1, 0, 0)
    counts = ground_truth.declare(session, row.company.id, [], replaces=True)
    assert (counts.company_id, counts.orders) == (row.company.id, 0)
