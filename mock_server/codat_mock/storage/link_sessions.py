"""Rows of codes: what a merchant's browser carries instead of a key."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from codat_mock.clock import to_microseconds

CodeKind = Literal["start", "flow", "form", "settings"]

encode = msgspec.json.encode


class LinkSession(Struct, frozen=True):
    """A merchant's way through the Sync Flow.

    Args:
        connection_id: the accounting connection that is to be authorised and mapped.
        redirect_url: where it leads in the end, None to stay here.
        entered_by: the code of the URL that was opened, empty before that.
    """

    company_id: str
    connection_id: str
    redirect_url: str | None = None
    entered_by: str = ""


decode_link_session = msgspec.json.Decoder(LinkSession).decode


class LinkSessions:
    """One sandbox's codes."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox

    def add(
        self, code: str, kind: CodeKind, link: LinkSession, expires: datetime | None = None
    ) -> None:
        """Store a code, valid until before `expires`.

        Args:
            code: what the browser carries.
            kind: what the code is for; it is not valid for anything else.
            link: what the code stands for.
            expires: UTC; None for a code that stays valid.
        """
        self._db.execute(
            # A clone of this sandbox as it was may have the same code: it loses it.
            "INSERT OR REPLACE INTO codes (code, sandbox, kind, link_session, expires)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                code,
                self._sandbox,
                kind,
                encode(link),
                None if expires is None else to_microseconds(expires),
            ),
        )

    def find(self, code: str, kind: CodeKind, now: datetime) -> LinkSession | None:
        """What a code stands for, None where it does not (any more).

        Args:
            code: what the browser carries.
            kind: what it is presented for.
            now: UTC.
        """
        found = self._db.execute(
            "SELECT link_session FROM codes WHERE code = ? AND sandbox = ? AND kind = ?"
            " AND (expires IS NULL OR expires > ?)",
            (code, self._sandbox, kind, to_microseconds(now)),
        ).fetchone()
        return decode_link_session(found[0]) if found else None

    def delete(self, code: str) -> None:
        """Make a code invalid."""
        self._db.execute("DELETE FROM codes WHERE code = ? AND sandbox = ?", (code, self._sandbox))

    def delete_forms(self, link: LinkSession) -> None:
        """Make the codes of the forms that were shown for a link session invalid."""
        self._db.execute(
            "DELETE FROM codes WHERE sandbox = ? AND kind = 'form' AND link_session = ?",
            (self._sandbox, encode(link)),
        )

    def delete_expired(self, now: datetime) -> None:
        """Forget the codes that are not valid any more."""
        self._db.execute(
            "DELETE FROM codes WHERE sandbox = ? AND expires <= ?",
            (self._sandbox, to_microseconds(now)),
        )
