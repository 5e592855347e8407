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
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import IO, Any, Final

import pytest
from mutants import ROOT, Mutant

OPTIONS: Final = [
    "-q", "-W", "ignore:Module already imported", "--rootdir", str(ROOT),
    "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly",
    # Where pytest rewrites a plugin's modules, it imports them itself, from the files.
    "--assert=plain",
]  # fmt: skip
# Exit codes of a fork. Where pytest or the fork itself failed, no test has noticed anything.
UNNOTICED, NOTICED, FAILED = range(3)
IMPORTED: Final = ""  # the context of lines that run when a module is imported
# A test that works, or waits, so much longer than without a change has noticed it.
CPU_SECONDS, WALL_SECONDS, SLOWER = 10, 120, 5
LIMITS: Final = (signal.SIGALRM, signal.SIGVTALRM)
EXAMPLES: Final = 20  # of each property that does not say how many
QUICK_SECONDS: Final = 5  # one that takes longer is not repeated for every mutant
ALL_SECONDS: Final = (
    120  # of tests for one mutant; what only later ones would notice is not noticed
)
BY_FILE_SECONDS: Final = 60  # the same, where each file is tried
FIRST: Final = 30  # tests that run before the files of the others are read at all
MOST_LEFT_OUT: Final = 5  # tests that fail without a change, as noting lines makes them slow


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
class RunLines(FewExamples):
    """A plugin of pytest: notes which lines each test runs, and how long it takes.

    coverage.py does not see all of them: it keeps a stack of frames, and Python 3.11 does not
    report a generator that goes on because what it waits for has dealt with an exception. Here,
    each frame notes its own lines.

    Args:
        folder: whose lines are noted.
        lines: the tests that run each line of each file; one may stand several times.
    """

    folder: Path
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    _test: str = IMPORTED
    _ran: set[tuple[str, int]] = field(default_factory=set)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the lines that are run meanwhile, by all threads that begin meanwhile, too."""
        own, others = sys.gettrace(), threading.gettrace()
        threading.settrace(self._enter)
        self.switch(IMPORTED)
        try:
            yield
        finally:
            self.switch(IMPORTED)
            sys.settrace(own)
            threading.settrace(others)  # type: ignore[arg-type]  # None is what there is at first

    def _enter(self, frame: FrameType, _event: str, _value: object) -> Any:
        return self._note if frame.f_code.co_filename.startswith(f"{self.folder}{os.sep}") else None

    def _note(self, frame: FrameType, event: str, _value: object) -> Any:
        if event == "line":
            self._ran.add((frame.f_code.co_filename, frame.f_lineno))
        return self._note

    def switch(self, test: str) -> None:
        """What follows is run by another test."""
        sys.settrace(self._enter)  # Python forgets it where a recursion ends within it
        ran, self._ran = self._ran, set()
        for path, line in ran:
            self.lines.setdefault(path, {}).setdefault(line, []).append(self._test)
        self._test = test

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


def file_of(test: str) -> str:
    """The file that a test is in, by its id."""
    return test.partition("::")[0]


@dataclass(eq=False)
class ChosenTests(FewExamples):
    """A plugin of pytest: runs some tests, and ends the process in one that takes much too long.

    Those that there are no more are passed over: a parameter may be another with the change. So are
    those of a file in which one has failed.

    Args:
        seconds: that each of them takes without a change, by its id, in the order to run them in.
        noticed: the files in which one has failed.
    """

    seconds: Mapping[str, float]
    noticed: set[str] = field(default_factory=set)

    @property
    def files(self) -> list[str]:
        """The files that they are in."""
        return [*dict.fromkeys(str(ROOT / file_of(test)) for test in self.seconds)]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The files have been read."""
        found = {item.nodeid: item for item in items}
        items[:] = [found[test] for test in self.seconds if test in found]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The next test begins."""
        usual = SLOWER * self.seconds[nodeid]
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS + usual)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS + usual)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A test is about to run."""
        if file_of(item.nodeid) in self.noticed:
            pytest.skip("the file has noticed the change")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file has been read."""
        if report.failed:
            self.noticed.add(file_of(report.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test is over."""
        if report.failed:
            self.noticed.add(file_of(report.nodeid))

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

    def nearest(self, mutant: Mutant, most_seconds: float = ALL_SECONDS) -> list[str]:
        """The tests that run the place of a mutant, the quickest first, as far as there is time.

        For a line that runs when the module is imported, those of all.

        Args:
            mutant: the changed place.
            most_seconds: that they take without a change.
        """
        lines = self.lines.get(str(mutant.path), {})
        near = {test for number in mutant.statement() for test in lines.get(number, ())}
        if IMPORTED in near:
            near = {*self.seconds}
        found, left = [], most_seconds
        for test in sorted(near & self.seconds.keys(), key=lambda test: self.seconds[test]):
            left -= self.seconds[test]
            if left < 0 or self.seconds[test] > QUICK_SECONDS:
                break
            found.append(test)
        return found


