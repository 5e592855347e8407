"""Every command and snippet on README's page runs, and does what the page says."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DEFAULT = "http://127.0.0.1:4620"
COMMAND = Path(sys.executable).with_name("codat-mock")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


SHOWN = [line for block in blocks("sh") for line in block.splitlines()]
INSTALLS = [line for line in SHOWN if line.startswith("pip install")]
SERVES = [line for line in SHOWN if line.startswith("codat-mock serve")]
OTHERS = [line for line in SHOWN if line not in (*INSTALLS, *SERVES)]


def test_the_two_commands_for_ci_are_shown() -> None:
    assert INSTALLS == [
        "pip install . && codat-mock demo",
        "pip install '.[test]' && pytest",
    ]


@pytest.mark.parametrize("line", OTHERS)
def test_a_shown_command_succeeds(line: str, tmp_path: Path) -> None:
    name, *arguments = shlex.split(line)
    assert name == "codat-mock"
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    ran = subprocess.run(
        [COMMAND, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout


@pytest.mark.parametrize("line", SERVES)
def test_a_shown_server_serves_and_stops(line: str, tmp_path: Path) -> None:
    arguments = shlex.split(line)[1:]
    if "--port" not in arguments:
        arguments += ["--port", "0"]  # the default one may be taken here
    with subprocess.Popen(
        [COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            told = server.stdout.readline() if server.stdout else ""
            address = re.search(r"http://\S+", told)
            assert address, told
            health = httpx.get(f"{address[0]}/_mock/health").json()
            assert health["status"] == "ready"
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0


def test_the_snippets_print_what_is_shown_below_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    hurried = Settings(speed=1000)  # the page's reader waits 7.8 seconds for a dataset
    with Server(SandboxRegistry(hurried), listen("127.0.0.1", 0)) as server:
        for snippet, shown in zip(blocks("python"), blocks("text"), strict=True):
            assert DEFAULT in snippet
            exec(snippet.replace(DEFAULT, server.address), told)  # noqa: S102  (our own page)
            assert capsys.readouterr().out == shown
        told["codat"].close()


def test_every_control_request_in_the_table_is_served() -> None:
    rows = re.findall(r"^\| `(GET|POST|PUT) (/_mock/\S+)`(?: `(.*?)`)? \|", README, re.M)
    at = datetime(2022, 3, 21, 21, tzinfo=UTC)
    registry = SandboxRegistry(Settings(start_at=at, speed=0))
    client = create_app(registry).test_client()
    key = {"Authorization": "Basic a2V5"}

    def prepared() -> dict[str, str]:
        """What the names in a path stand for."""
        company = client.post("/meta/companies/sync", headers=key, json={"name": "Café"})
        company_id = str(company.get_json()["id"])
        client.post(f"/meta/companies/{company_id}/connections", headers=key, json="gbol")
        rule = {"type": "Data sync completed", "url": "http://127.0.0.1:1/"}
        rules = client.post("/_mock/alerts/rules", headers=key, json=rule).get_json()["rules"]
        client.post(f"/data/companies/{company_id}/sync/commerce-orders", headers=key, json={})
        own = f"/_mock/companies/{company_id}/merchant-records"
        client.put(own, headers=key, json={"orders": [{"id": "o", "totalAmount": 5}]})
        client.post("/_mock/clock/advance", headers=key, json={"seconds": 8})
        client.post(f"/data/companies/{company_id}/sync/commerce-orders", headers=key, json={})
        alerts = client.get("/_mock/alerts", headers=key).get_json()["alerts"]
        return {
            "{companyId}": company_id,
            "{number}": "1",
            "{ruleId}": rules[-1]["ruleId"],
            "{alertId}": alerts[-1]["alertId"] if alerts else "",
        }

    assert len(rows) >= 10
    for method, path, body in rows:
        full = path
        for name, value in prepared().items():
            full = full.replace(name, value)
        answer = client.open(full, method=method, headers=key, data=body or None)
        assert answer.status_code == 200, (method, path, answer.get_json())
    assert {path for _, path, _ in rows} >= {
        re.sub(r"<(\w)(\w+)_id>", r"{\1\2Id}", rule.rule.replace("<int:number>", "{number}"))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/_mock")
    }
    registry.close()


def test_the_picture_is_there() -> None:
    [picture] = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert (ROOT / picture).read_text().startswith("<svg")
