"""The merchant's own records, and the books beside them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from msgspec.json import encode
from msgspec.structs import asdict

from codat_mock.accounting.comparison import Comparison, compare, own_record
from codat_mock.accounting.documents import Document, records_in
from codat_mock.clock import is_within
from codat_mock.models.commerce import Record, Wire
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.errors import Conflict
from codat_mock.models.merchant_records import Declaration
from codat_mock.models.pushes import RECORDS, deleted_keys
from codat_mock.sandbox import companies
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow
from codat_mock.storage.documents import decode_document


class DeclaredCounts(Wire, kw_only=True, omit_defaults=False):
    """How many records of a merchant's are declared."""

    company_id: str
    orders: int = 0
    payments: int = 0
    transactions: int = 0


class CompanyComparison(Comparison, kw_only=True, omit_defaults=False):
    """One merchant's books beside the merchant's own records."""

    company_id: str
    company_name: str


class Comparisons(Wire, omit_defaults=False):
    """The comparison of every company for which records are declared."""

    companies: list[CompanyComparison]


def declare(
    session: Session, company_id: str, records: Sequence[Declaration], *, replaces: bool
) -> DeclaredCounts:
    """Declare a merchant's own records; one with nothing but its id has been deleted there.

    Args:
        session: the session.
        company_id: whose records they are.
        records: in the order in which they apply.
        replaces: whether they replace what was declared before.

    Raises:
        NotFound: there is no such company.
    """
    row, declared = session.company(company_id), session.tables.declared
    if replaces:
        declared.clear(row.number)
    for data_type, record in records:
        if record.is_delete:
            declared.remove(row.number, data_type, deleted_keys(data_type, str(record.record.id)))
        else:
            own = own_record(data_type, record.key, record.record)
            declared.put(row.number, own, record.raw)
    counts = {LIST_NAMES[kind]: count for kind, count in declared.counts(row.number).items()}
    return DeclaredCounts(company_id=company_id, **counts)


def comparisons(session: Session, company_id: str | None = None) -> Comparisons:
    """The books of one company, or of all with declared records, beside these.

    Raises:
        NotFound: there is no such company.
        Conflict: no records are declared, so that there is nothing to compare with.
    """
    rows = [session.company(company_id)] if company_id else session.tables.companies.all()
    found = [
        comparison(session, row) for row in rows if session.tables.declared.has_any(row.number)
    ]
    if not found:
        raise Conflict(
            "There is nothing to compare with: declare the merchant's own records with"
            " PUT /_mock/companies/{companyId}/merchant-records first."
        )
    return Comparisons(found)


def comparison(session: Session, row: CompanyRow) -> CompanyComparison:
    """One company's books beside its declared records whose period was synced.

    It is made again only after a sync, or where the records or the configuration have changed.
    """
    return session.remember(
        ("comparison", row.number), state_of(session, row), lambda: comparison_now(session, row)
    )


def state_of(session: Session, row: CompanyRow) -> Hashable:
    """What a comparison depends on, as one value.

    Args:
        session: the session.
        row: the company's row.
    """
    tables = session.tables
    settings = encode(row.configuration)
    return tables.declared.state(row.number), tables.syncs.last_number(row.number), settings


def comparison_now(session: Session, row: CompanyRow) -> CompanyComparison:
    """The comparison, made."""
    documents = documents_of(session, row)
    spans = session.tables.syncs.covered(row.number)
    declared = session.tables.declared.all(row.number)
    with session.computing(len(documents) + len(declared)):
        booked = records_in(documents)
        due = [
            own
            for own in declared
            if is_within(spans, own.created) or (own.data_type, own.key) in booked
        ]
        compared = compare(due, documents, companies.configured(row))
    return CompanyComparison(
        company_id=row.company.id, company_name=row.company.name, **asdict(compared)
    )


def documents_of(session: Session, row: CompanyRow) -> list[Document]:
    """All documents in a company's books, in the order in which they were written."""
    stored = session.tables.documents.all(row.number)
    with session.computing(len(stored)):
        return [decode_document(each) for each in stored]


def records_named(
    session: Session, row: CompanyRow, data_type: DataType, keys: Iterable[str]
) -> Iterator[tuple[str, Record]]:
    """The declared records with these keys, where there are any, each with its key.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        keys: the records'.
    """
    for key, record in session.tables.declared.records(row.number, data_type, keys):
        yield key, RECORDS[data_type](record)
