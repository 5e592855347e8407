"""The companies of a recording: what the traffic shows of them, and what is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push

from codat_mock.har.reader import read_har
from codat_mock.replay.player import Player
from codat_mock.replay.routes import calls
from codat_mock.sandbox import SandboxRegistry, Settings, companies
from codat_mock.sandbox.session import Session

MADE = {"id": COMPANY, "name": "Café"}
CONNECTIONS = f"/meta/companies/{COMPANY}/connections"
LATER_CONNECTIONS = f"/companies/{COMPANY}/connections"
CONFIGURATION = f"/config/companies/{COMPANY}/sync/commerce"


@contextmanager
def replayed(*entries: dict[str, Any]) -> Iterator[tuple[Player, Session]]:
    """The player of a recording after its last request, and a session of its sandbox."""
    found = calls(read_har(har(*entries)).requests)
    registry = SandboxRegistry(Settings(speed=0, start_at=found[0].recorded.started))
    player = Player(registry.sandbox("recorded"), found)
    player.replay()
    with player.sandbox.session() as session:
        yield player, session
    registry.close()


def states(session: Session) -> dict[str, str]:
    """The status of each connection, by its platform."""
    found = companies.company(session, COMPANY).data_connections
    return {each.integration_key: each.status for each in found}


def assumed(player: Player) -> list[str]:
    return [*player._companies.assumptions]


def made(path: str = "/meta/companies/sync", at: str = "10:00:00") -> dict[str, Any]:
    return entry(at, "POST", path, {"name": "Café"}, answered=MADE)


def link(kind: str, status: str, key: str = "", name: str = "") -> dict[str, Any]:
    return {
        "id": f"their-{name or kind}", "sourceType": kind, "status": status, "integrationKey": key,
    }  # fmt: skip


def listed(at: str, *links: dict[str, Any]) -> dict[str, Any]:
    return entry(at, "GET", CONNECTIONS, answered={"results": [*links]})


BEFORE = "linked before the recording begins"
DAILY = "configured to sync daily at 3:00, London time"
COMMERCE = "commerce linked before the first push"
ACCOUNTING = "accounting linked before the first push"
CONFIGURED = "configured before the first push"


def test_a_company_from_before_the_recording_is_ready_and_that_is_assumed() -> None:
    with replayed(push("12:00:00", ORDER)) as (player, session):
        assert states(session) == {"lqai": "Linked", "gbol": "Linked"}
        assert companies.company(session, COMPANY).name == COMPANY
        assert assumed(player) == [DAILY, BEFORE]
        assert player._companies.notes() == [
            f"Assumed of {COMPANY}: {DAILY}; not shown by the traffic.",
            f"Assumed of {COMPANY}: {BEFORE}; not shown by the traffic.",
        ]


@pytest.mark.parametrize(
    ("links", "key"),
    [
        ([link("Accounting", "Linked", "qhyg")], "qhyg"),
        ([link("Commerce", "Linked", "zzzz"), link("Accounting", "Linked", "qhyg")], "qhyg"),
        ([link("Accounting", "Linked"), link("Accounting", "Linked", "qhyg", "b")], "qhyg"),
        ([link("Accounting", "Linked", "zzzz")], "gbol"), ([], "gbol"),
    ],
)  # fmt: skip
def test_its_platform_is_that_of_the_first_answer_or_the_usual_one(
    links: list[dict[str, Any]], key: str
) -> None:
    later = listed("13:00:00", link("Accounting", "Linked", "fbrh"))
    with replayed(push("12:00:00", ORDER), listed("12:30:00", *links), later) as (player, session):
        assert {*states(session)} == {"lqai", key}
        assert BEFORE not in assumed(player)


def test_its_name_is_shown_by_a_later_answer() -> None:
    for name, shown in ((" Café ", "Café"), (" ", COMPANY)):
        read = entry("13:00:00", "GET", f"/companies/{COMPANY}", answered=MADE | {"name": name})
        with replayed(push("12:00:00", ORDER), read) as (_, session):
            assert companies.company(session, COMPANY).name == shown


@pytest.mark.parametrize(
    ("path", "links", "expected"),
    [
        ("/companies", [], {"lqai": "Linked", "gbol": "Linked"}),
        ("/meta/companies/sync", [], {"lqai": "Linked", "gbol": "Linked"}),
    ],
)
def test_a_new_company_is_linked_before_its_first_push(
    path: str, links: list[Any], expected: dict[str, str]
) -> None:
    with replayed(made(path), *links, push("12:00:00", ORDER)) as (player, session):
        assert states(session) == expected
        assert assumed(player) == [
            *[COMMERCE] * (path == "/companies"), ACCOUNTING, CONFIGURED, DAILY,
        ]  # fmt: skip


def connected(at: str, key: str, kind: str, *, is_later: bool = False) -> dict[str, Any]:
    """A connection that is made, and waits for the merchant."""
    body: Any = {"platformKey": key} if is_later else key
    path = LATER_CONNECTIONS if is_later else CONNECTIONS
    return entry(at, "POST", path, body, answered=link(kind, "PendingAuth", key))


@pytest.mark.parametrize("is_later", [True, False])
@pytest.mark.parametrize(("key", "shown"), [("qhyg", "qhyg"), ("zzzz", "gbol")])
def test_a_connection_that_is_made_waits_and_is_linked_when_an_answer_says_so(
    is_later: bool, key: str, shown: str
) -> None:
    new = connected("10:30:00", key, "Accounting", is_later=is_later)
    with replayed(made(), new) as (_, session):
        assert states(session) == {"lqai": "Linked", shown: "PendingAuth"}
    seen = listed("11:00:00", link("Accounting", "Linked", key))
    with replayed(made(), new, seen, push("12:00:00", ORDER)) as (player, session):
        assert states(session) == {"lqai": "Linked", shown: "Linked"}
        assert assumed(player) == [CONFIGURED, DAILY]


@pytest.mark.parametrize(
    ("kind", "key", "assumption"),
    [("Accounting", "gbol", COMMERCE), ("Commerce", "lqai", ACCOUNTING)],
)
def test_only_the_kind_that_is_lacking_is_assumed_to_be_linked(
    kind: str, key: str, assumption: str
) -> None:
    seen = listed("11:00:00", link(kind, "Linked", key))
    sequence = made("/companies"), connected("10:30:00", key, kind), seen, push("12:00:00", ORDER)
    with replayed(*sequence) as (player, session):
        assert states(session) == {"lqai": "Linked", "gbol": "Linked"}
        assert assumed(player)[0] == assumption
        assert [each for each in assumed(player) if "linked" in each] == [assumption]


def test_for_a_push_that_was_refused_nothing_is_assumed() -> None:
    with replayed(made(), push("12:00:00", {"id": 5}, status=400)) as (player, session):
        assert assumed(player) == []
        assert states(session) == {"lqai": "Linked"}


def test_a_connection_that_waits_is_assumed_to_be_authorised_before_the_push() -> None:
    new = connected("10:30:00", "qhyg", "Accounting")
    with replayed(made(), new, push("12:00:00", ORDER)) as (player, session):
        assert states(session) == {"lqai": "Linked", "qhyg": "Linked"}
        assert ACCOUNTING in assumed(player)


def test_of_several_that_wait_it_is_the_last_that_was_made() -> None:
    new = connected("10:30:00", "gbol", "Accounting"), connected("10:40:00", "qhyg", "Accounting")
    with replayed(made(), *new, push("12:00:00", ORDER)) as (_, session):
        assert states(session) == {"lqai": "Linked", "gbol": "PendingAuth", "qhyg": "Linked"}


@pytest.mark.parametrize(("kind", "key"), [("Accounting", "gbol"), ("Commerce", "lqai")])
def test_what_a_later_answer_shows_unlinked_is_not_assumed(kind: str, key: str) -> None:
    other = "Accounting" if kind == "Commerce" else "Commerce"
    seen = listed("12:30:00", link(kind, "PendingAuth"), link(other, "Linked"))
    sequence = made("/companies"), push("12:00:00", ORDER), seen
    with replayed(*sequence) as (player, session):
        assert key not in states(session)
        assert [each for each in assumed(player) if "linked" in each] == [
            ACCOUNTING if kind == "Commerce" else COMMERCE
        ]


def update(at: str, method: str, path: str, sent: Any, status: str | None) -> dict[str, Any]:
    answered = None if status is None else link("Commerce", status, "lqai")
    return entry(at, method, path, sent, answered=answered)


@pytest.mark.parametrize(
    ("method", "path", "sent", "shown", "status"),
    [
        ("PATCH", f"{CONNECTIONS}/their-Commerce", {"status": "Unlinked"}, "Linked", "Unlinked"),
        ("PATCH", f"{LATER_CONNECTIONS}/their-Commerce", {"status": "Unlinked"}, None, "Unlinked"),
        ("PATCH", f"{CONNECTIONS}/their-Commerce", {"status": "Odd"}, None, "Linked"),
        ("PATCH", f"{CONNECTIONS}/their-Commerce", None, "Unlinked", "Linked"),
        ("PUT", f"{LATER_CONNECTIONS}/their-Commerce/authorization", {"status": "Unlinked"}, None,
         "Linked"),
    ],
)  # fmt: skip
def test_the_status_of_a_connection_is_set_as_it_was_sent(
    method: str, path: str, sent: Any, shown: str | None, status: str
) -> None:
    seen = listed("11:00:00", link("Commerce", "Linked", "lqai"))
    sequence = made(), seen, update("11:30:00", method, path, sent, shown)
    with replayed(*sequence) as (_, session):
        assert states(session) == {"lqai": status}


@pytest.mark.parametrize("is_authorised", [True, False])
def test_a_connection_that_was_unlinked_is_linked_again_by_its_authorisation(
    is_authorised: bool,
) -> None:
    path = f"{LATER_CONNECTIONS}/their-Commerce"
    down = update("11:00:00", "PATCH", path, {"status": "Unlinked"}, "Unlinked")
    again = update("11:30:00", "PUT", f"{path}/authorization", {"status": "Unlinked"}, "Linked")
    with replayed(made(), down, *[again] * is_authorised) as (_, session):
        assert states(session) == {"lqai": "Linked" if is_authorised else "Unlinked"}


def test_two_connections_of_a_kind_keep_apart() -> None:
    both = [link("Accounting", "Linked", name="first"),
            link("Accounting", "PendingAuth", name="second")]  # fmt: skip
    first, second = (
        entry(at, "POST", CONNECTIONS, key, answered=each)
        for at, key, each in (("10:10:00", "gbol", both[0]), ("10:20:00", "qhyg", both[1]))
    )
    with replayed(made(), first, second, listed("11:00:00", *both)) as (_, session):
        assert states(session) == {"lqai": "Linked", "gbol": "Linked", "qhyg": "PendingAuth"}
    swapped = [both[0] | {"status": "PendingAuth"}, both[1] | {"status": "Linked"}]
    with replayed(made(), first, second, listed("11:00:00", *swapped)) as (_, session):
        assert states(session) == {"lqai": "Linked", "gbol": "PendingAuth", "qhyg": "Linked"}
    with replayed(made(), first, second, listed("11:00:00", *reversed(both))) as (_, session):
        assert states(session) == {"lqai": "Linked", "gbol": "Linked", "qhyg": "PendingAuth"}


def test_a_connection_whose_answer_was_not_recorded_is_made_all_the_same() -> None:
    new = connected("10:30:00", "qhyg", "Accounting")
    new["response"]["content"] = {"mimeType": "application/json", "text": ""}
    seen = listed("11:00:00", link("Accounting", "Linked"))
    with replayed(made(), new, seen) as (_, session):
        assert states(session) == {"lqai": "Linked", "qhyg": "Linked"}


def test_a_status_that_the_mock_does_not_know_hides_no_other() -> None:
    seen = listed("11:00:00", link("Accounting", "Odd"), link("Commerce", "Unlinked"))
    with replayed(made(), connected("10:30:00", "gbol", "Accounting"), seen) as (_, session):
        assert states(session) == {"lqai": "Unlinked", "gbol": "PendingAuth"}


def test_a_connection_that_the_sandbox_lacks_is_passed_over() -> None:
    with replayed(made(), listed("11:00:00", link("Accounting", "Linked"))) as (_, session):
        assert states(session) == {"lqai": "Linked"}


def configured(
    at: str, method: str = "GET", enabled: bool | None = True, **schedule: Any
) -> dict[str, Any]:
    body = {"configured": True, "enabled": enabled, "schedule": schedule or None}
    sent = body if method == "POST" else None
    return entry(at, method, CONFIGURATION, sent, answered=body)


START = {"startDate": "2022-03-01T00:00:00Z"}
USUAL = ("Daily", 3, "Europe/London")


@pytest.mark.parametrize(
    ("shown", "start", "how", "enabled"),
    [
        (START, datetime(2022, 3, 1, tzinfo=UTC), USUAL, True),
        (START, datetime(2022, 3, 1, tzinfo=UTC), USUAL, False),
        (START | {"syncHourUtc": 0, "timeZone": "UTC"}, datetime(2022, 3, 1, tzinfo=UTC),
         ("Daily", 0, "UTC"), True),
        (START | {"selectedFrequency": "Monthly"}, datetime(2022, 3, 1, tzinfo=UTC),
         ("Monthly", 3, "Europe/London"), True),
        ({}, datetime(2022, 3, 21, tzinfo=UTC), USUAL, True),
    ],
)  # fmt: skip
def test_a_company_is_configured_as_an_answer_shows_and_else_as_is_usual(
    shown: dict[str, Any], start: datetime, how: tuple[Any, ...], enabled: bool
) -> None:
    read = configured("12:30:00", enabled=enabled, **shown)
    with replayed(push("12:00:00", ORDER), read) as (player, session):
        found = companies.configuration(session, COMPANY)
        schedule = found.schedule
        assert schedule.start_date == start
        assert (schedule.selected_frequency, schedule.sync_hour_utc, schedule.time_zone) == how
        assert found.enabled is enabled
        assert (DAILY in assumed(player)) is (not shown)


@pytest.mark.parametrize("is_configured", [True, False, None])
def test_a_mapping_that_a_later_answer_shows_to_be_lacking_is_not_assumed(
    is_configured: bool | None,
) -> None:
    read = entry("12:30:00", "GET", CONFIGURATION, answered={"configured": is_configured})
    with replayed(made(), push("12:00:00", ORDER), read) as (player, _):
        assert (CONFIGURED in assumed(player)) is (is_configured is not False)


def test_a_company_that_is_configured_is_not_assumed_to_be() -> None:
    sequence = made(), configured("11:00:00", "POST", **START), push("12:00:00", ORDER)
    with replayed(*sequence) as (player, session):
        assert assumed(player) == [ACCOUNTING]
        assert companies.configuration(session, COMPANY).configured


def synced(at: str, finish: str | None, start: str | None = "2022-03-20T05:00:00Z") -> Any:
    period = {"start": start, "finish": finish} if start else None
    answered = {"syncId": finish, "syncStatusCode": 2000, "syncDateRangeUtc": period}
    path = f"/meta/companies/{COMPANY}/sync/commerce/status"
    return entry(at, "GET", path, answered=answered)


@pytest.mark.parametrize(
    ("reads", "hour"),
    [
        ([synced("13:00:00", "2022-03-21T05:00:00Z")], 5),
        ([synced("13:00:00", "2022-03-21T00:00:00Z")], 0),
        ([synced("13:00:00", ""), synced("14:00:00", "2022-03-21T06:30:00Z")], 6),
        ([synced("13:00:00", "2022-03-21T05:00:00Z", "")], None),
    ],
)  # fmt: skip
def test_the_hour_of_the_syncs_that_were_read_is_that_of_the_schedule(
    reads: list[Any], hour: int | None
) -> None:
    with replayed(push("12:00:00", ORDER), *reads) as (player, session):
        schedule = companies.configuration(session, COMPANY).schedule
        if hour is None:
            assert DAILY in assumed(player)
        else:
            assert (schedule.sync_hour_utc, schedule.time_zone) == (hour, "UTC")
            assert schedule.start_date == datetime(2022, 3, 20, 5, tzinfo=UTC)
            expected = f"configured to sync daily at {hour}:00 UTC, as observed"
            assert assumed(player) == [expected, BEFORE]


def test_a_company_is_made_once_and_each_has_its_own_assumptions() -> None:
    other = made(at="10:05:00")
    with replayed(made(), other, push("12:00:00", ORDER)) as (player, session):
        assert companies.company(session, COMPANY).name == "Café"
        assert player._companies.assumptions[CONFIGURED] == {COMPANY}


@pytest.mark.parametrize(
    ("path", "shown", "expected"),
    [
        (f"/companies/{COMPANY}", [link("Commerce", "Unlinked")], "Unlinked"),
        (f"/companies/{COMPANY}", [], "Linked"),
        (LATER_CONNECTIONS, [link("Commerce", "Unlinked")], "Unlinked"),
    ],
)
def test_any_answer_that_shows_connections_sets_them(
    path: str, shown: list[Any], expected: str
) -> None:
    answered: Any = MADE | {"dataConnections": shown}
    if path == LATER_CONNECTIONS:
        answered = {"results": shown}
    with replayed(made(), entry("11:00:00", "GET", path, answered=answered)) as (_, session):
        assert states(session) == {"lqai": expected}


@pytest.mark.parametrize("name", ["", "Café"])
def test_a_new_company_has_the_name_that_was_sent_if_the_answer_has_none(name: str) -> None:
    seen = entry("10:00:00", "POST", "/companies", {"name": "Sent"},
                 answered={"id": COMPANY, "name": name})  # fmt: skip
    with replayed(seen) as (_, session):
        assert companies.company(session, COMPANY).name == (name or "Sent")
