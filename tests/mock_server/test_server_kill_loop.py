"""The server, killed again and again under load; see `tests/support/server_kill_loop.py`."""

import pytest
import server_kill_loop


@pytest.mark.long
def test_kills_of_the_server_lose_nothing_double_nothing_and_flag_nothing_falsely(is_thorough):
    result = server_kill_loop.main(300 if is_thorough else 20)
    assert result.records > 0
    assert result.unanswered > 0
    assert (result.lost, result.doubled, result.flagged) == ([], [], []), str(result)
