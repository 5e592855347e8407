"""How evidence becomes a finding, and how findings of one kind are joined."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from codat_mock.models.pushes import read_push
from codat_mock.rules.contexts import (
    Evidence,
    ExchangeContext,
    KnownVersion,
    PushContext,
    RecordContext,
    Request,
)
from codat_mock.rules.differences import PropertyDifference, differences_between, losses_between
from codat_mock.rules.judge import Finding, StoredFinding, finding_of, joined, judge
from codat_mock.rules.registry import RULES
from codat_mock.rules.rule_settings import RuleSetting

ORDERS = "commerce-orders"


def request(number: int) -> Request:
    return Request(number, "2022-03-21T12:00:00Z", "GET", "/meta/companies")


def unauthorised(number: int, severity: str = "error") -> StoredFinding:
    subject = ExchangeContext(request=request(number), status=401)
    settings = {"T01": RuleSetting("T01", severity=severity)}
    [found] = [each for each in judge(subject, settings).found if each.finding.code == "T01"]
    return found


@pytest.mark.parametrize(("before", "after"), [("error", "info"), ("info", "error")])
def test_a_joined_finding_has_the_severity_of_the_latest(before: str, after: str) -> None:
    both = joined(unauthorised(1, before), unauthorised(2, after))
    assert both.finding.severity == after


def test_a_joined_finding_counts_all_and_names_the_first_twenty() -> None:
    found = unauthorised(1)
    for number in range(2, 31):
        later = unauthorised(number)
        named = replace(later.finding, records=[f"record {number}"])
        found = joined(found, replace(later, finding=named))
    finding = found.finding
    assert finding.count == 30
    assert finding.records == ["GET /meta/companies", *(f"record {n}" for n in range(2, 21))]
    assert [each.number for each in finding.requests] == [*range(1, 22)]
    assert finding.message == "Not authorised: 30 requests, such as GET /meta/companies."


def test_a_joined_finding_names_a_record_once() -> None:
    both = joined(unauthorised(1), unauthorised(2)).finding
    assert (both.count, both.records) == (2, ["GET /meta/companies"])


def finding_with(differences: int, records: int = 1) -> Finding:
    changes = [PropertyDifference(f"$.p{number}", 0, 1) for number in range(differences)]
    evidence = [Evidence(f"A-{number}", changes=changes) for number in range(records)]
    push = PushContext(data_type=ORDERS, at=datetime(2022, 3, 21, tzinfo=UTC), request=request(1))
    return finding_of(RULES["U01"], push, evidence, "error")


@pytest.mark.parametrize(("differences", "shown"), [(99, 99), (100, 100), (101, 100)])
def test_a_finding_shows_the_first_hundred_differences(differences: int, shown: int) -> None:
    found = finding_with(differences).differences
    assert [each.path for each in found] == [f"$.p{number}" for number in range(shown)]


@pytest.mark.parametrize(("records", "shown"), [(19, 19), (20, 20), (21, 20)])
def test_a_finding_names_the_first_twenty_records(records: int, shown: int) -> None:
    found = finding_with(1, records)
    assert found.count == records
    assert found.records == [f"A-{number}" for number in range(shown)]
    assert len(found.differences) == shown


def versions(old: bytes, new: bytes) -> RecordContext:
    [before] = read_push(ORDERS, b'{"orders": [%s]}' % old)
    [after] = read_push(ORDERS, b'{"orders": [%s]}' % new)
    known = KnownVersion(ORDERS, before.raw, False, request(1), True, False)
    return RecordContext(after, known)


def test_elements_added_to_and_removed_from_a_list_are_differences() -> None:
    one, two = b'{"id":"A","orderLineItems":[{"id":"1"}]}', b'{"id":"A","orderLineItems":[]}'
    added, removed = versions(two, one), versions(one, two)
    assert [each.path for each in added.changes] == ["$.orderLineItems[0]"]
    assert [each.path for each in removed.changes] == ["$.orderLineItems[0]"]
    assert added.changes[0].old is None
    assert removed.changes[0].new is None


def test_a_loss_inside_a_list_is_found_by_the_id_of_the_element() -> None:
    old = b'{"id":"A","orderLineItems":[{"id":"1","quantity":1},{"id":"2"}]}'
    new = b'{"id":"A","orderLineItems":[{"id":"2"},{"id":"1"}]}'
    record = versions(old, new)
    assert [each.path for each in record.losses] == ["$.orderLineItems[1].quantity"]


def test_null_counts_as_present() -> None:
    record = versions(b'{"id":"A","orderNumber":"7"}', b'{"id":"A","orderNumber":null}')
    assert losses_between(record.known.record, record.pushed.record) == []
    [change] = differences_between(record.known.record, record.pushed.record)
    assert (change.path, change.old, change.new) == ("$.orderNumber", "7", None)
