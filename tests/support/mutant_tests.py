"""Which tests run a line, and whether they fail when it is changed."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import pickle
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from mutants import ROOT, Mutant

OPTIONS: Final = [
    "-q", "-W", "ignore:Module already imported", "--rootdir", str(ROOT),
    "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly",
    # Where pytest rewrites a plugin's modules, it imports them itself, from the files.
    "--assert=plain",
]  # fmt: skip
IMPORTED: Final = ""  # the context of lines that run when a module is imported
# A test that works, or waits, so much longer than without a change has noticed it.
CPU_SECONDS, WALL_SECONDS, SLOWER = 10, 120, 5
LIMITS: Final = (signal.SIGALRM, signal.SIGVTALRM)
EXAMPLES: Final = 20  # of each property that does not say how many
QUICK_SECONDS: Final = 5  # one that takes longer is not repeated for every mutant
ALL_SECONDS: Final = (
    120  # of tests for one mutant; what only later ones would notice is not noticed
)
FIRST: Final = 30  # tests that run before the files of the others are read at all
MOST_LEFT_OUT: Final = 5  # tests that fail without a change, as coverage makes them slow


class Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports one module from other source."""

    def __init__(self, path: Path, code: str) -> None:
        self._path, self._code = path, code

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's place, if it is the changed one."""
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is None or not found.origin or Path(found.origin) != self._path:
            return None
        return importlib.util.spec_from_file_location(
            name,
            self._path,
            loader=self,
            submodule_search_locations=found.submodule_search_locations,
        )

    def get_filename(self, _name: str) -> str:
        """The file that it is said to be."""
        return str(self._path)

    def get_data(self, path: str | bytes) -> bytes:
        """The changed source, and nothing that was compiled before."""
        if str(path).endswith(".py"):
            return self._code.encode()
        raise OSError(path)


class FewExamples:
    """A plugin of pytest: properties try fewer examples, as each is tried for every mutant."""

    def pytest_collection(self) -> None:
        """The tests are about to be imported."""
        from hypothesis import settings

        usual = settings.get_current_profile_name()
        settings.register_profile("mutants", settings.get_profile(usual), max_examples=EXAMPLES)
        settings.load_profile("mutants")


@dataclass(eq=False)
class Contexts(FewExamples):
    """A plugin of pytest: tells coverage which test runs, and notes how long it takes."""

    switch: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The next test begins."""
        self.switch(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test is over."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        """What several tests share is run by each of them."""
        if fixturedef.scope != "function":
            self.switch(IMPORTED)
        yield
        if fixturedef.scope != "function":
            self.switch(request._pyfuncitem.nodeid)


@dataclass(eq=False)
class Limits(FewExamples):
    """A plugin of pytest: ends the process in a test that works or waits for much too long.

    Args:
        seconds: that each test takes without a change.
    """

    seconds: Mapping[str, float]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The next test begins."""
        usual = SLOWER * self.seconds[nodeid]
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS + usual)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS + usual)

    def pytest_runtest_logfinish(self) -> None:
        """A test is over; reading further files is not bounded."""
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


@dataclass
class Measured:
    """One run of a package's tests.

    Args:
        seconds: that each test takes, by its id.
        lines: the ids of the tests that run each line of each file.
        modules: what the tests import from outside the project.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]
    modules: list[str]

    def nearest(self, mutant: Mutant) -> list[str]:
        """The tests that run the place of a mutant, the quickest first, as far as there is time.

        For a line that runs when the module is imported, those of all.
        """
        lines = self.lines.get(str(mutant.path), {})
        near = {test for number in mutant.statement() for test in lines.get(number, ())}
        if IMPORTED in near:
            near = {*self.seconds}
        found, left = [], ALL_SECONDS
        for test in sorted(near & self.seconds.keys(), key=lambda test: self.seconds[test]):
            left -= self.seconds[test]
            if left < 0 or self.seconds[test] > QUICK_SECONDS:
                break
            found.append(test)
        return found


def measure(folder: Path, tests: Sequence[str], seconds: float) -> Measured | None:
    """Run tests once without a change; a few that coverage makes too slow to pass are left out.

    Args:
        folder: whose lines are looked at.
        tests: files of tests.
        seconds: that they may take; None is returned if they take more.

    Raises:
        SystemExit: more of them fail, or none can be run.
    """
    with tempfile.NamedTemporaryFile() as file:
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
                return None
            if status:
                raise SystemExit(f"The tests of {folder.name} fail without a change.")
            found = Measured(*pickle.loads(Path(file.name).read_bytes()))  # noqa: S301  (our own)
        else:
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 1))
            _in_child(lambda: _measure(folder, tests, Path(file.name)))
    for name in found.modules:  # so that no fork has to
        with suppress(Exception):
            importlib.import_module(name)
    return found


def _measure(folder: Path, tests: Sequence[str], into: Path) -> int:
    import coverage

    outside = {*sys.modules}
    measuring = coverage.Coverage(data_file=None, source=[str(folder)], config_file=False)
    contexts = Contexts(measuring.switch_context)
    measuring.start()
    output = io.StringIO()
    with redirect_stdout(output):
        pytest.main([*OPTIONS, *tests], plugins=[contexts])
    measuring.stop()
    if contexts.failed:
        print(output.getvalue()[-2000:] if len(contexts.failed) > MOST_LEFT_OUT else "", end="")
        print(f"Left out, as they fail under coverage: {', '.join(sorted(contexts.failed))}")
    data = measuring.get_data()
    lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
    modules = [
        name
        for name, module in sys.modules.items()
        if name not in outside and "site-packages" in (getattr(module, "__file__", None) or "")
    ]
    seconds = {test: each for test, each in contexts.seconds.items() if test not in contexts.failed}
    into.write_bytes(pickle.dumps((seconds, lines, modules)))
    return int(not seconds or len(contexts.failed) > MOST_LEFT_OUT)


def start(mutant: Mutant, measured: Measured) -> int:
    """Test a mutant in a fork; returns its process id, whose exit code is 0 if it survives."""
    child = os.fork()
    if not child:
        _in_child(lambda: _run(mutant, measured))
    return child


def _run(mutant: Mutant, measured: Measured) -> int:
    os.setsid()
    sys.meta_path.insert(0, Changed(mutant.path, mutant.code()))
    tests, limits = measured.nearest(mutant), Limits(measured.seconds)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for some in filter(None, (tests[:FIRST], tests[FIRST:])):
            if status := pytest.main(["-x", *OPTIONS, *some], plugins=[limits]):
                return int(status)
    return 0


def _in_child(work: Callable[[], int]) -> None:
    status = 1
    try:
        status = work()
    except BaseException:  # noqa: BLE001  (whatever it is, the fork must end here)
        traceback.print_exc()
    finally:
        os._exit(1 if status else 0)
