"""The OpenAPI document, made of the operations' declarations and the wire types."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import msgspec

from codat_mock.http.error_bodies import ErrorBody
from codat_mock.http.operations import GROUPS, Operation, Parameter, operations
from codat_mock.models.values import Amount, Moment

SCHEME: Final = "apiKey"
REFUSALS: Final = {
    400: "The request is malformed; every wrong place is named.",
    401: "The API key is missing, malformed or unknown.",
    402: "The account holds as many companies as it may.",
    403: "The request names another host than this machine, or comes from another web page.",
    404: "There is no such company, connection, dataset, sync or platform.",
    409: "The company is not in a state that allows this.",
    413: "The body is too large.",
    415: "The body is of a type or encoding that is not read.",
    500: "The mock itself failed.",
}
PATH_PARAMETERS: Final = {
    "companyId": "The company's id.",
    "connectionId": "The connection's id.",
    "datasetId": "The dataset's id, from the answer to its push.",
    "syncId": "The sync's id.",
    "clientId": "The client's id, a UUID.",
    "platformKey": "The integration's key, such as `gbol`, or its id.",
    "commerceKey": "The commerce integration's key, such as `lqai`.",
    "accountingKey": "The accounting integration's key, such as `gbol`.",
}
KEY_TEXT: Final = (
    "The word `Basic`, a blank, and the base64 of the API key. The mock takes any key, unless it"
    " was started with `--api-key`: for the key `my-test-key`, paste"
    " `Basic bXktdGVzdC1rZXk=`."
)
INTRODUCTION: Final = (
    "An unofficial rehearsal stage for Sync for Commerce. Authorise with any key, create a company,"
    " connect it to `gbol`, open the connection's `linkUrl` in a browser, configure it (or open the"
    " URL of its Sync Flow), then follow the guide: push, see the dataset, run a sync, see its"
    " status. The examples are a day of March 2022: let the first day to be synced lie before it."
)


def document(prefix: str = "") -> dict[str, Any]:
    """The document of the vendor's API.

    Args:
        prefix: where the API is found on this server, such as `/sandbox/shop`.
    """
    return {**whole(), "servers": [{"url": prefix or "/"}]}


@cache
def whole() -> dict[str, Any]:
    """The document without its server, made once."""
    kinds = [ErrorBody, *(kind for each in operations() for kind in each.types)]
    schemas, components = msgspec.json.schema_components(
        kinds, schema_hook=schema_of_value, ref_template="#/components/schemas/{name}"
    )
    found = iter(schemas[1:])
    paths: dict[str, dict[str, Any]] = {}
    for each in operations():
        parts = [next(found) for _ in each.types]
        paths.setdefault(each.path, {})[each.method.lower()] = to_openapi(each, *parts)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "codat-mock: Sync for Commerce",
            "version": version("codat-mock"),
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
    "description": "The id of this answer.",
    "schema": {"type": "string", "format": "uuid"},
}
HEADERS: Final = {"X-Correlation-Id": {"$ref": "#/components/headers/Correlation"}}


def schema_of_value(kind: type) -> dict[str, Any]:
    """The schema of the values that the decoder does not know.

    Raises:
        NotImplementedError: it is none of these.
    """
    if kind is Amount:
        return {"type": "number", "description": "An exact decimal of at most 28 digits."}
    if kind is Moment:
        return {"type": "string", "format": "date-time"}
    raise NotImplementedError(kind)


def to_openapi(operation: Operation, answer: Any, body: Any = None) -> dict[str, Any]:
    """One operation, with the schemas of its answer and its body."""
    source = {"guide": "Known from the guide.", "reference": "Known from the reference."}
    description = [source.get(operation.source, "Our own."), operation.assumed]
    content: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary.rstrip("."),
        "description": " Assumed: ".join(part for part in description if part),
        "parameters": [
            *(in_path(name) for name in operation.path_names),
            *(in_query(parameter) for parameter in operation.query),
        ],
        "responses": {
            "200": {
                "description": "Done.",
                "headers": HEADERS,
                "content": json_content(answer, operation.shows),
            },
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
    """Something that an operation takes in its path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": PATH_PARAMETERS[name],
        "schema": {"type": "string", "minLength": 1},
    }


def in_query(parameter: Parameter) -> dict[str, Any]:
    """Something that an operation takes in its query."""
    shown = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.text,
        "schema": parameter.schema,
    }
    return shown if parameter.example is None else {**shown, "example": parameter.example}


def refusal(status: int) -> dict[str, Any]:
    """An answer that says no."""
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
