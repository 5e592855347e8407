"""The platforms that a company can be connected to."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.api import examples
from codat_mock.configuration.integrations import Integration, Integrations, branding
from codat_mock.operations import serve
from codat_mock.paging import PAGING, page
from codat_mock.records.branding import Branding

blueprint = Blueprint("integrations", __name__)

GROUP: Final = "Integrations"


@serve(
    blueprint, "GET", "/config/integrations", name="list-integrations", group=GROUP,
    source="reference", answers=Integrations, shows=examples.INTEGRATIONS_SHOWN, query=PAGING,
    assumed="There are four, and their features are our choice.",
)  # fmt: skip
def index() -> Response:
    """List the integrations."""
    return wire.answer(page(Integrations, Integration, wire.sandbox().integrations()))


@serve(
    blueprint, "GET", "/config/integrations/{platformKey}/branding", name="get-branding",
    group=GROUP, source="reference", answers=Branding, shows=examples.BRANDING,
    assumed="The pictures are plain letters, nobody's trade mark.",
)  # fmt: skip
def show_branding(platform_key: str) -> Response:
    """Show an integration's logos and button."""
    return wire.answer(branding(wire.sandbox().integration(platform_key)))
