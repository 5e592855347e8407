"""The pages in a real browser: every page and control, at every size, by keyboard, by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import process_time
from urllib.parse import quote

import httpx
import pytest
from chromium import PHONE, PROJECTOR, Visitor, axe_core, running_chromium
from msgspec.structs import replace

from codat_mock.clock import parse_moment
from codat_mock.http.portal.mistakes import MISTAKES
from codat_mock.http.server import Server
from codat_mock.sandbox import Settings
from codat_scenarios.sandbox_driver import SandboxDriver

pytestmark = pytest.mark.long

KEY = "browser-key"
MORNING = "2022-03-21T09:00:00Z"
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{7*7}}"""
SALES, SYNCS, DAYS = 100_000, 10_000, 25
MOST_SECONDS = 0.1
LINE = {"id": "l", "quantity": 1, "taxPercentage": 20, "totalAmount": 6.5, "totalTaxAmount": 1.08}
WINDOWS = [(PHONE, "dark"), (PROJECTOR, "light")]


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    return axe_core(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def server() -> Iterator[Server]:
    settings = Settings(start_at=parse_moment(MORNING), speed=0, api_keys=(KEY,))
    with Server.bind(settings) as running:
        yield running


@pytest.fixture
def http(server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, trust_env=False, timeout=120) as client:
        yield client


@pytest.fixture
def driver(http) -> SandboxDriver:
    return SandboxDriver(http, KEY)


def order(number: object, day: str = "2022-03-21", total: float = 13.0) -> dict:
    moment = f"{day}T10:00:00Z"
    return {
        "id": f"{number}", "createdDate": moment, "sourceModifiedDate": moment, "currency": "GBP",
        "totalAmount": total, "orderLineItems": [LINE, LINE],
    }  # fmt: skip


def make_hostile(driver: SandboxDriver) -> None:
    """A company, records and findings whose names are scripts."""
    driver.create_company(HOSTILE)
    driver.link_accounting()
    driver.configure(parse_moment("2022-03-21T00:00:00Z"))
    driver.add_alert_rule("Dataset data changed", f"http://127.0.0.1:1/?{quote(HOSTILE)}")
    for data_type in ("commerce-payments", "commerce-transactions"):
        driver.push(data_type, [])
    named = order(HOSTILE) | {"customerRef": {"id": HOSTILE, "name": HOSTILE}}
    driver.push("commerce-orders", [named, order("o-1")])
    driver.declare(orders=[order("o-1", total=20.0), order("missing")])
    driver.advance(days=1)
    driver.push("commerce-orders", [named | {"totalAmount": 14.0}])
    driver.send("POST", f"/data/{HOSTILE}", {"a": HOSTILE})
    driver.advance(days=1)


def make_large(driver: SandboxDriver, server: Server) -> None:
    """100,000 records in the books of a company, and 10,000 syncs of ten."""
    driver.stop_polling()
    for number in range(10):
        driver.create_company(f"Shop {number}")
        driver.link_accounting()
        driver.configure(parse_moment("2022-03-21T00:00:00Z"))
    each = SALES // DAYS
    for day in range(DAYS):
        created = f"{parse_moment(MORNING) + timedelta(days=day):%Y-%m-%d}"
        sales = [order(f"order-{day}-{number}", created) for number in range(each)]
        driver.push("commerce-orders", sales)
        if not day:
            driver.push("commerce-payments", [])
            driver.push("commerce-transactions", [])
        driver.advance(days=1)
    [sandbox] = [server.registry.sandbox(name) for name in server.registry.names()]
    with sandbox.session() as session:
        syncs = session.tables.syncs
        rows = session.tables.companies.all()
        for number in range(SYNCS - sum(len(syncs.all(row.number)) for row in rows)):
            row = rows[number % len(rows)]
            model = syncs.latest(row.number)
            began = model.ran - timedelta(hours=number + 1)
            summary = replace(model.summary, sync_id=f"copy-{number}")
            syncs.add(row.number, replace(model, id=f"copy-{number}", ran=began, summary=summary))


def pages_of(http: httpx.Client, driver: SandboxDriver, key: str) -> list[str]:
    """Every page of a sandbox, with a record of that key."""
    company = driver.company_id
    of_company = f"/portal/companies/{company}"
    pages = [
        "/", "/portal", "/portal/syncs", "/portal/syncs?order=-company&page=2",
        "/portal/timeline", "/portal/timeline?span=month", "/portal/books",
        f"/portal/books?companyId={company}", "/portal/findings", "/portal/requests",
        "/portal/alerts", "/portal/controls", "/portal/rules/S03",
        of_company, f"{of_company}/records",
        f"{of_company}/records/commerce-orders/{quote(key, safe='')}",
        f"/link/company/{company}", "/flow/done", "/portal/nowhere",
        "/_mock/report?format=html", "/_mock/limits", "/_mock/books?format=html",
    ]  # fmt: skip
    if entries := driver.call("GET", "/_mock/requests")["requests"]:
        pages += [f"/portal/requests/{entries[0]['number']}"]
        pages += [f"/portal/requests/{entries[-1]['number']}"]
    connections = driver.call("GET", f"/companies/{company}/connections")["results"]
    pages += [f"/link/company/{company}/connection/{each['id']}" for each in connections]
    if last := driver.last_sync():
        pages.append(f"{of_company}/syncs/{last['syncId']}")
    start = f"/config/sync/commerce/lqai/gbol/start?merchantIdentifier={company}"
    url = httpx.URL(driver.call("GET", start)["url"])
    pages.append(http.get(url.raw_path.decode()).headers["Location"])
    return pages


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_every_page_is_sound_with_names_like_scripts(
    server, http, driver, browser, axe, size, scheme
):
    make_hostile(driver)
    visitor = Visitor(browser, server.address, size, scheme, axe)
    for path in pages_of(http, driver, HOSTILE):
        visitor.open(path)
    visitor.close()
    assert "\n".join(visitor.wrong) == ""


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_every_page_is_sound_in_an_empty_sandbox(server, browser, axe, http, driver, size, scheme):
    visitor = Visitor(browser, server.address, size, scheme, axe)
    for path in ("/", "/portal/syncs", "/link/company/x", "/flow/done"):
        visitor.open(path)
    driver.create_company("Empty")
    for path in pages_of(http, driver, "nothing"):
        visitor.open(path)
    visitor.close()
    assert "\n".join(visitor.wrong) == ""


def test_pages_answer_within_100_ms_with_100_000_records_and_10_000_syncs(
    server, http, driver, browser
):
    make_large(driver, server)
    pages = pages_of(http, driver, "order-3-77")
    pages += ["/portal/syncs?search=shop+7&order=status", "/portal/syncs?search=xero&code=2000"]
    transport = httpx.WSGITransport(app=server.app)
    slow = {}
    with httpx.Client(
        transport=transport, base_url=server.address, headers={"Accept": "text/html"}
    ) as client:
        for path in pages:
            taken = []
            for _ in range(4):
                began = process_time()
                assert client.get(path, follow_redirects=True).status_code in (200, 404)
                taken.append(process_time() - began)
            if min(taken) > MOST_SECONDS:
                slow[path] = round(min(taken), 3)
    assert slow == {}
    for size, scheme in WINDOWS:
        visitor = Visitor(browser, server.address, size, scheme)
        for path in pages:
            visitor.open(path)
        visitor.close()
        assert "\n".join(visitor.wrong) == ""


def test_the_tab_key_reaches_everything_on_every_page(server, http, driver, browser):
    make_hostile(driver)
    visitor = Visitor(browser, server.address, PROJECTOR, "light")
    for path in pages_of(http, driver, HOSTILE):
        if "/flow/session" in path or path.startswith("/_mock"):
            continue  # very long; its controls are the browser's own
        visitor.open(path)
        reached, count = visitor.stops()
        if reached < count:
            visitor.note(f"the Tab key reaches {reached} of {count}")
    visitor.close()
    assert "\n".join(visitor.wrong) == ""


def test_every_control_is_carried_out_by_the_keyboard(server, driver, browser):
    make_hostile(driver)
    driver.advance(minutes=5)
    visitor = Visitor(browser, server.address, PROJECTOR, "light")
    page = visitor.page
    visitor.open("/portal/controls")
    buttons = page.locator("main form button").count()
    done = []
    for index in range(buttons - 1):  # the last one resets
        visitor.open("/portal/controls")
        form = page.locator("main form").filter(has=page.locator("button")).nth(index)
        for field in form.locator("input[required]:not([type=checkbox])").all():
            if not field.input_value():
                field.focus()
                page.keyboard.type("Typed")
        form.locator("button").focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        done.append(page.locator("main [role=status], main [role=alert]").inner_text())
    assert len(done) >= 10
    assert not any("not filled in" in each for each in done), done
    driver.call("DELETE", "/_mock/faults")
    for code in MISTAKES:
        driver.advance(minutes=5)
        visitor.open("/portal/controls")
        page.get_by_label("Mistake").select_option(code)
        with page.expect_navigation():
            page.get_by_role("button", name="Make the mistake").press("Enter")
        assert code in page.get_by_role("status").last.inner_text()
    visitor.open("/portal/controls")
    page.get_by_label("Delete everything in it").press("Space")
    with page.expect_navigation():
        page.get_by_role("button", name="Reset the sandbox").press("Enter")
    assert "The sandbox is new." in page.get_by_role("status").last.inner_text()
    visitor.close()
    assert "\n".join(visitor.wrong) == ""


def test_an_open_page_follows_what_happens(server, driver, browser):
    driver.create_company("Live")
    driver.link_accounting()
    visitor = Visitor(browser, server.address, PHONE, "light")
    visitor.open(f"/portal/companies/{driver.company_id}")
    driver.push("commerce-orders", [order("o-1")])
    visitor.page.get_by_role("progressbar").wait_for(timeout=10_000)
    visitor.page.get_by_text("Show all of it").click()
    driver.advance(minutes=5)
    visitor.page.get_by_text("There is something new.").wait_for(timeout=10_000)
    visitor.page.get_by_role("link", name="Show it").click()
    visitor.page.get_by_text("Complete").first.wait_for(timeout=10_000)
    visitor.close()
    assert "\n".join(visitor.wrong) == ""


def test_the_marks_of_a_timeline_are_reached_by_arrows_and_show_their_details(
    server, driver, browser
):
    make_hostile(driver)
    visitor = Visitor(browser, server.address, PROJECTOR, "dark")
    visitor.open("/portal/timeline?span=month")
    page = visitor.page
    marks = page.locator(".mark")
    page.locator(".mark[tabindex='0']").focus()
    seen = set()
    for _ in range(marks.count()):
        shown = page.locator(".mark:focus .detail")
        assert shown.is_visible()
        seen.add(page.locator(".mark:focus").get_attribute("aria-label"))
        page.keyboard.press("ArrowRight")
    assert len(seen) >= marks.count() * 0.9
    labels = page.evaluate(
        "[...document.querySelectorAll('.drawing svg text:not(.detail):not(.label)')]"
        ".map(each => { const b = each.getBoundingClientRect();"
        " return [b.left, b.right, b.top, b.bottom]; })"
    )
    overlaps = [
        (one, other)
        for place, one in enumerate(labels)
        for other in labels[place + 1 :]
        if one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
    ]
    assert overlaps == []
    visitor.close()


def test_no_page_of_another_site_drives_the_portal(server, driver, browser):
    driver.create_company("Shop")
    visitor = Visitor(browser, server.address, PROJECTOR, "light")
    page = visitor.page
    page.goto("about:blank")
    page.set_content(
        f"<form method=post action='{server.address}/portal/controls/close-day'><button>Go</button>"
        f"</form><iframe src='{server.address}/portal'></iframe>"
    )
    page.get_by_role("button", name="Go").click()
    page.wait_for_load_state()
    assert "may not use this server" in page.content()
    assert driver.now() == parse_moment(MORNING)
    visitor.close()
