"""Each package's `__all__` is exactly its public interface, and importing a package is cheap."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import httpx
import pytest

import codat_mock

PUBLIC = {
    "codat_mock": {"Evidence", "Server", "Settings", "__version__", "rule"},
    "codat_push": {
        "AccountLimit",
        "AnswerLost",
        "AsyncOutbox",
        "AsyncPushClient",
        "BadRecord",
        "BadRequest",
        "Chunk",
        "ClientClosed",
        "CodatError",
        "Dataset",
        "DatasetEnd",
        "Forbidden",
        "Ledger",
        "LedgerError",
        "NotFound",
        "NotReady",
        "NotSetUp",
        "Outbox",
        "OutboxStatus",
        "PushClient",
        "PushTooLarge",
        "PushUnderway",
        "Rebuilt",
        "Refusal",
        "RequestEnd",
        "RequestError",
        "RetryAfterActive",
        "ServerError",
        "StatusError",
        "SyncStatus",
        "TooManyDeletes",
        "TooManyRequests",
        "Unauthorized",
        "Unreachable",
        "UnreadableAnswer",
        "WaitTimeout",
    },
    "codat_scenarios": {
        "Ending",
        "SandboxDriver",
        "Scenario",
        "WebhookInbox",
        "merchant",
        "perform",
        "play",
        "pushing_machine",
        "story",
    },
}


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_exactly_these(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(PUBLIC[package])
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize(
    ("package", "name"),
    [(package, name) for package, names in PUBLIC.items() for name in sorted(names)],
)
def test_a_public_name_can_be_imported_and_has_a_docstring(package: str, name: str) -> None:
    value = getattr(importlib.import_module(package), name)
    if name == "__version__":  # a string; the package's docstring describes it
        assert name in (importlib.import_module(package).__doc__ or "")
    else:
        assert value.__module__.startswith(package)
        assert inspect.getdoc(value)
        # A struct without a docstring would show the signature that is made for it.
        assert not str(value.__doc__).startswith(f"{name}(")


@pytest.mark.parametrize("package", ["codat_mock", "codat_scenarios"])
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Sevrer'"):
        _ = module.Sevrer


@pytest.mark.parametrize("package", ["codat_mock", "codat_scenarios"])
def test_importing_the_package_alone_loads_nothing_else(package: str) -> None:
    program = f"""
import sys
before = set(sys.modules)
import {package}
print(sorted(set(sys.modules) - before - {{"importlib", "typing", "__future__"}}))
"""
    command = [sys.executable, "-S", "-c", program]
    path = str(importlib.import_module(package).__path__[0]).removesuffix(package)
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )
    loaded = ran.stdout.strip()
    assert package in loaded
    for heavy in ("flask", "httpx", "msgspec", "hypothesis", f"{package}."):
        assert heavy not in loaded


def test_a_server_of_the_public_interface_serves() -> None:
    settings = codat_mock.Settings(speed=0)
    with codat_mock.Server.bind(settings) as server:
        health = httpx.get(f"{server.address}/_mock/health").json()
        assert health["status"] == "ready"
        assert health["version"] == codat_mock.__version__
        headers = {"Authorization": "Basic a2V5"}
        made = httpx.post(
            f"{server.address}/meta/companies/sync", headers=headers, json={"name": "A"}
        )
        assert made.json()["redirect"].startswith(server.address)


def test_the_package_runs_as_the_command() -> None:
    command = [sys.executable, "-m", "codat_mock", "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == f"codat-mock, version {codat_mock.__version__}\n"
