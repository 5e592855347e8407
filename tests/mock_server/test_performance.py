"""Speed, as ratios within one run: what must not grow with what."""

import pytest
from flask import Flask, Response
from in_process import push as push_in_process
from in_process import run
from timing import quickest, takes_less

from codat_mock.http.app import create_app
from codat_mock.models.pushes import RECORDS, read_push, split_push
from codat_mock.sandbox import SandboxRegistry, Settings, companies
from codat_scenarios.merchants import encode

ORDERS = "commerce-orders"
LINE = {"id": "l", "quantity": 1, "taxPercentage": 20, "totalAmount": 6.5, "totalTaxAmount": 1.08}


def body_of(count, total=13.0):
    lines = [LINE, LINE]
    orders = [
        {"id": f"order {number}", "currency": "GBP", "createdDate": "2022-03-21T10:00:00Z",
         "totalAmount": total, "orderLineItems": lines}
        for number in range(count)
    ]  # fmt: skip
    return encode({"orders": orders})


@pytest.fixture
def push():
    """Push bodies into new sandboxes, or into one again and again."""
    registry = SandboxRegistry(Settings(speed=0))

    def pushed(*bodies, name="x"):
        sandbox = registry.reset(name)
        company = run(sandbox, companies.create, "x").id
        for body in bodies:
            push_in_process(sandbox, company, ORDERS, body)
        return sandbox

    yield pushed
    registry.close()


def exactly(body):
    """Decode every record with exact amounts, which a push does only where it has to."""
    return [RECORDS[ORDERS](raw) for raw in split_push(ORDERS, body)]


def test_a_push_takes_little_more_than_decoding_it_exactly(push):
    body = body_of(5000)
    assert takes_less(lambda: push(body), 4 * quickest(lambda: exactly(body)))


def test_reading_a_push_takes_less_than_decoding_it_exactly():
    body = body_of(5000)
    assert takes_less(lambda: read_push(ORDERS, body), 0.8 * quickest(lambda: exactly(body)))


def test_a_resent_push_takes_a_few_times_as_long_as_the_first(push):
    body, changed = body_of(5000), body_of(5000, total=14.0)
    once = quickest(lambda: push(body))
    assert takes_less(lambda: push(body, body), 6 * once)
    assert takes_less(lambda: push(body, changed), 6 * once)


def test_records_that_have_changed_often_are_known_nearly_as_soon_as_new_ones(push):
    keys = [f"order {number}" for number in range(1000)]

    def look_after(count):
        sandbox = push(
            *(body_of(1000, total=13.0 + each) for each in range(count)), name=f"{count}"
        )
        with sandbox.session() as session:
            (row,) = session.tables.companies.all()

        def look():
            with sandbox.session() as session:
                found = session.tables.datasets.known(row.number, ORDERS, keys)
                assert len(found) == len(keys)

        return look

    once = quickest(look_after(1), times=10)
    assert takes_less(look_after(20), 5 * once)


def test_the_time_of_a_push_grows_with_its_records_and_no_faster(push):
    small, large = body_of(1000), body_of(8000)
    assert takes_less(lambda: push(large), 24 * quickest(lambda: push(small)))


def test_naming_wrong_records_takes_a_few_times_as_long_as_decoding_right_ones():
    good = body_of(5000)
    bad = good.replace(b'"GBP"', b"5")

    def refuse():
        with pytest.raises(Exception, match="000 values in orders"):
            read_push(ORDERS, bad)

    assert takes_less(refuse, 5 * quickest(lambda: exactly(good)))


def test_a_poll_takes_a_few_times_as_long_as_a_bare_answer_of_flask():
    bare = Flask("bare")
    bare.add_url_rule("/<company_id>/<dataset_id>", view_func=lambda **_: Response(b"{}"))
    registry = SandboxRegistry(Settings(speed=0))
    asked = create_app(registry).test_client()
    key = {"Authorization": "Basic aw=="}
    company = asked.post("/_mock/companies", headers=key, json={"name": "x"}).json["id"]
    path = f"/data/companies/{company}/sync/{ORDERS}"
    dataset = asked.post(path, headers=key, json={"orders": []}).json["datasetId"]
    history = f"/meta/companies/{company}/pull/history/{dataset}"

    def polls():
        for _ in range(100):
            assert asked.get(history, headers=key).status_code == 200

    def bare_answers():
        client = bare.test_client()
        for _ in range(100):
            assert client.get(f"/{company}/{dataset}", headers=key).status_code == 200

    assert takes_less(polls, 6 * quickest(bare_answers, 5), 5)
    registry.close()


def test_a_night_takes_as_long_after_a_year_as_in_the_first_month(driver):
    first = quickest(lambda: driver.advance(days=30))
    driver.advance(days=365)
    assert takes_less(lambda: driver.advance(days=30), 5 * first)
