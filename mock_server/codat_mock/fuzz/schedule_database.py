"""The database of the schedules that broke an integration, which the next search tries first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)

REDIS_SCHEMES: Final = ("redis://", "rediss://", "unix://")
KEY_PREFIX: Final = b"codat-mock:"
TIMEOUT_SECONDS: Final = 10.0


class DatabaseUnavailable(ValueError):
    """A database cannot be used; the text says why."""


def open_database(locations: Sequence[Path | str]) -> ExampleDatabase:
    """Open the databases of a search as one.

    Args:
        locations: folders, and URLs of Redis databases. Schedules are kept in the first; the others
            are only read.

    Raises:
        DatabaseUnavailable: there is none, or one cannot be used.
    """
    if not locations:
        raise DatabaseUnavailable("A search needs at least one database.")
    first, *others = [database_at(str(each)) for each in locations]
    return MultiplexedDatabase(first, *map(ReadOnlyDatabase, others))


def database_at(location: str) -> ExampleDatabase:
    """Open a folder, or the Redis database of a URL.

    Raises:
        DatabaseUnavailable: it cannot be used.
    """
    if not location.startswith(REDIS_SCHEMES):
        return DirectoryBasedExampleDatabase(location)
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
        from redis.exceptions import RedisError
    except ModuleNotFoundError as error:
        raise DatabaseUnavailable(
            "A Redis database requires its client: pip install 'codat-mock[redis]'."
        ) from error

    class SharedDatabase(RedisExampleDatabase):
        """A Redis database whose failure ends no search, as a full disk does not."""

        def save(self, key: bytes, value: bytes) -> None:
            with suppress(RedisError):
                super().save(key, value)

        def delete(self, key: bytes, value: bytes) -> None:
            with suppress(RedisError):
                super().delete(key, value)

    try:
        redis = Redis.from_url(
            location, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        redis.ping()
    except (RedisError, ValueError) as error:
        shown = re.sub(r"//.*@", "//", location)  # without the password
        reason = str(error).rstrip(".")
        raise DatabaseUnavailable(f"{shown} cannot be used: {reason}.") from error
    return SharedDatabase(redis, key_prefix=KEY_PREFIX)
