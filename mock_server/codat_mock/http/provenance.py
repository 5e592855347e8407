"""What is known of the real service, and what of the mock's behaviour is assumed.

The operations' part is made of their declarations; the behaviours stand here.
"""

from __future__ import annotations

from typing import Final

from codat_mock.http.operations import Source, operations
from codat_mock.models.commerce import Wire


class Behaviour(Wire, omit_defaults=False):
    """Something that the mock does beyond a single operation, and where it is known from."""

    subject: str
    statement: str
    source: Source


class KnownOperation(Wire, omit_defaults=False):
    """An operation, where it is known from, and what of it is assumed."""

    method: str
    path: str
    summary: str
    source: Source
    assumed: str


class Limits(Wire, omit_defaults=False):
    """How far the mock can be trusted."""

    operations: list[KnownOperation]
    behaviours: list[Behaviour]


KNOWN: Final[tuple[tuple[str, Source, str], ...]] = (
    ("Key", "reference", "The Authorization header is 'Basic' and the base64 of the API key."),
    ("Key", "assumed", "Every well-formed key is known, unless the server is given keys."),
    ("Errors", "reference", "Refusals have the vendor's error body, with a correlation id."),
    ("Errors", "assumed", "A 400 names every wrong place by its JSON path or line."),
    ("Bodies", "reference", "Properties that are not known are ignored."),
    ("Bodies", "assumed", "Bodies of up to 64 MiB are read, unpacked where they are gzip."),
    ("Bodies", "assumed", "A body without a Content-Type is taken as JSON."),
    ("Lists", "reference", "Lists have page, pageSize, query and orderBy, and HAL links."),
    ("Lists", "assumed", "Text is compared whatever its case; of a list any element may meet."),
    ("Lists", "assumed", "A query's value has no braces, && or ||; quotes are a part of it."),
    ("Companies", "reference", "A free plan has 50 companies; beyond that 402."),
    ("Companies", "assumed", "The limit is off unless the server is given --company-limit."),
    ("Connections", "assumed", "A merchant who refuses leaves a connection Deauthorized."),
    ("Connections", "assumed", "lastSync is the end of the last dataset, or of the last sync."),
    ("Sync Flow", "reference", "Its URL carries a code that is good once and for 30 seconds."),
    ("Sync Flow", "assumed", "The merchant's pages and their wording are the mock's own."),
    ("Configuration", "reference", "A configuration error makes a sync fail with code 4000."),
    ("Configuration", "assumed", "Charts of accounts, customers and suppliers are made up."),
    ("Pushes", "guide", "A push is answered with a datasetId, and processed afterwards."),
    ("Pushes", "guide", "An object that has only its id deletes the record."),
    ("Pushes", "guide", "Concurrent pushes of a data type may be missed."),
    ("Pushes", "guide", "Payloads of fewer than 5,000 records are recommended."),
    ("Pushes", "assumed", "Moments are compared to the microsecond; a seventh digit is cut."),
    ("Pushes", "assumed", "A transaction is identified by its id and type together."),
    ("Pushes", "assumed", "Without a linked commerce connection the dataset is AuthError."),
    ("Datasets", "guide", "A dataset has a status, requested and completed, and progress."),
    ("Datasets", "assumed", "It takes 7.8 seconds, and progress goes in steps of 20."),
    ("Syncs", "guide", "They run at the time that the merchant configured, or on demand."),
    ("Syncs", "guide", "Records from before the configured start date are not mapped."),
    ("Syncs", "guide", "An update after the sync may become a duplicate."),
    ("Syncs", "reference", "Periods, status codes and the switch-off after 31 failures."),
    ("Syncs", "assumed", "A record is picked by its createdDate."),
    ("Syncs", "assumed", "They end in 4040 by an Unlinked connection, 4220 by a Deauthorized one."),
    ("Syncs", "assumed", "After a 4040 no sync follows until a configuration is stored."),
    ("Syncs", "assumed", "A push error leaves the sales written; the next sync writes the rest."),
    ("Syncs", "assumed", "By a schedule that cannot be kept none is due; the status says why."),
    ("Books", "reference", "Invoices, credit notes, payments, bills and bill credit notes."),
    ("Books", "assumed", "Numbers, descriptions and the rounding line are the mock's own."),
    ("Alerts", "reference", "Rule types, bodies, retriable codes, three retries in two minutes."),
    ("Alerts", "assumed", "Retries come after 15, 30 and 60 seconds; no answer is as 408."),
    ("Alerts", "assumed", "ClientId is the sandbox's, and messages are the mock's own."),
    ("Alerts", "assumed", "A deletion unlinks the commerce connection, and no other."),
    ("Rate limits", "assumed", "An answer that is held back counts as under way."),
    ("Rate limits", "reference", "They exist; the mock does not apply any by default."),
)
BEHAVIOURS: Final = [Behaviour(subject, text, source) for subject, source, text in KNOWN]


def limits() -> Limits:
    """Every operation and behaviour, and where it is known from."""
    known = [
        KnownOperation(each.method, each.path, each.summary, each.source, each.assumed)
        for each in operations()
    ]
    return Limits(known, BEHAVIOURS)
