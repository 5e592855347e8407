"""Rules for deleting data."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.contexts import Evidence, PushContext
from codat_mock.rules.registry import rule

GUIDE = "guide: Rules for deleting data"


@rule(
    "D01",
    "delete-is-sparse",
    "error",
    source=GUIDE,
    consequence="it is taken for an update",
    keeps=("sparse-delete",),
    breaks=("fat-delete",),
    message="Meant as a delete, it seems, yet carrying more than the id",
    advice='delete a record with its id alone, {"id": "…"}, in'
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: push.has_deletes,
)
def delete_is_sparse(push: PushContext) -> Iterator[Evidence]:
    """A delete carries the id of the record and nothing else."""
    for key in push.fat_deletes:
        yield Evidence(key)


@rule(
    "D02",
    "delete-known",
    "warning",
    source="assumed",
    consequence="the delete is ignored",
    keeps=("sparse-delete",),
    breaks=("unknown-delete",),
    message="Deleted though never pushed",
    advice="delete only what was accepted before by"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.deletes),
)
def delete_known(push: PushContext) -> Iterator[Evidence]:
    """The deleted record is known."""
    for record in push.deletes:
        if record.key and not record.meant:
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D03",
    "delete-before-sync",
    "error",
    source="assumed",
    consequence="the record stays in the books",
    keeps=("sparse-delete",),
    breaks=("late-delete",),
    message="Deleted after having been synced",
    advice="take a synced record back by hand in the accounting software, and leave its delete out"
    " of POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: any(record.meant for record in push.deletes),
)
def delete_before_sync(push: PushContext) -> Iterator[Evidence]:
    """The deleted record is not synced yet."""
    for record in push.deletes:
        if any(version.is_synced and not version.is_delete for version in record.meant):
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D04",
    "delete-once",
    "warning",
    source="assumed",
    consequence="the delete is ignored",
    keeps=("sparse-delete",),
    breaks=("repeated-delete",),
    message="Deleted again",
    advice="remember which deletes were accepted, and leave them out of every later"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: any(record.meant for record in push.deletes),
)
def delete_once(push: PushContext) -> Iterator[Evidence]:
    """A record is deleted once.

    A repeat is excused where the answer to the earlier push was lost or an error.
    """
    for record in push.deletes:
        is_gone = all(version.is_delete for version in record.meant)
        if record.meant and is_gone and any(each.is_answered for each in record.meant):
            yield Evidence(str(record.pushed.record.id))


@rule(
    "D05",
    "no-resurrection",
    "warning",
    source="assumed",
    consequence="it becomes a new record",
    keeps=("sparse-delete",),
    breaks=("resurrection",),
    message="Pushed again though deleted before",
    advice="give what the merchant enters anew a new id in"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: any(not record.pushed.is_delete for record in push.records),
)
def no_resurrection(push: PushContext) -> Iterator[Evidence]:
    """A deleted key is not pushed again."""
    for record in push.records:
        if record.known and record.known.is_delete and not record.pushed.is_delete:
            yield Evidence(record.key)
