import pytest
from rehearsal import Here


@pytest.fixture
def here() -> Here:
    return Here()
