"""Rules for deleting data."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.registry import Evidence, rule
from codat_mock.rules.subjects import JudgedPush

GUIDE = "guide: Rules for deleting data"


@rule(
    "D01",
    "delete-is-sparse",
    "error",
    source=GUIDE,
    consequence="it is taken for an update",
    keeps=("sparse-delete",),
    breaks=("fat-delete",),
    says="Meant as a delete, it seems, yet carrying more than the id",
    advice='send {"id": "…"} alone to delete a record',
    subject=JudgedPush,
    occasion=lambda push: push.has_deletes,
)
def delete_is_sparse(push: JudgedPush) -> Iterator[Evidence]:
    """A delete carries the id of the record and nothing else."""
    for key in push.fat_deletes:
        yield Evidence(key)
