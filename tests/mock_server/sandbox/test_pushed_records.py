"""Which pushed records change anything, and which are the same but for their ids."""

from __future__ import annotations

from typing import Any

import judged
import pytest
from judged import pushed, version

from codat_mock.sandbox.pushed_records import (
    content_without_ids,
    created_date,
    excused,
    is_effective,
    meant_keys,
    without_ids,
)

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
    deleted, kept = pushed(judged.TRANSACTIONS).pushed, pushed(judged.TRANSACTIONS, **SAID).pushed
    [(position, keys)] = meant_keys(judged.TRANSACTIONS, [deleted, kept]).items()
    assert position == 0
    assert {"O/Payment", "O/Refund", "O/"} <= {*keys}
    assert meant_keys(judged.ORDERS, [pushed(id="").pushed]) == {}


def test_a_created_date_is_stored_in_microseconds_if_there_is_one():
    assert created_date(pushed(createdDate="1970-01-01T00:00:00.000001Z").pushed) == 1
    assert created_date(pushed(totalAmount=1).pushed) is None
