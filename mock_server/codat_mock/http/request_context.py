"""What every endpoint needs of a request: its sandbox, session, number and body, and the answer."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from hashlib import blake2b
from hmac import compare_digest
from random import Random
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
from flask import Response
from msgspec import DecodeError, ValidationError
from werkzeug.exceptions import HTTPException

from codat_mock.clock import format_moment, machine_seconds
from codat_mock.domain.redaction import secrets_in
from codat_mock.domain.secret_names import is_secret
from codat_mock.http import request_body
from codat_mock.http.served_request import served_request
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.models.decoding import (
    BOM,
    Decode,
    check_depth,
    decoder,
    malformed_json,
    problem_from,
    with_names,
)
from codat_mock.models.errors import Malformed, NotFound, Unauthorised
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import Sandbox, SandboxRegistry
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.storage import StorageError

REGISTRY: Final = "codat_mock.registry"  # the app's setting that holds its sandboxes
PREFIXED: Final = "codat_mock.sandbox"  # in the WSGI environment: the sandbox of the URL
ARRIVED: Final = "codat_mock.arrived"  # there too: when the first byte came, machine seconds
DELIVER: Final = "codat_mock.deliver"  # there too: sends the answer late, slowly or not at all
SHUT: Final = "codat_mock.shut"  # there too: makes the server unreachable
LOOK: Final = "codat_mock.look"  # there too: notes which other requests have come
SENT: Final = "codat_mock.sent"  # there too: what follows once the answer is sent
LOST: Final = "codat_mock.lost"  # there too: what follows where the client did not take it
CONTROL: Final = "/_mock"  # the prefix of the control API
PAGES: Final = ("/link/", "/flow/", "/portal")  # the prefixes of the pages for people
PUSHES: Final = [f"push-{name}" for name in LIST_NAMES.values()]  # operations
CORRELATION: Final = "X-Correlation-Id"
CALLER: Final = "Codat-Mock-Source"
MAX_CALLER_CHARACTERS: Final = 300
RETRY_AFTER_SECONDS: Final = "5"  # of a 503 that is the machine's
KEY_LETTERS: Final = 4  # of an API key are shown, by which its owner knows it
CHANCE: Final = "codat_mock.chance"  # the app's setting for the source of correlation ids

Kind = TypeVar("Kind")
encode = msgspec.json.Encoder(decimal_format="number").encode


def registry() -> SandboxRegistry:
    """The sandboxes that the app serves."""
    return cast(SandboxRegistry, served_request().app.config[REGISTRY])


def api_key() -> str:
    """The API key that the request carries.

    Raises:
        Unauthorised: it is missing, malformed, or not among the known ones.

    Source: contract section 1.
    """
    sent = served_request().environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, encoded = sent.partition(" ")
    if not scheme:
        raise Unauthorised("The Authorization header is missing: send 'Basic <base64 of the key>'.")
    try:
        key = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        key = ""
    if scheme.lower() != "basic" or not key:
        raise Unauthorised(
            "The Authorization header is malformed: it must be 'Basic ' and the base64 of the key."
        )
    known = registry().settings.api_keys
    # All are compared: the time must not tell which of them resembles the key.
    if known and not sum(is_equal(key, each) for each in known):
        raise Unauthorised("The API key is not known: start the server with --api-key for it.")
    return key


def is_equal(sent: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return compare_digest(sent.encode(errors="replace"), expected.encode())


def name_of_key(key: str) -> str:
    """The name of the sandbox that belongs to an API key; the key cannot be read from it."""
    return f"key-{blake2b(key.encode(), digest_size=8).hexdigest()}"


def secrets() -> set[str]:
    """The secrets that the request carries, by the names of its headers, parameters and values."""
    request = served_request()
    headers = [value for name, value in request.headers.items() if is_secret(name)]
    found = {word for value in headers for word in value.split()[-1:]}  # without `Basic`
    found |= {value for name, value in request.args.items(multi=True) if is_secret(name)}
    found |= set(request.cookies.values())
    with suppress(Unauthorised):
        found.add(api_key())
    with suppress(HTTPException):
        found |= secrets_in(request.get_data().decode(errors="replace"))
    return found


def chosen_name() -> str | None:
    """The sandbox named by the URL prefix or the header, which take precedence over the key."""
    environ = served_request().environ
    return environ.get(PREFIXED) or environ.get("HTTP_X_TEST_ID") or None


def sole_name() -> str | None:
    """The only sandbox a request can be for: the only known key's, or the only one there is."""
    keys, names = registry().settings.api_keys, registry().names()
    if len(keys) == 1:
        return name_of_key(keys[0])
    return names[0] if len(names) == 1 else None


def sandbox() -> Sandbox:
    """The sandbox of a request to the API, looked up once.

    Raises:
        Unauthorised: the request carries no valid key.
    """
    request = served_request()
    if request.sandbox is None:
        key, chosen, known = api_key(), chosen_name(), registry()
        request.sandbox = known.sandbox(chosen or name_of_key(key))
        if not chosen:
            known.labels[request.sandbox.name] = f"key {key[:KEY_LETTERS]}…"
    return request.sandbox


def session() -> Session:
    """The one session of a request to the API, opened at its first use.

    So that others need not wait, decode the body before. `commit` ends it once the request is
    logged; an `ApiError` undoes what came after its last checkpoint.
    """
    request = served_request()
    if request.session is None:
        request.session = enter(registry().session(sandbox().name))
        request.session.checkpoint()
    return request.session


def session_of(sandbox: Sandbox) -> Session | None:
    """The request's session where it is one of that sandbox; None where that has been reset."""
    request = served_request()
    if request.session is None:
        try:
            request.session = enter(sandbox.session())
        except SandboxClosed:
            return None
    return request.session if request.session.tables is sandbox.tables else None


