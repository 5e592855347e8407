"""The Sync Flow: its URL, and what an integration prefers in it."""

from __future__ import annotations

from typing import Final, get_args

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import Parameter, serve
from codat_mock.http.query_language import malformed
from codat_mock.models.sync_flow import Locale, Localization, SyncFlowUrl, VisibleAccounts
from codat_mock.sandbox import flow_preferences, link_flow

blueprint = Blueprint("flow", __name__)

GROUP: Final = "Sync Flow"
LOCALES: tuple[Locale, ...] = get_args(Locale)
LOCALE = Parameter(
    name="locale",
    text="The language.",
    schema={"type": "string", "enum": list(LOCALES), "default": LOCALES[0]},
)
ACCOUNTS = "config/ui/accounts/platform/{platformKey}"


@serve(
    blueprint, "GET", "/config/sync/commerce/{commerceKey}/{accountingKey}/start",
    name="get-sync-flow-url", group=GROUP, source="reference", answers=SyncFlowUrl,
    shows=examples.FLOW, refusals=(402,),
    query=(
        Parameter(
            name="merchantIdentifier",
            text="The company's id, or its name; one of that name is made where there is none."
            " May be left out where there is one company only.",
            schema={"type": "string"},
            example="Corner Coffee",
        ),
        Parameter(
            name="redirectUrl",
            text="The http or https URL that the merchant is sent to in the end.",
            schema={"type": "string", "format": "uri"},
        ),
    ),
    assumed="What is missing of company and connections is made. The code in the URL is good for"
    " 30 seconds of the sandbox's time; the page that it opens stays open until it is saved.",
)  # fmt: skip
def start(commerce_key: str, accounting_key: str) -> Response:
    """Make a URL of the Sync Flow, with a code that is good once and for 30 seconds."""
    merchant, redirect = request.args.get("merchantIdentifier"), request.args.get("redirectUrl")
    session = request_context.session()
    url = link_flow.start(session, commerce_key, accounting_key, merchant, redirect)
    return request_context.answer(SyncFlowUrl(url))


@serve(
    blueprint, "GET", "/sync/commerce/config/ui/text", name="get-texts", group=GROUP,
    source="reference", answers=dict[str, Localization], shows=examples.TEXTS, query=(LOCALE,),
    assumed="Texts are stored and returned; the mock's own pages do not show them.",
)  # fmt: skip
def show_texts() -> Response:
    """Show the texts preferred in the Sync Flow."""
    return request_context.answer(flow_preferences.texts(request_context.session(), locale()))


@serve(
    blueprint, "PATCH", "/sync/commerce/config/ui/text", name="update-texts", group=GROUP,
    source="reference", answers=dict[str, Localization], shows=examples.TEXTS,
    takes=dict[str, Localization], sent=examples.TEXTS, query=(LOCALE,),
    assumed="Texts that are not named stay.",
)  # fmt: skip
def change_texts() -> Response:
    """Change some of the texts preferred in the Sync Flow."""
    changed = request_context.body(dict[str, Localization])
    session = request_context.session()
    return request_context.answer(flow_preferences.change_texts(session, locale(), changed))


@serve(
    blueprint, "GET", "/clients/{clientId}/" + ACCOUNTS, name="get-visible-accounts", group=GROUP,
    source="reference", answers=VisibleAccounts, shows=examples.ACCOUNTS,
    assumed="Any UUID will do as the client's id: a sandbox is one client's.",
)  # fmt: skip
def show_accounts(client_id: str, platform_key: str) -> Response:
    """Show the accounts that are visible in the Sync Flow."""
    session = request_context.session()
    return request_context.answer(
        flow_preferences.visible_accounts(session, client_id, platform_key)
    )


@serve(
    blueprint, "POST", "/sync/commerce/" + ACCOUNTS, name="set-visible-accounts", group=GROUP,
    source="reference", answers=VisibleAccounts, shows=examples.ACCOUNTS, takes=VisibleAccounts,
    sent=examples.ACCOUNTS,
    assumed="They are stored and returned; the mock's own pages show all accounts.",
)  # fmt: skip
def choose_accounts(platform_key: str) -> Response:
    """Choose the accounts that are visible in the Sync Flow."""
    accounts = request_context.body(VisibleAccounts)
    session = request_context.session()
    return request_context.answer(flow_preferences.show_accounts(session, platform_key, accounts))


def locale() -> Locale:
    """The language that the request asks for.

    Raises:
        Malformed: it is not among those there are.
    """
    asked = request.args.get("locale", LOCALES[0])
    for known in LOCALES:
        if asked == known:
            return known
    raise malformed("locale", f"expected one of {', '.join(LOCALES)}, found '{asked[:60]}'")
