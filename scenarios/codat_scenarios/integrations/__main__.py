"""Run one of the programs: `python -m codat_scenarios.integrations NAME`."""

from __future__ import annotations

import sys

from codat_scenarios.integrations.programs import load, names
from codat_scenarios.integrations.shop import Shop

if len(sys.argv) != 2 or sys.argv[1] not in names():
    sys.exit(f"Name one of the integrations: {', '.join(names())}")
program = load(sys.argv[1])
program.main(Shop.from_environment(program.scene))
