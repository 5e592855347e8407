"""Both clients, killed at three paces on a faulty wire; see `tests/support/kill_loop.py`."""

import kill_loop
import pytest


@pytest.mark.long
def test_thirty_kills_lose_nothing_double_nothing_and_leave_no_finding() -> None:
    results = kill_loop.main(30)
    assert sum(result.kills for result in results) == 30
    for result in results:
        assert result.recorded > 0
        assert (result.lost, result.doubled, result.findings) == ([], [], []), str(result)
