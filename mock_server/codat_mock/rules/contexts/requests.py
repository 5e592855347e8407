"""One answered request as the rules judge it, beside those that came before."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from codat_mock.rules.contexts.common import Context, Request


class Wait(Struct, frozen=True):
    """A wait that an answer asked for, and that is not over.

    Args:
        asked_by: the request that was answered with 429 or 503.
        seconds: what its `Retry-After` said.
        passed: how many of them have passed.
    """

    asked_by: Request
    seconds: float
    passed: float


class Repeat(Struct, frozen=True):
    """A request sent again and again because it failed.

    Args:
        requests: the tries that failed, in their order.
        gaps: the seconds between them and, last, until the one that is judged; where there are
            many, the first and the last of them.
        is_told_when: whether the last of them was told when to come again.
    """

    requests: Sequence[Request]
    gaps: Sequence[float]
    is_told_when: bool


class Poll(Struct, frozen=True):
    """A dataset read again.

    Args:
        dataset_id: its id.
        previous: the request that read it before.
        seconds: how long ago.
    """

    dataset_id: str
    previous: Request
    seconds: float


class ExchangeContext(Context, frozen=True, kw_only=True):
    """A request of the integration with its answer.

    Args:
        status: of the answer.
        operation: the name of the operation; empty where there is none of that method and path.
        nearest: the operation most like it, where there is none: method and path.
        is_planned: whether a fault made the answer that was planned.
        waits: what earlier answers asked to wait for, and was not over when it came.
        repeat: the tries before, where the same request has just failed.
        poll: the read before, where it reads a dataset's status.
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
