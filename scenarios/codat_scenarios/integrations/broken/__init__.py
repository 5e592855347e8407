"""Broken integrations that no story can hold; the stories that break a rule are programs too."""
