"""What a sandbox remembers of its requests, on a machine's clock and a sandbox's, both by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from codat_mock.models.request_log import LoggedRequest
from codat_mock.sandbox.client_behaviour import ClientBehaviour, Exchange, Instant

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
    [(30, 0, False), (0, 30, False), (29.999, 29.999, True), (29.999, 0, True)],
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
