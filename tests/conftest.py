"""Settings of Hypothesis for all tests."""

from __future__ import annotations

from hypothesis import settings

# No deadline: a property is about results, and a test machine may be busy.
settings.register_profile("patient", deadline=None)
# Thousands of histories; loaded by `pytest --hypothesis-profile thorough`.
settings.register_profile("thorough", settings.get_profile("patient"))
settings.load_profile("patient")
