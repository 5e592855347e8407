"""Snapshots of sandboxes: saved, restored, cloned, and exchanged as files."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.sandbox import clock_control
from codat_mock.storage import UnusableFile, check_snapshot

blueprint = Blueprint("snapshots", __name__)

CONTENT_TYPE = "application/vnd.sqlite3"


@blueprint.put("/snapshots/<name>")
def save(name: str) -> Response:
    """Save the sandbox as it is, or a snapshot's file that the request sends, under a name."""
    held = request_context.registry().snapshots
    if content := request.get_data():
        refuse_others(content)
    held.add(name, content or resolve_sandbox.sandbox().snapshot())
    return request_context.answer(held.all())


@blueprint.get("/snapshots")
def index() -> Response:
    """The snapshots that the server holds."""
    return request_context.answer(request_context.registry().snapshots.all())


@blueprint.get("/snapshots/<name>")
def download(name: str) -> Response:
    """A snapshot as a file."""
    content = request_context.registry().snapshots.get(name)
    return request_context.raw_answer(content, content_type=CONTENT_TYPE)


@blueprint.post("/snapshots/<name>/restore")
def restore(name: str) -> Response:
    """Make the request's sandbox as the one that was saved; that of another key becomes a clone."""
    registry = request_context.registry()
    content = registry.snapshots.get(name)
    restored = resolve_sandbox.name()
    try:
        registry.reset(restored, snapshot=content)
    except UnusableFile as error:
        raise Malformed(str(error), [Problem("name", str(error))]) from error
    with registry.session(restored) as session:
        reading = clock_control.read(session)
    return request_context.answer({"status": "restored", "clock": reading})


def refuse_others(content: bytes) -> None:
    """Make sure that a file is a snapshot.

    Raises:
        Malformed: it is none.
    """
    try:
        check_snapshot(content)
    except UnusableFile as error:
        raise Malformed(str(error), [Problem("$", str(error))]) from error


@blueprint.delete("/snapshots/<name>")
def remove(name: str) -> Response:
    """Remove a snapshot."""
    held = request_context.registry().snapshots
    held.remove(name)
    return request_context.answer(held.all())
