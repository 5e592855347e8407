"""docs/client-production.md: its examples run, and it says what to do about every error."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from client_mock import KEY, MockCompany
from threaded_server import served

import codat_push
from codat_push import CodatError, Outbox, OutboxStatus, PushClient, errors, models

PAGE = (Path(__file__).parents[2] / "docs" / "client-production.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(CRON,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
ORDERS = "commerce-orders"
ORDER = {"id": "a", "totalAmount": 1, "createdDate": "2022-03-21T12:00:00Z"}


def first_column(section: str) -> list[str]:
    """The code in the first column of the first table of a section."""
    (text,) = re.findall(rf"^## {section}\n(.*?)^##", PAGE + "\n##", re.DOTALL | re.MULTILINE)
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def test_it_says_what_to_do_about_every_error() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, CodatError)}
    assert first_column("What to do about an error") == sorted(names)


def test_it_says_what_to_do_about_every_refusal() -> None:
    assert first_column("What to do about a refusal") == [*typing.get_args(models.Reason)]


def test_it_says_what_to_monitor() -> None:
    fields = set(OutboxStatus.__dataclass_fields__)
    assert set(first_column("Monitor it")) == fields - {"depth"}


class Example:
    """An example of the page, run against a mock in this process."""

    def __init__(self, here: MockCompany, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here = here
        self.names: dict[str, Any] = {"api_key": KEY, "base_url": "", "company": here.company}

        def connect(*_: str, **hooks: Any) -> PushClient:
            client = here.connect(here.wire)
            client._on_request = hooks.get("on_request")
            return client

        made: dict[str, Callable[..., Any]] = {
            "PushClient": connect,
            "AsyncPushClient": lambda *_: here.connect_async(here.wire),
        }
        for name in ("Outbox", "AsyncOutbox", "Ledger"):
            kind = getattr(codat_push, name)
            made[name] = lambda *arguments, kind=kind, **hooks: kind(
                *arguments, clock=here.clock, **hooks
            )
        for name, make in made.items():
            monkeypatch.setattr(codat_push, name, make)

    def run(self, containing: str) -> dict[str, Any]:
        (code,) = [each for each in EXAMPLES if containing in each]
        exec(code, self.names)  # noqa: S102  (our own page)
        return self.names


@pytest.fixture
def example(
    here: MockCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Example]:
    monkeypatch.chdir(tmp_path)
    return Example(here, monkeypatch)


def test_the_worker_works_until_it_is_stopped(example: Example) -> None:
    with Outbox("outbox.db", example.here.client, clock=example.here.clock) as till:
        till.record(example.here.company, ORDERS, ORDER)
    seen: list[OutboxStatus] = []

    class Stopped(Event):
        def wait(self, timeout: float | None = None) -> bool:
            super().wait(min(0.01, timeout or 0.0))
            return bool(seen) and not seen[-1].depth

    example.names["report"] = seen.append
    example.run("def work(stopped)")["work"](Stopped())
    assert seen[-1].is_alive
    assert (example.here.pushes, example.here.findings) == (1, [])


def test_the_asynchronous_worker_runs_beside_the_application(example: Example) -> None:
    async def application(outbox: Any) -> None:
        await outbox.record(example.here.company, ORDERS, ORDER)
        while (await outbox.status()).depth:
            await asyncio.sleep(0.005)

    serve = example.run("async def serve")["serve"]
    asyncio.run(asyncio.wait_for(serve(application), 30))
    assert (example.here.pushes, example.here.findings) == (1, [])


def test_the_library_pushes_and_returns_refusals(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    push_all = example.run("def push_all")["push_all"]
    refusals = push_all([ORDER, {"id": "b", "totalAmont": 1}])
    assert [(refusal.id, refusal.reason) for refusal in refusals] == [("b", "invalid")]
    assert (example.here.pushes, example.here.findings) == (1, [])
    example.names["company"] = "nobody"
    push_all([ORDER])
    assert "404: " in capsys.readouterr().out


class Instrument:
    """An instrument of a meter, which remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[Any, ...]] = []

    def record(self, *given: Any) -> None:
        self.given.append(given)

    add = record


class Meter:
    """A meter whose instruments only remember."""

    def __init__(self, _name: str) -> None:
        self.instruments: dict[str, Any] = {}

    def create_histogram(self, name: str, unit: str = "") -> Instrument:
        del unit
        return self.instruments.setdefault(name, Instrument())

    create_counter = create_histogram

    def create_observable_gauge(self, name: str, callbacks: list[Any]) -> None:
        self.instruments[name] = callbacks


def test_opentelemetry_measures_requests_datasets_and_the_queue(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = pytest.importorskip("opentelemetry.metrics")  # comes with the extra `mcp`
    monkeypatch.setattr(metrics, "get_meter", Meter)
    names = example.run("opentelemetry")
    outbox, found = names["outbox"], names["meter"].instruments
    outbox.record(example.here.company, ORDERS, ORDER)
    (queue,) = found["codat.queue"]
    depth, age, refused = queue(None)
    assert (depth.value, age.value, refused.value) == (1, 0.0, 0)
    while (pause := outbox.run_once()) is not None:
        example.here.clock.sleep(pause)
    outbox.close()
    operations = {
        attributes["operation"] for _, attributes in found["codat.request.duration"].given
    }
    assert operations >= {"push", "dataset", "connections"}
    assert found["codat.records"].given == [(1, {"data_type": ORDERS, "status": "Complete"})]


def test_the_cron_job_pushes_and_tells_what_a_person_has_to_do(tmp_path: Path) -> None:
    here = MockCompany(speed=200.0)
    (tmp_path / "orders.jsonl").write_text(json.dumps(ORDER))

    def run(**changed: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "CODAT_API_KEY": KEY, "COMPANY": here.company} | changed
        return subprocess.run(
            ["/bin/sh", "-c", CRON],
            env={**environment, "CODAT_BASE_URL": url},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    with served(here.app) as url:
        assert run().returncode == 0
        assert here.pushes == 1
        wrong = run(COMPANY="")
        assert (wrong.returncode, wrong.stderr.splitlines()[-1]) == (
            2,
            "the command or the file is wrong",
        )
