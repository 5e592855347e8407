"""Merchants, stories, histories and machines to test an integration with.

The names in `__all__` are the public interface, imported when they are first used. The strategies
for Hypothesis are in `codat_scenarios.strategies`, which needs the extra `explore`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codat_scenarios.histories import perform
    from codat_scenarios.machine import Scenario, pushing_machine
    from codat_scenarios.merchants import merchant
    from codat_scenarios.sandbox_driver import SandboxDriver
    from codat_scenarios.stories import Ending, play, story
    from codat_scenarios.webhook_inbox import WebhookInbox

__all__ = [
    "Ending",
    "SandboxDriver",
    "Scenario",
    "WebhookInbox",
    "merchant",
    "perform",
    "play",
    "pushing_machine",
    "story",
]

_HOMES = {
    "Ending": "codat_scenarios.stories",
    "SandboxDriver": "codat_scenarios.sandbox_driver",
    "Scenario": "codat_scenarios.machine",
    "WebhookInbox": "codat_scenarios.webhook_inbox",
    "merchant": "codat_scenarios.merchants",
    "perform": "codat_scenarios.histories",
    "play": "codat_scenarios.stories",
    "pushing_machine": "codat_scenarios.machine",
    "story": "codat_scenarios.stories",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'codat_scenarios' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """The public names, also those that are not imported yet."""
    return sorted({*globals(), *__all__})
