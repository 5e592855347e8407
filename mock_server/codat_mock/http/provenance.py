"""What is known of the real service, what is assumed, and where its documents disagree.

The operations' part is made from their declarations, the sync codes' from theirs; the other
behaviours are listed here.
"""

from __future__ import annotations

from typing import Final

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.http.operations import Source, operations
from codat_mock.models.commerce import Wire
from codat_mock.sandbox.planned_outcomes import SYNC_ENDS


class Behaviour(Wire, omit_defaults=False):
    """A behaviour beyond a single operation.

    Args:
        subject: what it is about.
        statement: what the mock does.
        source: the document it follows.
        contradicted: what another document says, empty if none does.
    """

    subject: str
    statement: str
    source: Source
    contradicted: str = ""


class KnownOperation(Wire, omit_defaults=False):
    """An operation: its source, what of it is assumed, and what contradicts it."""

    method: str
    path: str
    summary: str
    source: Source
    assumed: str
    contradicted: str


class Limits(Wire, omit_defaults=False):
    """How far the mock can be trusted."""

    operations: list[KnownOperation]
    behaviours: list[Behaviour]


KNOWN: Final[tuple[tuple[str, Source, str], ...]] = (
    ("Key", "reference", "The Authorization header is 'Basic' and the base64 of the API key."),
    ("Key", "assumed", "Every well-formed key is accepted, unless the server has --api-key."),
    ("Errors", "assumed", "A 400 names every mistake by its JSON path or line."),
    ("Errors", "reference", "A 402 has the validation error of the company limit."),
    ("Bodies", "reference", "Unknown properties are ignored."),
    ("Bodies", "assumed", "Bodies of up to 64 MiB are read, uncompressed if they are gzip."),
    ("Bodies", "assumed", "A body without a Content-Type is read as JSON."),
    ("Bodies", "reference", "In order.payments[], amount, dueDate and createdDate may be null."),
    ("Lists", "reference", "Lists have page, pageSize, query and orderBy, and HAL links."),
    ("Lists", "assumed", "Text is compared ignoring case; any element of a list may match."),
    ("Lists", "assumed", "A query's value has no braces, && or ||; quotes are a part of it."),
    ("Lists", "reference", "A query that is encoded twice is read, too."),
    ("Companies", "reference", "A free plan has 50 companies; beyond that 402."),
    ("Companies", "assumed", "The limit is off unless the server has --company-limit."),
    ("Companies", "reference", "Characters that are not allowed are removed from a name."),
    ("Connections", "reference", "Only a Linked connection can be unlinked; else 409 (assumed)."),
    ("Connections", "assumed", "A merchant who refuses leaves a connection Deauthorized."),
    ("Connections", "assumed", "lastSync is the end of the last dataset, or of the last sync."),
    ("Sync Flow", "reference", "Its URL is valid once and for 30 seconds; after that 401."),
    ("Sync Flow", "assumed", "Once the mapping is saved, the same URL opens the settings."),
    ("Sync Flow", "assumed", "The merchant's pages and their wording are the mock's own."),
    ("Configuration", "reference", "A configuration error makes a sync fail with code 4000."),
    ("Configuration", "reference", "syncHourUtc is 0 and timeZone Etc/UTC unless they are sent."),
    ("Configuration", "reference", "A property without a value is absent if null is not allowed."),
    ("Configuration", "assumed", "Charts of accounts, customers and suppliers are made up."),
    ("Configuration", "assumed", "A merchant maps a new tax rate to the same or the usual one."),
    ("Configuration", "assumed", "newPayments is stored, without effect."),
    ("Configuration", "assumed", "newTaxRates counts for rates that taxRates leaves open."),
    ("Configuration", "assumed", "Invoices can be split by location, not by country."),
    ("Configuration", "assumed", "Books do not change; plan a 4000 with the vendor's message."),
    ("Pushes", "guide", "A push is answered with a datasetId, and processed afterwards."),
    ("Pushes", "guide", "An object that has only its id deletes the record."),
    ("Pushes", "guide", "Concurrent pushes of a data type may be missed."),
    ("Pushes", "guide", "Payloads of fewer than 5,000 records are recommended."),
    ("Pushes", "assumed", "Times are compared to the microsecond; a seventh digit is cut."),
    ("Pushes", "assumed", "The data is answered as it came, unknown properties too."),
    ("Pushes", "assumed", "A reference or a list may be null, which counts as absent."),
    ("Pushes", "assumed", "A transaction is identified by its id and type together."),
    ("Pushes", "assumed", "Without a linked commerce connection the dataset is AuthError."),
    ("Pushes", "assumed", "A push to an unknown company counts for the one most like it (S14)."),
    ("Datasets", "guide", "A dataset has a status, requested and completed, and progress."),
    ("Datasets", "assumed", "It takes 7.8 seconds, and progress goes in steps of 20."),
    ("Syncs", "guide", "They run at the time that the merchant configured, or on demand."),
    ("Syncs", "guide", "Records from before the configured start date are not mapped."),
    ("Syncs", "reference", "Periods, status codes and the switch-off after 31 failures."),
    ("Syncs", "reference", "errorMessage and syncExceptionMessage are equal; empty on success."),
    ("Syncs", "assumed", "A record is picked by its createdDate."),
    ("Syncs", "assumed", "After a 4040 no sync follows until a configuration is stored."),
    ("Syncs", "assumed", "A push error leaves the sales written; the next sync writes the rest."),
    ("Syncs", "assumed", "A schedule with an error plans no sync; the status says why."),
    ("Books", "reference", "A daily invoice and credit note, with a line for each tax rate."),
    ("Books", "reference", "Xero: refunds paid against the credit note; fees as one bill a day."),
    ("Books", "reference", "Xero: fees of a bank account as money spent or received."),
    ("Books", "reference", "QuickBooks: refunds by a journal and a payment of zero that links it."),
    ("Books", "reference", "QuickBooks: fee refunds as bank deposits."),
    ("Books", "reference", "Journals: one balanced entry a day, a line for each account."),
    ("Books", "assumed", "QuickBooks in the US, with automatic sales tax, is not offered."),
    ("Books", "reference", "A payment type without an account stops a sync, as a tax rate does."),
    ("Books", "assumed", "FreeAgent is booked as Xero; QuickBooks pays its fee bills at once."),
    ("Books", "assumed", "Numbers, references, due dates, notes and descriptions."),
    ("Books", "assumed", "mapSettings.outputFormat may change until a sync has written."),
    ("Books", "assumed", "A fee leaves the account of its payment's type, else that of cards."),
    ("Books", "assumed", "A PaymentFee above zero reverses a fee; so does a negative refund."),
    ("Books", "assumed", "Payouts and transfers go from the clearing account into the bank."),
    ("Books", "assumed", "What is paid beyond an order's debt is a liability, and marked."),
    ("Books", "assumed", "A payment in another currency than its order's is set aside, marked."),
    ("Books", "assumed", "A repayment that no order refunds is credited at the order's rates."),
    ("Books", "assumed", "A refund settles the sale of its order where they are equal and unpaid."),
    ("Books", "assumed", "A repayment of a payment settles an unpaid refund of the same amount."),
    ("Books", "assumed", "What cannot be booked yet is taken again by the next sync."),
    ("Books", "assumed", "A discount on the order is spread over its lines by value, before tax."),
    ("Books", "assumed", "A totalRefund without lines is spread over the order's rates."),
    ("Books", "assumed", "A tax without a percentage is matched to the nearest mapped rate."),
    ("Books", "assumed", "A negative line without quantity reduces the sale, as a voucher does."),
    ("Books", "assumed", "An order that is free makes no document of its own."),
    ("Books", "assumed", "Amounts are rounded to the currency's smallest unit, half up."),
    ("Books", "assumed", "Cash is rounded to the smallest coin, as a rounding difference."),
    ("Books", "assumed", "A line's productRef makes it a gift card, or gives it a category."),
    ("Books", "assumed", "Tax components of a rate have accounts in the chart, not selected."),
    ("Alerts", "reference", "Rule types, bodies, retriable codes, three retries in two minutes."),
    ("Alerts", "reference", "A company is new until the first dataset of any type completes."),
    ("Alerts", "assumed", "Retries come after 15, 30 and 60 seconds; no answer counts as 408."),
    ("Alerts", "assumed", "ClientId is the sandbox's; nothing raises the three other types."),
    ("Alerts", "assumed", "A deletion unlinks the commerce connection, and no other."),
    ("Rate limits", "assumed", "A delayed answer counts as in progress."),
    ("Rate limits", "reference", "They exist; the mock applies none by default."),
)
CONTRADICTED: Final = (
    Behaviour(
        "Errors",
        "Errors have the vendor's body, with a correlation id that is a UUID; canBeRetried is"
        " 'False'.",
        "reference",
        "Later examples have canBeRetried 'Unknown' and 32 hex digits; the documentation of the"
        " beta omits canBeRetried and detailedErrorCode; later examples of 402 and 503 have other"
        " numbers in statusCode.",
    ),
    Behaviour(
        "Integrations",
        "FreeAgent's key is fbrh; Partner Commerce is the name of lqai.",
        "reference",
        "The documentation names lqai PlatformCommerce.",
    ),
    Behaviour(
        "Companies",
        "DELETE and GET of a company and of a connection are those of the later generation.",
        "reference",
        "The documentation of the beta shows a company with platform and connections; the later"
        " document has no platform.",
    ),
    Behaviour(
        "Sync Flow",
        "A merchant who deletes the connection in the flow ends syncing.",
        "reference",
        "The flow can de-authorise on one page of the documentation, only delete on another. After"
        " re-linking, syncs resume by themselves or need enabled: true, on the same page; here they"
        " need a stored configuration.",
    ),
    Behaviour(
        "Schedule",
        "syncHourUtc is an hour in the merchant's time zone; a start date may lie in the past, so"
        " that the first push can hold earlier sales.",
        "reference",
        "It is UTC by its name and by one page's advice; a start date cannot be backdated, though"
        " no document says how the service refuses one.",
    ),
    Behaviour(
        "Syncs",
        "An update of a record that is synced may become a duplicate.",
        "guide",
        "The documentation's questions and answers say that it becomes an adjustment.",
    ),
    Behaviour(
        "Alerts",
        "A deleted connection is named by the nil UUID, with properties in Pascal case and Data.",
        "reference",
        "The beta's document has the connection's id, camel case and no Data.",
    ),
    Behaviour(
        "Accounts",
        "The names of accounts are those of the data model's page.",
        "reference",
        "The page on customizing adds prepaid and sales-other to sales, payout, paypalQr,"
        " prepaidPayment and manual to payments, and has loan, loanPayment, loanFee and cashback"
        " under fees.",
    ),
)


def sync_codes() -> list[Behaviour]:
    """Every sync status code with its status, its cause, and the outcome that plans it."""
    planned = {code: name for name, code in SYNC_ENDS.items()}
    return [
        Behaviour(
            "Sync status codes",
            f"{each.code} {each.status}: {each.cause}"
            + (f"; planned as {planned[each.code]}." if each.code in planned else "."),
            "reference",
            "No document lists syncStatus for the beta; later ones have Success, too."
            if each.is_success
            else "",
        )
        for each in SYNC_CODES.values()
    ]


BEHAVIOURS: Final = [
    *(Behaviour(subject, text, source) for subject, source, text in KNOWN),
    *CONTRADICTED,
    *sync_codes(),
]


def limits() -> Limits:
    """Every operation and behaviour with its source."""
    known = [
        KnownOperation(
            each.method, each.path, each.summary, each.source, each.assumed, each.contradicted
        )
        for each in operations()
    ]
    return Limits(known, BEHAVIOURS)
