"""Stories: named, dated scripts that keep or break rules, with the ending that each must have."""

from codat_scenarios.stories import (
    alerts,
    booked,
    deleting,
    ends,
    reconciling,
    sending,
    syncing,
    talking,
    trouble,
    updating,
)
from codat_scenarios.stories.registry import STORIES, Ending, Played, Story, play, story

__all__ = [
    "STORIES",
    "Ending",
    "Played",
    "Story",
    "alerts",
    "booked",
    "deleting",
    "ends",
    "play",
    "reconciling",
    "sending",
    "story",
    "syncing",
    "talking",
    "trouble",
    "updating",
]
