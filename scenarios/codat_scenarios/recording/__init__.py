"""How the recorded fixtures are made: `python -m codat_scenarios.recording` writes them anew.

The days come from the merchants, by seed; the traffic from the mock itself, by seed and with a
clock that stands still. Nothing in them is real: no merchant, no customer, no key.
"""

from codat_scenarios.recording.days import day_names, record_day
from codat_scenarios.recording.traffic import record_worked_example

__all__ = ["day_names", "record_day", "record_worked_example"]
