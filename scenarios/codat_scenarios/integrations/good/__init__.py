"""Integrations that keep every rule, each with a habit of its own."""
