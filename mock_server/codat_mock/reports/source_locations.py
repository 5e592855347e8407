"""The place in the code of the integration that a finding points at."""

from __future__ import annotations

import re
from typing import Final

from codat_mock.reports.run import Run
from codat_mock.rules.judge import Finding

CALLER: Final = re.compile(r"([^:].*):([1-9][0-9]{0,8})")


def location(run: Run, finding: Finding) -> tuple[str, int]:
    """The file and line of a finding.

    They come from the header `Codat-Mock-Source` of its requests. Without one it is the first line
    of the configuration file, since some services require a location.
    """
    for request in finding.requests:
        if match := CALLER.fullmatch(request.caller):
            path = match[1].replace("\\", "/").removeprefix(f"{run.root}/").removeprefix("./")
            return path, int(match[2])
    return run.configuration, 1
