"""How evidence becomes a finding, and how findings of one kind are joined."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec import to_builtins
from msgspec.structs import fields, replace

from codat_mock.models.errors import Problem
from codat_mock.models.pushes import read_push
from codat_mock.rules.contexts import (
    Evidence,
    ExchangeContext,
    KnownVersion,
    ProbeContext,
    ProbedSale,
    PushContext,
    RecordContext,
    Request,
)
from codat_mock.rules.differences import PropertyDifference, differences_between, losses_between
from codat_mock.rules.judge import (
    BooksSummary,
    Finding,
    Findings,
    StoredFinding,
    finding_of,
    joined,
    judge,
    named,
    plural,
    verdict_on,
)
from codat_mock.rules.registry import RULES, SECTIONS, filled, rule, rulebook
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


def test_a_joined_finding_has_the_first_twenty_one_requests_of_both() -> None:
    old, new = unauthorised(1), unauthorised(2)
    many = replace(new.finding, requests=[request(number) for number in range(2, 40)])
    found = joined(old, replace(new, finding=many)).finding
    assert [each.number for each in found.requests] == [*range(1, 22)]


@pytest.mark.parametrize(
    ("key", "own", "of_finding", "shown"),
    [
        ("T/", "commerce-transactions", "", "T"),
        ("T/", "", "commerce-transactions", "T"),
        ("T/Refund", "commerce-transactions", "", "T/Refund"),
        ("/", "commerce-transactions", "", "/"),
        ("O/", "commerce-orders", "", "O/"),
        ("O/", "", "", "O/"),
    ],
)
def test_a_transaction_without_a_type_is_named_by_its_id(
    key: str, own: str, of_finding: str, shown: str
) -> None:
    assert named(Evidence(key, data_type=own), of_finding, is_mixed=False) == shown


def test_a_finding_is_joined_by_the_key_of_its_first_evidence() -> None:
    problems = [Problem("$", "It is no JSON."), Problem("$.orders", "It is no list.")]
    subject = PushContext(
        company_id="c", data_type=ORDERS, at=datetime(2022, 3, 21, tzinfo=UTC),
        request=request(1), problems=problems,
    )  # fmt: skip
    [found] = [each for each in judge(subject).found if each.finding.code == "S15"]
    assert found.dedup_key == f"c {ORDERS} {problems[0]}"


@pytest.mark.parametrize(
    ("code", "text"), [("S03", "It is taken."), ("x1", "It is small."), ("X99", ""), ("X", "None.")]
)
def test_a_rule_has_a_new_code_and_says_what_holds(code: str, text: str) -> None:
    def look(_: ExchangeContext) -> Iterator[Evidence]:
        yield from ()

    look.__doc__ = text
    enter = rule(
        code, "name", "error", subject=ExchangeContext, message="", advice="", source="assumed"
    )
    with pytest.raises(ValueError, match=f"'{code}' is not a rule code|rule {code} is defined"):
        enter(look)


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
    known = KnownVersion(ORDERS, before.raws, 0, False, request(1), True, False)
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


@pytest.mark.parametrize(
    ("noun", "several"), [("record", "records"), ("property", "properties"), ("push", "pushes")]
)
def test_several_are_named_by_their_plural(noun: str, several: str) -> None:
    assert plural(noun) == several


@pytest.mark.parametrize("wrong", ["missed", "unreconciled", "surplus", "failed_syncs"])
def test_books_are_clean_if_nothing_is_wrong_in_them(wrong: str) -> None:
    given = {"syncs": 1, "documents": 1, "booked": 1, "waiting": 1}
    assert BooksSummary(**given).is_clean is True
    assert BooksSummary(**given, **{wrong: 1}).is_clean is False


@pytest.mark.parametrize(
    ("given", "is_empty"),
    [
        ({"syncs": 1, "waiting": 1}, True),
        ({"failed_syncs": 1, "waiting": 1}, True),
        ({"syncs": 1}, False),
        ({"waiting": 1}, False),
        ({"syncs": 1, "waiting": 1, "booked": 1}, False),
    ],
)
def test_books_are_empty_if_syncs_have_booked_nothing_of_what_was_pushed(
    given: dict[str, int], is_empty: bool
) -> None:
    assert BooksSummary(**given).is_empty is is_empty


@pytest.mark.parametrize(("seen", "verdict"), [
    ([], "nothing-observed"), (["T01"], "nothing-observed"), (["S07"], "clean"),
    (["T01", "R01"], "clean"), (["S16"], "clean"),
])  # fmt: skip
def test_a_verdict_needs_more_than_requests(seen: list[str], verdict: str) -> None:
    found = verdict_on([], seen)
    assert found.verdict == verdict
    assert (found.exercised, found.is_complete) == (
        sorted(seen, key=lambda code: "SUDRTB".find(code[0])),
        True,
    )
    assert {*found.exercised} | {*found.not_exercised} == {rule.code for rule in rulebook()}
    off = {code: RuleSetting(code, is_off=True) for code in seen}
    assert verdict_on([], seen, off).verdict == "nothing-observed"
    assert verdict_on([finding_with(1)], seen).verdict == "findings"
    assert verdict_on([], seen, dropped=1).is_complete is False


def test_the_requests_of_a_finding_begin_with_the_one_that_breaks_the_rule() -> None:
    overlaps = [request(number) for number in (30, 5, 9, 5)]
    push = PushContext(
        data_type=ORDERS, at=datetime(2022, 3, 21, tzinfo=UTC), request=request(9),
        overlaps=overlaps,
    )  # fmt: skip
    found = finding_of(RULES["U01"], push, [Evidence("A-1")], "error")
    assert [each.number for each in found.requests] == [9, 5, 30]


def test_records_of_several_types_are_named_with_their_type() -> None:
    subject = ExchangeContext(request=request(1), status=200)
    several = [
        Evidence("A-1", data_type=ORDERS),
        Evidence("P-1/", data_type="commerce-transactions"),
        Evidence("/", data_type="commerce-transactions"),
        Evidence("elsewhere"),
    ]
    found = finding_of(RULES["S01"], subject, several, "error")
    assert found.data_type == ""
    assert found.records == ["orders A-1", "transactions P-1", "transactions /", "elsewhere"]
    one = finding_of(RULES["S01"], subject, several[1:3], "error")
    assert (one.data_type, one.records) == ("commerce-transactions", ["P-1", "/"])
    assert "2 records, such as P-1" in one.message


@pytest.mark.parametrize(
    ("company_id", "data_type", "expected"),
    [
        ("c", "commerce-orders", "push to c commerce-orders"),
        ("", "commerce-orders", "push to {companyId} commerce-orders"),
        ("c", "", "push to c {dataType}"),
        ("", "", "push to {companyId} {dataType}"),
    ],
)
def test_advice_names_the_company_and_the_data_type_or_their_places(
    company_id: str, data_type: str, expected: str
) -> None:
    assert filled("push to $company_id $data_type", company_id, data_type) == expected


def test_a_verdict_without_books_counts_nothing() -> None:
    books = verdict_on([], []).books
    assert {getattr(books, name) for name in books.__struct_fields__} == {0}


def test_a_finding_is_written_with_all_its_properties() -> None:
    [found] = judge(ProbeContext(service="slow", sales=[ProbedSale(2)])).found
    names = {each.encode_name for each in fields(Finding)}
    assert to_builtins(found.finding).keys() == names


def test_a_verdict_is_written_with_all_its_properties() -> None:
    names = {each.encode_name for each in fields(Findings)}
    assert to_builtins(verdict_on([], [])).keys() == names


@pytest.mark.parametrize(
    ("sales", "counted"), [(1, "1 sale, sale 1"), (2, "2 sales, such as sale 1")]
)
def test_a_message_counts_what_breaks_the_rule(sales: int, counted: str) -> None:
    [found] = judge(ProbeContext(service="slow", sales=[ProbedSale(2)] * sales)).found
    assert counted in found.finding.message


def test_the_rules_come_in_the_order_of_their_sections() -> None:
    letters = [*dict.fromkeys(rule.code[0] for rule in rulebook())]
    assert letters == [*SECTIONS]
    codes = [rule.code for rule in rulebook()]
    assert codes == sorted(codes, key=lambda code: (letters.index(code[0]), code))
