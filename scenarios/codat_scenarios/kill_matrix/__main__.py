"""Write the kill matrix into a page: `python -m codat_scenarios.kill_matrix PAGE`."""

from __future__ import annotations

import sys
from pathlib import Path

from codat_scenarios.kill_matrix import load_all, run_all
from codat_scenarios.kill_matrix.page import with_section
from codat_scenarios.kill_matrix.table import complaints, page

if len(sys.argv) != 2:
    sys.exit("Name the file: python -m codat_scenarios.kill_matrix docs/kill-matrix.md")
target = Path(sys.argv[1])
matrix = run_all(load_all())
if not matrix.is_complete:
    sys.exit("\n".join(complaints(matrix)))
target.write_text(with_section(target.read_text(encoding="utf-8"), page(matrix)), encoding="utf-8")
