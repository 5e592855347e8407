"""One answered request as a subject of the rules, with the earlier ones it depends on."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from codat_mock.rules.contexts.common import Context, Request


class Wait(Struct, frozen=True):
    """A wait that an answer asked for, and that is not over.

    Args:
        asked_by: the request answered with 429 or 503.
        seconds: its `Retry-After`.
        passed: the seconds passed since.
    """

    asked_by: Request
    seconds: float
    passed: float


class Repeat(Struct, frozen=True):
    """A request sent again and again because it failed.

    Args:
        requests: the failed tries, in order.
        gaps: the seconds between them and, last, until the judged one; of many, the first and
            the last.
        has_retry_after: whether the last answer had a `Retry-After`.
    """

    requests: Sequence[Request]
    gaps: Sequence[float]
    has_retry_after: bool


class Poll(Struct, frozen=True):
    """A dataset read again.

    Args:
        dataset_id: its id.
        previous: the request that read it before.
        seconds: since then.
        reads_after_end: the number of its reads after one that had shown its end.
    """

    dataset_id: str
    previous: Request
    seconds: float
    reads_after_end: int = 0


class ExchangeContext(Context, frozen=True, kw_only=True):
    """A request of the integration with its answer.

    Args:
        status: of the answer.
        operation: the name of the operation; empty if the API has none of that method and path.
        nearest: the most similar operation, if it has none: method and path.
        is_planned: whether a planned fault made the answer.
        waits: the waits that were not over at its arrival.
        repeat: the earlier tries, if the same request has just failed.
        poll: the previous read, if it reads the status of a dataset.
        has_waited: whether an earlier wait was over at its arrival.
    """

    request: Request
    status: int
    operation: str = ""
    nearest: str = ""
    is_planned: bool = False
    waits: Sequence[Wait] = ()
    repeat: Repeat | None = None
    poll: Poll | None = None
    has_waited: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether the API has no such operation."""
        return not self.operation and self.status in (404, 405)
