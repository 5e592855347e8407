"""What a sandbox remembers of its requests, on a machine's clock and a sandbox's, both by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from codat_mock.models.request_log import LoggedRequest
from codat_mock.sandbox.client_behaviour import ClientBehaviour, Exchange, Instant, Recent

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
PUSH, READ = "/data/companies/a/sync/commerce-orders", "/companies/a"
ANSWERED = LoggedRequest(
    number=1, at="", seconds=0.0, method="POST", path=PUSH, query="", status=200, is_planned=False,
    operation=None, nearest=None, company_id="a", dataset_id=None, sent_bytes=0, answered_bytes=0,
    sent_type="", answered_type="", findings=[],
)  # fmt: skip


class Requests:
    """Requests of one sandbox, numbered, each answered at once."""

    def __init__(self) -> None:
        self.behaviour = ClientBehaviour()
        self.number = 0

    def send(self, seconds: float = 0, *, machine: float | None = None, **properties: object):
        """Judge a request so many seconds after noon, on the machine's clock too by default."""
        self.number += 1
        at = Instant(seconds if machine is None else machine, NOON + timedelta(seconds=seconds))
        entry = replace(ANSWERED, number=self.number, **properties)
        return self.behaviour.judged(Exchange(entry, at, at))


@pytest.mark.parametrize(
    ("status", "company", "path", "waits"),
    [
        (503, "a", PUSH, True),
        (503, "b", PUSH, True),  # the service is down, for everybody
        (503, "b", READ, True),
        (429, "a", PUSH, True),
        (429, "a", READ, False),
        (429, "b", PUSH, False),
    ],
)
def test_who_has_to_wait_for_a_retry_after(status, company, path, waits):
    requests = Requests()
    requests.send(status=status, retry_after=30.0)
    assert bool(requests.send(1, company_id=company, path=path).waits) == waits


@pytest.mark.parametrize(
    ("sandbox", "machine", "is_early"),
    [(30, 0, False), (0, 30, False), (29.999, 29.999, True), (29.999, 0, True), (31, 31, False)],
)
def test_a_wait_is_over_at_its_moment_on_either_clock(sandbox, machine, is_early):
    requests = Requests()
    requests.send(status=503, retry_after=30.0)
    judged = requests.send(sandbox, machine=machine)
    assert [wait.seconds for wait in judged.waits] == ([30.0] if is_early else [])
    assert judged.has_waited != is_early


def test_a_retry_after_binds_only_with_429_and_503():
    requests = Requests()
    requests.send(status=500, retry_after=30.0)
    assert not requests.send(1).waits


def test_a_wait_is_forgotten_once_it_is_over():
    requests = Requests()
    requests.send(status=503, retry_after=30.0)
    assert requests.send(30).has_waited
    assert not requests.send(31).has_waited


def test_the_intervals_of_a_failing_request_are_kept_from_the_first_on():
    requests = Requests()
    for seconds in (0, 1, 3, 7):
        repeat = requests.send(seconds, status=500).repeat
    assert repeat is not None
    assert repeat.gaps == (1, 2, 4)
    assert [each.number for each in repeat.requests] == [1, 2, 3]
    assert requests.send(15).repeat is not None  # the try that succeeds is judged too
    assert requests.send(16).repeat is None


def test_of_many_failing_tries_the_first_interval_and_the_last_ones_are_kept():
    requests = Requests()
    for seconds in range(40):
        repeat = requests.send(seconds * seconds, status=500).repeat
    assert repeat is not None
    assert repeat.gaps[0] == 1
    assert repeat.gaps[-1] == 2 * 39 - 1
    assert [each.number for each in repeat.requests] == [*range(20, 40)]


@pytest.mark.parametrize(("second_bytes", "is_repeat"), [(10, True), (11, False)])
def test_another_refused_body_is_no_repeat(second_bytes, is_repeat):
    requests = Requests()
    requests.send(status=400, sent_bytes=10)
    requests.send(1, status=400, sent_bytes=second_bytes)
    repeat = requests.send(2, status=400, sent_bytes=second_bytes).repeat
    assert repeat is not None
    assert len(repeat.requests) == (2 if is_repeat else 1)


