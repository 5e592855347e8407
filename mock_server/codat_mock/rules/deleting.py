"""Rules for deleting data."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.contexts import Evidence, PushContext, SyncContext
from codat_mock.rules.registry import rule

GUIDE = "guide: Rules for deleting data"


@rule(
    "D01",
    "delete-is-sparse",
    "error",
    source=GUIDE,
    consequence="the service treats it as an update",
    keeps=("sparse-delete",),
    breaks=("fat-delete",),
    message="Looks like a delete, but has more than the id",
    advice='delete a record with its id alone, {"id": "…"}, in'
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: push.has_deletes,
)
def delete_is_sparse(push: PushContext) -> Iterator[Evidence]:
    """A delete has the id of the record and nothing else."""
    for key in push.fat_deletes:
        yield Evidence(key)


@rule(
    "D02",
    "delete-known",
    "warning",
    source="assumed",
    consequence="the delete is ignored",
    keeps=("sparse-delete", "deleted-after-failure"),
    breaks=("unknown-delete",),
    message="Deleted, but never pushed",
    advice="delete only records that were accepted before by"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.deletes),
)
def delete_known(push: PushContext) -> Iterator[Evidence]:
    """A deleted record was pushed before, if only in a dataset that failed."""
    for record in push.deletes:
        if record.key and not record.targets and not record.has_failed:
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D03",
    "delete-before-sync",
    "error",
    source="assumed",
    consequence="the record stays in the books",
    keeps=("sparse-delete",),
    breaks=("late-delete", "slow-delete"),
    message="Deleted after its sync",
    advice="reverse a synced record by hand in the accounting software, and leave its delete out"
    " of POST /data/companies/$company_id/sync/$data_type",
    subject=(PushContext, SyncContext),
    applies=lambda subject: subject.has_known_deletes,
)
def delete_before_sync(subject: PushContext | SyncContext) -> Iterator[Evidence]:
    """A deleted record is not synced yet, nor before the dataset of its delete completes."""
    if isinstance(subject, SyncContext):
        for placed in subject.late_deletes:
            yield Evidence(placed.key, data_type=placed.data_type, requests=[placed.pushed_by])
        return
    for record in subject.deletes:
        if any(version.is_synced and not version.is_delete for version in record.targets):
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D04",
    "delete-once",
    "warning",
    source="assumed",
    consequence="the delete is ignored",
    keeps=("sparse-delete",),
    breaks=("repeated-delete",),
    message="Deleted more than once",
    advice="remember which deletes were accepted, and leave them out of every later"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: any(record.targets for record in push.deletes),
)
def delete_once(push: PushContext) -> Iterator[Evidence]:
    """A record is deleted once.

    A repeat is excused if the answer to the latest delete was lost or an error.
    """
    for record in push.deletes:
        if not record.targets or not all(version.is_delete for version in record.targets):
            continue
        latest = max(record.targets, key=lambda version: version.accepted_by.number)
        if latest.is_answered:
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D05",
    "no-resurrection",
    "warning",
    source="assumed",
    consequence="it becomes a new record",
    keeps=("sparse-delete", "undone-void"),
    breaks=("resurrection",),
    message="Pushed again after its delete",
    advice="give a record that the merchant enters again a new id in"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: any(not record.pushed.is_delete for record in push.records),
)
def no_resurrection(push: PushContext) -> Iterator[Evidence]:
    """A deleted key is not pushed again.

    A record that says what it said before is excused: the merchant has undone the deletion.
    """
    for record in push.records:
        is_gone = record.known is not None and record.known.is_delete
        if is_gone and not record.pushed.is_delete and not record.is_undone_delete:
            yield Evidence(record.key)
