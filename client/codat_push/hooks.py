"""What a program can observe for its metrics: requests and datasets that have ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from codat_push.errors import RequestError

LOG: Final = logging.getLogger("codat_push.hooks")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """A request that has ended; one that is cancelled, as by Ctrl-C, is not reported.

    Args:
        operation: its name: `push`, `dataset`, `newest_datasets`, `sync_status`, `sync_now`,
            `connections` or `configuration`.
        company: the id of the company that it is about.
        seconds: how long it took.
        error: why it failed, with its request and response; None if it succeeded.
    """

    operation: str
    company: str
    seconds: float
    error: RequestError | None


@dataclass(frozen=True, slots=True)
class DatasetEnd:
    """A dataset of an outbox that has ended.

    Args:
        company: the id of its company.
        data_type: of its records.
        records: how many it has.
        status: in which it ended, such as `Complete`.
    """

    company: str
    data_type: str
    records: int
    status: str


def call_hook(hook: Callable[[E], object], event: E) -> None:
    """Call a hook; if it fails, log that and go on: metrics never stop a push."""
    try:
        hook(event)
    except Exception:
        LOG.exception("a hook failed for %s", event)
