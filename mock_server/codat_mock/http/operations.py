"""What is declared beside each endpoint of the vendor's API.

From it the routes, the OpenAPI document and the page of limits are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint, Response, request
from msgspec import Struct

Source = Literal["guide", "reference", "assumed"]
Group = Literal[
    "Companies", "Connections", "Integrations", "Sync Flow", "Configuration", "Push data",
    "Datasets", "Syncs", "Partner commerce",
]  # fmt: skip
Method = Literal["GET", "POST", "PUT", "PATCH"]
GROUPS: Final[dict[Group, str]] = {
    "Companies": "Merchants. Begin here: create one with its commerce connection.",
    "Connections": "A merchant's links to a shop and to an accounting platform.",
    "Integrations": "The platforms that there are.",
    "Sync Flow": "The pages on which a merchant authorises a platform and maps accounts.",
    "Configuration": "The merchant's mapping, without the pages.",
    "Push data": "Step 1 of the guide: push orders, payments and transactions.",
    "Datasets": "Step 3 of the guide: see what became of a push.",
    "Syncs": "Step 4 of the guide: see what became of it in the accounting platform.",
    "Partner commerce": "The same pushes as bare arrays.",
}
View = TypeVar("View", bound=Callable[..., Response])

BODY_REFUSALS: Final = (400, 413, 415)


class Parameter(Struct, frozen=True, kw_only=True):
    """Something that an operation takes in its path or query.

    Args:
        schema: its JSON schema.
        example: a value of it.
    """

    name: str
    text: str
    schema: dict[str, Any]
    example: Any = None


class Operation(Struct, frozen=True, kw_only=True):
    """One operation of the API, as its document and the page of limits tell of it.

    Args:
        path: as the vendor writes it, `/meta/companies/{companyId}`.
        name: its `operationId`.
        source: where it is known from.
        answers: the type of what it answers with 200, and `shows` an example of that.
        takes: the type of the body, None where it takes none; `sent` an example of that.
        needs_body: whether it cannot do without the body.
        query: what it takes in the query.
        refusals: the statuses it may refuse with beside those that all share.
        assumed: what of its behaviour is our own choice.
    """

    method: Method
    path: str
    name: str
    group: Group
    summary: str
    source: Source
    answers: Any
    shows: Any
    takes: Any = None
    sent: Any = None
    needs_body: bool = True
    query: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    assumed: str = ""

    @property
    def path_names(self) -> list[str]:
        """The names of what it takes in its path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def types(self) -> list[Any]:
        """The types of what it answers and, where it takes a body, of that."""
        return [self.answers] if self.takes is None else [self.answers, self.takes]

    @property
    def all_refusals(self) -> list[int]:
        """Every status it may refuse with."""
        statuses = {401, 403, 500, *self.refusals}
        if self.takes is not None:
            statuses.update(BODY_REFUSALS)
        if self.query:
            statuses.add(400)
        if self.path_names:
            statuses.add(404)
        return sorted(statuses)


OPERATIONS: Final[dict[str, Operation]] = {}


def serve(
    blueprint: Blueprint,
    method: Method,
    path: str,
    *,
    name: str,
    group: Group,
    source: Source,
    answers: Any,
    shows: Any,
    takes: Any = None,
    sent: Any = None,
    needs_body: bool = True,
    query: Sequence[Parameter] = (),
    refusals: Sequence[int] = (),
    assumed: str = "",
) -> Callable[[View], View]:
    """Serve a function as an operation; its docstring's first line is the summary.

    Raises:
        ValueError: the name is taken.
    """

    def enter(view: View) -> View:
        if name in OPERATIONS:
            raise ValueError(f"operation {name} is entered twice")
        OPERATIONS[name] = Operation(
            method=method,
            path=path,
            name=name,
            group=group,
            summary=(view.__doc__ or "").strip().partition("\n")[0],
            source=source,
            answers=answers,
            shows=shows,
            takes=takes,
            sent=sent,
            needs_body=needs_body,
            query=tuple(query),
            refusals=tuple(refusals),
            assumed=assumed,
        )
        blueprint.add_url_rule(as_rule(path), name, view, methods=[method])
        return view

    return enter


def operations() -> list[Operation]:
    """All operations, group by group."""
    order = list(GROUPS)
    return sorted(OPERATIONS.values(), key=lambda each: order.index(each.group))


def requested_operation() -> str | None:
    """The name of the operation that the request is for, None where it is for none.

    Flask answers OPTIONS by itself, under the name of an operation that is not carried out.
    """
    name = (request.endpoint or "").rpartition(".")[2]
    return name if name in OPERATIONS and request.method != "OPTIONS" else None


def as_rule(path: str) -> str:
    """The path as the router writes it: `/companies/{companyId}` is `/companies/<company_id>`."""
    return re.sub(
        r"{(\w+)}",
        lambda found: "<" + re.sub(r"([A-Z])", r"_\1", found[1]).lower() + ">",
        path,
    )
