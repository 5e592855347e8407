"""Health, reset, and the merchant's part of linking."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response, request
from msgspec import UNSET, Struct, UnsetType

from codat_mock import wire
from codat_mock.clock import format_moment, machine_now
from codat_mock.control import who

blueprint = Blueprint("state", __name__)


class Authorisation(Struct, rename="camel"):
    """Which connection the merchant authorises; without one, all that wait."""

    connection_id: str | UnsetType | None = UNSET


class Preparation(Struct, forbid_unknown_fields=True):
    """The company that is to be made, and the key or id of its accounting platform."""

    name: str
    accounting: str = "gbol"


@blueprint.get("/health")
def health() -> Response:
    """Whether the server is ready; no sandbox is needed or made."""
    return wire.answer(
        {
            "status": "ready",
            "version": version("codat-mock"),
            "now": format_moment(machine_now()),
            "sandboxes": len(wire.world().names()),
        }
    )


@blueprint.post("/reset")
def reset() -> Response:
    """Begin anew: a new sandbox under the same key or name."""
    fresh = wire.world().reset(who.name())
    return wire.answer({"status": "reset", "clock": fresh.clock()})


@blueprint.post("/companies")
def prepare() -> Response:
    """Make a company that is ready to be pushed to: its accounting linked, its mapping stored."""
    here, wanted = who.sandbox(), wire.body(Preparation)
    return wire.answer(here.prepare(wanted.name, wanted.accounting))


@blueprint.post("/companies/<company_id>/delete-connection")
def delete_connection(company_id: str) -> Response:
    """Do as a merchant who deletes the sync connection."""
    return wire.answer(who.sandbox().delete_connection(company_id))


@blueprint.post("/companies/<company_id>/authorize")
def authorize(company_id: str) -> Response:
    """Do the merchant's part: link what waits for authorisation."""
    here = who.sandbox()
    wanted = wire.body(Authorisation) if request.get_data() else Authorisation()
    return wire.answer(here.authorise(company_id, wanted.connection_id or None))