def test_a_poll_after_a_failed_read_does_not_count():
    requests = Requests()
    read = {"operation": "get-dataset", "dataset_id": "d", "method": "GET"}
    assert requests.send(0, **read).poll is None
    assert requests.send(1, status=500, **read).poll.seconds == 1
    assert requests.send(1.5, **read).poll is None
    assert requests.send(1.75, is_lost=True, **read).poll.seconds == 0.25
    assert requests.send(2, **read).poll is None
    assert requests.send(3, **(read | {"operation": "list-datasets"})).poll is None


def test_of_the_tries_one_more_interval_than_tries_is_judged():
    requests = Requests()
    for seconds in range(40):
        repeat = requests.send(seconds * seconds, status=500).repeat
    assert repeat is not None
    assert repeat.gaps == (1, *range(2 * 20 - 1, 2 * 40 - 1, 2))


@pytest.mark.parametrize(
    ("status", "is_failure"),
    [
        (200, False), (399, False), (400, True), (401, False), (428, False), (429, True),
        (430, False), (499, False), (500, True), (501, True), (503, True),
    ],
)  # fmt: skip
def test_which_answers_make_the_next_request_a_repeat(status, is_failure):
    requests = Requests()
    requests.send(status=status)
    assert (requests.send(1).repeat is not None) == is_failure
    requests = Requests()
    requests.send(status=200, is_lost=True)
    assert requests.send(1).repeat is not None


@pytest.mark.parametrize("first", [0, 10])
@pytest.mark.parametrize("second", [{"status": 500}, {"status": 500, "sent_bytes": 10}])
def test_a_failure_of_another_kind_is_no_repeat(first, second):
    requests = Requests()
    requests.send(status=400, sent_bytes=first)
    requests.send(1, **second)
    repeat = requests.send(2).repeat
    assert repeat is not None
    assert ([each.number for each in repeat.requests], repeat.gaps) == ([2], (1,))


def test_what_is_sent_again_since_its_answer_was_lost_may_be_another_body():
    requests = Requests()
    for seconds in range(3):
        repeat = requests.send(seconds, is_lost=True, sent_bytes=seconds).repeat
    assert repeat is not None
    assert [each.number for each in repeat.requests] == [1, 2]


@pytest.mark.parametrize("retry_after", [None, 0.0, 5.0])
def test_the_last_answer_says_whether_it_asked_for_a_wait(retry_after):
    requests = Requests()
    requests.send(status=500, retry_after=5.0 if retry_after is None else None)
    requests.send(1, status=500, retry_after=retry_after)
    repeat = requests.send(2).repeat
    assert repeat is not None
    assert repeat.has_retry_after == (retry_after is not None)


@pytest.mark.parametrize(
    ("status", "counts"), [(200, True), (399, True), (400, False), (401, False), (404, False)]
)
def test_a_read_counts_unless_it_was_answered_with_an_error(status, counts):
    requests = Requests()
    read = {"operation": "get-dataset-later", "dataset_id": "d", "method": "GET"}
    requests.send(status=status, **read)
    poll = requests.send(1, **read).poll
    assert (poll is not None) == counts
    if poll:
        assert (poll.dataset_id, poll.previous.number, poll.seconds) == ("d", 1, 1)


def test_a_request_is_judged_with_what_the_log_has_of_it():
    requests = Requests()
    judged = requests.send(operation="push-orders", nearest="/companies", is_planned=True)
    assert (judged.company_id, judged.operation, judged.nearest) == (
        "a",
        "push-orders",
        "/companies",
    )
    assert judged.is_planned
    bare = requests.send(company_id=None)
    assert (bare.company_id, bare.operation, bare.nearest, bare.is_planned) == ("", "", "", False)


def test_reads_after_the_end_are_counted_for_each_dataset():
    behaviour = ClientBehaviour()
    counts = [behaviour.count_after_end(name) for name in ("d", "d", "e", "d")]
    assert counts == [1, 2, 1, 3]


def test_the_last_thousand_things_are_remembered():
    recent: Recent[int, int] = Recent()
    for number in range(1000):
        recent.put(number, 0)
    recent.put(0, 1)
    assert [*recent] == [*range(1, 1000), 0]
    recent.put(1000, 0)
    assert [*recent] == [*range(2, 1000), 0, 1000]


def test_the_last_thousand_waits_are_remembered():
    requests = Requests()
    for _ in range(1001):
        requests.send(status=503, retry_after=30.0)
    requests.send()
    waits = requests.send().waits
    assert (len(waits), waits[0].asked_by.number, waits[-1].asked_by.number) == (1000, 2, 1001)
