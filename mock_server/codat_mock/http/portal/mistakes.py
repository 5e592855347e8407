"""Mistakes that a person makes on purpose: the requests of a faulty integration."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextvars import Context
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from flask import current_app, request
from msgspec import Struct
from werkzeug.test import Client

from codat_mock.clock import format_moment
from codat_mock.http import request_context
from codat_mock.models.datasets import DataType
from codat_mock.models.errors import Conflict
from codat_mock.sandbox.session import Session

ORDERS: Final[DataType] = "commerce-orders"
ANY_KEY: Final = "portal"
POLLS: Final = 6
DATASETS_SEARCHED: Final = 20  # of a company, for an order that is not deleted

Order = dict[str, Any]
encode = msgspec.json.Encoder(decimal_format="number").encode
decode = msgspec.json.Decoder(Order, float_hook=Decimal).decode


class FaultyIntegration(Struct):
    """Sends requests to this server as an integration would, with an order that was pushed last.

    Args:
        sandbox: the sandbox's name.
        company_id: of the company that pushed last.
        dataset_id: of its last push of orders.
        order: the first order of that push.
        later: a moment after now, ISO 8601.
    """

    sandbox: str
    company_id: str
    dataset_id: str
    order: Order
    later: str

    def send(self, method: str, path: str, content: Any = None) -> None:
        """Send a request.

        Args:
            method: the HTTP method.
            path: without a query.
            content: the body as a JSON value; None for no body.
        """
        keys = request_context.registry().settings.api_keys
        key = b64encode((keys[0] if keys else ANY_KEY).encode()).decode()
        headers = {"Authorization": f"Basic {key}", "X-Test-Id": self.sandbox}
        body = None if content is None else encode(content)
        kind = None if content is None else "application/json"
        client = Client(current_app.wsgi_app)
        # In a context of its own: the person who asks for this is not the integration.
        Context().run(
            client.open, path, method=method, base_url=request.host_url, headers=headers,
            data=body, content_type=kind,
        )  # fmt: skip

    def push(self, *orders: Order) -> None:
        """Push orders."""
        self.send("POST", f"/data/companies/{self.company_id}/sync/{ORDERS}", {"orders": orders})


class Mistake(Struct, frozen=True):
    """A mistake.

    Args:
        text: what is done.
        make: does it.
    """

    text: str
    make: Callable[[FaultyIntegration], None]


def update_late(faulty: FaultyIntegration) -> None:
    """Change the order once more."""
    changed = {"customerRef": {"id": "regular-1", "name": "A regular"}}
    faulty.push(faulty.order | changed | {"sourceModifiedDate": faulty.later})


def update_without_date(faulty: FaultyIntegration) -> None:
    """Change the order, and leave its `sourceModifiedDate` as it was."""
    dated = faulty.order
    if "sourceModifiedDate" not in dated:
        dated = dated | {"sourceModifiedDate": faulty.later}
        faulty.push(dated)
    faulty.push(dated | {"customerRef": {"id": "regular-2", "name": "Another regular"}})


def delete_whole(faulty: FaultyIntegration) -> None:
    """Push a new order, and delete it with its status beside its id."""
    new = faulty.order | {"id": "mistaken-order", "createdDate": faulty.later}
    faulty.push(new | {"sourceModifiedDate": faulty.later})
    faulty.push({"id": "mistaken-order", "status": "Deleted"})


def poll_on(faulty: FaultyIntegration) -> None:
    """Read a dataset again and again after its end."""
    for _ in range(POLLS):
        faulty.send("GET", f"/meta/companies/{faulty.company_id}/pull/history/{faulty.dataset_id}")


MISTAKES: Final[Mapping[str, Mistake]] = {
    "S03": Mistake("the last order again, unchanged", lambda it: it.push(it.order)),
    "S04": Mistake("an order twice in one push", lambda it: it.push(it.order, it.order)),
    "S15": Mistake(
        "an order whose amount is a word", lambda it: it.push(it.order | {"totalAmount": "many"})
    ),
    "U02": Mistake("an order is changed after its sync", update_late),
    "U03": Mistake("an order is changed, and its sourceModifiedDate is not", update_without_date),
    "D01": Mistake("an order is deleted with more than its id", delete_whole),
    "D02": Mistake("an unknown order is deleted", lambda it: it.push({"id": "never-pushed"})),
    "T02": Mistake("an operation that does not exist", lambda it: it.send("GET", "/data/nothing")),
    "T08": Mistake("a dataset is read on and on after its end", poll_on),
}


def faulty_integration(name: str) -> FaultyIntegration:
    """A faulty integration with what was pushed last to a sandbox.

    Raises:
        Conflict: no order was pushed yet, or the last push has not ended.
    """
    with request_context.registry().session(name) as session:
        pushed = [
            (dataset, row)
            for row in session.tables.companies.all()
            for dataset in session.tables.datasets.last(row.number, DATASETS_SEARCHED)
            if dataset.data_type == ORDERS
        ]
        if any(dataset.ends > session.now for dataset, _ in pushed):
            raise Conflict("The last push is still being processed: move the clock first.")
        for dataset, row in sorted(pushed, key=lambda each: -each[0].number):
            if order := accepted_order(session, row.number, dataset.number):
                return FaultyIntegration(
                    name,
                    row.company.id,
                    dataset.id,
                    order,
                    format_moment(session.now + timedelta(seconds=1)),
                )
    raise Conflict("Push some orders first: a mistake is made with the last one.")


def accepted_order(session: Session, company: int, dataset: int) -> Order | None:
    """The first order of a push that is not deleted, as it was accepted last.

    Args:
        session: the session.
        company: the company's number.
        dataset: the number of the push's dataset.
    """
    for raw in session.tables.datasets.raw_records(dataset):
        history = session.tables.versions.history(company, ORDERS, str(decode(raw).get("id")))
        if history and not history[-1][2]:
            number, position, *_ = history[-1]
            return decode(session.tables.datasets.raw_records(number)[position])
    return None
