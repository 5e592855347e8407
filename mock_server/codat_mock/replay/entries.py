"""A recorded request as an entry of the request log."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from codat_mock.domain.redaction import without_secrets
from codat_mock.har.exchange import Recorded, header
from codat_mock.http.middleware_log import nearest
from codat_mock.http.request_context import CALLER, MAX_CALLER_CHARACTERS
from codat_mock.models.request_log import LoggedRequest
from codat_mock.replay.routes import Call


def entry_of(call: Call, number: int, dataset_id: str | None) -> LoggedRequest:
    """The entry of a request.

    Args:
        call: the request.
        number: its number in the log.
        dataset_id: the dataset that it created, if it is a push.
    """
    recorded = call.recorded
    return LoggedRequest(
        number=number,
        at="",
        seconds=0,
        method=recorded.method,
        path=without_secrets(call.path),
        query=without_secrets(recorded.url_parts.query),
        status=recorded.status,
        is_planned=False,
        operation=call.operation or None,
        nearest=None if call.operation else nearest(recorded.method, call.path),
        company_id=without_secrets(call.company_id) or None,
        dataset_id=call.parameters.get("datasetId", dataset_id),
        sent_bytes=len(recorded.sent or b""),
        answered_bytes=len(recorded.answered or b""),
        sent_type=recorded.sent_type,
        answered_type=recorded.answered_type,
        findings=[],
        caller=caller(recorded),
        is_lost=recorded.status == 0,
        retry_after=retry_after(recorded),
    )


def caller(recorded: Recorded) -> str:
    """The place in the code of the integration, from the header `Codat-Mock-Source`."""
    return without_secrets(header(recorded.headers, CALLER)[:MAX_CALLER_CHARACTERS])


def retry_after(recorded: Recorded) -> float | None:
    """`Retry-After` of an answer in seconds, whether it is a number or a date."""
    value = header(recorded.answered_headers, "retry-after")
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(value) - recorded.ended).total_seconds()
    except (ValueError, TypeError):
        return None
