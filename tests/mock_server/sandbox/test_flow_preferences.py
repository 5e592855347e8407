"""An integration's texts and accounts for the Sync Flow: kept by language and platform."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from msgspec import UNSET

from codat_mock.models.errors import NotFound
from codat_mock.models.sync_flow import Localization, VisibleAccounts, default_texts
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.sandbox.flow_preferences import (
    change_texts,
    show_accounts,
    text_of,
    texts,
    visible_accounts,
)
from codat_mock.sandbox.session import Session

CLIENT = str(UUID(int=1))
FIELD, OTHER = [*default_texts()][:2]


@pytest.fixture
def session() -> Iterator[Session]:
    registry = SandboxRegistry(Settings(speed=0))
    with registry.sandbox("k").session() as opened:
        yield opened
    registry.close()


def test_a_text_is_changed_in_one_language_and_null_restores_it(session):
    default = default_texts()[FIELD]
    assert texts(session, "en-us") == default_texts()
    shown = change_texts(session, "en-us", {FIELD: "Mine"})
    assert shown == {key: text_of(each) for key, each in default_texts().items()} | {FIELD: "Mine"}
    change_texts(session, "en-us", {OTHER: "Too"})
    assert texts(session, "en-us")[FIELD] == Localization(required=default.required, text="Mine")
    assert texts(session, "fr-fr") == default_texts()
    change_texts(session, "en-us", {FIELD: None})
    assert texts(session, "en-us")[FIELD] == default
    assert text_of(texts(session, "en-us")[OTHER]) == "Too"


@pytest.mark.parametrize("required", [True, False])
def test_an_object_changes_what_it_has(session, required):
    changed = change_texts(session, "en-us", {FIELD: Localization(required=required)})
    default = default_texts()[FIELD]
    assert changed[FIELD] == Localization(required=required, text=default.text)
    changed = change_texts(session, "en-us", {FIELD: Localization(text="Mine")})
    assert changed[FIELD] == Localization(required=required, text="Mine")
    changed = change_texts(session, "en-us", {FIELD: Localization(text=None), OTHER: "plain"})
    assert changed[FIELD] == Localization(required=required, text=default.text)


def test_a_field_of_the_integrations_own_has_no_default(session):
    assert change_texts(session, "en-us", {"mine": "Text"})["mine"] == "Text"
    assert change_texts(session, "en-us", {"mine": None})["mine"] is None
    assert change_texts(session, "en-us", {}) == texts(session, "en-us")


@pytest.mark.parametrize(
    ("shown", "text"), [(Localization(text="a"), "a"), ("a", "a"), (None, None),
                        (Localization(text=UNSET), None), (Localization(text=None), None)],
)  # fmt: skip
def test_the_plain_text_of_a_field(shown, text):
    assert text_of(shown) == text


def test_accounts_are_shown_by_platform(session):
    assert visible_accounts(session, CLIENT, "gbol") == VisibleAccounts()
    mine = VisibleAccounts(visible_accounts=["a"])
    assert show_accounts(session, "gbol", mine) == mine
    assert visible_accounts(session, CLIENT, "gbol") == mine
    assert visible_accounts(session, CLIENT, "qhyg") == VisibleAccounts()
    for client, platform in ((CLIENT, "x"), ("client", "gbol")):
        with pytest.raises(NotFound):
            visible_accounts(session, client, platform)
    with pytest.raises(NotFound):
        show_accounts(session, "x", mine)
