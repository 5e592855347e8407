"""The decoupling probe: does recording a sale depend on the service?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from codat_mock.rules.contexts.common import Context


class ProbedSale(Struct, frozen=True, forbid_unknown_fields=True):
    """A sale recorded while the service was in trouble.

    Args:
        seconds: how long the shop took to record it, on the machine's clock.
        error: why the shop failed to record it; None if it did not fail.
    """

    seconds: float
    error: str | None = None


class ProbeContext(Context, frozen=True, kw_only=True):
    """Sales recorded while the service was in trouble.

    Args:
        service: the kind of trouble: `slow`, `down`, `hanging`, `refusing`.
    """

    service: str
    sales: Sequence[ProbedSale]

    @property
    def place(self) -> str:
        """The kind of trouble."""
        return f" (service {self.service})"
