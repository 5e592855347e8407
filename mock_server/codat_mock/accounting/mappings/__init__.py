"""How each platform, and each sync type, writes a day of business into documents.

Source: contract part 2, section B.
"""

from __future__ import annotations

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.mappings.document_writer import DocumentWriter
from codat_mock.accounting.mappings.journal_entries import JournalWriter
from codat_mock.accounting.mappings.quickbooks import QuickBooksWriter
from codat_mock.accounting.mappings.xero import XeroWriter
from codat_mock.accounting.open_documents import OpenDocuments

__all__ = ["DocumentWriter", "writer"]


def writer(context: BookingContext, documents: OpenDocuments) -> DocumentWriter:
    """The writer for a company's sync type and platform."""
    if context.is_journal:
        return JournalWriter(context, documents)
    kind = QuickBooksWriter if context.chart.key == "qhyg" else XeroWriter
    return kind(context, documents)
