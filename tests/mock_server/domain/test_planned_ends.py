"""What does not fit together in a planned outcome."""

from __future__ import annotations

import pytest

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.domain.planned_ends import DATASET_ENDS, SYNC_ENDS, durations_of, problems_in
from codat_mock.models.planned_outcomes import PlannedOutcome

QUEUED = (1.0,) * 8


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"target": "dataset"}, []),
        ({"target": "dataset", "outcome": "MapError"}, []),
        ({"target": "dataset", "outcome": "ServerError"}, ["$.outcome"]),
        ({"target": "sync", "outcome": "ServerError"}, []),
        ({"target": "sync", "outcome": "MapError"}, ["$.outcome"]),
        ({"target": "sync", "data_type": "commerce-orders"}, ["$.dataType"]),
        ({"target": "sync", "profile": "fast", "stuck_in": "Queued"}, ["$.profile", "$.stuckIn"]),
        ({"target": "sync", "durations": (1.0,)}, []),
        ({"target": "dataset", "durations": (1.0,) * 5}, []),
        ({"target": "dataset", "durations": (1.0,) * 4}, ["$.durations"]),
        ({"target": "dataset", "durations": QUEUED, "stuck_in": "MapQueued"}, []),
        ({"target": "dataset", "stuck_in": "MapQueued"}, ["$.stuckIn"]),
        ({"target": "dataset", "stuck_in": "Processing"}, []),
        ({"target": "dataset", "stuck_in": "Complete"}, ["$.stuckIn"]),
        ({"target": "dataset", "profile": "queued", "stuck_in": "MapQueued"}, []),
        ({"target": "dataset", "durations": (1.0,) * 5, "profile": "queued",
          "stuck_in": "MapQueued"}, ["$.stuckIn"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_place(given, paths):
    assert [each.path for each in problems_in(PlannedOutcome(**given))] == paths


def test_a_message_names_what_is_known():
    [dataset] = problems_in(PlannedOutcome(target="dataset", outcome="Bad"))
    [sync] = problems_in(PlannedOutcome(target="sync", outcome="Bad"))
    [stuck] = problems_in(PlannedOutcome(target="dataset", stuck_in="MapQueued"))
    assert all(end in dataset.message for end in DATASET_ENDS)
    assert all(end in sync.message for end in SYNC_ENDS)
    assert stuck.message.endswith(": Queued, Fetching, Mapping, Validating, Processing.")


def test_the_durations_of_a_profile_or_those_given():
    assert durations_of(None) is None
    assert durations_of(PlannedOutcome(target="dataset")) is None
    assert durations_of(PlannedOutcome(target="dataset", profile="fast")) == PROFILES["fast"]
    both = PlannedOutcome(target="dataset", profile="fast", durations=QUEUED)
    assert durations_of(both) == QUEUED


def test_each_end_of_a_sync_has_its_code():
    assert [*SYNC_ENDS.values()] == [2000, 4000, 4040, 4200, 4220, 4260, 5000, 5080, 5120, 5130]
    assert {*SYNC_ENDS.values()} <= {*SYNC_CODES}
    assert sorted(SYNC_CODES) == sorted([1000, 1010, 2040, *SYNC_ENDS.values()])
