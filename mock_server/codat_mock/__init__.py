"""A local mock of Codat's Sync for Commerce that judges what is pushed to it.

The names in `__all__` are the public interface; everything else may change in any release. They
are imported when they are first used, so that `import codat_mock` itself loads nothing.

- `Server` serves a mock: `with Server.bind(Settings(speed=0)) as server: server.address`.
- `Settings` is what every sandbox of a server starts from.
- `rule` and `Evidence` define rules of your own (docs/judging.md).
- `__version__` is the version of the installed distribution.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codat_mock.http.server import Server
    from codat_mock.rules import Evidence, rule
    from codat_mock.sandbox import Settings

    __version__: str

__all__ = ["Evidence", "Server", "Settings", "__version__", "rule"]

_HOMES = {
    "Evidence": "codat_mock.rules",
    "Server": "codat_mock.http.server",
    "Settings": "codat_mock.sandbox",
    "rule": "codat_mock.rules",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name == "__version__":
        value: object = import_module("importlib.metadata").version("codat-mock")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'codat_mock' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, also those that are not imported yet."""
    return sorted({*globals(), *__all__})
