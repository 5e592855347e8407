"""The Sync Flow: the page on which a merchant maps accounts, and sets when syncs run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, render_template, request, url_for
from msgspec.structs import replace

from codat_mock.http import request_context
from codat_mock.http.portal.link import see
from codat_mock.http.portal.mapping import first_day, read_mapping
from codat_mock.models.errors import Malformed, Problem, Unauthorised
from codat_mock.sandbox.link_flow import LinkForm
from codat_mock.sandbox.merchant import MerchantPortal

blueprint = Blueprint("portal_flow", __name__)

VISIT: Final = "/flow/visit/<visiting>"


def merchant(code: str) -> MerchantPortal:
    """The merchant whom a code was given to.

    Raises:
        Unauthorised: it is not valid (any more).
    """
    here = request_context.registry().sandbox_of_code(code)
    if here is None:
        raise Unauthorised("This link was used already, or is too old. Please ask for a new one.")
    return here.merchant


@blueprint.get("/flow/<code>")
def enter(code: str) -> Response:
    """Change the code of the URL for a visit, once."""
    here = merchant(code)
    if request.method == "HEAD":  # a preview of the link does not use it up
        return Response()
    return see(url_for("portal_flow.show", visiting=here.enter(code)))


@blueprint.get("/flow/done")
def done() -> Response:
    """Say that all is saved, where there is nowhere else to go."""
    return Response(render_template("done.html"))


@blueprint.get(VISIT)
def show(visiting: str) -> Response:
    """Ask for the mapping; before that, for the accounting platform's authorisation."""
    form = merchant(visiting).visit(visiting)
    if form.connection.status != "Linked":
        return see(
            url_for(
                "portal_link.show",
                company_id=form.company.id,
                connection_id=form.connection.id,
                flow=visiting,
            )
        )
    return page(form)


@blueprint.post(VISIT)
def save(visiting: str) -> Response:
    """Take the mapping, and send the merchant on; an incomplete one is asked for again."""
    here = merchant(visiting)
    read = partial(read_mapping, request.form)
    try:
        url = here.save(visiting, request.form.get("code", ""), read)
    except Malformed as error:
        again = here.visit(visiting)
        return page(replace(again, configuration=read(again.configuration)), error.problems)
    return see(url or url_for("portal_flow.done"))


def page(form: LinkForm, problems: Iterable[Problem] = ()) -> Response:
    """The form, with what is wrong with the answer that was given."""
    # What follows the colon tells a developer which property to set.
    wrong = [problem.message.partition(":")[0] for problem in problems]
    schedule = form.configuration.schedule
    content = render_template(
        "flow.html",
        form=form,
        problems=wrong,
        start_date=first_day(schedule, form.now),
        zones=sorted(available_timezones()),
    )
    return Response(content, 400 if wrong else 200)
