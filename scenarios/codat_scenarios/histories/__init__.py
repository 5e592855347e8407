"""Histories: a merchant's life day by day, and how an integration that keeps the rules pushes it.

`codat_scenarios.strategies` draws them; here is what they are made of.
"""

from codat_scenarios.histories.history import Came, History, Night, Pushed, perform
from codat_scenarios.histories.life import Life
from codat_scenarios.histories.reckoning import RecordId, differences
from codat_scenarios.histories.till import Till

__all__ = [
    "Came",
    "History",
    "Life",
    "Night",
    "Pushed",
    "RecordId",
    "Till",
    "differences",
    "perform",
]
