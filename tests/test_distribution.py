"""The wheel and the source distribution: what they hold, and that they can be reproduced."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [
    Path(each) for each in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
]
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")


def copy(target: Path) -> Path:
    """A copy of the checkout with other times and permissions, at another path."""
    shutil.copytree(ROOT, target, ignore=IGNORED)
    shutil.copy(ROOT / ".gitignore", target)
    for path in target.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
        if path.is_file():
            path.chmod(0o666)
    return target


def build(source: Path, target: Path) -> dict[str, Path]:
    """Build both distributions; gives them by their suffix."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", target]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return {path.suffix: path for path in target.iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("distribution")
    return build(copy(folder / "one"), folder / "first")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_both_can_be_reproduced(built: dict[str, Path], tmp_path: Path) -> None:
    again = build(copy(tmp_path / "another" / "place"), tmp_path / "dist")
    assert {suffix: digest(path) for suffix, path in again.items()} == {
        suffix: digest(path) for suffix, path in built.items()
    }


def test_the_source_distribution_builds_the_same_wheel(
    built: dict[str, Path], tmp_path: Path
) -> None:
    with tarfile.open(built[".gz"]) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    assert digest(build(source, tmp_path / "dist")[".whl"]) == digest(built[".whl"])


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(
    built: dict[str, Path],
) -> None:
    names = set(zipfile.ZipFile(built[".whl"]).namelist())
    expected = {
        path.relative_to(ROOT / package.parent).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == expected
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_no_distribution_names_a_path_of_the_machine_that_built_it(
    built: dict[str, Path],
) -> None:
    wheel = zipfile.ZipFile(built[".whl"])
    place = os.fsencode(built[".whl"].parents[1])
    assert not [name for name in wheel.namelist() if place in wheel.read(name)]
