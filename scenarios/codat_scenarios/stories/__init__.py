"""Stories: named, dated scripts that keep or break rules, each with its expected ending."""

from codat_scenarios.stories import (
    alerts,
    books,
    deleting,
    examples,
    outcomes,
    reconciling,
    sending,
    syncing,
    talking,
    updating,
    wire_faults,
)
from codat_scenarios.stories.registry import STORIES, Ending, Played, Story, play, story

__all__ = [
    "STORIES",
    "Ending",
    "Played",
    "Story",
    "alerts",
    "books",
    "deleting",
    "examples",
    "outcomes",
    "play",
    "reconciling",
    "sending",
    "story",
    "syncing",
    "talking",
    "updating",
    "wire_faults",
]
