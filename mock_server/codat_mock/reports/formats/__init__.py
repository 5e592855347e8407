"""The formats of a report, each a pure function from the run to bytes: same run, same bytes.

A format is a module of this package, under the module's own name. It defines

- `write`, the function that makes the report,
- `CONTENT_TYPE`, its media type, and
- `SUFFIX`, the suffix of its files; None where it is printed and not written to a file.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from codat_mock.reports.run import Run


class Format:
    """A format of a report; its module is imported when it is used.

    Args:
        name: the module's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def content_type(self) -> str:
        """Its media type."""
        return str(self._module.CONTENT_TYPE)

    @property
    def suffix(self) -> str | None:
        """The suffix of its files, without a dot; None where it is printed."""
        suffix: str | None = self._module.SUFFIX
        return suffix

    def write(self, run: Run) -> bytes:
        """Make the report."""
        content: bytes = self._module.write(run)
        return content

    @property
    def _module(self) -> ModuleType:
        return import_module(f"{__name__}.{self.name}")


FORMATS: Final = {
    name: Format(name) for name in sorted(each.name for each in iter_modules(__path__))
}
