"""Integrations that keep every rule, each in its own way."""
