"""The Sync Flow: its URL, its texts and the accounts it shows."""

from __future__ import annotations

from typing import Final, get_args

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import Parameter, serve
from codat_mock.http.query_language import malformed
from codat_mock.models.sync_flow import Locale, SyncFlowUrl, Texts, VisibleAccounts
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
FORMS: Final = (
    "The documentation of the beta has plain texts, later documents have objects with text and"
    " required; both are read, and objects are answered."
)
SHOWN: Final = "They are stored and answered; the mock's own pages show all accounts."
PLATFORM: Final = (
    "PATCH until POST replaced it; the key is the commerce platform's in the documentation, any"
    " platform's in the later document."
)


@serve(
    blueprint, "GET", "/config/sync/commerce/{commerceKey}/{accountingKey}/start",
    name="get-sync-flow-url", group=GROUP, section="contract 1 §2; contract 2 §A17, §E",
    answers=SyncFlowUrl,
    shows=examples.FLOW, refusals=(402,),
    query=(
        Parameter(
            name="merchantIdentifier",
            text="The company's id or name; a company of that name is created if there is none."
            " Optional if there is only one company.",
            schema={"type": "string"},
            example="Corner Coffee",
        ),
        Parameter(
            name="redirectUrl",
            text="The http or https URL where the merchant goes in the end; a host is enough.",
            schema={"type": "string"},
        ),
    ),
    assumed="Missing companies and connections are created. The URL leads to this server and is"
    " valid once, for 30 seconds of the sandbox's time; its page stays open until it is saved, and"
    " from then on the same URL opens the settings."
    " Without redirectUrl the flow ends on a page of its own.",
    contradicted="The beta's document has no redirectUrl. The documentation asks for an absolute"
    " URL and shows one without a scheme.",
)  # fmt: skip
def start(commerce_key: str, accounting_key: str) -> Response:
    """Create a URL of the Sync Flow, valid once and for 30 seconds."""
    merchant, redirect = request.args.get("merchantIdentifier"), request.args.get("redirectUrl")
    session = request_context.session()
    url = link_flow.start(session, commerce_key, accounting_key, merchant, redirect)
    return request_context.answer(SyncFlowUrl(url))


@serve(
    blueprint, "GET", "/sync/commerce/config/ui/text", name="get-texts", group=GROUP,
    section="contract 2 §E", answers=Texts, shows=examples.TEXTS, query=(LOCALE,),
    assumed="The default texts and their wording, in English for both languages; the mock's own"
    " pages do not use them.",
    contradicted=FORMS,
)  # fmt: skip
def show_texts() -> Response:
    """List every text of the Sync Flow."""
    asked = locale()
    session = request_context.session()
    return request_context.answer(flow_preferences.texts(session, asked))


@serve(
    blueprint, "PATCH", "/sync/commerce/config/ui/text", name="update-texts", group=GROUP,
    section="contract 2 §E", answers=Texts, shows=examples.TEXTS, takes=Texts, sent=examples.TEXTS,
    query=(LOCALE,),
    assumed="Other texts stay; null restores the default; a key that the vendor does not list is"
    " stored as well; all fields are answered, plain if the request is plain.",
    contradicted=FORMS,
)  # fmt: skip
def change_texts() -> Response:
    """Change some texts of the Sync Flow."""
    asked: Texts = request_context.body(Texts)
    language = locale()
    session = request_context.session()
    return request_context.answer(flow_preferences.change_texts(session, language, asked))


@serve(
    blueprint, "GET", "/clients/{clientId}/" + ACCOUNTS, name="get-visible-accounts", group=GROUP,
    section="contract 1 §2; contract 2 §E", answers=VisibleAccounts, shows=examples.ACCOUNTS,
    assumed="Any UUID is accepted as the client's id: a sandbox belongs to one client.",
)  # fmt: skip
def show_accounts(client_id: str, platform_key: str) -> Response:
    """Show the accounts that are visible in the Sync Flow."""
    session = request_context.session()
    return request_context.answer(
        flow_preferences.visible_accounts(session, client_id, platform_key)
    )


@serve(
    blueprint, "PATCH", "/sync/commerce/" + ACCOUNTS, name="update-visible-accounts", group=GROUP,
    section="contract 2 §H", answers=VisibleAccounts, shows=examples.ACCOUNTS,
    takes=VisibleAccounts,
    sent=examples.ACCOUNTS, assumed=SHOWN, contradicted=PLATFORM,
)  # fmt: skip
@serve(
    blueprint, "POST", "/sync/commerce/" + ACCOUNTS, name="set-visible-accounts", group=GROUP,
    section="contract 1 §2; contract 2 §E", answers=VisibleAccounts, shows=examples.ACCOUNTS,
    takes=VisibleAccounts,
    sent=examples.ACCOUNTS, assumed=SHOWN, contradicted=PLATFORM,
)  # fmt: skip
def choose_accounts(platform_key: str) -> Response:
    """Set the accounts that are visible in the Sync Flow."""
    asked = request_context.body(VisibleAccounts)
    session = request_context.session()
    return request_context.answer(flow_preferences.show_accounts(session, platform_key, asked))


def locale() -> Locale:
    """The language that the request asks for.

    Raises:
        Malformed: the language is not supported.
    """
    asked = request.args.get("locale", LOCALES[0])
    for known in LOCALES:
        if asked.lower() == known:
            return known
    raise malformed("locale", f"expected one of {', '.join(LOCALES)}, found '{asked[:60]}'")
