from __future__ import annotations

from codat_mock.accounting.sync_codes import SYNC_CODES

CODES = [1000, 1010, 2000, 2040, 4000, 4040, 4200, 4220, 4260, 5000, 5080, 5120, 5130]
# Contract part 2, section C: every syncStatus seen in the vendor's documents before 2024.
STATUSES = {
    "Complete", "MapCoreError", "ValidateError", "Pending", "PushError", "Started", "NotStarted",
    "Pushing",
}  # fmt: skip


def test_every_code_of_the_contract_has_its_outcome():
    assert list(SYNC_CODES) == CODES
    assert all(code == outcome.code for code, outcome in SYNC_CODES.items())


def test_every_status_is_one_of_the_vendors():
    assert {outcome.status for outcome in SYNC_CODES.values()} <= STATUSES
    assert SYNC_CODES[2000].status == SYNC_CODES[2040].status == "Complete"
    assert SYNC_CODES[4200].status == "MapCoreError"


def test_two_codes_are_successes():
    assert [code for code, outcome in SYNC_CODES.items() if outcome.is_success] == [2000, 2040]


def test_only_failures_have_a_message():
    for outcome in SYNC_CODES.values():
        assert bool(outcome.message) == (outcome.code >= 4000)
