"""Plays a recording to a sandbox, request by request, in the recorded times."""

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
from codat_mock.har.reader import decoded
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
    Wanted,
    is_readable,
    oldest,
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

NAME: Final = "recorded"
MAKING: Final = {"create-sync-company": True, "create-company": False}
CONNECTING: Final = ("create-connection", "create-connection-later")
UPDATING: Final = (
    "update-connection", "update-connection-later", "update-connection-authorization",
)  # fmt: skip
NOT_KEPT: Final = "were recorded without a body that can be read, and could not be judged"
NO_ANSWER: Final = "have no recorded answer: taken as received, their answers lost"


def replay(
    recorded: Sequence[Recorded], settings: Settings, *, until: datetime | None = None
) -> Run:
    """Judge requests that have happened.

    Args:
        recorded: in whatever order.
        settings: of the sandbox; its clock is the recording's.
        until: the moment until which time has passed since; None where the recording is the
            whole of a day, which is closed: time passes until the next syncs have run.
    """
    found = calls(sorted(recorded, key=lambda each: each.started))
    start = found[0].recorded.started if found else None
    registry = SandboxRegistry(replace(settings, start_at=start, speed=0))
    try:
        player = Player(registry.sandbox(NAME), found)
        player.play()
        if until is None:
            clock_control.close_day(player.sandbox)
        else:
            player.move(until)
        run = run_of(player.sandbox, registry.failures.all())
    finally:
        registry.close()
    run.notes = [f"{len(found)} of {len(recorded)} recorded requests were the integration's."]
    run.notes += player.notes()
    return run


