"""The demo's output, on a terminal or in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from codat_mock.reports.wording import short
from codat_scenarios.sandbox_driver import Json

FRAME_SECONDS: Final = 0.25  # how long each status is visible
STATUS_STYLES: Final = {"Complete": "green", "Paid": "green", "Queued": "dim"}
SEVERITY_STYLES: Final = {"error": "bold red", "warning": "yellow", "info": "cyan"}


class Screen:
    """Prints the scenes; in a pipe the same words without colour or waiting.

    Args:
        console: where to print; by default standard output.
        is_stepping: whether to wait for Enter between the scenes.
    """

    def __init__(self, console: Console | None = None, *, is_stepping: bool = False) -> None:
        self.console = console or Console(highlight=False)
        self._is_stepping = is_stepping
        self._scenes = 0

    def title(self, text: str, below: str) -> None:
        """Print the title of the demo."""
        self.console.print()
        self.console.print(Text(text, "bold"))
        self.console.print(Text(below, "dim"))

    def scene(self, title: str) -> None:
        """Start a scene."""
        if self._is_stepping and self._scenes:
            self.console.input("[dim]Press Enter to continue[/] ")
        self._scenes += 1
        self.console.print()
        self.console.print(Rule(f"[bold]{self._scenes}  {title}[/]", align="left", style="blue"))

    def say(self, text: str) -> None:
        """Print a sentence."""
        self.console.print(Padding.indent(text, 2))

    def call(self, method: str, path: str) -> None:
        """Print a request."""
        self.console.print(f"    [cyan]{method}[/] {short(path)}", soft_wrap=True)

    def show(self, table: RenderableType) -> None:
        """Print a table, indented."""
        self.console.print(Padding.indent(table, 4))

    def watch(self, datasets: Callable[[], list[Json]], advance: Callable[[], None]) -> None:
        """Show datasets until each has ended, advancing the clock from event to event.

        Args:
            datasets: reads the datasets.
            advance: moves the clock to the next event.
        """
        if not self.console.is_terminal:
            self._list_statuses(datasets, advance)
            return
        with Live(console=self.console, auto_refresh=False) as live:
            while True:
                current = datasets()
                live.update(Padding.indent(dataset_table(current), 4), refresh=True)
                if all(dataset["isCompleted"] for dataset in current):
                    return
                time.sleep(FRAME_SECONDS)
                advance()

    def _list_statuses(
        self, datasets: Callable[[], list[Json]], advance: Callable[[], None]
    ) -> None:
        seen: dict[str, list[str]] = {}
        while True:
            current = datasets()
            for dataset in current:
                statuses = seen.setdefault(dataset["dataType"], [])
                if dataset["status"] not in statuses:
                    statuses.append(dataset["status"])
            if all(dataset["isCompleted"] for dataset in current):
                break
            advance()
        for data_type, statuses in seen.items():
            self.console.print(f"    {data_type}: {' → '.join(statuses)}", soft_wrap=True)


def dataset_table(datasets: Iterable[Json]) -> Table:
    """A table of datasets with their status and progress."""
    table = Table.grid(padding=(0, 2))
    for dataset in datasets:
        status = dataset["status"]
        table.add_row(
            dataset["dataType"],
            ProgressBar(total=100, completed=dataset["progress"], width=24),
            Text(status, STATUS_STYLES.get(status, "yellow")),
        )
    return table


def money(amount: float, currency: str) -> str:
    """Format an amount for people, such as `1,204.50 GBP`."""
    return f"{amount:,.2f} {currency}"


def books_table(documents: Iterable[Json]) -> Table:
    """A table of documents of the accounting software, with the lines of invoices and bills."""
    table = Table("document", "description", box=None, header_style="dim", padding=(0, 1))
    table.add_column("tax", justify="right")
    table.add_column("amount", justify="right")
    table.add_column("")
    for document in documents:
        style = STATUS_STYLES.get(document["status"], "yellow")
        description = document["paymentType"] or document["contact"]
        if document["appliesTo"]:
            description = f"{description} for {document['appliesTo']}"
        table.add_row(
            f"[bold]{document['number']}[/]",
            description,
            "",
            money(document["total"], document["currency"]),
            f"[{style}]{document['status']}[/]",
        )
        for line in document["lines"]:
            amounts = [f"[dim]{line[part]:,.2f}[/]" for part in ("tax", "gross")]
            table.add_row("", f"[dim]  {line['description']}[/]", *amounts, "")
    return table


def findings_table(findings: Iterable[Json]) -> Table:
    """A table of findings with their advice."""
    table = Table("rule", "finding and advice", box=None, header_style="dim")
    for finding in findings:
        style = SEVERITY_STYLES[finding["severity"]]
        rule = f"[{style}]{finding['code']}[/]\n{finding['name']}"
        message = f"{short(finding['message'])}\n[dim]{short(finding['advice'])}[/]"
        table.add_row(rule, message)
    return table
