"""The kill matrix: every integration runs against a mock, and all rules judge it."""

from codat_scenarios.kill_matrix.results import Matrix, Result
from codat_scenarios.kill_matrix.runner import load_all, run_all

__all__ = ["Matrix", "Result", "load_all", "run_all"]
