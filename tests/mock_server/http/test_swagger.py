"""Swagger UI: offline, with the document of the same sandbox, and usable to the end."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_conformance import client_of, document_of

from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/swagger", "../_mock/openapi.json"),
        ("/swagger/control", "../../_mock/control-openapi.json"),
    ],
)
def test_its_pages_and_their_parts_are_served_from_here(path: str, document: str) -> None:
    with client_of(create_app()) as http:
        page = http.get(path, follow_redirects=True)
        assert page.status_code == 200
        parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(parts) >= 4
        for part in parts:
            url = httpx.URL(str(page.url)).join(part)
            assert url.host == "127.0.0.1"
            assert http.get(url).status_code == 200
        assert f'"url": "{document}"' in page.text
        assert http.get(page.url.join(document)).json()["openapi"]


def test_the_examples_alone_lead_through_the_beta_flow() -> None:
    app = create_app(
        SandboxRegistry(Settings(start_at=datetime(2022, 3, 21, 21, tzinfo=UTC), speed=0))
    )
    operations = {
        operation["operationId"]: (method, path, operation)
        for path, methods in document_of(app)["paths"].items()
        for method, operation in methods.items()
    }
    with client_of(app) as http:

        def try_out(name: str, **ids: str) -> Any:
            method, path, operation = operations[name]
            content = operation.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("example")
            return http.request(method, path.format(**ids), json=body).raise_for_status().json()

        shop = try_out("create-sync-company")["id"]
        try_out("create-connection", companyId=shop)
        http.post(f"/_mock/companies/{shop}/authorize").raise_for_status()
        assert try_out("set-configuration", companyId=shop)["configured"]
        pushed = [
            try_out(f"push-{name}", companyId=shop)["datasetId"]
            for name in ("orders", "payments", "transactions")
        ]
        http.post("/_mock/clock/advance", json={"seconds": 10})
        for dataset in pushed:
            shown = try_out("get-dataset", companyId=shop, datasetId=dataset)
            assert shown["status"] == "Complete"
        assert try_out("run-sync", companyId=shop)["syncStatusCode"] == 2000
        assert try_out("get-sync-status", companyId=shop)["dataPushed"]
        [books] = http.get("/_mock/books").json()["companies"]
        assert {each["kind"] for each in books["documents"]} >= {"Invoice", "Payment", "Bill"}


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here")
@pytest.mark.parametrize("prefix", ["", "/sandbox/shop"])
def test_a_browser_shows_every_operation_and_the_authorise_button(
    tmp_path: Path, prefix: str
) -> None:
    with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
        command = [
            str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu",
            f"--user-data-dir={tmp_path}", "--virtual-time-budget=10000", "--dump-dom",
            f"{server.address}{prefix}/swagger/",
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    shown = set(re.findall(r'id="operations-[^"]+?-([a-z]+-[A-Za-z-]+)"', ran.stdout))
    named = {
        operation["operationId"]
        for methods in document_of(create_app())["paths"].values()
        for operation in methods.values()
    }
    assert {name for name in named if any(each.endswith(name) for each in shown)} == named
    assert "Authorize" in ran.stdout
    assert f'<option value="{prefix or "/"}"' in ran.stdout
