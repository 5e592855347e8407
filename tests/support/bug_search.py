"""Searches for planted bugs, and writes docs/planted-bugs.md: `python tests/support/bug_search.py`.

Arguments: names of bugs to search for; without names all of them. The page keeps the rows of the
others.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from planted_changes import PLANTED
from sqlite_integration import SqliteIntegration

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories.days import MerchantDays, drive
from codat_scenarios.strategies import merchant_days

PAGE: Final = Path(__file__).parents[2] / "docs" / "planted-bugs.md"
EXAMPLES: Final = 300  # the default of `pushing_machine(..., trouble=True)`
HEADER: Final = """# Planted bugs

Which bugs the search finds: each is planted in one correct integration with a SQLite outbox
(`tests/support/sqlite_integration.py`), and searched for with `merchant_days(trouble=True)` and at
most {examples} examples. *Size* counts the events that are left when needless ones are dropped.
Written by `python tests/support/bug_search.py`; the times are of one core of a busy machine.

{found} of {all} are found; the median size is {size:g} events.

| bug | what it does wrong | examples | seconds | size |
|---|---|---|---|---|
"""
ROW: Final = re.compile(r"^\| `(\w+)` \|.*$", re.M)


@dataclass(frozen=True, slots=True)
class Found:
    """A search that found days which an integration does not survive.

    Args:
        examples: the number of examples until the first that failed.
        seconds: the time until then.
        days: the days without the events that are not needed.
    """

    examples: int
    seconds: float
    days: MerchantDays

    @property
    def size(self) -> int:
        """The number of events."""
        return len(self.days.events)


def search(
    integration: type[SqliteIntegration], address: str, *, examples: int = EXAMPLES, seed: int = 0
) -> Found | None:
    """Search for days that an integration does not survive.

    Args:
        integration: the class of the integration.
        address: of a running mock with a frozen clock.
        examples: how many examples are drawn at most.
        seed: of the draws.
    """
    runs = 0

    def fails(days: MerchantDays) -> bool:
        nonlocal runs
        runs += 1
        return not survives(integration, address, days)

    started = perf_counter()
    try:
        days = find(
            merchant_days(trouble=True),
            fails,
            settings=settings(
                max_examples=examples,
                phases=[Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
            random=Random(seed),  # noqa: S311  (no secret)
        )
    except NoSuchExample:
        return None
    return Found(runs, perf_counter() - started, without_needless_events(days, fails))


def without_needless_events(
    days: MerchantDays, fails: Callable[[MerchantDays], bool]
) -> MerchantDays:
    """Drop events, many at once and then each, as long as the days still fail.

    Hypothesis shrinks the values of every event too, which takes many more runs.
    """
    size = len(days.events)
    while size := size // 2:
        start = 0
        while start < len(days.events):
            fewer = replace(days, events=days.events[:start] + days.events[start + size :])
            if fails(fewer):
                days = fewer
            else:
                start += size
    return days


def survives(integration: type[SqliteIntegration], address: str, days: MerchantDays) -> bool:
    """Whether an integration survives some days."""
    try:
        drive(days, integration, address, api_key=integration.__name__)
    except Exception:  # noqa: BLE001  (whatever it raises, it does not survive)
        return False
    return True


def search_alone(name: str) -> Found | None:
    """Search for a planted bug on a mock of this process."""
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        return search(PLANTED[name], server.address)


def main(names: Iterable[str]) -> None:
    """Search for bugs on all cores, print what is found, and write their rows of the page."""
    chosen = [*names] or [*PLANTED]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for name, found in zip(chosen, pool.map(search_alone, chosen), strict=True):
            row = f"| `{name}` | {' '.join((PLANTED[name].__doc__ or '').split())} |"
            if found:
                row += f" {found.examples} | {found.seconds:.0f} | {found.size} |"
            else:
                row += " - | - | not found |"
            sys.stdout.write("\n".join([row, *([repr(found.days)] if found else []), ""]))
            sys.stdout.flush()
            write_row(name, row)


def write_row(name: str, row: str) -> None:
    """Write the row of a bug into the page, and count what is found.

    Args:
        name: of the bug.
        row: of the table.
    """
    kept = {found[1]: found[0] for found in ROW.finditer(PAGE.read_text("utf-8"))}
    rows = [(kept | {name: row})[each] for each in PLANTED if each in kept or each == name]
    sizes = [int(row.split(" | ")[-1].rstrip(" |")) for row in rows if "not found" not in row]
    header = HEADER.format(examples=EXAMPLES, found=len(sizes), all=len(rows), size=median(sizes))
    PAGE.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
