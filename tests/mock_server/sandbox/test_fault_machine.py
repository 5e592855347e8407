"""A random mix of faults, outcomes, alerts and moves of the clock leaves the mock whole.

That the machine would see it if it did not is proven by planted bugs.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fault_machine import KEY, PLAYED, machine_for
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from codat_mock.http.held_responses import Channel
from codat_mock.sandbox import pushes, webhook_sender, webhooks
from codat_mock.storage.alerts import StoredAlerts
from codat_mock.storage.faults import PlannedFaults
from codat_mock.storage.planned_outcomes import Outcomes

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def in_process(http, registry, receiver):
    """The machine that drives the application in process."""
    return machine_for(http, registry, receiver)


@pytest.fixture
def on_a_socket(start_server, auth, receiver):
    """The machine that drives a server on a socket."""
    server = start_server()
    with httpx.Client(base_url=server.address, headers=auth(KEY), timeout=20) as client:
        yield machine_for(client, server.registry, receiver, server)


def test_in_process_nothing_is_lost_doubled_or_broken(in_process):
    run_state_machine_as_test(in_process, settings=PLAYED)


def test_an_alert_that_the_sandbox_before_still_sends_does_not_count(in_process, receiver):
    machine = in_process()
    machine.set_up()
    before = receiver.url if not receiver.path else f"{httpx.URL(receiver.url).join(receiver.path)}"
    machine.set_up()
    httpx.post(before, json={"AlertId": "late"}).raise_for_status()
    machine.teardown()


@pytest.mark.long
def test_on_a_socket_nothing_is_lost_doubled_or_broken(on_a_socket):
    run_state_machine_as_test(on_a_socket, settings=PLAYED)


def forgets_nothing(patch):
    """A push whose answer was lost counts as answered, so that its repeat is a mistake."""
    patch.setattr(pushes, "forget_answer", lambda *_: None)


def notices_no_hangup(patch):
    """It is not noticed that a client went before it had its answer."""
    patch.setattr(Channel, "end_held", lambda channel, **_: channel.__dict__.pop("held", None))


def counts_no_hits(patch):
    """What a fault has seen and hit is not counted."""
    patch.setattr(PlannedFaults, "save", lambda *_: None)


def keeps_outcomes(patch):
    """A planned outcome is never used up."""

    def take(self, target, *_):
        found = (outcome for _, outcome in self.all() if outcome.target == target)
        return next(found, None)

    patch.setattr(Outcomes, "take", take)


def raises_twice(patch):
    """Every alert is raised twice."""
    good = webhooks.raise_alert

    def raise_alert(*given):
        good(*given)
        good(*given)

    patch.setattr(webhooks, "raise_alert", raise_alert)


def delivers_twice(patch):
    """Every try posts its alert twice."""
    good = webhook_sender.WebhookSender._post

    async def post(self, client, delivery):
        await good(self, client, delivery)
        return await good(self, client, delivery)

    patch.setattr(webhook_sender.WebhookSender, "_post", post)


def never_retries(patch):
    """An alert that could not be delivered is given up at once."""
    patch.setattr(webhooks, "next_try", lambda *_: None)


def raises_one_at_a_time(patch):
    """Of the events at one moment, only the first is reported."""
    good = StoredAlerts.happened
    patch.setattr(StoredAlerts, "happened", lambda self, now: good(self, now)[:1])


EVERYWHERE = [
    forgets_nothing,
    counts_no_hits,
    keeps_outcomes,
    raises_twice,
    delivers_twice,
    never_retries,
    raises_one_at_a_time,
]
seeking = settings(
    PLAYED,
    phases=[Phase.generate],  # that a bug is found is the point; shrinking to it takes long
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
)


@pytest.mark.long
@pytest.mark.parametrize("bug", EVERYWHERE)
def test_a_bug_is_found_in_process(bug: Plant, in_process, monkeypatch):
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(in_process, settings=seeking)


@pytest.mark.long
@pytest.mark.parametrize("bug", [*EVERYWHERE, notices_no_hangup])
def test_a_bug_is_found_on_a_socket(bug: Plant, on_a_socket, monkeypatch):
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(on_a_socket, settings=seeking)
