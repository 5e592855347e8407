"""The exceptions: which status is which, and whether the request may have been carried out."""

from __future__ import annotations

import httpx
import pytest

from codat_push.errors import (
    AccountLimit,
    AnswerLost,
    BadRecord,
    BadRequest,
    Forbidden,
    NotFound,
    NotReady,
    PushTooLarge,
    RequestError,
    RetryAfterActive,
    ServerError,
    StatusError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
    error_class,
)

REQUEST = httpx.Request("GET", "https://x/path?q=1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, StatusError), (399, StatusError), (400, BadRequest), (401, Unauthorized),
        (402, AccountLimit), (403, Forbidden), (404, NotFound), (405, StatusError),
        (408, StatusError), (409, NotReady), (410, StatusError), (412, StatusError),
        (413, PushTooLarge), (414, StatusError), (428, StatusError), (429, TooManyRequests),
        (430, StatusError), (499, StatusError), (500, ServerError), (501, ServerError),
        (599, ServerError), (600, ServerError),
    ],
)  # fmt: skip
def test_each_status_has_its_class(status: int, kind: type[StatusError]) -> None:
    assert error_class(status) is kind


def answered(status: int, correlation_id: str = "") -> StatusError:
    answer = httpx.Response(status, request=REQUEST)
    return error_class(status)("why", REQUEST, answer, correlation_id)


@pytest.mark.parametrize(
    ("error", "has_arrived", "is_late", "is_transient", "is_outage"),
    [
        (RetryAfterActive("why", REQUEST), False, False, True, False),
        (Unreachable("why", REQUEST), False, False, True, False),
        (AnswerLost("why", REQUEST), True, True, True, False),
        (UnreadableAnswer("why", REQUEST), True, False, True, False),
        *((answered(status), False, False, False, False) for status in (300, 400, 401, 402, 403)),
        *((answered(status), False, False, False, False) for status in (404, 405, 413)),
        (answered(409), False, False, True, False), (answered(429), False, False, True, False),
        (answered(500), True, False, True, False), (answered(501), True, False, True, False),
        (answered(502), True, True, True, False), (answered(503), True, False, True, True),
        (answered(504), True, True, True, False), (answered(505), True, False, True, False),
    ],
)  # fmt: skip
def test_whether_a_request_may_have_arrived_or_may_be_repeated(
    error: RequestError, has_arrived: bool, is_late: bool, is_transient: bool, is_outage: bool
) -> None:
    assert error.may_have_arrived is has_arrived
    assert error.may_arrive_late is is_late
    assert error.is_transient is is_transient
    assert error.is_outage is is_outage


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AnswerLost("why", REQUEST), "GET https://x/path?q=1: why"),
        (answered(404), "GET https://x/path?q=1: 404: why"),
        (answered(500, "id"), "GET https://x/path?q=1: 500: why [correlation id id]"),
    ],
)
def test_a_message_names_the_request_the_status_and_the_correlation_id(
    error: RequestError, text: str
) -> None:
    assert str(error) == text
    assert (error.message, error.retry_after, error.request) == ("why", None, REQUEST)
    assert error.status == (None if error.response is None else error.response.status_code)


def test_a_404_is_the_service_s_own_if_it_has_a_correlation_id() -> None:
    for correlation_id, expected in (("id", True), ("", False)):
        error = answered(404, correlation_id)
        assert isinstance(error, NotFound)
        assert error.is_from_service is expected


def test_a_bad_record_can_be_printed_anywhere() -> None:
    error = BadRecord("$.\ud800", "no \udfff é")
    assert (error.path, error.reason) == ("$.\\ud800", "no \\udfff é")
    assert str(error) == "$.\\ud800: no \\udfff é"
