"""How alerts are delivered: what an answer means, when the next try is, how they are signed.

Source: contract section 8; signatures as the text of Standard Webhooks has them.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from codat_mock.clock import to_microseconds
from codat_mock.models.alerts import AlertState

RETRIABLE: Final = frozenset({408, 420, 429, 460, 502, 503, 504, 522, 524})
# "at most three times within two minutes, the interval growing to at most 60 s"; the intervals
# themselves are our choice.
INTERVALS: Final = (timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))
MAX_URL_CHARACTERS: Final = 2048
WITHIN: Final = timedelta(minutes=2)


def state_after(status: int | None) -> AlertState:
    """What an answer makes of an alert; no answer is taken as 408 (our choice)."""
    if status is not None and 200 <= status < 300:
        return "delivered"
    return "pending" if status is None or status in RETRIABLE else "failed"


def next_try(
    first: datetime, tries: int, tried: datetime, retry_after: str | None = None
) -> datetime | None:
    """When an alert is tried again, None where it is given up.

    Args:
        first: when it was tried first, UTC.
        tries: how often it has been tried.
        tried: when it was tried last, UTC.
        retry_after: that header of the last answer.
    """
    if tries > len(INTERVALS):
        return None
    asked = read_retry_after(retry_after, tried)
    moment = max(asked, tried) if asked else tried + INTERVALS[tries - 1]
    return moment if moment - first <= WITHIN else None


def read_retry_after(text: str | None, now: datetime) -> datetime | None:
    """The moment that a `Retry-After` means, in seconds or as an HTTP date; None where none."""
    if not text:
        return None
    try:
        if text.isdecimal() and text.isascii():
            return now + timedelta(seconds=int(text))
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def signature_headers(
    secrets: Iterable[str], alert_id: str, moment: datetime, body: bytes
) -> dict[str, str]:
    """The headers that sign an alert, with every secret that is good; none without a secret.

    Args:
        secrets: each `whsec_` and base64.
        alert_id: the same for every try.
        moment: when it is sent, UTC.
        body: as it is sent.
    """
    timestamp = str(to_microseconds(moment) // 1_000_000)
    signed = b".".join((alert_id.encode(), timestamp.encode(), body))
    signatures = [
        b64encode(hmac.digest(b64decode(secret.removeprefix("whsec_")), signed, sha256)).decode()
        for secret in secrets
    ]
    if not signatures:
        return {}
    return {
        "webhook-id": alert_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def is_secret(secret: str) -> bool:
    """Whether a signing secret can be used: `whsec_` and base64 of at least one byte."""
    try:
        return bool(b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        return False


def is_allowed(url: str, hosts: Iterable[str]) -> bool:
    """Whether alerts may be sent there: to this machine, or to a host that is allowed by name."""
    # A space or a control character is left out by one library and refused by another.
    if len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host in {name.lower() for name in hosts}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
