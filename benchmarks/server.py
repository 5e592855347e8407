"""How fast the server starts and answers, and what it weighs; with plots for the documentation.

    python benchmarks/server.py            the table that `codat-mock bench` prints
    python benchmarks/server.py --write    also write the figures and the plot into docs/

The page docs/performance.md says how to read them.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import mean

from codat_scenarios.benchmark import ORDERS, growth, measure
from codat_scenarios.generation_report.charts import columns

DOCS = Path(__file__).parent.parent / "docs"
PUSHES = 200  # of the plot: a million orders
PUSHES_IN_BAR = 10
STYLE = "<style>.bar{fill:#4a7dbd}.grid{stroke:#8884}.tick{font:11px sans-serif;fill:#888}</style>"


def table(titles: Iterable[str], found: dict[str, list[str]]) -> str:
    """A table in Markdown.

    Args:
        titles: of the columns after the first.
        found: the cells of each row, by its name.
    """
    head = f"| | {' | '.join(titles)} |\n|---|{'---:|' * len([*titles])}\n"
    return head + "".join(f"| {name} | {' | '.join(cells)} |\n" for name, cells in found.items())


def main() -> None:
    """Measure in memory and with a file; print, and write on demand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write into docs/ too")
    is_written = parser.parse_args().write
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for options in ((), ("--db", str(Path(folder) / "shop.db"))):
            last = ""
            for each in measure(*options):
                name = f"{last}: {each.name.strip()}" if each.name.startswith(" ") else each.name
                last = name
                found.setdefault(name, []).append(f"{each.value:,.1f} {each.unit}")
                print(f"{name:60} {found[name][-1]}", flush=True)
    if is_written:
        write(found)


def write(found: dict[str, list[str]]) -> None:
    """Write the figures into the page, and the plot beside it.

    Args:
        found: the cells of each row, by its name.
    """
    seconds = growth(PUSHES)
    bars = [
        (f"{(n + PUSHES_IN_BAR) * ORDERS // 1000}k", mean(seconds[n : n + PUSHES_IN_BAR]) * 1000)
        for n in range(0, PUSHES, PUSHES_IN_BAR)
    ]
    drawn = columns("Time of a push by the records held", bars, "ms")
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    (DOCS / "growth.svg").write_text(drawn.replace(">", f">{STYLE}", 1) + "\n", encoding="utf-8")
    ratio = mean(seconds[-10:]) / mean(seconds[:10])
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    text = (
        f"Measured on {machine}, Python {platform.python_version()}.\n\n"
        f"{table(('in memory', 'with a file'), found)}\n"
        "![Time of a push by the records that the company holds](growth.svg)\n\n"
        f"The last ten of {PUSHES} pushes took {ratio:.2f} times as long as the first ten.\n"
    )
    page = DOCS / "performance.md"
    marks = r"(<!-- figures -->\n).*?(<!-- end -->)"
    content = re.sub(
        marks, lambda at: at[1] + text + at[2], page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    page.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
