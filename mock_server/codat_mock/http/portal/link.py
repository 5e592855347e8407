"""The page on which a merchant authorises a connection, or refuses to."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for

from codat_mock.configuration.integrations import find_integration
from codat_mock.http import request_context
from codat_mock.models.errors import NotFound
from codat_mock.sandbox.merchant import MerchantPortal

blueprint = Blueprint("portal_link", __name__)

CONNECTION = "/link/company/<company_id>/connection/<connection_id>"


def merchant(company_id: str) -> MerchantPortal:
    """The merchant of a company, in whichever sandbox it is.

    Raises:
        Unknown: there is no such company.
    """
    here = request_context.registry().sandbox_of_company(company_id)
    if here is None:
        raise NotFound("This company does not exist (any more).")
    return here.merchant


@blueprint.get("/link/company/<company_id>")
def show_company(company_id: str) -> Response:
    """The company's connections, each leading to its page."""
    company = merchant(company_id).company(company_id)
    return Response(render_template("company.html", company=company))


@blueprint.get(CONNECTION)
def show(company_id: str, connection_id: str) -> Response:
    """Ask the merchant."""
    form = merchant(company_id).asked(company_id, connection_id)
    platform = find_integration(form.connection.integration_key)
    page = render_template("link.html", form=form, platform=platform, flow=request.args.get("flow"))
    return Response(page)


@blueprint.post(CONNECTION)
def decide(company_id: str, connection_id: str) -> Response:
    """Take the merchant's answer, and go on."""
    is_allowed = request.form.get("decision") == "authorise"
    code, visit = request.form.get("code", ""), request.form.get("flow")
    merchant(company_id).decide(company_id, connection_id, code, is_allowed=is_allowed)
    if visit and is_allowed:
        return see(url_for("portal_flow.show", visiting=visit))
    return see(
        url_for("portal_link.show", company_id=company_id, connection_id=connection_id, flow=visit)
    )


def see(url: str) -> Response:
    """Send the browser to another page, to be read."""
    return Response(status=303, headers={"Location": redirect(url).location})
