"""What a recording shows of datasets, syncs, companies and pushes, in calls made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push, push_path, read_dataset

from codat_mock.har.reader import read_har
from codat_mock.http.operations import OPERATIONS
from codat_mock.replay.companies import is_accounting
from codat_mock.replay.drift import documented_differences, durations, masked, type_of, unknown
from codat_mock.replay.drift import value_differences as differences
from codat_mock.replay.entries import entry_of
from codat_mock.replay.inferred_outcomes import dataset_ids, failed_syncs, is_ended, planned
from codat_mock.replay.mock_answers import is_decided
from codat_mock.replay.observed import ObservedConnection, ObservedDataset, ObservedTraffic, moment
from codat_mock.replay.proxy import without_hops
from codat_mock.replay.request_bodies import (
    is_readable,
    is_removed,
    oldest_records,
    push_body,
    read_historic,
)
from codat_mock.replay.routes import Call, calls
from codat_mock.replay.state_drift import (
    SLOWEST_SECONDS,
    changed_ends,
    may_follow,
    wrong_orders,
    wrong_times_of_datasets,
    wrong_times_of_syncs,
)

STATUS = f"/meta/companies/{COMPANY}/sync/commerce/status"
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)


def recorded(*entries: dict[str, Any]) -> list[Call]:
    return [*calls(read_har(har(*entries)).requests)]


def seen(*entries: dict[str, Any]) -> ObservedTraffic:
    return ObservedTraffic(recorded(*entries))


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ("Queued", "Fetching", True), ("Fetching", "Queued", False), ("Mapping", "Mapping", True),
        ("Processing", "Complete", True), ("Complete", "Processing", False),
        ("Complete", "Complete", True), ("Complete", "MapError", False),
        ("Queued", "MapError", True), ("MapError", "Mapping", False),
        ("Odd", "Queued", True), ("Complete", "Odd", True), ("MapQueued", "Mapping", True),
    ],
)  # fmt: skip
def test_the_order_of_statuses(before: str, after: str, may: bool) -> None:
    assert may_follow(before, after) is may
    observed = seen(read_dataset("12:00:00", status=before), read_dataset("12:00:01", status=after))
    expected = [] if may else [f"recorded {after} after {before}"]
    assert [*wrong_orders(observed)] == expected


def sync_read(at: str, code: int, sync_id: str = "s", hour: str = "03:00:00") -> dict[str, Any]:
    period = {"start": "2022-03-20T03:00:00Z", "finish": f"2022-03-21T{hour}Z"}
    answered = {"syncId": sync_id, "syncStatusCode": code, "syncDateRangeUtc": period}
    return entry(at, "GET", STATUS, answered=answered)


@pytest.mark.parametrize(
    ("before", "after", "is_wrong"),
    [(2000, 2000, False), (2000, 4000, True), (1000, 2000, False), (1010, 1000, False),
     (4000, 2000, True)],
)  # fmt: skip
def test_a_sync_ends_once(before: int, after: int, is_wrong: bool) -> None:
    observed = seen(sync_read("12:00:00", before), sync_read("12:00:01", after))
    expected = [f"recorded code {after} after {before}"] if is_wrong else []
    assert [*changed_ends(observed)] == expected
    assert [
        *changed_ends(seen(sync_read("12:00:00", 2000), sync_read("12:00:01", 4000, "t")))
    ] == []


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (-0.001, "recorded before the dataset was requested"), (0, None), (SLOWEST_SECONDS, None),
        (SLOWEST_SECONDS + 0.001, "recorded more than 1800 s after the push, the mock's longest"),
    ],
)  # fmt: skip
def test_a_dataset_ends_after_its_push_and_not_much_later(
    seconds: float, found: str | None
) -> None:
    completed = (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    shown = {"requested": "2022-03-21T12:00:00Z", "completed": completed}
    observed = seen(read_dataset("14:00:00", **shown))
    assert [*wrong_times_of_datasets(observed)] == ([found] if found else [])
    unended = seen(read_dataset("14:00:00", requested="2022-03-21T12:00:00Z"))
    assert [*wrong_times_of_datasets(unended)] == []


def configured(enabled: bool | None = True, **schedule: Any) -> dict[str, Any]:
    given = {"startDate": "2022-03-01T00:00:00Z", "syncHourUtc": 3, "timeZone": "UTC",
             "selectedFrequency": "Daily", **schedule}  # fmt: skip
    answered = {"configured": True, "enabled": enabled, "schedule": given}
    return entry("11:00:00", "GET", f"/config/companies/{COMPANY}/sync/commerce", answered=answered)


@pytest.mark.parametrize(
    ("hour", "enabled", "is_wrong"),
    [
        ("03:00:00", True, False), ("03:14:59", True, False), ("03:15:00", True, True),
        ("02:59:59", True, True), ("03:15:00", False, False), ("03:15:00", None, True),
    ],
)  # fmt: skip
def test_a_sync_follows_the_recorded_schedule(
    hour: str, enabled: bool | None, is_wrong: bool
) -> None:
    observed = seen(configured(enabled), sync_read("12:00:00", 2000, hour=hour))
    assert bool([*wrong_times_of_syncs(observed)]) == is_wrong
    assert [*wrong_times_of_syncs(seen(sync_read("12:00:00", 2000, hour=hour)))] == []


@pytest.mark.parametrize("configured_before", [True, False, None])
def test_a_configuration_that_was_set_is_one_whatever_its_body_repeats(
    configured_before: bool | None,
) -> None:
    path = f"/config/companies/{COMPANY}/sync/commerce"
    body = {"configured": configured_before, "schedule": {"startDate": "2022-03-01T00:00:00Z"}}
    observed = seen(entry("12:00:00", "POST", path, body, answered=body))
    [(at, shown)] = observed.configurations[COMPANY]
    assert (at, shown.configured) == (NOON, True)
    assert observed.schedule(COMPANY)[0] is not None
    refused = entry("12:00:00", "POST", path, body, status=400)
    unrecorded = entry("12:00:00", "POST", path)
    assert seen(refused, unrecorded).configurations[COMPANY] == []


def test_a_sync_without_a_code_has_none_that_is_known() -> None:
    assert seen(entry("12:00:00", "GET", STATUS, answered={"syncId": "s"})).sync_codes == {"s": [0]}


def test_the_first_schedule_with_a_start_date_counts() -> None:
    observed = seen(configured(startDate=None), configured(False, syncHourUtc=5), configured())
    schedule, is_enabled = observed.schedule(COMPANY)
    assert (schedule.sync_hour_utc, is_enabled) == (5, False)
    assert observed.schedule("other") == (None, True)


def test_a_sync_by_hand_is_not_a_scheduled_one() -> None:
    by_hand = entry("11:00:00", "POST", f"/companies/{COMPANY}/sync/commerce/latest", {},
                    answered={"commerceSyncId": "s", "syncStatusCode": 2000})  # fmt: skip
    observed = seen(by_hand, sync_read("12:00:00", 2000), sync_read("12:00:00", 4000, "t"))
    assert [*observed.syncs[COMPANY]] == ["t"]
    assert observed.sync_codes == {"s": [2000], "t": [4000]}
    [failed] = failed_syncs(observed)
    assert (failed.company_id, failed.outcome) == (COMPANY, "ConfigurationError")
    assert failed_syncs(seen(sync_read("12:00:00", 2000))) == []


@pytest.mark.parametrize(
    ("periods", "hour"),
    [([None], None), ([3], 3), ([None, 3], 3), ([3, None], 3), ([3, 5], 5), ([None, 3, None], 3)],
)
def test_the_last_period_of_a_sync_that_was_shown_counts(
    periods: list[int | None], hour: int | None
) -> None:
    def read(number: int, finish: int | None) -> dict[str, Any]:
        shown = sync_read(f"12:00:0{number}", 2000, hour=f"{finish or 0:02}:00:00")
        if finish is None:
            answered = {"syncId": "s", "syncStatusCode": 2000}
            shown = entry(f"12:00:0{number}", "GET", STATUS, answered=answered)
        return shown

    observed = seen(*(read(number, finish) for number, finish in enumerate(periods)))
    [sync] = observed.syncs[COMPANY].values()
    period = sync.sync_date_range_utc
    assert (period and period.finish) == (hour and f"2022-03-21T{hour:02}:00:00Z")
    assert observed.sync_codes == {"s": [2000] * len(periods)}


@pytest.mark.parametrize(
    ("status", "kind", "after", "is_unlinked"),
    [
        ("PendingAuth", "Commerce", 11, True), ("Linked", "Commerce", 11, False),
        ("PendingAuth", "Accounting", 11, True), ("PendingAuth", "Commerce", 12, False),
    ],
)  # fmt: skip
def test_a_later_answer_shows_what_was_not_linked_yet(
    status: str, kind: str, after: int, is_unlinked: bool
) -> None:
    connection = {"id": "c", "sourceType": kind, "status": status}
    path = f"/meta/companies/{COMPANY}/connections"
    listed = entry("12:00:00", "GET", path, answered={"results": [connection]})
    at = NOON.replace(hour=after)
    observed = seen(listed)
    assert observed.is_unlinked_after(COMPANY, kind, at) == is_unlinked
    assert not observed.is_unlinked_after("other", kind, at)
    config = entry("12:00:00", "GET", f"/config/companies/{COMPANY}/sync/commerce",
                   answered={"configured": status == "Linked"})  # fmt: skip
    expected = status == "PendingAuth" and after < 12
    assert seen(config).is_unconfigured_after(COMPANY, at) == expected


def test_only_what_is_shown_later_counts() -> None:
    path = f"/meta/companies/{COMPANY}/connections"
    linked, pending = (
        {"results": [{"id": "c", "sourceType": "Commerce", "status": status}]}
        for status in ("Linked", "PendingAuth")
    )
    observed = seen(
        entry("11:00:00", "GET", path, answered=pending),
        entry("11:00:00", "GET", f"/config/companies/{COMPANY}/sync/commerce",
              answered={"configured": False}),
        entry("13:00:00", "GET", path, answered=linked),
        entry("13:00:00", "GET", f"/config/companies/{COMPANY}/sync/commerce",
              answered={"configured": True}),
    )  # fmt: skip
    assert not observed.is_unlinked_after(COMPANY, "Commerce", NOON)
    assert not observed.is_unconfigured_after(COMPANY, NOON)
    assert observed.is_unlinked_after(COMPANY, "Commerce", NOON.replace(hour=10))
    assert observed.is_unconfigured_after(COMPANY, NOON.replace(hour=10))


@pytest.mark.parametrize(
    ("reads", "outcome", "seconds"),
    [
        ([], None, None),
        ([("12:00:05", {"status": "Fetching"})], "Complete", 5.000001),
        ([("12:00:00.500", {"status": "Fetching"})], "Complete", 0.500001),
        ([("12:00:05", {"status": "Fetching"}), ("12:00:09", {})], "Complete", 9),
        ([("12:00:09", {})], "Complete", 9),
        ([("12:00:09", {"status": "MapError"})], "MapError", 9),
        ([("12:00:09", {"requested": "2022-03-21T12:00:01Z",
                        "completed": "2022-03-21T12:00:03.5Z"})], "Complete", 2.5),
        ([("12:00:09", {"requested": "2022-03-21T12:00:01Z",
                        "completed": "2022-03-21T12:00:30Z"})], "Complete", 9),
        ([("12:00:09", {"requested": "2022-03-21T12:00:03Z",
                        "completed": "2022-03-21T12:00:01Z"})], "Complete", 0),
        ([("12:00:09", {"requested": "2022-03-21T12:00:01Z"})], "Complete", 9),
        ([("12:00:09", {"completed": "2022-03-21T12:00:01Z"})], "Complete", 9),
        ([("12:00:09", {}), ("12:00:12", {"status": "MapError"})], "Complete", 9),
        ([("15:00:00", {})], "Complete", 7200),
        ([("12:00:09", {"status": "Odd", "isErrored": True})], "InternalError", 9),
        ([("12:00:09", {"status": "Odd", "isCompleted": True})], "Complete", 9),
    ],
)  # fmt: skip
def test_the_end_of_a_dataset_is_planned_as_it_was_read(
    reads: list[Any], outcome: str | None, seconds: float | None
) -> None:
    found = recorded(push("12:00:00", ORDER), *(read_dataset(at, **how) for at, how in reads))
    plan = planned(found[0], ObservedTraffic(found).datasets.get("d-1", []))
    assert (plan and (plan.outcome, plan.durations)) == (
        None if outcome is None else (outcome, (seconds, 0, 0, 0, 0))
    )


@pytest.mark.parametrize(
    ("shown", "ended"),
    [({"status": "Complete"}, True), ({"status": "MapError"}, True), ({"status": "Mapping"}, False),
     ({"status": "x", "is_errored": True}, True), ({"status": "x", "is_completed": True}, True)],
)  # fmt: skip
def test_a_dataset_has_ended(shown: dict[str, Any], ended: bool) -> None:
    assert is_ended(ObservedDataset(**shown)) is ended


def test_a_push_without_an_id_has_the_next_dataset_of_its_type() -> None:
    found = recorded(
        read_dataset("11:00:00", "before"),
        push("12:00:00", ORDER, dataset=""),
        push("12:01:00", ORDER, dataset="known"),
        push("12:02:00", ORDER, dataset="", status=500),
        push("12:03:00", ORDER, dataset="", status=0),
        read_dataset("12:04:00", "known"),
        read_dataset("12:05:00", "other", dataType="commerce-payments"),
        read_dataset("12:06:00", "first"),
        read_dataset("12:06:30", "first", dataType=""),
        read_dataset("12:07:00", "second"),
        read_dataset("12:08:00", "before"),
    )
    assert dataset_ids(found, ObservedTraffic(found)) == {1: "first", 2: "known", 4: "second"}


@pytest.mark.parametrize(
    ("at", "is_its_own"), [("11:59:59.999", False), ("12:00:00", True), ("12:00:00.001", True)]
)
def test_a_dataset_that_was_read_before_a_push_is_not_its_own(at: str, is_its_own: bool) -> None:
    found = recorded(push("12:00:00", ORDER, dataset=""), read_dataset(at, "first"))
    expected = {[call.operation for call in found].index("push-orders"): "first"}
    assert dataset_ids(found, ObservedTraffic(found)) == (expected if is_its_own else {})


@pytest.mark.parametrize(
    ("body", "status", "removed"),
    [
        (b'{"orders":[]}', 200, False), (b"[removed]", 200, True), (b"[removed]", 400, False),
        (b'{"a":"[REDACTED]"}', 200, True), (b'{"a":"<removed by tool>"}', 200, True),
        (b'{"a":"***"}', 400, True), (b'{"a":"**"}', 200, False), (b'{"a":"removed"}', 200, False),
        (b'{"a":"REDACTED"}', 400, True), (b'{"a":"the word removed"}', 200, False),
        (b'{"a":"\xff"}', 200, True),
    ],
)  # fmt: skip
def test_a_body_that_was_removed_is_known(body: bytes, status: int, removed: bool) -> None:
    [call] = recorded(push("12:00:00", ORDER, status=status))
    assert is_removed(call, body) is removed


def test_a_body_is_read_as_the_operation_takes_it() -> None:
    [call] = recorded(push("12:00:00", ORDER))
    assert push_body(call) == call.recorded.sent
    assert is_readable(call, b'{"orders":[{"id":"a"}]}')
    assert not is_readable(call, b'{"orders":[{"id":1}]}')
    path = f"/companies/{COMPANY}/data/commerce-orders"
    partner = [each for each in OPERATIONS.values() if each.name == "partner-push-orders"]
    sent = entry("12:00:00", partner[0].method, path, [ORDER])
    [other] = recorded(sent)
    assert (push_body(other) or b"").startswith(b'{"orders":[{"id"')
    [unsent] = recorded(entry("12:00:00", "POST", push_path()))
    assert unsent.recorded.sent or push_body(unsent) is None


def test_the_oldest_record_that_was_accepted_counts() -> None:
    def dated(at: str, day: str, **more: Any) -> dict[str, Any]:
        return push(at, {"id": day, "createdDate": f"{day}T00:00:00Z"}, **more)

    found = recorded(
        push("11:58:00", {"id": 7}), entry("11:59:00", "POST", push_path(), "no body", answered={}),
        dated("12:00:00", "2022-03-05"), dated("12:01:00", "2022-03-04", dataset="2"),
        dated("12:02:00", "2022-03-06", dataset="3"), dated("12:03:00", "2022-03-01", status=400),
        push("12:04:00", {"id": "undated"}, dataset="4"),
    )  # fmt: skip
    assert oldest_records(found) == {COMPANY: datetime(2022, 3, 4, tzinfo=UTC)}


@pytest.mark.parametrize("form", ['{"dateRange":%s}', "%s"])
def test_a_range_is_bare_or_wrapped(form: str) -> None:
    body = form % '{"start":"2022-03-01T00:00:00Z","finish":"2022-03-02T00:00:00Z"}'
    start, finish = read_historic(body.encode())
    assert (start.day, finish.day) == (1, 2)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ([("Accept", "a"), ("TE", "b"), ("Upgrade", "c")], ["Accept"]),
        ([("Connection", "X-One, x-Two"), ("X-One", ""), ("X-TWO", ""), ("X-Three", "")],
         ["X-Three"]),
        ([("Connection", "close"), ("connection", "X-One"), ("X-One", ""), ("Close", "")], []),
        ([("Proxy-Authorization", ""), ("Transfer-Encoding", ""), ("Authorization", "")],
         ["Authorization"]),
    ],
)  # fmt: skip
def test_headers_of_the_connection_and_those_that_it_names_are_not_passed_on(
    headers: list[tuple[str, str]], kept: list[str]
) -> None:
    assert [name for name, _ in without_hops(headers)] == kept


@pytest.mark.parametrize(
    ("value", "schema", "found"),
    [
        (1, {"type": "integer"}, []),
        (1, {"type": "number"}, []),
        (1.5, {"type": "integer"}, [("type", "$", "recorded number, documented integer")]),
        (True, {"type": "integer"}, [("type", "$", "recorded boolean, documented integer")]),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, []),
        (1, {"anyOf": [{"type": "string"}, {"type": "null"}]},
         [("type", "$", "recorded integer, documented string")]),
        ("b", {"enum": ["a"]}, [("enum-value", "$", "recorded 'b', which is not known")]),
        ("a", {"enum": ["a"]}, []),
        ("b", {"const": "a"}, [("enum-value", "$", "recorded 'b', which is not known")]),
        (1, {"enum": ["a"]}, [("type", "$", "recorded integer, documented string")]),
        ([1, "x"], {"type": "array", "items": {"type": "integer"}},
         [("type", "$[*]", "recorded string, documented integer")]),
        ({"a": 1, "c": 2}, {"type": "object", "properties": {"a": {"type": "string"}, "b": {}},
                            "required": ["a", "b"]},
         [("unknown-property", "$.c", "the mock never sends it"),
          ("missing-property", "$.b", "the mock always sends it"),
          ("type", "$.a", "recorded integer, documented string")]),
        ({"a": 1}, {"type": "object"}, []),
        (5, {"properties": {"a": {}}}, []),
        ({"a": 1}, {"$ref": "R"}, [("unknown-property", "$.a", "the mock never sends it")]),
        ({"a": "x"}, {"anyOf": [{"type": "null"}, {"type": "object",
                                                  "properties": {"a": {"type": "integer"}}}]},
         [("type", "$.a", "recorded string, documented integer")]),
    ],
)  # fmt: skip
def test_a_value_differs_from_a_schema(value: Any, schema: Any, found: Any) -> None:
    schemas = {"R": {"type": "object", "properties": {}}}
    shown = [
        (each.kind, each.path, each.detail) for each in differences(value, schema, schemas, "$")
    ]
    assert shown == found


@pytest.mark.parametrize(
    ("value", "shown"),
    [("Paid", "'Paid'"), (2000, "2000"), (20000, "another value"), ("a1", "another value"),
     ("x" * 40, repr("x" * 40)), ("x" * 41, "another value"), ("", "another value")],
)  # fmt: skip
def test_only_words_and_short_numbers_are_shown(value: Any, shown: str) -> None:
    assert masked(value) == shown


def test_json_types_have_their_names() -> None:
    values = (None, True, 1, 1.5, "", [], {})
    names = ["null", "boolean", "integer", "number", "string", "array", "object"]
    assert [type_of(each) for each in values] == names


def test_answers_are_counted_and_unknown_operations_masked() -> None:
    wrong = entry("12:02:00", "GET", f"/companies/{COMPANY}/odd1/orders", status=404)
    lost = push("12:01:00", ORDER, status=0)
    found = recorded(push("12:00:00", ORDER, milliseconds=100), lost, wrong)
    compared, counts = documented_differences(found)
    assert compared == 2
    named = [each for each in counts if each.kind == "unknown-operation"]
    assert [each.operation for each in named] == ["GET /companies/{id}/{id}/orders"]
    assert counts[named[0]] == 1
    assert documented_differences([*found, *found])[1][named[0]] == 2
    masked_last = unknown(recorded(push("12:00:00", ORDER), entry(
        "12:02:00", "GET", "/companies/x/a1", status=404))[1].recorded)  # fmt: skip
    assert masked_last.operation == "GET /companies/{id}/{id}"
    shown = durations(found, ObservedTraffic(found))
    assert [(each.of, each.count, each.max_seconds) for each in shown] == [("push-orders", 1, 0.1)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), ("0.5", 0.5), ("Mon, 21 Mar 2022 12:01:00 GMT", 59.95), ("soon", None),
     ("", None)],
)  # fmt: skip
def test_a_recorded_retry_after_is_in_seconds(value: str, seconds: float | None) -> None:
    [call] = recorded(push("12:00:00", ORDER, status=503, headers={"Retry-After": value}))
    logged = entry_of(call, 7, "d-1")
    assert logged.retry_after == seconds
    assert (logged.number, logged.dataset_id, logged.company_id) == (7, "d-1", COMPANY)
    assert (logged.is_lost, logged.nearest, logged.operation) == (False, None, "push-orders")


def test_a_request_without_an_answer_is_lost() -> None:
    [call] = recorded(push("12:00:00", ORDER, status=0))
    assert entry_of(call, 1, None).is_lost


def test_which_statuses_depend_on_the_request_alone() -> None:
    statuses = {200: True, 299: True, 400: True, 404: True, 401: False, 429: False, 500: False}
    for status, expected in statuses.items():
        [call] = recorded(push("12:00:00", ORDER, status=status))
        assert is_decided(call.recorded) is expected


def test_a_connection_to_a_platform_for_accounting_has_its_key() -> None:
    for kind, key, expected in (
        ("Accounting", "gbol", True), ("Accounting", "", False), ("Commerce", "lqai", False),
    ):  # fmt: skip
        connection = ObservedConnection(source_type=kind, integration_key=key)
        assert is_accounting(connection) is expected
    assert (moment(None), moment("soon"), moment("2022-03-21T12:00:00Z")) == (None, None, NOON)
