"""The operation of a recorded request, on any host."""

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
        recorded: the request.
        path: its path, without the prefix of a sandbox.
        operation: the name of its operation; empty if the API has none of that method and path.
        parameters: the parameters of its path, such as `companyId`.
    """

    recorded: Recorded
    path: str
    operation: str
    parameters: dict[str, str]

    @property
    def company_id(self) -> str:
        """The company in its path; empty if there is none."""
        return self.parameters.get("companyId", "")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Method, path pattern and name of every operation, the most specific first."""
    known = sorted(OPERATIONS.values(), key=lambda each: each.path.count("{"))
    return tuple(
        (each.method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", each.path)), each.name)
        for each in known
    )


def call_of(recorded: Recorded) -> Call:
    """The call of a recorded request."""
    path = NAMED.sub("", unquote(recorded.url_parts.path), count=1)
    for method, pattern, name in patterns():
        if method == recorded.method and (found := pattern.fullmatch(path)):
            return Call(recorded, path, name, found.groupdict())
    return Call(recorded, path, "", {})


def calls(recorded: Iterable[Recorded]) -> Sequence[Call]:
    """The requests of an integration among all recorded ones.

    These are the requests to operations of the API, and those that the same hosts refused as
    unknown.
    """
    all_calls = [call_of(each) for each in recorded]
    hosts = {each.recorded.url_parts.netloc for each in all_calls if each.operation}
    return [each for each in all_calls if each.operation or is_mistaken(each, hosts)]


def is_mistaken(call: Call, hosts: set[str]) -> bool:
    """Whether a request was sent to the API, which has no such operation."""
    is_api_host = call.recorded.url_parts.netloc in hosts and not call.path.startswith(OTHERS)
    return is_api_host and call.recorded.status in UNKNOWN and call.recorded.method != "OPTIONS"
