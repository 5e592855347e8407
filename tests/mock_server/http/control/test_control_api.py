"""The control API: moving time, judging, reading the books, resetting."""

from datetime import timedelta

import httpx
import pytest

from codat_mock.clock import LAST, format_moment, parse_moment

ORDERS = "commerce-orders"
START = "2022-03-21T08:00:00Z"


def clock(http):
    return http.get("/_mock/clock").json()


def post(http, path, body=b""):
    return http.post(f"/_mock/{path}", content=body)


@pytest.fixture(autouse=True)
def sandbox(http):
    """The sandbox of the test's key, made on first use."""
    return clock(http)


def test_a_frozen_clock_stays_at_its_start(http):
    assert clock(http) == {"now": START, "mode": "frozen", "nextEvent": None}


@pytest.mark.parametrize(
    ("body", "now"),
    [
        (b'{"days":1,"hours":2,"minutes":3,"seconds":4.5}', "2022-03-22T10:03:04.5Z"),
        (b'{"seconds":0.000001}', "2022-03-21T08:00:00.000001Z"),
        (b'{"seconds":1e-9}', START),
        (b'{"hours":1,"minutes":-30}', "2022-03-21T08:30:00Z"),
        (b"{}", START),
        (b'{"days":0}', START),
    ],
)
def test_the_clock_advances_by_the_sum_of_what_is_given(http, body, now):
    assert post(http, "clock/advance", body).json()["now"] == now
    assert clock(http)["now"] == now


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"seconds":-1}', 400), (b'{"days":-1e9}', 400), (b'{"days":1e9}', 400),
        (b'{"days":1e308}', 400), (b'{"days":1e400}', 400), (b'{"seconds":NaN}', 400),
        (b'{"seconds":Infinity}', 400), (b'{"seconds":"5"}', 400), (b'{"seconds":null}', 400),
        (b'{"weeks":1}', 400), (b"[]", 400), (b"5", 400), (b"", 400), (b"{", 400),
        (b'{"days":999999999}', 409), (b'{"days":3000000}', 409), (b'{"seconds":true}', 400),
    ],
)  # fmt: skip
def test_a_duration_that_is_none_is_refused_and_moves_nothing(http, body, status):
    answer = post(http, "clock/advance", body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert clock(http)["now"] == START


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 400), (b"", 400), (b'{"to":null}', 400), (b'{"to":"soon"}', 400),
        (b'{"to":1647849600}', 400), (b'{"to":"2022-03-22","x":1}', 400),
        (b'{"to":"0001-01-01"}', 409), (b'{"to":"9999-12-31T23:59:59Z"}', 409),
    ],
)  # fmt: skip
def test_a_moment_that_is_none_is_refused_and_moves_nothing(http, body, status):
    assert post(http, "clock/set", body).status_code == status
    assert clock(http)["now"] == START


def test_the_clock_is_set_anywhere_while_nothing_has_happened(http):
    for to in ("1970-01-01T00:00:00Z", "2199-12-31T23:59:59.5Z", START):
        assert post(http, "clock/set", b'{"to":"%s"}' % to.encode()).json()["now"] == to


def test_the_clock_does_not_go_back_once_something_has_happened(http):
    http.post("/meta/companies/sync", json={"name": "x"})
    answer = post(http, "clock/set", b'{"to":"2022-03-21T07:59:59.999999Z"}')
    assert answer.status_code == 409
    assert "cannot go back" in answer.json()["detail"]
    assert clock(http)["now"] == START
    assert post(http, "clock/set", b'{"to":"%s"}' % START.encode()).status_code == 200


def test_all_goes_on_at_the_end_of_the_calendar(http):
    company = http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    assert post(http, "clock/set", b'{"to":"%s"}' % format_moment(LAST).encode()).is_success
    path = f"/data/companies/{company}/sync/{ORDERS}"
    pushed = http.post(
        path,
        json={"orders": [{"id": "o", "totalAmount": 1, "createdDate": "2022-03-21T08:00:00Z"}]},
    ).json()
    history = http.get(f"/meta/companies/{company}/pull/history/{pushed['datasetId']}").json()
    assert history["status"] == "Queued"
    assert post(http, "clock/advance", b'{"seconds":1}').status_code == 409


def test_next_events_are_the_steps_of_datasets_and_the_syncs_in_order(http, driver):
    driver.push(ORDERS, [{"id": "o"}])
    driver.advance(seconds=1)
    driver.push("commerce-payments", [])
    met = [clock(http)["nextEvent"]]
    for _ in range(10):
        met.append(driver.advance_to_next_event()["nextEvent"])
    assert met == sorted(met)
    assert len(set(met)) == len(met)
    assert met[9] == "2022-03-22T03:00:00Z"
    assert met[10] == "2022-03-23T03:00:00Z"


