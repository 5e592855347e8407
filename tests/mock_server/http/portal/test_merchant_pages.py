"""The merchant's pages: authorising a platform, and the Sync Flow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_conformance import client_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

START = "/config/sync/commerce/lqai/gbol/start"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    settings = Settings(start_at=parse_moment("2022-03-21T12:00:00Z"), speed=0)
    with client_of(create_app(SandboxRegistry(settings))) as client:
        yield client


@pytest.fixture
def browser(http: httpx.Client) -> Iterator[httpx.Client]:
    # A merchant has no key.
    app = http._transport.app  # type: ignore[attr-defined]  # the same application
    with client_of(app) as client:
        del client.headers["Authorization"]
        yield client


def company_of(http: httpx.Client, name: str = "Corner Coffee") -> str:
    return str(http.post("/meta/companies/sync", json={"name": name}).json()["id"])


def connection_of(http: httpx.Client, company: str, key: str = "gbol") -> dict[str, str]:
    made: dict[str, str] = http.post(f"/companies/{company}/connections", json=key).json()
    return made


def status_of(http: httpx.Client, company: str, connection: str) -> str:
    listed = http.get(f"/companies/{company}/connections").json()["results"]
    return next(str(each["status"]) for each in listed if each["id"] == connection)


def fields(page: httpx.Response) -> dict[str, str]:
    """What a browser would send of the page's form as it stands."""
    found = dict(re.findall(r'type="hidden" name="(.+?)" value="(.*?)"', page.text))
    for name, options in re.findall(
        r'<select id=".+?" name="(.+?)".*?>(.*?)</select>', page.text, re.S
    ):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>(.*?)</option>', options)
        found[name] = (
            unescape(chosen[1] if chosen and chosen[1] is not None else chosen[2]) if chosen else ""
        )
    found |= dict(re.findall(r'type="date" .*?name="(.+?)" value="(.*?)"', page.text))
    boxes = re.findall(r'type="checkbox" name="(.+?)" checked', page.text)
    return found | dict.fromkeys(boxes, "on")


def text_of(page: httpx.Response) -> str:
    """What a person reads."""
    words = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    return re.sub(r" (?=[.,])", "", unescape(words))


def flow_form(http: httpx.Client, browser: httpx.Client, **query: str) -> httpx.Response:
    """Go from the URL of the Sync Flow to its form, authorising on the way."""
    url = http.get(START, params=query).json()["url"]
    page = browser.get(url, follow_redirects=True)
    if "Authorise" in page.text:
        sent = {**fields(page), "decision": "authorise"}
        page = browser.post(page.url.path, data=sent, follow_redirects=True)
    assert page.status_code == 200, page.text
    return page


def test_a_merchant_authorises_a_connection(http: httpx.Client, browser: httpx.Client) -> None:
    company = company_of(http)
    connection = connection_of(http, company)
    page = browser.get(connection["linkUrl"])
    assert "Connect Corner Coffee to Xero" in page.text
    done = browser.post(
        connection["linkUrl"], data={**fields(page), "decision": "authorise"}, follow_redirects=True
    )
    assert "Xero is connected" in done.text
    assert status_of(http, company, connection["id"]) == "Linked"


def test_a_merchant_refuses_and_may_think_again(http: httpx.Client, browser: httpx.Client) -> None:
    company = company_of(http)
    connection = connection_of(http, company)
    for decision, status in (("refuse", "Deauthorized"), ("authorise", "Linked")):
        page = browser.get(connection["linkUrl"])
        browser.post(connection["linkUrl"], data={**fields(page), "decision": decision})
        assert status_of(http, company, connection["id"]) == status


@pytest.mark.parametrize("code", [None, "", "guessed"])
def test_an_answer_without_the_forms_code_changes_nothing(
    http: httpx.Client, browser: httpx.Client, code: str | None
) -> None:
    company = company_of(http)
    connection = connection_of(http, company)
    browser.get(connection["linkUrl"])
    sent = {"decision": "authorise"} if code is None else {"decision": "authorise", "code": code}
    answer = browser.post(connection["linkUrl"], data=sent)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/html")
    assert status_of(http, company, connection["id"]) == "PendingAuth"


