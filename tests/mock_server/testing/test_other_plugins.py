"""The plugin beside others: what is for the service reaches the mock, the rest reaches theirs.

Each cell of the matrix is a test of a module that runs in a process of its own. The libraries are
those of the extra `matrix`; those that are not installed are skipped.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]

COMMON = """
import httpx
import pytest
import requests
from base64 import b64encode

OTHER = "http://other.example/"
REAL = "https://api.codat.io"
pytestmark = pytest.mark.codat(fail_on="never", start_at="2022-03-21T18:00:00Z")


def push(codat, post):
    headers = {"Authorization": "Basic a2V5"}
    path = f"/data/companies/{codat.company_id}/sync/commerce-orders"
    before = len(codat.run().companies[0].datasets)
    answer = post(REAL + path, json={"orders": [{"id": "A-1"}]}, headers=headers)
    assert answer.json()["datasetId"]
    assert len(codat.run().companies[0].datasets) == before + 1
"""
# Of each library, the cells: fixtures in both orders, decorators, and mocks within the test.
MATRIX = {
    "respx": """
import respx

def check(codat, router):
    router.get(OTHER).respond(299)
    push(codat, httpx.post)
    assert httpx.get(OTHER).status_code == 299
    with pytest.raises(respx.models.AllMockedAssertionError):
        httpx.get("http://third.example/")

def test_ours_first(codat_httpx, respx_mock): check(codat_httpx, respx_mock)
def test_theirs_first(respx_mock, codat_httpx): check(codat_httpx, respx_mock)

@respx.mock
def test_decorator(codat_httpx): check(codat_httpx, respx.mock)

@pytest.mark.parametrize("using", ["httpx", "httpcore"])
def test_within(codat_httpx, using):
    with respx.mock(using=using, assert_all_called=False) as router:
        check(codat_httpx, router)
    push(codat_httpx, httpx.post)

def test_asynchronous(codat_httpx, respx_mock):
    import asyncio
    respx_mock.get(OTHER).respond(299)

    async def main():
        async with httpx.AsyncClient() as client:
            path = f"/data/companies/{codat_httpx.company_id}/sync/commerce-orders"
            headers = {"Authorization": "Basic a2V5"}
            pushed = await client.post(REAL + path, json={"orders": []}, headers=headers)
            return pushed.json()["datasetId"], (await client.get(OTHER)).status_code

    assert asyncio.run(main())[1] == 299
    assert len(codat_httpx.run().companies[0].datasets) == 1
""",
    "pytest_httpx": """
def check(codat, httpx_mock):
    httpx_mock.add_response(url=OTHER, status_code=299)
    push(codat, httpx.post)
    assert httpx.get(OTHER).status_code == 299

def test_ours_first(codat_httpx, httpx_mock): check(codat_httpx, httpx_mock)
def test_theirs_first(httpx_mock, codat_httpx): check(codat_httpx, httpx_mock)
""",
    "responses": """
import responses

def check(codat, router):
    router.get(OTHER, status=299)
    push(codat, requests.post)
    assert requests.get(OTHER).status_code == 299
    with pytest.raises(requests.ConnectionError):
        requests.get("http://third.example/")

@pytest.fixture
def mocked():
    with responses.RequestsMock() as router:
        yield router

def test_ours_first(codat_requests, mocked): check(codat_requests, mocked)
def test_theirs_first(mocked, codat_requests): check(codat_requests, mocked)

@responses.activate
def test_decorator(codat_requests): check(codat_requests, responses)
""",
    "requests_mock": """
import requests_mock as library

def check(codat, router):
    router.get(OTHER, status_code=299)
    push(codat, requests.post)
    assert requests.get(OTHER).status_code == 299
    with pytest.raises(library.NoMockAddress):
        requests.get("http://third.example/")

def test_ours_first(codat_requests, requests_mock): check(codat_requests, requests_mock)
def test_theirs_first(requests_mock, codat_requests): check(codat_requests, requests_mock)

def test_within(codat_requests):
    with library.Mocker() as router:
        check(codat_requests, router)
    push(codat_requests, requests.post)

def test_nested(codat_requests):
    with library.Mocker() as outer:
        outer.get(OTHER, status_code=298)
        with library.Mocker() as inner:
            check(codat_requests, inner)
        push(codat_requests, requests.post)
        assert requests.get(OTHER).status_code == 298

@pytest.mark.parametrize("is_used_before", [False, True])
def test_of_one_session(codat_requests, is_used_before):
    with requests.Session() as session:
        if is_used_before:
            push(codat_requests, session.post)
        with library.Mocker(session=session) as router:
            router.get(OTHER, status_code=299)
            for _ in range(2):
                push(codat_requests, session.post)
                assert session.get(OTHER).status_code == 299
        push(codat_requests, session.post)
""",
    "vcr": """
import asyncio
import vcr

CASSETTE = '''version: 1
interactions:
- request: {body: '', headers: {}, method: GET, uri: 'http://other.example/'}
  response: {body: {string: ''}, headers: {}, status: {code: 299, message: Odd}}
'''

@pytest.fixture
def cassette(tmp_path):
    path = tmp_path / "cassette.yaml"
    path.write_text(CASSETTE)
    with vcr.use_cassette(str(path), record_mode="none", allow_playback_repeats=True) as cassette:
        yield cassette
    assert path.read_text() == CASSETTE

