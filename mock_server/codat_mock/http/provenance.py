"""How the real service behaves beyond single operations, and where its documents disagree.

The sync codes' part is made from their declarations; the other behaviours are listed here.
"""

from __future__ import annotations

from typing import Final

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.configuration.checks import PLANNED_MESSAGES
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.http.operations import Source, source_of
from codat_mock.models.commerce import Wire


class Behaviour(Wire, omit_defaults=False):
    """A behaviour beyond a single operation.

    Args:
        subject: what it is about.
        statement: what the mock does.
        source: the kind of document it follows.
        section: where that document says so.
        contradicted: what another document says, empty if none does.
    """

    subject: str
    statement: str
    source: Source
    section: str
    contradicted: str = ""


def behaviour(subject: str, section: str, statement: str, contradicted: str = "") -> Behaviour:
    """A behaviour, whose kind of source follows from its section.

    Args:
        subject: what it is about.
        section: as `source_of` reads it.
        statement: what the mock does.
        contradicted: what another document says.
    """
    return Behaviour(subject, statement, source_of(section), section, contradicted)


KNOWN: Final = (
    behaviour(
        "Key", "contract 1 §1", "The Authorization header is 'Basic' and the base64 of the API key."
    ),
    behaviour(
        "Key", "assumed", "Every well-formed key is accepted, unless the server has --api-key."
    ),
    behaviour("Errors", "assumed", "A 400 names every mistake by its JSON path or line."),
    behaviour("Errors", "contract 2 §C", "A 402 has the validation error of the company limit."),
    behaviour("Bodies", "contract 1 §1", "Unknown properties are ignored."),
    behaviour(
        "Bodies", "assumed", "Bodies of up to 64 MiB are read, uncompressed if they are gzip."
    ),
    behaviour("Bodies", "assumed", "A body without a Content-Type is read as JSON."),
    behaviour(
        "Bodies",
        "contract 2 §A6",
        "In order.payments[], amount, dueDate and createdDate may be null.",
    ),
    behaviour(
        "Lists", "contract 1 §1", "Lists have page, pageSize, query and orderBy, and HAL links."
    ),
    behaviour(
        "Lists", "assumed", "Text is compared ignoring case; any element of a list may match."
    ),
    behaviour(
        "Lists", "assumed", "A query's value has no braces, && or ||; quotes are a part of it."
    ),
    behaviour("Lists", "contract 2 §E", "A query that is encoded twice is read, too."),
    behaviour("Companies", "contract 1 §1", "A free plan has 50 companies; beyond that 402."),
    behaviour("Companies", "assumed", "The limit is off unless the server has --company-limit."),
    behaviour(
        "Companies", "contract 2 §A14", "Characters that are not allowed are removed from a name."
    ),
    behaviour(
        "Connections",
        "contract 2 §A13",
        "Only a Linked connection can be unlinked; else 409 (assumed).",
    ),
    behaviour("Connections", "assumed", "A merchant who refuses leaves a connection Deauthorized."),
    behaviour(
        "Connections", "assumed", "lastSync is the end of the last dataset, or of the last sync."
    ),
    behaviour(
        "Sync Flow", "contract 2 §E", "Its URL is valid once and for 30 seconds; after that 401."
    ),
    behaviour(
        "Sync Flow", "assumed", "Once the mapping is saved, the same URL opens the settings."
    ),
    behaviour("Sync Flow", "assumed", "The merchant's pages and their wording are the mock's own."),
    behaviour(
        "Configuration",
        "contract 1 §5, §6; contract 2 §C",
        "A configuration error makes a sync fail with code 4000.",
    ),
    behaviour(
        "Configuration",
        "contract 2 §A7",
        "syncHourUtc is 0 and timeZone Etc/UTC unless they are sent.",
    ),
    behaviour(
        "Configuration",
        "contract 2 §A5",
        "A property without a value is absent if null is not allowed.",
    ),
    behaviour(
        "Configuration", "assumed", "Charts of accounts, customers and suppliers are made up."
    ),
    behaviour(
        "Configuration", "assumed", "A merchant maps a new tax rate to the same or the usual one."
    ),
    behaviour("Configuration", "assumed", "newPayments is stored, without effect."),
    behaviour(
        "Configuration", "assumed", "newTaxRates counts for rates that taxRates leaves open."
    ),
    behaviour("Configuration", "contract 2 §A10", "Invoices can be split by location and country."),
    behaviour(
        "Configuration", "assumed", "Books do not change; plan a 4000 with the vendor's message."
    ),
    behaviour(
        "Configuration", "contract 2 §E", "The Sync Flow sets syncs to 00:00, merchant's time."
    ),
    behaviour(
        "Pushes",
        "guide, steps 1 and 2",
        "A push is answered with a datasetId, and processed afterwards.",
    ),
    behaviour(
        "Pushes",
        "guide, rules for deleting data",
        "An object that has only its id deletes the record.",
    ),
    behaviour(
        "Pushes", "guide, rules for sending data", "Concurrent pushes of a data type may be missed."
    ),
    behaviour(
        "Pushes",
        "guide, rules for sending data",
        "Payloads of fewer than 5,000 records are recommended.",
    ),
    behaviour(
        "Pushes", "assumed", "Times are compared to the microsecond; a seventh digit is cut."
    ),
    behaviour("Pushes", "assumed", "Data is answered as it came, unknown properties too."),
    behaviour("Pushes", "assumed", "A reference or a list may be null, which counts as absent."),
    behaviour("Pushes", "assumed", "A transaction is identified by its id and type together."),
    behaviour(
        "Pushes", "assumed", "Without a linked commerce connection the dataset is AuthError."
    ),
    behaviour(
        "Pushes", "assumed", "A push to an unknown company counts for the one most like it (S14)."
    ),
    behaviour(
        "Pushes",
        "contract 1 §3; contract 2 §G",
        "A card sale has two transactions, both with the payment's id.",
    ),
    behaviour(
        "Datasets",
        "guide, step 3; contract 1 §4",
        "A dataset has a status, requested and completed, and progress.",
    ),
    behaviour("Datasets", "assumed", "It takes 7.8 seconds, and progress goes in steps of 20."),
    behaviour(
        "Syncs",
        "guide, step 4; contract 1 §6",
        "They run at the time that the merchant configured, or on demand.",
    ),
    behaviour(
        "Syncs",
        "guide, rules for sending data",
        "Records from before the configured start date are not mapped.",
    ),
    behaviour(
        "Syncs", "contract 1 §6", "Periods, status codes and the switch-off after 31 failures."
    ),
    behaviour(
        "Syncs",
        "contract 2 §C",
        "errorMessage and syncExceptionMessage are equal; empty on success.",
    ),
    behaviour("Syncs", "assumed", "A record is picked by its createdDate."),
    behaviour("Syncs", "assumed", "After a 4040 no sync follows until a configuration is stored."),
    behaviour(
        "Syncs", "assumed", "A push error leaves the sales written; the next sync writes the rest."
    ),
    behaviour("Syncs", "assumed", "A schedule with an error plans no sync; the status says why."),
    behaviour(
        "Syncs",
        "assumed",
        "A status of success has no message: what was left out is on the portal's page of the"
        " sync, and in GET /_mock/books.",
    ),
    behaviour("Syncs", "contract 1 §6", "A period begins where the last successful sync ended."),
    behaviour(
        "Books",
        "contract 1 §6; contract 2 §B",
        "A daily invoice and credit note, with a line for each tax rate.",
    ),
    behaviour(
        "Books",
        "contract 2 §B",
        "Xero: refunds paid against the credit note; fees as one bill a day.",
    ),
    behaviour("Books", "contract 2 §B", "Xero: fees of a bank account as money spent or received."),
    behaviour(
        "Books",
        "contract 2 §B",
        "QuickBooks: refunds by a journal and a payment of zero that links it.",
    ),
    behaviour("Books", "contract 2 §A2, §B", "QuickBooks: fee refunds as bank deposits."),
    behaviour(
        "Books", "contract 2 §B", "Journals: one balanced entry a day, a line for each account."
    ),
    behaviour(
        "Books", "assumed", "A later sync of the same day extends the documents of that day."
    ),
    behaviour(
        "Books", "assumed", "An update of what is booked is written as a document of its own."
    ),
    behaviour(
        "Books", "assumed", "QuickBooks in the US, with automatic sales tax, is not offered."
    ),
    behaviour(
        "Books",
        "contract 2 §A3",
        "A payment type without an account stops a sync, as a tax rate does.",
    ),
    behaviour(
        "Books", "assumed", "FreeAgent is booked as Xero; QuickBooks pays its fee bills at once."
    ),
    behaviour("Books", "assumed", "Numbers, references, due dates, notes and descriptions."),
    behaviour("Books", "assumed", "mapSettings.outputFormat may change until a sync has written."),
    behaviour(
        "Books", "assumed", "A fee leaves the account of its payment's type, else that of cards."
    ),
    behaviour(
        "Books", "assumed", "A PaymentFee above zero reverses a fee; so does a negative refund."
    ),
    behaviour(
        "Books", "assumed", "Payouts and transfers go from the clearing account into the bank."
    ),
    behaviour(
        "Books", "assumed", "What is paid beyond an order's debt is a liability, and marked."
    ),
    behaviour(
        "Books", "assumed", "A charge of type Overpayment is no debt of the order: likewise (R04)."
    ),
    behaviour(
        "Books",
        "assumed",
        "A fee or payout without a currency has that of its payment, else of its order.",
    ),
    behaviour(
        "Books",
        "assumed",
        "A line without totalAmount comes to quantity times unitPrice, less its discounts.",
    ),
    behaviour(
        "Books", "assumed", "A payment in another currency than its order's is set aside, marked."
    ),
    behaviour(
        "Books", "assumed", "A repayment that no order refunds is credited at the order's rates."
    ),
    behaviour(
        "Books",
        "assumed",
        "A refund settles the sale of its order where they are equal and unpaid.",
    ),
    behaviour(
        "Books",
        "assumed",
        "A repayment whose source is a payment, or a sale that owes nothing back, settles the"
        " unpaid refunds that come to its amount.",
    ),
    behaviour(
        "Books",
        "assumed",
        "A refund that comes to the amount of an earlier repayment, up to 31 days later, becomes"
        " the content of its credit note.",
    ),
    behaviour(
        "Books",
        "assumed",
        "What a repayment credited is invoiced again as far as it is paid again.",
    ),
    behaviour(
        "Books",
        "assumed",
        "A refund order names no sale: where neither is paid, invoice and credit note stay open,"
        " nothing is owed in all, and somebody allocates them.",
    ),
    behaviour("Books", "assumed", "What cannot be booked yet is taken again by the next sync."),
    behaviour(
        "Books", "assumed", "A discount on the order is spread over its lines by value, before tax."
    ),
    behaviour("Books", "assumed", "A totalRefund without lines is spread over the order's rates."),
    behaviour(
        "Books", "assumed", "The order's tax counts where each line's is rounded, not their sum."
    ),
    behaviour(
        "Books", "assumed", "A tax without a percentage is matched to the nearest mapped rate."
    ),
    behaviour(
        "Books", "assumed", "A negative line without quantity reduces the sale, as a voucher does."
    ),
    behaviour("Books", "assumed", "An order that is free makes no document of its own."),
    behaviour("Books", "assumed", "Amounts are rounded to the currency's smallest unit, half up."),
    behaviour("Books", "assumed", "Cash is rounded to the smallest coin, on its way in and out."),
    behaviour(
        "Books", "assumed", "A line's productRef makes it a gift card, or gives it a category."
    ),
    behaviour(
        "Books",
        "assumed",
        "In journal entries each tax rate, or component of one, has an account of its own, such as"
        " tax-20 under sales: the chart's until another is selected. With none, or without the tax"
        " rate, the sync fails with 4200, which names the merchant's own tax rate or the"
        " percentage.",
    ),
    behaviour("Books", "assumed", "A line uses the merchant's own tax rates of its percentage."),
    behaviour(
        "Alerts",
        "contract 1 §8; contract 2 §F",
        "Rule types, bodies, retriable codes, three retries in two minutes.",
    ),
    behaviour(
        "Alerts", "contract 2 §F", "A company is new until the first dataset of any type completes."
    ),
    behaviour(
        "Alerts", "assumed", "Retries come after 15, 30 and 60 seconds; no answer counts as 408."
    ),
    behaviour(
        "Alerts", "assumed", "ClientId is the sandbox's; nothing raises the three other types."
    ),
    behaviour("Alerts", "assumed", "A deletion unlinks the commerce connection, and no other."),
    behaviour("Alerts", "assumed", "Initial pulls raise no alert."),
    behaviour("Rate limits", "assumed", "A delayed answer counts as in progress."),
    behaviour("Rate limits", "contract 1 §1", "They exist; the mock applies none by default."),
    behaviour(
        "Portal",
        "contract 2 §D",
        "Sync health: totals, search, dates, codes, order, configuration.",
    ),
)
CONTRADICTED: Final = (
    behaviour(
        "Errors",
        "contract 1 §1; contract 2 §A16, §C",
        "Errors have the vendor's body, with a correlation id that is a UUID; canBeRetried is"
        " 'False'.",
        "Later examples have canBeRetried 'Unknown' and 32 hex digits; the documentation of the"
        " beta omits canBeRetried and detailedErrorCode; later examples of 402 and 503 have other"
        " numbers in statusCode.",
    ),
    behaviour(
        "Integrations",
        "contract 2 §A1, §A13",
        "FreeAgent's key is fbrh; Partner Commerce is the name of lqai.",
        "The documentation names lqai PlatformCommerce.",
    ),
    behaviour(
        "Companies",
        "contract 2 §H, §I",
        "DELETE and GET of a company and of a connection are those of the later generation.",
        "The documentation of the beta shows a company with platform and connections; the later"
        " document has no platform.",
    ),
    behaviour(
        "Sync Flow",
        "contract 2 §E, §I",
        "A merchant who deletes the connection in the flow ends syncing.",
        "The flow can de-authorise on one page of the documentation, only delete on another. After"
        " re-linking, syncs resume by themselves or need enabled: true, on the same page; here they"
        " need a stored configuration.",
    ),
    behaviour(
        "Sync Flow",
        "contract 2 §E",
        "The path of its URL has a UUID and the keys of both integrations.",
        "Another sample of the documentation has the names partnercommerce/xero in place of keys.",
    ),
    behaviour(
        "Schedule",
        "contract 2 §A7, §I",
        "syncHourUtc is an hour in the merchant's time zone; a start date may lie in the past, so"
        " that the first push can hold earlier sales.",
        "It is UTC by its name and by one page's advice. A start date cannot be backdated, says one"
        " page, and no document says how the service refuses one; another page sets one of May in"
        " July.",
    ),
    behaviour(
        "Schedule",
        "contract 1 §1; contract 2 §A7",
        "A start date without a time begins at 00:00, UTC.",
        "One page of the documentation applies the schedule's time zone to the start date.",
    ),
    behaviour(
        "Syncs",
        "guide, rules for updating data",
        "An update of a record that is synced may become a duplicate.",
        "The documentation's questions and answers say that it becomes an adjustment.",
    ),
    behaviour(
        "Alerts",
        "contract 2 §F, §I",
        "A deleted connection is named by the nil UUID, with properties in Pascal case and Data.",
        "The beta's document has the connection's id, camel case and no Data.",
    ),
    behaviour(
        "Accounts",
        "contract 1 §5; contract 2 §A9",
        "The names of accounts are those of the data model's page, and prepaid and payout.",
        "The page on customizing adds prepaid and sales-other to sales, payout, paypalQr,"
        " prepaidPayment and manual to payments, and has loan, loanPayment, loanFee and cashback"
        " under fees.",
    ),
    behaviour(
        "Accounts",
        "contract 2 §A8",
        "An account's classification is nominal or bank.",
        "Later documents have an example 'Bank Nominal'.",
    ),
    behaviour(
        "Sync type",
        "contract 2 §B",
        "Invoices or journal entries can be chosen by every merchant.",
        "Journal entries are a feature on request, says another page.",
    ),
)


def configuration_errors() -> list[Behaviour]:
    """Each message of code 4000 that the mock's books do not lead to, since they do not change."""
    return [
        behaviour(
            "Configuration errors",
            "contract 2 §C",
            f"'{message}' is planned only, as the message of a ConfigurationError.",
        )
        for message in PLANNED_MESSAGES
    ]


def sync_codes() -> list[Behaviour]:
    """Every sync status code with its status, its cause, and the outcome that plans it."""
    planned = {code: name for name, code in SYNC_ENDS.items()}
    return [
        behaviour(
            "Sync status codes",
            "contract 1 §6; contract 2 §C",
            f"{each.code} {each.status}: {each.cause}"
            + (f"; planned as {planned[each.code]}." if each.code in planned else "."),
            "No document lists syncStatus for the beta; later ones have Success, too."
            if each.is_success
            else "",
        )
        for each in SYNC_CODES.values()
    ]


BEHAVIOURS: Final = [*KNOWN, *CONTRADICTED, *configuration_errors(), *sync_codes()]
