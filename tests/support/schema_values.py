"""Values of a JSON schema, as a service that is made from the schema would answer them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(0, 10_000),
    "number": st.floats(-1e6, 1e6),
    "boolean": st.booleans(),
    "null": st.none(),
}


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """The values that a schema of `vendor_schemas` allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values_of(each) for each in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "array":
        return st.lists(values_of(schema["items"]), max_size=3)
    if kind == "object":
        return objects_of(schema)
    if kind == "string":
        pattern = schema.get("pattern")
        return st.from_regex(pattern, fullmatch=True) if pattern else st.text(max_size=20)
    return LEAVES[kind] if kind else st.none()


def objects_of(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The objects that a schema allows."""
    properties, required = schema.get("properties", {}), schema.get("required", ())
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        return st.dictionaries(values_of({"type": "string"}), values_of(others), max_size=2)
    return st.fixed_dictionaries(
        {name: values_of(properties[name]) for name in required},
        optional={
            name: values_of(each) for name, each in properties.items() if name not in required
        },
    )
