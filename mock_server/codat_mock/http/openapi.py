"""The OpenAPI document, made of the operations' declarations and the wire types."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

import codat_mock
from codat_mock.http.error_bodies import ErrorBody
from codat_mock.http.operations import GROUPS, Operation, Parameter, Source, operations
from codat_mock.models.values import Amount, Moment

SCHEME: Final = "apiKey"
REFUSALS: Final = {
    400: "The request is malformed; every mistake is named.",
    401: "The API key is missing, malformed or unknown.",
    402: "The account has reached its limit of companies.",
    403: "The request names a host or origin that is not allowed.",
    404: "The company, connection, dataset, sync or platform does not exist.",
    409: "The state of the resource does not allow the operation.",
    413: "The body is too large.",
    415: "The type or encoding of the body is not supported.",
    500: "A sync cannot be run yet, or the mock itself failed.",
}
KNOWN_FROM: Final[dict[Source, str]] = {
    "guide": "Known from the guide",
    "reference": "Known from the reference",
    "assumed": "No document describes it",
}
PATH_PARAMETERS: Final = {
    "companyId": "The company's id.",
    "connectionId": "The connection's id.",
    "datasetId": "The dataset's id, from the answer to its push.",
    "syncId": "The sync's id.",
    "clientId": "The client's id, a UUID.",
    "ruleId": "The alert rule's id.",
    "platformKey": "The integration's key, such as `gbol`, or its id.",
    "commerceKey": "The commerce integration's key, such as `lqai`.",
    "accountingKey": "The accounting integration's key, such as `gbol`.",
}
KEY_TEXT: Final = (
    "The word `Basic`, a space, and the base64 of the API key. The mock accepts any key, unless it"
    " was started with `--api-key`. For the key `my-test-key`, paste"
    " `Basic bXktdGVzdC1rZXk=`."
)
INTRODUCTION: Final = (
    "An unofficial mock of Sync for Commerce. Authorise with any key, create a company, connect it"
    " to `gbol`, open the connection's `linkUrl` in a browser and configure the company, or open"
    " the URL of its Sync Flow. Then follow the guide: push, look at the dataset, run a sync, look"
    " at its status. The examples are a day in March 2022: start the schedule before that day."
)


def document(prefix: str = "") -> dict[str, Any]:
    """The document of the vendor's API.

    Args:
        prefix: the path of the API on this server, such as `/sandbox/shop`.
    """
    return {**whole(), "servers": [{"url": prefix or "/"}]}


@cache
def whole() -> dict[str, Any]:
    """The document without its server; cached."""
    kinds = [ErrorBody, *(kind for each in operations() for kind in each.types)]
    schemas, components = msgspec.json.schema_components(
        kinds, schema_hook=schema_of_value, ref_template="#/components/schemas/{name}"
    )
    found = iter(schemas[1:])
    paths: dict[str, dict[str, Any]] = {}
    for each in operations():
        answer = None if each.answers is None else next(found)
        body = None if each.takes is None else next(found)
        paths.setdefault(each.path, {})[each.method.lower()] = describe(each, answer, body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "codat-mock: Sync for Commerce",
            "version": codat_mock.__version__,
            "description": INTRODUCTION,
        },
        "security": [{SCHEME: []}],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): refusal(status) for status in REFUSALS},
            "headers": {"Correlation": CORRELATION},
            "securitySchemes": {
                SCHEME: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": KEY_TEXT,
                }
            },
        },
    }


CORRELATION: Final = {
    "description": "The id of the answer.",
    "schema": {"type": "string", "format": "uuid"},
}
HEADERS: Final = {"X-Correlation-Id": {"$ref": "#/components/headers/Correlation"}}


def schema_of_value(kind: type) -> dict[str, Any]:
    """The schema of a type that msgspec does not know.

    Raises:
        NotImplementedError: the type is another one.
    """
    if kind is Amount:
        return {"type": "number", "description": "An exact decimal of at most 28 digits."}
    if kind is Moment:
        return {"type": "string", "format": "date-time"}
    raise NotImplementedError(kind)


def describe(operation: Operation, answer: Any, body: Any) -> dict[str, Any]:
    """One operation.

    Args:
        operation: its declaration.
        answer: the schema of its answer, None without a body.
        body: the schema of its request body, None if it takes none.
    """
    notes = [
        f"{KNOWN_FROM[operation.source]} ({operation.section}).",
        operation.assumed and f"Assumed: {operation.assumed}",
        operation.contradicted and f"Contradicted: {operation.contradicted}",
    ]
    done: dict[str, Any] = {"description": "Done.", "headers": HEADERS}
    if answer is not None:
        done["content"] = json_content(answer, operation.shows)
    content: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary.rstrip("."),
        "description": " ".join(note for note in notes if note),
        "parameters": [
            *(in_path(name) for name in operation.path_names),
            *(in_query(parameter) for parameter in operation.query),
        ],
        "responses": {
            str(operation.status): done,
            **{
                str(status): {"$ref": f"#/components/responses/{status}"}
                for status in operation.all_refusals
            },
        },
    }
    if body is not None:
        content["requestBody"] = {
            "required": operation.needs_body,
            "content": json_content(body, operation.sent),
        }
    return content


def json_content(schema: Any, example: Any) -> dict[str, Any]:
    """A JSON body of that schema."""
    return {"application/json": {"schema": schema, "example": example}}


def in_path(name: str) -> dict[str, Any]:
    """A path parameter."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": PATH_PARAMETERS[name],
        "schema": {"type": "string", "minLength": 1},
    }


def in_query(parameter: Parameter) -> dict[str, Any]:
    """A query parameter."""
    shown = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.text,
        "schema": parameter.schema,
    }
    return shown if parameter.example is None else {**shown, "example": parameter.example}


def refusal(status: int) -> dict[str, Any]:
    """An error."""
    return {
        "description": REFUSALS[status],
        "headers": HEADERS,
        "content": json_content(
            {"$ref": "#/components/schemas/ErrorBody"},
            ErrorBody(
                status_code=status,
                error=REFUSALS[status],
                correlation_id="c1e1a5a4-4b6c-4f0e-9a53-0f4bb0a9d1f7",
            ),
        ),
    }
