"""Write the recorded fixtures into the installed package `codat_fixtures`."""

from __future__ import annotations

from codat_fixtures.loading import ROOT
from codat_scenarios.recording import day_names, record_day, record_worked_example

for name, kind in day_names().items():
    (ROOT / f"{name}.json").write_bytes(record_day(kind))
(ROOT / "traffic" / "worked-example.har").write_bytes(record_worked_example())
