"""The limits of the mock: at the limit, one step below and one step above it.

Every limit that is declared in the rules, the domain and the sandbox is in one of the two lists.
The thresholds that users can set are in `rules/test_edges.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import msgspec
import pytest

from codat_mock import accounting, domain, replay, rules, sandbox, storage
from codat_mock.clock import format_moment
from codat_mock.domain.redaction import secrets_in
from codat_mock.domain.webhook_delivery import INTERVALS, WITHIN, is_allowed, next_try
from codat_mock.models.errors import Conflict, Malformed
from codat_mock.rules.contexts import Evidence, PushContext, RecordContext, Request
from codat_mock.rules.delete_marks import MAX_MARK_BYTES, small
from codat_mock.rules.differences import PropertyDifference
from codat_mock.rules.judge import (
    MAX_DIFFERENCES,
    MAX_RECORDS,
    StoredFinding,
    finding_of,
    joined,
)
from codat_mock.rules.registry import RULES
from codat_mock.rules.rule_settings import MAX_THRESHOLD, BadRuleSetting, number
from codat_mock.sandbox import SandboxRegistry
from codat_mock.sandbox.client_behaviour import REMEMBERED, Recent
from codat_mock.sandbox.clock_control import MAX_SYNCS, check_syncs
from codat_mock.sandbox.link_flow import CODE_LASTS, MAX_URL_CHARACTERS, check_url
from codat_mock.sandbox.rate_limits import (
    MAX_CONCURRENT_REQUESTS,
    REQUESTS_A_DAY,
    REQUESTS_A_MINUTE,
    RateLimiter,
)
from codat_mock.storage.link_sessions import LinkSession
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.sales import push_worked_example

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ORDERS = "commerce-orders"
# What changes no answer, or only how much of it is shown or done at once.
WITHOUT_EDGES = {
    "accounting.payment_allocation.LONGEST_CREDIT": "accounting/test_payment_allocation.py",
    "accounting.repayments.MAX_COMBINED": "accounting/test_repayments.py has its edges",
    "accounting.repayments.MAX_TOGETHER": "accounting/test_repayments.py has its edges",
    "replay.inferred_outcomes.INSTANT": "a microsecond",
    "replay.proxy.CHUNK_BYTES": "bytes at once",
    "replay.state_drift.SLOWEST_SECONDS": "replay/test_observed.py has its edges",
    "replay.state_drift.SYNC_TOLERANCE": "replay/test_observed.py has its edges",
    "storage.alerts.EARLIEST": "before every moment",
    "storage.alerts.NEVER": "after every moment",
    "storage.chunked.KEYS_AT_ONCE": "rows at once",
    "storage.companies.MAX_HELD": "companies that are held",
    "storage.datasets.VERSIONS_AT_ONCE": "rows at once",
    "storage.deferred.AT_ONCE": "storage/test_syncs.py has its edges",
    "storage.discarded.ROWS_AT_ONCE": "rows at once",
    "storage.documents.ROWS_AT_ONCE": "rows that one statement inserts",
    "storage.private_files.OWNER_ONLY": "a mode of files",
    "storage.request_log.DEFAULT_LIMIT_BYTES": "bytes that are kept, as an option says",
    "storage.request_log.LARGEST": "the largest number of the database",
    "storage.request_log.LEAST_DEFLATED": "bytes from which packing pays",
    "storage.request_log.LEVEL": "of packing",
    "storage.request_log.OVERHEAD_BYTES": "an estimate",
    "storage.request_log.ROWS_AT_ONCE": "rows at once",
    "storage.schema.APPLICATION_ID": "a mark of files",
    "storage.schema.CACHE_KIBIBYTES": "how the work is done",
    "storage.schema.EARLIER_ID": "a mark of files",
    "storage.schema.LEDGER_ID": "a mark of files",
    "storage.schema.PAGE_BYTES": "how the work is done",
    "storage.schema.SNAPSHOT_ID": "a mark of files",
    "storage.schema.VERSION": "of files; storage/test_schema.py",
    "storage.snapshot_contents.DAY_SECONDS": "a day",
    "storage.snapshot_contents.MAX_BODIES_BYTES": "storage/test_snapshot_contents.py lowers it",
    "storage.snapshot_contents.MAX_BODY_BYTES": "storage/test_snapshot_contents.py has its edges",
    "storage.snapshot_contents.MAX_NUMBER": "the largest number that is exact in JSON",
    "storage.snapshot_contents.PIECE_BYTES": "bytes at once",
    "storage.snapshots.CHECKED_ERRORS": "errors that are named",
    "storage.snapshots.PORTION_SECONDS": "time at once",
    "storage.snapshots.ROWS_AT_ONCE": "rows at once",
    "storage.store.CLOSE_SECONDS": "of the machine's clock",
    "storage.answers.AT_ONCE": "rows at once",
    "storage.store.LONGEST_SECONDS": "time at once",
    "storage.syncs.LONG": "storage/test_syncs.py has its edges",
    "storage.versions.EARLIEST": "before every moment",
    "storage.versions.ROWS_AT_ONCE": "rows at once",
    "rules.contexts.pushes.PROMPT": "rules/test_edges.py has its edges, under S08",
    "rules.native_comparison.FLOAT_ERROR": "finds candidates; exact numbers decide",
    "rules.order_sums.MAX_SHOWN": "parts that a note shows",
    "rules.registry.SIMILAR": "similarity of a suggested name",
    "domain.redaction.MAX_DEPTH": "domain/test_redaction.py draws nested values",
    "domain.redaction.LEAST_PROSE": "of a text that is searched",
    "domain.secret_names.MAX_KEPT_NAMES": "answers that are remembered",
    "domain.secret_names.MAX_KEPT_NAME_CHARACTERS": "of a name whose answer is remembered",
    "domain.secret_prose.LEAST_CREDENTIAL": "of a word that may be a credential",
    "domain.secret_prose.MAX_TAIL_CHARACTERS": "of a text that is searched",
    "domain.sync_schedule.MAX_FAILURES": "sandbox/test_syncs.py has its edges",
    "domain.sync_schedule.SECOND": "the step of a search",
    "sandbox.books_digest.MAX_KEPT": "records of a document that are kept",
    "sandbox.books_digest.MAX_NAMED": "records that a note names",
    "sandbox.client_behaviour.TRIES": "tries that a finding names",
    "sandbox.clock_control.MOVES_KEPT": "moves of the clock that are kept",
    "sandbox.clock_control.SHORTEST_PERIOD": "a day, of which MAX_SYNCS are counted",
    "sandbox.failed_pushes.BAD_REQUEST": "a status code",
    "sandbox.failed_pushes.NOT_FOUND": "a status code",
    "sandbox.ground_truth_checks.MAX_NAMED": "records that a note names",
    "sandbox.in_flight_pushes.REMEMBERED": "pushes that are remembered",
    "sandbox.internal_errors.MAX_ERRORS": "errors that are kept",
    "sandbox.internal_errors.MAX_FRAMES": "frames that are shown",
    "sandbox.internal_errors.MAX_MESSAGE_CHARACTERS": "characters that are shown",
    "sandbox.link_flow.MIDNIGHT": "an hour",
    "sandbox.link_flow.SYNCS_SHOWN": "syncs of a page",
    "sandbox.pushes.LARGE_BYTES": "how the work is done",
    "sandbox.pushes.MAX_NAMED": "invalid records in a message",
    "sandbox.pushes.VERSIONS_AT_ONCE": "rows at once",
    "sandbox.registry.CLOSE_SECONDS": "of the machine's clock; sandbox/test_stopping.py",
    "sandbox.request_log.REQUESTS_AT_ONCE": "rows at once",
    "sandbox.session.LONGEST_SECONDS": "time at once",
    "sandbox.session.MANY_RECORDS": "records at once",
    "sandbox.snapshots.MAX_BYTES": "512 MiB of snapshots; http/control tests lower it",
    "sandbox.sync_writing.ROWS_AT_ONCE": "rows at once",
    "sandbox.sync_views.MOMENT": "a microsecond",
    "sandbox.syncs.QUIET_AT_ONCE": "syncs at once",
    "sandbox.webhook_sender.MAX_REDIRECTS": "sandbox/test_webhook_sender.py redirects in a circle",
    "sandbox.webhook_sender.TIMEOUT_SECONDS": "of the machine's clock; the sender's tests lower it",
}
EDGES: dict[str, Callable[..., Any]] = {}


def edges_of(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a test as that of the edges of these limits."""

    def enter(test: Callable[..., Any]) -> Callable[..., Any]:
        EDGES.update(dict.fromkeys(names, test))
        return test

    return enter


