"""The examples of docs/client.md, and the public names."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from client_mock import KEY, NOON, MockCompany

import codat_push
from codat_push import Outbox

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_run_and_keep_every_rule(
    here: MockCompany,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {"PushClient": lambda *_: here.connect(here.wire)}
    made["Outbox"] = lambda path, client: Outbox(path, client, clock=here.clock)
    for name, make in made.items():
        monkeypatch.setattr(codat_push, name, make)
    order = {"id": "a", "totalAmount": 1, "createdDate": NOON}
    names: dict[str, Any] = {
        "api_key": KEY,
        "base_url": "",
        "company": here.company,
        "order": order,
    }
    names["orders"] = [order, order | {"id": "b"}]
    batch, all_day, lost = EXAMPLES
    exec(batch, names)  # noqa: S102  (our own page)
    names |= {"client": here.client, "order": order | {"id": "c"}}
    exec(all_day, names)  # noqa: S102  (our own page)
    shown = capsys.readouterr().out
    here.clock.sleep(600)
    names |= {"orders": [order | {"id": "new", "createdDate": NOON + timedelta(minutes=5)}]}
    exec(lost, names)  # noqa: S102  (our own page)
    assert capsys.readouterr().out == "0 count as accepted, 1 are sent by the next run\n"
    assert re.match(r"[0-9a-f-]{36} 2 Complete\nOutboxStatus\(depth=\d", shown)
    assert here.findings == []


def test_the_batch_example_is_about_ten_lines() -> None:
    assert len(EXAMPLES[0].split("\n")) <= 11


def test_the_public_face_is_exactly_what_is_named() -> None:
    public = {
        name
        for name, item in vars(codat_push).items()
        if not (name.startswith("_") or isinstance(item, ModuleType))
    }
    assert public == set(codat_push.__all__)
