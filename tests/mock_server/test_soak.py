"""The server under steady load; see `tests/support/soak.py`."""

import pytest
import soak


@pytest.mark.long
def test_memory_descriptors_and_answer_times_do_not_grow_under_load(is_thorough):
    result = soak.main(3600 if is_thorough else 15)
    assert result.requests > 0
    assert result.problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"megabytes": [100.0] * 10 + [150.0] * 10}, "memory grows from 100 to 150 MB"),
        ({"descriptors_after": 21}, "21 descriptors are open after 20"),
        ({"times": [0.1] * 90 + [9.0] * 10}, "p99 is 9.00 s"),
        ({"failures": ["GET /: 500"]}, "GET /: 500"),
    ],
)
def test_what_grows_is_found(change, problem):
    steady = {
        "megabytes": [100.0] * 10 + [110.0] * 10, "times": [0.1] * 100,
        "descriptors_before": 20, "descriptors_after": 20,
    }  # fmt: skip
    assert soak.Result(60, **steady).problems == []
    assert soak.Result(60, **(steady | change)).problems == [problem]