def test_nothing_ahead_is_a_conflict_that_moves_nothing(http):
    http.post("/meta/companies/sync", json={"name": "x"})
    assert post(http, "clock/advance-to-next-event").status_code == 409
    assert clock(http)["now"] == START


def syncs_of(registry, driver):
    """The periods of a company's syncs, as the store keeps them."""
    sandbox = registry.sandbox(registry.names()[0])
    with sandbox.session() as session:
        row = session.company(driver.company_id)
        return [
            (one.start, one.finish, one.summary.sync_utc)
            for one in session.tables.syncs.all(row.number)
        ]


def test_an_advance_across_nights_runs_each_sync_at_its_own_moment(registry, driver):
    driver.advance(days=5)
    syncs = syncs_of(registry, driver)
    first = parse_moment("2022-03-22T03:00:00Z")
    assert len(syncs) == 5
    for night, (start, finish, ran) in enumerate(syncs):
        assert finish == first + timedelta(days=night)
        assert ran == format_moment(finish)
        assert start == (syncs[night - 1][1] if night else parse_moment(START))


def test_one_long_advance_and_many_short_ones_come_to_the_same(start_server, set_stage, auth):

    def play(*durations):
        with httpx.Client(base_url=start_server(address="http://x").address) as client:
            client.headers.update(auth("k"))
            driver = set_stage(client, "k")
            driver.push(ORDERS, [{"id": "o", "createdDate": START, "totalAmount": 5}])
            driver.push("commerce-payments", [])
            driver.push("commerce-transactions", [])
            for hours in durations:
                driver.advance(hours=hours)
            return driver.sync_status(), driver.books(), driver.findings()

    assert play(100) == play(*[1] * 100) == play(0, 33.25, 66.75)


def test_two_years_of_nights_pass(registry, driver):
    driver.advance(days=730)
    assert len(syncs_of(registry, driver)) == 730


def test_findings_have_the_shape_that_is_promised(driver):
    seen = driver.findings()
    assert seen.keys() == {
        "verdict",
        "findings",
        "exercised",
        "notExercised",
        "books",
        "dropped",
        "isComplete",
    }
    assert (seen["verdict"], seen["exercised"]) == ("nothing-observed", ["T01", "T02", "T03"])
    driver.push(ORDERS, [{"id": "o", "totalAmount": 1, "createdDate": "2022-03-21T08:00:00Z"}])
    assert driver.findings()["verdict"] == "clean"
    for _ in range(2):
        driver.push(ORDERS, [{"id": "o", "totalAmount": 1, "createdDate": "2022-03-21T08:00:00Z"}])
    seen = driver.findings()
    assert seen["verdict"] == "findings"
    assert not set(seen["exercised"]) & set(seen["notExercised"])
    assert [one["code"] for one in seen["findings"]] == ["S03", "S06", "S03", "S06"]
    assert seen["findings"][0].keys() == {
        "code", "name", "severity", "companyId", "dataType", "count", "records", "requests",
        "differences", "message", "advice", "source",
    }  # fmt: skip


def test_five_thousand_repeats_are_one_finding(driver):
    orders = [{"id": f"o{number}", "totalAmount": number} for number in range(5000)]
    driver.push(ORDERS, orders)
    driver.push(ORDERS, orders)
    (finding,) = [each for each in driver.findings()["findings"] if each["code"] == "S03"]
    assert finding["count"] == 5000
    assert len(finding["records"]) == 20


def test_what_is_declared_and_never_pushed_breaks_no_rule_before_a_sync(driver):
    own = [{"id": "o", "createdDate": START, "totalAmount": 5}]
    driver.call("PUT", f"/_mock/companies/{driver.company_id}/merchant-records", {"orders": own})
    assert driver.findings()["findings"] == []


def test_the_rules_are_listed(http):
    rules = http.get("/_mock/rules").json()["rules"]
    assert {"S03", "S04", "S05", "S15", "U02", "D01"} <= {rule["code"] for rule in rules}
    assert all(rule["statement"] and rule["advice"] and rule["source"] for rule in rules)


def test_a_reset_forgets_everything(http, driver):
    driver.push(ORDERS, [{}])
    driver.advance(days=3)
    answer = post(http, "reset").json()
    assert answer["clock"] == {"now": START, "mode": "frozen", "nextEvent": None}
    assert driver.findings()["verdict"] == "nothing-observed"
    assert http.get("/_mock/books").json() == {"companies": []}
    assert http.get(f"/config/companies/{driver.company_id}/sync/commerce").status_code == 404
    assert http.get("/_mock/health").json()["sandboxes"] == 1


def test_authorising_twice_is_a_conflict(http, driver):
    path = f"/_mock/companies/{driver.company_id}/authorize"
    assert http.post(path).status_code == 409
    assert http.post(path, json={"connectionId": "x"}).status_code == 409
    assert http.post(path, json={"connectionId": 5}).status_code == 400