def measure(folder: Path, tests: Sequence[str], seconds: float) -> Measured | None:
    """Run tests once without a change; a few that this makes too slow to pass are left out.

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
    outside = {*sys.modules}
    ran = RunLines(folder)
    output = io.StringIO()
    with redirect_stdout(output), ran.noting():
        pytest.main([*OPTIONS, *tests], plugins=[ran])
    if ran.failed:
        print(output.getvalue()[-2000:] if len(ran.failed) > MOST_LEFT_OUT else "", end="")
        print(f"Left out, as they fail while lines are noted: {', '.join(sorted(ran.failed))}")
    modules = [
        name
        for name, module in sys.modules.items()
        if name not in outside and "site-packages" in (getattr(module, "__file__", None) or "")
    ]
    seconds = {test: each for test, each in ran.seconds.items() if test not in ran.failed}
    into.write_bytes(pickle.dumps((seconds, ran.lines, modules)))
    return FAILED if not seconds or len(ran.failed) > MOST_LEFT_OUT else 0


@dataclass
class Trial:
    """A fork that tests a mutant.

    Args:
        by_file: whether the tests of each file run up to their first failure, for a minute of their
            usual time, instead of all tests up to the first.
    """

    mutant: Mutant
    measured: Measured
    by_file: bool
    _result: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def start(self) -> int:
        """Begin; returns the process id, whose exit code is the result."""
        child = os.fork()
        if not child:
            _in_child(self._run)
        return child

    def noticed_by(self) -> set[str]:
        """The files of tests that noticed the change; none if it took too long."""
        self._result.seek(0)
        return {*self._result.read().decode().splitlines()}

    @property
    def tests(self) -> list[str]:
        """The tests to run, by their ids."""
        return self.measured.nearest(self.mutant, BY_FILE_SECONDS if self.by_file else ALL_SECONDS)

    def _run(self) -> int:
        os.setsid()
        sys.meta_path.insert(0, Changed(self.mutant.path, self.mutant.code()))
        until = "--continue-on-collection-errors" if self.by_file else "--exitfirst"
        tests, output, result = self.tests, io.StringIO(), UNNOTICED
        noticed: set[str] = set()
        for some in filter(None, (tests[:FIRST], tests[FIRST:])):
            chosen = ChosenTests({test: self.measured.seconds[test] for test in some}, noticed)
            with redirect_stdout(output), redirect_stderr(output):
                status = pytest.main([until, *OPTIONS, *chosen.files], plugins=[chosen])
            result = result_of(status) or result
            if result == FAILED:
                print(output.getvalue()[-2000:], flush=True)
            if result == FAILED or (result and not self.by_file):
                break
        self._result.write("\n".join(sorted(noticed)).encode())
        self._result.flush()
        return result


def result_of(status: int) -> int:
    """What a run of pytest says about a mutant, as the exit code of its fork."""
    if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return UNNOTICED
    # An import that fails interrupts a run, or makes it unusable if it is that of a conftest.py.
    return FAILED if status == pytest.ExitCode.INTERNAL_ERROR else NOTICED


def _in_child(work: Callable[[], int]) -> None:
    status = FAILED
    try:
        status = work()
    except BaseException:  # noqa: BLE001  (whatever it is, the fork must end here)
        traceback.print_exc()
    finally:
        os._exit(status)