def limits() -> Iterator[str]:
    """The name of each constant that is declared `Final` and a number or a duration."""
    for package in (accounting, domain, replay, rules, sandbox, storage):
        for info in walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(info.name)
            tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
            for node in tree.body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    value = getattr(module, node.target.id, None)
                    if isinstance(value, int | float | timedelta):
                        yield f"{info.name}.{node.target.id}".removeprefix("codat_mock.")


def test_every_limit_has_its_edges() -> None:
    assert sorted(limits()) == sorted([*EDGES, *WITHOUT_EDGES])


def requests(first: int, count: int) -> list[Request]:
    return [Request(number, "", "POST", "/") for number in range(first, first + count)]


def repeats(count: int, differences: int = 0, severity: str = "error") -> StoredFinding:
    """A finding about so many records, each pushed by a request of its own."""
    changes = [PropertyDifference(f"$.p{n}", n, n + 1) for n in range(differences)]
    evidence = [
        Evidence(f"A-{each.number}", requests=[each], changes=changes if not place else [])
        for place, each in enumerate(requests(2, count))
    ]
    records: list[RecordContext] = []
    subject = PushContext(data_type=ORDERS, at=NOON, request=requests(1, 1)[0], records=records)
    return StoredFinding(finding_of(RULES["S03"], subject, evidence, severity), "key")  # type: ignore[arg-type]


