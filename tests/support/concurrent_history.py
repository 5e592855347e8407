"""The checker of concurrent histories: is there one order in which every answer is right?

    python tests/support/concurrent_history.py              1 round, seconds
    python tests/support/concurrent_history.py --thorough   50 rounds

Threads push to one company and data type, poll their datasets and list its history, all at once,
and note when each request was sent, when it was answered, and what was answered. The datasets that
the history lists at the end are in the order of the pushes, so that the place of every answer in
that order is known: a list that shows n datasets comes after the first n pushes. What is left to
check is that the order keeps to real time (linearizability), and that each push was judged as its
place has it: one that says what the push before it said breaks rule S03, and no other does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Barrier, Thread
from typing import Any

import httpx

from codat_mock.clock import machine_seconds
from codat_mock.http.server import Server
from codat_mock.sandbox import Settings

ORDERS = "commerce-orders"
KEY = {"Authorization": "Basic a2V5"}
THREADS = 6
REQUESTS = 25  # of each thread
VERSIONS = 3  # of the one record that all threads push


@dataclass
class Answer:
    """An answer with the moments between which it was true, in machine seconds.

    Attributes:
        dataset: of a push and of a poll.
        total: what a push said.
        is_repeat: whether the mock found that a push repeated the version before.
        listed: the datasets that a list showed, the first first; None for any other request.
        status: the HTTP status.
    """

    kind: str
    sent: float
    answered: float
    dataset: str = ""
    total: int = 0
    is_repeat: bool = False
    listed: Sequence[str] | None = None
    status: int = 200


@dataclass
class Result:
    """What a round has found."""

    answers: Counts = field(default_factory=lambda: Counts())
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(self.answers.items()))
        return f"{shown}: {len(self.problems)} answers that fit no order"


class Counts(dict[str, int]):
    """How many answers there were of each kind."""

    def __missing__(self, _: str) -> int:
        return 0


def problems_in(answers: Sequence[Answer], order: Sequence[str]) -> Iterator[str]:
    """The answers that fit no order.

    Args:
        answers: all of them.
        order: the datasets, in the order of their pushes.
    """
    places = {dataset: place for place, dataset in enumerate(order)}
    pushes = [each for each in answers if each.kind == "push"]
    for each in answers:
        if each.status != 200:
            yield f"{each.kind} of {each.dataset} was answered {each.status}"
    for each in pushes:
        if each.dataset not in places:
            yield f"the push of {each.dataset} was answered, and is not in the history"
    if len(places) != len(pushes):
        yield f"{len(pushes)} pushes were answered, and the history has {len(places)}"
    lists = [each for each in answers if each.listed is not None]
    for each in lists:
        if list(each.listed or ()) != list(order[: len(each.listed or ())]):
            yield f"a list shows {each.listed}, which is no beginning of the history"
    # The order of all, as far as it is known: the pushes by their places, each list after the
    # pushes that it shows. Among the lists between two pushes, the first sent may come first.
    known = [each for each in pushes if each.dataset in places]
    ranked = sorted(
        [((places[each.dataset], 1, each.sent), each) for each in known]
        + [((len(each.listed or ()) - 1, 2, each.sent), each) for each in lists],
        key=lambda pair: pair[0],
    )
    latest = 0.0
    for (place, *_), each in ranked:
        latest = max(latest, each.sent)
        if latest > each.answered:
            yield f"the {each.kind} at place {place} was answered before what it follows was sent"
    for poll in answers:
        if poll.kind == "poll" and poll.dataset not in places:
            yield f"{poll.dataset} was polled, and is not in the history"
    before = None
    for each in sorted(known, key=lambda push: places[push.dataset]):
        if each.is_repeat != (each.total == before):
            said = "was" if each.is_repeat else "was not"
            yield f"{each.dataset} says {each.total} after {before}, and {said} found to repeat it"
        before = each.total


class Client:
    """One thread's connection, which notes every answer."""

    def __init__(self, address: str, company: str, rng: Random) -> None:
        self.http = httpx.Client(base_url=address, headers=KEY, timeout=60)
        self.company = company
        self.rng = rng
        self.answers: list[Answer] = []
        self.error: BaseException | None = None

    def run(self, start: Barrier) -> None:
        try:
            start.wait()
            for _ in range(REQUESTS):
                own = [each.dataset for each in self.answers if each.kind == "push"]
                kind = self.rng.choice(("push", "push", "list", "poll" if own else "push"))
                if kind == "push":
                    self.push()
                elif kind == "list":
                    self.list()
                else:
                    self.poll(self.rng.choice(own))
        except BaseException as error:  # noqa: BLE001  (raised by the round's own thread)
            self.error = error
        finally:
            self.http.close()

    def push(self) -> None:
        total = self.rng.randrange(VERSIONS)
        order = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": total}
        path = f"/data/companies/{self.company}/sync/{ORDERS}"
        answer, noted = self.ask("POST", "push", path, {"orders": [order]})
        noted.total = total
        noted.dataset = answer.json().get("datasetId", "")
        noted.is_repeat = "S03" in answer.headers.get("Codat-Mock-Findings", "")

    def poll(self, dataset: str) -> None:
        _, noted = self.ask("GET", "poll", f"/companies/{self.company}/data/history/{dataset}")
        noted.dataset = dataset

    def list(self) -> None:
        path = f"/companies/{self.company}/data/history?pageSize=5000"
        answer, noted = self.ask("GET", "list", path)
        # The latest first, and among those of the same moment the later one.
        noted.listed = [each["id"] for each in reversed(answer.json()["results"])]

    def ask(
        self, method: str, kind: str, path: str, content: Any = None
    ) -> tuple[httpx.Response, Answer]:
        sent = machine_seconds()
        answer = self.http.request(method, path, json=content)
        noted = Answer(kind, sent, machine_seconds(), status=answer.status_code)
        self.answers.append(noted)
        return answer, noted


def record(seed: int) -> tuple[list[Answer], list[str]]:
    """Record a round on a server of its own; gives its answers and the datasets in order."""
    with Server.bind(Settings(speed=0, durations=(0.0,) * 5)) as server:
        with httpx.Client(base_url=server.address, headers=KEY) as http:
            company = http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
        clients = [
            Client(server.address, company, Random(seed * THREADS + number))  # noqa: S311
            for number in range(THREADS)
        ]
        start = Barrier(THREADS)
        threads = [Thread(target=client.run, args=(start,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            if client.error:
                raise client.error
        last = Client(server.address, company, Random(seed))  # noqa: S311
        last.list()
        last.http.close()
    answers = [each for client in (*clients, last) for each in client.answers]
    return answers, list(last.answers[0].listed or ())


def main(rounds: int) -> Result:
    """Record and check so many rounds; print and return what came of it."""
    result = Result()
    for seed in range(rounds):
        answers, order = record(seed)
        for each in answers:
            result.answers[each.kind] += 1
        result.problems += [f"round {seed}: {problem}" for problem in problems_in(answers, order)]
    print(f"{rounds} rounds of {THREADS} threads: {result}")
    for line in result.problems[:20]:
        print(f"  {line}")
    return result


if __name__ == "__main__":
    sys.exit(1 if main(50 if sys.argv[1:] == ["--thorough"] else 1).problems else 0)
