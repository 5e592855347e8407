"""Rules for sending data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from codat_mock.rules.contexts import (
    Evidence,
    PeriodContext,
    ProbeContext,
    PushContext,
    PushGapsContext,
    SyncContext,
)
from codat_mock.rules.registry import rule

GUIDE = "guide: Rules for sending data"
STEPS = "guide: Push commerce data to Codat"


@rule(
    "S01",
    "first-push-complete",
    "error",
    source=GUIDE,
    consequence="the books lack what was not pushed",
    keeps=("day-after-day",),
    breaks=("incomplete-first-push",),
    message="Of the merchant's, and not pushed before the first sync",
    advice="before the first sync, push every order, payment and transaction created since the"
    " start date, to POST /data/companies/$company_id/sync/$data_type",
    subject=PeriodContext,
    applies=lambda period: period.is_first and bool(period.declared),
)
def first_push_complete(period: PeriodContext) -> Iterator[Evidence]:
    """Before the first sync every declared record of its period has been pushed."""
    for own in period.absent:
        yield Evidence(own.key, data_type=own.data_type)


@rule(
    "S02",
    "every-record-pushed",
    "error",
    source=GUIDE,
    consequence="the books lack what was not pushed",
    keeps=("day-after-day",),
    breaks=("forgotten-record",),
    message="Of the merchant's, and not pushed before the sync of its period",
    advice="before each sync, push every record created since the last one, to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PeriodContext,
    applies=lambda period: not period.is_first and bool(period.declared),
)
def every_record_pushed(period: PeriodContext) -> Iterator[Evidence]:
    """Before each later sync every declared record of its period has been pushed."""
    for own in period.absent:
        yield Evidence(own.key, data_type=own.data_type)


@rule(
    "S03",
    "only-new-or-changed",
    "error",
    source=GUIDE,
    consequence="the record is discarded",
    keeps=("incremental", "lost-answer"),
    breaks=("resend-all",),
    message="Pushed again though equal to the version accepted last",
    advice="compare each record with what was accepted last, and leave what has not changed out of"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: push.has_known,
)
def only_new_or_changed(push: PushContext) -> Iterator[Evidence]:
    """A push holds only records that are new or differ from the version accepted last.

    A repeat is excused where the answer to the earlier push was lost or an error.
    """
    for record in push.repeats:
        if record.known and record.known.is_answered:
            yield Evidence(record.key)


@rule(
    "S04",
    "no-duplicate-in-push",
    "error",
    source=GUIDE,
    consequence="the last of them wins",
    keeps=("incremental",),
    breaks=("doubled-in-push",),
    message="Standing more than once in one push",
    advice="gather the changes of a record, and push its newest version once with each"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: len(push.records) > 1,
)
def no_duplicate_in_push(push: PushContext) -> Iterator[Evidence]:
    """No record stands twice in one push."""
    for key in push.doubled_keys:
        yield Evidence(key)


@rule(
    "S05",
    "one-push-at-a-time",
    "error",
    source=GUIDE,
    consequence="nothing, or with --concurrent-pushes=miss the later push is silently missed",
    keeps=("incremental",),
    breaks=("concurrent-pushes",),
    message="Pushed while another push of the same company and data type was under way",
    advice="wait for the answer to a push before the next"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    counts="other push",
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
    consequence="nothing here; the service may take them in another order",
    keeps=("incremental",),
    breaks=("impatient",),
    message="Pushed before the dataset of the push before had ended",
    advice="read GET /meta/companies/$company_id/pull/history/{datasetId} until the dataset has"
    " ended, and push $data_type then",
    subject=PushContext,
    counts="earlier push",
    applies=lambda push: push.follows is not None,
)
def previous_dataset_ended(push: PushContext) -> Iterator[Evidence]:
    """The previous dataset of a company and data type has ended when the next is pushed.

    A push whose answer was lost, and a dataset that never ends, keep nobody waiting.
    """
    if push.unended:
        yield Evidence(f"request {push.unended.number}", requests=[push.unended])


@rule(
    "S07",
    "push-under-5000",
    "warning",
    source=GUIDE,
    consequence="nothing here; the service is slow with it, or times out",
    keeps=("first-push",),
    breaks=("oversized",),
    message="Pushed at once",
    advice="push 4,999 records at the most with each"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.records),
)
def push_under_5000(push: PushContext, *, records: float = 5000) -> Iterator[Evidence]:
    """A push holds fewer than 5,000 records."""
    if len(push.records) >= records:
        for record in push.records:
            yield Evidence(record.key)


@rule(
    "S08",
    "before-its-sync",
    "error",
    source=GUIDE,
    consequence="no sync takes the record any more: it is missing from the books for good",
    keeps=("incremental",),
    breaks=("late-arrival", "slow-dataset"),
    message="Too late for the sync of the time it was created in",
    advice="push a record to POST /data/companies/$company_id/sync/$data_type, and see its dataset"
    " Complete, before the sync after its createdDate; enter what came too late by hand in the"
    " accounting software",
    subject=(PushContext, SyncContext),
    applies=lambda subject: subject.has_timely,
)
def before_its_sync(subject: PushContext | SyncContext) -> Iterator[Evidence]:
    """A record arrives, and its dataset completes, before the sync of its `createdDate`."""
    if isinstance(subject, PushContext):
        for record in subject.late:
            yield Evidence(record.key)
    else:
        for placed in subject.late:
            yield Evidence(placed.key, data_type=placed.data_type, requests=[placed.brought_by])


@rule(
    "S09",
    "clear-of-sync-time",
    "warning",
    source=GUIDE,
    consequence="nothing, as long as its dataset completes before the sync",
    keeps=("incremental",),
    breaks=("last-minute",),
    message="Pushed shortly before the sync that is to take it",
    advice="push the last records of a period at least 15 minutes before its sync; read the time"
    " from GET /config/companies/$company_id/sync/commerce",
    subject=PushContext,
    applies=lambda push: push.next_sync is not None and bool(push.records),
)
def clear_of_sync_time(push: PushContext, *, minutes: float = 15) -> Iterator[Evidence]:
    """The last push for a period arrives at least 15 minutes before its sync is due."""
    for record in push.close(timedelta(minutes=minutes)):
        yield Evidence(record.key)


@rule(
    "S10",
    "pushed-regularly",
    "warning",
    source=GUIDE,
    consequence="nothing, as long as a push comes before the sync",
    keeps=("day-after-day",),
    breaks=("silent-days",),
    message="Waited for over a day for the next push",
    advice="on each day on which the merchant has sold anything, push it to"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=PushGapsContext,
    applies=lambda silence: bool(silence.gaps),
)
def pushed_regularly(silence: PushGapsContext, *, hours: float = 24) -> Iterator[Evidence]:
    """No declared record waits for over 24 hours between two pushes.

    It counts from the first record in a gap, as before it there was nothing to push.
    """
    for gap in silence.gaps:
        if gap.waited > timedelta(hours=hours):
            yield Evidence(
                gap.first.key,
                data_type=gap.first.data_type,
                requests=[gap.before] if gap.before else (),
            )


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
    consequence="the record is never mapped",
    keeps=("incremental",),
    breaks=("before-the-start",),
    message="Created before the configured start date",
    advice="leave out what was created before the startDate that"
    " GET /config/companies/$company_id/sync/commerce shows",
    subject=PushContext,
    applies=lambda push: push.start_date is not None and any(True for _ in push.news),
)
def after_start_date(push: PushContext) -> Iterator[Evidence]:
    """A record's `createdDate` is not before the configured start date."""
    for record in push.news:
        if push.start_date and record.created and record.created < push.start_date:
            yield Evidence(record.key)


