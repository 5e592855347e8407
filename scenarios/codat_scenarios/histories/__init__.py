"""Histories: a merchant's life day by day, and how an integration that keeps the rules pushes it.

`codat_scenarios.strategies` draws them; here is what they are made of.
"""

from codat_scenarios.histories.history import Came, History, perform
from codat_scenarios.histories.integration import Reading
from codat_scenarios.histories.life import Life
from codat_scenarios.histories.reckoning import RecordId, differences
from codat_scenarios.histories.steps import Night, Pushed, Recorded
from codat_scenarios.histories.till import Till
from codat_scenarios.histories.trouble import Trouble

__all__ = [
    "Came",
    "History",
    "Life",
    "Night",
    "Pushed",
    "Reading",
    "RecordId",
    "Recorded",
    "Till",
    "Trouble",
    "differences",
    "perform",
]
