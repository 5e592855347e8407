"""The snapshots that a server holds, by name: in memory, until the server ends."""

from __future__ import annotations

from threading import Lock
from typing import Final

from codat_mock.clock import format_moment, machine_now
from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Conflict, NotFound
from codat_mock.models.values import MomentText

MAX_BYTES: Final = 512 << 20  # of all snapshots of a server


class SnapshotSummary(Wire):
    """A snapshot.

    Args:
        name: what it was saved under.
        saved_at: when, by the machine's clock.
        size: of its file, in bytes.
    """

    name: str
    saved_at: MomentText
    size: int


class SnapshotList(Wire):
    """The snapshots of a server, by name."""

    snapshots: list[SnapshotSummary]


class Snapshots:
    """The snapshots of one server."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[str, tuple[SnapshotSummary, bytes]] = {}

    def add(self, name: str, content: bytes) -> None:
        """Keep a snapshot, in place of an earlier one of that name.

        Raises:
            Conflict: all snapshots would be too large.
        """
        with self._lock:
            others = sum(each.size for each, _ in self._held.values() if each.name != name)
            if others + len(content) > MAX_BYTES:
                raise Conflict(
                    f"The snapshots of this server would be larger than {MAX_BYTES >> 20} MiB;"
                    " remove one first."
                )
            summary = SnapshotSummary(
                name=name, saved_at=format_moment(machine_now()), size=len(content)
            )
            self._held[name] = summary, content

    def get(self, name: str) -> bytes:
        """The bytes of a snapshot.

        Raises:
            NotFound: there is none of that name.
        """
        with self._lock:
            if name not in self._held:
                known = ", ".join(sorted(self._held)) or "none"
                raise NotFound(f"There is no snapshot '{name}'; known: {known}.")
            return self._held[name][1]

    def remove(self, name: str) -> None:
        """Remove a snapshot.

        Raises:
            NotFound: there is none of that name.
        """
        self.get(name)
        with self._lock:
            self._held.pop(name, None)

    def all(self) -> SnapshotList:
        """The snapshots, by name."""
        with self._lock:
            return SnapshotList(snapshots=[self._held[name][0] for name in sorted(self._held)])
