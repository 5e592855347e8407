"""Running the integrations, each in its own process with its own sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from codat_mock.http.server import Server, listen
from codat_mock.rules import rulebook
from codat_mock.rules.registry import SECTIONS
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.integrations.environment import GOES_LIVE, START_DATE, Environment
from codat_scenarios.integrations.programs import Program, load, names
from codat_scenarios.integrations.scripted_pos import ScriptedPos
from codat_scenarios.kill_matrix.results import Matrix, Result
from codat_scenarios.sandbox_driver import SandboxDriver

PATIENCE_SECONDS: Final = 120


def load_all() -> list[Program]:
    """All programs: the good ones, then those that break each rule, in the rulebook's order."""
    sections = "".join(SECTIONS)

    def place(program: Program) -> tuple[int, str]:
        return sections.index(program.breaks[0][0]) if program.breaks else -1, program.name

    return sorted(map(load, names()), key=place)


def run_all(
    programs: Iterable[Program],
    on_result: Callable[[Result], None] = lambda _: None,
    jobs: int = 4,
) -> Matrix:
    """Run programs against one new mock, a few at a time.

    Args:
        programs: which.
        on_result: called with each result as it comes.
        jobs: how many run at the same time, each in a process of its own.
    """
    codes = tuple(rule.code for rule in rulebook())
    registry = SandboxRegistry(Settings(speed=0, rate_limits=True))
    results = []
    with (
        Server(registry, listen("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(jobs) as pool,
    ):
        for result in pool.map(lambda program: run(program, server.address), programs):
            on_result(result)
            results.append(result)
    return Matrix(codes, results)


def run(program: Program, address: str) -> Result:
    """Run a program against a mock, in a prepared sandbox, and collect the findings."""
    key = f"matrix-{program.name}"
    with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS, trust_env=False) as http:
        driver = SandboxDriver(http, key, program.name)
        company_ids = prepare(program.environment, driver) if program.environment else []
        ran = subprocess.run(  # noqa: S603  (a program of our own)
            [sys.executable, "-m", "codat_scenarios.integrations", program.name],
            env=os.environ
            | {
                # The URL names the sandbox too, so that a request with a wrong key is logged in it.
                "CODAT_BASE_URL": f"{address}/sandbox/{program.name}",
                "CODAT_API_KEY": key,
                "CODAT_COMPANY_ID": ",".join(company_ids),
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if program.environment:
            driver.wait_until(program.environment.ends)
        return result_of(program, driver, ran)


def prepare(environment: Environment, driver: SandboxDriver) -> list[str]:
    """Prepare a sandbox; returns the ids of its companies."""
    company_ids = []
    driver.reset(GOES_LIVE)
    for number in range(1, environment.companies + 1):
        driver.create_company(f"Shop {number}")
        driver.link_accounting()
        driver.configure(START_DATE)
        if not environment.is_linked:
            driver.set_connection("Accounting", "PendingAuth")
        own = f"/_mock/companies/{driver.company_id}/merchant-records"
        driver.call("PUT", own, ScriptedPos(environment, number).truth())
        company_ids.append(driver.company_id)
    driver.call("PUT", "/_mock/faults", {"faults": environment.faults})
    for outcome in environment.outcomes:
        driver.call("POST", "/_mock/outcomes", outcome)
    return company_ids


def result_of(
    program: Program, driver: SandboxDriver, ran: subprocess.CompletedProcess[str]
) -> Result:
    """The findings, and whether the program failed.

    Args:
        program: the integration.
        driver: of the sandbox that it used.
        ran: the process, which has ended.
    """
    verdict = driver.findings()
    found = Counter(finding["code"] for finding in verdict["findings"])
    errors = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
    return Result(
        program,
        dict(sorted(found.items())),
        frozenset(verdict["exercised"]),
        errors[-1] if ran.returncode else "",
    )
