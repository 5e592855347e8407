"""The OpenAPI document of the control API, made of its routes and the types of their bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec
from flask import Flask
from msgspec import Struct
from werkzeug.routing import Rule

import codat_mock
from codat_mock.http import access, request_context
from codat_mock.http.control import admin, clock, findings, requests
from codat_mock.http.error_bodies import ProblemBody
from codat_mock.http.openapi import json_content, schema_of_value
from codat_mock.models.alerts import AlertRule, AlertRules, Alerts
from codat_mock.models.companies import Company
from codat_mock.models.faults import FaultPlan, Faults
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox.books_view import Books
from codat_mock.sandbox.clock_control import ClockReading
from codat_mock.sandbox.evaluation import Probe, RuleSettings
from codat_mock.sandbox.ground_truth import Comparisons, DeclaredCounts
from codat_mock.sandbox.planned_outcomes import PlannedOutcomes
from codat_mock.sandbox.request_log import RequestLogPage
from codat_mock.sandbox.snapshots import SnapshotList

Json = dict[str, Any]
INTRODUCTION: Final = (
    "What a test needs of codat-mock and the vendor's API does not offer. The API key selects the"
    " sandbox; it can be left out while the server has only one."
)
ALERT_RULE: Final = {"type": "Data sync completed", "url": "http://127.0.0.1:8080/"}
PATH_TEXTS: Final = {
    "companyId": "The company's id.",
    "ruleId": "The alert rule's id.",
    "alertId": "The alert's id.",
    "number": "The number of the request in the log.",
    "name": "The snapshot's name.",
}
FORMATS: Final = {
    "books.show": ("json", "csv", "html"),
    "reports.report": ("json", "junit", "sarif", "html", "markdown", "github"),
    "requests.index": ("har",),
}


class Bodies(Struct, frozen=True, kw_only=True):
    """The bodies of an endpoint.

    Args:
        takes: type of the request's body, None without one.
        sent: an example of it.
        answers: type of the answer, None if it is not declared.
        needs_body: whether a request must have one.
    """

    takes: Any = None
    sent: Any = None
    answers: Any = None
    needs_body: bool = True


# By endpoint; others take no body, and answer with JSON of no declared form.
BODIES: Final[dict[str, Bodies]] = {
    "state.reset": Bodies(
        takes=admin.ResetRequest,
        sent={"startAt": "2022-03-21T21:00:00Z", "speed": "frozen"},
        needs_body=False,
    ),
    "state.prepare": Bodies(
        takes=admin.CompanyRequest, sent={"name": "Corner Café"}, answers=Company
    ),
    "state.delete_connection": Bodies(answers=Company),
    "state.authorize": Bodies(
        takes=admin.AuthorisationRequest, sent={}, answers=Company, needs_body=False
    ),
    "clock.read": Bodies(answers=ClockReading),
    "clock.advance": Bodies(takes=clock.Advance, sent={"hours": 9}, answers=ClockReading),
    "clock.advance_to_next_event": Bodies(answers=ClockReading),
    "clock.close_day": Bodies(answers=ClockReading),
    "clock.set_to": Bodies(
        takes=clock.Setting, sent={"to": "2022-03-22T09:00:00Z"}, answers=ClockReading
    ),
    "findings.choose": Bodies(
        takes=findings.RuleSettingsRequest, sent={"rules": {"S12": "off"}}, answers=RuleSettings
    ),
    "findings.chosen": Bodies(answers=RuleSettings),
    "findings.probe": Bodies(
        takes=Probe, sent={"service": "hanging", "sales": [{"seconds": 0.01}]}
    ),
    "requests.index": Bodies(answers=RequestLogPage),
    "books.show": Bodies(answers=Books),
    "books.compare": Bodies(answers=Comparisons),
    "merchant_records.declare": Bodies(
        takes=dict[str, Any], sent={"orders": []}, answers=DeclaredCounts
    ),
    "outcomes.plan": Bodies(
        takes=PlannedOutcome,
        sent={"target": "dataset", "outcome": "MapError"},
        answers=PlannedOutcomes,
    ),
    "outcomes.planned": Bodies(answers=PlannedOutcomes),
    "outcomes.clear": Bodies(answers=PlannedOutcomes),
    "faults.replace": Bodies(
        takes=FaultPlan,
        sent={"faults": [{"kind": "lose", "operation": "push-orders", "at": [2]}]},
        answers=Faults,
    ),
    "faults.add": Bodies(
        takes=FaultPlan, sent={"faults": [{"kind": "refuse", "status": 503}]}, answers=Faults
    ),
    "faults.planned": Bodies(answers=Faults),
    "faults.clear": Bodies(answers=Faults),
    "alerts.add_rule": Bodies(takes=AlertRule, sent=ALERT_RULE, answers=AlertRules),
    "alerts.rules": Bodies(answers=AlertRules),
    "alerts.change_rule": Bodies(takes=AlertRule, sent=ALERT_RULE, answers=AlertRules),
    "alerts.remove_rule": Bodies(answers=AlertRules),
    "alerts.clear_rules": Bodies(answers=AlertRules),
    "alerts.alerts": Bodies(answers=Alerts),
    "alerts.resend": Bodies(answers=Alerts),
    "snapshots.save": Bodies(answers=SnapshotList),
    "snapshots.index": Bodies(answers=SnapshotList),
    "snapshots.remove": Bodies(answers=SnapshotList),
}


def document(app: Flask, prefix: str = "") -> Json:
    """The document of the control API.

    Args:
        app: the application that serves it.
        prefix: the path of the API on this server, such as `/sandbox/shop`.
    """
    schemas, components = schemas_of_bodies()
    paths: dict[str, Json] = {}
    for rule, method in routes(app):
        endpoint = rule.endpoint.removeprefix("control.")
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda each: f"{{{camel(each[1])}}}", rule.rule)
        view = app.view_functions[rule.endpoint]
        paths.setdefault(path, {})[method.lower()] = operation(
            endpoint, method, view, sorted(map(camel, rule.arguments)), schemas
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "codat-mock: the control API",
            "version": codat_mock.__version__,
            "description": INTRODUCTION,
        },
        "servers": [{"url": prefix or "/"}],
        "security": [{}, {"apiKey": []}, {"controlToken": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "Authorization"},
                "controlToken": {"type": "apiKey", "in": "header", "name": access.TOKEN_HEADER},
            },
        },
    }


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """The routes of the control API, each with a method."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{request_context.CONTROL}/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


