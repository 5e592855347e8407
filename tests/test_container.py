"""The image: it is built from the checkout, runs without privileges, and reports its health.

Built by buildah on a base that mmdebstrap makes of Debian's packages, so that no registry of images
is needed. CODAT_MOCK_BASE_IMAGE names another base, which must have Python and its venv.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("buildah", "mmdebstrap")
MISSING = [tool for tool in NEEDED if shutil.which(tool) is None]
STORAGE = ("--storage-driver", "vfs")
CERTIFICATES = Path("/etc/ssl/certs")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        bool(MISSING) or os.getuid() != 0,
        reason=f"needs root and Debian's {' and '.join(MISSING or NEEDED)}",
    ),
]


def run(*command: str | Path, **options: Any) -> str:
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=900, **options
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout.strip()


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command, with a storage of its own."""
    folder = tmp_path_factory.mktemp("storage")
    yield ["buildah", *STORAGE, "--root", str(folder / "root"), "--runroot", str(folder / "run")]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def base(buildah: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A base image with Python."""
    if given := os.environ.get("CODAT_MOCK_BASE_IMAGE"):
        return given
    folder = tmp_path_factory.mktemp("base")
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )["VERSION_CODENAME"]
    packages = "--include=python3,python3-venv,ca-certificates"
    made = subprocess.run(
        [
            str(shutil.which("mmdebstrap")),
            "--variant=minbase",
            packages,
            release,
            folder / "base.tar",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if made.returncode:
        pytest.skip(f"mmdebstrap cannot make a base here: {made.stderr[-300:]}")
    (folder / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
    run(*buildah, "bud", "--isolation", "chroot", "-t", "localhost/base", folder)
    return "localhost/base"


@pytest.fixture(scope="module")
def image(buildah: list[str], base: str) -> str:
    """The image of the checkout's Dockerfile; pip reaches the index as on this machine."""
    mounts = [
        part
        for path in (CERTIFICATES, Path("/etc/pip.conf"))
        if path.exists()
        for part in ("--volume", f"{path}:{path}:ro")
    ]
    certificates = "PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
    run(
        *buildah, "bud", "--isolation", "chroot", "--format", "docker", "--network", "host",
        *mounts, "--build-arg", f"BASE={base}", "--env", certificates, "-t", "localhost/codat-mock",
        ROOT,
    )  # fmt: skip
    return "localhost/codat-mock"


def test_the_image_runs_as_a_user_without_privileges(buildah: list[str], image: str) -> None:
    config = json.loads(run(*buildah, "inspect", "--type", "image", image))["Docker"]["config"]
    assert config["User"] == "10001"
    assert config["Healthcheck"]["Test"] == ["CMD", "codat-mock", "health"]
    assert config["Entrypoint"] == ["codat-mock"]
    assert config["Cmd"] == ["serve"]


def test_the_container_serves_on_all_addresses_and_is_healthy(
    buildah: list[str], image: str
) -> None:
    container = run(*buildah, "from", image)
    inside = [*buildah, "run", "--isolation", "chroot", container, "--"]
    assert run(*inside, "id", "-u") == "10001"
    with subprocess.Popen(
        [*inside, "codat-mock", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            [port] = re.findall(r":(\d+)", line)
            assert run(*inside, "sh", "-c", "test $CODAT_MOCK_HOST = 0.0.0.0 && echo ok") == "ok"
            url = f"http://127.0.0.1:{port}"
            assert run(*inside, "codat-mock", "health", "--url", url) == "ready"
            assert httpx.get(f"{url}/_mock/health").json()["status"] == "ready"
        finally:
            os.killpg(server.pid, 15)
    unhealthy = subprocess.run(
        [*inside, "codat-mock", "health", "--url", url], capture_output=True, check=False
    )
    assert unhealthy.returncode == 1
