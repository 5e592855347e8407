"""What a merchant does in a browser, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from codat_mock.models.companies import Company
from codat_mock.models.configuration import Configuration
from codat_mock.sandbox import companies, link_flow
from codat_mock.sandbox.link_flow import LinkForm
from codat_mock.sandbox.session import Session
from codat_mock.storage import LinkSession


class MerchantPortal:
    """The merchants' verbs; each is one turn, and raises what the function of `flow` names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = begin

    def company(self, company_id: str) -> Company:
        """The merchant's company."""
        with self._session() as session:
            return companies.company(session, company_id)

    def asked(self, company_id: str, connection_id: str) -> LinkForm:
        """The form on which a connection is authorised."""
        with self._session() as session:
            return link_flow.form(session, LinkSession(company_id, connection_id))

    def decide(self, company_id: str, connection_id: str, code: str, *, is_allowed: bool) -> None:
        """Authorise a connection, or refuse to."""
        with self._session() as session:
            link_flow.decide(
                session, LinkSession(company_id, connection_id), code, is_allowed=is_allowed
            )

    def enter(self, code: str) -> str:
        """Enter the Sync Flow with the code of its URL; gives the code of the visit."""
        with self._session() as session:
            return link_flow.enter(session, code)

    def visit(self, visiting: str) -> LinkForm:
        """The form on which accounts are mapped."""
        with self._session() as session:
            return link_flow.form(session, link_flow.visit_of(session, visiting))

    def save(
        self, visiting: str, code: str, read: Callable[[Configuration], Configuration]
    ) -> str | None:
        """Store the mapping, and end the visit; gives where to go on."""
        with self._session() as session:
            return link_flow.save(session, visiting, code, read)
