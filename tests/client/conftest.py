import pytest
from client_mock import MockCompany


@pytest.fixture
def here() -> MockCompany:
    return MockCompany()
