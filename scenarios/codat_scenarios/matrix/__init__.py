"""The kill matrix: every integration run on a mock, and judged by all rules."""

from codat_scenarios.matrix.results import Matrix, Result
from codat_scenarios.matrix.running import run_all

__all__ = ["Matrix", "Result", "run_all"]
