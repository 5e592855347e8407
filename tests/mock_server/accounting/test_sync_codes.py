from __future__ import annotations

from codat_mock.accounting.sync_codes import SYNC_CODES

CODES = [1000, 1010, 2000, 2040, 4000, 4040, 4220, 4260, 5000, 5080, 5120, 5130]


def test_every_code_of_the_contract_has_its_outcome():
    assert list(SYNC_CODES) == CODES
    assert all(code == outcome.code for code, outcome in SYNC_CODES.items())
    assert len({outcome.status for outcome in SYNC_CODES.values()}) == len(CODES)


def test_two_codes_are_successes():
    assert [code for code, outcome in SYNC_CODES.items() if outcome.is_success] == [2000, 2040]


def test_only_failures_have_messages_for_merchant_and_developer():
    for outcome in SYNC_CODES.values():
        assert (outcome.message is not None) == (outcome.code >= 4000)
        assert (outcome.exception is not None) == (outcome.code >= 4000)
