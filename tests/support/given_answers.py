"""A service that answers the flows of the client with what it is given, without a transport."""

from __future__ import annotations

from typing import Any

import httpx
from client_mock import NOON, FakeClock

from codat_push import Dataset, RequestError
from codat_push.encoding import read_json
from codat_push.errors import AnswerLost, error_class
from codat_push.models import (
    Configuration,
    Connection,
    ConnectionPage,
    DatasetPage,
    PushAnswer,
)
from codat_push.operations import Call, Flow, FlowRun, Pause

LINKED = ConnectionPage([Connection("Commerce", "Linked"), Connection("Accounting", "Linked")])
UNLINKED = ConnectionPage([Connection("Commerce", "Unlinked")])


def failure(
    status: int, correlation_id: str = "id", retry_after: float | None = None
) -> RequestError:
    request = httpx.Request("POST", "https://x/push")
    answer = httpx.Response(status, request=request)
    return error_class(status)("refused", request, answer, correlation_id, retry_after)


def lost(kind: type[RequestError] = AnswerLost) -> RequestError:
    return kind("no answer", httpx.Request("POST", "https://x/push"))


def ended(status: str = "Complete", **more: Any) -> Dataset:
    return Dataset(id="d-1", status=status, requested=NOON, completed=NOON, **more)


class GivenAnswers:
    """Answers each operation with the next of its answers, and the last of them from then on."""

    def __init__(self, clock: FakeClock, **answers: list[Any]) -> None:
        self.clock = clock
        self.answers: dict[str, list[Any]] = {
            "connections": [LINKED],
            "configuration": [Configuration(True)],
            "newest_datasets": [DatasetPage()],
            "sync_status": [None],
            "push": [PushAnswer("d-1")],
            "dataset": [ended()],
        } | answers
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.pushed: list[list[str]] = []

    def run(self, flow: Flow[Any]) -> Any:
        run = FlowRun(flow)
        run.resume(None)
        while (step := run.step) is not None:
            if isinstance(step, Pause):
                self.clock.sleep(step.seconds)
                run.resume(None)
                continue
            answer = self._answer(step)
            if isinstance(answer, Exception):
                run.fail(answer)
            else:
                run.resume(answer)
        return run.result

    def _answer(self, call: Call) -> Any:
        self.asked.append(call.operation)
        self.paths.append(call.path)
        if call.content:
            (records,) = read_json(call.content).values()
            self.pushed.append([each["id"] for each in records])
        answers = self.answers[call.operation]
        return answers.pop(0) if len(answers) > 1 else answers[0]