def enter(context: AbstractContextManager[Kind]) -> Kind:
    """Enter a context that ends with the request, after its session where it is entered before."""
    request = served_request()
    if request.contexts is None:
        request.contexts = ExitStack()
    return request.contexts.enter_context(context)


def commit() -> None:
    """Write all that the request did, before its answer is sent."""
    end(None)


def roll_back() -> None:
    """Undo what the request did since the last checkpoint of its session."""
    session = served_request().session
    if session:
        session.roll_back()


def abort(error: BaseException) -> None:
    """Undo all that the request did: the mock failed."""
    with suppress(StorageError):  # of the same cause as the error
        end(error)


def end(error: BaseException | None) -> None:
    """Leave the contexts of the request, its session among them."""
    request = served_request()
    contexts, request.contexts, request.session = request.contexts, None, None
    if contexts:
        trace = error.__traceback__ if error else None
        contexts.__exit__(type(error) if error else None, error, trace)


def as_request(session: Session) -> Request:
    """The request as findings refer to it."""
    request, at = served_request(), format_moment(session.now)
    return Request(request.number or 0, at, request.method, request.path, caller())


def likely_sandbox() -> Sandbox | None:
    """The sandbox whose log takes a request, even one without a valid key; None if it is unclear.

    Its own; else the one that is named, or that of the only key, or the only one.
    """
    try:
        return sandbox()
    except Unauthorised:
        pass
    keys, names = registry().settings.api_keys, registry().names()
    only = [name_of_key(key) for key in keys] if keys else names
    name = chosen_name() or (only[0] if len(only) == 1 else None)
    return registry().sandbox(name) if name else None


def correlation_id() -> str:
    """The id of the answer to this request, from its sandbox's own source where it has one."""
    request = served_request()
    if request.correlation_id is None:
        chance = request.sandbox.chance if request.sandbox else request.app.config[CHANCE]
        request.correlation_id = random_uuid(chance)
    return request.correlation_id


def arrived() -> float:
    """When the request's first byte came, in seconds of the machine's clock."""
    return cast(float, served_request().environ.get(ARRIVED) or machine_seconds())


@contextmanager
def look_at_end() -> Iterator[None]:
    """Note which other requests have come before this one ends, as a push must (rule S05)."""
    yield
    if look := served_request().environ.get(LOOK):
        look()


def caller() -> str:
    """The line of the integration that sent the request, as it says itself: `sync.py:42`."""
    return served_request().headers.get(CALLER, "")[:MAX_CALLER_CHARACTERS]


def is_abandoned() -> bool:
    """Whether the client hung up before it could get the answer."""
    has_hung_up = served_request().environ.get("waitress.client_disconnected")
    return bool(has_hung_up and has_hung_up())


def no_such_data_type(name: str) -> NotFound:
    """Say that data of that type cannot be pushed."""
    return NotFound(f"Datatype [{name}] not supported by platform(s) [Partner Commerce]")


def body_bytes() -> bytes:
    """The request's body as JSON bytes, unpacked and without a byte order mark.

    Raises:
        Refused: it is of another type or encoding, or too large.
        TooDeep: it came packed, and is nested too deeply.
    """
    request = served_request()
    most, is_ours = registry().settings.largest_body, request.path.startswith(CONTROL)
    body = request_body.body_bytes(most, is_lenient=is_ours)
    if body is not request.get_data():  # it came packed
        check_depth(body)
    return body.removeprefix(BOM)


def check_body_depth() -> None:
    """Refuse a body that is nested too deeply, also at operations that do not read it.

    Pushes are left to their decoder, which seldom needs to look for that.

    Raises:
        TooDeep: it is.
    """
    request = served_request()
    is_left = request.path.startswith(PAGES) or request.operation in PUSHES
    if request.content_length and not is_left:
        check_depth(request.get_data())


def has_body() -> bool:
    """Whether the request has a body other than null, which counts as none."""
    return body_bytes() not in (b"", b"null")


def body(kind: type[Kind]) -> Kind:
    """Decode the request's body.

    Raises:
        Malformed: it is not JSON, or not of that form; the place is named.
        Refused: it is of another type or encoding, or too large.
    """
    return cast(Kind, decode(body_bytes(), decoder(kind)))


def decode(sent: bytes, read: Decode) -> Any:
    """Decode JSON bytes.

    Raises:
        Malformed: they are not JSON, or not of that form; the place is named.
    """
    try:
        if not sent.isascii():
            str(sent, "utf-8")  # the decoder skips unknown properties, but answers may repeat them
        return read(sent)
    except ValidationError as error:
        problem = with_names(problem_from(error, "$"), sent, read)
        raise Malformed(f"The body is not valid. {problem}", [problem]) from None
    except (DecodeError, UnicodeDecodeError):
        raise malformed_json(sent) from None


def random_uuid(chance: Random) -> str:
    """A UUID from a seeded source."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def answer(content: Any, status: int = 200, content_type: str = "application/json") -> Response:
    """An answer with that content as JSON.

    Args:
        content: anything that msgspec encodes.
        status: the HTTP status.
        content_type: without its character set.
    """
    return raw_answer(encode(content), status, content_type)


def raw_answer(
    content: bytes | list[bytes],
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with those bytes.

    Args:
        content: the body, or its parts in order.
        status: the HTTP status.
        content_type: without its character set.
        headers: further ones; None for none.
    """
    answered = Response(content, status, headers, content_type=f"{content_type}; charset=utf-8")
    if isinstance(content, list):
        answered.content_length = sum(map(len, content))
    return answered


def empty_answer(status: int) -> Response:
    """An answer without a body, and so without a type."""
    empty = Response(status=status)
    del empty.headers["Content-Type"]
    return empty
