"""The limits of the client: each has a test of its edges, or a reason why it needs none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import codat_push

# Where the edges of a limit are tested, or why it has none.
LIMITS = {
    "_base_client.ANSWER_SECONDS": "of the machine's clock; test_http_messages.py lowers it",
    "_base_client.WAIT_SECONDS": "a default; test_client.py waits for less",
    "_base_outbox.IDLE_SECONDS": "a pause that is cut short by whatever is recorded",
    "backoff.FIRST_RETRY_SECONDS": "test_push_policy.py",
    "backoff.MAX_RETRY_SECONDS": "test_push_policy.py",
    "cli.push.MAX_FAILURES": "tries before the command gives up",
    "comparison.BATCH": "records at once",
    "content.DIGEST_BYTES": "of a digest",
    "content.EXACT_DIGITS": "test_versions.py compares with rule S03",
    "content.MICROSECOND": "a microsecond",
    "content.ROUNDED_PLACES": "test_versions.py compares with rule S03",
    "earlier_digests.FIRST_DIGEST_BYTES": "of a digest",
    "earlier_digests.SECOND_DIGEST_BYTES": "of a digest",
    "http_messages.MAX_RETRY_AFTER_SECONDS": "test_outbox.py",
    "ledger.DELETE_SHARE": "test_ledger.py",
    "ledger.MAX_BYTES": "a default; test_ledger.py chooses less",
    "operations.MAX_RECORDS": "test_ledger.py",
    "operations.PAGE_SIZE": "records at once",
    "polling.FIRST_POLL_SECONDS": "test_push_policy.py",
    "polling.POLL_GROWTH": "test_push_policy.py",
    "recovery.ABANDONED_SECONDS": "test_recovery.py",
    "recovery.LATE_POLLS": "test_recovery.py",
    "storage.database.BRIEF_SECONDS": "time at once",
    "storage.database.CACHE_KIBIBYTES": "memory of the database",
    "storage.database.LOCK_SECONDS": "of the machine's clock",
    "storage.database.PAGE": "records at once",
    "storage.database.WAL_BYTES": "of a file of the database",
    "storage.database.WAL_PAGES": "of a file of the database",
    "storage.joined_bodies.MAX_BYTES": "bytes at once",
    "storage.joined_bodies.SIZE": "of a number in a file",
    "storage.joined_bodies.SIZE_BITS": "of a number in a file",
    "storage.queue.ROWS": "records at once",
    "storage.remote_state.KEPT_DATASETS": "datasets that are remembered",
    "storage.snapshot.READ_PAGE": "records at once",
    "storage.tables.APPLICATION_ID": "a mark of files",
    "storage.tables.SERVER_APPLICATION_ID": "a mark of files",
    "storage.tables.SHARED_APPLICATION_ID": "a mark of files",
    "storage.tables.VERSION": "of files; storage/test_migrations.py",
    "throttle.MIN_POLL_SECONDS": "test_throttle.py",
    "versions.SOURCE_BYTES": "of a fingerprint",
}


def limits() -> Iterator[str]:
    """The name of each constant that is declared `Final` and a number or a duration."""
    for info in walk_packages(codat_push.__path__, "codat_push."):
        module = import_module(info.name)
        for node in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                value = getattr(module, node.target.id, None)
                if isinstance(value, int | float | timedelta):
                    yield f"{info.name}.{node.target.id}".removeprefix("codat_push.")


def test_every_limit_has_its_edges_or_a_reason_for_none() -> None:
    assert sorted(limits()) == sorted(LIMITS)
