"""Compares recorded answers of the real service with what the mock documents for each operation.

A difference names the operation, the JSON path and what differs. Values are left out, except those
of enumerations: ids, dates and amounts are the recorded merchant's own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from codat_mock.har.exchange import Recorded
from codat_mock.http.error_bodies import ErrorBody
from codat_mock.http.openapi import schema_of_value
from codat_mock.http.operations import OPERATIONS
from codat_mock.replay.routes import calls

Kind = Literal[
    "unknown-operation", "status", "not-json", "unknown-property", "missing-property", "type",
    "enum-value",
]  # fmt: skip
REFERENCE: Final = "#/$defs/{name}"
MAX_VALUE_CHARACTERS: Final = 60  # an enumeration has short values


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


class Drift(Struct, frozen=True):
    """The differences of a recording.

    Args:
        compared: how many answers were compared.
        differences: each difference, with how many answers show it.
    """

    compared: int
    differences: dict[Difference, int]


def drift_of(recorded: Iterable[Recorded]) -> Drift:
    """Compare recorded answers with the mock's document.

    Args:
        recorded: requests with their answers; those to other services are passed over.
    """
    counts: Counter[Difference] = Counter()
    compared = 0
    for call in calls(recorded):
        answer = call.recorded
        if not answer.status:
            continue
        compared += 1
        if call.operation:
            counts.update(set(answer_differences(call.operation, answer)))
        else:
            counts[unknown(answer)] += 1
    return Drift(compared, dict(sorted(counts.items())))


def unknown(answer: Recorded) -> Difference:
    """A request to an operation that the mock does not have; the ids in its path are masked."""
    parts = [
        "{id}" if any(character.isdigit() for character in part) else part
        for part in answer.url_parts.path.split("/")
    ]
    detail = f"recorded {answer.status}, the mock has no such operation"
    return Difference(f"{answer.method} {'/'.join(parts)}", "unknown-operation", "", detail)


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
            shown = str(value)[:MAX_VALUE_CHARACTERS]
            yield Difference("", "enum-value", path, f"recorded {shown!r}, which is not known")
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


def type_of(value: Any) -> str:
    """The JSON schema's name of a value's type."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")
