"""The place in the code of the integration that a finding points at."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath
from typing import Final, NamedTuple

from codat_mock.reports.run import Run
from codat_mock.rules.judge import Finding

# As stacks show it: `src/sync.py:42`, `at push (file:///srv/sync.js:42:7)`, `C:\\shop\\Sync.cs:7`.
CALLER: Final = re.compile(
    r"(?:.*\()?(?:file://)?([^:].*?):([1-9][0-9]{0,8})(?::([1-9][0-9]{0,8}))?\)?"
)

CONFIGURATIONS: Final = ("codat-mock.toml", "pyproject.toml")


class Place(NamedTuple):
    """A place in a file.

    Args:
        path: relative to the root of the project, with slashes.
        line: from 1.
        column: from 1; None where it is not known.
        is_there: whether the project has the file, as far as it is known.
    """

    path: str
    line: int
    column: int | None = None
    is_there: bool = True


def with_project_root(run: Run, root: Path) -> Run:
    """The run with a folder as the root of the paths that findings point at."""
    run.root = root.as_posix()
    there = (name for name in CONFIGURATIONS if (root / name).is_file())
    run.configuration = next(there, CONFIGURATIONS[0])
    return run


def location(run: Run, finding: Finding) -> Place:
    """The place of a finding.

    It comes from the header `Codat-Mock-Source` of its requests, if the project has the file;
    otherwise it is the first line of the configuration file, since some services require one.
    """
    for request in finding.requests:
        if match := CALLER.fullmatch(request.caller):
            path = in_project(run.root, match[1].replace("\\", "/"))
            if path is not None:
                return Place(path, int(match[2]), int(match[3]) if match[3] else None)
    return configuration_place(run)


def configuration_place(run: Run) -> Place:
    """The first line of the configuration file."""
    return Place(run.configuration, 1, is_there=in_project(run.root, run.configuration) is not None)


def in_project(root: str, path: str) -> str | None:
    """A path relative to the root of the project; None if the project has no such file.

    A path of another machine, such as a container's, is found by its end.

    Args:
        root: of the project; empty where its files are not known.
        path: absolute, or relative to the root.
    """
    relative = path.removeprefix(f"{root}/").removeprefix("./")
    if not root:
        return relative
    # As on Windows, whose paths have a drive or a computer as well.
    whole = PureWindowsPath(relative)
    steps = [each for each in whole.parts if each not in (whole.anchor, "..")]
    for first in range(len(steps)):
        found = "/".join(steps[first:])
        if is_file(root, found):
            return found
    return None


def is_file(root: str, path: str) -> bool:
    """Whether the project has a file; a path that the system cannot hold is none."""
    try:
        return Path(root, path).is_file()
    except (OSError, ValueError):
        return False
