"""The page on which a merchant authorises a connection, or refuses to."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import Blueprint, Response, redirect, render_template, request, url_for

from codat_mock.configuration.integrations import find_integration
from codat_mock.http import request_context
from codat_mock.models.errors import NotFound
from codat_mock.sandbox import companies, link_flow
from codat_mock.sandbox.session import Session
from codat_mock.storage import LinkSession

blueprint = Blueprint("portal_link", __name__)

CONNECTION = "/link/company/<company_id>/connection/<connection_id>"


def session_of_company(company_id: str) -> AbstractContextManager[Session]:
    """A session of the sandbox that a company is in: a merchant has no key.

    Raises:
        NotFound: there is no such company.
    """
    name = request_context.registry().name_of_company(company_id)
    if name is None:
        raise NotFound("This company does not exist (any more).")
    return request_context.registry().session(name)


@blueprint.get("/link/company/<company_id>")
def show_company(company_id: str) -> Response:
    """The company's connections, each leading to its page."""
    with session_of_company(company_id) as session:
        company, name = companies.company(session, company_id), session.tables.row.name
    return Response(render_template("company.html", company=company, sandbox=name))


@blueprint.get(CONNECTION)
def show(company_id: str, connection_id: str) -> Response:
    """Ask the merchant."""
    with session_of_company(company_id) as session:
        form = link_flow.form(session, LinkSession(company_id, connection_id))
        name = session.tables.row.name
    platform = find_integration(form.connection.integration_key)
    flow = request.args.get("flow")
    page = render_template("link.html", form=form, platform=platform, flow=flow, sandbox=name)
    return Response(page)


@blueprint.post(CONNECTION)
def decide(company_id: str, connection_id: str) -> Response:
    """Take the merchant's answer, and go on."""
    is_allowed = request.form.get("decision") == "authorise"
    code, flow = request.form.get("code", ""), request.form.get("flow")
    with session_of_company(company_id) as session:
        link = LinkSession(company_id, connection_id)
        link_flow.decide(session, link, code, is_allowed=is_allowed)
    if flow and is_allowed:
        return see(url_for("portal_flow.show", code=flow))
    return see(
        url_for("portal_link.show", company_id=company_id, connection_id=connection_id, flow=flow)
    )


def see(url: str) -> Response:
    """Send the browser to another page, to be read."""
    return Response(status=303, headers={"Location": redirect(url).location})
