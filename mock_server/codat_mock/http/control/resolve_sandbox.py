"""The sandbox that a request to the control API is for."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import request

from codat_mock.http import request_context
from codat_mock.models.errors import Malformed
from codat_mock.sandbox import Sandbox
from codat_mock.sandbox.session import Session


def name() -> str:
    """The name of the sandbox: chosen as for the API itself, or the only one there is.

    Raises:
        Unauthorised: the request carries an invalid key.
        Malformed: it does not say which, and there is not exactly one.
    """
    chosen = request_context.chosen_name()
    if chosen:
        return chosen
    if "Authorization" in request.headers:
        return request_context.name_of_key(request_context.api_key())
    if sole := request_context.sole_name():
        return sole
    raise Malformed(
        f"There are {len(request_context.registry().names())} sandboxes: select one with the API's"
        " Authorization header (a command's --api-key), with X-Test-Id, or with /sandbox/{name}"
        " before the path."
    )


def sandbox() -> Sandbox:
    """The sandbox that the request is for."""
    return request_context.registry().sandbox(name())


def session() -> AbstractContextManager[Session]:
    """A session of it, to be left before the answer is rendered: others wait meanwhile."""
    return request_context.registry().session(name())
