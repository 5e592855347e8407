"""Integrations that break rules: each is a good one with one mistake."""
