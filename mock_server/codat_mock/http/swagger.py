"""Swagger UI, from a package that ships it, so that it works offline."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint
from flask_swagger_ui import get_swaggerui_blueprint  # type: ignore[import-untyped]  # it has no types


def blueprints() -> Iterator[Blueprint]:
    """The pages at `/swagger`, and those of the control API at `/swagger/control`."""
    # The addresses are relative, so that the document is of the same sandbox.
    yield pages("/swagger", "../_mock/openapi.json")
    yield pages("/swagger/control", "../../_mock/control-openapi.json")


def pages(path: str, document: str) -> Blueprint:
    """The pages that show a document at a path."""
    made: Blueprint = get_swaggerui_blueprint(
        path,
        document,
        config={
            "app_name": "codat-mock",
            "validatorUrl": None,  # the public validator cannot reach this machine
            "persistAuthorization": True,
            "tryItOutEnabled": True,
            "displayRequestDuration": True,
            "defaultModelsExpandDepth": 0,
            "docExpansion": "list",
        },
        blueprint_name=path.strip("/").replace("/", "_"),
    )
    return made
