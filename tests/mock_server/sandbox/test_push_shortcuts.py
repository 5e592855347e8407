"""What spares a push work changes nothing that is found in it, or known after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import to_builtins

from codat_mock.accounting.order_taxes import percentages
from codat_mock.models.datasets import DataType
from codat_mock.models.errors import Malformed
from codat_mock.models.native_records import NativeDecoder, exact_amount
from codat_mock.models.pushes import RawRecords
from codat_mock.rules.contexts import RecordContext, Request
from codat_mock.sandbox import SandboxRegistry, Settings, companies, evaluation, pushes
from codat_mock.sandbox import known_records as knowing
from codat_mock.sandbox.session import Session

ORDERS: DataType = "commerce-orders"
START = datetime(2022, 3, 21, 8, tzinfo=UTC)
DATES = ["2022-03-21T07:00:00Z", "2022-03-21T08:00:00+01:00", "2022-03-20", "2022-03-21T07:30:00Z"]
LINES = ["", '"taxPercentage": 20', '"taxPercentage": 5, "sku": 1', '"totalTaxAmount": 0']


@st.composite
def records(draw: st.DrawFn) -> str:
    """An order of few ids: whole, bare, marked as deleted, with odd properties, or wrong."""
    id_ = draw(st.sampled_from(["a", "b", "c", ""]))
    dates = st.sampled_from(DATES)
    kind = draw(st.sampled_from(["whole"] * 6 + ["bare", "void", "wrong"]))
    match kind:
        case "bare":
            return f'{{"id": "{id_}"}}'
        case "void":
            return f'{{"id": "{id_}", "isDeleted": true}}'
        case "wrong":
            return f'{{"id": "{id_}", "totalAmount": "1"}}'
    total = draw(st.sampled_from(["1", "1.0", "2", "1.0000000001"]))
    line = draw(st.sampled_from(LINES))
    stamp = draw(st.sampled_from(["", ', "colour": "red"']))
    stamp += draw(st.sampled_from(["", f', "sourceModifiedDate": "{draw(dates)}"']))
    return (
        f'{{"id": "{id_}", "createdDate": "{draw(dates)}", "totalAmount": {total},'
        f' "orderLineItems": [{{{line}}}]{stamp}}}'
    )


class Sent(NamedTuple):
    """A push, and whether its answer is received."""

    body: str
    is_answered: bool = True


@st.composite
def histories(draw: st.DrawFn) -> list[Sent]:
    """Pushes of few orders, some of which are an earlier one again, byte for byte."""
    sent: list[Sent] = []
    for _ in range(draw(st.integers(1, 4))):
        body = ", ".join(draw(st.lists(records(), max_size=3)))
        earlier = [each.body for each in sent]
        whole = draw(st.sampled_from([f'{{"orders": [{body}]}}', *earlier]))
        sent.append(Sent(whole, draw(st.booleans())))
    return sent


def played(history: list[Sent]) -> Any:
    """What a sandbox finds in pushes, and knows after them."""
    registry = SandboxRegistry(Settings(start_at=START, speed=0))
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        outcomes = [
            push(session, row.company.id, each.body, is_answered=each.is_answered)
            for each in history
        ]
        known = knowing.known(session, row, ORDERS, "abc")
        found = to_builtins(evaluation.findings(session).findings)
        kept = {key: (each.raw, each.is_delete, each.accepted_by) for key, each in known.items()}
        rates = sorted(row.rates)
    registry.close()
    return outcomes, found, kept, rates


def push(session: Session, company_id: str, body: str, *, is_answered: bool) -> Any:
    """The id of a push's dataset; where it is refused, why."""
    number = session.tables.row.requests + 1
    received = pushes.receive(company_id, ORDERS, body.encode(), is_checked=False)
    try:
        id_ = pushes.accept(session, received, Request(number, "", "POST", "/"))
    except Malformed as error:
        return error.message, error.problems
    if not is_answered:
        pushes.forget_answer(session, company_id, id_)
    return id_


def apart(session: Session, data_type: DataType, number: int, _pushed: Any) -> RawRecords:
    """The bytes of a dataset's records, never those of another push."""
    return RawRecords(data_type, session.tables.datasets.body(number))


def all_rates(judged: Sequence[RecordContext]) -> set[Decimal]:
    """The tax percentages of all orders, known or not."""
    return {exact_amount(each) for each in percentages(record.pushed.native for record in judged)}


def played_carefully(history: list[Sent]) -> Any:
    """The same where each record is decoded, and compared, for itself."""
    with ExitStack() as patched:
        for name in ("documented", "undocumented", "outline"):
            patched.enter_context(patch.object(NativeDecoder, name, lambda *_, **__: None))
        patched.enter_context(patch.object(knowing, "stored_records", apart))
        patched.enter_context(patch.object(pushes, "named_rates", all_rates))
        return played(history)


ORDER = '{"orders": [{"id": "a", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": %s}]}'


@given(histories())
@example([Sent(ORDER % 1, is_answered=False), Sent(ORDER % 1), Sent(ORDER % 1)])
@example([Sent(ORDER % 1), Sent(ORDER % 2), Sent(ORDER % 1), Sent('{"orders": [{"id": "a"}]}')])
def test_shortcuts_find_and_keep_what_care_does(history: list[Sent]) -> None:
    assert played(history) == played_carefully(history)


@pytest.mark.parametrize("total", [1, 2])
def test_a_push_that_is_the_same_as_an_earlier_one_is_not_taken_apart(
    registry: SandboxRegistry, monkeypatch: pytest.MonkeyPatch, total: int
) -> None:
    bodies = [ORDER % 1, ORDER % total]
    taken, split = set(), RawRecords.all.func

    def noting(self: RawRecords) -> list[bytes]:
        taken.add(self.body.decode())
        return split(self)

    monkeypatch.setattr(RawRecords, "all", property(noting))
    with registry.sandbox("k").session() as session:
        company_id = companies.create(session, "Café").id
        for body in bodies:
            push(session, company_id, body, is_answered=True)
    assert taken == (set() if total == 1 else {*bodies})
