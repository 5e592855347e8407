"""The declarations of the vendor's operations, each beside its endpoint.

The routes, the OpenAPI document and the page of limits are made from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint, Response
from msgspec import Struct

Source = Literal["guide", "reference", "assumed"]
SOURCES: Final[dict[str, Source]] = {
    "guide": "guide",
    "contract": "reference",
    "assumed": "assumed",
}
Group = Literal[
    "Companies", "Connections", "Integrations", "Sync Flow", "Configuration", "Push data",
    "Datasets", "Syncs", "Partner commerce", "Alerts",
]  # fmt: skip
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
GROUPS: Final[dict[Group, str]] = {
    "Companies": "Merchants. Start here: create one with its commerce connection.",
    "Connections": "A merchant's links to a shop and to an accounting platform.",
    "Integrations": "The supported platforms.",
    "Sync Flow": "The pages where a merchant authorises a platform and maps accounts.",
    "Configuration": "The merchant's mapping, set without the pages.",
    "Push data": "Step 1 of the guide: push orders, payments and transactions.",
    "Datasets": "Step 3 of the guide: the status of a push.",
    "Syncs": "Step 4 of the guide: what reached the accounting platform.",
    "Partner commerce": "The same pushes as bare arrays, and the data they refer to.",
    "Alerts": "Rules that send alerts to a webhook.",
}
View = TypeVar("View", bound=Callable[..., Response])

BODY_REFUSALS: Final = (400, 413, 415)


class Parameter(Struct, frozen=True, kw_only=True):
    """A parameter in the path or query of an operation.

    Args:
        schema: its JSON schema.
        example: an example value.
    """

    name: str
    text: str
    schema: dict[str, Any]
    example: Any = None


class Operation(Struct, frozen=True, kw_only=True):
    """One operation of the API.

    Args:
        path: the vendor's template, such as `/meta/companies/{companyId}`.
        name: its `operationId`.
        section: where its documents describe it, as `source_of` reads it.
        answers: type of a successful answer, None for an answer without a body.
        shows: example of a successful answer.
        status: HTTP status of a successful answer.
        takes: type of the request's body, None if it takes none.
        sent: example of the request's body.
        needs_body: whether the body is required.
        query: its query parameters.
        refusals: HTTP statuses of its errors, besides those that every operation has.
        assumed: the part of its behaviour that no document describes.
        contradicted: where documents contradict each other, and what the other one says.
    """

    method: Method
    path: str
    name: str
    group: Group
    summary: str
    section: str
    answers: Any
    shows: Any
    takes: Any = None
    sent: Any = None
    needs_body: bool = True
    query: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    assumed: str = ""
    contradicted: str = ""
    status: int = 200

    @property
    def source(self) -> Source:
        """The document that it follows first."""
        return source_of(self.section)

    @property
    def path_names(self) -> list[str]:
        """The names of its path parameters."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def types(self) -> list[Any]:
        """The types of its answer and its body, without those it does not have."""
        return [kind for kind in (self.answers, self.takes) if kind is not None]

    @property
    def all_refusals(self) -> list[int]:
        """The HTTP statuses of all its errors."""
        statuses = {401, 403, 500, *self.refusals}
        if self.takes is not None:
            statuses.update(BODY_REFUSALS)
        if self.query:
            statuses.add(400)
        if self.path_names:
            statuses.add(404)
        return sorted(statuses)


OPERATIONS: Final[dict[str, Operation]] = {}


def source_of(section: str) -> Source:
    """The kind of document that a section is in: its first word says it.

    Args:
        section: such as `guide, step 1; contract 2 §A7`, or `assumed`. The contract is a summary of
            the vendor's reference (1), and of its documents of the time (2).

    Raises:
        KeyError: it begins with another word.
    """
    return SOURCES[re.split("[ ,]", section)[0]]


def serve(
    blueprint: Blueprint,
    method: Method,
    path: str,
    *,
    name: str,
    group: Group,
    section: str,
    answers: Any,
    shows: Any = None,
    takes: Any = None,
    sent: Any = None,
    needs_body: bool = True,
    query: Sequence[Parameter] = (),
    refusals: Sequence[int] = (),
    assumed: str = "",
    contradicted: str = "",
    status: int = 200,
) -> Callable[[View], View]:
    """Serve a function as an operation; the first line of its docstring is the summary.

    The arguments after the blueprint are those of `Operation`.

    Raises:
        ValueError: another operation has that name.
    """

    def declare(view: View) -> View:
        if name in OPERATIONS:
            raise ValueError(f"two operations are named {name}")
        OPERATIONS[name] = Operation(
            method=method,
            path=path,
            name=name,
            group=group,
            summary=(view.__doc__ or "").strip().partition("\n")[0],
            section=section,
            answers=answers,
            shows=shows,
            takes=takes,
            sent=sent,
            needs_body=needs_body,
            query=tuple(query),
            refusals=tuple(refusals),
            assumed=assumed,
            contradicted=contradicted,
            status=status,
        )
        # A path is served with a slash at its end and without it.
        rule = as_rule(path)
        blueprint.add_url_rule(rule, name, view, methods=[method], strict_slashes=False)
        return view

    return declare


def operations() -> list[Operation]:
    """All operations, group by group."""
    order = list(GROUPS)
    return sorted(OPERATIONS.values(), key=lambda each: order.index(each.group))


def as_rule(path: str) -> str:
    """The path in the router's form: `/companies/{companyId}` is `/companies/<company_id>`."""
    return re.sub(
        r"{(\w+)}",
        lambda found: "<" + re.sub(r"([A-Z])", r"_\1", found[1]).lower() + ">",
        path,
    )
