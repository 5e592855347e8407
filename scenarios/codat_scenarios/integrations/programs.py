"""The programs by their names: modules, and the stories that break each rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import httpx

from codat_mock.rules import rulebook
from codat_scenarios.integrations import broken, good
from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories import STORIES, Story, play

DEFAULT: Final = Environment()


@dataclass(frozen=True, slots=True)
class Program:
    """An integration.

    Args:
        name: such as `nightly-batch` or `s03-resend-all`.
        text: what it does, in one sentence.
        breaks: the codes of the rules that it breaks, the one it is made for first.
        environment: what it runs in; None for a story, which brings its own.
        main: runs it to its end.
    """

    name: str
    text: str
    breaks: tuple[str, ...]
    environment: Environment | None
    main: Callable[[Shop], None]


def names() -> list[str]:
    """The name of each program, the good ones first."""
    return [*modules(), *stories()]


def load(name: str) -> Program:
    """The program of that name.

    Raises:
        KeyError: there is none.
    """
    by_story = stories()
    if name in by_story:
        code, story = by_story[name]
        others = [each for each in dict.fromkeys(story.ending.findings) if each != code]
        return Program(name, story.text, (code, *others), None, partial(play_story, story))
    module = import_module(modules()[name])
    text = " ".join((module.__doc__ or "").split())
    environment = getattr(module, "ENVIRONMENT", DEFAULT)
    return Program(name, text, getattr(module, "BREAKS", ()), environment, module.main)


def modules() -> dict[str, str]:
    """The module of each program that has one, by the program's name."""
    return {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for package in (good, broken)
        for module in iter_modules(package.__path__)
    }


def stories() -> dict[str, tuple[str, Story]]:
    """The rule that each story breaks and the story, by the program's name."""
    return {
        f"{rule.code.lower()}-{name}": (rule.code, STORIES[name])
        for rule in rulebook()
        for name in rule.breaks
    }


def play_story(story: Story, shop: Shop) -> None:
    """Play a story in the sandbox that the shop's address names."""
    with httpx.Client(base_url=shop.base_url, timeout=60, trust_env=False) as http:
        play(story, SandboxDriver(http, shop.api_key))
