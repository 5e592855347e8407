"""Which answers to pushes were sent, and which of them did not reach their clients.

What becomes of an answer is noted outside any transaction, by whoever sends it, and waits for none;
the transactions of the sandbox write it.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import Final

AT_ONCE: Final = 50  # answers that were sent; what is written anyway takes fewer along


class Answers:
    """The answers to the pushes of one sandbox.

    Args:
        db: the server's database.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._unconfirmed: dict[str, int] = {}  # pushes of this server, by id: their companies
        self._sent: deque[str] = deque()  # those of them whose answer was sent
        self._lost: deque[tuple[int, str]] = deque()  # companies and pushes
        self._written: list[str] = []  # what was noted as sent in the open transaction
        self._written_lost: list[tuple[int, str]] = []  # likewise as lost

    def expect(self, company: int, dataset_id: str) -> None:
        """Take an answer that is still to be sent as received, while this server runs.

        Args:
            company: its number.
            dataset_id: of the push.
        """
        self._unconfirmed[dataset_id] = company

    def is_expected(self, dataset_id: str) -> bool:
        """Whether the answer is to be sent, or was, and nothing else is known of it."""
        return dataset_id in self._unconfirmed

    def confirm(self, dataset_id: str) -> None:
        """Note that the answer to a push was sent; `flush` writes it later.

        A server that is killed before takes the answer for lost, which excuses a repeat that was
        none; the reverse would blame one that was needed.
        """
        self._sent.append(dataset_id)

    def lose(self, company: int, dataset_id: str) -> None:
        """Note that the answer to a push did not reach its client; the next transaction knows it.

        Args:
            company: its number.
            dataset_id: of the push.
        """
        self._lost.append((company, dataset_id))

    def mark_lost(self, company: int, dataset_id: str) -> None:
        """Write that the answer to a push did not reach its client.

        Args:
            company: its number.
            dataset_id: of the push.
        """
        self._unconfirmed.pop(dataset_id, None)
        self._db.execute(
            "UPDATE datasets SET is_answered = 0 WHERE company = ? AND id = ?",
            (company, dataset_id),
        )

    def write_lost(self) -> None:
        """Write which answers were lost, before anything is judged by it."""
        while self._lost:
            lost = self._lost.popleft()
            self._written_lost.append(lost)
            self.mark_lost(*lost)

    @property
    def is_full(self) -> bool:
        """Whether so many were sent that it is to be written."""
        return len(self._sent) >= AT_ONCE

    def flush(self) -> None:
        """Write which answers were sent."""
        if not self._sent:
            return
        sent = [self._sent.popleft() for _ in range(len(self._sent))]
        self._written += sent
        self._db.executemany(
            "UPDATE datasets SET is_answered = 1 WHERE company = ? AND id = ?",
            [(self._unconfirmed[each], each) for each in sent if each in self._unconfirmed],
        )

    def begin(self) -> None:
        """Start a transaction: what the one before has written was committed."""
        for each in self._written:
            self._unconfirmed.pop(each, None)
        self._written.clear()
        self._written_lost.clear()

    def forget(self) -> None:
        """Hold nothing as written: it has been rolled back."""
        self._sent.extendleft(reversed(self._written))
        self._written.clear()
        self._lost.extendleft(reversed(self._written_lost))
        self._written_lost.clear()
