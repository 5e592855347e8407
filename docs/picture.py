"""Draws the picture of the demo in README: `python docs/picture.py` writes docs/demo.svg."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry
from codat_scenarios.demo.console import Screen
from codat_scenarios.demo.scenes import play, settings

SEED = 1


def main() -> None:
    """Play the demo into a recording console and save it as SVG."""
    console = Console(record=True, file=StringIO(), width=92, highlight=False)
    registry = SandboxRegistry(settings(SEED))
    with Server(registry, listen("127.0.0.1", 0)) as server:
        play(server.address, SEED, Screen(console))
    svg = console.export_svg(title="codat-mock demo", theme=DIMMED_MONOKAI, unique_id="demo")
    # Without external fonts: the viewer's own monospaced font is used.
    Path(__file__).with_name("demo.svg").write_text(
        re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    )


if __name__ == "__main__":
    main()
