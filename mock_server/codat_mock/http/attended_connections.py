"""The connections whose clients were answered a moment ago, and will ask again: one thread watches.

A thread that has answered a request watches over all of these, and carries out what comes next: to
wake another thread for it costs as much processor time as a short request. While it carries a
request out nobody watches. Where that takes long, another thread does once it is free, or the loop
that serves all connections takes them back.
"""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, Final

from codat_mock.clock import machine_seconds

if TYPE_CHECKING:
    from codat_mock.http.held_responses import Channel
    from codat_mock.http.worker_threads import WorkerThreads

ATTENTION_SECONDS: Final = 0.02  # that a connection is watched here after an answer
UNWATCHED_SECONDS: Final = 0.005  # that the others may be left alone for one request
# At a lone connection before a thread sleeps: some 0.1 ms, and waking it costs as much.
LOOKS: Final = 60
WAKES_AT_ONCE: Final = 4096
USES_POLL: Final = hasattr(select, "poll")  # `select` ends at descriptor 1024


class AttendedConnections:
    """The connections that the threads of a server attend while no request of theirs is in work.

    Args:
        threads: of the server.
    """

    def __init__(self, threads: WorkerThreads) -> None:
        self._threads = threads
        self._lock = Lock()
        self._waiting: dict[Channel, float] = {}  # each until then, in machine seconds
        self._ready: deque[Channel] = deque()  # something has come there, or is to be carried out
        self._is_watched = False
        self._left_at: dict[int, float] = {}  # by threads to carry a request out, machine seconds
        self._is_known = False  # to the loop: that there are some
        self._wakers: tuple[socket.socket, socket.socket] | None = None

    def attend(self, channel: Channel) -> None:
        """Watch over a connection and all others, and carry out what comes, until another does.

        Args:
            channel: the connection, of which a request has just been carried out.
        """
        following: Channel | None = channel
        while following and self._add(following):
            following = self._next()
            if following:
                following.carry_out()

    def look(self) -> None:
        """Note where something has come, before a push counts as answered (rule S05)."""
        with self._lock:
            self._look()

    def wake(self) -> None:
        """Have the thread that watches look for other work."""
        if self._wakers:
            with suppress(OSError):  # there is enough to wake it already
                self._wakers[1].send(b".")

    def take_back(self, *, at_once: bool = False) -> float | None:
        """Leave the connections to the loop, where nobody has watched them for some time.

        Args:
            at_once: whether also those that are watched.

        Returns:
            After how many seconds the loop must come again; None where there are none left.
        """
        with self._lock:
            if at_once or not (self._is_watched or self._has_left_now()):
                self._release_all()
            self._is_known = bool(self._waiting or self._ready)
            return UNWATCHED_SECONDS if self._is_known else None

    def close(self) -> None:
        """Close what wakes the thread that watches."""
        for each in self._wakers or ():
            each.close()

    def _add(self, channel: Channel) -> bool:
        """Take a connection; whether this thread is to watch from now on."""
        with self._lock:
            if channel.requests:
                self._ready.append(channel)
            elif not channel.is_open_for_more:
                channel.release()
            else:
                self._waiting[channel] = machine_seconds() + ATTENTION_SECONDS
            self._left_at.pop(get_ident(), None)
            if self._is_watched:
                self.wake()
            elif self._has_left_now():
                self._tell_loop()
            else:
                self._is_watched = True
                return True
            return False

    def _has_left_now(self) -> bool:
        """Whether a thread has left a moment ago, and will come back soon."""
        now = machine_seconds()
        return any(now - at < UNWATCHED_SECONDS for at in self._left_at.values())

    def _tell_loop(self) -> None:
        """Tell the loop that there are connections, which it may have to take back."""
        channel = next(iter([*self._ready, *self._waiting]), None)
        if channel and not self._is_known:
            channel.server.pull_trigger()

    def _next(self) -> Channel | None:
        """The next connection with a request, which nobody watches meanwhile; None to end."""
        while True:
            with self._lock:
                if self._threads.is_needed:
                    self._release_all()
                self._release_expired()
                if not self._ready and not self._waiting:
                    self._is_watched = False
                    return None
                channel = self._ready.popleft() if self._ready else None
                watched = {} if channel else by_number(self._waiting)
                until = min(self._waiting.values(), default=0.0)
            if channel is None:
                self._watch(watched, until)
            elif channel.requests or channel.read():
                if channel.requests:
                    self._leave()
                    return channel
                with self._lock:
                    self._waiting[channel] = machine_seconds() + ATTENTION_SECONDS
            else:
                channel.release()

    def _watch(self, watched: dict[int, Any], until: float) -> None:
        """Wait until something has come on one of the connections, or until the first expires."""
        looks = LOOKS if len(watched) == 1 and self._threads.is_alone else 0
        woken = self._woken()
        ready = ready_among(watched | {woken.fileno(): woken}, until - machine_seconds(), looks)
        with self._lock:
            if woken in ready:
                with suppress(OSError):
                    woken.recv(WAKES_AT_ONCE)
            self._note_ready(ready)

    def _woken(self) -> socket.socket:
        """What can be read once `wake` was called."""
        if self._wakers is None:
            self._wakers = socket.socketpair()
            for each in self._wakers:
                each.setblocking(False)
        return self._wakers[0]

    def _look(self) -> None:
        if self._waiting:
            self._note_ready(ready_among(by_number(self._waiting), 0))

    def _note_ready(self, ready: list[Any]) -> None:
        now = machine_seconds()
        for channel in ready:
            if self._waiting.pop(channel, None) is not None:
                channel.noticed = now
                self._ready.append(channel)

    def _leave(self) -> None:
        """Watch no more, as a request is to be carried out."""
        with self._lock:
            self._is_watched = False
            self._left_at[get_ident()] = machine_seconds()
            self._tell_loop()

    def _release_expired(self) -> None:
        now = machine_seconds()
        for channel, until in [*self._waiting.items()]:
            if until <= now or not channel.is_open_for_more:
                del self._waiting[channel]
                channel.release()

    def _release_all(self) -> None:
        self._look()  # what has come has come now, whenever it is read
        for channel in [*self._ready, *self._waiting]:
            channel.release()
        self._waiting.clear()
        self._ready.clear()


def by_number(channels: Iterable[Channel]) -> dict[int, Channel]:
    """Connections by the numbers of their descriptors, without those that are closed."""
    numbers = {channel.socket.fileno(): channel for channel in channels if channel.socket}
    numbers.pop(-1, None)
    return numbers


def ready_among(watched: dict[int, Any], seconds: float, looks: int = 0) -> list[Any]:
    """What of some connections can be read from, at most so many seconds later.

    Args:
        watched: by the numbers of their descriptors.
        seconds: of the machine's time.
        looks: how often it looks before it sleeps.
    """
    seconds = max(0.0, seconds)
    try:
        if not USES_POLL:
            return [watched[each] for each in select.select([*watched], [], [], seconds)[0]]
        waiting = select.poll()
        for number in watched:
            waiting.register(number, select.POLLIN)
        found = next(filter(None, (waiting.poll(0) for _ in range(looks))), None)
        return [watched[each] for each, _ in found or waiting.poll(seconds * 1000)]
    except (OSError, ValueError):  # one was closed meanwhile
        return []
