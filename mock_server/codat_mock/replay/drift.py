"""Compares the answers of the real service in a recording with those of the mock.

Each answer is compared with what the mock documents for its operation, the statuses of pushes and
reads also with the mock's own, and the states of datasets and syncs with the order and the times
that the mock keeps. A difference names the operation, the JSON path and what differs. Values are
left out, except those of enumerations: ids, dates and amounts are the recorded merchant's own.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from statistics import median
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from codat_mock.har.exchange import Recorded
from codat_mock.http.error_bodies import ErrorBody
from codat_mock.http.openapi import schema_of_value
from codat_mock.http.operations import OPERATIONS
from codat_mock.replay.mock_answers import other_statuses
from codat_mock.replay.observed import ObservedTraffic
from codat_mock.replay.routes import Call, calls
from codat_mock.replay.state_drift import (
    changed_ends,
    dataset_seconds,
    wrong_orders,
    wrong_times_of_datasets,
    wrong_times_of_syncs,
)

Kind = Literal[
    "unknown-operation", "status", "not-json", "unknown-property", "missing-property", "type",
    "enum-value", "state-order", "time",
]  # fmt: skip
REFERENCE: Final = "#/$defs/{name}"
# The values of enumerations are words and short numbers; ids, dates and amounts are none.
ENUM_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z _-]{0,39}|[0-9]{1,4}")


class Difference(Struct, frozen=True, order=True):
    """A difference between recorded answers and the mock's document.

    Args:
        operation: the operation's name, or the method and path of a request that is none.
        kind: what kind of difference it is.
        path: the JSON path in the answer, `[*]` for any element; empty for the answer itself.
        detail: what was recorded, and what the mock documents.
    """

    operation: str
    kind: Kind
    path: str
    detail: str


class Duration(Struct, frozen=True):
    """How long something took in a recording.

    Args:
        of: an operation's name, or `dataset` for the time from its push to its end.
        count: how often it was recorded.
        median_seconds: half of them took longer.
        max_seconds: the longest.
    """

    of: str
    count: int
    median_seconds: float
    max_seconds: float


class Drift(Struct, frozen=True):
    """The differences of a recording.

    Args:
        compared: how many answers were compared.
        differences: each difference, with how often it is recorded.
        durations: how long answers and datasets took.
    """

    compared: int
    differences: dict[Difference, int]
    durations: list[Duration]


def drift_of(recorded: Sequence[Recorded]) -> Drift:
    """Compare recorded answers with the mock's.

    Args:
        recorded: requests with their answers; those to other services are passed over.
    """
    found = calls(sorted(recorded, key=lambda each: each.started))
    observed = ObservedTraffic(found)
    compared, counts = documented_differences(found)
    documented = {(each.operation, each.kind) for each in counts}
    for each in other_statuses(recorded):
        if (each.operation, "status") not in documented:
            detail = f"recorded {each.recorded}, the mock answers {each.mock}"
            counts[Difference(each.operation, "status", "", detail)] += 1
    for state in state_differences(observed):
        counts[state] += 1
    return Drift(compared, dict(sorted(counts.items())), durations(found, observed))


def state_differences(observed: ObservedTraffic) -> Iterator[Difference]:
    """The differences in the order and the times of the states of datasets and syncs."""
    for detail in wrong_orders(observed):
        yield Difference("get-dataset", "state-order", "$.status", detail)
    for detail in changed_ends(observed):
        yield Difference("get-sync", "state-order", "$.syncStatusCode", detail)
    for detail in wrong_times_of_datasets(observed):
        yield Difference("get-dataset", "time", "$.completed", detail)
    for detail in wrong_times_of_syncs(observed):
        yield Difference("get-sync", "time", "$.syncDateRangeUtc.finish", detail)


def durations(found: Iterable[Call], observed: ObservedTraffic) -> list[Duration]:
    """How long the answers of each operation took, and how long datasets did."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for call in found:
        if call.operation and call.recorded.status:
            seconds[call.operation].append(call.recorded.seconds)
    if datasets := dataset_seconds(observed):
        seconds["dataset"] = datasets
    return [
        Duration(of, len(each), round(median(each), 6), round(max(each), 6))
        for of, each in sorted(seconds.items())
    ]


