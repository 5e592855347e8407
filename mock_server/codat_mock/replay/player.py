"""Replays a recording in a sandbox, request by request, at the recorded times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from msgspec import UNSET, DecodeError
from msgspec.structs import replace

from codat_mock.clock import format_moment
from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import decode_json
from codat_mock.models.errors import ApiError, Malformed
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.models.request_log import LoggedBodies
from codat_mock.replay.companies import ReplayedCompanies
from codat_mock.replay.entries import caller, entry_of
from codat_mock.replay.inferred_outcomes import (
    CODES,
    INSTANT,
    PUSHES,
    dataset_ids,
    failed_syncs,
    planned,
)
from codat_mock.replay.observed import (
    MANUAL,
    ObservedCompany,
    ObservedConnection,
    ObservedSync,
    ObservedTraffic,
    many,
)
from codat_mock.replay.request_bodies import (
    NewCompany,
    NewConnection,
    NewStatus,
    is_readable,
    is_removed,
    oldest_records,
    push_body,
    read_historic,
    read_sync_request,
)
from codat_mock.replay.routes import Call, calls
from codat_mock.reports.collect import run_of
from codat_mock.reports.run import Run
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import (
    Sandbox,
    SandboxRegistry,
    Settings,
    clock_control,
    dataset_views,
    planned_outcomes,
    pushes,
    request_log,
    syncs,
)
from codat_mock.sandbox.client_behaviour import DATASET_READS
from codat_mock.sandbox.session import Session

SANDBOX: Final = "recorded"
CREATING: Final = {"create-sync-company": True, "create-company": False}
CONNECTING: Final = ("create-connection", "create-connection-later")
UPDATING: Final = (
    "update-connection", "update-connection-later", "update-connection-authorization",
)  # fmt: skip
NO_BODY: Final = "Pushes not judged, since their body was not recorded, or removed from the file"
NO_ANSWER: Final = "Pushes without a recorded answer, judged as received, with a lost answer"


def replay(
    recorded: Sequence[Recorded], settings: Settings, *, until: datetime | None = None
) -> Run:
    """Judge recorded requests.

    Args:
        recorded: the requests, in any order.
        settings: the settings of the sandbox; its clock follows the recording.
        until: the time at which the recording goes on, UTC; None if it is complete: then the clock
            moves past the next syncs.
    """
    found = calls(sorted(recorded, key=lambda each: each.started))
    start = found[0].recorded.started if found else None
    registry = SandboxRegistry(replace(settings, start_at=start, speed=0))
    try:
        player = Player(registry.sandbox(SANDBOX), found)
        player.replay()
        if until is None:
            clock_control.close_day(player.sandbox)
        else:
            player.move(until)
        run = run_of(player.sandbox, registry.failures)
    finally:
        registry.close()
    run.notes = [f"{len(found)} of {len(recorded)} recorded requests are to the API."]
    run.notes += player.notes()
    return run


class Player:
    """Replays calls in a sandbox.

    Args:
        sandbox: the sandbox, its clock frozen at the first of them.
        calls: the calls, in the order in which they were sent.
    """

    def __init__(self, sandbox: Sandbox, calls: Sequence[Call]) -> None:
        self.sandbox = sandbox
        self._calls = calls
        self._observed = ObservedTraffic(calls)
        self._ids = dataset_ids(calls, self._observed)
        self._failed_syncs = failed_syncs(self._observed)
        self._counts: Counter[str] = Counter()
        created = {
            company.id
            for call in calls
            if call.operation in CREATING and call.recorded.is_accepted
            for company in many(call, ObservedCompany)
        }
        self._companies = ReplayedCompanies(self._observed, created, oldest_records(calls))

    def replay(self) -> None:
        """Replay all calls."""
        for index, call in enumerate(self._calls):
            self.move(call.recorded.started)
            self._replay(index, call)

    def move(self, moment: datetime) -> None:
        """Move the clock; syncs that failed in the recording fail on the way."""
        while self._failed_syncs and self._failed_syncs[0].due <= moment:
            failed = self._failed_syncs.pop(0)
            self._pass(failed.due - INSTANT)
            with self.sandbox.session() as session:
                self._fail_sync(session, failed.company_id, failed.outcome)
        self._pass(moment)

    def _pass(self, moment: datetime) -> None:
        with suppress(ApiError):  # the clock never moves back
            clock_control.set_to(self.sandbox, moment)

    def _fail_sync(self, session: Session, company_id: str, outcome: str) -> None:
        with suppress(ApiError):  # the company does not exist yet
            outcome_of_sync = PlannedOutcome(target="sync", company_id=company_id, outcome=outcome)
            planned_outcomes.plan(session, outcome_of_sync)

    def _replay(self, index: int, call: Call) -> None:
        """Replay a call, and log it."""
        recorded = call.recorded
        number = next(self.sandbox.request_numbers)
        entry = entry_of(call, number, self._ids.get(index))
        with self.sandbox.session() as session:
            at = format_moment(session.now)
            request = Request(number, at, recorded.method, call.path, caller(recorded))
            try:
                has_dataset = self._perform(session, call, request, entry.dataset_id)
            except (Malformed, DecodeError):
                has_dataset = False
            except ApiError as error:
                has_dataset = False
                self._counts[f"Pushes not replayed ({error.message.rstrip('.')})"] += 1
            bodies = LoggedBodies(
                b"" if has_dataset else recorded.sent or b"",
                b"" if has_dataset else recorded.answered or b"",
            )
            began, ended = recorded.started.timestamp(), recorded.ended.timestamp()
            request_log.record(session, entry, bodies, began, ended)

    def _perform(
        self, session: Session, call: Call, request: Request, dataset_id: str | None
    ) -> bool:
        """Do what a call did; whether it created a dataset, which stores the body."""
        operation, recorded = call.operation, call.recorded
        if operation in CREATING and recorded.is_accepted:
            self._create_company(session, call)
        if not call.company_id:
            return False
        started = recorded.started
        if recorded.is_accepted and not self._companies.ensure(session, call.company_id, started):
            return False
        if operation in PUSHES:
            return self._push(session, call, request, dataset_id)
        if not recorded.is_accepted:
            return False
        if operation in CONNECTING:
            self._connect(session, call)
        elif operation in UPDATING:
            sent = decode_json(recorded.sent, NewStatus) or NewStatus()
            status = sent.status if operation != UPDATING[2] else "Linked"
            seen = ObservedConnection(id=call.parameters["connectionId"], status=status)
            shown = next(many(call, ObservedConnection), seen)
            seen.source_type = shown.source_type
            self._companies.update(session, call.company_id, [seen])
        elif operation == "set-configuration":
            self._companies.configure(session, call.company_id, recorded.started)
        elif operation in MANUAL:
            self._sync(session, call, request)
        else:
            self._read(session, call)
        return False

    def _create_company(self, session: Session, call: Call) -> None:
        for seen in many(call, ObservedCompany):
            sent = decode_json(call.recorded.sent, NewCompany) or NewCompany()
            is_connected = CREATING[call.operation]
            self._companies.add(session, seen.id, seen.name or sent.name, is_connected=is_connected)
            self._companies.update(session, seen.id, seen.data_connections or [])

    def _connect(self, session: Session, call: Call) -> None:
        seen = next(many(call, ObservedConnection), None)
        key = decode_json(call.recorded.sent, str)
        if key is None:
            key = (decode_json(call.recorded.sent, NewConnection) or NewConnection()).platform_key
        self._companies.connect(session, call, key, seen)

    def _read(self, session: Session, call: Call) -> None:
        """Mark what was read as read, and set what its answer shows."""
        if call.operation in DATASET_READS:
            with suppress(ApiError):  # of a push from before the recording
                dataset_views.history(session, call.company_id, call.parameters["datasetId"])
        elif call.operation == "list-datasets":
            dataset_views.histories(session, call.company_id)
        elif call.operation.startswith("list-connections"):
            self._companies.update(session, call.company_id, many(call, ObservedConnection))
        elif call.operation == "get-company":
            for seen in many(call, ObservedCompany):
                self._companies.update(session, call.company_id, seen.data_connections or [])

    def _sync(self, session: Session, call: Call, request: Request) -> None:
        for sync in many(call, ObservedSync):
            if sync.sync_status_code in CODES:
                self._fail_sync(session, call.company_id, CODES[sync.sync_status_code])
        body = call.recorded.sent or b"{}"
        if call.operation == "run-sync":
            sync_to = read_sync_request(body).sync_to
            syncs.run_latest(
                session, call.company_id, None if sync_to is UNSET else sync_to, request
            )
        else:
            start, finish = read_historic(body)
            syncs.run_historic(session, call.company_id, start, finish, request)

    def _push(self, session: Session, call: Call, request: Request, dataset_id: str | None) -> bool:
        """Repeat a push if it was accepted; whether it created a dataset."""
        recorded, data_type = call.recorded, PUSHES[call.operation]
        is_lost = recorded.status == 0
        if not (recorded.is_accepted or is_lost or recorded.status == 400):
            return False
        body = push_body(call)
        if body is None or is_removed(call, body):
            self._counts[NO_BODY] += 1
            return False
        if recorded.status == 400 and is_readable(call, body):
            return False  # refused for a reason that we do not know
        if not self._companies.ensure(session, call.company_id, recorded.started):
            return False
        if recorded.status != 400:
            self._companies.make_ready(session, call.company_id, recorded.started)
            outcome = planned(call, self._observed.datasets.get(dataset_id or "", ()))
            if outcome:
                planned_outcomes.plan(session, outcome)
        in_flight = self.sandbox.in_flight
        arrived, answered = recorded.started.timestamp(), recorded.ended.timestamp()
        with (
            pushes.uncollected(body),
            in_flight.enter(call.company_id, data_type, arrived, answered) as entered,
        ):
            overlaps = in_flight.overlaps(entered, call.company_id, data_type, request)
            push = pushes.receive(call.company_id, data_type, body)
            created_id = pushes.accept(session, push, request, overlaps, dataset_id)
        self._companies.remap(session, call.company_id)
        if is_lost:
            self._counts[NO_ANSWER] += 1
            pushes.forget_answer(session, call.company_id, created_id)
        return True

    def notes(self) -> list[str]:
        """What was assumed or not judged, a sentence each."""
        counts = (f"{what}: {count}." for what, count in self._counts.items())
        return [*self._companies.notes(), *counts]
