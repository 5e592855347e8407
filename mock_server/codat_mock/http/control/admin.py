"""Health, reset, and the merchant's part of linking."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

import codat_mock
from codat_mock.clock import format_moment, in_calendar, machine_now, parse_speed
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.http import request_context
from codat_mock.http.access import has_token
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.commerce import PaymentType
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.planned_outcomes import Profile
from codat_mock.models.values import Moment
from codat_mock.sandbox import Settings, clock_control, companies, connections, planned_outcomes

blueprint = Blueprint("state", __name__)


class AuthorisationRequest(Struct, rename="camel"):
    """Which connection the merchant authorises; without one, all that are pending."""

    connection_id: str | UnsetType | None = UNSET


class ResetRequest(Struct, rename="camel", forbid_unknown_fields=True):
    """What a new sandbox starts from, other than the server's settings.

    Args:
        start_at: where its clock starts.
        speed: how fast its time passes: `real`, `frozen`, or a factor such as `x60`.
        profile: how fast its datasets are processed.
        tax_rates: the tax percentages that the merchants of prepared companies have mapped.
        payment_types: the payment types that they have mapped, beside cards.
    """

    start_at: Moment | None = None
    speed: Annotated[str, Meta(min_length=1)] | None = None
    profile: Profile | None = None
    tax_rates: tuple[Decimal, ...] | None = None
    payment_types: tuple[PaymentType, ...] | None = None

    def settings(self, usual: Settings) -> Settings:
        """What the sandbox starts from.

        Raises:
            Malformed: there is no such moment or speed.
        """
        if self.start_at and not in_calendar(self.start_at):
            message = f"{format_moment(self.start_at)} is outside the calendar of the clock."
            raise Malformed(message, [Problem("$.startAt", message)])
        try:
            speed = parse_speed(self.speed) if self.speed else usual.speed
        except ValueError:
            message = f"'{self.speed}' is not 'real', 'frozen', or a factor such as 'x60'."
            raise Malformed(message, [Problem("$.speed", message)]) from None
        return replace(
            usual,
            start_at=self.start_at or usual.start_at,
            speed=speed,
            tax_rates=usual.tax_rates if self.tax_rates is None else self.tax_rates,
            payment_types=usual.payment_types if self.payment_types is None else self.payment_types,
        )


class CompanyRequest(Struct, forbid_unknown_fields=True):
    """The company to create, and the key or id of its accounting platform."""

    name: str
    accounting: str = "gbol"


@blueprint.get("/health")
def health() -> Response:
    """Whether the server is ready; no sandbox is needed or made.

    Without the control token, where one is needed, the answer has only the status.
    """
    if not has_token():
        return request_context.answer({"status": "ready"})
    return request_context.answer(
        {
            "status": "ready",
            "version": codat_mock.__version__,
            "now": format_moment(machine_now()),
            "sandboxes": len(request_context.registry().names()),
            "failures": request_context.registry().failures.all(),
            "failureReports": request_context.registry().failures.reports(),
        }
    )


@blueprint.get("/sandboxes")
def sandboxes() -> Response:
    """The sandboxes that there are, each with its owner's name for it."""
    registry = request_context.registry()
    found = []
    for name in registry.names():
        with registry.session(name) as session:
            found.append(
                {
                    "name": name,
                    "label": registry.labels.get(name, name),
                    "now": format_moment(session.now),
                    "companies": len(companies.all_companies(session)),
                    "requests": session.tables.row.requests,
                }
            )
    return request_context.answer({"sandboxes": found})


@blueprint.post("/reset")
def reset() -> Response:
    """Reset: a new sandbox under the same key or name; optionally sets clock and profile."""
    registry = request_context.registry()
    asked = request_context.body(ResetRequest) if request.get_data() else ResetRequest()
    name = resolve_sandbox.name()
    registry.reset(name, asked.settings(registry.settings))
    with registry.session(name) as session:
        if asked.profile:
            planned_outcomes.set_pace(session, PROFILES[asked.profile])
        reading = clock_control.read(session)
    return request_context.answer({"status": "reset", "clock": reading})


@blueprint.post("/companies")
def prepare() -> Response:
    """Create a company that is ready to be pushed to: accounting linked, mapping configured."""
    asked = request_context.body(CompanyRequest)
    with resolve_sandbox.session() as session:
        company = companies.prepare(session, asked.name, asked.accounting)
    return request_context.answer(company)


@blueprint.post("/companies/<company_id>/delete-connection")
def delete_connection(company_id: str) -> Response:
    """Delete the sync connection, as a merchant does."""
    with resolve_sandbox.session() as session:
        company = connections.delete_sync_connection(session, company_id)
    return request_context.answer(company)


@blueprint.post("/companies/<company_id>/authorize")
def authorize(company_id: str) -> Response:
    """Do the merchant's part: link what waits for authorisation."""
    asked = (
        request_context.body(AuthorisationRequest) if request.get_data() else AuthorisationRequest()
    )
    with resolve_sandbox.session() as session:
        company = connections.authorise(session, company_id, asked.connection_id or None)
    return request_context.answer(company)
