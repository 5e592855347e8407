"""Change the code in one place, and see whether the tests notice; many times.

    pip install '.[test,mutation]'
    export PYTHONPATH=tests/support
    python tests/support/mutation_run.py rules --sample 60   of one package, drawn by chance
    python tests/support/mutation_run.py --since HEAD~1      the lines that have changed since
    python tests/support/mutation_run.py --thorough          every mutant of every package

cosmic-ray makes the mutants; mutmut forks faster, but only where the code lies in `src/`. Each
mutant is tested in a fork of this process, which has the libraries and pytest in memory already,
by the quick tests of its package, those of its own module first, up to the first failure.
Survivors are printed; those of `equivalent_mutants.toml` change nothing that anybody could see.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import re
import resource
import signal
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
EQUIVALENTS: Final = Path(__file__).with_name("equivalent_mutants.toml")
# A mutant that works or waits so long is noticed.
CPU_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 600
SERVER, CLIENT = ROOT / "mock_server" / "codat_mock", ROOT / "client" / "codat_push"
# Folders and files of each package, and of its quick tests beside those of the module itself.
PACKAGES: Final[dict[str, tuple[Path, Sequence[str]]]] = {
    "rules": (SERVER / "rules", ["mock_server/rules", "mock_server/test_limits.py"]),
    "accounting": (SERVER / "accounting", ["mock_server/accounting"]),
    "sandbox": (SERVER / "sandbox", ["mock_server/sandbox", "mock_server/test_limits.py"]),
    "storage": (SERVER / "storage", ["mock_server/storage", "mock_server/sandbox"]),
    "domain": (SERVER / "domain", ["mock_server/domain", "mock_server/test_limits.py"]),
    "client": (CLIENT, ["client"]),
    "proxy": (SERVER / "replay", ["mock_server/replay"]),
}
# Minutes of a mutant's time, for what quicker tests prove or would have proved: left out.
SLOW: Final = {
    "test_broken_histories.py", "test_good_histories.py", "test_merchant_weeks.py",
    "test_random_histories.py", "test_concurrent_histories.py", "test_fault_machine.py",
    "test_state_machine.py", "test_async_killed.py", "test_outbox_machine.py",
    "test_ledger_machine.py", "test_kill_loop.py", "test_outbox_killed.py", "test_against_mock.py",
    "test_client_page.py", "test_client_production_page.py", "test_distribution.py",
    "test_cli.py", "test_interrupted_sessions.py", "test_killed_between_pages.py",
    "test_drift.py", "test_concurrency.py",
}  # fmt: skip
ANNOTATION: Final = re.compile(r"(->|: )[^=]*\|")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place.

    Args:
        operator: cosmic-ray's name of the kind of change.
        occurrence: which place of this kind in the file, from 0.
        line: of the place, from 1.
    """

    path: Path
    operator: str
    occurrence: int
    line: int

    def code(self) -> str | None:
        """The changed source; None if nothing changes."""
        from cosmic_ray import plugins
        from cosmic_ray.mutating import mutate_code

        operator = plugins.get_operator(self.operator)()
        changed: str | None = mutate_code(source_of(self.path), operator, self.occurrence)
        return changed

    def difference(self) -> tuple[str, str]:
        """The line before and after."""
        before, after = source_of(self.path).splitlines(), (self.code() or "").splitlines()
        place = next(
            (n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0
        )
        return before[place].strip(), after[place].strip() if place < len(after) else ""


def source_of(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, without those of annotations, which nobody evaluates."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    text = source_of(path)
    tree, lines = get_ast(text), text.splitlines()
    for name in plugins.operator_names():
        if "Variable" in name:  # needs names of variables
            continue
        operator = plugins.get_operator(name)()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            if not ("BitOr" in name and ANNOTATION.search(lines[start[0] - 1])):
                yield Mutant(path, name, occurrence, start[0])


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


def tests_of(package: str, path: Path) -> list[str]:
    """The files that test a module, its own first."""
    folders = [ROOT / "tests" / name for name in PACKAGES[package][1]]
    files = [
        file
        for folder in folders
        for file in (sorted(folder.rglob("test_*.py")) if folder.is_dir() else [folder])
        if file.name not in SLOW and not str(file).endswith("rules/test_registry.py")
    ]
    own = f"test_{path.stem}.py"
    return [str(file) for file in sorted(files, key=lambda file: file.name != own)]


def fails(path: Path, code: str, tests: list[str]) -> bool:
    """Whether a test fails, or does not end, with this code in a file."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status != 0
    status = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TIMEOUT_SECONDS)
        sys.meta_path.insert(0, Changed(path, code))
        import pytest

        options = ["-x", "-q", "-W", "ignore:Module already imported", "--rootdir", str(ROOT)]
        options += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
        # Where pytest rewrites a plugin's modules, it imports them itself, from the files.
        options += ["--assert=plain"]
        for files in filter(None, (tests[:1], tests[1:])):
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                status = int(pytest.main([*options, *files]))
            if status:
                break
    except BaseException:  # noqa: BLE001  (whatever it is, the fork must end here)
        traceback.print_exc()
    finally:
        os._exit(1 if status else 0)


def changed_lines(reference: str) -> set[tuple[Path, int]]:
    """The lines that differ from a commit."""
    ran = subprocess.run(
        ["git", "diff", "--unified=0", reference, "--", "*.py"],  # noqa: S607  (git of the path)
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found, path = set(), ROOT
    for line in ran.stdout.splitlines():
        if line.startswith("+++ "):
            path = ROOT / line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found |= {(path, number) for number in range(first, first + count)}
    return found


def equivalents() -> set[tuple[str, str]]:
    """The lines before and after of the mutants that change nothing."""
    known: list[dict[str, Any]] = tomllib.loads(source_of(EQUIVALENTS)).get("mutant", [])
    return {(each["before"], each["after"]) for each in known}


def run(package: str, mutants: Iterable[Mutant], until: float) -> tuple[int, int, int]:
    """Test mutants and print the survivors; returns the noticed, survived and equivalent ones."""
    noticed = survived = same = 0
    known = equivalents()
    unchecked = {*PACKAGES[package][0].rglob("*.py")}
    for mutant in mutants:
        tests = tests_of(package, mutant.path)
        if mutant.path in unchecked:
            unchecked.clear()  # the tests of every module are the same, in another order
            if fails(mutant.path, source_of(mutant.path), tests):
                raise SystemExit(f"The tests of {package} fail without a change.")
        if os.times().elapsed > until:
            print(f"{package}: the time is over", flush=True)
            break
        before, after = mutant.difference()
        if (before, after) in known:
            same += 1
        elif fails(mutant.path, mutant.code() or "", tests):
            noticed += 1
        else:
            survived += 1
            place = mutant.path.relative_to(ROOT)
            print(
                f"{place}:{mutant.line}: {mutant.operator}\n  - {before}\n  + {after}", flush=True
            )
    return noticed, survived, same


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say; returns the exit code."""
    parser = argparse.ArgumentParser(description="Change the code, and see who notices.")
    parser.add_argument("packages", nargs="*", choices=[*PACKAGES, []], help="default: all")
    parser.add_argument("--sample", type=int, default=60, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--since", help="mutate the lines that differ from this commit")
    parser.add_argument("--minutes", type=float, default=24 * 60)
    parser.add_argument("--thorough", action="store_true", help="every mutant")
    given = parser.parse_args(arguments)
    os.environ.setdefault("CI", "true")  # without shrinking
    os.chdir(ROOT)
    until = os.times().elapsed + given.minutes * 60
    lines = changed_lines(given.since) if given.since else None
    failed = False
    for package in given.packages or PACKAGES:
        found = [
            mutant
            for path in sorted(PACKAGES[package][0].rglob("*.py"))
            for mutant in mutants_of(path)
            if lines is None or (mutant.path, mutant.line) in lines
        ]
        count = len(found) if given.thorough or lines is not None else min(given.sample, len(found))
        drawn = Random(given.seed).sample(found, count)  # noqa: S311  (no secret)
        noticed, survived, same = run(package, drawn, until)
        tested = noticed + survived
        share = f"{noticed / tested:.0%}" if tested else "-"
        print(f"{package}: {noticed} of {tested} noticed ({share}), {same} equivalent,"
              f" of {len(found)} mutants", flush=True)  # fmt: skip
        failed |= tested > 0 and noticed < 0.9 * tested
    return int(failed)


if __name__ == "__main__":
    # What every fork needs, so that none has to load it again.
    import flask  # noqa: F401
    import httpx  # noqa: F401
    import hypothesis  # noqa: F401
    import msgspec  # noqa: F401
    import pytest  # noqa: F401
    import respx  # noqa: F401

    sys.exit(main())
