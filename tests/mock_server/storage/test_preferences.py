"""A preference is held once it was read, until a rollback."""

from __future__ import annotations

from codat_mock.storage.preferences import Preferences


def test_a_preference_is_read_once_and_again_after_a_rollback(db):
    preferences = Preferences(db, 1)
    assert preferences.find("a", int) is None
    preferences.save("a", 0)
    assert (preferences.find("a", int), Preferences(db, 1).find("a", int)) == (0, 0)
    assert Preferences(db, 2).find("a", int) is None
    db.execute("DELETE FROM preferences")
    assert preferences.find("a", int) == 0
    preferences.forget()
    assert preferences.find("a", int) is None
    preferences.save("a", 1)
    preferences.save("a", 2)
    preferences.delete("a")
    assert preferences.find("a", int) is Preferences(db, 1).find("a", int) is None
