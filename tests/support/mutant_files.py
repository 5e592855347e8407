"""What each file of tests costs, and which changes it notices."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from mutant_tests import file_of

LISTED_SECONDS: Final = 1.0  # from which a file stands on the page
HEAD: Final = """\
| file of tests | package | tests | seconds | near | noticed | alone |
|---|---|---|---|---|---|---|
"""


@dataclass
class FileCosts:
    """The files of a package's tests.

    Args:
        package: its name.
        seconds: that each test takes, by its id.
    """

    package: str
    seconds: Mapping[str, float]
    _tried: int = 0
    _near: Counter[str] = field(default_factory=Counter)
    _noticed: Counter[str] = field(default_factory=Counter)
    _alone: Counter[str] = field(default_factory=Counter)

    def add(self, tests: Iterable[str], noticed: Set[str]) -> None:
        """Count a mutant.

        Args:
            tests: that were run.
            noticed: the files that noticed it.
        """
        self._tried += 1
        self._near.update({file_of(test) for test in tests})
        self._noticed.update(noticed)
        if len(noticed) == 1:
            self._alone.update(noticed)

    def rows(self, least_seconds: float = 0.0) -> Iterator[str]:
        """The rows of the table, the costliest first, of files that cost at least so much."""
        costs: defaultdict[str, float] = defaultdict(float)
        for test, seconds in self.seconds.items():
            costs[file_of(test)] += seconds
        tests = Counter(map(file_of, self.seconds))
        for file, cost in sorted(costs.items(), key=itemgetter(1), reverse=True):
            if cost >= least_seconds:
                yield (
                    f"| `{file.removeprefix('tests/')}` | {self.package} | {tests[file]}"
                    f" | {cost:.1f} | {self._near[file]} of {self._tried} | {self._noticed[file]}"
                    f" | {self._alone[file]} |\n"
                )


def with_rows(page: str, costs: FileCosts, packages: Sequence[str]) -> str:
    """The page with the rows of a package in its table, in the order of the packages."""
    before, head, rest = page.partition(HEAD)
    table = re.match(r"(\|.*\n)*", rest)
    others = table[0].splitlines(keepends=True) if table else []
    kept = [row for row in others if row.split()[3] != costs.package]
    rows = [*kept, *costs.rows(LISTED_SECONDS)]
    rows.sort(key=lambda row: packages.index(row.split()[3]))
    return before + head + "".join(rows) + rest[len("".join(others)) :]
