"""The developer's portal: every page shows what is there, and every control does what it says."""

from __future__ import annotations

import re
from html import unescape
from time import process_time

import httpx
import pytest

from codat_mock.http.portal.mistakes import MISTAKES
from codat_mock.http.portal.requests import shown_body
from codat_mock.http.request_context import REGISTRY
from codat_mock.sandbox import books_digest, ground_truth
from codat_mock.storage.ground_truth import Declared
from codat_mock.storage.versions import Versions

NAME = "Café & <i>Sons</i> 'n' Co"
HTML = {"Accept": "text/html,application/xhtml+xml"}
DAY = "2022-03-21"
PAGES = (
    "/",
    "/portal",
    "/portal/syncs",
    "/portal/timeline",
    "/portal/timeline?span=month",
    "/portal/books",
    "/portal/findings",
    "/portal/requests",
    "/portal/alerts",
    "/portal/controls",
    "/portal/companies/{company}",
    "/portal/companies/{company}/records",
    "/portal/companies/{company}/records/commerce-orders/o-1",
    "/portal/requests/1",
    "/portal/rules/U03",
)


def order(total: float, **changed) -> dict:
    return {
        "id": "o-1", "createdDate": f"{DAY}T08:30:00Z", "currency": "GBP", "totalAmount": total,
        **changed,
    }  # fmt: skip


@pytest.fixture
def browser(app):
    """A browser, which has no key."""
    with httpx.Client(
        transport=httpx.WSGITransport(app=app), base_url="http://127.0.0.1:4620", headers=HTML,
        follow_redirects=True,
    ) as client:  # fmt: skip
        yield client


def text_of(page: httpx.Response) -> str:
    """What a person reads."""
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def act(browser, control: str, **fields) -> httpx.Response:
    """Send a form of the page of controls."""
    [token, *_] = re.findall(r'name="token" value="(.+?)"', browser.get("/portal/controls").text)
    return browser.post(f"/portal/controls/{control}", data={"token": token, **fields})


@pytest.fixture
def shop(driver, http):
    """A company with a synced day, and a change of it without a later date."""
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
    driver.push("commerce-orders", [order(5, sourceModifiedDate=f"{DAY}T08:30:00Z")])
    http.post("/_mock/clock/close-day")
    driver.push("commerce-orders", [order(6, sourceModifiedDate=f"{DAY}T08:30:00Z")])
    return driver


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_and_runs_no_script_but_its_own(shop, browser, path):
    page = browser.get(path.format(company=shop.company_id))
    assert "codat-mock" in text_of(page)
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/portal.js" defer>']
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_before_anything_happened(driver, browser, path):
    answer = browser.get(path.format(company=driver.company_id))
    assert answer.status_code == (404 if "o-1" in path else 200)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_a_sandbox_says_so(browser, path):
    answer = browser.get(path.format(company="x"))
    assert "sandbox" in text_of(answer)


@pytest.fixture
def ended(driver):
    """A company whose datasets have ended, which nobody has read."""
    driver.stop_polling()
    for data_type in ("commerce-orders", "commerce-payments", "commerce-transactions"):
        driver.push(data_type, [order(5)] if data_type == "commerce-orders" else [])
    driver.advance(minutes=10)
    return driver


def codes(driver) -> set[str]:
    """The rules that are broken once the day is closed."""
    driver.call("POST", "/_mock/clock/close-day")
    return {each["code"] for each in driver.findings()["findings"]}


def test_looking_at_pages_leaves_nothing_in_the_log_and_reads_no_dataset(ended, browser, http):
    before = http.get("/_mock/requests").json()["count"]
    for path in PAGES:
        browser.get(path.format(company=ended.company_id))
    browser.get("/portal/nonsense")
    assert http.get("/_mock/requests").json()["count"] == before
    assert "S13" in codes(ended)


def test_a_report_reads_no_dataset_either(ended, http):
    assert http.get("/_mock/report").status_code == 200
    assert "S13" in codes(ended)


def test_the_list_of_datasets_reads_them(ended, http):
    listed = http.get(f"/companies/{ended.company_id}/data/history")
    assert listed.status_code == 200
    assert "S13" not in codes(ended)


def test_an_api_client_that_asks_for_the_root_gets_the_error_of_the_api(http):
    answer = http.get("/")
    assert (answer.status_code, answer.json()["service"]) == (404, "PublicApi")