@rule(
    "S13",
    "outcome-read",
    "warning",
    source=STEPS,
    consequence="nothing here; a failure would go unnoticed",
    keeps=("incremental", "waits-for-alerts"),
    breaks=("blind",),
    message="Ended, and nobody has looked how",
    advice="read GET /meta/companies/$company_id/pull/history/{datasetId} until it has ended, or"
    " take the alerts of datasets",
    subject=SyncContext,
    counts="dataset",
    applies=lambda sync: bool(sync.ended),
)
def outcome_read(sync: SyncContext) -> Iterator[Evidence]:
    """The end of every dataset is read from the history, or delivered as an alert.

    It is judged at the next sync that runs five minutes after the end, or later.
    """
    for dataset in sync.ended:
        if not dataset.is_read and not dataset.is_told:
            yield Evidence(dataset.id, data_type=dataset.data_type, requests=[dataset.pushed_by])


@rule(
    "S14",
    "failure-mended",
    "error",
    source=GUIDE,
    consequence="the books lack the records",
    keeps=("dataset-map-error",),
    breaks=("unmended-failure",),
    message="In a dataset that failed, and not pushed again before the sync",
    advice="push the records of a failed dataset again, to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=SyncContext,
    applies=lambda sync: any(dataset.is_failed for dataset in sync.ended),
)
def failure_mended(sync: SyncContext) -> Iterator[Evidence]:
    """Records of a failed dataset are pushed again before the next sync."""
    for dataset in sync.ended:
        for key in dataset.unmended:
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
    message="Not valid",
    advice="give every record a non-empty id, and properties of the types that the reference tells,"
    " in POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    counts="place",
    applies=lambda push: bool(push.records or push.problems),
)
def record_valid(push: PushContext) -> Iterator[Evidence]:
    """Every record has its id, and properties of the right types."""
    for problem in push.problems:
        yield Evidence(problem.item or problem.path, str(problem))


@rule(
    "S16",
    "sale-not-coupled",
    "error",
    source="guide: Asynchronous data pushing",
    consequence="nothing here; the shop stops selling when the service does",
    keeps=("decoupled-till",),
    breaks=("coupled-till",),
    message="Recording a sale hung on the service",
    advice="record a sale in the shop's own store, and push it from there in the background to"
    " POST /data/companies/{companyId}/sync/{dataType}",
    subject=ProbeContext,
    counts="sale",
    applies=lambda probe: bool(probe.sales),
)
def sale_not_coupled(probe: ProbeContext, *, seconds: float = 1) -> Iterator[Evidence]:
    """Recording a sale neither waits for a push nor fails with it.

    It is judged by the decoupling probe; a sale may take a second.
    """
    for number, sale in enumerate(probe.sales, start=1):
        if sale.error is not None:
            yield Evidence(f"sale {number}", f"it failed: {sale.error}")
        elif sale.seconds > seconds:
            yield Evidence(f"sale {number}", f"it took over {seconds:g} s")


@rule(
    "S17",
    "connection-alive",
    "error",
    source=GUIDE,
    consequence="the dataset ends in AuthError",
    keeps=("incremental",),
    breaks=("auth-error", "told-of-deletion"),
    message="Pushed though the commerce connection is not linked any more",
    advice="stop pushing when the merchant has unlinked: read"
    " GET /meta/companies/$company_id/connections, or"
    " take the alerts of connections",
    subject=PushContext,
    counts="push",
)
def connection_alive(push: PushContext) -> Iterator[Evidence]:
    """Nothing is pushed after the connection was unlinked or deleted."""
    if not push.is_linked:
        yield Evidence(f"request {push.request.number}", dedup_key=push.company_id)
