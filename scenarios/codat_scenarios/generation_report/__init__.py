"""A merchant's days plotted: one HTML file, without scripts or anything from elsewhere."""

from codat_scenarios.generation_report.document import page
from codat_scenarios.generation_report.tally import Tally

__all__ = ["Tally", "page"]
