"""What planned faults do to a request and its answer.

What needs a socket is asked of the server through the environment. Without a server, in process,
an answer that would be lost is a 502, and nothing is slow.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final, Literal, Protocol

from flask import Flask, Response, g, request

from codat_mock.http import request_context
from codat_mock.http.error_bodies import error_body
from codat_mock.http.operations import OPERATIONS
from codat_mock.models.errors import NotFound, Unauthorised
from codat_mock.models.faults import Delay, Lose, Maintenance, Refuse, Slow, Spoil, Unreachable
from codat_mock.sandbox import Sandbox
from codat_mock.sandbox.fault_injection import FaultHit

Way = Literal["close", "reset", "hang", "delay", "slow"]
WRONG_JSON: Final = b'{"unexpected":true}'


class Deliver(Protocol):
    """Sends the answer to a request in another way than at once.

    Args:
        way: how.
        on_end: called once, when the answer is sent (False), or the client has gone before it has
            all of it (True).
        seconds: how late it is sent, by the machine's clock.
        bytes_per_second: how fast it is sent.
    """

    def __call__(
        self,
        way: Way,
        on_end: Callable[[bool], None],
        seconds: float = 0.0,
        bytes_per_second: int = 0,
    ) -> None:
        """Take note of it; the answer follows."""


def register(app: Flask) -> None:
    """Let requests to the API meet what is planned for them."""
    app.before_request(before)
    app.after_request(after)


def before() -> Response | None:
    """Meet a fault, and answer where it keeps the request from being carried out."""
    name = (request.endpoint or "").rpartition(".")[2]
    if name not in OPERATIONS:
        return None
    try:
        here = request_context.sandbox()
    except Unauthorised:
        return None
    company_id = (request.view_args or {}).get("company_id")
    g.meeting = met = here.trouble.meet(name, company_id)
    if met is None:
        return None
    if isinstance(met.fault, Refuse):
        return refusal(met.fault.status, "A planned fault.", met.fault.retry_after)
    if isinstance(met.fault, Maintenance):
        return refusal(503, "The service is under maintenance.", met.retry_after)
    if isinstance(met.fault, Unreachable):
        return unreachable(met.fault)
    return None


def refusal(status: int, told: str, retry_after: int | None = None) -> Response:
    """An error in the vendor's shape."""
    known = {each.value: each.phrase for each in HTTPStatus}
    message = f"{known.get(status, 'Refused')}. {told}"
    response = request_context.answer(
        error_body(status, message, request_context.correlation_id()), status
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def unreachable(fault: Unreachable) -> Response:
    """Reset the connection, and take no other for a while."""
    shut = request.environ.get(request_context.SHUT)
    if shut:
        shut(fault.seconds)
        deliver("reset")
    return refusal(502, "The service cannot be reached.")


def after(response: Response) -> Response:
    """Spoil, delay or lose the answer."""
    met: FaultHit | None = g.get("meeting")
    fault = met.fault if met else None
    if isinstance(fault, Spoil):
        spoil(response, fault)
    elif isinstance(fault, Delay) and met:
        deliver("delay", seconds=met.delay_seconds)
    elif isinstance(fault, Slow):
        deliver("slow", bytes_per_second=fault.bytes_per_second)
    elif isinstance(fault, Lose) and (fault.by == "bad-gateway" or not deliver(fault.by)):
        return refusal(502, "The answer was lost on its way.")
    return response


def spoil(response: Response, fault: Spoil) -> None:
    """Make an answer that cannot be read."""
    if fault.how == "truncated":
        sent = response.get_data()
        response.set_data(sent[: len(sent) // 2])
    elif fault.how == "wrong-json":
        response.set_data(WRONG_JSON)
    else:
        response.content_type = "text/html; charset=utf-8"


def deliver(way: Way, seconds: float = 0.0, bytes_per_second: int = 0) -> bool:
    """Ask the server to send the answer in another way; False where there is no server to ask."""
    ask: Deliver | None = request.environ.get(request_context.DELIVER)
    if ask:
        # A request is under way until its answer is sent: its end is not counted before.
        forget, leave = g.get("forget", nothing), g.pop("leave", nothing)

        def end(is_lost: bool) -> None:
            leave()
            if is_lost:
                forget()

        ask(way, end, seconds, bytes_per_second)
    return ask is not None


def nothing() -> None:
    """What follows from the end of a request that nothing is to follow from."""


def note_push(here: Sandbox, company_id: str, dataset_id: str) -> None:
    """Remember which push the request brought, should its answer be lost on its way."""

    def forget() -> None:
        with suppress(NotFound):  # the sandbox may have been reset since
            here.forget_answer(company_id, dataset_id)

    g.forget = forget


def loses_answer() -> bool:
    """Whether the client will not be able to read the answer to the request."""
    met: FaultHit | None = g.get("meeting")
    return met is not None and isinstance(met.fault, Lose | Spoil)
