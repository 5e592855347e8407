"""Schedules in files: what is none, and how it is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from codat_mock.fuzz import schedule_files


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[]", "Expected `object`, got `array`"),
        ('{"events": []}', "missing required field `startAt`"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events": [{"kind": "vanish"}]}', "'vanish'"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events": [{"kind": "dataset", "at": 0}]}', ">= 1"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events":'
         ' [{"kind": "dataset", "at": 1, "outcome": "Pushing"}]}', "Pushing"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events": [{"kind": "dataset", "at": 1000000000}]}',
         "<= 10000"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events":'
         ' [{"kind": "dataset", "at": 2}, {"kind": "dataset", "at": 2}]}',
         "there are 2 events of dataset 2"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events": [{"kind": "alerts"}, {"kind": "alerts"}]}',
         "there is more than one event of alerts"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_its_path(
    tmp_path: Path, written: str, message: str
) -> None:
    path = tmp_path / "planned.json"
    path.write_text(written)
    with pytest.raises(schedule_files.BadFile) as caught:
        schedule_files.read(path)
    assert str(caught.value).startswith(f"{path} is not a schedule: ")
    assert message in str(caught.value)
