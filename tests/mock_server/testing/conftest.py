import pytest
from plugin_runs import Run, runner


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runner(pytester)
