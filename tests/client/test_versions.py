"""When two versions of a record are the same: whenever rule S03 calls the second one unchanged."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from client_mock import NOON
from hypothesis import given, settings
from hypothesis import strategies as st

import codat_push.comparison
from codat_mock.models.commerce import Order
from codat_mock.models.decoding import decoder
from codat_mock.rules.contexts.pushes import content_of
from codat_push import BadRecord, Ledger
from codat_push.earlier_digests import first_digest, second_digest
from codat_push.models import Dataset
from codat_push.schema import DATA_TYPES, PROPERTIES, DataType
from codat_push.versions import (
    Given,
    Version,
    encode_given,
    make_unusual,
    make_version,
    missing_properties,
    property_bits,
    read_given,
)
from codat_scenarios.strategies import orders

ORDERS, PAYMENTS, TRANSACTIONS = DATA_TYPES
Record = dict[str, Any]
decode: Final = decoder(Order)


def with_amounts(record: Record, change: Callable[[Decimal], Decimal]) -> Record:
    return {
        name: change(value) if isinstance(value, Decimal) else value
        for name, value in record.items()
    }


def nearly(amount: Decimal) -> Decimal:
    """The amount as a sum of binary floats may give it."""
    noisy = math.nextafter(float(amount), math.inf) if amount else 0.1 + 0.2 - 0.3
    return Decimal(repr(noisy))


CHANGES: Final[dict[str, Callable[[Record], Record]]] = {
    "nothing": lambda record: record,
    "a stamp": lambda record: record | {"sourceModifiedDate": "2022-03-21T12:00:01Z"},
    "a stamp that is null": lambda record: record | {"modifiedDate": None},
    "no stamps": lambda record: {
        name: value for name, value in record.items() if "odifiedDate" not in name
    },
    "the order of lists": lambda record: {
        name: value[::-1] if isinstance(value, list) else value for name, value in record.items()
    },
    "the error of a float": lambda record: with_amounts(record, nearly),
    "a text": lambda record: record | {"country": "FR"},
    "a cent": lambda record: record | {"totalAmount": record["totalAmount"] + Decimal("0.01")},
    "a null": lambda record: record | {"closedDate": None},
}


@settings(max_examples=100, deadline=None)
@given(orders(), st.sampled_from([*CHANGES]))
def test_a_version_is_the_same_if_and_only_if_rule_s03_calls_it_unchanged(
    order: Record, name: str
) -> None:
    order |= {"totalTaxAmount": Decimal("1.23"), "currency": "GBP"}
    old, new = (make_version(ORDERS, record) for record in (order, CHANGES[name](order)))
    assert (old.digest == new.digest) == (
        content_of(decode(old.body)) == content_of(decode(new.body))
    )


def pushed(ledger: Ledger, order: Record) -> int:
    """Push the changes of an order; returns how many records that were."""
    count = 0
    for chunk in ledger.changes("c", ORDERS, [order]):
        ledger.mark_posted(chunk)
        sent = ledger.mark_sent(chunk, "dataset")
        ledger.settle(sent, Dataset(id="dataset", company_id="c", data_type="", status="Complete"))
        count += chunk.size
    return count


@pytest.mark.parametrize("earlier_digest", [first_digest, second_digest])
@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_ledger_of_an_earlier_version_does_not_send_everything_again(
    tmp_path: Path, is_recorded: bool, earlier_digest: Callable[..., bytes]
) -> None:
    """Its digests are of another form, which compares stamps, too."""
    order = {"id": "A-1", "totalAmount": Decimal("12.10"), "currency": "GBP"}
    order |= {"createdDate": "2022-03-21T12:00:00Z", "sourceModifiedDate": "2022-03-21T12:00:00Z"}
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert pushed(ledger, order) == 1
        with ledger.store.transaction():
            digest = earlier_digest(ORDERS, order)
            ledger.store.database.run("UPDATE known SET digest = ?, source = NULL", digest)
        if is_recorded:
            ledger.put("c", ORDERS, make_version(ORDERS, order))
            assert ledger.take("c", ORDERS) is None
        assert pushed(ledger, order) == 0
        changed = {"totalAmount": Decimal("12.20"), "sourceModifiedDate": "2022-03-21T12:00:01Z"}
        assert pushed(ledger, order | changed) == 1


def test_records_given_as_before_are_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []

    def counted(kind: DataType, record: Any, given: Given) -> Version | None:
        encoded.append(record["id"])
        return read_given(kind, record, given)

    monkeypatch.setattr(codat_push.comparison, "read_given", counted)
    order = {"id": "A-1", "totalAmount": Decimal("12.10"), "createdDate": NOON}
    same = order | {"totalAmount": Decimal("12.100")}  # for the service
    ledger = Ledger(":memory:")
    counts = [pushed(ledger, each) for each in (order, order, same, same, order)]
    assert counts == [1, 0, 0, 0, 0]
    assert len(encoded) == 3  # the first of each form, as the last given is known


def test_of_two_versions_of_a_record_in_one_batch_the_last_counts() -> None:
    order = {"id": "A-1", "totalAmount": 1, "createdDate": NOON}
    ledger = Ledger(":memory:")
    assert pushed(ledger, order) == 1
    assert list(ledger.changes("c", ORDERS, [order | {"totalAmount": 2}, order])) == []
    chunk = next(ledger.changes("c", ORDERS, [order, order | {"totalAmount": 2}]))
    assert chunk.size == 1


@pytest.mark.parametrize(
    ("kind", "record", "key"),
    [
        (ORDERS, {"id": "a", "country": "GB"}, ("a", "")),
        (ORDERS, {"id": "a", "type": "Payment", "country": "GB"}, None),
        (TRANSACTIONS, {"id": "a", "type": "Payment"}, ("a", "Payment")),
        (TRANSACTIONS, {"id": "a", "type": None, "totalAmount": 1}, ("a", "")),
        (TRANSACTIONS, {"id": "a", "totalAmount": 0}, ("a", "")),
        (TRANSACTIONS, {"id": "a", "type": "", "totalAmount": 1}, ("a", "")),
        (PAYMENTS, {"id": "a", "type": "Cash"}, ("a", "")),
        (ORDERS, {"id": "", "country": "GB"}, None), (ORDERS, {"country": "GB"}, None),
        (ORDERS, {"id": None, "country": "GB"}, None), (ORDERS, {"id": 7, "country": "GB"}, None),
        (ORDERS, {"id": "a"}, None), (ORDERS, {"id": "a", "country": ""}, None),
        (PAYMENTS, {"id": "a", "status": "Deleted"}, None),
        (PAYMENTS, {"id": "a", "status": "Paid"}, ("a", "")),
    ],
)  # fmt: skip
def test_a_plain_record_has_its_key_at_once(
    kind: DataType, record: Record, key: tuple[str, str] | None
) -> None:
    given = encode_given(record)
    assert given is not None
    found = read_given(kind, record, given)
    assert (found and (found.id, found.kind)) == key
    if key:
        unusual = make_unusual(kind, record, "$", given)
        assert unusual == found
        assert make_version(kind, record) == found
        assert make_version(kind, dict(record), "$", None) == found
    else:
        with pytest.raises(BadRecord):
            make_version(kind, record)


@pytest.mark.parametrize("record", [[], "a", 7, None, {"a": object}, {"a": "\ud800"}, Order])
def test_what_is_no_dict_of_plain_values_has_no_fingerprint(record: Any) -> None:
    assert encode_given(record) is None


def test_the_same_values_have_the_same_fingerprint_and_others_another() -> None:
    sources = [
        encode_given({"id": "a", "totalAmount": Decimal(amount)}) for amount in ("1.0", "1.0", "2")
    ]
    assert sources[0] == sources[1] != sources[2]
    assert sources[0] is not None
    assert len(sources[0].source) == 20


@pytest.mark.parametrize(
    ("record", "path", "reason"),
    [
        ([], "$[3]", "a record must be an object"), (7, "$[3]", "a record must be an object"),
        ({"totalAmount": 1}, "$[3].id", "a record needs an id, a text that is not empty"),
        ({"id": "\ud800", "totalAmount": 1}, "$[3].id",
         "the id '\\ud800' is not valid Unicode"),
        ({"id": "a"}, "$[3]", "this looks like a delete; call delete with its id instead"),
        ({"id": "a", "odd": 1}, "$[3].odd",
         "unknown property, which the service would ignore; remove it"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_sent_is_named(record: Any, path: str, reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        make_version(ORDERS, record, "$[3]")
    assert (caught.value.path, caught.value.reason) == (path, reason)


@pytest.mark.parametrize("kind", [ORDERS, PAYMENTS, TRANSACTIONS])
def test_each_property_has_its_own_bit(kind: DataType) -> None:
    names = PROPERTIES[kind]
    bits = [property_bits(kind, (name,)) for name in names]
    assert bits == [1 << number for number in range(len(names))]
    assert property_bits(kind, ()) == property_bits(kind, ("odd",)) == 0
    everything = property_bits(kind, names)
    assert everything == (1 << len(names)) - 1
    assert missing_properties(kind, everything, 0) == [*names]
    assert missing_properties(kind, everything, bits[0] | bits[-1]) == [*names[1:-1]]
    assert missing_properties(kind, 0, everything) == []
