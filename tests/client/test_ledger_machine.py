"""The ledger against a naive model of it: dictionaries of what was accepted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sample_answers import COMPANY, HOUR, START, dataset, synced

from codat_push import Chunk, Ledger
from codat_push.encoding import read_json

Json = dict[str, Any]
Key = tuple[str, str]


class LedgerMachine(RuleBasedStateMachine):
    """A merchant's transactions, some sharing an id, through a ledger whose pushes may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.truth: dict[Key, Json] = {}
        self.accepted: dict[Key, Json] = {}
        self.moments: dict[Key, datetime] = {}
        self.deleted: set[Key] = set()
        self.changed: list[Json] = []
        self.now = START
        self.boundary = self.ran = START - HOUR

    @initialize(most=st.integers(1, 4))
    def open(self, most: int) -> None:
        self.ledger = Ledger(":memory:", max_records=most)

    def teardown(self) -> None:
        self.ledger.close()

    @rule(
        identity=st.sampled_from("abcd"),
        kind=st.sampled_from(["Payment", "PaymentFee"]),
        total=st.sampled_from([Decimal("1"), Decimal("1.0"), Decimal("2"), 3]),
    )
    def sell_or_edit(self, identity: str, kind: str, total: Any) -> None:
        record = {"id": identity, "type": kind, "totalAmount": total, "createdDate": self.now}
        before = self.truth.get((identity, kind))
        record["createdDate"] = before["createdDate"] if before else self.now
        self.truth[identity, kind] = record
        self.changed.append(record)

    @rule(identity=st.sampled_from("abcd"), kind=st.sampled_from(["Payment", "PaymentFee"]))
    def remove(self, identity: str, kind: str) -> None:
        self.truth.pop((identity, kind), None)
        self.changed = [r for r in self.changed if (r["id"], r["type"]) != (identity, kind)]

    @rule(hours=st.integers(1, 5))
    def pass_time(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(code=st.sampled_from([2000, 2040, 5000]))
    def sync(self, code: int) -> None:
        start = max(self.boundary, START)
        self.ledger.note_sync(COMPANY, synced(self.now, self.now, code, start))
        self.boundary, self.ran = (self.now if code < 3000 else start), self.now

    @rule(ends=st.lists(st.sampled_from(["Complete", "ProcessingError", "lost", "found"])))
    def push_snapshot(self, ends: list[str]) -> None:
        self.changed = []
        if self._push([*self.truth.values()], ends, snapshot=True):
            self._check_books(self.truth)

    @precondition(lambda self: self.changed)
    @rule(ends=st.lists(st.sampled_from(["Complete", "ProcessingError"])))
    def push_stream(self, ends: list[str]) -> None:
        records, self.changed = self.changed, []
        self._push(records, ends, snapshot=False)

    def _push(self, records: list[Json], ends: list[str], *, snapshot: bool) -> bool:
        """Push, each chunk ending as planned; returns whether all were completed."""
        remaining = iter(ends)
        all_well = True
        data_type = "commerce-transactions"
        changes = self.ledger.changes(
            COMPANY, data_type, records, snapshot=snapshot, allow_deletes=1.0
        )
        for chunk in changes:
            end = next(remaining, "Complete")
            pushed = [*map(read_json, self.ledger.bodies(chunk))]
            self._check(pushed, chunk)
            all_well &= end == "Complete"
            if end == "lost":  # the process dies, and the push turns out not to have arrived
                self.ledger.release(chunk)
                return False
            settled = "Complete" if end == "found" else end
            self.ledger.settle(chunk, dataset(settled, self.now, data_type=data_type))
            if settled == "Complete":
                self._accept(pushed)
            if end == "found":  # the process dies after the push has arrived
                return False
        return all_well

    def _check(self, pushed: list[Json], chunk: Chunk) -> None:
        keys = [(record["id"], record.get("type", "")) for record in pushed]
        assert len(keys) == len(set(keys)) == chunk.size
        for key, record in zip(keys, pushed, strict=True):
            if record.keys() == {"id"}:
                of_id = [known for known in self.accepted if known[0] == key[0]]
                assert of_id  # rules D02 and D04
                assert not any(map(self._is_synced, of_id))  # rule D03
                assert not any(found[0] == key[0] for found in self.truth)
            else:
                assert self._as_sent(record) != self.accepted.get(key)  # rule S03
                assert not self._is_synced(key)  # rule U02
                assert datetime.fromisoformat(record["createdDate"]) >= self.boundary  # rule S08
                assert key not in self.deleted  # rule D05

    def _accept(self, pushed: list[Json]) -> None:
        for record in pushed:
            if record.keys() == {"id"}:
                for key in [key for key in self.accepted if key[0] == record["id"]]:
                    del self.accepted[key], self.moments[key]
                    self.deleted.add(key)
            else:
                key = (record["id"], record["type"])
                self.accepted[key] = self._as_sent(record)
                self.moments.setdefault(key, self.now)

    def _is_synced(self, key: Key) -> bool:
        known = self.accepted.get(key)
        return (
            known is not None
            and known["createdDate"] < self.boundary
            and self.moments[key] <= self.ran
        )

    def _as_sent(self, record: Json) -> Json:
        return record | {"createdDate": datetime.fromisoformat(record["createdDate"])}

    def _check_books(self, truth: dict[Key, Json]) -> None:
        """Everything is accepted as the merchant has it, except what had to be refused."""
        refused = {(refusal.id, refusal.kind) for refusal in self.ledger.refusals()}
        refused |= {(identity, "PaymentFee") for identity, kind in refused if not kind}
        refused |= {(identity, "Payment") for identity, kind in refused if kind == "PaymentFee"}
        for key in truth.keys() | self.accepted.keys():
            if key not in refused:
                assert self.accepted.get(key) == truth.get(key)


LedgerMachine.TestCase.settings = settings(max_examples=150, deadline=None)


TestLedgerMachine = LedgerMachine.TestCase