@edges_of("rules.judge.MAX_RECORDS")
@pytest.mark.parametrize("count", [MAX_RECORDS - 1, MAX_RECORDS, MAX_RECORDS + 1])
def test_a_finding_names_twenty_records_and_as_many_other_requests(count: int) -> None:
    shown = min(count, 20)
    single = repeats(count).finding
    assert (single.count, len(single.records)) == (count, shown)
    assert [each.number for each in single.requests] == [*range(1, shown + 2)]
    # The first names one record and two requests, its own and another.
    both = joined(repeats(1), repeats(count, severity="info")).finding
    assert both.count == count + 1
    assert len(both.records) == min(count, 20)
    assert [each.number for each in both.requests] == [*range(1, shown + 2)]
    assert both.severity == "info"
    assert both.message.startswith(f"Pushed again without a change: {count + 1} records")


@edges_of("rules.judge.MAX_DIFFERENCES")
@pytest.mark.parametrize("count", [MAX_DIFFERENCES - 1, MAX_DIFFERENCES, MAX_DIFFERENCES + 1])
def test_a_finding_shows_a_hundred_differences(count: int) -> None:
    found = repeats(1, count)
    assert len(found.finding.differences) == min(count, 100)
    assert joined(found, repeats(1, 1)).finding.differences == found.finding.differences


@edges_of("rules.delete_marks.MAX_MARK_BYTES")
def test_a_value_is_read_as_a_mark_up_to_its_length() -> None:
    longest = msgspec.json.encode("x" * (MAX_MARK_BYTES - 2))
    assert small(longest) == "x" * (MAX_MARK_BYTES - 2)
    assert isinstance(small(longest.replace(b"xx", b"xxx", 1)), bytes)


