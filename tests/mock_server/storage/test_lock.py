"""A database file is one server's until that lets it go."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from codat_mock.clock import machine_seconds
from codat_mock.storage.lock import FileLock


def test_a_file_is_locked_until_it_is_released_by_whatever_thread(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    held = FileLock(path)
    began = machine_seconds()
    with pytest.raises(BlockingIOError, match=r"shop\.db"):
        FileLock(path)
    assert machine_seconds() - began < 1  # it does not wait
    FileLock(tmp_path / "other.db").release()
    releasing = Thread(target=held.release)
    releasing.start()
    releasing.join()
    FileLock(path).release()
    assert (tmp_path / "shop.db-lock").read_bytes() == b""
