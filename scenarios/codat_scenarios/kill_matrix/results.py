"""The findings of each integration, beside the expected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codat_scenarios.integrations.programs import Program


@dataclass(frozen=True, slots=True)
class Result:
    """The findings about one program.

    Args:
        findings: the number of findings of each broken rule, by its code.
        exercised: the codes of the rules that applied to it.
        failure: why the program failed; empty if it did not.
    """

    program: Program
    findings: dict[str, int]
    exercised: frozenset[str] = frozenset()
    failure: str = ""

    @property
    def is_as_expected(self) -> bool:
        """Whether the findings are of exactly the rules that it breaks."""
        return not self.failure and set(self.findings) == set(self.program.breaks)

    @property
    def escaped(self) -> list[str]:
        """The rules that it breaks without a finding."""
        return [code for code in self.program.breaks if code not in self.findings]

    @property
    def false_alarms(self) -> list[str]:
        """The rules that it keeps, with a finding all the same."""
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
        """The rules that caught no integration made to break them."""
        own = {result.program.breaks[0] for result in self.broken if result.is_as_expected}
        return [code for code in self.codes if code not in own]

    @property
    def unkept(self) -> list[str]:
        """The rules that applied to no good integration."""
        kept = {code for result in self.good for code in result.exercised}
        return [code for code in self.codes if code not in kept]

    @property
    def unexpected(self) -> list[Result]:
        """Those whose findings are not the expected ones."""
        return [result for result in self.results if not result.is_as_expected]

    @property
    def is_complete(self) -> bool:
        """Whether each rule caught an integration, and every finding was expected."""
        return not self.unexpected and not self.uncaught
