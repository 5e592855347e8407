"""Swagger UI, from a package that ships it, so that it works offline."""

from __future__ import annotations

from flask import Blueprint
from flask_swagger_ui import get_swaggerui_blueprint  # type: ignore[import-untyped]  # it has no types


def blueprint() -> Blueprint:
    """The pages at `/swagger`."""
    made: Blueprint = get_swaggerui_blueprint(
        "/swagger",
        "../_mock/openapi.json",  # relative, so that it is the same sandbox's
        config={
            "app_name": "codat-mock",
            "validatorUrl": None,  # the public validator cannot reach this machine
            "persistAuthorization": True,
            "tryItOutEnabled": True,
            "displayRequestDuration": True,
            "defaultModelsExpandDepth": 0,
            "docExpansion": "list",
        },
    )
    return made
