"""The kill matrix: every integration run on a mock, and judged by all rules."""

from codat_scenarios.matrix.results import Matrix, Result
from codat_scenarios.matrix.running import load_all, run_all

__all__ = ["Matrix", "Result", "load_all", "run_all"]
