"""Where the schedules are kept that broke an integration: folders, and Redis databases."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.retry import Retry

from codat_mock.fuzz.schedule_database import DatabaseUnavailable, open_database

REDIS = shutil.which("redis-server")
KEY = b"python sync.py"


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server of its own, by URL and process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    options = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen([str(REDIS), *options], stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        Redis.from_url(
            url, retry=Retry(ConstantBackoff(0.05), 200), retry_on_error=[NotConnected]
        ).ping()
        yield url, server
        server.terminate()


def test_the_first_database_keeps_and_the_others_are_only_read(tmp_path: Path) -> None:
    open_database([tmp_path / "farm"]).save(KEY, b"theirs")
    both = open_database([tmp_path / "own", tmp_path / "farm"])
    both.save(KEY, b"ours")
    assert set(both.fetch(KEY)) == {b"ours", b"theirs"}
    both.delete(KEY, b"theirs")
    assert set(open_database([tmp_path / "farm"]).fetch(KEY)) == {b"theirs"}
    assert set(open_database([tmp_path / "own"]).fetch(KEY)) == {b"ours"}


def test_a_search_without_a_database_is_refused() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"at least one"):
        open_database([])


def test_a_redis_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(
        DatabaseUnavailable, match=r"^redis://127\.0\.0\.1:9/0 cannot be used: .*[^.]\.$"
    ) as raised:
        open_database(["redis://farm:hidden@127.0.0.1:9/0"])
    assert "hidden" not in str(raised.value)
    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        open_database(["redis://127.0.0.1:port/0"])


@pytest.mark.long
@pytest.mark.skipif(REDIS is None, reason="needs Debian's redis-server")
def test_machines_share_what_they_found_by_redis(
    redis_server: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    url, server = redis_server
    open_database([url]).save(KEY, b"found by the farm")
    in_ci = open_database([tmp_path / "ci", url])
    assert set(in_ci.fetch(KEY)) == {b"found by the farm"}
    in_ci.save(KEY, b"found in CI")
    assert set(open_database([url]).fetch(KEY)) == {b"found by the farm"}
    farm = open_database([url])
    farm.delete(KEY, b"found by the farm")
    assert not set(farm.fetch(KEY))
    server.terminate()
    server.wait()
    farm.save(KEY, b"lost")  # a database that is gone ends no search
    farm.delete(KEY, b"lost")
