"""The history of datasets."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.datasets import DatasetHistory, ListedDataset
from codat_mock.models.pages import DatasetHistories, ListedDatasets
from codat_mock.sandbox import dataset_views

blueprint = Blueprint("datasets", __name__)

GROUP: Final = "Datasets"


@serve(
    blueprint, "GET", "/companies/{companyId}/data/history/{datasetId}", name="get-dataset-later",
    group=GROUP, section="contract 1 §2, §4", answers=ListedDataset, shows=examples.DATASET,
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies/{companyId}/pull/history/{datasetId}", name="get-dataset",
    group=GROUP, section="guide, step 3; contract 1 §4", answers=ListedDataset,
    shows=examples.DATASET,
)  # fmt: skip
def show(company_id: str, dataset_id: str) -> Response:
    """Show the status of a dataset, pushed or pulled."""
    session = request_context.session()
    return request_context.answer(dataset_views.history(session, company_id, dataset_id))


@serve(
    blueprint, "GET", "/companies/{companyId}/data/history", name="list-datasets", group=GROUP,
    section="contract 1 §2", answers=DatasetHistories, shows=examples.DATASETS, query=PAGING,
    assumed="The latest comes first; the initial pulls are listed under /meta only.",
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's datasets."""
    session = request_context.session()
    found = dataset_views.histories(session, company_id)
    return request_context.answer(page(DatasetHistories, DatasetHistory, found))


@serve(
    blueprint, "GET", "/meta/companies/{companyId}/pull/history/", name="list-pulls", group=GROUP,
    section="contract 2 §E, §H", answers=ListedDatasets, shows=examples.DATASETS, query=PAGING,
    assumed="An accounting platform's data is pulled from the creation of its connection, once that"
    " is linked, and takes as long as a dataset.",
)  # fmt: skip
def index_pulls(company_id: str) -> Response:
    """List a company's datasets, with the initial pulls from its accounting platform."""
    session = request_context.session()
    found = dataset_views.with_initial_pulls(session, company_id)
    return request_context.answer(page(ListedDatasets, ListedDataset, found))
