"""When the log entries of reads are written: with a write, or once there are many of them."""

from __future__ import annotations

from codat_mock.storage.deferred import AT_ONCE


def written(registry) -> int:
    return registry._store._db.execute("SELECT count(*) FROM requests").fetchone()[0]


def test_the_log_entries_of_reads_wait_for_a_write(registry, http):
    http.get("/meta/companies")
    before = written(registry)
    for _ in range(3):
        http.get("/meta/companies")
    assert written(registry) == before
    http.post("/meta/companies/sync", json={"name": "Café"}).raise_for_status()
    assert written(registry) == before + 4


def test_the_log_entries_of_many_reads_are_written(registry, http):
    http.post("/meta/companies/sync", json={"name": "Café"}).raise_for_status()
    before = written(registry)
    for _ in range(AT_ONCE - 1):
        http.get("/meta/companies")
    assert written(registry) == before
    http.get("/meta/companies")
    assert written(registry) == before + AT_ONCE
