"""The platforms that a company can be connected to."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.configuration.integrations import branding
from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.integrations import Branding, Integration
from codat_mock.models.pages import Integrations
from codat_mock.sandbox import connections

blueprint = Blueprint("integrations", __name__)

GROUP: Final = "Integrations"


@blueprint.get("/integrations")  # where the links of a page lead
@serve(
    blueprint, "GET", "/config/integrations", name="list-integrations", group=GROUP,
    section="contract 1 §2, §7; contract 2 §A11, §A12", answers=Integrations,
    shows=examples.INTEGRATIONS_SHOWN, query=PAGING,
    assumed="There are four, and their features.",
    contradicted="The beta's document requires page; dataProvidedBy is in the documentation's"
    " sample, not in the beta's document; the name of a data type is datatype there, dataType in"
    " later documents; page links lack /config.",
)  # fmt: skip
def index() -> Response:
    """List the integrations."""
    found = connections.integrations(request_context.session())
    return request_context.answer(page(Integrations, Integration, found))


@serve(
    blueprint, "GET", "/config/integrations/{platformKey}/branding", name="get-branding",
    group=GROUP, section="contract 1 §2", answers=Branding, shows=examples.BRANDING,
    assumed="The pictures are plain letters, no trade marks.",
)  # fmt: skip
def show_branding(platform_key: str) -> Response:
    """Show an integration's logos and button."""
    return request_context.answer(branding(connections.integration(platform_key)))
