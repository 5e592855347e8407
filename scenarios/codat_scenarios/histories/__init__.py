"""Histories: what a merchant records over some days, and how a correct integration pushes it.

`codat_scenarios.strategies` draws them; this package holds their parts.
"""

from codat_scenarios.histories.books_oracle import RecordId, differences
from codat_scenarios.histories.builder import HistoryBuilder
from codat_scenarios.histories.days import MerchantDays, drive
from codat_scenarios.histories.faults import PlannedFaults
from codat_scenarios.histories.history import History, HistoryResult, perform
from codat_scenarios.histories.history_pos import HistoryPos
from codat_scenarios.histories.integration import Reading
from codat_scenarios.histories.steps import Night, Pushed, Recorded

__all__ = [
    "History",
    "HistoryBuilder",
    "HistoryPos",
    "HistoryResult",
    "MerchantDays",
    "Night",
    "PlannedFaults",
    "Pushed",
    "Reading",
    "RecordId",
    "Recorded",
    "differences",
    "drive",
    "perform",
]
