"""The codes of the Sync Flow, whom they are for, and where it leads in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import Malformed, NotFound, Unauthorised
from codat_mock.sandbox import SandboxRegistry, Settings, companies, link_flow
from codat_mock.sandbox.session import Session

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
LASTS = timedelta(seconds=30)
STEP = timedelta(microseconds=1)


@pytest.fixture
def session() -> Iterator[Session]:
    registry = SandboxRegistry(Settings(start_at=START, speed=0))
    with registry.sandbox("k").session() as opened:
        yield opened
    registry.close()


def code_of(url: str) -> str:
    return urlsplit(url).path.split("/")[2]


def start(session: Session, merchant: str | None = "Café", redirect: str | None = None) -> str:
    return link_flow.start(session, "lqai", "gbol", merchant, redirect)


def test_a_flow_links_each_platform_once_and_says_for_whom(session):
    url = start(session, redirect="shop.example/done?a=1")
    [company] = companies.all_companies(session)
    assert [(each.integration_key, each.status) for each in company.data_connections] == [
        ("lqai", "Linked"),
        ("gbol", "PendingAuth"),
    ]
    parts, code = urlsplit(url), code_of(url)
    assert parts.path == f"/flow/{code}/lqai/gbol/start"
    query = parse_qs(parts.query)
    assert query["merchantIdentifier"] == ["Café"]
    assert query["redirectUrl"] == ["shop.example/done?a=1"]
    assert query["otp"] == [f"{int(code.replace('-', ''), 16) % 1_000_000:06}"]
    start(session)
    link_flow.start(session, "lqai", "qhyg", "Café", None)
    [company] = companies.all_companies(session)
    assert [each.integration_key for each in company.data_connections] == ["lqai", "gbol", "qhyg"]


def test_a_password_has_six_digits():
    assert link_flow.one_time_password("00000000-0000-0000-0000-00000000000a") == "000010"
    assert link_flow.one_time_password("00000000-0000-0000-0000-0000000f4241") == "000001"


def test_a_merchant_is_known_by_id_or_name_and_need_not_be_named_where_there_is_one(session):
    with pytest.raises(Malformed, match="There are 0 companies"):
        link_flow.company_of(session, None)
    first = link_flow.company_of(session, "<Café>")
    assert first.company.name == "Café"
    for merchant in (None, "", "Café", "<Café>", first.company.id):
        assert link_flow.company_of(session, merchant) is first
    second = link_flow.company_of(session, "Bar")
    assert second is not first
    assert link_flow.company_of(session, second.company.id) is second
    with pytest.raises(Malformed, match="There are 2 companies"):
        link_flow.company_of(session, None)
    query = parse_qs(urlsplit(start(session, second.company.id)).query)
    assert query["merchantIdentifier"] == [second.company.id]


@pytest.mark.parametrize("kinds", [("gbol", "gbol"), ("lqai", "lqai"), ("x", "gbol")])
def test_a_platform_of_another_kind_begins_no_flow(session, kinds):
    with pytest.raises(NotFound):
        link_flow.start(session, *kinds, "Café", None)


@pytest.mark.parametrize(
    "url",
    [
        None, "", "https://shop.example/done", "http://shop.example:8080/a b".replace(" ", "%20"),
        "shop.example", "shop.example:3000/done", "localhost", "LOCALHOST:3000?x=1",
        "127.0.0.1/done", "https://s.example/" + "a" * 2030,
    ],
)  # fmt: skip
def test_a_flow_may_lead_to_a_page(url):
    link_flow.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example", "shop", "https://", "https:///done", "//shop.example",
        " https://shop.example", "https://shop.ex ample", "https://shop.example:0/",
        "https://shop.example:99999/", "https://[::1", "https://shop.example/\n",
        "https://shop.example\\done", "javascript:alert(1)", "https://s.example/" + "a" * 2031,
    ],
)  # fmt: skip
def test_a_flow_leads_nowhere_else(url):
    with pytest.raises(Malformed, match="redirectUrl"):
        link_flow.check_url(url)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("shop.example/done", "https://shop.example/done"),
        ("localhost:3000/done", "http://localhost:3000/done"),
        ("LocalHost", "http://LocalHost"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("http://shop.example", "http://shop.example"),
        ("shop", "shop"),
    ],
)
def test_a_page_without_a_scheme_is_opened_over_tls_but_on_this_machine(url, whole):
    assert link_flow.absolute(url) == whole


@pytest.mark.parametrize(("passed", "is_good"), [(LASTS - STEP, True), (LASTS, False)])
def test_a_link_is_good_for_thirty_seconds_and_once(session, passed, is_good):
    code = code_of(start(session))
    later = session.at(START + passed)
    if is_good:
        flow = link_flow.enter(later, code)
        assert link_flow.link_session_of(later, flow).entered_by == code
    with pytest.raises(Unauthorised, match="used already, or is older than 30 seconds"):
        link_flow.enter(later, code)


def test_a_new_link_forgets_those_that_are_over(session):
    old, other = code_of(start(session)), code_of(start(session.at(START + STEP)))
    start(session.at(START + LASTS))
    found = [session.tables.codes.find(each, "start", START) for each in (old, other)]
    assert [each is not None for each in found] == [False, True]


def test_of_the_forms_for_the_same_the_last_is_good_and_once(session):
    link = link_flow.link_session_of(session, link_flow.enter(session, code_of(start(session))))
    shown = [link_flow.form(session, link).code for _ in range(2)]
    with pytest.raises(Unauthorised, match="answered already, or is out of date"):
        link_flow.take_answer(session, link, shown[0])
    link_flow.take_answer(session, link, shown[1])
    with pytest.raises(Unauthorised):
        link_flow.take_answer(session, link, shown[1])


def test_a_form_is_good_for_what_it_was_shown_for_alone(session):
    first, second = (
        link_flow.link_session_of(session, link_flow.enter(session, code_of(start(session, name))))
        for name in ("Café", "Bar")
    )
    code = link_flow.form(session, first).code
    link_flow.form(session, second)
    with pytest.raises(Unauthorised):
        link_flow.take_answer(session, second, code)
    link_flow.take_answer(session, first, code)


@pytest.mark.parametrize(("is_allowed", "status"), [(True, "Linked"), (False, "Deauthorized")])
def test_a_merchant_decides_and_may_withdraw(session, is_allowed, status):
    flow = link_flow.enter(session, code_of(start(session)))
    link = link_flow.link_session_of(session, flow)
    code = link_flow.form(session, link).code
    link_flow.decide(session, link, code, is_allowed=is_allowed)

    def accounting() -> str:
        return companies.all_companies(session)[0].data_connections[1].status

    assert accounting() == status
    assert link_flow.deauthorise(session, flow, link_flow.form(session, link).code) == link
    assert accounting() == "Deauthorized"


def with_start(shown: Configuration) -> Configuration:
    """What the merchant sends back: all that was suggested, and a start date."""
    return replace(shown, schedule=replace(shown.schedule, start_date=START))


@pytest.mark.parametrize(
    ("redirect", "target"), [(None, None), ("shop.example", "https://shop.example")]
)
def test_the_link_opens_the_settings_once_the_mapping_is_saved(session, redirect, target):
    code = code_of(start(session, redirect=redirect))
    flow = link_flow.enter(session, code)
    link = link_flow.link_session_of(session, flow)
    link_flow.decide(session, link, link_flow.form(session, link).code, is_allowed=True)
    form = link_flow.form(session, link)
    assert (form.is_set_up, form.is_enabled, form.is_format_open) == (False, True, True)
    assert (form.output_format, form.next_due, form.syncs) == ("Invoice", None, [])
    assert link_flow.save(session, flow, form.code, with_start) == target
    with pytest.raises(Unauthorised, match="saved already"):
        link_flow.link_session_of(session, flow)
    for _ in range(2):  # as often as the merchant opens it
        again = link_flow.enter(session.at(START + 9 * LASTS), code)
        form = link_flow.form(session, link_flow.link_session_of(session, again))
        assert form.is_set_up
        assert link_flow.save(session, again, form.code, with_start) == target


def test_a_mapping_that_is_not_complete_is_not_saved(session):
    flow = link_flow.enter(session, code_of(start(session)))
    link = link_flow.link_session_of(session, flow)
    form = link_flow.form(session, link)  # nothing is linked, so that nothing can be selected
    with pytest.raises(Malformed, match="not complete"):
        link_flow.save(session, flow, form.code, with_start)
    assert not link_flow.form(session, link).is_set_up
