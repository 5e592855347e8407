"""The threads that carry requests out: made when they are needed, and kept."""

from __future__ import annotations

from typing import Any, Final

from waitress.task import ThreadedTaskDispatcher

from codat_mock.http.attended_connections import AttendedConnections

MAX_THREADS: Final = 40  # at work; nearly all of them wait for locks or other servers


class WorkerThreads(ThreadedTaskDispatcher):
    """Hands each connection with a request to a thread that is free, or to a new one.

    Attributes:
        attended: the connections whose next request needs no other thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_stopping = False
        self._made = 0
        self.attended = AttendedConnections(self)

    @property
    def is_needed(self) -> bool:
        """Whether a thread must not wait for clients: others are waiting for it."""
        is_busy = self.active_count >= len(self.threads) >= MAX_THREADS
        return self._is_stopping or (is_busy and bool(self.queue))

    @property
    def is_alone(self) -> bool:
        """Whether one thread at most is at work, which keeps no other from it."""
        return self.active_count <= 1

    def add_task(self, task: Any) -> None:
        """Have a thread serve a connection, which it attends from now on."""
        if task.is_attended:  # it was this thread that has read the request
            return
        task.is_attended = True
        with self.lock:
            self.queue.append(task)
            idle = len(self.threads) - self.active_count
            if len(self.queue) <= idle or self._is_stopping:
                self.queue_cv.notify()
                return
            if len(self.threads) >= MAX_THREADS:
                self.attended.wake()  # one of them may only watch
                return
            self._made += 1
            self.threads.add(self._made)
            self.active_count += 1
            self.start_new_thread(self.handler_thread, self._made)

    def add_again(self, task: Any) -> None:
        """Have a connection served that has more requests, after those that wait already."""
        with self.lock:
            self.queue.append(task)
            self.queue_cv.notify()

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """End the threads once they have answered; see waitress."""
        self._is_stopping = True
        self.attended.wake()
        is_done = bool(super().shutdown(cancel_pending, timeout))
        self.attended.close()
        return is_done
