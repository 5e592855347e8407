"""Run the kill matrix and write it into a README: `python -m codat_scenarios.matrix README.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from codat_scenarios.matrix import load_all, run_all
from codat_scenarios.matrix.readme import with_section
from codat_scenarios.matrix.telling import complaints, page

if len(sys.argv) != 2:
    sys.exit("Name the file: python -m codat_scenarios.matrix README.md")
readme = Path(sys.argv[1])
matrix = run_all(load_all())
if not matrix.is_complete:
    sys.exit("\n".join(complaints(matrix)))
readme.write_text(with_section(readme.read_text(encoding="utf-8"), page(matrix)), encoding="utf-8")
