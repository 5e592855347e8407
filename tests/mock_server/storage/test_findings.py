"""Findings with one key are joined, and the rules that applied are known."""

from __future__ import annotations

from codat_mock.rules.judge import Finding, Judgement, StoredFinding
from codat_mock.storage.findings import Findings


def found(key: str, *, dedup_key: str = "", code: str = "X99") -> StoredFinding:
    finding = Finding(
        code=code, name="", severity="error", company_id="", data_type="", count=1, records=[key],
        requests=[], differences=[], message="", advice="", source="",
    )  # fmt: skip
    return StoredFinding(finding, dedup_key)


def test_findings_with_one_key_are_joined_before_and_after_they_are_written(db):
    findings = Findings(db, 1)

    def shown() -> list[tuple[str, int, list[str]]]:
        return [(each.code, each.count, each.records) for each in findings.all()]

    findings.add(Judgement([found("a", dedup_key="k"), found("a"), found("b")], []))
    assert findings.count() == 3
    findings.add(Judgement([found("c", dedup_key="k"), found("d", dedup_key="k")], []))
    assert (findings.count(), len(findings.waiting.rows)) == (3, 1)
    findings.add(Judgement([found("e", dedup_key="k", code="X98"), found("f", dedup_key="l")], []))
    expected = [
        ("X99", 3, ["a", "c", "d"]), ("X99", 1, ["a"]), ("X99", 1, ["b"]), ("X98", 1, ["e"]),
        ("X99", 1, ["f"]),
    ]  # fmt: skip
    assert shown() == expected
    assert not findings.waiting.rows
    findings.add(Judgement([found("g", dedup_key="l")], []))
    assert shown()[-1] == ("X99", 2, ["f", "g"])
    assert (Findings(db, 2).all(), Findings(db, 2).count()) == ([], 0)


def test_rules_that_applied_are_known_until_a_rollback(db):
    findings = Findings(db, 1)
    findings.add(Judgement([], ["S01", "S02"]))
    findings.add(Judgement([], ["S02", "S03"]))
    assert findings.exercised() == Findings(db, 1).exercised() == {"S01", "S02", "S03"}
    findings.exercised().clear()
    assert len(findings.exercised()) == 3
    assert Findings(db, 2).exercised() == set()
    db.execute("DELETE FROM exercised")
    assert len(findings.exercised()) == 3
    findings.forget()
    assert findings.exercised() == set()
