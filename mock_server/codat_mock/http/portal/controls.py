"""The controls: the clock, syncs, the merchant's decisions, trouble, and a reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, get_args

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import NotFound as NoSuchControl

from codat_mock.clock import parse_moment, parse_speed
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.domain.planned_ends import DATASET_ENDS, SYNC_ENDS
from codat_mock.http import request_context
from codat_mock.http.operations import OPERATIONS
from codat_mock.http.portal import developer_page
from codat_mock.http.portal.link import see
from codat_mock.http.portal.mistakes import MISTAKES, faulty_integration
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import decoder
from codat_mock.models.errors import ApiError, Malformed
from codat_mock.models.faults import FaultPlan
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox import (
    clock_control,
    companies,
    connections,
    fault_injection,
    planned_outcomes,
    syncs,
)
from codat_mock.sandbox.session import Session
from codat_mock.storage.request_log import decode_entry

blueprint = Blueprint("portal_controls", __name__)

Form = Mapping[str, str]
# Faults that a person picks by name; the control API takes every kind with all its fields.
FAULTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "429": ("429 with Retry-After: 30", {"kind": "refuse", "status": 429, "retryAfter": 30}),
    "503": ("503 with Retry-After: 30", {"kind": "refuse", "status": 503, "retryAfter": 30}),
    "500": ("500 without an explanation", {"kind": "refuse", "status": 500}),
    "lost": ("the answer is lost", {"kind": "lose", "by": "close"}),
    "garbled": ("the answer is cut off", {"kind": "spoil", "how": "truncated"}),
    "maintenance": ("maintenance for ten minutes", {"kind": "maintenance", "seconds": 600}),
}


@blueprint.get("/portal/controls")
@developer_page.page("controls.html")
def show(session: Session) -> dict[str, Any]:
    """All controls, and what is planned."""
    return content_of(session)


def content_of(session: Session) -> dict[str, Any]:
    """What the page of controls shows."""
    return {
        "faults": FAULTS,
        "mistakes": MISTAKES,
        "operations": sorted(OPERATIONS),
        "profiles": sorted(PROFILES),
        "data_types": get_args(DataType),
        "dataset_ends": DATASET_ENDS,
        "sync_ends": SYNC_ENDS,
        "planned_faults": fault_injection.planned(session).faults,
        "planned_outcomes": planned_outcomes.planned(session),
        "problem": request.args.get("problem", ""),
        "done": request.args.get("done", ""),
    }


@blueprint.post("/portal/controls/<control>")
def carry_out(control: str) -> Response:
    """Carry out what a form asks for, and go back to the page it stands on."""
    developer_page.check_token()
    name = developer_page.sandbox_name()
    if name is None:
        return developer_page.choice("/portal/controls")
    if control not in CONTROLS:
        raise NoSuchControl
    try:
        done = CONTROLS[control](name, request.form)
    except ApiError as error:
        return see(url_for("portal_controls.show", problem=str(error)))
    except ValueError:
        return see(url_for("portal_controls.show", problem="A field is not filled in correctly."))
    back = request.form.get("back", "")
    if back.startswith("/portal") and "\\" not in back and not back.startswith("//"):
        return see(request.script_root + back)
    return see(url_for("portal_controls.show", done=done))


def advance(name: str, form: Form) -> str:
    """Move the clock forward by some hours and minutes."""
    minutes = 60 * float(form.get("hours") or 0) + float(form.get("minutes") or 0)
    if not 0 < minutes <= 60 * 24 * 400:
        raise Malformed("Give a time between a minute and 400 days.", [])
    reading = clock_control.advance(
        request_context.registry().sandbox(name), timedelta(minutes=minutes)
    )
    return f"The clock shows {reading.now}."


def advance_to_next_event(name: str, form: Form) -> str:  # noqa: ARG001  (one signature for all)
    """Move the clock to the next event."""
    reading = clock_control.advance_to_next_event(request_context.registry().sandbox(name))
    return f"The clock shows {reading.now}."


def close_day(name: str, form: Form) -> str:  # noqa: ARG001  (one signature for all)
    """Move the clock past every company's next sync."""
    reading = clock_control.close_day(request_context.registry().sandbox(name))
    return f"The day is closed. The clock shows {reading.now}."


def set_clock(name: str, form: Form) -> str:
    """Set the clock."""
    moment = parse_moment(f"{form.get('to', '')}Z")
    reading = clock_control.set_to(request_context.registry().sandbox(name), moment)
    return f"The clock shows {reading.now}."


def set_speed(name: str, form: Form) -> str:
    """Choose how fast time passes."""
    with request_context.registry().session(name) as session:
        clock_control.set_speed(session, parse_speed(form.get("mode", "")))
        mode = session.tables.row.clock.mode
    return f"The clock is {mode}." if mode == "frozen" else f"The clock runs, {mode}."


