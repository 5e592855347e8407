"""Change the code in one place, and see whether the tests notice; many times.

    pip install '.[test,mutation]'
    export PYTHONPATH=tests/support
    python tests/support/mutation_run.py rules --sample 60   of one package, drawn by chance
    python tests/support/mutation_run.py --since HEAD~1      the lines that have changed since
    python tests/support/mutation_run.py --thorough          every mutant of every package
    python tests/support/mutation_run.py rules --write       also into docs/mutation-score.md
    python tests/support/mutation_run.py rules --by-file     what each file of tests notices

cosmic-ray makes the mutants; mutmut forks faster, but only where the code lies in `src/`. A
package's quick tests run once, which tells the tests that run each line. Each mutant is tested in a
fork of this process, which has the libraries and pytest in memory already, by the tests that run
its line, the quickest first, up to the first failure, and for two minutes of their usual time. What
they would notice only later, or with the help of other tests, such as a value that is computed
once, counts as not noticed.
Survivors are printed; those of `equivalent_mutants.toml` change nothing that anybody could see.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from mutant_files import HEAD, FileCosts, with_rows
from mutant_tests import FAILED, LIMITS, UNNOTICED, Trial, measure
from mutants import ROOT, Mutant, changed_lines, is_equivalent, mutants_of, source_of

PAGE: Final = ROOT / "docs" / "mutation-score.md"
GOAL: Final = 0.9
SERVER, CLIENT = ROOT / "mock_server" / "codat_mock", ROOT / "client" / "codat_push"
# Folders and files of each package, and of its quick tests.
PACKAGES: Final[dict[str, tuple[Path, Sequence[str]]]] = {
    "rules": (SERVER / "rules", ["mock_server/rules", "mock_server/test_limits.py"]),
    "accounting": (SERVER / "accounting", ["mock_server/accounting"]),
    "sandbox": (
        SERVER / "sandbox",
        [
            "mock_server/sandbox",
            "mock_server/test_limits.py",
            "mock_server/http/control",
            "mock_server/http/portal/test_merchant_pages.py",
            "mock_server/http/test_sync_status_codes.py",
            "mock_server/http/test_ticker.py",
            "mock_server/http/test_vendor_answers.py",
        ],
    ),
    "storage": (
        SERVER / "storage",
        [
            "mock_server/storage",
            "mock_server/sandbox",
            "mock_server/http/control/test_snapshots.py",
        ],
    ),
    "domain": (SERVER / "domain", ["mock_server/domain", "mock_server/test_limits.py"]),
    "client": (CLIENT, ["client"]),
    "proxy": (
        SERVER / "replay",
        ["mock_server/replay", "mock_server/har", "mock_server/cli/test_judge.py"],
    ),
}
# Minutes of a mutant's time, for what quicker tests prove or would have proved: left out.
SLOW: Final = {
    "test_broken_histories.py", "test_good_histories.py", "test_merchant_weeks.py",
    "test_random_histories.py", "test_concurrent_histories.py", "test_fault_machine.py",
    "test_state_machine.py", "test_async_killed.py", "test_outbox_machine.py",
    "test_ledger_machine.py", "test_kill_loop.py", "test_outbox_killed.py",
    "test_client_production_page.py", "test_distribution.py",
    "test_interrupted_sessions.py", "test_killed_between_pages.py",
    "test_concurrency.py",
}  # fmt: skip


@dataclass
class Score:
    """What became of the mutants of a package.

    Args:
        found: how many there are in all.
        seed: of the draw; None if none was drawn.
        noticed: how many were noticed.
        late: how many of these because they worked, or waited, for too long.
        survivors: described, with their place.
        files: what each file of tests noticed; None if that was not asked.
    """

    package: str
    found: int
    seed: int | None
    noticed: int = 0
    late: int = 0
    equivalent: int = 0
    survivors: list[str] = field(default_factory=list)
    files: FileCosts | None = None
    is_cut: bool = False

    @property
    def tested(self) -> int:
        """How many were tested and are no equivalents."""
        return self.noticed + len(self.survivors)

    @property
    def is_enough(self) -> bool:
        """Whether the goal is reached, by those that were tested."""
        return self.noticed >= GOAL * self.tested

    @property
    def share(self) -> str:
        """The share that was noticed."""
        return f"{self.noticed / self.tested:.0%}" if self.tested else "-"

    def __str__(self) -> str:
        late = f", {self.late} of them by their time" if self.late else ""
        over = "; the time is over" if self.is_cut else ""
        return (
            f"{self.package}: {self.noticed} of {self.tested} noticed{late} ({self.share}),"
            f" {self.equivalent} equivalent, of {self.found} mutants{over}"
        )


def tests_of(package: str) -> list[str]:
    """The files of a package's quick tests."""
    folders = [ROOT / "tests" / name for name in PACKAGES[package][1]]
    return [
        str(file)
        for folder in folders
        for file in (sorted(folder.rglob("test_*.py")) if folder.is_dir() else [folder])
        if file.name not in SLOW and not str(file).endswith("rules/test_registry.py")
    ]


