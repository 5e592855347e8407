"""Rules for talking to the service."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.contexts import Evidence, ExchangeContext, SyncContext
from codat_mock.rules.registry import rule

TRIES = 4  # of the same failing request; fewer show no pattern
GROWTH = 1.1  # a later interval over the first; below it they count as equal
QUICK_SECONDS = 0.1  # shorter intervals differ by chance


@rule(
    "T01",
    "authorised",
    "error",
    source="reference",
    consequence="the request is refused (401)",
    keeps=("incremental",),
    breaks=("wrong-key",),
    message="Not authorised",
    advice="send 'Authorization: Basic' and the base64 of the API key with every request",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: not request.is_planned,
)
def authorised(request: ExchangeContext) -> Iterator[Evidence]:
    """No request is answered with 401."""
    if request.status == 401:
        yield Evidence(f"{request.request.method} {request.request.path}", dedup_key="401")


@rule(
    "T02",
    "known-operation",
    "error",
    source="reference",
    consequence="the request is refused (404 or 405)",
    keeps=("incremental",),
    breaks=("misspelt-path",),
    message="No such operation in the API",
    advice="send the request to an existing operation; GET /_mock/openapi.json lists them",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: not request.is_planned,
)
def known_operation(request: ExchangeContext) -> Iterator[Evidence]:
    """Every request goes to a path and method of the API."""
    if request.is_unknown:
        sent = f"{request.request.method} {request.request.path}"
        note = f"the nearest operation is {request.nearest}" if request.nearest else ""
        yield Evidence(sent, note, dedup_key=sent)


@rule(
    "T03",
    "within-limits",
    "warning",
    source="reference",
    consequence="the request is refused (429)",
    keeps=("incremental",),
    breaks=("over-the-limit",),
    message="Refused for too many requests",
    advice="send fewer requests: push more records at once, and poll less often",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: not request.is_planned,
)
def within_limits(request: ExchangeContext) -> Iterator[Evidence]:
    """No request is answered with 429."""
    if request.status == 429 and not request.is_planned:
        yield Evidence(f"request {request.request.number}", dedup_key="429")


@rule(
    "T04",
    "retry-after-kept",
    "error",
    source="reference",
    consequence="nothing here; the service may block the account for longer",
    keeps=("waits-before-retrying", "other-worker"),
    breaks=("ignores-retry-after",),
    message="Sent before Retry-After was over",
    advice="after 429 or 503 send nothing until the seconds in Retry-After have passed",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: bool(request.waits) or request.has_waited,
)
def retry_after_kept(request: ExchangeContext) -> Iterator[Evidence]:
    """After 429 or 503 nothing is sent before `Retry-After` is over."""
    for wait in request.waits:
        asked_by = wait.asked_by
        yield Evidence(
            f"request {request.request.number}",
            f"the answer to request {asked_by.number} asked for {wait.seconds:g} s",
            requests=[asked_by],
            dedup_key=f"request {asked_by.number}",
        )


@rule(
    "T05",
    "backs-off",
    "warning",
    source="reference",
    consequence="nothing here; the service is slower to recover",
    keeps=("waits-before-retrying",),
    breaks=("retries-without-backoff", "same-refused-body"),
    message="Repeated at intervals that do not grow",
    advice="double the wait after every failed try, with some jitter",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: request.repeat is not None,
)
def backs_off(request: ExchangeContext, *, seconds: float = 60) -> Iterator[Evidence]:
    """Repeats after a failure come at growing intervals.

    Requests with the same body that are refused with 400 are repeats too: waiting does not help.
    It is judged from the fourth try on, over all of them: once grown, an interval may stay the
    same. An interval of 60 seconds need not grow, nor one that follows `Retry-After`.
    """
    repeat = request.repeat
    if repeat is None or repeat.has_retry_after or len(repeat.gaps) < TRIES - 1:
        return
    first, *later = repeat.gaps
    longest = max(later)
    if longest < seconds and longest <= max(first, QUICK_SECONDS) * GROWTH:
        sent = f"{request.request.method} {request.request.path}"
        yield Evidence(sent, requests=repeat.requests, dedup_key=sent)


@rule(
    "T06",
    "no-hot-polling",
    "warning",
    source="assumed",
    consequence="nothing here; it counts toward the limits on requests",
    keeps=("incremental",),
    breaks=("hot-polling",),
    message="Polled again within a second",
    advice="wait at least one second, and longer each time, between two"
    " GET /meta/companies/$company_id/pull/history/{datasetId}",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: request.poll is not None,
)
def no_hot_polling(request: ExchangeContext, *, seconds: float = 1) -> Iterator[Evidence]:
    """A dataset is polled at most once a second.

    The longer of the intervals on the sandbox's clock and on the machine's clock counts, so that
    real waiting is enough while the sandbox's clock is frozen.
    """
    poll = request.poll
    if poll and poll.seconds < seconds:
        yield Evidence(poll.dataset_id, requests=[poll.previous], dedup_key=poll.dataset_id)


@rule(
    "T07",
    "polled-to-the-end",
    "warning",
    source="assumed",
    consequence="nothing here; a failure goes unnoticed",
    keeps=("incremental",),
    breaks=("stops-polling",),
    message="Polled, but not until the end",
    advice="keep reading GET /meta/companies/$company_id/pull/history/{datasetId} until the dataset"
    " has ended, or subscribe to alerts about datasets",
    subject=SyncContext,
    counts="dataset",
    applies=lambda sync: any(dataset.is_polled for dataset in sync.ended),
)
def polled_to_the_end(sync: SyncContext) -> Iterator[Evidence]:
    """A dataset that is polled is polled until it has ended.

    It is judged at the next sync that runs at least five minutes after the dataset ended.
    """
    for dataset in sync.ended:
        if dataset.is_polled and not dataset.is_read and not dataset.is_alerted:
            yield Evidence(dataset.id, data_type=dataset.data_type, requests=[dataset.pushed_by])


@rule(
    "T08",
    "stops-at-the-end",
    "warning",
    source="assumed",
    consequence="nothing here; it counts toward the limits on requests",
    keeps=("incremental",),
    breaks=("polls-after-the-end",),
    message="Polled after its end",
    advice="stop reading GET /meta/companies/$company_id/pull/history/{datasetId} once the dataset"
    " has ended",
    subject=ExchangeContext,
    counts="request",
    applies=lambda request: request.poll is not None,
)
def stops_at_the_end(request: ExchangeContext, *, reads: float = 3) -> Iterator[Evidence]:
    """A dataset is not polled after its end was read; three reads more are allowed."""
    poll = request.poll
    if poll and poll.reads_after_end > reads:
        yield Evidence(poll.dataset_id, requests=[poll.previous], dedup_key=poll.dataset_id)
