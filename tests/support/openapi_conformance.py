"""Holds every answer against the mock's own document."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from flask import Flask
from jsonschema import Draft202012Validator

KEY = {"Authorization": "Basic bXktdGVzdC1rZXk="}
BASE = "http://127.0.0.1:4620"

Document = dict[str, Any]


def document_of(app: Flask) -> Document:
    served: Document = app.test_client().get("/_mock/openapi.json").get_json()
    return served


def client_of(app: Flask, *hooks: Callable[[httpx.Response], None]) -> httpx.Client:
    return httpx.Client(
        transport=httpx.WSGITransport(app=app),
        base_url=BASE,
        headers=KEY,
        event_hooks={"response": list(hooks)},
    )


def resolved(document: Document, part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def errors_in(document: Document, schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def operation_at(document: Document, method: str, path: str) -> dict[str, Any]:
    # What is written out goes before what is left open, as in the router.
    for template in sorted(document["paths"], key=lambda each: each.count("{")):
        pattern = "(/sandbox/[^/]+)?" + re.sub(r"{\w+}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in document["paths"][template]:
            found: dict[str, Any] = document["paths"][template][method.lower()]
            return found
    raise LookupError(f"{method} {path} is not in the document")


def conform(document: Document, answer: httpx.Response) -> str:
    """Fails where an answer is not as the document says; gives the operation's id."""
    answer.read()
    operation = operation_at(document, answer.request.method, answer.request.url.path)
    UUID(answer.headers["X-Correlation-Id"])
    declared = operation["responses"].get(str(answer.status_code))
    assert declared, f"{operation['operationId']} does not declare {answer.status_code}"
    if "content" not in resolved(document, declared):
        assert answer.content == b""
        return str(operation["operationId"])
    content = resolved(document, declared)["content"]["application/json"]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert errors_in(document, content["schema"], answer.json()) == []
    return str(operation["operationId"])
