"""What the packages import is what pyproject.toml declares, and each bound can be met."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = ("mock_server", "client", "scenarios", "fixtures")
OWN = {"codat_mock", "codat_push", "codat_scenarios", "codat_fixtures"}
# What is installed and never imported, with the reason.
NOT_IMPORTED = {"tzdata": "zoneinfo reads its files where the system has none"}


def requirements(*extras: str) -> list[Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def imports() -> Iterator[tuple[str, str]]:
    """The top-level name of each module that is imported, with the file that imports it."""
    for path in (path for source in SOURCES for path in (ROOT / source).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names | OWN:
                    yield top, str(path.relative_to(ROOT))


def declared(*extras: str) -> set[str]:
    return {canonicalize_name(each.name) for each in requirements(*extras)}


def test_every_import_is_declared() -> None:
    distributions = packages_distributions()
    for top, path in imports():
        names = {canonicalize_name(name) for name in distributions.get(top, [top])}
        # The extras of users: `test` and `dev` are the project's own.
        extras = PROJECT["optional-dependencies"].keys() - {"test", "dev"}
        assert names & declared(*extras), f"{path} imports {top}, which pyproject.toml lacks"


def test_every_dependency_is_imported() -> None:
    distributions = packages_distributions()
    imported = {
        canonicalize_name(name) for top, _ in imports() for name in distributions.get(top, [top])
    }
    assert declared() - imported == set(NOT_IMPORTED)


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_every_dependency_has_a_lower_bound(extra: str | None) -> None:
    for requirement in requirements(*[extra] if extra else []):
        bounds = [each for each in requirement.specifier if each.operator == ">="]
        assert len(bounds) == 1, f"{requirement}: give the lowest version, as in name>=1.2"


def test_waitress_is_bounded_while_its_internals_are_used() -> None:
    [waitress] = [each for each in requirements() if each.name == "waitress"]
    server = (ROOT / "mock_server/codat_mock/http/held_responses.py").read_text()
    assert "from waitress.channel import" in server, "the upper bound is not needed any more"
    assert not waitress.specifier.contains(Version("4"))


def test_the_constraints_pin_every_direct_dependency_to_its_lower_bound() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / ".ci/lowest", "pytest"], capture_output=True, text=True, check=True
    )
    for line, requirement in zip(ran.stdout.splitlines(), requirements("pytest"), strict=True):
        pin = Requirement(line)
        [version] = [each.version for each in pin.specifier]
        [lowest] = [each.version for each in requirement.specifier if each.operator == ">="]
        assert (pin.name, version) == (requirement.name, lowest)
        assert requirement.specifier.contains(Version(version))
