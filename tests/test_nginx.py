"""Three mocks behind nginx: a sandbox stays on one, and a mock that dies takes only its own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from codat_mock import Server, Settings

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
KEYS = [f"key-{number}" for number in range(30)]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx"),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Balanced:
    """The mocks, and the address of nginx before them."""

    def __init__(self, mocks: list[Server], address: str) -> None:
        self.mocks = mocks
        self.http = httpx.Client(base_url=address, trust_env=False)

    def create_company(self, key: str, **headers: str) -> httpx.Response:
        authorization = f"Basic {b64encode(key.encode()).decode()}"
        return self.http.post(
            "/_mock/companies",
            json={"name": key},
            headers={"Authorization": authorization, **headers},
        )

    def companies(self, key: str) -> httpx.Response:
        authorization = f"Basic {b64encode(key.encode()).decode()}"
        return self.http.get("/companies", headers={"Authorization": authorization})

    def homes(self) -> list[set[str]]:
        """The sandboxes of each mock."""
        return [set(mock.registry.names()) for mock in self.mocks]


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Balanced]:
    with ExitStack() as stack:
        mocks = [stack.enter_context(Server.bind(Settings(speed=0))) for _ in range(3)]
        port = free_port()
        text = CONFIGURATION.read_text(encoding="utf-8")
        for place, mock in enumerate(mocks):
            text = text.replace(f"127.0.0.1:{4621 + place}", mock.address.removeprefix("http://"))
        text = text.replace("127.0.0.1:4620", f"127.0.0.1:{port}")
        own = f"pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; daemon off;\n"
        paths = "".join(
            f"{name}_temp_path {tmp_path}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = own + text.replace("http {", f"http {{ access_log off;\n{paths}", 1)
        file = tmp_path / "nginx.conf"
        file.write_text(text, encoding="utf-8")
        with subprocess.Popen([str(NGINX), "-p", tmp_path, "-c", file]) as nginx:
            try:
                found = Balanced(mocks, f"http://127.0.0.1:{port}")
                with (
                    found.http,
                    httpx.Client(
                        transport=httpx.HTTPTransport(retries=10), trust_env=False
                    ) as waiting,
                ):
                    waiting.get(f"http://127.0.0.1:{port}/_mock/health").raise_for_status()
                    yield found
            finally:
                nginx.terminate()


def test_a_sandbox_is_on_one_mock_and_the_mocks_share_the_load(balanced: Balanced) -> None:
    for _ in range(3):
        for key in KEYS:
            assert balanced.create_company(key).status_code == 200
    for key in KEYS:
        assert balanced.companies(key).json()["totalResults"] == 3
    homes = balanced.homes()
    assert all(homes)
    assert sum(map(len, homes)) == len(set.union(*homes)) == len(KEYS)


def test_a_sandbox_that_is_named_by_header_or_path_stays_on_its_mock(balanced: Balanced) -> None:
    for key in KEYS:
        assert balanced.create_company(key, **{"X-Test-Id": "shared"}).status_code == 200
        assert balanced.http.get(
            "/sandbox/named/companies",
            headers={"Authorization": f"Basic {b64encode(key.encode()).decode()}"},
        ).is_success
    homes = balanced.homes()
    assert sum("shared" in home for home in homes) == 1
    assert sum("named" in home for home in homes) == 1


def test_a_mock_that_dies_takes_only_its_own_sandboxes(balanced: Balanced) -> None:
    for key in KEYS:
        balanced.create_company(key)
    lost = balanced.homes()[0]
    balanced.mocks[0].stop()
    balanced.mocks[0]._thread.join()
    statuses = [balanced.companies(key).status_code for key in KEYS]
    assert statuses.count(502) == len(lost) > 0
    assert statuses.count(200) == len(KEYS) - len(lost)


def test_the_configuration_names_the_ports_of_the_documentation() -> None:
    ports = re.findall(r"server 127\.0\.0\.1:(\d+)", CONFIGURATION.read_text(encoding="utf-8"))
    assert ports == ["4621", "4622", "4623"]
