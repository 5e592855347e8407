"""Rules for sending data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from codat_mock.clock import format_moment
from codat_mock.rules.contexts import (
    Evidence,
    OpenRecordsContext,
    PeriodContext,
    ProbeContext,
    PushContext,
    PushGapsContext,
    SyncContext,
)
from codat_mock.rules.registry import rule

GUIDE = "guide: Rules for sending data"
STEPS = "guide: Push commerce data to Codat"
ALL_EARLY = "every record was created before the start date"
RESTAMPED = "only its stamp, the order of its lines or a rounding error differs"


@rule(
    "S01",
    "first-push-complete",
    "error",
    source=GUIDE,
    consequence="the records are missing from the books",
    keeps=("day-after-day",),
    breaks=("incomplete-first-push",),
    message="Not pushed before the first sync",
    advice="before the first sync, push every order, payment and transaction created since the"
    " start date, to POST /data/companies/$company_id/sync/$data_type",
    subject=PeriodContext,
    applies=lambda period: period.is_first and bool(period.declared),
)
def first_push_complete(period: PeriodContext) -> Iterator[Evidence]:
    """Before the first sync every declared record of its period has been pushed."""
    for record in period.absent:
        yield Evidence(record.key, data_type=record.data_type)


@rule(
    "S02",
    "every-record-pushed",
    "error",
    source=GUIDE,
    consequence="the records are missing from the books",
    keeps=("day-after-day",),
    breaks=("forgotten-record",),
    message="Not pushed before the sync of its period",
    advice="before each sync, push every record created since the last one, to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PeriodContext,
    applies=lambda period: not period.is_first and bool(period.declared),
)
def every_record_pushed(period: PeriodContext) -> Iterator[Evidence]:
    """Before each later sync every declared record of its period has been pushed."""
    for record in period.absent:
        yield Evidence(record.key, data_type=record.data_type)


@rule(
    "S03",
    "only-new-or-changed",
    "error",
    source=GUIDE,
    consequence="the record is discarded",
    keeps=("incremental", "lost-answer"),
    breaks=("resend-all", "restamped"),
    message="Pushed again without a change",
    advice="compare each record with the version accepted last, and leave unchanged ones out of"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.known_records),
)
def only_new_or_changed(push: PushContext) -> Iterator[Evidence]:
    """A push holds only records that are new or differ from the version accepted last.

    Stamps (modifiedDate, sourceModifiedDate), the order of lines and the error of a binary float
    are not a change. A repeat is excused if the answer to the earlier push was lost or an error.
    """
    for record in push.known_records:
        if record.known is None or not record.known.is_answered:
            continue
        if record.is_repeat:
            yield Evidence(record.key)
        elif record.is_only_restamped:
            yield Evidence(record.key, RESTAMPED, changes=record.changes)


@rule(
    "S04",
    "no-duplicate-in-push",
    "error",
    source=GUIDE,
    consequence="only the last of them counts",
    keeps=("incremental", "shared-delete"),
    breaks=("doubled-in-push",),
    message="More than once in one push",
    advice="combine the changes of a record, and push its latest version once with each"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: len(push.records) > 1,
)
def no_duplicate_in_push(push: PushContext) -> Iterator[Evidence]:
    """No record is in one push more than once."""
    for key in push.duplicate_keys:
        yield Evidence(key)


@rule(
    "S05",
    "one-push-at-a-time",
    "error",
    source=GUIDE,
    consequence="nothing, or with --concurrent-pushes=miss the later push is silently missed",
    keeps=("incremental",),
    breaks=("concurrent-pushes",),
    message="Pushed during another push of the same company and data type",
    advice="wait for the answer to a push before the next"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    counts="other request",
    applies=lambda push: push.follows is not None or bool(push.overlaps),
)
def one_push_at_a_time(push: PushContext) -> Iterator[Evidence]:
    """No two pushes of one company and data type overlap in time."""
    for other in push.overlaps:
        yield Evidence(f"request {other.number}")


@rule(
    "S06",
    "previous-dataset-ended",
    "warning",
    source=GUIDE,
    consequence="nothing here; the service may process them in another order",
    keeps=("incremental",),
    breaks=("previous-dataset-not-ended",),
    message="Pushed before the previous dataset had ended",
    advice="read GET /meta/companies/$company_id/pull/history/{datasetId} until the dataset has"
    " ended, and push $data_type then",
    subject=PushContext,
    counts="earlier request",
    applies=lambda push: push.follows is not None,
)
def previous_dataset_ended(push: PushContext) -> Iterator[Evidence]:
    """The previous dataset of a company and data type has ended when the next is pushed.

    A push whose answer was lost, and a dataset that never ends, are excused.
    """
    if push.unended:
        yield Evidence(f"request {push.unended.number}", requests=[push.unended])


@rule(
    "S07",
    "push-under-5000",
    "warning",
    source=GUIDE,
    consequence="nothing here; the service may be slow or time out",
    keeps=("first-push",),
    breaks=("oversized",),
    message="Too many records in one push",
    advice="push at most 4,999 records with each POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.records),
)
def push_under_5000(push: PushContext, *, records: float = 5000) -> Iterator[Evidence]:
    """A push holds fewer than 5,000 records."""
    for record in push.records if len(push.records) >= records else ():
        yield Evidence(record.key)


@rule(
    "S08",
    "before-its-sync",
    "error",
    source=GUIDE,
    consequence="no sync picks the record any more: it is missing from the books for good",
    keeps=("incremental", "sold-before-the-sync"),
    breaks=("late-arrival", "slow-dataset"),
    message="Too late for the sync of its createdDate",
    advice="push a record to POST /data/companies/$company_id/sync/$data_type early enough for its"
    " dataset to be Complete before the sync after its createdDate; enter late records by hand in"
    " the accounting software",
    subject=(PushContext, SyncContext),
    applies=lambda subject: subject.has_timely,
)
def before_its_sync(subject: PushContext | SyncContext) -> Iterator[Evidence]:
    """A record arrives, and its dataset completes, before the sync of its `createdDate`.

    A record created up to 15 minutes before the sync, and pushed at once, is excused.
    """
    if isinstance(subject, PushContext):
        for record in subject.late:
            yield Evidence(record.key)
    else:
        for placed in subject.late:
            yield Evidence(placed.key, data_type=placed.data_type, requests=[placed.pushed_by])


@rule(
    "S09",
    "clear-of-sync-time",
    "warning",
    source=GUIDE,
    consequence="nothing, if its dataset completes before the sync",
    keeps=("incremental", "sold-before-the-sync"),
    breaks=("last-minute",),
    message="Pushed shortly before its sync",
    advice="push the last records of a period at least 15 minutes before its sync; the time is in"
    " GET /config/companies/$company_id/sync/commerce",
    subject=PushContext,
    applies=lambda push: push.next_sync is not None and bool(push.records),
)
def clear_of_sync_time(push: PushContext, *, minutes: float = 15) -> Iterator[Evidence]:
    """The last push for a period arrives at least 15 minutes before its sync is due.

    A record created in those minutes is excused.
    """
    for record in push.close(timedelta(minutes=minutes)):
        yield Evidence(record.key)


@rule(
    "S10",
    "pushed-regularly",
    "warning",
    source=GUIDE,
    consequence="nothing, if a push comes before the sync",
    keeps=("day-after-day",),
    breaks=("silent-days",),
    message="Waited over a day for the next push",
    advice="push every day on which the merchant sells something, to"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=PushGapsContext,
    applies=lambda context: bool(context.gaps),
)
def pushed_regularly(context: PushGapsContext, *, hours: float = 24) -> Iterator[Evidence]:
    """No declared record waits over 24 hours for the next push.

    The time counts from the first record created since the last push.
    """
    for gap in context.gaps:
        if gap.waited > timedelta(hours=hours):
            first, before = gap.first, [gap.before] if gap.before else []
            yield Evidence(first.key, data_type=first.data_type, requests=before)


@rule(
    "S11",
    "after-configuration",
    "error",
    source=STEPS,
    consequence="the sync fails with 4000",
    keeps=("incremental",),
    breaks=("unconfigured",),
    message="Pushed before accounting was linked and the mapping configured",
    advice="let the merchant finish the Sync Flow, or link accounting and store the mapping with"
    " POST /config/companies/$company_id/sync/commerce, before the first push",
    subject=PushContext,
    counts="push",
)
def after_configuration(push: PushContext) -> Iterator[Evidence]:
    """Connections are linked and the mapping is configured before the first push."""
    if not push.is_ready:
        yield Evidence(f"request {push.request.number}", dedup_key=push.company_id)


@rule(
    "S12",
    "after-start-date",
    "info",
    source=GUIDE,
    consequence="only a historic sync picks the record",
    keeps=("incremental", "before-the-start-by-historic-sync"),
    breaks=("before-the-start",),
    message="Created before the configured start date",
    advice="leave out records created before the startDate in"
    " GET /config/companies/$company_id/sync/commerce",
    subject=OpenRecordsContext,
    applies=lambda subject: subject.start_date is not None,
)
def after_start_date(subject: OpenRecordsContext) -> Iterator[Evidence]:
    """A record's `createdDate` is not before the configured start date.

    It is found until a historic sync picks the record.
    """
    for record in subject.early:
        yield Evidence(record.key, data_type=record.data_type, requests=[record.pushed_by])


@rule(
    "S13",
    "outcome-read",
    "warning",
    source=STEPS,
    consequence="nothing here; a failure goes unnoticed",
    keeps=("incremental", "waits-for-alerts"),
    breaks=("outcome-not-read",),
    message="Outcome never read",
    advice="read GET /meta/companies/$company_id/pull/history/{datasetId} until the dataset has"
    " ended, or subscribe to alerts about datasets",
    subject=SyncContext,
    counts="dataset",
    applies=lambda sync: bool(sync.ended),
)
def outcome_read(sync: SyncContext) -> Iterator[Evidence]:
    """The outcome of every dataset is read from the history, or delivered by an alert.

    It is judged at the next sync that runs at least five minutes after the dataset ended.
    """
    for dataset in sync.ended:
        if not dataset.is_read and not dataset.is_alerted:
            yield Evidence(dataset.id, data_type=dataset.data_type, requests=[dataset.pushed_by])


@rule(
    "S14",
    "failure-mended",
    "error",
    source=GUIDE,
    consequence="the records are missing from the books",
    keeps=("dataset-map-error", "server-error"),
    breaks=("unresolved-failure", "refused-and-forgotten", "mistyped-company"),
    message="Failed, and not pushed again before the sync",
    advice="push the records of a failed push or dataset again, to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=SyncContext,
    applies=lambda sync: any(dataset.is_failed for dataset in sync.ended) or bool(sync.failed),
)
def failure_mended(sync: SyncContext) -> Iterator[Evidence]:
    """Records of a failed push or dataset are pushed again before the next sync.

    A push fails if the answer is an error other than 400, or if it is not processed.
    """
    for push in sync.failed:
        for key in push.unresolved:
            yield Evidence(key, push.why, data_type=push.data_type, requests=[push.request])
    for dataset in sync.ended:
        for key in dataset.unresolved:
            note = f"dataset {dataset.id} ended in {dataset.outcome}"
            yield Evidence(key, note, data_type=dataset.data_type, requests=[dataset.pushed_by])


@rule(
    "S15",
    "record-valid",
    "error",
    source="reference",
    consequence="the push is refused (400), or its dataset ends in ValidationError",
    keeps=("worked-example",),
    breaks=("validation-error", "wrong-type"),
    message="Invalid",
    advice="give every record a non-empty id, and each property its documented type,"
    " in POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    counts="place",
    applies=lambda push: bool(push.records or push.problems),
)
def record_valid(push: PushContext) -> Iterator[Evidence]:
    """Every record has an id, and properties of the right types."""
    for problem in push.problems:
        dedup_key = "" if push.records else f"{push.company_id} {push.data_type} {problem}"
        yield Evidence(problem.item or problem.path, str(problem), dedup_key=dedup_key)


@rule(
    "S16",
    "sale-not-coupled",
    "error",
    source="guide: Asynchronous data pushing",
    consequence="nothing here; the shop stops selling when the service fails",
    keeps=("decoupled-sale",),
    breaks=("coupled-sale",),
    message="Recording a sale depended on the service",
    advice="store a sale locally first, and push it in the background to"
    " POST /data/companies/{companyId}/sync/{dataType}",
    subject=ProbeContext,
    counts="sale",
    applies=lambda probe: bool(probe.sales),
)
def sale_not_coupled(probe: ProbeContext, *, seconds: float = 1) -> Iterator[Evidence]:
    """Recording a sale neither waits for a push nor fails with it.

    The decoupling probe judges it; a sale may take one second.
    """
    for number, sale in enumerate(probe.sales, start=1):
        if sale.error is not None:
            yield Evidence(f"sale {number}", f"failed: {sale.error}")
        elif sale.seconds > seconds:
            yield Evidence(f"sale {number}", f"took over {seconds:g} s")


@rule(
    "S17",
    "connection-alive",
    "error",
    source=GUIDE,
    consequence="the dataset ends in AuthError",
    keeps=("incremental",),
    breaks=("auth-error", "alert-of-deletion"),
    message="Pushed after the commerce connection was unlinked",
    advice="stop pushing after the merchant unlinks: read"
    " GET /meta/companies/$company_id/connections, or subscribe to alerts about connections",
    subject=PushContext,
    counts="push",
)
def connection_alive(push: PushContext) -> Iterator[Evidence]:
    """Nothing is pushed after the commerce connection is unlinked or deleted."""
    if not push.is_linked:
        yield Evidence(f"request {push.request.number}", dedup_key=push.company_id)


@rule(
    "S18",
    "retry-keeps-ids",
    "error",
    source="assumed",
    consequence="the sale is booked twice",
    keeps=("lost-answer",),
    breaks=("retried-under-new-id",),
    message="Equal to a record whose push got no answer, but for its id",
    advice="repeat a push that got no answer with the same ids, in"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.records) and push.follows is not None,
)
def retry_keeps_ids(push: PushContext) -> Iterator[Evidence]:
    """A record whose push got no answer is not pushed again under another id.

    It is judged if none of the merchant's records are declared; else rule B04 judges the books.
    """
    for record in push.records:
        if record.retries:
            yield Evidence(record.key, f"as {record.retries}")


@rule(
    "S19",
    "body-is-read",
    "error",
    source="reference",
    consequence="the service ignores what it does not know, and books nothing of it",
    keeps=("worked-example",),
    breaks=("snake-case", "wrong-list"),
    message="Not read by the service",
    advice="name the list and every property as GET /_mock/openapi.json does, in"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    counts="property",
)
def body_is_read(push: PushContext) -> Iterator[Evidence]:
    """A push has the list of its data type, and spells every property as documented."""
    for name in push.unread:
        yield Evidence(name)


@rule(
    "S20",
    "created-date-usable",
    "error",
    source="assumed",
    consequence="no sync picks the record",
    keeps=("worked-example",),
    breaks=("no-created-date", "created-in-the-future", "all-before-the-start"),
    message="No sync will pick it",
    advice="give every record the createdDate of the merchant's system in"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=(PushContext, OpenRecordsContext),
)
def created_date_usable(
    subject: PushContext | OpenRecordsContext, *, hours: float = 24
) -> Iterator[Evidence]:
    """A new record has a `createdDate`, at most 24 hours later than its push.

    Nor are all records created before the start date.
    """
    if isinstance(subject, OpenRecordsContext):
        for placed in subject.early if subject.is_all_early else ():
            by = [placed.pushed_by]
            yield Evidence(placed.key, ALL_EARLY, data_type=placed.data_type, requests=by)
        return
    latest = subject.at + timedelta(hours=hours)
    for record in subject.records:
        created = record.created
        if created is not None and created <= latest:
            continue
        is_known = record.known is not None and not record.known.is_delete
        if is_known or not record.key or record.pushed.is_delete or record.is_fat_delete:
            continue
        said = (
            f"its createdDate is {format_moment(created)}" if created else "it has no createdDate"
        )
        yield Evidence(record.key, said)