@pytest.mark.parametrize("get, post", [(httpx.get, httpx.post), (requests.get, requests.post)])
def test_ours_first(codat_httpx, codat_requests, cassette, get, post):
    push(codat_httpx, post)
    assert get(OTHER).status_code == 299

@pytest.mark.parametrize("get, post", [(httpx.get, httpx.post), (requests.get, requests.post)])
def test_theirs_first(cassette, codat_httpx, codat_requests, get, post):
    push(codat_httpx, post)
    assert get(OTHER).status_code == 299

async def talk(codat):
    async with httpx.AsyncClient() as client:
        path = f"/data/companies/{codat.company_id}/sync/commerce-orders"
        headers = {"Authorization": "Basic a2V5"}
        pushed = await client.post(REAL + path, json={"orders": []}, headers=headers)
        assert pushed.json()["datasetId"]
        assert (await client.get(OTHER)).status_code == 299

def test_asynchronous_ours_first(codat_httpx, cassette): asyncio.run(talk(codat_httpx))
def test_asynchronous_theirs_first(cassette, codat_httpx): asyncio.run(talk(codat_httpx))
""",
    "freezegun": """
from datetime import UTC, datetime
from freezegun import freeze_time

def check(codat):
    push(codat, httpx.post)
    push(codat, requests.post)
    assert datetime.now(UTC).year == 2021
    assert codat.clock.now.year == 2022
    codat.clock.close_day()

@pytest.fixture
def frozen():
    with freeze_time("2021-01-02"):
        yield

def test_ours_first(codat_httpx, codat_requests, frozen): check(codat_httpx)
def test_theirs_first(frozen, codat_httpx, codat_requests): check(codat_httpx)

@freeze_time("2021-01-02")
def test_decorator(codat_httpx, codat_requests): check(codat_httpx)
""",
    "time_machine": """
import time_machine
from datetime import UTC, datetime

def check(codat):
    push(codat, httpx.post)
    push(codat, requests.post)
    assert datetime.now(UTC).year == 2021
    assert codat.clock.now.year == 2022
    codat.clock.close_day()

@pytest.fixture
def frozen():
    with time_machine.travel("2021-01-02", tick=False):
        yield

def test_ours_first(codat_httpx, codat_requests, frozen): check(codat_httpx)
def test_theirs_first(frozen, codat_httpx, codat_requests): check(codat_httpx)

@time_machine.travel("2021-01-02", tick=False)
def test_decorator(codat_httpx, codat_requests): check(codat_httpx)
""",
    "pytest_asyncio": """
@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(2))
async def test_asynchronous(codat_httpx, number):
    async with httpx.AsyncClient() as client:
        path = f"/data/companies/{codat_httpx.company_id}/sync/commerce-orders"
        headers = {"Authorization": "Basic a2V5"}
        answer = await client.post(REAL + path, json={"orders": []}, headers=headers)
        assert answer.json()["datasetId"]
""",
    "anyio": """
@pytest.mark.anyio
@pytest.mark.parametrize("number", range(2))
async def test_asynchronous(codat_httpx, number):
    async with httpx.AsyncClient() as client:
        path = f"/data/companies/{codat_httpx.company_id}/sync/commerce-orders"
        headers = {"Authorization": "Basic a2V5"}
        answer = await client.post(REAL + path, json={"orders": []}, headers=headers)
        assert answer.json()["datasetId"]

@pytest.fixture
def anyio_backend():
    return "asyncio"
""",
    "pytest_rerunfailures": """
RUNS = []

@pytest.mark.flaky(reruns=1)
def test_passes_the_second_time(codat_httpx):
    push(codat_httpx, httpx.post)
    assert len(codat_httpx.run().companies[0].datasets) == 1
    RUNS.append(1)
    assert len(RUNS) == 2
""",
    "unittest": """
import unittest

@pytest.mark.usefixtures("keep")
class Shop(unittest.TestCase):
    @pytest.fixture
    def keep(self, codat_httpx):
        self.codat = codat_httpx

    def test_push(self):
        push(self.codat, httpx.post)
""",
    "xdist": """
@pytest.mark.parametrize("number", range(6))
def test_push(codat_httpx, codat_requests, number):
    push(codat_httpx, [httpx.post, requests.post][number % 2])
""",
    "pytest_randomly": """
@pytest.mark.parametrize("number", range(6))
def test_push(codat_httpx, codat_requests, number):
    push(codat_httpx, [httpx.post, requests.post][number % 2])
""",
}
NEEDED = {"xdist": ["-n2"], "pytest_asyncio": ["-o", "asyncio_default_fixture_loop_scope=function"]}


@pytest.mark.long
@pytest.mark.parametrize("library", MATRIX)
def test_every_cell_of_the_matrix_passes(library: str, pytester: pytest.Pytester) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed here: pip install 'codat-mock[matrix]'")
    pytester.makepyfile(COMMON + MATRIX[library])
    others = [] if library == "pytest_randomly" else ["-p", "no:randomly"]
    ran = pytester.runpytest_subprocess(
        "-v", "-Werror::pytest.PytestUnraisableExceptionWarning", *others, *NEEDED.get(library, ())
    )
    print(*re.findall(r"^\S+::.*$", ran.stdout.str(), re.M), sep="\n")
    outcomes = ran.parseoutcomes()
    assert outcomes.keys() <= {"passed", "rerun", "warnings", "warning"}, outcomes
    assert outcomes["passed"] >= 1
