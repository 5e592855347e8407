"""The statuses of the mock's own answers to the requests of a recording."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import DecodeError
from msgspec.structs import replace
from werkzeug.test import Client

from codat_mock.har.exchange import Recorded
from codat_mock.http.app import create_app
from codat_mock.models.errors import ApiError
from codat_mock.replay.inferred_outcomes import PUSHES
from codat_mock.replay.player import SANDBOX, Player
from codat_mock.replay.request_bodies import is_readable, is_removed, push_body
from codat_mock.replay.routes import Call, calls
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.sandbox.session import Session

KEY: Final = b64encode(SANDBOX.encode()).decode()
MALFORMED, NOT_FOUND = 400, 404


class MockStatus(NamedTuple):
    """The status that the mock answers where another was recorded.

    Args:
        operation: the operation's name.
        recorded: the recorded status.
        mock: the mock's.
    """

    operation: str
    recorded: int
    mock: int


def other_statuses(recorded: Iterable[Recorded]) -> list[MockStatus]:
    """The requests that the mock answers with another status than the recorded one.

    Each push and each read is put to a mock in which the recording is replayed. What depends on
    the time before the recording cannot be compared, and is left out.
    """
    found = calls(sorted(recorded, key=lambda each: each.started))
    if not found:
        return []
    start = found[0].recorded.started
    registry = SandboxRegistry(replace(Settings(), start_at=start, speed=0))
    try:
        player = AskingPlayer(registry, found)
        player.replay()
        return player.others
    finally:
        registry.close()


class AskingPlayer(Player):
    """Replays calls, and puts each push and each read to the mock as well.

    Args:
        registry: of the sandbox in which they are replayed.
        calls: the calls, in the order in which they were sent.
    """

    def __init__(self, registry: SandboxRegistry, calls: Sequence[Call]) -> None:
        super().__init__(registry.sandbox(SANDBOX), calls)
        self.others: list[MockStatus] = []
        self._http = Client(create_app(registry))

    def _replay(self, index: int, call: Call) -> None:
        super()._replay(index, call)
        if call.operation and call.recorded.method == "GET" and is_decided(call.recorded):
            url = call.recorded.url_parts
            answer = self._http.get(
                f"/sandbox/{SANDBOX}{call.path}",
                query_string=url.query,
                headers={"Authorization": f"Basic {KEY}"},
            )
            # It may be known from before the recording.
            if not (call.recorded.is_accepted and answer.status_code == NOT_FOUND):
                self._note(call, answer.status_code)

    def _perform(
        self, session: Session, call: Call, request: Request, dataset_id: str | None
    ) -> bool:
        try:
            return super()._perform(session, call, request, dataset_id)
        except DecodeError:
            raise
        except ApiError as error:
            if call.operation in PUSHES:
                self._note(call, error.status)
            raise

    def _push(self, session: Session, call: Call, request: Request, dataset_id: str | None) -> bool:
        body = push_body(call)
        if call.recorded.status == MALFORMED and body and not is_removed(call, body):
            self._note(call, 200 if is_readable(call, body) else MALFORMED)
        return super()._push(session, call, request, dataset_id)

    def _note(self, call: Call, status: int) -> None:
        if status != call.recorded.status:
            self.others.append(MockStatus(call.operation, call.recorded.status, status))


def is_decided(recorded: Recorded) -> bool:
    """Whether a status depends on the request, and not on the key or the state of the service."""
    return recorded.is_accepted or recorded.status in (MALFORMED, NOT_FOUND)
