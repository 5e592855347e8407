"""Stories: named, dated scripts that keep or break rules, with the ending that each must have."""

from codat_scenarios.stories import alerts, deleting, ends, sending, syncing, trouble, updating
from codat_scenarios.stories.registry import STORIES, Ending, Played, Story, play, story

__all__ = [
    "STORIES",
    "Ending",
    "Played",
    "Story",
    "alerts",
    "deleting",
    "ends",
    "play",
    "sending",
    "story",
    "syncing",
    "trouble",
    "updating",
]
