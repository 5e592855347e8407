"""Bugs planted in the mock's lifecycle, comparison and books: random histories find each.

A history states its expected result. A bug is found if the actual result differs: other findings,
another final status of a dataset, or books that differ from the merchant's records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace as changed

from codat_mock.accounting import day_of_business, order_parts, orders, selection
from codat_mock.domain import dataset_lifecycle
from codat_mock.domain.dataset_lifecycle import State
from codat_mock.http.app import create_app
from codat_mock.rules.contexts import RecordContext
from codat_mock.sandbox import SandboxRegistry, Settings, pushed_records, pushes, sync_execution
from codat_mock.sandbox import dataset_views as dataset_histories
from codat_mock.storage.versions import Versions
from codat_scenarios.histories import History, HistoryResult, Pushed, perform
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories import STORIES, play
from codat_scenarios.strategies import broken_histories, histories

pytestmark = [
    pytest.mark.long,  # hundreds of histories for each bug
    # A found history is printed whole, however long.
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

Plant = Callable[[pytest.MonkeyPatch], None]

GOOD = histories()
BROKEN = st.one_of(*map(broken_histories, ("S03", "S04", "S15", "U02", "D01")))
seeking = settings(
    max_examples=600,  # the rarest bug shows in one of forty histories
    phases=[Phase.generate],  # only that it is found matters; shrinking takes long
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def differs(history: History, result: HistoryResult) -> bool:
    """Whether the result of a history differs from the expected one."""
    pushes = sum(isinstance(step, Pushed) for step in history.steps)
    if pushes - result.datasets.count("Complete") != history.failed_pushes:
        return True
    if set(result.findings) != history.broken_rules:
        return True
    return not history.corrupts_books and result.differences != ()


def found(drawn: SearchStrategy[History] = GOOD, most: int = seeking.max_examples) -> History:
    """Find a history with an unexpected result.

    Args:
        drawn: the histories; by default those that keep every rule.
        most: how many are tried.
    """
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(speed=0))))
    limited = settings(seeking, max_examples=most)
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        driver = SandboxDriver(http, "planted")
        return find(drawn, lambda h: differs(h, perform(h, driver)), settings=limited)


LIFECYCLE: dict[str, Plant] = {}
COMPARISON: dict[str, Plant] = {}
# Good histories do not show these: a rule that is broken is not found, or another is.
SHOWN_BY_VIOLATION: dict[str, Plant] = {}
BOOKS: dict[str, Plant] = {}
# Good histories never do this, and the books of one with a spliced story are not compared: the
# story's own ending shows the bug.
SHOWN_BY_STORY: dict[str, Plant] = {}


def plant(where: dict[str, Plant]) -> Callable[[Plant], Plant]:
    """Add a bug to a list under its docstring."""

    def add(bug: Plant) -> Plant:
        where[bug.__doc__ or ""] = bug
        return bug

    return add


@plant(LIFECYCLE)
def never_ends(patch):
    """A dataset never leaves Processing."""

    def state_at(plan, requested, now):
        state = dataset_lifecycle.state_at(plan, requested, now)
        stuck = State("Processing", 80, None, "")
        return stuck if state.status == "Complete" else state

    patch.setattr(dataset_histories, "state_at", state_at)


@plant(LIFECYCLE)
def ends_in_hours(patch):
    """The durations are taken for hours, so that nothing is complete before the sync."""
    patch.setattr(
        pushes, "end_of", lambda plan, at: at + timedelta(hours=plan.steps[-1].after_seconds * 3)
    )


@plant(LIFECYCLE)
def forgives_errors(patch):
    """A dataset with a record that has no id ends Complete."""
    patch.setattr(pushes, "plan_for", lambda *_, **__: dataset_lifecycle.make_plan())


@plant(LIFECYCLE)
def fails_all(patch):
    """Every push fails for no reason."""
    plan = dataset_lifecycle.make_plan("MapError")

    patch.setattr(pushes, "plan_for", lambda *_, **__: plan)


@plant(SHOWN_BY_VIOLATION)
def compares_bytes(patch):
    """A record is compared by its bytes, so that another order of properties hides a repeat."""

    def is_repeat(record):
        known = record.known
        return known is not None and record.pushed.raw == known.raw

    patch.setattr(RecordContext, "is_repeat", property(is_repeat))
    patch.setattr(RecordContext, "is_only_restamped", False)


@plant(COMPARISON)
def compares_amounts(patch):
    """A record is compared by its creation only, so that a correction is taken for a repeat."""

    def is_repeat(record):
        known = record.known
        if known is None or known.record is None or record.pushed.is_delete:
            return False
        return record.pushed.record.created_date == known.record.created_date

    patch.setattr(RecordContext, "is_repeat", property(is_repeat))


@plant(COMPARISON)
def keeps_the_first(patch):
    """An update is discarded, and the first version kept."""
    good = pushed_records.is_effective
    patch.setattr(
        pushed_records,
        "is_effective",
        lambda r: good(r) and (r.known is None or r.pushed.is_delete),
    )


@plant(SHOWN_BY_STORY)
def first_of_two_wins(patch):
    """Of a record that stands twice in a push the first counts."""
    good = pushes.changes_in

    def changes_in(session, row, data_type, judged):
        return good(session, row, data_type, judged[::-1])

    patch.setattr(pushes, "changes_in", changes_in)


@plant(COMPARISON)
def ignores_deletes(patch):
    """A delete is ignored."""
    good = pushed_records.is_effective
    patch.setattr(pushed_records, "is_effective", lambda r: good(r) and not r.pushed.is_delete)


@plant(COMPARISON)
def tells_no_fee_from_its_payment(patch):
    """A transaction is identified by its id alone, which its fee shares."""
    from codat_mock.models import pushes

    patch.setattr(pushes, "record_key", lambda _, record: str(record.id))


@plant(SHOWN_BY_VIOLATION)
def forgets_syncs(patch):
    """A record that was synced is not marked as such."""
    patch.setattr(Versions, "mark_synced", lambda *_: None)


@plant(BOOKS)
def books_deleted(patch):
    """Deleted records are booked, as they were before."""
    good = selection.select

    def select(versions, *period):
        return good([version for version in versions if not version.is_delete], *period)

    patch.setattr(sync_execution, "select", select)


@plant(BOOKS)
def books_the_first_version(patch):
    """Of a record's versions the first is booked."""
    good = selection.select

    def select(versions, *period):
        return good(list(versions)[::-1], *period)

    patch.setattr(sync_execution, "select", select)


