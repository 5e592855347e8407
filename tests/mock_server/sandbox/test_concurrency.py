"""Many clients at once: nothing is lost, nothing fails, nothing waits for ever."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from loopback_tls import TLS

ORDERS = "commerce-orders"
PATIENCE_SECONDS = 60


def together(work, count):
    """Do `work(number)` in as many threads, and give the results in order."""
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(work, number) for number in range(count)]
        return [one.result(timeout=PATIENCE_SECONDS) for one in running]


@pytest.fixture
def client(start_server, auth):
    """Make a client of one server, with a key of its own."""
    address = start_server(address="http://x").address

    def make(key):
        headers = auth(key)
        return httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_SECONDS, verify=TLS)

    return make


def test_threads_in_one_sandbox_lose_nothing(client):
    with client("k") as http:
        company = http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]

    def work(worker):
        with client("k") as http:
            datasets, statuses = [], Counter()
            for number in range(12):
                body = {"orders": [{"id": f"{worker}-{number}"}]}
                pushed = http.post(f"/data/companies/{company}/sync/{ORDERS}", json=body)
                datasets.append(pushed.json()["datasetId"])
                path = f"/meta/companies/{company}/pull/history/{datasets[-1]}"
                for answer in (
                    pushed,
                    http.get(path),
                    http.post("/_mock/clock/advance", json={"seconds": 1}),
                    http.get("/_mock/findings"),
                ):
                    statuses[answer.status_code] += 1
            return datasets, statuses

    results = together(work, 8)
    datasets = [dataset for some, _ in results for dataset in some]
    assert len(set(datasets)) == len(datasets) == 96
    assert sum((statuses for _, statuses in results), Counter()) == {200: 4 * 96}
    with client("k") as http:
        assert http.get("/_mock/clock").json()["now"] == "2022-03-21T08:01:36Z"
        for dataset in datasets:
            path = f"/meta/companies/{company}/pull/history/{dataset}"
            assert http.get(path).json()["id"] == dataset


def test_threads_in_sandboxes_of_their_own_see_only_their_own(client, set_stage):
    def work(worker):
        with client(f"key {worker}") as http:
            driver = set_stage(http, f"key {worker}")
            for data_type in ("commerce-orders", "commerce-payments", "commerce-transactions"):
                driver.push(
                    data_type, [{"id": "o", "totalAmount": 1}] if "orders" in data_type else []
                )
            driver.push(ORDERS, [{"id": "o", "totalAmount": 1}])
            driver.advance(days=3)
            found = {one["companyId"] for one in driver.findings()["findings"]}
            assert found == {driver.company_id}
            assert len(http.get("/_mock/books").json()["companies"]) == 1
            return driver.company_id

    companies = together(work, 10)
    assert len(set(companies)) == 10


def test_a_reset_while_pushes_are_under_way_fails_none_of_them_oddly(client):
    def push_on():
        statuses = Counter()
        with client("k") as http:
            for _ in range(10):
                made = http.post("/meta/companies/sync", json={"name": "x"})
                statuses[made.status_code] += 1
                path = f"/data/companies/{made.json()['id']}/sync/{ORDERS}"
                for _ in range(3):
                    statuses[http.post(path, json={"orders": [{"id": "o"}]}).status_code] += 1
        return statuses

    def reset_on():
        with client("k") as http:
            return Counter(http.post("/_mock/reset").status_code for _ in range(40))

    seen = together(lambda number: push_on() if number else reset_on(), 6)
    assert seen[0] == {200: 40}
    assert set(sum(seen, Counter())) <= {200, 404}
    with client("k") as http:
        assert http.post("/_mock/reset").status_code == 200
        assert http.get("/_mock/findings").json()["verdict"] == "nothing-observed"


def test_a_reset_while_a_push_is_being_sent_leaves_nothing_of_it(client):
    with client("k") as http, client("k") as other:
        company = http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]

        def halting():
            yield b'{"orders":['
            assert other.post("/_mock/reset").status_code == 200
            yield b'{"id":"o"}]}'

        headers = {"Content-Length": "23"}
        path = f"/data/companies/{company}/sync/{ORDERS}"
        assert http.post(path, content=halting(), headers=headers).status_code == 404
        assert http.get("/_mock/findings").json()["verdict"] == "nothing-observed"
        assert http.get("/_mock/books").json() == {"companies": []}


def test_many_sandboxes_are_made_at_once(client):
    def work(worker):
        with client("k") as http:
            names = [f"test-{number % 20}" for number in range(worker, worker + 20)]
            answers = [http.get("/_mock/clock", headers={"X-Test-Id": name}) for name in names]
            return {answer.status_code for answer in answers}

    assert together(work, 8) == [{200}] * 8
    with client("k") as http:
        assert http.get("/_mock/health").json()["sandboxes"] == 20
