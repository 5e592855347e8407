"""A request with what is known of it while it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from contextvars import ContextVar
from functools import cached_property
from io import BytesIO
from typing import IO, Any, Final, cast

from flask import Flask, Request
from werkzeug.exceptions import HTTPException

from codat_mock.http.operations import OPERATIONS
from codat_mock.models.faults import Effect
from codat_mock.sandbox import Sandbox
from codat_mock.sandbox.fault_injection import FaultHit
from codat_mock.sandbox.rate_limits import RateLimitStatus
from codat_mock.sandbox.session import Session


class ServedRequest(Request):
    """A request; its body is read at once, as waitress has all of it before the request begins.

    Attributes:
        app: the application that answers it.
        began: when the application got it, in machine seconds.
        sandbox: its own, once it is known.
        session: the one that it has open.
        contexts: what ends with it, its session among them.
        logged_by: the sandbox whose log takes it.
        number: its number there.
        dataset_id: of the dataset that it created.
        pushed_records: how many records that has.
        is_kept_with_dataset: whether its bodies are stored with that dataset.
        broken_rules: the codes of the rules that it broke.
        correlation_id: of its answer.
        fault_hit: the planned fault that hits it.
        delivery: how its answer is sent otherwise than at once.
        rate_limit: what is left of the limits.
        leave: counts it as ended in the limits.
    """

    app: Flask
    began: float = 0.0
    sandbox: Sandbox | None = None
    session: Session | None = None
    contexts: ExitStack | None = None
    logged_by: Sandbox | None = None
    number: int | None = None
    dataset_id: str | None = None
    pushed_records: int | None = None
    is_kept_with_dataset: bool = False
    broken_rules: Sequence[str] = ()
    correlation_id: str | None = None
    fault_hit: FaultHit | None = None
    delivery: Effect | None = None
    rate_limit: RateLimitStatus | None = None
    leave: Callable[[], None] | None = None

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, of which the server has as much as it says; else as Werkzeug guards it."""
        length = self.content_length
        if length is None and "HTTP_TRANSFER_ENCODING" not in self.environ:
            return BytesIO()  # RFC 9112, 6.3
        most = self.max_content_length
        is_bounded = length is not None and (most is None or length <= most)
        if is_bounded and "wsgi.input_terminated" in self.environ:
            return cast(IO[bytes], self.environ["wsgi.input"])
        return super().stream

    @cached_property
    def operation(self) -> str | None:
        """The name of the operation that it is for, None where it is for none.

        Flask answers OPTIONS by itself, under the name of an operation that is not carried out.
        """
        name = (self.endpoint or "").rpartition(".")[2]
        return name if name in OPERATIONS and self.method != "OPTIONS" else None

    @property
    def named(self) -> dict[str, Any]:
        """What the path names, such as `company_id`."""
        return self.view_args or {}

    @property
    def readable_body(self) -> bytes:
        """Its body; empty where that is more than the server takes."""
        with suppress(HTTPException):
            return self.get_data()
        return b""


# Flask's own proxy of it takes ten times as long, and is asked twenty times for each request.
CARRIED_OUT: Final[ContextVar[ServedRequest]] = ContextVar("codat_mock.request")


def served_request() -> ServedRequest:
    """The request that is carried out.

    Raises:
        LookupError: there is none.
    """
    return CARRIED_OUT.get()
