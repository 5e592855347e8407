"""On what terms a test is judged: what its marker says, else what the command line does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from codat_mock.reports.run import Expected, FailOn, Run
from codat_mock.reports.verdict import counted
from codat_mock.testing.handles import Json, wired


class BadMarkerOptions(ValueError):
    """A marker says what cannot be; the text tells what."""


class MarkerOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of one test.

    Args:
        profile: how fast datasets go.
        speed: how fast the sandbox's time passes.
        start_at: where its clock starts: a text or a datetime.
        rules: what is chosen about rules, by code.
        faults: trouble on the wire, as `PUT /_mock/faults` takes it.
        expected: codes of rules that are broken, and tolerated; each must be found.
        fail_on: the least severity of a finding that fails the test.
        fail_on_nothing: whether a test fails that has pushed nothing.
    """

    profile: str = "instant"
    speed: str = "frozen"
    start_at: Any = None
    rules: Mapping[str, Any] = {}
    faults: list[dict[str, Any]] = []
    expected: list[str] = []
    fail_on: FailOn = "error"
    fail_on_nothing: bool = False

    @property
    def start(self) -> Json:
        """What the sandbox starts from."""
        return wired({name: getattr(self, name) for name in ("profile", "speed", "start_at")})

    def applied(self, run: Run) -> Run:
        """The run, judged on these terms."""
        run.fail_on = self.fail_on
        for code in self.expected:
            found = {finding.data_type for finding in run.of_rule(code)} or {""}
            run.expected += [Expected(code, data_type) for data_type in sorted(found)]
        return run

    def complaints(self, run: Run) -> list[str]:
        """Why a run fails its test, a sentence each; none where it does not."""
        told = []
        if run.failing:
            told.append(f"{counted(len(run.failing), 'finding')} at or above '{run.fail_on}'.")
        if run.stale:
            codes = ", ".join(each.code for each in run.stale)
            told.append(f"Expected by the marker, and not found: {codes}.")
        if not told and self.fail_on_nothing and run.is_vacuous:
            told.append(
                "Nothing was pushed, so that there is nothing to judge: does the integration send"
                " its requests to the fixture's url, with its api_key?"
            )
        return told


def read_marker_options(
    usual: Mapping[str, Any], marked: Iterable[tuple[Any, Mapping[str, Any]]]
) -> MarkerOptions:
    """The terms that markers and the command line say.

    Args:
        usual: what the command line says.
        marked: positional and named arguments of each marker, the closest to the test first.

    Raises:
        BadTerms: there is no such argument, or its value is of another kind.
    """
    said = dict(usual)
    for positional, named in reversed(list(marked)):
        if positional:
            raise BadMarkerOptions(f"codat() takes named arguments only, not {positional[0]!r}.")
        said |= named
    try:
        return msgspec.convert(said, MarkerOptions)
    except msgspec.ValidationError as error:
        known = ", ".join(MarkerOptions.__struct_fields__)
        raise BadMarkerOptions(f"codat(): {error}; known: {known}.") from None
