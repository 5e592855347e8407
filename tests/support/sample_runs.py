"""Runs and findings to report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from codat_mock.reports.run import (
    ReportedCompany,
    ReportedDataset,
    ReportedDocument,
    Run,
)
from codat_mock.rules import rulebook
from codat_mock.rules.contexts import Request
from codat_mock.rules.judge import Finding, verdict_on
from codat_mock.rules.registry import describe

RULES = [describe(rule) for rule in rulebook()]


def finding_with(**changed: Any) -> Finding:
    made = Finding(
        code="S03",
        name="only-new-or-changed",
        severity="error",
        company_id="company",
        data_type="commerce-orders",
        count=2,
        records=["A-1", "A-2"],
        requests=[Request(2, "2022-03-21T09:00:00Z", "POST", "/data")],
        differences=[],
        message="Pushed again.",
        advice="Leave it out.",
        source="guide",
    )
    return msgspec.structs.replace(made, **changed)


def run_with(*found: Finding, **details: Any) -> Run:
    dataset = ReportedDataset(
        id="d",
        data_type="commerce-orders",
        requested="2022-03-21T09:00:00Z",
        completed="2022-03-21T09:00:08Z",
        status="Complete",
        error="",
    )
    company = ReportedCompany(
        id="company",
        name="Café",
        platform="Xero",
        datasets=[dataset],
        syncs=[],
        documents=[
            ReportedDocument(
                number="INV-0001",
                kind="Invoice",
                date="2022-03-21",
                contact="Sales",
                status="Paid",
                currency="GBP",
                total=Decimal("9.50"),
            )
        ],
        missed=[],
        comparison=None,
    )
    basis: dict[str, Any] = {
        "now": "2022-03-22T04:00:00Z",
        "judgement": verdict_on([*found], ["S03"]),
        "rules": RULES,
        "companies": [company],
        "failures": [],
    }
    return Run(**(basis | details))