def test_names_from_outside_are_text(driver, browser):
    driver.push("commerce-orders", [order(5, id="<script>alert(1)</script>")])
    page = browser.get(f"/portal/companies/{driver.company_id}/records")
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in text_of(page)


@pytest.mark.usefixtures("driver")
def test_a_sandbox_is_listed_by_the_first_letters_of_its_key(browser):
    assert re.search(r"key \w{1,4}…", text_of(browser.get("/")))


@pytest.mark.usefixtures("shop")
def test_sync_health_counts_filters_and_sorts(browser, http):
    http.post("/_mock/outcomes", json={"target": "sync", "outcome": "ServerError"})
    http.post("/_mock/clock/close-day")
    page = text_of(browser.get("/portal/syncs"))
    assert "2 syncs 1 succeeded 1 failed 0 in progress" in page
    failed = text_of(browser.get("/portal/syncs?code=5000"))
    assert "1 sync Started" in failed
    assert "No sync matches." in text_of(browser.get("/portal/syncs?search=nothing"))
    assert "No sync matches." not in text_of(browser.get("/portal/syncs?search=xero"))
    assert "No sync matches." in text_of(browser.get("/portal/syncs?search=freeagent"))
    assert "No sync matches." in text_of(browser.get("/portal/syncs?until=2022-03-20"))
    orders = [
        re.findall(r">(\d000) \w+<", browser.get(f"/portal/syncs?order={order}").text)
        for order in ("status", "-status", "nonsense")
    ]
    assert orders == [["2000", "5000"], ["5000", "2000"], ["5000", "2000"]]


def test_a_sync_shows_what_it_wrote_and_its_configuration(shop, browser):
    [url] = re.findall(
        r'href="(/portal/companies/.+?/syncs/.+?)"', browser.get("/portal/syncs").text
    )
    page = text_of(browser.get(url))
    assert "2000 Complete" in page
    assert "INV-0001" in page
    file = browser.get(f"/portal/companies/{shop.company_id}/configuration.json")
    assert file.json()["companyId"] == shop.company_id
    summary = browser.get(f"{url}/summary.json")
    assert summary.json()["syncId"] == url.rpartition("/")[2]
    assert "attachment" in summary.headers["Content-Disposition"]
    assert "attachment" in file.headers["Content-Disposition"]


def test_a_record_shows_each_version_beside_the_one_before(driver, browser, http):
    driver.push("commerce-orders", [order(5)])
    http.post("/_mock/clock/close-day")
    driver.push("commerce-orders", [order(6, sourceModifiedDate=f"{DAY}T09:00:00Z")])
    page = browser.get(f"/portal/companies/{driver.company_id}/records/commerce-orders/o-1")
    assert "2 versions" in text_of(page)
    assert re.search(r'class="gone">- *&#34;totalAmount&#34;: 5', page.text)
    assert re.search(r'class="new">\+ *&#34;totalAmount&#34;: 6', page.text)


def test_a_new_version_of_a_long_record_shows_what_changed_first(driver, browser):
    lines = [{"id": f"line-{number}", "quantity": 1} for number in range(30)]
    driver.push("commerce-orders", [order(5, orderLineItems=lines)])
    driver.advance(minutes=5)
    lines = [*lines[:20], {"id": "line-20", "quantity": 2}, *lines[21:]]
    driver.push("commerce-orders", [order(5, orderLineItems=lines)])
    path = f"/portal/companies/{driver.company_id}/records/commerce-orders/o-1"
    latest, before = re.findall("<pre.*?</pre>", browser.get(path).text, re.DOTALL)[::2]
    assert re.search(r'class="new">\+ *&#34;quantity&#34;: 2', latest)
    assert "unchanged lines" in latest
    assert "line-10&" not in latest
    assert "line-10&" in before


def test_a_record_leads_to_its_documents_and_these_to_it(shop, browser):
    record = f"/portal/companies/{shop.company_id}/records/commerce-orders/o-1"
    page = browser.get(record)
    [number] = re.findall(r'#[^"]*-(INV-0001)"', page.text)
    books = browser.get("/portal/books").text
    assert f'id="{shop.company_id}-{number}"' in books
    assert record in books


def test_of_a_large_body_no_more_is_cleaned_than_is_shown():
    body = b'{"orders":[%b]}' % b",".join([b'{"id":"A","token":"hidden"}'] * 400_000)
    began = process_time()
    shown = shown_body(body)
    assert process_time() - began < 1
    assert shown.startswith('{"orders":[{"id":"A","token":"removed"},')
    assert shown.endswith(f"\n… {len(body):,} bytes in all")
    assert "hidden" not in shown


