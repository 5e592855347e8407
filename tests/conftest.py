"""What every test stands on."""

from __future__ import annotations

from hypothesis import settings

# A property is a matter of what, not of how fast: machines that test are often busy.
settings.register_profile("patient", deadline=None)
# Thousands of histories; loaded by `pytest --hypothesis-profile thorough`.
settings.register_profile("thorough", settings.get_profile("patient"))
settings.load_profile("patient")
