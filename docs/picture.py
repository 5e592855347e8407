"""Draws the pictures of README and the docs: `python docs/picture.py` (needs `.[browser]`).

It writes docs/demo.svg, the demo in a terminal, and docs/portal-*.png, pages of its presentation.
"""

from __future__ import annotations

import re
import shutil
from io import StringIO
from pathlib import Path
from typing import Final

import httpx
from msgspec.structs import replace
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from codat_mock.http.portal.presentation import Presentation, present
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry
from codat_scenarios.demo.console import Screen
from codat_scenarios.demo.presentation import Show
from codat_scenarios.demo.scenes import API_KEY, play, settings

SEED: Final = 1
DOCS: Final = Path(__file__).parent
SIZE: Final = {"width": 1100, "height": 720}
PHONE: Final = {"width": 390, "height": 720}
# The scene of the presentation, the width and the name of each picture.
PICTURES: Final = (
    (3, SIZE, "mapping"),
    (12, SIZE, "books"),
    (13, SIZE, "findings"),
    (14, SIZE, "timeline"),
    (13, PHONE, "phone"),
)


def main() -> None:
    """Draw all pictures."""
    draw_terminal()
    draw_portal()


def draw_terminal() -> None:
    """Play the demo into a recording console and save it as SVG."""
    console = Console(record=True, file=StringIO(), width=92, highlight=False)
    registry = SandboxRegistry(settings(SEED))
    with Server(registry, listen("127.0.0.1", 0)) as server:
        play(server.address, SEED, Screen(console))
    svg = console.export_svg(title="codat-mock demo", theme=DIMMED_MONOKAI, unique_id="demo")
    # Without external fonts: the viewer's own monospaced font is used.
    DOCS.joinpath("demo.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S))


def draw_portal() -> None:
    """Play the presentation in Chromium and save some of its pages."""
    with (
        Server.bind(replace(settings(SEED), api_keys=(API_KEY,))) as server,
        httpx.Client(base_url=server.address, trust_env=False) as http,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        shown = Presentation(Show(http, SEED, step_seconds=0).scenes())
        present(server.app, shown)
        for place, size, name in PICTURES:
            page: Page = browser.new_page(viewport=size)
            page.goto(f"{server.address}{shown.show(place)}")
            page.screenshot(path=DOCS / f"portal-{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
