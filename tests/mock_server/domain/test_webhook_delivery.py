"""What an answer makes of an alert, when the next try is, and where alerts may be sent."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from codat_mock.domain.webhook_delivery import (
    RETRIABLE,
    is_allowed,
    is_secret,
    next_try,
    read_retry_after,
    signature_headers,
    state_after,
)

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
FINAL = [400, 401, 403, 404, 409, 410, 418, 421, 500, 501, 505, 521, 523]


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


@pytest.mark.parametrize("status", FINAL)
def test_any_other_code_is_given_up(status):
    assert state_after(status) == "failed"


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
        ("http://[::1]/", [], True),
        ("http://[::1", [], False),
        ("https://127.0.0.2/hook", [], True),
        ("http://localhost.example.com", [], False),
        ("http:///hook", ["other"], False),
        ("http:///hook", [], False),
        ("localhost", [], False),
        ("http://localhost/a b", [], False),
        ("http://localhost/\x7f", [], False),
        ("http://localhost/" + "a" * 2031, [], True),  # 2048 characters
        ("http://localhost/" + "a" * 2032, [], False),
    ],
)
def test_alerts_go_to_this_machine_and_to_hosts_by_name(url, hosts, allowed):
    assert is_allowed(url, hosts) == allowed


@pytest.mark.parametrize(
    ("tries", "seconds_passed", "retry_after", "seconds"),
    [
        (1, 0, None, 15),
        (2, 15, None, 30),
        (3, 45, None, 60),
        (4, 105, None, None),
        (1, 0, "20", 20),
        (1, 0, "0", 0),
        (2, 15, "105", 105),
        (2, 15, "106", None),
        (3, 60, None, 60),
        (3, 61, None, None),
        (2, 15, "Mon, 21 Mar 2022 12:00:00 GMT", 0),
        (2, 15, "soon", 30),
    ],
)
def test_an_alert_is_tried_again_three_times_within_two_minutes(
    tries, seconds_passed, retry_after, seconds
):
    tried = NOON + timedelta(seconds=seconds_passed)
    expected = None if seconds is None else tried + timedelta(seconds=seconds)
    assert next_try(NOON, tries, tried, retry_after) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("", None), ("0", 0), ("15", 15), ("-1", None), ("1.5", None),
        ("\u0661", None), ("\u00b2", None), ("9" * 30, None), ("soon", None),
        ("Mon, 21 Mar 2022 12:01:00 GMT", 60),
        ("Mon, 21 Mar 2022 13:01:00 +0100", 60),
        ("Mon, 21 Mar 2022 12:01:00 -0000", 60),
    ],
)  # fmt: skip
def test_what_a_retry_after_means(text, seconds):
    found = read_retry_after(text, NOON)
    assert found == (None if seconds is None else NOON + timedelta(seconds=seconds))
    assert found is None or found.tzinfo is UTC


def test_every_good_secret_signs_an_alert():
    keys = [b"first key", b"second"]
    secrets = [f"whsec_{b64encode(key).decode()}" for key in keys]
    moment = NOON + timedelta(microseconds=999_999)
    headers = signature_headers(secrets, "alert-1", moment, b'{"a": 1}')
    signed = b'alert-1.1647864000.{"a": 1}'
    signatures = [b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    assert headers == {
        "webhook-id": "alert-1",
        "webhook-timestamp": "1647864000",
        "webhook-signature": f"v1,{signatures[0]} v1,{signatures[1]}",
    }
    assert signature_headers([], "alert-1", moment, b"") == {}


@pytest.mark.parametrize(
    ("secret", "is_good"),
    [("whsec_YQ==", True), ("YQ==", True), ("whsec_", False), ("whsec_a", False), ("a b=", False)],
)
def test_a_secret_is_base64_of_something(secret, is_good):
    assert is_secret(secret) is is_good


def test_only_these_codes_ask_for_another_try():
    assert sorted(RETRIABLE) == [408, 420, 429, 460, 502, 503, 504, 522, 524]


@pytest.mark.parametrize(("seconds", "is_late"), [(0, False), (120, False), (120.000001, True)])
def test_a_try_is_within_two_minutes_of_the_first(seconds, is_late):
    tried = NOON + timedelta(seconds=seconds - 15)
    moment = next_try(NOON, 1, tried)
    assert (moment is None) == is_late


def test_an_alert_is_tried_no_sooner_than_it_was_tried_last():
    date = "Mon, 21 Mar 2022 11:59:00 GMT"
    assert next_try(NOON, 1, NOON, date) == NOON
    assert next_try(NOON, 3, NOON, "1") == NOON + timedelta(seconds=1)
    assert next_try(NOON, 4, NOON, "1") is None
