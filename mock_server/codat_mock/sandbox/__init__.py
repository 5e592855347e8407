"""The state of the mock, and its verbs: everything that Flask does not know of."""

from codat_mock.sandbox.registry import SandboxRegistry
from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.settings import ConcurrentPushes, Settings

__all__ = ["ConcurrentPushes", "Sandbox", "SandboxRegistry", "Settings"]
