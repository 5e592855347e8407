"""What an answer makes of an alert, and where alerts may be sent."""

from __future__ import annotations

import pytest

from codat_mock.domain.webhook_delivery import RETRIABLE, is_allowed, state_after


@pytest.mark.parametrize(
    ("status", "state"),
    [(199, "failed"), (200, "delivered"), (299, "delivered"), (300, "failed"), (None, "pending")],
)
def test_the_2xx_codes_deliver_and_no_answer_is_tried_again(status, state):
    assert state_after(status) == state


@pytest.mark.parametrize("status", sorted(RETRIABLE))
def test_only_the_listed_codes_are_tried_again(status):
    assert state_after(status) == "pending"
    for near in {status - 1, status + 1} - RETRIABLE:
        assert state_after(near) == "failed"


@pytest.mark.parametrize(
    ("url", "hosts", "allowed"),
    [
        ("http://localhost:1", [], True),
        ("http://127.0.0.1", [], True),
        ("http://example.com", [], False),
        ("http://192.0.2.1", [], False),
        ("https://hooks.example.com", ["Hooks.example.com"], True),
        ("ftp://localhost", [], False),
        ("http://localhost:99999", [], False),
    ],
)
def test_alerts_go_to_this_machine_and_to_hosts_by_name(url, hosts, allowed):
    assert is_allowed(url, hosts) == allowed
