from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from codat_mock.accounting.selection import Version, select

START = datetime(2022, 2, 14, 3, tzinfo=UTC)
FINISH = START + timedelta(days=1)
NOW = FINISH + timedelta(minutes=5)
HOUR = timedelta(hours=1)

VERSION = Version(
    row=0,
    data_type="commerce-orders",
    key="A",
    dataset=1,
    created=START + HOUR,
    completes=START + 2 * HOUR,
    is_delete=False,
    synced=False,
)


def outcome(*versions: Version) -> tuple[list[Version], list[Version]]:
    selection = select(versions, START, FINISH, NOW)
    return selection.picked, selection.missed


def test_a_record_of_the_period_is_picked():
    assert outcome(VERSION) == ([VERSION], [])


def test_the_period_holds_its_start_and_not_its_finish():
    first, after = replace(VERSION, created=START), replace(VERSION, created=FINISH)
    assert outcome(first) == ([first], [])
    assert outcome(after) == ([], [])


def test_a_record_from_before_the_period_is_missed():
    late = replace(VERSION, created=START - timedelta(microseconds=1))
    assert outcome(late) == ([], [late])


def test_a_record_without_a_date_is_missed():
    undated = replace(VERSION, created=None)
    assert outcome(undated) == ([], [undated])


def test_a_record_whose_dataset_never_completes_is_not_there():
    assert outcome(replace(VERSION, completes=None)) == ([], [])


def test_a_dataset_counts_from_the_very_moment_it_completes():
    just = replace(VERSION, completes=NOW)
    assert outcome(just) == ([just], [])
    assert outcome(replace(VERSION, completes=NOW + timedelta(microseconds=1))) == ([], [])


def test_a_correction_before_the_sync_replaces_the_record():
    corrected = replace(VERSION, row=1, dataset=2)
    assert outcome(VERSION, corrected) == ([corrected], [])


def test_a_correction_still_on_its_way_leaves_the_older_version():
    corrected = replace(VERSION, row=1, dataset=2, completes=NOW + HOUR)
    assert outcome(VERSION, corrected) == ([VERSION], [])


def test_a_correction_may_move_a_record_out_of_the_period():
    moved = replace(VERSION, row=1, created=START - HOUR)
    assert outcome(VERSION, moved) == ([], [moved])


def test_a_delete_before_the_sync_takes_the_record_away():
    assert outcome(VERSION, replace(VERSION, row=1, is_delete=True)) == ([], [])


def test_a_key_pushed_again_after_its_delete_is_new():
    again = replace(VERSION, row=2)
    assert outcome(VERSION, replace(VERSION, row=1, is_delete=True), again) == ([again], [])


def test_a_synced_record_is_not_picked_again():
    assert outcome(replace(VERSION, synced=True)) == ([], [])


def test_an_update_of_a_synced_record_is_picked_again_whatever_its_date():
    synced = replace(VERSION, synced=True, created=START - 9 * HOUR)
    for created in (None, START - HOUR, START + HOUR, FINISH + HOUR):
        update = replace(VERSION, row=1, created=created)
        assert outcome(synced, update) == ([update], [])


def test_a_delete_of_a_synced_record_changes_nothing():
    synced = replace(VERSION, synced=True)
    assert outcome(synced, replace(VERSION, row=1, is_delete=True)) == ([], [])


def test_keys_of_different_data_types_are_different_records():
    payment = replace(VERSION, row=1, data_type="commerce-payments")
    assert outcome(VERSION, payment) == ([VERSION, payment], [])


offsets = st.sampled_from([-2, 1, 30]).map(lambda hours: START + hours * HOUR)
versions = st.builds(
    Version,
    row=st.just(0),
    data_type=st.sampled_from(["commerce-orders", "commerce-payments"]),
    key=st.sampled_from("AB"),
    dataset=st.just(1),
    created=st.none() | offsets,
    completes=st.none() | st.sampled_from([START, NOW, NOW + HOUR]),
    is_delete=st.booleans(),
    synced=st.booleans(),
)


@given(st.lists(versions, max_size=8))
def test_each_record_is_picked_or_missed_at_most_once_and_only_from_what_completed(listed):
    numbered = [replace(version, row=row) for row, version in enumerate(listed)]
    picked, missed = outcome(*numbered)
    taken = [(version.data_type, version.key) for version in [*picked, *missed]]
    assert len(taken) == len(set(taken))
    for version in [*picked, *missed]:
        later = [
            other
            for other in numbered[version.row + 1 :]
            if (other.data_type, other.key) == (version.data_type, version.key)
            and other.completes
            and other.completes <= NOW
        ]
        assert later == []
        assert version.completes <= NOW
        assert not version.is_delete
        assert not version.synced


@given(st.lists(versions, max_size=8))
def test_what_one_sync_picked_the_next_of_the_same_period_does_not(listed):
    numbered = [replace(version, row=row) for row, version in enumerate(listed)]
    picked, _ = outcome(*numbered)
    rows = {version.row for version in picked}
    after = [replace(v, synced=v.synced or v.row in rows) for v in numbered]
    assert outcome(*after)[0] == []


def test_a_hundred_thousand_versions_are_no_burden():
    numbers = count()
    many = [replace(VERSION, row=next(numbers), key=str(key)) for key in range(100_000)]
    began = process_time()
    assert len(select(many, START, FINISH, NOW).picked) == 100_000
    assert process_time() - began < 2
