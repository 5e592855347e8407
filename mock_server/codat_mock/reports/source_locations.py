"""Where in the integration's own files a finding is shown."""

from __future__ import annotations

import re
from typing import Final

from codat_mock.reports.run import Run
from codat_mock.rules.judge import Finding

CALLER: Final = re.compile(r"([^:].*):([1-9][0-9]{0,8})")


def location(run: Run, finding: Finding) -> tuple[str, int]:
    """The file and line of a finding.

    Where a request says with the header `Codat-Mock-Source` where it was sent, that is it; else it
    is the first line of the configuration file, since some services take no result without one.
    """
    for request in finding.requests:
        if known := CALLER.fullmatch(request.caller):
            path = known[1].replace("\\", "/").removeprefix(f"{run.root}/").removeprefix("./")
            return path, int(known[2])
    return run.configuration, 1
