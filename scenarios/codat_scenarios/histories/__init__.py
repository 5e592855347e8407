"""Histories: a merchant's life day by day, and how an integration that keeps the rules pushes it.

`codat_scenarios.strategies` draws them; here is what they are made of.
"""

from codat_scenarios.histories.books_oracle import RecordId, differences
from codat_scenarios.histories.builder import HistoryBuilder
from codat_scenarios.histories.faults import PlannedFaults
from codat_scenarios.histories.history import Came, History, perform
from codat_scenarios.histories.history_pos import HistoryPos
from codat_scenarios.histories.integration import Reading
from codat_scenarios.histories.steps import Night, Pushed, Recorded

__all__ = [
    "Came",
    "History",
    "HistoryBuilder",
    "HistoryPos",
    "Night",
    "PlannedFaults",
    "Pushed",
    "Reading",
    "RecordId",
    "Recorded",
    "differences",
    "perform",
]
