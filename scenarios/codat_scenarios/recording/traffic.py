"""The worked example's flow, from the company to the sync, as traffic."""

from __future__ import annotations

from typing import Final

import httpx
import msgspec

from codat_mock.app import create_app
from codat_mock.sandbox import Settings, World
from codat_scenarios.merchants import encode
from codat_scenarios.recording.har import RecordingTransport, har
from codat_scenarios.stage import MORNING, START, Stage
from codat_scenarios.stories.sales import push_worked_example
from codat_scenarios.stories.week import MONDAY, TUESDAY

ADDRESS: Final = "http://127.0.0.1:4620"
KEY: Final = "worked-example"  # of no account anywhere


def record_worked_example() -> bytes:
    """Play the vendor's worked example on a mock and write the traffic as HAR 1.2.

    The requests to the control API, which move the clock and do the merchant's part, are left out.

    Returns:
        JSON, indented; the same at each call.
    """
    world = World(Settings(start_at=MORNING, speed=0, seed=1))
    inner = httpx.WSGITransport(create_app(world))
    recording = RecordingTransport(inner, f"{ADDRESS}/_mock/clock")
    with httpx.Client(base_url=ADDRESS, transport=recording) as http:
        play(Stage(http, KEY))
    return msgspec.json.format(encode(har(recording.entries)), indent=1) + b"\n"


def play(stage: Stage) -> None:
    """Do what the guide tells, step by step; when datasets are read is told here, too."""
    stage.look_away()
    stage.create_company("Example Café")
    stage.link_accounting()
    stage.configure(START)
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.advance(seconds=3)
    for dataset_id in stage.datasets:
        stage.dataset(dataset_id)
    stage.advance(seconds=7)
    for dataset_id in stage.datasets:
        stage.dataset(dataset_id)
    stage.at(TUESDAY, "09:00")
    stage.sync_status()
