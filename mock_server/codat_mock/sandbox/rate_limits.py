"""The published limits on requests: what has been used of them, in the sandbox's time.

Kept in memory: a restarted server starts at zero. Source: contract section 1.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import Final

from msgspec import Struct

from codat_mock.clock import FIRST, format_moment

REQUESTS_A_DAY: Final = 1000  # for the account, and as many for each company
REQUESTS_A_MINUTE: Final = 1000  # from one address
MAX_CONCURRENT_REQUESTS: Final = 10  # of one company


class RateLimitStatus(Struct, frozen=True):
    """The state of the limits after a request.

    Args:
        limit: requests a day.
        remaining: how many of them are left.
        reset: when the day ends, UTC.
        refused: which limit is exceeded, empty where none is.
        retry_after: seconds until it is worth another try.
    """

    limit: int
    remaining: int
    reset: datetime
    refused: str
    retry_after: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        headers = {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": format_moment(self.reset),
        }
        return headers | ({"Retry-After": str(self.retry_after)} if self.refused else {})


class RateLimiter:
    """What one sandbox has used of the limits."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._day = self._minute = FIRST
        self._used = 0
        self._by_address: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()

    def enter(self, company_id: str | None) -> bool:
        """Count a request as under way; False where there are too many of the company already."""
        if company_id is None:
            return True
        with self._lock:
            self._under_way[company_id] += 1
            return self._under_way[company_id] <= MAX_CONCURRENT_REQUESTS

    def leave(self, company_id: str | None) -> None:
        """Count a request as under way no more."""
        if company_id is not None:
            with self._lock:
                self._under_way[company_id] -= 1

    def spend(
        self, now: datetime, companies: int, address: str, *, is_entered: bool = True
    ) -> RateLimitStatus:
        """Count a request, unless it is refused.

        Args:
            now: the sandbox's time, UTC.
            companies: how many are active and connected.
            address: the client's.
            is_entered: what `enter` said.
        """
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        minute = now.replace(second=0, microsecond=0)
        limit = REQUESTS_A_DAY * (1 + companies)
        with self._lock:
            if day != self._day:
                self._day, self._used = day, 0
            if minute != self._minute:
                self._minute, self._by_address = minute, Counter()
            midnight, next_minute = day + timedelta(days=1), minute + timedelta(minutes=1)
            if not is_entered:
                refused = f"{MAX_CONCURRENT_REQUESTS} requests of a company at once"
                wait = timedelta(seconds=1)
            elif self._used >= limit:
                refused, wait = f"{limit} requests a day", midnight - now
            elif self._by_address[address] >= REQUESTS_A_MINUTE:
                refused, wait = f"{REQUESTS_A_MINUTE} requests a minute", next_minute - now
            else:
                refused, wait = "", timedelta(0)
                self._used += 1
                self._by_address[address] += 1
            left = max(0, limit - self._used)
        return RateLimitStatus(limit, left, midnight, refused, ceil(wait.total_seconds()))
