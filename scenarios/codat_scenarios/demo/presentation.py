"""The demo as a presentation in a browser: the same café, scene by scene, on the portal's pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

import httpx

from codat_mock.http.portal.presentation import Scene
from codat_scenarios.demo.scenes import API_KEY, MONDAY, ORDERS, Record, corrected, records_of
from codat_scenarios.merchants import merchant
from codat_scenarios.sandbox_driver import Json, SandboxDriver

START_PATH: Final = "/config/sync/commerce/lqai/gbol/start"
STEP_SECONDS: Final = 1.0  # of real time, in which each status of the datasets can be seen
NEW_ORDER: Final = "mistaken-order"


class Form(HTMLParser):
    """The form of a page as a merchant finds it, to be sent unchanged.

    Args:
        html: the page.

    Attributes:
        fields: the values of its fields, by their names.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field, or the chosen option of one."""
        found = dict(attrs)
        name, value = found.get("name") or "", found.get("value")
        if tag == "input" and name and (found.get("type") != "checkbox" or "checked" in found):
            self.fields[name] = value or "on"
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found and value is not None:
            self.fields[self._select] = value


class Show:
    """What happens in the scenes, each once, by real HTTP.

    Args:
        http: a client whose base URL is the mock's.
        seed: selects the café and its sales.
        step_seconds: real seconds between two statuses of the datasets.
    """

    def __init__(self, http: httpx.Client, seed: int, step_seconds: float = STEP_SECONDS) -> None:
        self._http = http
        self._driver = SandboxDriver(http, API_KEY)
        cafe = merchant("cafe", seed=seed)
        self._name = cafe.name
        self._sales = records_of(cafe.day(MONDAY))
        self._step_seconds = step_seconds
        self._company: Json = {}
        self._flow = ""
        self._pushing = Thread()

    def scenes(self) -> list[Scene]:
        """The scenes, in their order."""
        orders = self._sales[ORDERS]
        first, second = orders[0], orders[1]
        return [
            Scene(
                title="The mock",
                sentence="codat-mock answers as the service does, keeps the books, and judges the"
                " integration. Everything here runs on this machine.",
                page=lambda: "/portal",
                play=self._begin,
            ),
            Scene(
                title="A café joins",
                sentence=f"{self._name} signs up at its platform, which creates a company. Its"
                " accounting software waits for the merchant.",
                page=self._of_company(""),
                play=self._join,
            ),
            Scene(
                title="The merchant allows it",
                sentence="This is the merchant's own page: the accounting software asks for"
                " permission.",
                page=self._link_page,
                play=self._enter_flow,
            ),
            Scene(
                title="The merchant maps the accounts",
                sentence="Which account takes the sales, which the tips, which the fees? Usual"
                " choices are made already; the merchant saves them.",
                page=lambda: self._flow,
                play=self._authorise,
            ),
            Scene(
                title="Ready",
                sentence="Both sides are connected, and the nightly sync is planned.",
                page=self._of_company(""),
                play=self._save_mapping,
            ),
            Scene(
                title="The day's sales",
                sentence="After closing time the platform pushes orders, payments and"
                " transactions. Each push is processed in steps: watch them.",
                page=self._of_company(""),
                play=self._start_pushing,
            ),
            Scene(
                title="The same over time",
                sentence="Three pushes, and when each was processed. Point at a bar for its"
                " details.",
                page=lambda: "/portal/timeline#legend",
                play=self._end_pushing,
            ),
            Scene(
                title="The night",
                sentence="The clock moves past midnight, and the nightly sync takes all that is"
                " complete.",
                page=lambda: "/portal/syncs",
                play=lambda: void(self._driver.advance(hours=9)),
            ),
            Scene(
                title="The books",
                sentence="The accounting software shows one invoice for the day, its payments by"
                " type, and the fees as a bill. Every pound is there once.",
                page=self._books_page,
                play=self._declare,
            ),
            Scene(
                title="Mistake one",
                sentence="The integration sends all of yesterday's orders again, though nothing"
                " has changed.",
                page=lambda: "/portal/requests?method=POST",
                play=lambda: self._push(*orders),
            ),
            Scene(
                title="Mistake two",
                sentence="It updates an order that the sync has written already. The record has"
                " two versions now.",
                page=self._of_company(f"/records/{ORDERS}/{first['id']}"),
                play=lambda: self._push(corrected(first)),
            ),
            Scene(
                title="Mistake three",
                sentence="It deletes an order with its status instead of its id alone, so that"
                " the service keeps the order.",
                page=self._of_company(f"/records/{ORDERS}/{NEW_ORDER}"),
                play=lambda: self._delete_wrongly(second),
            ),
            Scene(
                title="What it does to the books",
                sentence="After the next night the updated order is in two invoices: the café"
                " shows more sales than it made.",
                page=self._books_page,
                play=lambda: void(self._driver.advance(days=1)),
            ),
            Scene(
                title="What was found, and how to mend it",
                sentence="Each finding names the rule, the records, the request that broke it, and"
                " what to send instead.",
                page=lambda: "/portal/findings",
            ),
            Scene(
                title="One picture",
                sentence="Pushes, syncs, moves of the clock and broken rules: the two days of the"
                " café.",
                page=lambda: "/portal/timeline?span=month#legend",
            ),
            Scene(
                title="Your turn",
                sentence="Point an integration at this address. The first steps are on this page,"
                " in curl, Python and Node.",
                page=lambda: "/",
            ),
        ]

    def _of_company(self, rest: str) -> Callable[[], str]:
        return lambda: f"/portal/companies/{self._driver.company_id}{rest}"

    def _books_page(self) -> str:
        return f"/portal/books?companyId={self._driver.company_id}"

    def _connection(self) -> Json:
        path = f"/companies/{self._driver.company_id}/connections"
        listed = self._driver.call("GET", path)["results"]
        return next(dict(each) for each in listed if each["sourceType"] == "Accounting")

    def _link_page(self) -> str:
        flow = self._flow.rpartition("/")[2]
        path = f"/link/company/{self._driver.company_id}/connection/{self._connection()['id']}"
        return f"{path}?flow={flow}"

    def _begin(self) -> None:
        self._driver.now()  # the sandbox is there

    def _join(self) -> None:
        self._driver.create_company(self._name)
        path = f"/meta/companies/{self._driver.company_id}/connections"
        self._driver.call("POST", path, "gbol")

    def _enter_flow(self) -> None:
        path = f"{START_PATH}?merchantIdentifier={self._driver.company_id}"
        url = urlsplit(self._driver.call("GET", path)["url"])
        self._flow = self._http.get(f"{url.path}?{url.query}").headers["Location"]

    def _authorise(self) -> None:
        if self._connection()["status"] != "Linked":  # the merchant has not pressed the button
            page = self._link_page().partition("?")[0]
            fields = Form(self._http.get(page).text).fields
            self._http.post(page, data={**fields, "decision": "authorise"})

    def _save_mapping(self) -> None:
        path = f"/config/companies/{self._driver.company_id}/sync/commerce"
        if not self._driver.call("GET", path)["configured"]:
            fields = Form(self._http.get(self._flow).text).fields
            self._http.post(self._flow, data=fields)

    def _start_pushing(self) -> None:
        self._pushing = Thread(target=self._push_day, name="codat-mock-demo", daemon=True)
        self._pushing.start()

    def _push_day(self) -> None:
        with suppress(httpx.TransportError):  # the server ends
            for data_type, records in self._sales.items():
                self._driver.push(data_type, records)
                time.sleep(self._step_seconds)
            while not all(self._driver.dataset(each)["isCompleted"] for each in self._datasets()):
                self._driver.advance_to_next_event()
                time.sleep(self._step_seconds)

    def _datasets(self) -> list[str]:
        return self._driver.datasets[:3]

    def _end_pushing(self) -> None:
        self._pushing.join()

    def _declare(self) -> None:
        orders, payments, transactions = self._sales.values()
        self._driver.declare(orders=orders, payments=payments, transactions=transactions)

    def _push(self, *orders: Record) -> None:
        self._driver.push(ORDERS, orders)
        self._driver.advance(minutes=1)  # and poll the dataset, as an integration must

    def _delete_wrongly(self, order: Record) -> None:
        new = corrected(order) | {"id": NEW_ORDER}
        self._push(new | {"createdDate": new["sourceModifiedDate"]})
        self._push({"id": NEW_ORDER, "status": "Deleted"})


def void(_: Json) -> None:
    """Discard a response."""