def documented_differences(found: Iterable[Call]) -> tuple[int, Counter[Difference]]:
    """How many answers there are, and their differences from what the mock documents."""
    counts: Counter[Difference] = Counter()
    compared = 0
    for call in found:
        answer = call.recorded
        if not answer.status:
            continue
        compared += 1
        if call.operation:
            counts.update(set(answer_differences(call.operation, answer)))
        else:
            counts[unknown(answer)] += 1
    return compared, counts


def unknown(answer: Recorded) -> Difference:
    """A request to an operation that the mock does not have; the ids in its path are masked."""
    *before, last = answer.url_parts.path.split("/")
    parts = [part if part in path_words() else "{id}" for part in before]
    parts.append(last if last.isalpha() else "{id}")
    detail = f"recorded {answer.status}, the mock has no such operation"
    return Difference(f"{answer.method} {'/'.join(parts)}", "unknown-operation", "", detail)


@cache
def path_words() -> frozenset[str]:
    """The words of the paths of all operations."""
    return frozenset(part for each in OPERATIONS.values() for part in each.path.split("/"))


def answer_differences(name: str, answer: Recorded) -> Iterator[Difference]:
    """The differences of one answer."""
    operation = OPERATIONS[name]
    documented = [200, *operation.all_refusals]
    if answer.status not in documented:
        expected = ", ".join(map(str, documented))
        yield Difference(name, "status", "", f"recorded {answer.status}, documented {expected}")
    if answer.answered is None:
        return
    try:
        value = json.loads(answer.answered)
    except ValueError:
        if answer.is_accepted and answer.answered:
            yield Difference(name, "not-json", "", "recorded another type of answer than JSON")
        return
    kind = operation.answers if answer.is_accepted else ErrorBody
    root, schemas = schema_of(kind)
    for difference in value_differences(value, root, schemas, "$"):
        yield msgspec.structs.replace(difference, operation=name)


@cache
def schema_of(kind: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON schema of a wire type, and those that it refers to, by their references."""
    [root], components = msgspec.json.schema_components(
        [kind], schema_hook=schema_of_value, ref_template=REFERENCE
    )
    return root, {REFERENCE.format(name=name): each for name, each in components.items()}


def value_differences(
    value: Any, schema: dict[str, Any], schemas: dict[str, Any], path: str
) -> Iterator[Difference]:
    """The differences between a JSON value and a schema; the operation is left empty.

    Args:
        value: the value, as `json.loads` gives it.
        schema: its schema.
        schemas: the schemas that it refers to, by their references.
        path: the value's JSON path.
    """
    schema = schemas.get(schema.get("$ref", ""), schema)
    if "anyOf" in schema:
        options = [[*value_differences(value, each, schemas, path)] for each in schema["anyOf"]]
        # The type that fits best: else each null would be reported for each other type.
        deeper = [each for each in options if not any(found.path == path for found in each)]
        yield from min(deeper or options, key=len)
        return
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    recorded = type_of(value)
    expected = schema.get("type") or (type_of(choices[0]) if choices else None)
    if expected and recorded != expected and not (expected == "number" and recorded == "integer"):
        yield Difference("", "type", path, f"recorded {recorded}, documented {expected}")
    elif choices is not None:
        if value not in choices:
            detail = f"recorded {masked(value)}, which is not known"
            yield Difference("", "enum-value", path, detail)
    elif recorded == "array":
        for each in value:
            yield from value_differences(each, schema.get("items", {}), schemas, f"{path}[*]")
    elif recorded == "object" and "properties" in schema:
        known = schema["properties"]
        for name in sorted(value.keys() - known.keys()):
            yield Difference("", "unknown-property", f"{path}.{name}", "the mock never sends it")
        for name in sorted(set(schema.get("required", ())) - value.keys()):
            yield Difference("", "missing-property", f"{path}.{name}", "the mock always sends it")
        for name in sorted(known.keys() & value.keys()):
            yield from value_differences(value[name], known[name], schemas, f"{path}.{name}")


def masked(value: Any) -> str:
    """A value of an enumeration; anything but a word or a number of a few digits is masked."""
    shown = str(value)
    return repr(value) if ENUM_VALUE.fullmatch(shown) else "another value"


def type_of(value: Any) -> str:
    """The JSON schema's name of a value's type."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")
