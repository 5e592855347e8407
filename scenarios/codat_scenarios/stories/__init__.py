"""Stories: named scripts that keep or break rules, with the findings that must come of them."""

from codat_scenarios.stories import deleting, sending, updating
from codat_scenarios.stories.registry import STORIES, Story, play, story

__all__ = ["STORIES", "Story", "deleting", "play", "sending", "story", "updating"]
