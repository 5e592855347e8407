"""The fixtures of the pytest plugin: a sandbox of a mock for each test."""

from codat_mock.testing.codat import Codat

__all__ = ["Codat"]
