"""The page of alerts: the rules that ask for them, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast, get_args

import msgspec
from flask import Blueprint, Response, request, url_for

from codat_mock.http import request_context
from codat_mock.http.portal import developer_page
from codat_mock.http.portal.link import see
from codat_mock.models.alerts import AlertRule, RuleType
from codat_mock.models.decoding import decoder
from codat_mock.models.errors import Malformed, Problem
from codat_mock.sandbox import webhooks

blueprint = Blueprint("portal_alerts", __name__)

PAGE: Final = "/portal/alerts"
MAX_SHOWN: Final = 100
NUMBERS: Final = ("copies", "overtakenSeconds")


@blueprint.get(PAGE)
def show() -> Response:
    """Rules and alerts; where it is not clear whose, the sandboxes to choose from."""
    name = developer_page.sandbox_name()
    return page(name) if name else developer_page.choice(PAGE)


@blueprint.post(PAGE)
def add() -> Response:
    """Add the rule that the form asks for; one that cannot be kept is asked for again."""
    name = developer_page.sandbox_name()
    if name is None:
        return developer_page.choice(PAGE)
    developer_page.check_token()
    try:
        rule = read_rule(request.form)
        with request_context.registry().session(name) as session:
            webhooks.add_rules(session, [rule])
    except Malformed as error:
        return page(name, request.form, error.problems)
    return see(url_for("portal_alerts.show"))


@blueprint.post(f"{PAGE}/rules/<rule_id>/remove")
def remove(rule_id: str) -> Response:
    """Remove a rule."""
    developer_page.check_token()
    if name := developer_page.sandbox_name():
        with request_context.registry().session(name) as session:
            webhooks.remove_rule(session, rule_id)
    return see(url_for("portal_alerts.show"))


@blueprint.post(f"{PAGE}/<alert_id>/resend")
def resend(alert_id: str) -> Response:
    """Deliver an alert once more."""
    developer_page.check_token()
    if name := developer_page.sandbox_name():
        with request_context.registry().session(name) as session:
            webhooks.resend(session, alert_id)
    return see(url_for("portal_alerts.show"))


def read_rule(answers: Mapping[str, str]) -> AlertRule:
    """The rule that a form asks for; a field that is left empty is as if it was not there.

    Raises:
        Malformed: a field is not of its form.
    """
    given: dict[str, Any] = {name: text.strip() for name, text in answers.items() if text.strip()}
    given.pop("token", None)
    given |= {name: number(given[name]) for name in NUMBERS if name in given}
    if secrets := given.pop("secrets", ""):
        given["secrets"] = secrets.split()
    return cast(AlertRule, request_context.decode(msgspec.json.encode(given), decoder(AlertRule)))


def number(text: str) -> float | str:
    """A number that a form brought; what is none stays text, to be refused."""
    try:
        read = float(text)
    except ValueError:
        return text
    return int(read) if read.is_integer() else read


def page(
    name: str, typed: Mapping[str, str] | None = None, problems: Iterable[Problem] = ()
) -> Response:
    """The page, with what is wrong with the rule that was asked for.

    Args:
        name: the sandbox's.
        typed: the texts of the fields; None for none.
        problems: what is wrong with it.
    """
    with request_context.registry().session(name) as session:
        found = webhooks.alerts(session)
        rules = webhooks.rules(session).rules
        bar = developer_page.bar_of(session, name)
    wrong = [str(problem) for problem in problems]
    response = developer_page.render(
        "alerts.html",
        rules=rules,
        known={stored.rule_id for stored in rules},
        types=get_args(RuleType),
        names={company.id: company.name for company in bar["companies"]},
        alerts=found.alerts[: -MAX_SHOWN - 1 : -1],
        hidden=max(0, len(found.alerts) - MAX_SHOWN),
        is_settled=found.is_settled,
        typed=typed or {},
        problems=wrong,
        **bar,
    )
    response.status_code = 400 if wrong else 200
    return response
