"""Which operation of the API a recorded request means, whatever host it was sent to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import unquote

import codat_mock.http.api  # noqa: F401  (its modules enter the operations)
from codat_mock.har.exchange import Recorded
from codat_mock.http.middleware_log import OTHERS
from codat_mock.http.operations import OPERATIONS

NAMED: Final = re.compile(r"/sandbox/[^/]+(?=/)")
UNKNOWN: Final = (404, 405)


class Call(NamedTuple):
    """A recorded request of the integration.

    Args:
        path: without the prefix of a sandbox.
        operation: its name; empty where the API has none of that method and path.
        named: what its path names, such as `companyId`.
    """

    recorded: Recorded
    path: str
    operation: str
    named: dict[str, str]

    @property
    def company_id(self) -> str:
        """The company in its path, empty where there is none."""
        return self.named.get("companyId", "")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Method, pattern of the path, and name of every operation, the most particular ones first."""
    known = sorted(OPERATIONS.values(), key=lambda each: each.path.count("{"))
    return tuple(
        (each.method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", each.path)), each.name)
        for each in known
    )


def call_of(recorded: Recorded) -> Call:
    """What a recorded request means."""
    path = NAMED.sub("", unquote(recorded.place.path), count=1)
    for method, pattern, name in patterns():
        if method == recorded.method and (found := pattern.fullmatch(path)):
            return Call(recorded, path, name, found.groupdict())
    return Call(recorded, path, "", {})


def calls(recorded: Iterable[Recorded]) -> Sequence[Call]:
    """The requests of an integration among all that were recorded.

    Those are the ones to operations of the API, and what the same hosts did not know.
    """
    all_calls = [call_of(each) for each in recorded]
    hosts = {each.recorded.place.netloc for each in all_calls if each.operation}
    return [each for each in all_calls if each.operation or is_mistaken(each, hosts)]


def is_mistaken(call: Call, hosts: set[str]) -> bool:
    """Whether a request was meant for the API, which does not have what it asked for."""
    is_theirs = call.recorded.place.netloc in hosts and not call.path.startswith(OTHERS)
    return is_theirs and call.recorded.status in UNKNOWN and call.recorded.method != "OPTIONS"
