"""Run one of the programs: `python -m codat_scenarios.integrations NAME`."""

from __future__ import annotations

import os
import sys

from codat_scenarios.integrations.programs import DEFAULT, load, names
from codat_scenarios.integrations.shop import VARIABLES, Shop

if len(sys.argv) != 2 or sys.argv[1] not in names():
    sys.exit(f"usage: python -m codat_scenarios.integrations NAME, one of {', '.join(names())}")
if missing := [name for name in VARIABLES if name not in os.environ]:
    sys.exit(f"Set the environment variables {', '.join(missing)}.")
program = load(sys.argv[1])
program.main(Shop.from_environment(program.environment or DEFAULT))
