"""How all tests run: processes, garbage collection, Hypothesis, and the option for long loops."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

FULL_COLLECTIONS = 1000  # of the middle generation, before one of the old

# No deadline: a property is about results, and a test machine may be busy.
settings.register_profile("patient", deadline=None)
settings.register_profile("thorough", settings.get_profile("patient"))
# In CI a property that fails says so in seconds, and how to reproduce it; the shortest example is
# found by hand, with the printed blob.
settings.register_profile(
    "unshrunk",
    settings.get_profile("patient"),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target],
    print_blob=True,
)
settings.load_profile("unshrunk" if os.environ.get("CI") else "patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough`: as many rounds, kills and histories as one runs by hand."""
    parser.addoption(
        "--thorough", action="store_true", help="run the bounded loops and searches in full"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell modules that look at it while they are collected."""
    if config.getoption("--thorough"):
        settings.load_profile("thorough")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run all tests on all cores; chosen files in one process, which starts at once."""
    are_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or not config.pluginmanager.has_plugin("xdist"):
        return
    if are_all and config.option.numprocesses is None:
        config.option.numprocesses = "logical"
        config.option.dist = "worksteal"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave alone what takes seconds to collect, where nothing of it is run."""
    is_left = collection_path.name == "test_schemathesis.py"
    return True if is_left and config.option.markexpr == "not long" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the garbage collector leave alone what is collected: the tests stay until the end.

    Half a million objects are theirs, which took a third of the suite's time to look at. Thawed at
    once they count as old, at which it looks hardly ever: Hypothesis 6.120 looks for referrers,
    and finds none among frozen objects.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.unfreeze()
        gc.set_threshold(*gc.get_threshold()[:2], FULL_COLLECTIONS)
        gc.enable()


@pytest.fixture(scope="session")
def is_thorough(request: pytest.FixtureRequest) -> bool:
    """Whether the long loops run in full."""
    return bool(request.config.getoption("--thorough"))
