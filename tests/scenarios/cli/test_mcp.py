"""`codat-mock mcp`, as a client of the protocol sees it over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from codat_mock.cli.main import main

pytest.importorskip("mcp", reason="needs pip install 'codat-mock[mcp]'")

from click.testing import CliRunner
from mcp import Client, StdioServerParameters

SAMPLES = Path(__file__).parents[3] / "docs" / "integrations"
TOOLS = {
    "open_sandbox", "move_clock", "plan_fault", "plan_outcome", "read_findings", "read_request",
    "read_books", "explain_rule", "run_check",
}  # fmt: skip


def with_client(use: Callable[[Client], Awaitable[None]]) -> None:
    """Run a test against `codat-mock mcp` as a process."""

    async def run() -> None:
        server = StdioServerParameters(command=sys.executable, args=["-m", "codat_mock", "mcp"])
        async with Client(server) as client:
            await use(client)

    asyncio.run(run())


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives; its failure fails the test."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found = result.structured_content
    return found["result"] if found and found.keys() == {"result"} else found


def push(opened: Any, orders: list[Any]) -> httpx.Response:
    key = b64encode(opened["api_key"].encode()).decode()
    path = f"/data/companies/{opened['company_id']}/sync/commerce-orders"
    return httpx.post(
        f"{opened['base_url']}{path}",
        json={"orders": orders},
        headers={"Authorization": f"Basic {key}"},
    )


def test_every_tool_is_listed_with_what_it_takes() -> None:
    async def use(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == TOOLS
        assert all(tool.description for tool in listed)

    with_client(use)


def test_a_broken_rule_is_found_with_its_request_and_explained() -> None:
    async def use(client: Client) -> None:
        opened = await call(client, "open_sandbox", start_at="2022-03-21T18:00:00Z")
        order = {"id": "A-1", "createdDate": "2022-03-21T12:00:00Z", "totalAmount": 85}
        assert push(opened, [order]).status_code == 200
        await call(client, "move_clock", seconds=60)
        assert push(opened, [order]).status_code == 200
        found = await call(client, "read_findings")
        [finding] = [each for each in found["findings"] if each["code"] == "S03"]
        request = await call(client, "read_request", number=finding["requests"][0]["number"])
        assert '"A-1"' in request["bodies"]["sent"]
        assert "S03 only-new-or-changed" in await call(client, "explain_rule", code="S03")

    with_client(use)


def test_planned_failures_and_the_books_can_be_seen() -> None:
    async def use(client: Client) -> None:
        opened = await call(
            client, "open_sandbox", sandbox="other", start_at="2022-03-21T18:00:00Z"
        )
        fault = {"kind": "refuse", "status": 503, "at": [1]}
        await call(client, "plan_fault", fault=fault, sandbox="other")
        assert push(opened, []).status_code == 503
        outcome = {"target": "dataset", "outcome": "MapError"}
        await call(client, "plan_outcome", outcome=outcome, sandbox="other")
        assert push(opened, []).status_code == 200
        clock = await call(client, "move_clock", sandbox="other")
        assert clock["now"] > "2022-03-22"
        books = await call(client, "read_books", sandbox="other")
        assert books["companies"][0]["documents"] == []

    with_client(use)


def test_an_integration_is_checked() -> None:
    async def use(client: Client) -> None:
        sales = str(SAMPLES / "sales")
        checked = await call(
            client,
            "run_check",
            command=[sys.executable, str(SAMPLES / "push.py"), sales, sales],
            start_at="2022-03-21T18:00:00Z",
        )
        assert checked["exit_code"] == 1
        assert "S03" in checked["output"]

    with_client(use)


def test_a_tool_that_is_refused_says_why() -> None:
    async def use(client: Client) -> None:
        await call(client, "open_sandbox")
        result = await client.call_tool("plan_fault", {"fault": {"kind": "melt"}})
        assert result.is_error
        assert "melt" in str(result.content)

    with_client(use)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    ran = CliRunner().invoke(main, ["mcp"])
    assert ran.exit_code == 2
    assert "pip install 'codat-mock[mcp]'" in ran.output
