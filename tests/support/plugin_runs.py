"""Runs of pytest in a run of pytest, of tests that use the plugin."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable
from textwrap import dedent

import pytest
import requests  # noqa: F401  (so that the runs within this one do not import it again)

from codat_mock.testing import codat, routing, sessions  # noqa: F401

Run = Callable[..., pytest.RunResult]
PUSHING = """
import httpx
import pytest
from base64 import b64encode
from datetime import datetime, timezone

NOW = datetime.now(timezone.utc).isoformat()
ORDER = {"id": "A-1", "totalAmount": 5, "currency": "GBP", "createdDate": NOW}


def headers(key):
    return {"Authorization": "Basic " + b64encode(key.encode()).decode()}


def push(url, key, company, *ids, post=httpx.post, created=NOW, **more):
    orders = [{**ORDER, "id": each, "createdDate": created} for each in ids]
    path = f"{url}/data/companies/{company}/sync/commerce-orders"
    return post(path, json={"orders": orders}, headers=headers(key), **more)


def push_to(codat, *ids):
    created = codat.clock.now.isoformat()
    return push(codat.url, codat.api_key, codat.company_id, *ids, created=created)
"""
# Where they are installed, pytest-asyncio warns of an option that is unknown without it, and
# pytest-randomly changes the order that some runs rely on. Each run would load Schemathesis again.
INI = """
[pytest]
filterwarnings = error
addopts =
    --strict-markers -p no:cacheprovider -p no:asyncio -p no:randomly -p no:schemathesis
"""


def runner(pytester: pytest.Pytester) -> Run:
    """Run pytest on a module of tests, with these arguments; every warning is an error in it."""
    with warnings.catch_warnings():  # what other tests left open must not show in the runs
        warnings.simplefilter("ignore")
        gc.collect()
    pytester.makeini(INI)
    pytester.makepyfile(pushing=PUSHING)

    def run_tests(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(f"from pushing import *\n{dedent(tests)}")
        return pytester.runpytest_inprocess(*arguments)

    return run_tests
