"""The run itself as JSON, which `codat_mock.reports.run.Run` decodes."""

from __future__ import annotations

import msgspec

from codat_mock.reports.run import Run

CONTENT_TYPE = "application/json"
SUFFIX = "json"

encode = msgspec.json.Encoder(decimal_format="number").encode


def write(run: Run) -> bytes:
    """Make the report."""
    return msgspec.json.format(encode(run)) + b"\n"
