"""The programs by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from codat_scenarios.integrations import broken, good
from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.shop import Shop

USUAL: Final = Environment()


@dataclass(frozen=True, slots=True)
class Program:
    """An integration.

    Args:
        name: such as `nightly-batch`.
        text: what it does, in one sentence.
        breaks: the codes of the rules that it breaks, the one it is there for first.
        scene: what it is run in.
        main: runs it, until it has nothing to do any more.
    """

    name: str
    text: str
    breaks: tuple[str, ...]
    scene: Environment
    main: Callable[[Shop], None]


def names() -> dict[str, str]:
    """The module of each program, by its name; the good ones first."""
    return {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for package in (good, broken)
        for module in iter_modules(package.__path__)
    }


def load(name: str) -> Program:
    """The program of that name.

    Raises:
        KeyError: there is none.
    """
    module = import_module(names()[name])
    text = " ".join((module.__doc__ or "").split())
    scene = getattr(module, "SCENE", USUAL)
    return Program(name, text, getattr(module, "BREAKS", ()), scene, module.main)