@plant(BOOKS)
def loses_the_morning(patch):
    """The period begins an hour late: what was made in its first hours is lost."""
    good = selection.select

    def select(versions, start, finish, now):
        return good(versions, start + timedelta(hours=10), finish, now)

    patch.setattr(sync_execution, "select", select)


@plant(BOOKS)
def forgets_tips(patch):
    """An invoice lacks the tips."""
    good = orders.take_apart

    def take_apart(*given):
        parts = good(*given)
        parts.sold.pop(order_parts.Part(order_parts.GRATUITY), None)
        return parts

    patch.setattr(day_of_business, "take_apart", take_apart)


@plant(BOOKS)
def invoices_refunds(patch):
    """What is given back is not taken off again."""
    good = orders.take_apart

    def take_apart(*given):
        parts = good(*given)
        parts.refunded.clear()
        return parts

    patch.setattr(day_of_business, "take_apart", take_apart)


@plant(BOOKS)
def drops_a_payment(patch):
    """The second payment of a sync is not written."""
    good = sync_execution.book

    def book(*given, **named):
        booking = good(*given, **named)
        payments = [document for document in booking.documents if document.kind == "Payment"]
        kept = [document for document in booking.documents if document not in payments[1:]]
        return replace(booking, documents=tuple(kept))

    patch.setattr(sync_execution, "book", book)


@plant(BOOKS)
def rounds_to_tens(patch):
    """A fee bill is rounded to ten pence."""
    good = sync_execution.book

    def book(*given, **named):
        booking = good(*given, **named)
        rounded = [
            changed(document, total=round(document.total, 1))
            if document.kind == "Bill"
            else document
            for document in booking.documents
        ]
        return replace(booking, documents=tuple(rounded))

    patch.setattr(sync_execution, "book", book)


@pytest.mark.parametrize("drawn", [GOOD, BROKEN], ids=["good", "broken"])
def test_without_a_planted_bug_nothing_is_found(drawn):
    with pytest.raises(NoSuchExample):
        found(drawn, most=50)


@pytest.mark.parametrize("bug", LIFECYCLE)
def test_a_bug_in_the_lifecycle_is_found(bug, monkeypatch):
    LIFECYCLE[bug](monkeypatch)
    assert found().steps


@pytest.mark.parametrize("bug", COMPARISON)
def test_a_bug_in_the_comparison_of_versions_is_found(bug, monkeypatch):
    COMPARISON[bug](monkeypatch)
    assert found().steps


@pytest.mark.parametrize("bug", SHOWN_BY_VIOLATION)
def test_a_bug_that_only_a_violation_shows_is_found(bug, monkeypatch):
    SHOWN_BY_VIOLATION[bug](monkeypatch)
    assert found(BROKEN).steps


@pytest.mark.parametrize("bug", SHOWN_BY_STORY)
def test_a_bug_in_what_only_a_story_does_is_found_by_its_ending(bug, monkeypatch):
    SHOWN_BY_STORY[bug](monkeypatch)
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        story = STORIES["doubled-in-push"]
        assert play(story, SandboxDriver(http, "planted")).ending != story.ending


@pytest.mark.parametrize("bug", BOOKS)
def test_a_bug_in_the_books_is_found(bug, monkeypatch):
    BOOKS[bug](monkeypatch)
    assert found().steps
