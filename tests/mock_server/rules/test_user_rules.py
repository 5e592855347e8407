"""Users' rules: installed as a package, found by entry point, applied like any other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from codat_mock.rules.registry import RULES

DOCS = Path(__file__).parents[3] / "docs"
PACKAGE = DOCS / "own-rules"
COMMAND = Path(sys.executable).with_name("codat-mock")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the example's package is installed."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--target", site, PACKAGE], check=True, capture_output=True
    )
    return os.environ | {"PYTHONPATH": str(site)}


@pytest.fixture
def address(installed: dict[str, str]) -> Iterator[str]:
    """A server with those rules, one of them with another threshold."""
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--rule", "X01.least=10"],
        stdout=subprocess.PIPE, text=True, env=installed,
    ) as server:  # fmt: skip
        address = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
        assert address
        yield address[0]
        server.terminate()


def test_a_user_s_rule_comes_last_in_the_list(installed: dict[str, str]) -> None:
    listed = subprocess.run(
        [COMMAND, "rules"], check=True, capture_output=True, text=True, env=installed
    )
    assert listed.stdout.splitlines()[-1].startswith("X01\twarning\thas-location\tEvery order")


def test_a_user_s_rule_uses_the_threshold_set(address: str) -> None:
    with httpx.Client(base_url=address, headers={"Authorization": "Basic a2V5"}) as http:
        company = http.post("/_mock/companies", json={"name": "x"}).json()["id"]
        now = http.get("/_mock/clock").json()["now"]
        orders = [
            {"id": f"{pounds}", "totalAmount": pounds, "createdDate": now} for pounds in (9, 10, 11)
        ]
        answer = http.post(
            f"/data/companies/{company}/sync/commerce-orders", json={"orders": orders}
        )
        assert answer.headers["Codat-Mock-Findings"] == "X01;count=2"
        (found,) = http.get("/_mock/findings").json()["findings"]
    assert (found["code"], found["records"]) == ("X01", ["10", "11"])


def test_without_the_package_there_is_no_such_rule() -> None:
    assert "X01" not in RULES


def test_rules_that_cannot_be_loaded_are_reported_in_one_line(tmp_path: Path) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[codat_mock.rules]\nbroken = broken_rules\n")
    (tmp_path / "broken_rules.py").write_text("1 / 0\n")
    ran = subprocess.run(
        [COMMAND, "rules"], check=False, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 2
    [line] = ran.stderr.splitlines()
    assert "Cannot load the rules of entry point 'broken' (broken_rules): ZeroDivisionError" in line


def test_the_page_shows_the_package() -> None:
    page = (DOCS / "judging.md").read_text()
    for name in ("pyproject.toml", "acme_rules.py"):
        assert f"# {name}\n{(PACKAGE / name).read_text()}```" in page
