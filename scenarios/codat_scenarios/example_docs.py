"""`docs/examples.md`: the examples of `codat_fixtures`, each with the books it makes.

`python -m codat_scenarios.example_docs docs/examples.md` writes the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codat_fixtures import load, names
from codat_scenarios.merchants import encode

HEAD = """# Examples

What to push for the usual cases of a shop, and the books that it makes. The records are fixtures:
`codat_fixtures.load("books/cash-sale")`. A test pushes each of them and compares the books with the
ones below, which are worked out by hand.

Each line of the books is a document: its kind, day, total, currency and status, then its debits
(above zero) and credits (below zero). `owed` is what customers owe, `payable` what the shop owes
its payment provider. **Invoices** are daily invoices in Xero and in QuickBooks Online, which has
a list of its own where it differs. **Journals** are the other sync type, daily journal entries.

How order discounts and refunds without lines are spread, payouts, overpayments, deposits, cash
rounding and gift cards is assumed: `codat-mock limits` says so line by line.
"""


def page() -> str:
    """The whole page, Markdown."""
    found = [(name, load(name)) for name in names() if name.startswith("books/")]
    contents = "\n".join(f"- [{each['title']}](#{anchor(each['title'])})" for _, each in found)
    sections = ["\n".join(section(name, each)) for name, each in found]
    return "\n".join([HEAD, contents, "", *sections])


def anchor(title: str) -> str:
    """A heading's address on the page."""
    return title.lower().replace(",", "").replace(" ", "-")


def section(name: str, example: dict[str, Any]) -> Iterator[str]:
    """One example: the reasoning, the records, the books."""
    yield f"## {example['title']}\n"
    yield f"{example['reasoning']}\n"
    yield f"Verdict: {', '.join(example.get('findings', ())) or 'clean'}.\n"
    if cards := example.get("giftCards"):
        yield f"Products that are gift cards: {', '.join(cards)}.\n"
    if example.get("byLocation"):
        yield "The merchant groups invoices by location.\n"
    books = [("Invoices", example["invoices"])]
    if "quickbooks" in example:
        books = [("Invoices, Xero", example["invoices"])]
        books.append(("Invoices, QuickBooks", example["quickbooks"]))
    for title, lines in [*books, ("Journals", example["journal"])]:
        yield f"**{title}**\n"
        yield "\n".join(["```text", *lines, "```\n"])
    yield f"<details><summary>Records (<code>{name}</code>)</summary>\n"
    for day in example["days"]:
        yield f"Pushed on {day['date']}:\n"
        for kind in ("orders", "payments", "transactions"):
            if day[kind]:
                yield f"```json\n{encode({kind: day[kind]}).decode()}\n```\n"
    yield "</details>\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
