"""Planned faults: carries out the effect of the fault that hits a request.

What needs a socket is asked of the server through the WSGI environment. Without a server, in
process, an answer that would be lost is a 502, and nothing is slow.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final, Protocol

from flask import Flask, Response
from werkzeug.http import http_date

from codat_mock.clock import machine_now
from codat_mock.http import request_context
from codat_mock.http.error_bodies import PLANNED_WORDS, error_body
from codat_mock.http.served_request import served_request
from codat_mock.models.faults import Delivery, Effect, Refusal, Spoiling
from codat_mock.sandbox import fault_injection
from codat_mock.sandbox.session import Session

WRONG_JSON: Final = b'{"unexpected":true}'
LOST: Final = Refusal(502, "The answer was lost on its way.")


class Deliver(Protocol):
    """Sends the answer to a request otherwise than at once.

    Args:
        delivery: how.
        on_end: called once, when the answer is sent (False), or the client has gone before it has
            all of it (True).
        seconds: how late it is sent, by the machine's clock.
        bytes_per_second: how fast it is sent.
    """

    def __call__(
        self,
        delivery: Delivery,
        on_end: Callable[[bool], None],
        seconds: float = 0.0,
        bytes_per_second: int = 0,
    ) -> None:
        """Take note of it; the answer follows."""


def register(app: Flask) -> None:
    """Let the planned faults hit requests to the API."""
    app.before_request(before)
    app.after_request(after)


def before() -> Response | None:
    """Find the fault that hits the request; answer where it keeps it from being carried out."""
    request = served_request()
    if not request.operation:
        return None
    sandbox = request_context.sandbox()
    if not sandbox.has_faults:
        return None
    company_id = request.named.get("company_id")
    # A transaction of its own, which only planned faults cost: what falls due by time that elapses
    # is done when the request's own session opens, and the body is decoded while others work.
    with request_context.registry().session(sandbox.name) as session:
        request.fault_hit = found = fault_injection.meet(session, request.operation, company_id)
    if found is None or found.effect.refusal is None:
        return None
    seconds, shut = found.effect.shut_seconds, request.environ.get(request_context.SHUT)
    if seconds is not None and shut:
        shut(seconds)
        request.delivery = Effect(delivery="reset")
        deliver()
    return refuse(found.effect.refusal, found.at)


def after(response: Response) -> Response:
    """Spoil the answer, or have it sent late, slowly or not at all."""
    request = served_request()
    if request.fault_hit is None:
        return response
    effect = request.fault_hit.effect
    if effect.refusal:
        return response
    if effect.spoiling:
        spoil(response, effect.spoiling)
    elif effect.is_lost and not (effect.delivery and has_server()):
        return refuse(LOST)
    if effect.delivery:
        request.delivery = effect
    return response


def refuse(refusal: Refusal, now: datetime | None = None) -> Response:
    """An error answer in the vendor's shape.

    Args:
        refusal: what it says.
        now: the sandbox's time, UTC, which a date of `Retry-After` needs.
    """
    known = {each.value: f"{each.phrase}." for each in HTTPStatus} | PLANNED_WORDS
    message = f"{known.get(refusal.status, 'Refused.')} {refusal.message}"
    response = request_context.answer(
        error_body(refusal.status, message, request_context.correlation_id()), refusal.status
    )
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
        if refusal.retry_after_as == "machine-date":
            now = machine_now()
        if refusal.retry_after_as != "seconds" and now is not None:
            # A date has whole seconds; rounded up, whoever keeps it keeps rule T04.
            sent = now.replace(microsecond=0) + timedelta(seconds=bool(now.microsecond))
            response.headers["Date"] = http_date(sent)
            over = sent + timedelta(seconds=refusal.retry_after)
            response.headers["Retry-After"] = http_date(over)
    return response


def spoil(response: Response, spoiling: Spoiling) -> None:
    """Make an answer unreadable."""
    if spoiling == "truncated":
        sent = response.get_data()
        response.set_data(sent[: len(sent) // 2])
    elif spoiling == "wrong-json":
        response.set_data(WRONG_JSON)
    else:
        response.content_type = "text/html; charset=utf-8"


def deliver() -> None:
    """Ask the server to send the answer otherwise than at once, where a fault has it so.

    Called once the request is committed: its end may come at once, and opens a session.
    """
    request = served_request()
    effect, request.delivery = request.delivery, None
    ask: Deliver | None = request.environ.get(request_context.DELIVER)
    if effect is None or effect.delivery is None or ask is None:
        return
    # A request is in progress until its answer is sent: its end is not counted before.
    leave, request.leave = request.leave or do_nothing, None
    confirm = request.environ.pop(request_context.SENT, do_nothing)
    forget = request.environ.pop(request_context.LOST, do_nothing)

    def end(is_lost: bool) -> None:
        leave()
        (forget if is_lost else confirm)()

    ask(effect.delivery, end, effect.delay_seconds, effect.bytes_per_second)


def has_server() -> bool:
    """Whether a server sends the answer; in process it is there at once."""
    return request_context.DELIVER in served_request().environ


def do_nothing() -> None:
    """What follows from the end of a request that nothing has to follow from."""


def note_push(session: Session, company_id: str, dataset_id: str) -> None:
    """Remember which push the request brought, should its answer be lost on its way.

    What follows then waits for no session: the loop that serves all connections does it.

    Args:
        session: of the request.
        company_id: the company's id.
        dataset_id: the dataset's id.
    """
    answers, company = session.tables.datasets.answers, session.company(company_id).number
    environ = served_request().environ
    environ[request_context.LOST] = partial(answers.lose, company, dataset_id)
    environ[request_context.SENT] = partial(answers.confirm, dataset_id)


def loses_answer() -> bool:
    """Whether the client will not be able to read the answer to the request."""
    hit = served_request().fault_hit
    return hit is not None and hit.effect.is_lost
