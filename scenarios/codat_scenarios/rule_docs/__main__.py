"""Write the rulebook as a page: `python -m codat_scenarios.rule_docs docs/rules.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from codat_scenarios.rule_docs import page

Path(sys.argv[1]).write_text(page(), encoding="utf-8")
