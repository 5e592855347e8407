"""Makes the recorded fixtures: `python -m codat_scenarios.recording` overwrites them.

The days come from seeded merchants, the traffic from a seeded mock with a frozen clock. No
merchant, customer or key in them is real.
"""

from codat_scenarios.recording.days import day_names, record_day
from codat_scenarios.recording.traffic import record_worked_example

__all__ = ["day_names", "record_day", "record_worked_example"]