def found_in(package: str, lines: Set[tuple[Path, int]] | None) -> list[Mutant]:
    """The mutants of a package, on those lines if there are any given."""
    return [
        mutant
        for path in sorted(PACKAGES[package][0].rglob("*.py"))
        if lines is None or any(changed == path for changed, _ in lines)
        for mutant in mutants_of(path)
        if lines is None or (mutant.path, mutant.line) in lines
    ]


def run(score: Score, mutants: Sequence[Mutant], jobs: int, until: float, *, by_file: bool) -> None:
    """Test mutants, some at once, and print the survivors."""
    if not mutants:
        return
    left = until - os.times().elapsed
    measured = measure(PACKAGES[score.package][0], tests_of(score.package), left)
    if measured is None:
        score.is_cut = True
        return
    score.files = FileCosts(score.package, measured.seconds) if by_file else None
    trials = (Trial(mutant, measured, by_file) for mutant in mutants)
    for trial, code in tested(trials, jobs, until):
        mutant = trial.mutant
        if score.files and code is not None:
            score.files.add(trial.tests, trial.noticed_by())
        if code is None:
            score.equivalent += 1
        elif code not in (UNNOTICED, FAILED):
            score.noticed += 1
            score.late += -code in LIMITS
        else:
            before, after = mutant.difference()
            place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
            score.survivors.append(f"{place}\n  - {before}\n  + {after}")
            none = "" if trial.tests else ", which no test runs"
            why = ", where pytest itself failed" if code == FAILED else none
            print(f"{place}: {mutant.operator}{why}\n  - {before}\n  + {after}", flush=True)
    done = score.tested + score.equivalent
    score.is_cut = done < len(mutants)


def tested(trials: Iterator[Trial], jobs: int, until: float) -> Iterator[tuple[Trial, int | None]]:
    """The trials that there is time for, each with the exit code of its fork.

    Minus the signal that ended it, if one did, and None for an equivalent.
    """
    trial, running = next(trials, None), dict[int, Trial]()
    try:
        while (trial or running) and os.times().elapsed < until:
            while trial and len(running) < jobs:
                if is_equivalent(trial.mutant.difference()):
                    yield trial, None
                elif not trial.tests:
                    yield trial, UNNOTICED
                else:
                    running[trial.start()] = trial
                trial = next(trials, None)
            if running:
                child, status = os.wait()
                yield running.pop(child), os.waitstatus_to_exitcode(status)
    finally:
        for child in running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def write(score: Score) -> None:
    """Put a score into the page: its row of the table, and its survivors."""
    drawn = "all" if score.seed is None else f"by seed {score.seed}"
    row = (
        f"| {score.package} | {score.found:,} | {score.tested}, {drawn} | {score.noticed}"
        f" | {score.equivalent} | {score.share} |"
    )
    text = re.sub(rf"^\| {score.package} \|.*$", row, source_of(PAGE), flags=re.MULTILINE)
    listed = "\n\n".join(score.survivors) or "None."
    section = f"### {score.package}\n\n```diff\n{listed}\n```\n"
    old = rf"^### {score.package}\n.*?(?=^### |\Z)"
    text = re.sub(old, lambda _: section + "\n", text, flags=re.MULTILINE | re.DOTALL)
    if score.files:
        text = with_rows(text, score.files, [*PACKAGES])
    PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")
    source_of.cache_clear()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say; returns the exit code."""
    parser = argparse.ArgumentParser(description="Change the code, and see who notices.")
    parser.add_argument("packages", nargs="*", choices=[*PACKAGES, []], help="default: all")
    parser.add_argument("--sample", type=int, default=60, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--since", help="mutate the lines that differ from this commit")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="at most, shared equally")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at once")
    parser.add_argument("--thorough", action="store_true", help="every mutant")
    parser.add_argument("--by-file", action="store_true", help="go on after the first failure")
    parser.add_argument("--write", action="store_true", help="into docs/mutation-score.md")
    given = parser.parse_args(arguments)
    os.environ.setdefault("CI", "true")  # without shrinking
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no fork is left
    os.chdir(ROOT)
    until = os.times().elapsed + given.minutes * 60
    lines = changed_lines(given.since) if given.since else None
    failed = False
    mutants = {package: found_in(package, lines) for package in given.packages or PACKAGES}
    waiting = sum(bool(found) for found in mutants.values())
    if not waiting:
        print("There is no line to change.")
    for package, found in mutants.items():
        if not found:
            continue
        is_all = given.thorough or lines is not None
        count = len(found) if is_all else min(given.sample, len(found))
        score = Score(package, len(found), None if given.thorough else given.seed)
        drawn = Random(given.seed).sample(found, count)  # noqa: S311  (no secret)
        now = os.times().elapsed
        run(score, drawn, given.jobs, now + (until - now) / waiting, by_file=given.by_file)
        waiting -= 1
        print(score, flush=True)
        if score.files:
            print(HEAD, *score.files.rows(), sep="")
        failed |= not score.is_enough
        if given.write:
            write(score)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
