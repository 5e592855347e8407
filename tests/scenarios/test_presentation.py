"""The presentation in a real browser, from the first key to the last."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from chromium import PROJECTOR, Visitor, axe_core, running_chromium
from msgspec.structs import replace

from codat_mock.clock import machine_seconds
from codat_mock.http.portal.presentation import PATH, Presentation, present
from codat_mock.http.server import Server
from codat_scenarios.demo.presentation import Show
from codat_scenarios.demo.scenes import API_KEY, settings

TITLES = {
    "A café joins": "Nicholls's Coffee House",
    "The merchant allows it": "Connect Nicholls's Coffee House to Xero",
    "The merchant maps the accounts": "How Nicholls's Coffee House is synced with Xero",
    "The night": "Sync health",
    "The books": "The books",
    "What was found, and how to mend it": "4 errors",
}
TEN_MINUTES = 600


@pytest.mark.long
def test_the_presentation_is_played_by_one_key_and_back_by_another(tmp_path: Path) -> None:
    axe = axe_core(tmp_path)
    with (
        running_chromium() as browser,
        Server.bind(replace(settings(1), api_keys=(API_KEY,))) as server,
        httpx.Client(base_url=server.address, trust_env=False) as http,
    ):
        present(server.app, Presentation(Show(http, 1, step_seconds=0.2).scenes()))
        visitor = Visitor(browser, server.address, PROJECTOR, "light", axe)
        page, strip, seen = visitor.page, visitor.page.locator(".presentation"), []
        began = machine_seconds()
        visitor.open(PATH)
        for place in range(1, 17):
            strip.get_by_text(f"{place} of 16").wait_for()
            title, heading = strip.locator("b").inner_text(), page.locator("h1").first.inner_text()
            assert heading == TITLES.get(title, heading)
            seen.append(title)
            if title == "The day's sales":  # live: nobody loads the page again
                page.get_by_text("Complete").nth(2).wait_for(timeout=60_000)
            if heading == "Timeline":
                drawn, covered = page.locator("svg").bounding_box(), strip.bounding_box()
                assert drawn["y"] + drawn["height"] <= covered["y"]
            visitor.check()
            page.evaluate("window.scrollTo(0, 0)")
            page.wait_for_load_state()  # its script reads the keys
            page.keyboard.press("ArrowRight")
        assert machine_seconds() - began < TEN_MINUTES
        assert set(TITLES) <= set(seen)
        assert len(seen) == 16
        for place in range(15, 11, -1):
            page.wait_for_load_state()  # its script reads the keys
            page.keyboard.press("ArrowLeft")
            strip.get_by_text(f"{place} of 16").wait_for()
        assert strip.locator("b").inner_text() == seen[11]
        page.keyboard.press("PageDown")
        strip.get_by_text("13 of 16").wait_for()
        assert re.search("duplicate: ", page.locator("main").inner_text())
        visitor.close()
    assert "\n".join(visitor.wrong) == ""
