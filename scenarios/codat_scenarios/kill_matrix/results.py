"""What the rules said of each integration, beside what they had to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codat_scenarios.integrations.programs import Program


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one program.

    Args:
        findings: how many findings there are of each rule broken, by its code.
        exercised: the codes of the rules that it gave an occasion to.
        failure: why it did not come to its end; empty where it did.
    """

    program: Program
    findings: dict[str, int]
    exercised: frozenset[str] = frozenset()
    failure: str = ""

    @property
    def is_as_expected(self) -> bool:
        """Whether exactly the rules that it breaks were found broken."""
        return not self.failure and set(self.findings) == set(self.program.breaks)

    @property
    def escaped(self) -> list[str]:
        """The rules that it breaks and that were not found broken."""
        return [code for code in self.program.breaks if code not in self.findings]

    @property
    def false_alarms(self) -> list[str]:
        """The rules that were found broken though it keeps them."""
        return [code for code in self.findings if code not in self.program.breaks]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All integrations against all rules.

    Args:
        codes: of all rules.
    """

    codes: tuple[str, ...]
    results: Sequence[Result]

    @property
    def good(self) -> list[Result]:
        """Those that keep every rule."""
        return [result for result in self.results if not result.program.breaks]

    @property
    def broken(self) -> list[Result]:
        """Those that break some."""
        return [result for result in self.results if result.program.breaks]

    @property
    def uncaught(self) -> list[str]:
        """The rules that no integration is made to break and was caught by."""
        own = {result.program.breaks[0] for result in self.broken if result.is_as_expected}
        return [code for code in self.codes if code not in own]

    @property
    def unkept(self) -> list[str]:
        """The rules that no good integration had an occasion to keep."""
        kept = {code for result in self.good for code in result.exercised}
        return [code for code in self.codes if code not in kept]

    @property
    def unexpected(self) -> list[Result]:
        """Those of which the rules said something else than they had to."""
        return [result for result in self.results if not result.is_as_expected]

    @property
    def is_complete(self) -> bool:
        """Whether each rule caught its integration, and nothing else was said of any."""
        return not self.unexpected and not self.uncaught