def test_a_forms_code_is_good_for_its_own_connection_and_once(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    first, second = connection_of(http, company), connection_of(http, company, "qhyg")
    sent = {**fields(browser.get(first["linkUrl"])), "decision": "authorise"}
    assert browser.post(second["linkUrl"], data=sent).status_code == 401
    assert browser.post(first["linkUrl"], data=sent).status_code == 303
    assert browser.post(first["linkUrl"], data=sent).status_code == 401


def test_another_site_cannot_answer_for_the_merchant(
    http: httpx.Client, browser: httpx.Client
) -> None:
    connection = connection_of(http, company_of(http))
    sent = {**fields(browser.get(connection["linkUrl"])), "decision": "authorise"}
    for origin in ("https://evil.example", "null"):
        answer = browser.post(connection["linkUrl"], data=sent, headers={"Origin": origin})
        assert answer.status_code == 403


def test_a_companys_page_leads_to_its_connections(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    connection = connection_of(http, company)
    page = browser.get(http.get(f"/companies/{company}").json()["redirect"])
    assert urlsplit(connection["linkUrl"]).path in page.text


def test_links_that_lead_nowhere_say_so_on_a_page(browser: httpx.Client) -> None:
    for path in ("/link/company/x", "/link/company/x/connection/y"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "<h1>" in answer.text
    for path in ("/flow/x/lqai/gbol/start", "/flow/session/x"):
        assert browser.get(path).status_code == 401


def test_the_sync_flow_stores_the_mapping_and_goes_on_to_the_shop(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    back = "https://shop.example/settings?tab=1&x=%3Cy%3E"
    page = flow_form(http, browser, merchantIdentifier=company, redirectUrl=back)
    sent = fields(page) | {
        "hour": "5", "timeZone": "Europe/Vienna", "startDate": "2022-03-01", "byLocation": "on",
        "byCountry": "on",
    }  # fmt: skip
    answer = browser.post(page.url.path, data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    stored = http.get(f"/config/companies/{company}/sync/commerce").json()
    assert stored["configured"]
    assert stored["enabled"]
    schedule = stored["schedule"]
    assert schedule["startDate"] == "2022-02-28T23:00:00Z"
    assert (schedule["syncHourUtc"], schedule["timeZone"]) == (5, "Europe/Vienna")
    levels = stored["configuration"]["sales"]["grouping"]["groupingLevels"]
    assert levels["invoiceLevel"]["selectedGroupByOptions"] == ["Location", "Country"]
    assert browser.get(page.url.path).status_code == 401
    assert browser.post(page.url.path, data=sent).status_code == 401


def test_the_sync_flow_sets_midnight_on_the_merchants_clock(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    page = flow_form(http, browser, merchantIdentifier=company)
    browser.post(page.url.path, data=fields(page))
    schedule = http.get(f"/config/companies/{company}/sync/commerce").json()["schedule"]
    assert (schedule["syncHourUtc"], schedule["timeZone"]) == (0, "Europe/London")


def test_a_deleted_category_is_off_the_screen_and_keeps_its_mapping(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    path = f"/companies/{company}/data/commerce-productCategories"
    http.put(path, json={"ProductCategories": [{"id": "tea", "name": "Teas"}]}).raise_for_status()
    page = flow_form(http, browser, merchantIdentifier=company)
    assert "Product categories" in page.text
    assert "Teas" in page.text
    browser.post(page.url.path, data=fields(page) | {"sales.category-tea": "gbol-260"})
    http.put(path, json={"ProductCategories": []}).raise_for_status()
    again = flow_form(http, browser, merchantIdentifier=company)
    assert "category-tea" not in again.text
    assert "Product categories" not in again.text
    assert browser.post(again.url.path, data=fields(again)).status_code == 303
    stored = http.get(f"/config/companies/{company}/sync/commerce").json()
    assert stored["configuration"]["sales"]["accounts"]["category-tea"]["selectedAccountId"] == (
        "gbol-260"
    )


def test_the_sync_flow_keeps_every_account_that_it_suggests(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    page = flow_form(http, browser, merchantIdentifier=company)
    browser.post(page.url.path, data=fields(page))
    mapping = http.get(f"/config/companies/{company}/sync/commerce").json()["configuration"]
    for section in ("sales", "payments", "fees"):
        for name, account in mapping[section]["accounts"].items():
            assert account["selectedAccountId"], name


def test_without_a_shop_to_go_to_the_flow_ends_on_a_page(
    http: httpx.Client, browser: httpx.Client
) -> None:
    page = flow_form(http, browser, merchantIdentifier="New Shop")
    done = browser.post(page.url.path, data=fields(page), follow_redirects=True)
    assert "Your settings are saved" in done.text
    assert [each["name"] for each in http.get("/companies").json()["results"]] == ["New Shop"]


def test_an_incomplete_mapping_is_asked_for_again_with_the_reasons(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    page = flow_form(http, browser)
    wrong = fields(page) | {"invoiceStatus": "draft", "startDate": "", "sales.gratuity": ""}
    again = browser.post(page.url.path, data=wrong)
    assert again.status_code == 400
    reasons = unescape(re.findall(r"<ul>(.*?)</ul>", again.text, re.S)[0])
    for reason in ("No start date is set", "status is set to 'draft'", "without selections"):
        assert reason in reasons
    assert fields(again)["invoiceStatus"] == "draft"
    assert re.search(r'role="alert"[^>]* autofocus', again.text)  # read out, and next in order
    assert not http.get(f"/config/companies/{company}/sync/commerce").json()["configured"]
    good = ("invoiceStatus", "startDate", "sales.gratuity")
    mended = fields(again) | {name: fields(page)[name] for name in good}
    assert browser.post(page.url.path, data=mended).status_code == 303


@pytest.mark.parametrize(("seconds", "status"), [(29, 303), (30, 401)])
def test_the_urls_code_is_good_for_30_seconds_of_the_sandboxs_time(
    http: httpx.Client, browser: httpx.Client, seconds: int, status: int
) -> None:
    company_of(http)
    url = http.get(START).json()["url"]
    http.post("/_mock/clock/advance", json={"seconds": seconds})
    assert browser.get(url).status_code == status


def test_the_urls_code_is_good_once_and_a_preview_does_not_use_it_up(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company_of(http)
    url = http.get(START).json()["url"]
    assert browser.head(url).status_code == 200
    assert [browser.get(url).status_code for _ in range(2)] == [303, 401]


def test_an_open_form_can_be_reloaded_and_sent_long_after(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company_of(http)
    page = flow_form(http, browser)
    http.post("/_mock/clock/advance", json={"days": 1})
    again = browser.get(page.url.path)
    assert browser.post(page.url.path, data=fields(page)).status_code == 401
    assert browser.post(page.url.path, data=fields(again)).status_code == 303


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//shop.example",
        "ftp://shop.example",
        "https://",
        "shop",
        "https:\\\\a",
        "https://shop.example:99999/",
        "https://a shop/",
        " https://shop.example/",
    ],
)
def test_a_redirect_to_anything_but_a_web_page_is_refused(http: httpx.Client, url: str) -> None:
    company_of(http)
    answer = http.get(START, params={"redirectUrl": url})
    assert answer.status_code == 400
    assert "redirectUrl" in answer.json()["error"]


@pytest.mark.parametrize("hour", ["24", "-1", "", "3.5", "٣", "9" * 5000])
def test_an_hour_that_does_not_exist_is_asked_for_again(
    http: httpx.Client, browser: httpx.Client, hour: str
) -> None:
    company_of(http)
    page = flow_form(http, browser)
    again = browser.post(page.url.path, data=fields(page) | {"hour": hour})
    assert again.status_code == 400
    assert "sync hour" in again.text


@pytest.mark.parametrize("keys", ["lqai/lqai", "gbol/gbol", "xxxx/gbol"])
def test_a_flow_needs_a_shop_and_an_accounting_platform(http: httpx.Client, keys: str) -> None:
    company_of(http)
    assert http.get(f"/config/sync/commerce/{keys}/start").status_code == 404


def test_without_an_identifier_the_merchant_must_be_clear(http: httpx.Client) -> None:
    assert http.get(START).status_code == 400
    company_of(http)
    assert http.get(START).status_code == 200
    company_of(http)
    assert "2 companies" in http.get(START).json()["error"]


def test_what_a_merchant_is_called_is_shown_and_not_run(
    http: httpx.Client, browser: httpx.Client
) -> None:
    connection = connection_of(http, company_of(http, "O'Neill & Sons"))
    page = browser.get(connection["linkUrl"])
    assert "O&#39;Neill &amp; Sons" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_every_field_has_a_label_and_no_page_has_a_script(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company_of(http)
    page = flow_form(http, browser).text
    assert "<script" not in page
    named = re.findall(r'<(?:select|input type="date") id="(.+?)"', page)
    assert len(named) > 25
    assert set(named) <= set(re.findall(r'<label for="(.+?)"', page))
    style = browser.get("/static/page.css")
    assert ":focus-visible" in style.text
    assert "prefers-color-scheme: dark" in style.text


def test_the_merchant_chooses_invoices_or_journal_entries_in_the_flow(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    stored = f"/config/companies/{company}/sync/commerce"
    page = flow_form(http, browser)
    assert fields(page)["outputFormat"] == "Invoice"
    browser.post(page.url.path, data=fields(page))
    assert "mapSettings" not in http.get(stored).json()["configuration"]
    page = flow_form(http, browser)
    browser.post(page.url.path, data={**fields(page), "outputFormat": "JournalEntry"})
    settings = http.get(stored).json()["configuration"]["mapSettings"]
    assert settings == {"outputFormat": "JournalEntry"}
    assert fields(flow_form(http, browser))["outputFormat"] == "JournalEntry"


def test_the_flow_does_not_ask_for_the_sync_type_once_a_sync_has_written(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company = company_of(http)
    page = flow_form(http, browser)
    browser.post(page.url.path, data={**fields(page), "outputFormat": "JournalEntry"})
    push = f"/data/companies/{company}/sync/commerce-"
    order = {
        "id": "O", "totalAmount": 12, "currency": "GBP", "createdDate": "2022-03-21T12:30:00Z",
        "orderLineItems": [{"id": "1", "quantity": 1, "taxPercentage": 20, "totalAmount": 12}],
    }  # fmt: skip
    for kind, records in {"orders": [order], "payments": [], "transactions": []}.items():
        http.post(push + kind, json={kind: records})
        http.post("/_mock/clock/advance", json={"seconds": 60})
    http.post("/_mock/clock/advance", json={"seconds": 24 * 60 * 60})
    page = flow_form(http, browser)
    assert "outputFormat" not in fields(page)
    assert "One journal entry is written each day." in page.text
    browser.post(page.url.path, data=fields(page))
    stored = http.get(f"/config/companies/{company}/sync/commerce").json()["configuration"]
    assert stored["mapSettings"] == {"outputFormat": "JournalEntry"}


def saved_flow(http: httpx.Client, browser: httpx.Client) -> tuple[str, str]:
    """A company that went through the flow; its id, and the path of the flow's URL."""
    company = company_of(http)
    connection_of(http, company)
    http.post(f"/_mock/companies/{company}/authorize").raise_for_status()
    url = str(http.get(START, params={"merchantIdentifier": company}).json()["url"])
    page = browser.get(url, follow_redirects=True)
    assert "Daily syncs" not in page.text
    assert browser.post(page.url.path, data=fields(page)).status_code == 303
    return company, url


@pytest.mark.parametrize("syncs", ["off", "on"])
def test_the_same_url_opens_the_settings_once_the_mapping_is_saved(
    http: httpx.Client, browser: httpx.Client, syncs: str
) -> None:
    company, url = saved_flow(http, browser)
    http.post("/_mock/clock/advance", json={"minutes": 5})
    path = f"/config/companies/{company}/sync/commerce"
    for _ in range(2):
        page = browser.get(url, follow_redirects=True)
        assert page.status_code == 200
        sent = fields(page) | {"syncs": syncs, "hour": "7"}
        assert browser.post(page.url.path, data=sent).status_code == 303
        shown = http.get(path).json()
        assert (shown["enabled"], shown["schedule"]["syncHourUtc"]) == (syncs == "on", 7)
        assert fields(browser.get(url, follow_redirects=True))["syncs"] == syncs


def test_the_settings_show_each_syncs_range_and_status_and_the_last_and_next_one(
    http: httpx.Client, browser: httpx.Client
) -> None:
    _, url = saved_flow(http, browser)
    page = browser.get(url, follow_redirects=True)
    assert "No sync has run yet." in page.text
    assert "Next sync: 2022-03-22 00:00:00." in text_of(page)
    http.post("/_mock/clock/advance", json={"days": 2})
    page = browser.get(url, follow_redirects=True)
    for start, finish in (("21", "22"), ("22", "23")):
        row = f"2022-03-{start} 00:00:00 2022-03-{finish} 00:00:00 Complete"
        assert row in text_of(page)
    assert "Last sync: 2022-03-23 00:00:00." in text_of(page)
    assert "Next sync: 2022-03-24 00:00:00." in text_of(page)
    assert "this company in the portal" in text_of(page)
    browser.post(page.url.path, data=fields(page) | {"syncs": "off"})
    assert "No sync is planned." in browser.get(url, follow_redirects=True).text


def test_a_merchant_disconnects_the_platform_in_the_settings_and_connects_it_again(
    http: httpx.Client, browser: httpx.Client
) -> None:
    company, url = saved_flow(http, browser)
    connection = http.get(f"/companies/{company}/connections").json()["results"][1]["id"]
    page = browser.get(url, follow_redirects=True)
    sent = {"code": fields(page)["code"], "decision": "deauthorise"}
    asked = browser.post(page.url.path, data=sent, follow_redirects=True)
    assert status_of(http, company, connection) == "Deauthorized"
    run = http.post(f"/companies/{company}/sync/commerce/latest").json()
    assert run["syncStatusCode"] == 4220
    sent = {**fields(asked), "decision": "authorise"}
    back = browser.post(asked.url.path, data=sent, follow_redirects=True)
    assert "Daily syncs" in back.text
    assert status_of(http, company, connection) == "Linked"
    assert browser.post(page.url.path, data=sent).status_code == 401
