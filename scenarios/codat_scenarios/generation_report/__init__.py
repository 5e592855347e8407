"""Charts of a merchant's days: one HTML file without scripts or external resources."""

from codat_scenarios.generation_report.document import page
from codat_scenarios.generation_report.tally import Tally

__all__ = ["Tally", "page"]
