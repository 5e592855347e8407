"""Health, reset, and the merchant's part of linking."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from codat_mock.clock import format_moment, in_calendar, machine_now, parse_speed
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.planned_outcomes import Profile
from codat_mock.models.values import Moment
from codat_mock.sandbox import Settings

blueprint = Blueprint("state", __name__)


class AuthorisationRequest(Struct, rename="camel"):
    """Which connection the merchant authorises; without one, all that wait."""

    connection_id: str | UnsetType | None = UNSET


class ResetRequest(Struct, rename="camel", forbid_unknown_fields=True):
    """What a new sandbox starts from, where it is not what every one of the server does.

    Args:
        start_at: where its clock starts.
        speed: how fast its time passes: `real`, `frozen`, or a factor such as `x60`.
        profile: how fast its datasets go.
    """

    start_at: Moment | None = None
    speed: Annotated[str, Meta(min_length=1)] | None = None
    profile: Profile | None = None

    def settings(self, usual: Settings) -> Settings:
        """What the sandbox starts from.

        Raises:
            Malformed: there is no such moment or speed.
        """
        if self.start_at and not in_calendar(self.start_at):
            told = f"{format_moment(self.start_at)} is at the very edge of the calendar."
            raise Malformed(told, [Problem("$.startAt", told)])
        try:
            speed = parse_speed(self.speed) if self.speed else usual.speed
        except ValueError:
            told = f"'{self.speed}' is not 'real', 'frozen', or a factor such as 'x60'."
            raise Malformed(told, [Problem("$.speed", told)]) from None
        return replace(usual, start_at=self.start_at or usual.start_at, speed=speed)


class CompanyRequest(Struct, forbid_unknown_fields=True):
    """The company that is to be made, and the key or id of its accounting platform."""

    name: str
    accounting: str = "gbol"


@blueprint.get("/health")
def health() -> Response:
    """Whether the server is ready; no sandbox is needed or made."""
    return request_context.answer(
        {
            "status": "ready",
            "version": version("codat-mock"),
            "now": format_moment(machine_now()),
            "sandboxes": len(request_context.registry().names()),
        }
    )


@blueprint.post("/reset")
def reset() -> Response:
    """Begin anew: a new sandbox under the same key or name."""
    registry, wanted = (
        request_context.registry(),
        request_context.body(ResetRequest) if request.get_data() else ResetRequest(),
    )
    fresh = registry.reset(resolve_sandbox.name(), wanted.settings(registry.settings))
    if wanted.profile:
        fresh.set_pace(PROFILES[wanted.profile])
    return request_context.answer({"status": "reset", "clock": fresh.clock()})


@blueprint.post("/companies")
def prepare() -> Response:
    """Make a company that is ready to be pushed to: its accounting linked, its mapping stored."""
    here, wanted = resolve_sandbox.sandbox(), request_context.body(CompanyRequest)
    return request_context.answer(here.prepare(wanted.name, wanted.accounting))


@blueprint.post("/companies/<company_id>/delete-connection")
def delete_connection(company_id: str) -> Response:
    """Do as a merchant who deletes the sync connection."""
    return request_context.answer(resolve_sandbox.sandbox().delete_connection(company_id))


@blueprint.post("/companies/<company_id>/authorize")
def authorize(company_id: str) -> Response:
    """Do the merchant's part: link what waits for authorisation."""
    here = resolve_sandbox.sandbox()
    wanted = (
        request_context.body(AuthorisationRequest) if request.get_data() else AuthorisationRequest()
    )
    return request_context.answer(here.authorise(company_id, wanted.connection_id or None))
