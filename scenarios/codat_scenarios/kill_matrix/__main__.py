"""Write the kill matrix as a page: `python -m codat_scenarios.kill_matrix docs/kill-matrix.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from codat_scenarios.kill_matrix import load_all, run_all
from codat_scenarios.kill_matrix.table import complaints, page

if len(sys.argv) != 2:
    sys.exit("usage: python -m codat_scenarios.kill_matrix docs/kill-matrix.md")
matrix = run_all(load_all())
if not matrix.is_complete:
    sys.exit("\n".join(complaints(matrix)))
Path(sys.argv[1]).write_text(page(matrix), encoding="utf-8")
