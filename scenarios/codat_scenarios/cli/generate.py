"""`codat-mock generate`: a merchant's records as files or a stream, and a report with plots."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from codat_scenarios.merchants import Day


KINDS = "Kind of merchant: bike-shop, cafe, hotel-bar, market-stall or web-shop."
EXAMPLES = """Examples:

\b
  codat-mock generate --out cafe                    a month, as JSON Lines
  codat-mock generate --out bodies --format push    the same, as push bodies
  codat-mock generate --merchant hotel-bar --out - | head
  codat-mock generate --days 365 --report cafe.html a year, as plots
"""


@click.command(epilog=EXAMPLES, short_help="Generate a merchant's sales, day by day.")
@click.option("--merchant", "kind", default="cafe", show_default=True, help=KINDS)
@click.option(
    "--days", type=click.IntRange(1), default=30, show_default=True, help="Number of days."
)
@click.option("--seed", default=7, show_default=True, help="Seed of the merchant and its sales.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2022-03-21",
    show_default=True,
    help="First day, in the merchant's time zone.",
)
@click.option("--out", help="New or empty folder to write into, or - for standard output.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["lines", "push"]),
    default="lines",
    show_default=True,
    help="JSON Lines, one file per data type; or push bodies, in order.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="HTML file for a report with plots.",
)
def generate(
    kind: str,
    days: int,
    seed: int,
    start: datetime,
    out: str | None,
    form: str,
    report: Path | None,
) -> None:
    """Generate a merchant's orders, payments and transactions, the same for the same seed.

    Later edits and deletes are included: in changes.jsonl, as lines with a moment, or as bodies
    after those of the day's sales. Beside the lines, products.json says which products are gift
    cards: the body of PUT /companies/{companyId}/data/commerce-products.
    """
    # Imported late, since faker is slow to import and `--help` imports every command.
    from codat_scenarios.cli.day_files import write_day, write_products, write_stream
    from codat_scenarios.generation_report import Tally, page
    from codat_scenarios.merchants import merchant

    if out is None and report is None:
        raise click.UsageError("Nothing to write: give --out, --report or both.")
    if report is not None and not report.parent.is_dir():
        raise click.BadParameter(f"there is no folder '{report.parent}'", param_hint="--report")
    try:
        after = start.date() + timedelta(days=days)
    except OverflowError:
        raise click.BadParameter(
            f"{days} days from {start.date()} end after {date.max}", param_hint="--days"
        ) from None
    if start.year == date.min.year or after.year == date.max.year:
        raise click.BadParameter("use days in the years 2 to 9998", param_hint="--start")
    try:
        shop = merchant(kind, seed=seed)
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="--merchant") from error
    folder = None if out in (None, "-") else empty_folder(Path(str(out)))
    if folder is not None and form == "lines":
        write_products(folder, shop.products)
    tally = Tally(shop)
    with progress(shop.days(days, start=start.date()), days, shop.name) as shown:
        for day in shown:
            if out == "-":
                write_stream(sys.stdout.buffer, day, form)
            elif folder is not None:
                write_day(folder, day, form)
            if report is not None:
                tally.add(day)
    if report is not None:
        try:
            report.write_text(page(tally), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"Cannot write the report: {error}") from error


def empty_folder(folder: Path) -> Path:
    """Create the folder, or use it if it is empty.

    Raises:
        click.BadParameter: it is not empty, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise click.BadParameter(f"'{folder}' is not empty", param_hint="--out")
    except OSError as error:
        raise click.BadParameter(str(error), param_hint="--out") from error
    return folder


@contextmanager
def progress(days: Iterator[Day], total: int, title: str) -> Iterator[Iterator[Day]]:
    """Show progress on standard error while days are generated, if it is a terminal.

    Args:
        days: what is generated, as it is consumed.
        total: how many days.
        title: shown beside the bar.

    Yields:
        The same days.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TextColumn("{task.fields[orders]:,} orders"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total, orders=0)

        def counted() -> Iterator[Day]:
            orders = 0
            for day in days:
                yield day
                orders += len(day.orders)
                bar.update(task, advance=1, orders=orders)

        yield counted()
