"""The page of alerts, used as a browser without scripts would."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files

import httpx
import pytest
from webhook_receiver import RULES, add_rule, push, settle

PAGE = "/portal/alerts"
STATIC = files("codat_mock").joinpath("static")


@pytest.fixture
def browser(live):
    """A browser on the same server; it has no key."""
    with httpx.Client(base_url=live.base_url, follow_redirects=True, timeout=20) as client:
        yield client


def send(browser: httpx.Client, path: str, form: dict[str, str] | None = None) -> httpx.Response:
    """Send one of the page's forms, with the token that it carries."""
    [token, *_] = re.findall(r'name="token" value="(.+?)"', browser.get("/portal/controls").text)
    return browser.post(path, data={"token": token, **(form or {})})


def actions(page: httpx.Response) -> list[str]:
    """Where the page's forms lead, in their order."""
    assert page.status_code == 200
    return re.findall(r'<form method="post" action="(.*?)"', page.text)


def test_a_rule_is_added_and_removed_by_forms(live, company, browser, receiver):
    assert "No rule asks for alerts yet." in browser.get(PAGE).text
    form = {"type": "Dataset data changed", "url": receiver.url, "companyId": company}
    form |= {"authorization": "Bearer abc", "secrets": "", "copies": "2", "overtakenSeconds": "0"}
    page = send(browser, PAGE, form)
    [stored] = live.get(RULES).json()["rules"]
    assert {name: value for name, value in stored["rule"].items() if value} == {
        "type": "Dataset data changed",
        "url": receiver.url,
        "companyId": company,
        "authorization": "Bearer abc",
        "copies": 2,
    }
    remove, add = actions(page)
    assert add == PAGE
    assert actions(send(browser, remove)) == [PAGE]
    assert live.get(RULES).json()["rules"] == []


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://example.com/"}, "$.url: Alerts are not sent to 'http://example.com/'"),
        ({"copies": "11"}, "$.copies: "),
        ({"copies": "many"}, "$.copies: "),
        ({"copies": "nan"}, "$.copies: "),
        ({"authorization": "abc"}, "$.authorization: "),
        ({"secrets": "abc"}, "$.secrets[0]: "),
        ({"type": ""}, "type"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_asked_for_again(live, browser, wrong, message):
    form = {"type": "Dataset data changed", "url": "http://127.0.0.1:1/typed"}
    page = send(browser, PAGE, form | wrong)
    assert page.status_code == 400
    [problems] = re.findall(r"<ul><li>(.*?)</li></ul>", page.text)
    assert message in unescape(problems)
    assert (form | wrong)["url"] in page.text
    assert live.get(RULES).json()["rules"] == []


def test_deliveries_are_shown_with_every_try_and_sent_again(live, company, browser, receiver):
    receiver.answers = [(503, {}), (404, {}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    settle(live, seconds=8)
    shown = browser.get(PAGE).text
    assert "08:00:07 503" in shown
    assert "next at 08:00:22" in shown
    settle(live, minutes=1)
    page = browser.get(PAGE)
    assert "08:00:22 404" in page.text
    assert '<span class="badge bad">failed</span>' in page.text
    [resend] = [action for action in actions(page) if action.endswith("/resend")]
    send(browser, resend)
    settle(live)
    assert '<span class="badge good">delivered</span>' in browser.get(PAGE).text
    live.delete(RULES)
    assert actions(browser.get(PAGE)) == [PAGE]


def test_of_many_alerts_the_latest_are_shown(live, company, browser, receiver):
    add_rule(live, receiver, copies=10)
    for _ in range(11):
        push(live, company)
    settle(live, minutes=1)
    page = browser.get(PAGE).text
    assert page.count("badge good") == 100
    assert "10 older ones are not shown" in page


def test_text_of_others_is_shown_as_text(live, browser, receiver):
    company = live.post("/meta/companies/sync", json={"name": "<b>Bar</b>"}).json()["id"]
    add_rule(live, receiver, companyId=company)
    push(live, company)
    settle(live, seconds=8)
    assert "<b>Bar" not in browser.get(PAGE).text


@pytest.mark.usefixtures("company")
def test_where_there_are_several_sandboxes_one_is_chosen(live, browser, auth, receiver):
    live.post("/meta/companies/sync", json={"name": "Bar"}, headers=auth("other"))
    add_rule(live, receiver)
    page = browser.get(PAGE)
    assert "Which sandbox?" in page.text
    links = dict(re.findall(r'<a href="(.*?)">.*?</a>\s*<span class="quiet">(.*?)<', page.text))
    assert sorted(links.values()) == ["Bar", "Café"]
    pages = {links[link]: browser.get(link) for link in links}
    assert receiver.url in pages["Café"].text
    remove, add = actions(pages["Café"])
    assert add in links
    assert receiver.url not in pages["Bar"].text
    token = re.findall(r'name="token" value="(.+?)"', pages["Bar"].text)[0]
    assert "No rule asks for alerts yet." in browser.post(remove, data={"token": token}).text


@pytest.mark.usefixtures("company")
def test_a_form_without_the_token_is_refused(live, browser):
    form = {"type": "Dataset data changed", "url": "http://127.0.0.1:1/"}
    for path in (PAGE, f"{PAGE}/rules/x/remove", f"{PAGE}/x/resend"):
        assert browser.post(path, data=form).status_code == 403
    assert live.get(RULES).json()["rules"] == []


def test_before_the_first_request_there_is_nothing_to_show(browser):
    assert "There is no sandbox yet" in browser.get(PAGE).text
    assert browser.post(PAGE, data={}).status_code == 200


def test_the_page_is_no_other_pages_business(browser):
    refused = browser.post(PAGE, data={}, headers={"Origin": "http://example.com"})
    assert refused.status_code == 403
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.usefixtures("live")
def test_the_pages_get_their_style_and_script_over_a_socket(browser):
    for name in ("page.css", "portal.css", "timeline.css", "portal.js", "presentation.js"):
        served = browser.get(f"/static/{name}")
        assert served.status_code == 200
        assert served.content == (STATIC / name).read_bytes()