def break_rule(name: str, form: Form) -> str:
    """Make a mistake as a faulty integration would."""
    mistake = MISTAKES.get(form.get("rule", ""))
    if mistake is None:
        raise Malformed("Choose a mistake.", [])
    with request_context.registry().session(name) as session:
        before = session.tables.row.requests
    mistake.make(faulty_integration(name))
    with request_context.registry().session(name) as session:
        sent = session.tables.request_log.after(before, 10)
    codes = dict.fromkeys(each.code for entry in map(decode_entry, sent) for each in entry.findings)
    found = f"It broke {', '.join(codes)}" if codes else "It broke no rule yet"
    return f"Done: {mistake.text}. {found}."


def create_company(name: str, form: Form) -> str:
    """Create a company that is ready to be pushed to."""
    with request_context.registry().session(name) as session:
        company = companies.prepare(session, form.get("name", ""), form.get("accounting") or "gbol")
    return f"{company.name} is ready: {company.id}."


def authorise(name: str, form: Form) -> str:
    """Authorise what waits for the merchant."""
    with request_context.registry().session(name) as session:
        company = connections.authorise(session, form.get("companyId", ""))
    return f"{company.name} has authorised."


def refuse(name: str, form: Form) -> str:
    """Refuse a connection, as a merchant does."""
    with request_context.registry().session(name) as session:
        connections.refuse(session, form.get("companyId", ""), form.get("connectionId", ""))
    return "The merchant has refused the connection."


def unlink(name: str, form: Form) -> str:
    """Take the authorisation of the accounting platform back, as a merchant does."""
    with request_context.registry().session(name) as session:
        company = connections.delete_sync_connection(session, form.get("companyId", ""))
    return f"{company.name} has deleted the sync connection."


def disconnect(name: str, form: Form) -> str:
    """Unlink a connection, as a merchant does in the platform itself."""
    company, connection = form.get("companyId", ""), form.get("connectionId", "")
    with request_context.registry().session(name) as session:
        connections.update_connection(session, company, connection, "Unlinked")
    return "The merchant has unlinked the connection."


def delete_connection(name: str, form: Form) -> str:
    """Delete a connection, with what was pushed over it."""
    with request_context.registry().session(name) as session:
        connections.delete(session, form.get("companyId", ""), form.get("connectionId", ""))
    return "The connection is deleted."


def sync_now(name: str, form: Form) -> str:
    """Run a sync until now."""
    with request_context.registry().session(name) as session:
        ran = syncs.run_latest(session, form.get("companyId", ""), None)
    return f"The sync ended with {ran.sync_status_code} {ran.sync_status}."


def plan_fault(name: str, form: Form) -> str:
    """Plan a fault for the next request, or the next of an operation."""
    text, fault = FAULTS[form.get("fault", "")] if form.get("fault") in FAULTS else ("", {})
    if not fault:
        raise Malformed("Choose a fault.", [])
    given = dict(fault)
    if fault["kind"] != "maintenance":
        given |= {"operation": form.get("operation") or None, "at": [1]}
    raw = request_context.encode({"faults": [given]})
    plan = request_context.decode(raw, decoder(FaultPlan))
    with request_context.registry().session(name) as session:
        fault_injection.plan(session, plan.faults, replaces=False)
    return f"Planned: {text}."


def plan_outcome(name: str, form: Form) -> str:
    """Plan how the next dataset or sync ends."""
    target, _, outcome = form.get("outcome", "").partition(":")
    raw = request_context.encode({"target": target, "outcome": outcome})
    planned = request_context.decode(raw, decoder(PlannedOutcome))
    with request_context.registry().session(name) as session:
        planned_outcomes.plan(session, planned)
    return f"Planned: the next {target} ends in {outcome}."


def set_profile(name: str, form: Form) -> str:
    """Choose how fast datasets are processed."""
    profile = form.get("profile", "")
    if profile not in PROFILES:
        raise Malformed("Choose a profile.", [])
    with request_context.registry().session(name) as session:
        planned_outcomes.set_pace(session, PROFILES[profile])
    return f"Datasets are processed in the profile {profile}."


def forget_plans(name: str, form: Form) -> str:  # noqa: ARG001  (one signature for all)
    """Drop all planned faults and outcomes."""
    with request_context.registry().session(name) as session:
        fault_injection.clear(session)
        planned_outcomes.clear(session)
    return "Nothing is planned any more."


def reset(name: str, form: Form) -> str:
    """Replace the sandbox by a new one."""
    if form.get("sure") != "yes":
        raise Malformed("Tick the box to reset the sandbox.", [])
    request_context.registry().reset(name)
    return "The sandbox is new."


CONTROLS: Final[Mapping[str, Callable[[str, Form], str]]] = {
    "advance": advance,
    "next-event": advance_to_next_event,
    "close-day": close_day,
    "set-clock": set_clock,
    "speed": set_speed,
    "break-rule": break_rule,
    "create-company": create_company,
    "authorise": authorise,
    "refuse": refuse,
    "unlink": unlink,
    "disconnect": disconnect,
    "delete-connection": delete_connection,
    "sync-now": sync_now,
    "fault": plan_fault,
    "outcome": plan_outcome,
    "profile": set_profile,
    "forget-plans": forget_plans,
    "reset": reset,
}
