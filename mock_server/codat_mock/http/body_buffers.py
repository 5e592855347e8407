"""Where the bodies of requests wait until all of them is there."""

from __future__ import annotations

from io import BytesIO
from threading import Lock
from typing import IO, Final, cast

from waitress.buffers import TempfileBasedBuffer

MAX_OWN_BYTES: Final = 1 << 20  # that each body may have in memory, whatever the others have
MAX_SHARED_BYTES: Final = 32 << 20  # of all bodies beyond that; a longer one is on disk


class SharedMemory:
    """The memory that bodies share.

    Args:
        most: how many bytes all of them may take.

    Attributes:
        taken: how many they have.
    """

    def __init__(self, most: int = MAX_SHARED_BYTES) -> None:
        self._most = most
        self._lock = Lock()
        self.taken = 0

    def take(self, count: int) -> bool:
        """Take so many bytes more; whether there were as many."""
        with self._lock:
            is_free = self.taken + count <= self._most
            self.taken += count if is_free else 0
        return is_free

    def give_back(self, count: int) -> None:
        """Take so many bytes less."""
        with self._lock:
            self.taken -= count


class BodyBuffer:
    """The body of a request: in memory while there is some, else in a temporary file.

    Many slow clients so hold no more than they share. In memory it is kept in pieces, which are put
    together once.

    Args:
        memory: is shared by all bodies.
    """

    def __init__(self, memory: SharedMemory) -> None:
        self._memory = memory
        self._taken = 0
        self._pieces: list[bytes] = []
        self._count = 0
        self._on_disk: TempfileBasedBuffer | None = None

    def __len__(self) -> int:
        return self._count

    def append(self, data: bytes) -> None:
        """Take what was read.

        Raises:
            OSError: it cannot be kept.
        """
        self._count += len(data)
        if self._on_disk is None and not self._has_room():
            self._on_disk = TempfileBasedBuffer()
            for piece in self._pieces:
                self._on_disk.append(piece)
            self._forget()
        if self._on_disk is None:
            self._pieces.append(data)
        else:
            self._on_disk.append(data)

    def getfile(self) -> IO[bytes]:
        """The file that the application reads."""
        if self._on_disk is not None:
            return cast(IO[bytes], self._on_disk.getfile())
        return BytesIO(self.get())

    def get(self, _count: int = -1) -> bytes:
        """All that has come."""
        if self._on_disk is not None:
            return self._on_disk.get()
        self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    def close(self) -> None:
        """Keep nothing of it any more."""
        if self._on_disk is not None:
            self._on_disk.close()
        self._forget()

    def __del__(self) -> None:
        self.close()  # of a connection that ended before all of it came

    def _has_room(self) -> bool:
        """Whether all that has come may be in memory."""
        more = self._count - MAX_OWN_BYTES - self._taken
        if more <= 0:
            return True
        if not self._memory.take(more):
            return False
        self._taken += more
        return True

    def _forget(self) -> None:
        self._pieces.clear()
        self._memory.give_back(self._taken)
        self._taken = 0
