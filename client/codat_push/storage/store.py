"""The parts of a ledger's file. A stream is one data type of one company."""

from __future__ import annotations

from os import PathLike

from codat_push.schema import DataType
from codat_push.storage.database import Database
from codat_push.storage.pushes import Pushes
from codat_push.storage.queue import Queue
from codat_push.storage.refusals import Refusals
from codat_push.storage.remote_state import RemoteState
from codat_push.storage.snapshot import Snapshot


class Store:
    """The parts of one file.

    Args:
        path: the file, made where there is none, or `:memory:`.

    Attributes:
        database: the connection that they share.
        queue: what has to be sent.
        pushes: what is on its way.
        refusals: what was set aside.
        remote_state: what is known of the service.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.database = Database(path)
        self.queue = Queue(self.database)
        self.pushes = Pushes(self.database)
        self.refusals = Refusals(self.database)
        self.remote_state = RemoteState(self.database)
        self.transaction = self.database.transaction
        self.dry_run = self.database.dry_run
        self.close = self.database.close

    def snapshot(self, stream: int, revision: int) -> Snapshot:
        """A snapshot of a stream that begins at a revision."""
        return Snapshot(self.database, stream, revision)

    def stream(self, company: str, data_type: DataType) -> int:
        """The number of a company and data type."""
        find = "SELECT stream FROM stream WHERE company = ? AND data_type = ?"
        row = self.database.run(find, company, data_type).first()
        if row is None:
            add = "INSERT OR IGNORE INTO stream (company, data_type) VALUES (?, ?)"
            self.database.run(add, company, data_type)
            row = self.database.run(find, company, data_type).first()
        return int(row[0])
