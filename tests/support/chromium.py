"""Debian's Chromium, driven by Playwright, and axe-core: for tests that look at pages.

Where one of them is missing the test is skipped, or fails in CI, where all are required.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sdk_environments import install_node, unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = "axe-core@4"
PHONE, PROJECTOR = (390, 844), (1920, 1080)
# Everything that the Tab key must reach.
CONTROLS = (
    "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea,"
    " summary, [tabindex='0']"
)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    if find_spec("playwright") is None:
        unavailable("Playwright is not installed: pip install '.[browser]'")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        unavailable("no Chromium is installed here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def axe_core(folder: Path) -> str:
    """The source of axe-core from npm.

    Args:
        folder: where to install it.
    """
    install_node(folder, AXE)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


class Visitor:
    """A person with a browser, who notes everything that is wrong with the pages.

    Args:
        browser: the browser.
        address: of the server; a request to anywhere else is wrong.
        size: width and height of the window, in CSS pixels.
        scheme: `light` or `dark`.
        axe: the source of axe-core; empty for no check.

    Attributes:
        page: the page that is open.
        wrong: what is wrong, a line each.
    """

    def __init__(
        self, browser: Browser, address: str, size: tuple[int, int], scheme: Any, axe: str = ""
    ) -> None:
        self.address = address
        self.wrong: list[str] = []
        self._axe = axe
        viewport: Any = {"width": size[0], "height": size[1]}
        self._context: BrowserContext = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
        )
        self.page: Page = self._context.new_page()
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.note(f"a script failed: {error}"))
        self.page.on("dialog", lambda dialog: (self.note("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self._note_request(request.url))

    def close(self) -> None:
        """Close the browser's window."""
        self._context.close()

    def note(self, problem: str) -> None:
        """Note something that is wrong with the page that is open."""
        self.wrong.append(f"{self.page.url}: {problem}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of" not in message.text:
            self.note(f"console: {message.text}")

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.address:
            self.note(f"a request to {url}")

    def open(self, path: str) -> None:
        """Open a page of the server, and check it."""
        self.page.goto(f"{self.address}{path}")
        self.check()

    def check(self) -> None:
        """Check the page that is open: that it fits the window, and by axe-core, every level."""
        widths = "[document.documentElement.scrollWidth, window.innerWidth]"
        needed, width = self.page.evaluate(widths)
        if needed > width:
            self.note(f"it is {needed} px wide in a window of {width} px")
        if self._axe:
            for details in self.page.query_selector_all("main details"):
                details.evaluate("each => { each.open = true; }")
            self.page.evaluate(self._axe)
            violations = self.page.evaluate("axe.run().then(found => found.violations)")
            for each in violations:
                targets = [node["html"][:160] for node in each["nodes"][:3]]
                self.note(f"axe: {each['impact']} {each['id']}: {each['help']}: {targets}")

    def stops(self) -> tuple[int, int]:
        """How many elements the Tab key reaches, and how many it should."""
        needed = (
            f"[...document.querySelectorAll({CONTROLS!r})]"
            ".filter(each => each.checkVisibility() && each.tabIndex >= 0).length"
        )
        count = int(self.page.evaluate(needed))
        self.page.evaluate("document.activeElement?.blur(); window.seen = new Set()")
        dates = self.page.locator("input[type=date], input[type=datetime-local]").count()
        for _ in range(count + 3 + 8 * dates):  # a date has a stop for each of its parts
            self.page.keyboard.press("Tab")
            self.page.evaluate(
                "document.activeElement === document.body || seen.add(document.activeElement)"
            )
        return int(self.page.evaluate("seen.size")), count
