"""How fast the server starts and answers, and what it weighs; with plots for the documentation.

    python benchmarks/server.py            what `codat-mock bench` prints, books and the fixture
    python benchmarks/server.py --write    also write the figures and the plot into docs/
    python benchmarks/server.py --peer prism [--write]    only the rates beside Prism's

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

from books import figures_of_books
from fixture import figure_of_fixture
from peers import NoPeer, rates_beside_prism

from codat_scenarios.benchmark import ORDERS, growth, measure
from codat_scenarios.generation_report.charts import columns, rows

DOCS = Path(__file__).parent.parent / "docs"
PUSHES = 200  # of the plot: a million orders
PUSHES_IN_BAR = 10
STYLE = (
    "<style>.bar{fill:#4a7dbd}.grid{stroke:#8884}"
    ".tick,.label{font:11px sans-serif;fill:#888}</style>"
)


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
    parser.add_argument("--peer", choices=["prism"], help="measure beside it, and nothing else")
    asked = parser.parse_args()
    if asked.peer:
        measure_beside_prism(is_written=asked.write)
        return
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for options in ((), ("--db", str(Path(folder) / "shop.db"))):
            last = ""
            for each in measure(*options):
                name = f"{last}: {each.name.strip()}" if each.name.startswith(" ") else each.name
                last = name
                found.setdefault(name, []).append(f"{each.value:,.1f} {each.unit}")
                print(f"{name:60} {found[name][-1]}", flush=True)
    for each in (*figures_of_books(), figure_of_fixture()):
        found[each.name] = [f"{each.value:,.2f} {each.unit}", ""]
        print(f"{each.name:60} {found[each.name][0]}", flush=True)
    if asked.write:
        write(found)


def measure_beside_prism(*, is_written: bool) -> None:
    """Print how many requests are answered a second, beside Prism; or why that is unknown.

    Args:
        is_written: whether to write it into the page, with a plot.
    """
    found: dict[str, tuple[float, float]] = {}
    try:
        for name, ours, peers in rates_beside_prism():
            found[name] = ours, peers
            print(f"{name:60} {ours:,.1f} /s, {ours / peers:.2f} times Prism's", flush=True)
    except NoPeer as error:
        print(f"Prism is not measured: {error}.")
        return
    if is_written:
        cells = {
            name: [f"{ours:,.1f}", f"{peers:,.1f}", f"{ours / peers:.2f}"]
            for name, (ours, peers) in found.items()
        }
        bars = [(name, ours / peers) for name, (ours, peers) in found.items()]
        plot("peers.svg", rows("codat-mock's rates as multiples of Prism's", bars, "x"))
        replace_in_page(
            "peers",
            f"{table(('codat-mock /s', 'Prism /s', 'ratio'), cells)}\n"
            "![codat-mock's rates as multiples of Prism's](peers.svg)\n",
        )


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
    plot("growth.svg", columns("Time of a push by the records held", bars, "ms"))
    ratio = mean(seconds[-10:]) / mean(seconds[:10])
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    text = (
        f"Measured on {machine}, Python {platform.python_version()}.\n\n"
        f"{table(('in memory', 'with a file'), found)}\n"
        "![Time of a push by the records that the company holds](growth.svg)\n\n"
        f"The last ten of {PUSHES} pushes took {ratio:.2f} times as long as the first ten.\n"
    )
    replace_in_page("figures", text)


def plot(name: str, drawn: str) -> None:
    """Write a chart into the documentation, as a file of its own.

    Args:
        name: the file's.
        drawn: the chart.
    """
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    (DOCS / name).write_text(drawn.replace(">", f">{STYLE}", 1) + "\n", encoding="utf-8")


def replace_in_page(part: str, text: str) -> None:
    """Replace a part of the page, from its mark to the next end.

    Args:
        part: its mark.
        text: what it becomes.
    """
    page = DOCS / "performance.md"
    marks = rf"(<!-- {part} -->\n).*?(<!-- end -->)"
    content = re.sub(
        marks, lambda at: at[1] + text + at[2], page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    page.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