class Player:
    """Plays calls to a sandbox.

    Args:
        sandbox: the sandbox, its clock frozen at the first of them.
        played: the calls, in the order they were sent.
    """

    def __init__(self, sandbox: Sandbox, played: Sequence[Call]) -> None:
        self.sandbox = sandbox
        self._calls = played
        self._shown = ObservedTraffic(played)
        self._ids = dataset_ids(played, self._shown)
        self._failed = failed_syncs(self._shown)
        self._told: Counter[str] = Counter()
        made = {
            company.id
            for call in played
            if call.operation in MAKING and call.recorded.is_accepted
            for company in many(call, ObservedCompany)
        }
        self._merchants = ReplayedCompanies(self._shown, made, oldest(played))

    def play(self) -> None:
        """Play all of them."""
        for place, call in enumerate(self._calls):
            self.move(call.recorded.started)
            self._play(place, call)

    def move(self, moment: datetime) -> None:
        """Let time pass; syncs that are shown to have failed on the way do so."""
        while self._failed and self._failed[0].due <= moment:
            failed = self._failed.pop(0)
            self._pass(failed.due - INSTANT)
            with self.sandbox.session() as session:
                self._fail_sync(session, failed.company_id, failed.outcome)
        self._pass(moment)

    def _pass(self, moment: datetime) -> None:
        with suppress(ApiError):  # never back: the clock stands there already
            clock_control.set_to(self.sandbox, moment)

    def _fail_sync(self, session: Session, company_id: str, outcome: str) -> None:
        with suppress(ApiError):  # the company is not there yet
            wanted = PlannedOutcome(target="sync", company_id=company_id, outcome=outcome)
            planned_outcomes.plan(session, wanted)

    def _play(self, place: int, call: Call) -> None:
        """Carry a call out as it was, and log it."""
        recorded = call.recorded
        number = next(self.sandbox.request_numbers)
        entry = entry_of(call, number, self._ids.get(place))
        with self.sandbox.session() as session:
            at = format_moment(session.now)
            request = Request(number, at, recorded.method, call.path, caller(recorded))
            try:
                is_kept = self._carry_out(session, call, request, entry.dataset_id)
            except (Malformed, DecodeError):
                is_kept = False
            except ApiError as error:
                is_kept = False
                self._told[f"could not be rehearsed: {error.message}"] += 1
            bodies = LoggedBodies(
                b"" if is_kept else recorded.sent or b"",
                b"" if is_kept else recorded.answered or b"",
            )
            began, ended = recorded.started.timestamp(), recorded.ended.timestamp()
            request_log.record(session, entry, bodies, began, ended)

    def _carry_out(
        self, session: Session, call: Call, request: Request, dataset_id: str | None
    ) -> bool:
        """Do what a call did; whether it made a dataset, which keeps its body."""
        operation, recorded = call.operation, call.recorded
        if operation in MAKING and recorded.is_accepted:
            self._make_company(session, call)
        if not call.company_id:
            return False
        is_believed = recorded.is_accepted or (recorded.status == 0 and operation in PUSHES)
        if is_believed and not self._merchants.meet(session, call.company_id, recorded.started):
            return False
        if operation in PUSHES:
            return self._push(session, call, request, dataset_id)
        if not recorded.is_accepted:
            return False
        if operation in CONNECTING:
            self._connect(session, call)
        elif operation in UPDATING:
            wanted = decoded(recorded.sent, Wanted) or Wanted()
            status = wanted.status if operation != UPDATING[2] else "Linked"
            seen = ObservedConnection(id=call.named["connectionId"], status=status)
            shown = next(many(call, ObservedConnection), seen)
            seen.source_type = shown.source_type
            self._merchants.update(session, call.company_id, [seen])
        elif operation == "set-configuration":
            self._merchants.configure(session, call.company_id, recorded.started)
        elif operation in MANUAL:
            self._sync(session, call, request)
        else:
            self._read(session, call)
        return False

    def _make_company(self, session: Session, call: Call) -> None:
        for seen in many(call, ObservedCompany):
            sent = decoded(call.recorded.sent, NewCompany) or NewCompany()
            is_connected = MAKING[call.operation]
            self._merchants.add(session, seen.id, seen.name or sent.name, is_connected=is_connected)
            self._merchants.update(session, seen.id, seen.data_connections or [])

    def _connect(self, session: Session, call: Call) -> None:
        seen = next(many(call, ObservedConnection), None)
        key = decoded(call.recorded.sent, str)
        if key is None:
            key = (decoded(call.recorded.sent, NewConnection) or NewConnection()).platform_key
        self._merchants.connect(session, call, key, seen)

    def _read(self, session: Session, call: Call) -> None:
        """What is read counts as read, and tells how things stood."""
        if call.operation in DATASET_READS:
            with suppress(ApiError):  # of a push before the recording
                dataset_views.history(session, call.company_id, call.named["datasetId"])
        elif call.operation == "list-datasets":
            dataset_views.histories(session, call.company_id)
        elif call.operation.startswith("list-connections"):
            self._merchants.update(session, call.company_id, many(call, ObservedConnection))
        elif call.operation == "get-company":
            for seen in many(call, ObservedCompany):
                self._merchants.update(session, call.company_id, seen.data_connections or [])

    def _sync(self, session: Session, call: Call, request: Request) -> None:
        for sync in many(call, ObservedSync):
            if sync.sync_status_code in CODES:
                self._fail_sync(session, call.company_id, CODES[sync.sync_status_code])
        body = call.recorded.sent or b"{}"
        if call.operation == "run-sync":
            wanted = read_sync_request(body).sync_to
            syncs.run_latest(session, call.company_id, None if wanted is UNSET else wanted, request)
        else:
            period = read_historic(body).date_range
            syncs.run_historic(session, call.company_id, period.start, period.finish, request)

    def _push(self, session: Session, call: Call, request: Request, dataset_id: str | None) -> bool:
        """Push what was pushed, if it was taken; whether it made a dataset."""
        recorded, data_type = call.recorded, PUSHES[call.operation]
        is_lost = recorded.status == 0
        if not (recorded.is_accepted or is_lost or recorded.status == 400):
            return False
        body = push_body(call)
        if body is None:
            self._told[NOT_KEPT] += 1
            return False
        if recorded.status == 400 and is_readable(call, body):
            return False  # refused for what we cannot see
        if not self._merchants.meet(session, call.company_id, recorded.started):
            return False
        if recorded.status != 400:
            self._merchants.ready(session, call.company_id, recorded.started)
            outcome = planned(call, self._shown.datasets.get(dataset_id or "", ()))
            if outcome:
                planned_outcomes.plan(session, outcome)
        in_flight = self.sandbox.in_flight
        arrived, answered = recorded.started.timestamp(), recorded.ended.timestamp()
        with in_flight.enter(call.company_id, data_type, arrived, answered) as entered:
            overlaps = in_flight.overlaps(entered, call.company_id, data_type, request)
            push = pushes.receive(call.company_id, data_type, body)
            made = pushes.accept(session, push, request, overlaps, dataset_id)
        self._merchants.remap(session, call.company_id)
        if is_lost:
            self._told[NO_ANSWER] += 1
            pushes.forget_answer(session, call.company_id, made)
        return True

    def notes(self) -> list[str]:
        """What was assumed, and what could not be judged, in sentences."""
        told = [f"{count} requests {what}" for what, count in self._told.items()]
        return [*self._merchants.notes(), *(f"{each.rstrip('.')}." for each in told)]
