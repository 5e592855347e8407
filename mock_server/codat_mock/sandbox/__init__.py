"""The state of the mock, and its verbs: everything that Flask does not know of."""

from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.settings import ConcurrentPushes, Settings
from codat_mock.sandbox.world import World

__all__ = ["ConcurrentPushes", "Sandbox", "Settings", "World"]
