"""The traffic of the worked example, from creating the company to the sync."""

from __future__ import annotations

from typing import Final

import httpx
import msgspec

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.merchants import encode
from codat_scenarios.recording.har import RecordingTransport, har
from codat_scenarios.sandbox_driver import MORNING, START, SandboxDriver
from codat_scenarios.stories.sales import push_worked_example
from codat_scenarios.stories.week import MONDAY, TUESDAY

ADDRESS: Final = "http://127.0.0.1:4620"
KEY: Final = "worked-example"  # not the key of a real account


def record_worked_example() -> bytes:
    """Play the vendor's worked example on a mock and write the traffic as HAR 1.2.

    Requests to the control API, which move the clock and act for the merchant, are left out.

    Returns:
        Indented JSON; the same for every call.
    """
    registry = SandboxRegistry(Settings(start_at=MORNING, speed=0, seed=1))
    inner = httpx.WSGITransport(create_app(registry))
    recording = RecordingTransport(inner, f"{ADDRESS}/_mock/clock")
    with httpx.Client(base_url=ADDRESS, transport=recording) as http:
        play(SandboxDriver(http, KEY))
    return msgspec.json.format(encode(har(recording.entries)), indent=1) + b"\n"


def play(driver: SandboxDriver) -> None:
    """Follow the guide step by step, and poll the datasets at fixed times."""
    driver.stop_polling()
    driver.create_company("Example Café")
    driver.link_accounting()
    driver.configure(START)
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.advance(seconds=3)
    for dataset_id in driver.datasets:
        driver.dataset(dataset_id)
    driver.advance(seconds=7)
    for dataset_id in driver.datasets:
        driver.dataset(dataset_id)
    driver.at(TUESDAY, "09:00")
    driver.sync_status()
