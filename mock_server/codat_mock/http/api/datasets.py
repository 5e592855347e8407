"""The history of datasets."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.datasets import DatasetHistory
from codat_mock.models.pages import DatasetHistories
from codat_mock.sandbox import dataset_views

blueprint = Blueprint("datasets", __name__)

GROUP: Final = "Datasets"


@serve(
    blueprint, "GET", "/companies/{companyId}/data/history/{datasetId}", name="get-dataset-later",
    group=GROUP, source="reference", answers=DatasetHistory, shows=examples.DATASET,
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies/{companyId}/pull/history/{datasetId}", name="get-dataset",
    group=GROUP, source="guide", answers=DatasetHistory, shows=examples.DATASET,
)  # fmt: skip
def show(company_id: str, dataset_id: str) -> Response:
    """Show a dataset's status."""
    return request_context.answer(
        dataset_views.history(request_context.session(), company_id, dataset_id)
    )


@serve(
    blueprint, "GET", "/companies/{companyId}/data/history", name="list-datasets", group=GROUP,
    source="reference", answers=DatasetHistories, shows=examples.DATASETS, query=PAGING,
    assumed="The latest comes first.",
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's datasets."""
    found = dataset_views.histories(request_context.session(), company_id)
    return request_context.answer(page(DatasetHistories, DatasetHistory, found))
