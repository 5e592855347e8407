"""Only their owner may read the files that hold what was pushed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.har.recorder import Recording
from codat_mock.http.server import Server
from codat_mock.storage import Store, UnusableFile
from codat_push import Ledger

Write = Callable[[Path], None]


def record(path: Path) -> None:
    """Record requests to a HAR file."""
    Recording(path).close()


def serve(path: Path) -> None:
    """Make the database of a server."""
    Store(path, 1 << 20).close()


def push(path: Path) -> None:
    """Make a push client's ledger."""
    Ledger(path).close()


@pytest.mark.parametrize("write", [record, serve, push])
def test_a_new_file_is_its_owners_alone(write: Write, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "new")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_an_earlier_recording_that_others_may_read_becomes_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "t.har"
    path.write_text("earlier")
    path.chmod(0o644)
    record(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_an_earlier_database_that_others_may_read_becomes_its_owners(
    tmp_path: Path, mode: int
) -> None:
    path, log = tmp_path / "shop.db", tmp_path / "shop.db-wal"
    path.touch(mode)
    path.chmod(mode)
    serve(path)  # an empty file first
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT * FROM sandboxes").fetchall()  # which makes its log
        for each in (path, log):
            each.chmod(mode)
        serve(path)
        for each in (path, log):
            assert each.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes of mine, which are no database")
    path.chmod(0o644)
    with pytest.raises(UnusableFile):
        serve(path)
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_exported_snapshot_is_its_owners_alone(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    options = ["--url", start_server().address, "--api-key", "k"]
    file = tmp_path / "shop.snapshot"
    for words in (["save", "shop"], ["export", "shop", str(file)], ["import", str(file), "again"]):
        ran = CliRunner().invoke(main, ["snapshot", *words, *options])
        assert ran.exit_code == 0, ran.output
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_can_be_written_to(tmp_path: Path) -> None:
    record(Path(os.devnull))
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    mode = (tmp_path / "pipe").stat().st_mode
    record(tmp_path / "pipe")
    os.close(reader)
    assert (tmp_path / "pipe").stat().st_mode == mode
