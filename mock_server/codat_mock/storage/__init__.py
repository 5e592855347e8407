"""The embedded database: SQLite, in memory or in one file. All SQL lives in this package."""

from codat_mock.storage.alerts import AlertRow, Event
from codat_mock.storage.companies import CompanyRow
from codat_mock.storage.datasets import DatasetRow, KnownRow
from codat_mock.storage.errors import StorageError, storage_error
from codat_mock.storage.faults import FaultRow
from codat_mock.storage.link_sessions import LinkSession
from codat_mock.storage.sandboxes import SandboxRow
from codat_mock.storage.schema import UnusableFile
from codat_mock.storage.snapshots import Restoring
from codat_mock.storage.snapshots import check_content as check_snapshot
from codat_mock.storage.store import SandboxTables, Store
from codat_mock.storage.syncs import SyncRow

__all__ = [
    "AlertRow",
    "CompanyRow",
    "DatasetRow",
    "Event",
    "FaultRow",
    "KnownRow",
    "LinkSession",
    "Restoring",
    "SandboxRow",
    "SandboxTables",
    "StorageError",
    "Store",
    "SyncRow",
    "UnusableFile",
    "check_snapshot",
    "storage_error",
]
