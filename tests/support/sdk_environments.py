"""An environment of its own for each of the vendor's SDKs, whose dependencies clash with ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

LONGEST_SECONDS = 300


def install_python(folder: Path, package: str) -> list[str | Path]:
    """Install an SDK from PyPI; the command that runs a flow with it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install([python, "-m", "pip", "install", "--quiet", "--timeout", "20", package], folder)
    return [python]


def install_node(folder: Path, package: str) -> list[str | Path]:
    """Install an SDK from npm; the command that runs a flow with it, before the flow's file."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        unavailable("node and npm are not installed")
    install([npm, "install", "--silent", "--no-audit", "--prefix", str(folder), package], folder)
    return [node]


def install(command: list[str | Path], folder: Path) -> None:
    """Run an installation; without a registry the test is skipped, or fails in CI."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
    )
    if done.returncode:
        unavailable(f"the registry does not provide {command[-1]}: {done.stderr.strip()[-300:]}")


def unavailable(reason: str) -> None:
    """Skip the test, or fail it in CI, where every SDK is required."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