@pytest.mark.usefixtures("shop")
def test_a_finding_leads_to_its_request_and_that_to_a_command(browser):
    page = browser.get("/portal/findings")
    assert "U03" in text_of(page)
    assert 'href="/portal/rules/U03"' in page.text
    assert "Here 1 finding" in text_of(browser.get("/portal/rules/U03"))
    assert browser.get("/portal/rules/X99").status_code == 404
    number = re.findall(r'href="/portal/requests/(\d+)"', page.text)[0]
    request = text_of(browser.get(f"/portal/requests/{number}"))
    assert "curl -X POST http://127.0.0.1:4620/data/companies/" in request


@pytest.mark.usefixtures("shop")
def test_requests_are_filtered(browser):
    assert "U03" in text_of(browser.get("/portal/requests?code=any"))
    assert "No request matches." in text_of(browser.get("/portal/requests?status=5"))
    assert "No request matches." in text_of(browser.get("/portal/requests?path=nothing"))
    assert text_of(browser.get("/portal/requests?method=POST&path=orders")).count("POST") >= 2


@pytest.mark.parametrize(
    ("control", "fields", "says"),
    [
        ("advance", {"hours": "2", "minutes": "5"}, "The clock shows 2022-03-22T"),
        ("next-event", {}, "The clock shows"),
        ("close-day", {}, "The day is closed."),
        ("set-clock", {"to": "2022-04-01T09:00:00"}, "The clock shows 2022-04-01T09:00:00Z."),
        ("create-company", {"name": "New", "accounting": "qhyg"}, "New is ready"),
        ("speed", {"mode": "x60"}, "The clock runs, x60."),
        ("speed", {"mode": "frozen"}, "The clock is frozen."),
        ("speed", {"mode": "nonsense"}, "A field is not filled in correctly."),
        ("break-rule", {"rule": "nonsense"}, "Choose a mistake."),
        ("fault", {"fault": "503", "operation": "push-orders"}, "Planned: 503"),
        ("fault", {"fault": "maintenance", "operation": ""}, "Planned: maintenance"),
        ("outcome", {"outcome": "dataset:MapError"}, "the next dataset ends in MapError"),
        ("outcome", {"outcome": "sync:ServerError"}, "the next sync ends in ServerError"),
        ("profile", {"profile": "instant"}, "profile instant"),
        ("forget-plans", {}, "Nothing is planned any more."),
        ("reset", {"sure": "yes"}, "The sandbox is new."),
        ("advance", {"hours": "x"}, "A field is not filled in correctly."),
        ("advance", {"hours": "-1"}, "Give a time"),
        ("set-clock", {"to": "2001-01-01T09:00:00"}, "cannot go back"),
        ("outcome", {"outcome": "dataset:Nonsense"}, "does not end in 'Nonsense'"),
        ("fault", {"fault": "nonsense"}, "Choose a fault."),
        ("profile", {"profile": "nonsense"}, "Choose a profile."),
        ("reset", {}, "Tick the box"),
        ("create-company", {"name": ""}, "needs a name"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_control_does_what_it_says_or_says_what_is_wrong(browser, control, fields, says):
    assert says in text_of(act(browser, control, **fields))


def test_the_merchants_decisions_are_controls_of_the_company(shop, browser, http):
    company = {"companyId": shop.company_id, "back": f"/portal/companies/{shop.company_id}"}
    act(browser, "sync-now", **company)
    assert "2 syncs" in text_of(browser.get("/portal/syncs"))
    page = text_of(act(browser, "unlink", **company))
    assert "Unlinked" in page
    http.post(f"/meta/companies/{shop.company_id}/connections", json="qhyg")
    page = browser.get(company["back"])
    refuse = r'controls/refuse"[^§]*?name="connectionId" value="(.+?)"'
    [connection] = re.findall(refuse, page.text)
    assert "Deauthorized" in text_of(act(browser, "refuse", **company, connectionId=connection))


def test_a_merchant_unlinks_the_platform_and_the_connection_is_deleted(shop, browser, http):
    back = f"/portal/companies/{shop.company_id}"
    listed = http.get(f"/companies/{shop.company_id}/connections").json()["results"]
    [platform] = [each["id"] for each in listed if each["sourceType"] == "Accounting"]
    form = {"companyId": shop.company_id, "connectionId": platform, "back": back}
    assert "Unlinked" in text_of(act(browser, "disconnect", **form))
    assert "Unlinked" not in text_of(act(browser, "delete-connection", **form))
    left = http.get(f"/companies/{shop.company_id}/connections").json()["results"]
    assert platform not in {each["id"] for each in left}


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
@pytest.mark.usefixtures("shop")
def test_a_form_without_the_token_changes_nothing(browser, token, http):
    form = {"sure": "yes"} | ({} if token is None else {"token": token})
    answer = browser.post("/portal/controls/reset", data=form)
    assert answer.status_code == 403
    assert http.get("/_mock/findings").json()["findings"]


@pytest.mark.parametrize("back", ["https://example.com/portal", "//example.com", "/portal\\evil"])
@pytest.mark.usefixtures("shop")
def test_a_form_leads_back_to_the_portal_alone(browser, back):
    browser.follow_redirects = False
    answer = act(browser, "close-day", back=back)
    assert answer.headers["Location"].startswith("/portal/controls?done=")


@pytest.mark.usefixtures("shop")
def test_an_unknown_control_is_not_found(browser):
    assert act(browser, "explode").status_code == 404


def test_the_pulse_changes_when_something_happened(shop, browser):
    before = browser.get("/portal/live")
    assert before.headers["Content-Type"].startswith("text/event-stream")
    assert browser.get("/portal/live").text == before.text
    shop.push("commerce-orders", [order(7)])
    assert browser.get("/portal/live").text != before.text


@pytest.mark.usefixtures("shop")
def test_a_sandbox_of_several_is_chosen_by_the_url(browser, http):
    other = {"X-Test-Id": "other"}
    http.post("/_mock/companies", json={"name": NAME}, headers=other)
    assert "Which sandbox?" in text_of(browser.get("/portal/syncs"))
    page = browser.get("/sandbox/other/portal/controls")
    assert NAME.replace("<i>", "").replace("</i>", "")[:4] in text_of(page)
    assert 'action="/sandbox/other/portal/controls/close-day"' in page.text


def test_the_bar_counts_the_findings_of_this_moment(driver, browser):
    driver.push("commerce-orders", [])
    driver.push("commerce-transactions", [])
    paid = {"id": "p-1", "amount": 5, "currency": "GBP", "type": "Cash", "status": "Paid"}
    driver.push("commerce-payments", [paid | {"createdDate": f"{DAY}T08:30:00Z"}])
    driver.call("POST", "/_mock/clock/close-day")
    count = len(driver.findings()["findings"])
    assert "R03" in {each["code"] for each in driver.findings()["findings"]}
    assert f"Findings {count} findings" in text_of(browser.get("/portal/syncs"))


@pytest.mark.parametrize("code", sorted(MISTAKES))
def test_a_mistake_breaks_its_rule(shop, browser, http, code):
    shop.advance(minutes=5)
    page = text_of(act(browser, "break-rule", rule=code))
    assert re.search(rf"It broke [^.]*\b{code}\b", page)
    logged = http.get("/_mock/requests").json()["requests"]
    assert not [each for each in logged if each["path"].startswith("/portal")]
    assert code in {each["code"] for each in http.get("/_mock/findings").json()["findings"]}


@pytest.mark.usefixtures("driver")
def test_a_mistake_needs_an_order_to_make_it_with(browser):
    assert "Push some orders first" in text_of(act(browser, "break-rule", rule="S03"))


def test_a_mistake_follows_the_delete_of_an_unknown_order(shop, browser):
    for code in ("D02", "U02"):
        shop.advance(minutes=5)
        page = text_of(act(browser, "break-rule", rule=code))
        assert re.search(rf"It broke [^.]*\b{code}\b", page)


@pytest.mark.usefixtures("shop")
def test_a_mistake_waits_for_the_push_before(browser):
    assert "still being processed" in text_of(act(browser, "break-rule", rule="S03"))


def test_the_timeline_shows_clock_moves_and_alerts_with_details_for_the_keyboard(shop, browser):
    shop.add_alert_rule("Dataset data changed", "http://127.0.0.1:1/hook")
    shop.push("commerce-orders", [order(9)])
    shop.advance(minutes=5)
    page = browser.get("/portal/timeline?span=month").text
    assert re.search(r'tabindex="0" role="img" aria-label="alert: \w+, Dataset data changed', page)
    assert re.search(r'aria-label="clock: moved from 2022-03-22T[\d:]+ to 2022-03-2', page)
    assert re.search(r'aria-label="orders: Complete, pushed 2022-03-2', page)


@pytest.mark.parametrize("until", ["0001-01-01", "9999-12-31", "nonsense"])
@pytest.mark.usefixtures("shop")
def test_a_timeline_of_any_day_is_shown(browser, until):
    assert "Timeline" in text_of(browser.get(f"/portal/timeline?span=month&until={until}"))


def counted(monkeypatch, module, name: str) -> list[tuple]:
    """What a function is called with from now on."""
    calls, function = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: calls.append(given) or function(*given))
    return calls


def look(browser, shop) -> str:
    """Open every page that needs the books; returns what the page of books says."""
    browser.get("/portal")
    browser.get("/portal/findings")
    browser.get(f"/portal/companies/{shop.company_id}")
    return text_of(browser.get("/portal/books"))


def test_a_page_reads_only_the_documents_that_a_sync_has_written(shop, browser, monkeypatch):
    reads = counted(monkeypatch, books_digest, "read_document")
    assert "INV-0001" in look(browser, shop)
    first = len(reads)
    shop.push("commerce-orders", [order(8, id="o-2", createdDate="2022-03-22T08:30:00Z")])
    look(browser, shop)
    assert len(reads) == first
    act(browser, "close-day")
    assert "INV-0002" in look(browser, shop)
    assert {number for *_, number in reads[first:]}.isdisjoint({"INV-0001"})


def test_a_page_reads_declared_records_again_only_after_a_change(shop, browser, monkeypatch):
    reads = counted(monkeypatch, Declared, "all")
    shop.declare(orders=[order(5)])
    assert "1 booked once" in look(browser, shop)
    first = len(reads)
    shop.advance(seconds=1)
    look(browser, shop)
    shop.create_company("Another")
    look(browser, shop)
    assert len(reads) == first


def test_waiting_records_are_counted_again_only_after_a_push_or_a_sync(shop, browser, monkeypatch):
    counts = counted(monkeypatch, Versions, "count_waiting")

    def waiting() -> int:
        look(browser, shop)
        return shop.call("GET", "/_mock/findings")["books"]["waiting"]

    before = waiting()
    shop.advance(seconds=1)
    assert (waiting(), len(counts)) == (before, 1)
    shop.push("commerce-orders", [order(3, id="o-9", createdDate="2022-03-22T08:00:00Z")])
    assert (waiting(), len(counts)) == (before + 1, 2)
    shop.advance(days=1)
    assert (waiting(), len(counts)) == (0, 3)


def test_declared_records_are_decoded_when_they_are_declared_and_only_outdated_ones_again(
    shop, browser, monkeypatch
):
    shop.declare(orders=[order(5), *(order(6, id=f"o-{number}") for number in range(2, 9))])
    decoded = counted(monkeypatch, ground_truth, "records_named")
    look(browser, shop)
    shop.advance(days=1)
    look(browser, shop)
    assert decoded == []
    shop.declare(orders=[order(7)])
    assert "1 stale" in look(browser, shop)
    assert [keys for *_, keys in decoded] == [["o-1"]]


def test_what_is_declared_pushed_or_configured_later_is_compared(shop, browser, http):
    shop.declare(orders=[order(5)])
    assert "1 booked once" in look(browser, shop)
    shop.declare(orders=[order(7)])
    assert "1 stale" in look(browser, shop)
    shop.declare(orders=[{"id": "o-1"}])
    shop.declare(orders=[order(5, id="o-2")])
    assert "1 missing" in look(browser, shop)
    assert "1 surplus" in look(browser, shop)
    assert "B02" in codes(shop)
    http.put("/_mock/rules", json={"rules": {"B02": "off"}})
    assert "B02" not in codes(shop)


@pytest.mark.usefixtures("shop")
def test_what_is_remembered_is_forgotten_when_it_is_rolled_back(app):
    sandbox = app.config[REGISTRY].sandbox(app.config[REGISTRY].names()[0])
    values = iter([1, 2])
    with sandbox.session() as session:
        session.checkpoint()
        assert session.remember("x", 0, lambda: next(values)) == 1
        assert session.remember("x", 0, lambda: next(values)) == 1
        session.roll_back()
        assert session.remember("x", 0, lambda: next(values)) == 2
