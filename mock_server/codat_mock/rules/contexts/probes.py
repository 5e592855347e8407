"""A probe of the shop itself: does recording a sale depend on the service?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from codat_mock.rules.contexts.common import Context


class ProbedSale(Struct, frozen=True, forbid_unknown_fields=True):
    """A sale recorded while the service was in trouble.

    Args:
        seconds: how long the shop took to record it, by the machine's clock.
        error: what the shop said instead of recording it; None where it did.
    """

    seconds: float
    error: str | None = None


class ProbeContext(Context, frozen=True, kw_only=True):
    """Sales recorded while the service was in trouble.

    Args:
        service: the trouble it was in: `slow`, `down`, `hanging`, `refusing`.
    """

    service: str
    sales: Sequence[ProbedSale]

    @property
    def place(self) -> str:
        """The trouble."""
        return f" (service {self.service})"
