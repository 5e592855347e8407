"""What a test of an integration holds in its hands: a sandbox of a mock."""

from codat_mock.testing.codat import Codat

__all__ = ["Codat"]
