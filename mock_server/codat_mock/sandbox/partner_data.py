"""Partner commerce's products, locations, tax components, payment methods and categories.

Each call replaces what was sent before. They are stored and have no effect on the books (assumed).
"""

from __future__ import annotations

from msgspec import Raw

from codat_mock.sandbox.session import Session


def replace(session: Session, company_id: str, kind: str, body: bytes) -> None:
    """Store a company's data of one kind.

    Args:
        session: the session.
        company_id: the company's id.
        kind: such as `commerce-products`.
        body: valid JSON, as it was sent.

    Raises:
        NotFound: there is no such company.
    """
    company = session.company(company_id).company
    session.tables.preferences.save(f"{kind}/{company.id}", Raw(body))
