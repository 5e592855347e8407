"""An environment of its own for the vendor's SDK, whose pinned dependencies clash with ours."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

SDK = "codat-synccommerce==0.1.1"


@pytest.fixture(scope="session")
def sdk_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the vendor's SDK; required in CI, skipped where no registry answers."""
    folder = tmp_path_factory.mktemp("sdk")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--timeout", "20", SDK]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        reason = f"the package registry does not give {SDK}: {installed.stderr.strip()[-300:]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return python
