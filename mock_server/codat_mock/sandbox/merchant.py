"""What a merchant does in a browser, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from codat_mock.records.companies import Company
from codat_mock.records.configuration import Configuration
from codat_mock.sandbox import companies, flow
from codat_mock.sandbox.flow import Form
from codat_mock.sandbox.turn import Turn
from codat_mock.store import Visit


class Merchant:
    """The merchants' verbs; each is one turn, and raises what the function of `flow` names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Turn]]) -> None:
        self._turn = begin

    def company(self, company_id: str) -> Company:
        """The merchant's company."""
        with self._turn() as turn:
            return companies.company(turn, company_id)

    def asked(self, company_id: str, connection_id: str) -> Form:
        """The form on which a connection is authorised."""
        with self._turn() as turn:
            return flow.form(turn, Visit(company_id, connection_id))

    def decide(self, company_id: str, connection_id: str, code: str, *, is_allowed: bool) -> None:
        """Authorise a connection, or refuse to."""
        with self._turn() as turn:
            flow.decide(turn, Visit(company_id, connection_id), code, is_allowed=is_allowed)

    def enter(self, code: str) -> str:
        """Enter the Sync Flow with the code of its URL; gives the code of the visit."""
        with self._turn() as turn:
            return flow.enter(turn, code)

    def visit(self, visiting: str) -> Form:
        """The form on which accounts are mapped."""
        with self._turn() as turn:
            return flow.form(turn, flow.visit_of(turn, visiting))

    def save(
        self, visiting: str, code: str, read: Callable[[Configuration], Configuration]
    ) -> str | None:
        """Store the mapping, and end the visit; gives where to go on."""
        with self._turn() as turn:
            return flow.save(turn, visiting, code, read)
