"""Pushes of commerce data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response
from msgspec import Raw

from codat_mock.http import middleware_faults, middleware_log, request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models import pushes as answers
from codat_mock.models.commerce import Order, Payment, Transaction
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.decoding import decoder
from codat_mock.models.errors import Malformed, Problem
from codat_mock.sandbox import companies, pushes

blueprint = Blueprint("pushes", __name__)

GROUP: Final = "Push data"
GUIDE: Final = "guide, step 1 and rules for sending data; contract 1 §2, §3"
ASSUMED = (
    "A body that is not JSON, or not of the right types, is refused with every place named; records"
    " without an id are accepted, and their dataset ends in ValidationError."
)
ORDERS = {"orders": [examples.ORDER]}
PAYMENTS = {"payments": [examples.PAYMENT]}
TRANSACTIONS = {"transactions": examples.TRANSACTIONS}
read_array = decoder(list[Raw])


def push(data_type: DataType) -> Callable[[str], Response]:
    """The endpoint of the beta for one data type."""

    def endpoint(company_id: str) -> Response:
        body = request_context.body_bytes()
        with pushes.uncollected(body):
            dataset_id = accept(company_id, data_type, body, is_checked=False)
        middleware_log.keep_with_dataset()
        # The data goes back as it came: neither encoded again nor copied.
        return request_context.raw_answer(
            [b'{"data":', body, b',"datasetId":"%b"}' % dataset_id.encode()]
        )

    endpoint.__doc__ = f"Push {LIST_NAMES[data_type]}."
    return endpoint


def partner_push(data_type: DataType) -> Callable[[str], Response]:
    """The endpoint of partner commerce for one data type: a bare array, which is answered."""
    name = LIST_NAMES[data_type]

    def endpoint(company_id: str) -> Response:
        body = request_context.body_bytes()
        # What is put into an object below must be one value.
        request_context.decode(body, read_array)
        try:
            with pushes.uncollected(body):
                accept(company_id, data_type, b'{"%b":%b}' % (name.encode(), body))
        except Malformed as error:
            raise as_array(error, name) from None
        return request_context.raw_answer(body)

    endpoint.__doc__ = f"Push {name} as a bare array, as partner commerce does."
    return endpoint


def accept(company_id: str, data_type: DataType, body: bytes, *, is_checked: bool = True) -> str:
    """Push a body; returns the dataset's id.

    Args:
        company_id: the company's id.
        data_type: the records'.
        body: the bytes of the request, unpacked.
        is_checked: whether it is known not to be nested too deeply.
    """
    sandbox = request_context.sandbox()
    in_flight = request_context.enter(
        sandbox.in_flight.enter(company_id, data_type, request_context.arrived())
    )
    request_context.enter(request_context.look_at_end())
    # Before others have to wait.
    push = pushes.receive(company_id, data_type, body, is_checked=is_checked)
    session = request_context.session()
    request = request_context.as_request(session)
    overlaps = sandbox.in_flight.overlaps(in_flight, company_id, data_type, request)
    is_sent_later = middleware_faults.has_server()
    dataset_id = pushes.accept(session, push, request, overlaps, is_answered=not is_sent_later)
    middleware_faults.note_push(session, company_id, dataset_id)
    middleware_log.note_push(dataset_id, len(push.records))
    if request_context.is_abandoned() or middleware_faults.loses_answer():
        pushes.forget_answer(session, company_id, dataset_id)
    return dataset_id


def as_array(error: Malformed, name: str) -> Malformed:
    """Name the places in a bare array that were found in the object made of it."""
    object_path, array_path = f"$.{name}[", "$["
    problems = [
        Problem(p.path.replace(object_path, array_path, 1), p.message, p.item)
        for p in error.problems
    ]
    return Malformed(error.message.replace(object_path, array_path), problems)


def register_pushes(
    data_type: DataType, record: Any, dataset: Any, pushed: Any, sent: dict[str, Any]
) -> None:
    """Serve one data type in both generations.

    Args:
        data_type: what is pushed.
        record: the type of one record, for the document.
        dataset: the type of the beta's answer.
        pushed: the type of the later generation's answer.
        sent: an example of the body.
    """
    name = LIST_NAMES[data_type]
    serve(
        blueprint, "POST", f"/data/companies/{{companyId}}/sync/{data_type}", name=f"push-{name}",
        group=GROUP, section=GUIDE, answers=pushed, takes=dataset, sent=sent,
        shows={"data": sent, "datasetId": examples.DATASET_ID}, assumed=ASSUMED,
    )(push(data_type))  # fmt: skip
    serve(
        blueprint, "POST", f"/companies/{{companyId}}/data/{data_type}",
        name=f"partner-push-{name}", group="Partner commerce", section="contract 1 §2",
        answers=list[record], takes=list[record], sent=sent[name], shows=sent[name],
        assumed="The same push underneath: its dataset is found in the company's history.",
    )(partner_push(data_type))  # fmt: skip


register_pushes("commerce-orders", Order, answers.OrdersDataset, answers.PushedOrders, ORDERS)
register_pushes(
    "commerce-payments", Payment, answers.PaymentsDataset, answers.PushedPayments, PAYMENTS
)
register_pushes(
    "commerce-transactions",
    Transaction,
    answers.TransactionsDataset,
    answers.PushedTransactions,
    TRANSACTIONS,
)


@blueprint.post("/data/companies/<company_id>/sync/<data_type>")
@blueprint.post("/companies/<company_id>/data/<data_type>")
def push_unknown(company_id: str, data_type: str) -> Response:
    """Refuse any other data type, once the key and the company are known."""
    companies.company(request_context.session(), company_id)
    raise request_context.no_such_data_type(data_type)
