import pytest
from client_mock import Here


@pytest.fixture
def here() -> Here:
    return Here()