@edges_of("rules.rule_settings.MAX_THRESHOLD")
def test_a_threshold_can_be_set_from_zero_to_a_billion() -> None:
    assert number("S07", "records", 0) == 0
    assert number("S07", "records", MAX_THRESHOLD) == 1_000_000_000
    for given in (-1e-9, MAX_THRESHOLD + 1):
        with pytest.raises(BadRuleSetting, match="from 0 to 1000000000"):
            number("S07", "records", given)


@edges_of("domain.webhook_delivery.MAX_URL_CHARACTERS")
def test_an_alert_is_sent_to_a_url_of_up_to_2048_printable_characters() -> None:
    longest = "http://127.0.0.1/".ljust(2048, "x")
    assert is_allowed(longest, [])
    assert not is_allowed(f"{longest}x", [])
    for odd in "\r\n\t\0 \x7f\u2028":
        assert not is_allowed(f"http://127.0.0.1/{odd}x", [])


@edges_of("domain.webhook_delivery.WITHIN")
def test_an_alert_is_tried_again_up_to_two_minutes_after_the_first_try() -> None:
    assert next_try(NOON, 1, NOON, "120") == NOON + WITHIN
    assert next_try(NOON, 1, NOON, "121") is None
    late = NOON + WITHIN - INTERVALS[2]
    assert next_try(NOON, 3, late) == NOON + WITHIN
    assert next_try(NOON, 3, late + MICROSECOND) is None
    assert next_try(NOON, 4, NOON) is None
    # What asks for a moment that has passed is tried again at once, not earlier.
    assert next_try(NOON, 1, NOON, "Mon, 21 Mar 2022 11:00:00 GMT") == NOON


