"""The Sync Flow: the page on which a merchant maps accounts, and sets when syncs run."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, render_template, request, url_for
from msgspec.structs import replace

from codat_mock.http import request_context
from codat_mock.http.portal.link import see
from codat_mock.http.portal.mapping import first_day, read_mapping
from codat_mock.models.errors import Malformed, Problem, Unauthorised
from codat_mock.sandbox import link_flow
from codat_mock.sandbox.link_flow import LinkForm
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_flow", __name__)

MAPPING: Final = "/flow/session/<code>"


def session_of_code(code: str) -> AbstractContextManager[Session]:
    """A session of the sandbox that a merchant's code belongs to.

    Raises:
        Unauthorised: the code is not valid (any more).
    """
    name = request_context.registry().name_of_code(code)
    if name is None:
        raise Unauthorised("This link was used already, or is too old. Please ask for a new one.")
    return request_context.registry().session(name)


@blueprint.get("/flow/<code>/<commerce_key>/<accounting_key>/start")
def enter(code: str, commerce_key: str, accounting_key: str) -> Response:  # noqa: ARG001  (the vendor's form)
    """Change the code of the URL for that of a link session, once."""
    with session_of_code(code) as session:
        if request.method == "HEAD":  # a preview of the link does not use it up
            return Response()
        flow_code = link_flow.enter(session, code)
    return see(url_for("portal_flow.show", code=flow_code))


@blueprint.get("/flow/done")
def done() -> Response:
    """Say that all is saved, where there is nowhere else to go."""
    return Response(render_template("done.html"))


@blueprint.get(MAPPING)
def show(code: str) -> Response:
    """Ask for the mapping; before that, for the accounting platform's authorisation."""
    form = form_of(code)
    if form.connection.status != "Linked":
        return see(to_link_page(form.company.id, form.connection.id, code))
    return page(code, form)


def to_link_page(company_id: str, connection_id: str, code: str) -> str:
    """The page that asks for authorisation, from which the merchant comes back.

    Args:
        company_id: the company's id.
        connection_id: the accounting connection's.
        code: the link session's.
    """
    return url_for(
        "portal_link.show", company_id=company_id, connection_id=connection_id, flow=code
    )


@blueprint.post(MAPPING)
def save(code: str) -> Response:
    """Take the mapping, and send the merchant on; an incomplete one is asked for again."""
    read, form_code = partial(read_mapping, request.form), request.form.get("code", "")
    if request.form.get("decision") == "deauthorise":
        with session_of_code(code) as session:
            link = link_flow.deauthorise(session, code, form_code)
        return see(to_link_page(link.company_id, link.connection_id, code))
    try:
        with session_of_code(code) as session:
            url = link_flow.save(session, code, form_code, read)
    except Malformed as error:
        again = form_of(code)
        return page(code, replace(again, configuration=read(again.configuration)), error.problems)
    return see(url or url_for("portal_flow.done"))


def form_of(code: str) -> LinkForm:
    """A new form for the link session of a code."""
    with session_of_code(code) as session:
        return link_flow.form(session, link_flow.link_session_of(session, code))


def page(code: str, form: LinkForm, problems: Iterable[Problem] = ()) -> Response:
    """The form, with what is wrong with the answer that was given.

    Args:
        code: the link session's.
        form: what it shows.
        problems: what is wrong.
    """
    # What follows the colon tells a developer which property to set.
    wrong = [problem.message.partition(":")[0] for problem in problems]
    schedule = form.configuration.schedule
    content = render_template(
        "flow.html",
        form=form,
        problems=wrong,
        start_date=first_day(schedule, form.now),
        zones=sorted(available_timezones()),
        flow=code,
        sandbox=request_context.registry().name_of_company(form.company.id),
    )
    return Response(content, 400 if wrong else 200)