@cache
def schemas_of_bodies() -> tuple[dict[Any, Json], dict[str, Json]]:
    """The schema of each type of a body, and the schemas that they refer to."""
    kinds = [ProblemBody]
    kinds += [kind for each in BODIES.values() for kind in (each.takes, each.answers) if kind]
    kinds = list(dict.fromkeys(kinds))
    schemas, components = msgspec.json.schema_components(
        kinds, schema_hook=schema_of_value, ref_template="#/components/schemas/{name}"
    )
    return dict(zip(kinds, schemas, strict=True)), as_numbers(components)


def as_numbers(part: Any) -> Any:
    """A schema in which decimals are numbers, as they are in JSON here."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": "number"}
        return {name: as_numbers(value) for name, value in part.items()}
    return [as_numbers(each) for each in part] if isinstance(part, list) else part


def operation(
    endpoint: str,
    method: str,
    view: Callable[..., Any],
    names: list[str],
    schemas: dict[Any, Json],
) -> Json:
    """One operation.

    Args:
        endpoint: such as `clock.advance`.
        method: the HTTP method.
        view: the function that answers.
        names: of the parameters in the path.
        schemas: by the types of bodies.
    """
    group, _, name = endpoint.partition(".")
    bodies = BODIES.get(endpoint, Bodies())
    answer = schemas.get(bodies.answers, {})
    problem = {"application/problem+json": {"schema": schemas[ProblemBody]}}
    described: Json = {
        "operationId": f"{group}-{name}-{method.lower()}".replace("_", "-"),
        "tags": [group.replace("_", " ")],
        "summary": (view.__doc__ or "").strip().partition("\n")[0].rstrip("."),
        "parameters": [*map(in_path, names), *in_query(endpoint)],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
            "default": {"description": "The request is refused.", "content": problem},
        },
    }
    if bodies.takes is not None:
        content = json_content(schemas[bodies.takes], bodies.sent)
        described["requestBody"] = {"required": bodies.needs_body, "content": content}
    if endpoint == "snapshots.save":
        file = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        described["requestBody"] = {"required": False, "content": file}
    return described


def in_path(name: str) -> Json:
    """A parameter in the path."""
    kind = "integer" if name == "number" else "string"
    schema = {"type": kind}
    return {
        "name": name, "in": "path", "required": True, "description": PATH_TEXTS[name],
        "schema": schema,
    }  # fmt: skip


def in_query(endpoint: str) -> Iterator[Json]:
    """The parameters in the query of an endpoint."""
    names: dict[str, Json] = {}
    if endpoint == "requests.index":
        names = {name: {"type": "string"} for name in (*requests.FILTERS, "limit")}
    if endpoint.startswith("books."):
        names = {"companyId": {"type": "string"}}
    if endpoint == "books.show":
        names["record"] = {"type": "string"}
    if formats := FORMATS.get(endpoint):
        names["format"] = {"type": "string", "enum": list(formats)}
    for name, schema in names.items():
        yield {"name": name, "in": "query", "schema": schema}


def camel(name: str) -> str:
    """A name of Python as the API writes it: `company_id` is `companyId`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
