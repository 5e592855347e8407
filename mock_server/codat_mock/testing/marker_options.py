"""The options of a test: from its `codat` markers, by default from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from codat_mock.models.commerce import PaymentType
from codat_mock.reports.run import Expected, FailOn, Run
from codat_mock.reports.verdict import counted
from codat_mock.testing.handles import Json, to_wire


class BadMarkerOptions(ValueError):
    """An argument of a marker is invalid; the text names it."""


class MarkerOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of one test.

    Args:
        profile: how fast datasets are processed.
        speed: how fast the sandbox's time passes.
        start_at: the time that its clock starts at, as text or datetime; None for now.
        tax_rates: the tax percentages that the merchants of prepared companies have mapped; None
            for each as it first appears.
        payment_types: the payment types that they have mapped, beside cards; None for all.
        rules: the configuration of rules, by code.
        faults: faults of requests, as `PUT /_mock/faults` takes them.
        expected: codes of rules whose findings do not fail the test; each must be found.
        fail_on: the lowest severity of a finding that fails the test.
        fail_on_nothing: whether a test fails that pushes nothing.
    """

    profile: str = "instant"
    speed: str = "frozen"
    start_at: Any = None
    tax_rates: list[float] | None = None
    payment_types: list[PaymentType] | None = None
    rules: Mapping[str, Any] = {}
    faults: list[dict[str, Any]] = []
    expected: list[str] = []
    fail_on: FailOn = "error"
    fail_on_nothing: bool = False

    @property
    def settings(self) -> Json:
        """The settings of the sandbox, as `POST /_mock/reset` takes them."""
        names = ("profile", "speed", "start_at", "tax_rates", "payment_types")
        return to_wire({name: getattr(self, name) for name in names})

    def apply(self, run: Run) -> Run:
        """Judge a run by these options."""
        run.fail_on = self.fail_on
        for code in self.expected:
            found = {finding.data_type for finding in run.of_rule(code)} or {""}
            run.expected += [Expected(code, data_type) for data_type in sorted(found)]
        return run

    def complaints(self, run: Run) -> list[str]:
        """Why a run fails its test, a sentence each; empty if it passes."""
        reasons = []
        if run.failing:
            reasons.append(f"{counted(len(run.failing), 'finding')} at or above '{run.fail_on}'.")
        if run.stale:
            codes = ", ".join(each.code for each in run.stale)
            reasons.append(f"Expected by the marker, but not found: {codes}.")
        if not reasons and self.fail_on_nothing and run.is_vacuous:
            reasons.append(
                "Nothing was pushed, so there is nothing to judge: does the integration send its"
                " requests to codat.url, with codat.api_key?"
            )
        return reasons


def read_marker_options(
    defaults: Mapping[str, Any], markers: Iterable[tuple[Any, Mapping[str, Any]]]
) -> MarkerOptions:
    """The options of a test.

    Args:
        defaults: the options of the command line.
        markers: positional and named arguments of each marker, the closest to the test first.

    Raises:
        BadMarkerOptions: an argument is unknown, or its value is invalid.
    """
    options = dict(defaults)
    for positional, named in reversed(list(markers)):
        if positional:
            raise BadMarkerOptions(f"codat() takes named arguments only, not {positional[0]!r}.")
        options |= named
    try:
        return msgspec.convert(options, MarkerOptions)
    except msgspec.ValidationError as error:
        known = ", ".join(MarkerOptions.__struct_fields__)
        raise BadMarkerOptions(f"codat(): {error}; known: {known}.") from None