@edges_of("sandbox.rate_limits.REQUESTS_A_DAY")
def test_the_thousandth_request_of_a_day_is_the_last() -> None:
    limiter = RateLimiter()
    for number_ in range(1, REQUESTS_A_DAY + 1):
        at = NOON + timedelta(minutes=number_ // 500)
        status = limiter.spend(at, 0, "a")
        assert not status.refused
        assert status.remaining == REQUESTS_A_DAY - number_
    refused = limiter.spend(at + timedelta(minutes=1), 0, "a")
    assert refused.refused == "1000 requests a day"
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    assert limiter.spend(midnight - MICROSECOND, 0, "a").retry_after == 1
    assert not limiter.spend(midnight, 0, "a").refused


@edges_of("sandbox.rate_limits.REQUESTS_A_MINUTE")
def test_the_thousandth_request_of_a_minute_is_the_last() -> None:
    limiter = RateLimiter()
    for _ in range(REQUESTS_A_MINUTE):
        assert not limiter.spend(NOON, 1, "a").refused
    last = NOON + timedelta(minutes=1) - MICROSECOND
    assert limiter.spend(last, 1, "a").refused == "1000 requests a minute"
    assert limiter.spend(last, 1, "a").retry_after == 1
    assert not limiter.spend(last + MICROSECOND, 1, "a").refused


@edges_of("sandbox.rate_limits.MAX_CONCURRENT_REQUESTS")
def test_the_tenth_request_of_a_company_at_once_is_the_last() -> None:
    limiter = RateLimiter()
    entered = [limiter.enter("c") for _ in range(MAX_CONCURRENT_REQUESTS + 1)]
    assert entered == [True] * 10 + [False]
    assert limiter.enter("another")
    assert limiter.enter(None)
    for _ in range(2):
        limiter.leave("c")
    assert limiter.enter("c")


@edges_of("sandbox.client_behaviour.REMEMBERED")
def test_the_last_thousand_things_are_remembered() -> None:
    recent: Recent[int, int] = Recent()
    for key in range(REMEMBERED + 1):
        recent.put(key, key)
        assert len(recent) == min(key + 1, REMEMBERED)
    assert list(recent) == [*range(1, REMEMBERED + 1)]


@edges_of("domain.redaction.MIN_SECRET_CHARACTERS")
def test_shorter_secrets_are_not_searched_for() -> None:
    assert secrets_in('{"password": "abcd"}') == {"abcd"}
    assert secrets_in('{"password": "abc"}') == set()


def push_order(driver: SandboxDriver) -> None:
    """Push an order that was created half an hour after noon."""
    created = format_moment(NOON + timedelta(minutes=30))
    order = {"id": "A-1", "currency": "GBP", "totalAmount": 1, "createdDate": created}
    driver.push(ORDERS, [order])


def codes_after_sync(driver: SandboxDriver, moment: datetime) -> set[str]:
    """Run a sync at a moment, and give the codes of all findings."""
    driver.set_clock(moment)
    assert driver.sync_now()["syncStatusCode"] == 2000
    return {each["code"] for each in driver.findings()["findings"]}


@edges_of("sandbox.sync_evaluation.CLEAR")
@pytest.mark.parametrize(("before", "is_late"), [(timedelta(0), False), (MICROSECOND, True)])
def test_a_push_fifteen_minutes_before_a_sync_is_in_time(
    driver: SandboxDriver, before: timedelta, is_late: bool
) -> None:
    driver.set_clock(NOON)
    push_worked_example(driver)
    driver.plan_outcome("dataset", durations=[3600, 1, 1, 1, 1])
    driver.set_clock(NOON + timedelta(hours=1))
    created = format_moment(NOON + timedelta(minutes=30))
    driver.push(
        ORDERS, [{"id": "late", "currency": "GBP", "totalAmount": 1, "createdDate": created}]
    )
    found = codes_after_sync(driver, NOON + timedelta(minutes=75) - before)
    assert ("S08" in found) == is_late


@edges_of("sandbox.sync_evaluation.GRACE")
@pytest.mark.parametrize(("before", "is_judged"), [(timedelta(0), True), (MICROSECOND, False)])
def test_a_dataset_that_ended_five_minutes_before_a_sync_is_judged(
    driver: SandboxDriver, before: timedelta, is_judged: bool
) -> None:
    driver.set_clock(NOON)
    push_worked_example(driver)
    driver.plan_outcome("dataset", "FetchError")
    driver.set_clock(NOON + timedelta(hours=1))
    created = format_moment(NOON + timedelta(minutes=30))
    driver.push(
        ORDERS, [{"id": "failed", "currency": "GBP", "totalAmount": 1, "createdDate": created}]
    )
    driver.set_clock(NOON + timedelta(hours=1, minutes=1))
    ended = datetime.fromisoformat(driver.dataset(driver.datasets[-1])["completed"])
    found = codes_after_sync(driver, ended + timedelta(minutes=5) - before)
    assert ("S14" in found) == is_judged


@edges_of("sandbox.clock_control.MAX_SYNCS")
@pytest.mark.usefixtures("driver")
def test_the_clock_moves_over_five_thousand_syncs_at_once(registry: SandboxRegistry) -> None:
    with registry.session(registry.names()[0]) as session:
        [row] = session.tables.companies.all()
        assert row.due
        last = row.due + timedelta(days=MAX_SYNCS)
        check_syncs(session, last)
        with pytest.raises(Conflict, match="over 5000 syncs"):
            check_syncs(session, last + MICROSECOND)


@edges_of("sandbox.link_flow.MAX_URL_CHARACTERS")
def test_a_redirect_url_has_at_most_2048_characters() -> None:
    longest = "https://till.example/".ljust(MAX_URL_CHARACTERS, "x")
    check_url(longest)
    with pytest.raises(Malformed, match="redirectUrl"):
        check_url(longest + "x")


@edges_of("sandbox.link_flow.CODE_LASTS")
def test_a_code_of_the_link_flow_is_valid_until_before_thirty_seconds(
    registry: SandboxRegistry, driver: SandboxDriver
) -> None:
    with registry.session(registry.names()[0]) as session:
        link = LinkSession(driver.company_id, "connection", None)
        session.tables.codes.add("code", "start", link, session.now + CODE_LASTS)
        ends = session.now + timedelta(seconds=30)
        assert session.tables.codes.find("code", "start", ends - MICROSECOND)
        assert session.tables.codes.find("code", "start", ends) is None
